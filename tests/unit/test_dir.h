/* tests/unit/test_dir.h: a directory of a test's own, removed at its end */
#ifndef BRIG_TEST_DIR_H
#define BRIG_TEST_DIR_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct test_dir {
	char path[64];
	int fd;
};

/* A cmocka setup function; *state is the struct test_dir. */
static inline int test_dir_make(void **state)
{
	struct test_dir *dir = calloc(1, sizeof *dir);

	if (!dir)
		return -1;
	snprintf(dir->path, sizeof dir->path, "/tmp/brig-test-XXXXXX");
	if (!mkdtemp(dir->path))
		return -1;
	dir->fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = dir;
	return dir->fd < 0 ? -1 : 0;
}

static inline int test_dir_entry(const char *path, const struct stat *, int, struct FTW *)
{
	return remove(path);
}

static inline int test_dir_remove(void **state)
{
	struct test_dir *dir = *state;
	const int result = nftw(dir->path, test_dir_entry, 16, FTW_DEPTH | FTW_PHYS);

	close(dir->fd);
	free(dir);
	return result;
}

/* Write @text to the file @name below @dir. */
static inline int test_dir_write(int dir, const char *name, const char *text)
{
	const int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	const size_t len = strlen(text);
	const int result = fd >= 0 && write(fd, text, len) == (ssize_t)len ? 0 : -1;

	if (fd >= 0)
		close(fd);
	return result;
}

#endif
