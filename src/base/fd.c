/* base/fd.c: files by descriptor: open, read whole, write whole */
#include "base/fd.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum {
	OPEN_TRIES = 128, /* of an open that a rename raced with: openat2(2), EAGAIN */
	NAME_TRIES = 16,  /* of a random name that is taken already */
	READ_STEP = 4096,
};

static int open_resolved(int dir, const char *path, uint64_t flags, mode_t mode, uint64_t resolve)
{
	const struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.mode = mode,
		.resolve = resolve,
	};
	long fd = -1;

	for (int i = 0; i < OPEN_TRIES; i++) {
		fd = syscall(SYS_openat2, dir, path, &how, sizeof how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return (int)fd;
}

int fd_try_in(int root, const char *path, uint64_t flags)
{
	return open_resolved(root, path, flags, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

DIR *fd_list(int dir)
{
	autoclose int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);

	if (list)
		(void)fd_take(&fd);
	return list;
}

bool fd_is_same(int a, int b)
{
	struct stat one, other;

	return fstat(a, &one) == 0 && fstat(b, &other) == 0 && one.st_dev == other.st_dev &&
	       one.st_ino == other.st_ino;
}

ssize_t fd_path(int fd, char ret[PATH_MAX])
{
	char link[32];

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);

	const ssize_t len = readlink(link, ret, PATH_MAX);

	if (len == PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (len >= 0)
		ret[len] = '\0';
	return len;
}

int fd_open_in(int root, const char *path, uint64_t flags, mode_t mode, struct error *err)
{
	const int fd =
		open_resolved(root, path, flags, mode, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);

	if (fd < 0)
		return error_sys(err, path, "cannot open '%s' in the root file system", path);
	return fd;
}

int fd_open_beneath(int dir, const char *path, uint64_t flags, mode_t mode, struct error *err)
{
	const int fd = open_resolved(dir, path, flags, mode,
				     RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);

	if (fd >= 0)
		return fd;

	(void)error_sys(err, path, "cannot open '%s'", path);
	if (err->code == ELOOP)
		return error_remedy(err, "replace the symbolic link: none is followed here");
	if (err->code == EXDEV)
		return error_remedy(err, "give a path that stays below its directory");
	return -1;
}

int fd_open(const char *path, int flags, mode_t mode, struct error *err)
{
	const int fd = open(path, flags | O_CLOEXEC, mode);

	if (fd < 0)
		return error_sys(err, path, "cannot open '%s'", path);
	return fd;
}

/* @path is for messages. It is read on to end of file whatever st_size says: procfs says 0. */
static int read_all(int fd, const char *path, size_t limit, struct buf *ret, struct error *err)
{
	const char *name = path ? path : "the input";
	size_t total = 0;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_sys(err, path, "cannot read %s", name);
	if (S_ISREG(st.st_mode) && st.st_size > 0 && (uint64_t)st.st_size <= limit)
		buf_reserve(ret, (size_t)st.st_size + 1);

	for (;;) {
		size_t room = ret->cap - ret->len;

		if (room < 2) { /* one for a byte, one for the NUL of struct buf */
			buf_reserve(ret, ret->len > READ_STEP ? ret->len : READ_STEP);
			room = ret->cap - ret->len;
		}
		room--;
		/* One byte beyond the limit is enough to know. */
		if (room > limit - total && room - 1 > limit - total)
			room = limit - total + 1;

		const ssize_t n = read(fd, ret->data + ret->len, room);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, path, "cannot read %s", name);
		if (n == 0)
			return 0;

		total += (size_t)n;
		ret->len += (size_t)n;
		ret->data[ret->len] = '\0';
		if (total > limit) {
			(void)error_set(err, ERR_SPEC, path, "%s is larger than %zu bytes", name,
					limit);
			err->code = EFBIG;
			return -1;
		}
	}
}

int fd_read_all(int fd, size_t limit, struct buf *ret, struct error *err)
{
	return read_all(fd, /* path = */ NULL, limit, ret, err);
}

int fd_read_file(int dir, const char *path, size_t limit, struct buf *ret, struct error *err)
{
	/* A FIFO without a writer must not hold us; one with a writer is waited for, as a pipe that a shell
	 * has put into the command line is. */
	autoclose int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 || fcntl(fd, F_SETFL, 0) < 0)
		return error_sys(err, path, "cannot open '%s'", path);
	return read_all(fd, path, limit, ret, err);
}

/* 0, or -1 with errno */
static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		const ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int fd_write_all(int fd, const void *data, size_t len, struct error *err)
{
	if (write_all(fd, data, len) < 0)
		return error_sys(err, /* where = */ NULL, "cannot write");
	return 0;
}

int fd_write_file(int dir, const char *path, const char *text, struct error *err)
{
	const size_t len = strlen(text);
	autoclose int fd = openat(dir, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return error_sys(err, path, "cannot open '%s'", path);

	/* The kernel's files take a value in one write, or not at all: no going on after a part. */
	const ssize_t n = write(fd, text, len);

	if (n >= 0 && (size_t)n < len) {
		errno = EIO;
		return error_sys(err, path, "cannot write '%s' to %s: only %zd bytes taken", text,
				 path, n);
	}
	if (n < 0)
		return error_sys(err, path, "cannot write '%s' to %s", text, path);
	return 0;
}

/* Opens a new file in @dir, with the name in @ret_name. Return: owned fd, or -1 with errno. */
static int open_temporary(int dir, const char *beside, mode_t mode, char *ret_name, size_t size)
{
	for (int i = 0; i < NAME_TRIES; i++) {
		uint64_t random;

		if (getrandom(&random, sizeof random, 0) != sizeof random)
			return -1;
		if ((size_t)snprintf(ret_name, size, "%s.%016" PRIx64, beside, random) >= size) {
			errno = ENAMETOOLONG;
			return -1;
		}

		const int fd = openat(dir, ret_name,
				      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

/* A new file has no name until it is whole, open(2), O_TMPFILE: a kill in between leaves nothing. Not
 * every file system has that, nor before Linux 6.10 every user: linkat(2), AT_EMPTY_PATH. */
static bool link_whole_file(int dir, const char *name, const void *data, size_t len, mode_t mode,
			    bool sync)
{
	if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return false;

	autoclose int fd = openat(dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);

	return fd >= 0 && write_all(fd, data, len) == 0 && (!sync || fsync(fd) == 0) &&
	       linkat(fd, "", dir, name, AT_EMPTY_PATH) == 0;
}

int fd_replace_file(int dir, const char *name, const void *data, size_t len, mode_t mode, bool sync,
		    struct error *err)
{
	if (link_whole_file(dir, name, data, len, mode, sync))
		return 0;

	char temporary[4096];
	autoclose int fd = open_temporary(dir, name, mode, temporary, sizeof temporary);

	if (fd < 0)
		return error_sys(err, name, "cannot create a file beside '%s'", name);

	if (write_all(fd, data, len) < 0 || (sync && fsync(fd) < 0) ||
	    renameat(dir, temporary, dir, name) < 0) {
		(void)error_sys(err, name, "cannot write '%s'", name);
		unlinkat(dir, temporary, 0);
		return -1;
	}
	return 0;
}
