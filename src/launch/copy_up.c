/* launch/copy_up.c: tmpcopyup: a tmpfs that starts with what it hides */
#include "launch/copy_up.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 64, CHUNK = 1 << 30 };

static int copy_tree(int from, int to, unsigned depth, struct error *err);

/* Owner first: chown(2) clears set-id bits, which chmod(2) then restores. */
static int copy_attributes(int fd, const struct stat *st, struct error *err)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };

	if (fchown(fd, st->st_uid, st->st_gid) < 0 || fchmod(fd, st->st_mode & 07777) < 0 ||
	    futimens(fd, times) < 0)
		return error_sys(err, NULL, "cannot set the attributes of a copy");
	return 0;
}

static int copy_file(int from, int to, const char *name, const struct stat *st, struct error *err)
{
	autoclose int in =
		openat(from, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	autoclose int out =
		openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	ssize_t n;

	if (in < 0 || out < 0)
		return error_sys(err, NULL, "cannot copy '%s'", name);
	while ((n = sendfile(out, in, NULL, CHUNK)) > 0)
		;
	if (n < 0)
		return error_sys(err, NULL, "cannot copy '%s'", name);
	return copy_attributes(out, st, err);
}

static int copy_link(int from, int to, const char *name, const struct stat *st, struct error *err)
{
	char target[PATH_MAX];
	const ssize_t n = readlinkat(from, name, target, sizeof target - 1);

	if (n < 0)
		return error_sys(err, NULL, "cannot read the link '%s'", name);
	target[n] = '\0';
	if (symlinkat(target, to, name) < 0 ||
	    fchownat(to, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return error_sys(err, NULL, "cannot copy the link '%s'", name);
	return 0;
}

static int copy_directory(int from, int to, const char *name, const struct stat *st, unsigned depth,
			  struct error *err)
{
	if (mkdirat(to, name, 0700) < 0)
		return error_sys(err, NULL, "cannot copy the directory '%s'", name);

	autoclose int in = fd_open_beneath(from, name, O_RDONLY | O_DIRECTORY, 0, err);
	autoclose int out = in < 0 ? -1 : fd_open_beneath(to, name, O_RDONLY | O_DIRECTORY, 0, err);

	if (out < 0 || copy_tree(in, out, depth + 1, err) < 0)
		return -1;
	return copy_attributes(out, st, err);
}

static int copy_entry(int from, int to, const char *name, unsigned depth, struct error *err)
{
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_sys(err, NULL, "cannot examine '%s'", name);
	switch (st.st_mode & S_IFMT) {
	case S_IFDIR:
		return copy_directory(from, to, name, &st, depth, err);
	case S_IFREG:
		return copy_file(from, to, name, &st, err);
	case S_IFLNK:
		return copy_link(from, to, name, &st, err);
	default:
		return 0;
	}
}

static int copy_tree(int from, int to, unsigned depth, struct error *err)
{
	DIR *dir = fd_list(from);
	const struct dirent *entry;
	int result = 0;

	if (!dir)
		return error_sys(err, NULL, "cannot list a directory");
	if (depth > DEPTH_MAX)
		result = error_set(err, ERR_SPEC, NULL, "the tree is deeper than %d levels",
				   DEPTH_MAX);
	while (result == 0 && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			result = copy_entry(from, to, entry->d_name, depth, err);
	}
	closedir(dir);
	return result;
}

int copy_up(int root, const char *path, int target, struct error *err)
{
	autoclose int from = fd_open_in(root, path, O_RDONLY | O_DIRECTORY, 0, err);

	if (from < 0)
		return -1;
	return copy_tree(from, target, 0, err);
}
