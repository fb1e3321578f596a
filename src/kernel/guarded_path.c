/* kernel/guarded_path.c: a host path that only root could have made lead where it leads */
#include "kernel/guarded_path.h"

#include "base/cleanup.h"
#include "kernel/namespace.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { LINKS_MAX = 40, REST_MAX = 2 * PATH_MAX };

struct walk {
	const char *path; /* the whole, for messages */
	int at;           /* the directory that has been reached */
	struct stat st;   /* of it */
	bool shielded;    /* it, or one that leads to it, can be searched by its owner alone */
	unsigned links;
	char rest[REST_MAX]; /* still to go */
};

/* In another user namespace (rootless Podman's) the host's root has no id, and shows as the overflow
 * id, proc_sys_kernel(5). So does whoever else is not mapped: what is guarded there is one user's own. */
enum { OVERFLOW_ID = 65534 };

static bool is_ours(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid() ||
	       (st->st_uid == OVERFLOW_ID && !ns_is_initial_user());
}

static int walk_to(struct walk *walk, int fd, const struct stat *st)
{
	const bool group = (st->st_mode & S_IXGRP) && st->st_gid != 0;

	cleanup_close(&walk->at);
	walk->at = fd;
	walk->st = *st;
	if (is_ours(st) && !group && !(st->st_mode & S_IXOTH))
		walk->shielded = true;
	return 0;
}

static int walk_from_root(struct walk *walk, struct error *err)
{
	autoclose int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (root < 0 || fstat(root, &st) < 0)
		return error_sys(err, walk->path, "cannot open '/'");
	walk->shielded = false;
	return walk_to(walk, fd_take(&root), &st);
}

/* Could somebody else have put @entry there? */
static bool is_guarded(const struct walk *walk, const struct stat *entry)
{
	const bool group = (walk->st.st_mode & S_IWGRP) && walk->st.st_gid != 0;
	const bool shared = group || (walk->st.st_mode & S_IWOTH);

	if (walk->shielded)
		return true;
	return is_ours(&walk->st) && (!shared || ((walk->st.st_mode & S_ISVTX) && is_ours(entry)));
}

static int follow(struct walk *walk, int link, const char *after, struct error *err)
{
	char target[PATH_MAX], rest[REST_MAX];
	const ssize_t n = readlinkat(link, "", target, sizeof target);

	if (n < 0)
		return error_sys(err, walk->path, "cannot read a link in '%s'", walk->path);
	if (++walk->links > LINKS_MAX ||
	    (size_t)snprintf(rest, sizeof rest, "%.*s%s", (int)n, target, after) >= sizeof rest) {
		errno = ELOOP;
		return error_sys(err, walk->path, "'%s'", walk->path);
	}
	memcpy(walk->rest, rest, sizeof rest);
	return *target == '/' ? walk_from_root(walk, err) : 0;
}

static int step(struct walk *walk, const char *name, const char *after, struct error *err)
{
	autoclose int fd = openat(walk->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_sys(err, walk->path, "cannot open '%s'", walk->path);
	if (!is_guarded(walk, &st)) {
		(void)error_set(
			err, ERR_KERNEL, walk->path,
			"'%s' is not root's alone: others may write to a directory above it",
			walk->path);
		err->code = EPERM;
		return error_remedy(err, "keep the directories above it writable by root only");
	}
	if (S_ISLNK(st.st_mode))
		return follow(walk, fd, after, err);
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return error_sys(err, walk->path, "'%s'", walk->path);
	}
	if (strcmp(name, "..") == 0)
		walk->shielded = false;
	memmove(walk->rest, after, strlen(after) + 1);
	return walk_to(walk, fd_take(&fd), &st);
}

static int walk_on(struct walk *walk, struct error *err)
{
	char name[NAME_MAX + 1];

	if (walk_from_root(walk, err) < 0)
		return -1;
	for (;;) {
		const char *start = walk->rest + strspn(walk->rest, "/");
		const size_t len = strcspn(start, "/");

		if (len == 0)
			return fd_take(&walk->at);
		if (len >= sizeof name) {
			errno = ENAMETOOLONG;
			return error_sys(err, walk->path, "cannot open '%s'", walk->path);
		}
		memcpy(name, start, len);
		name[len] = '\0';
		if (step(walk, name, start + len, err) < 0)
			return -1;
	}
}

int guarded_path_open(const char *path, struct error *err)
{
	struct walk walk = { .path = path, .at = -1 };

	if (*path != '/' || strlen(path) >= PATH_MAX)
		return error_set(err, ERR_KERNEL, path, "'%s' is no absolute path", path);
	memcpy(walk.rest, path, strlen(path) + 1);

	const int fd = walk_on(&walk, err);

	cleanup_close(&walk.at);
	return fd;
}
