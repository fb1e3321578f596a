/* container/root.c: where brig keeps what outlives a command */
#include "container/root.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUN "/run"

enum { OTHERS_WRITE = S_IWGRP | S_IWOTH };

bool root_is_system(void)
{
	return geteuid() == 0 && ns_is_initial_user();
}

/* The directory that ours are made in. */
static const char *base_directory(struct error *err)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (root_is_system())
		return RUN;
	if (runtime && runtime[0] == '/')
		return runtime;

	(void)error_set(err, ERR_USAGE, "XDG_RUNTIME_DIR",
			runtime && *runtime ? "XDG_RUNTIME_DIR is not an absolute path"
					    : "there is no place for the state of containers: "
					      "XDG_RUNTIME_DIR is not set");
	(void)error_remedy(err, "log in through a session manager that sets XDG_RUNTIME_DIR, "
				"or set it to a directory that belongs to you alone");
	return NULL;
}

static int check_ours(int dir, const char *path, struct error *err)
{
	struct stat st;

	if (fstat(dir, &st) < 0)
		return error_sys(err, path, "cannot look at '%s'", path);
	if (st.st_uid == geteuid() && (st.st_mode & OTHERS_WRITE) == 0)
		return 0;

	if (st.st_uid != geteuid())
		(void)error_set(err, ERR_USAGE, path, "'%s' belongs to uid %u, not to us (%u)",
				path, st.st_uid, geteuid());
	else
		(void)error_set(err, ERR_USAGE, path, "'%s' is writable by others (mode %04o)",
				path, st.st_mode & 07777);
	return error_remedy(err,
			    "name another with --root, or run brig as the user that it belongs to");
}

/* Make @path with its parents, each with mode 0700. */
static int make_path(const char *path, struct error *err)
{
	char part[PATH_MAX];
	const size_t len = strlen(path);

	if (len >= sizeof part) {
		errno = ENAMETOOLONG;
		return error_sys(err, /* where = */ NULL, "cannot make the state directory");
	}
	for (size_t i = 1; i <= len; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			return error_sys(err, path, "cannot make the directory '%s'", part);
	}
	return 0;
}

/* Open @path and make sure that it is ours; it is made if need be. */
static int open_ours(const char *path, struct error *err)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	autoclose int dir = open(path, flags);

	if (dir < 0 && errno == ENOENT) {
		if (make_path(path, err) < 0)
			return -1;
		dir = open(path, flags);
	}
	if (dir < 0) {
		(void)error_sys(err, path, "cannot open the directory '%s'", path);
		if (err->code == ELOOP || err->code == ENOTDIR)
			return error_remedy(err, "a symbolic link or file is in its place: remove "
						 "it, or choose another directory");
		return -1;
	}
	if (check_ours(dir, path, err) < 0)
		return -1;
	return fd_take(&dir);
}

/* "/a//b/" → "/a/b", and relative to the working directory. Symbolic links are left alone. */
static const char *absolute(struct arena *arena, const char *path, struct error *err)
{
	char cwd[PATH_MAX] = "";

	if (path[0] != '/' && !getcwd(cwd, sizeof cwd)) {
		(void)error_sys(err, path, "cannot find the working directory for '%s'", path);
		return NULL;
	}

	char *ret = arena_printf(arena, "%s/%s", cwd, path);
	size_t len = 0;

	for (const char *c = ret; *c; c++) {
		if (*c != '/' || len == 0 || ret[len - 1] != '/')
			ret[len++] = *c;
	}
	while (len > 1 && ret[len - 1] == '/')
		len--;
	ret[len] = '\0';
	return ret;
}

int root_open(const char *option, struct arena *arena, const char **ret_path, struct error *err)
{
	const char *base = option && *option ? NULL : base_directory(err);

	if (!base && !(option && *option))
		return -1;

	const char *path =
		base ? arena_printf(arena, "%s/brig", base) : absolute(arena, option, err);
	const int dir = path ? open_ours(path, err) : -1;

	if (dir >= 0 && ret_path)
		*ret_path = path;
	return dir;
}

static int open_below_base(const char *name, struct error *err)
{
	autoarena struct arena arena = {};
	const char *base = base_directory(err);

	return base ? open_ours(arena_printf(&arena, "%s/%s", base, name), err) : -1;
}

int root_open_ids(struct error *err)
{
	return open_below_base("brig-ids", err);
}

int root_open_cache(struct error *err)
{
	return open_below_base("brig-cache", err);
}
