/* container/image.c: the directory with the images of a checkpoint */
#include "container/image.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/guarded_path.h"
#include "kernel/mount.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARENT "parent"

enum { OTHERS_WRITE = S_IWGRP | S_IWOTH, PARENTS_MAX = 64 };

/* --- whose is it? --- */

static int not_roots(const char *path, const char *name, struct error *err)
{
	(void)error_set(err, ERR_USAGE, path, "'%s%s%s' is not root's alone", path,
			*name ? "/" : "", name);
	return error_remedy(err, "keep images of checkpoints where only root can write: whoever "
				 "changes one decides what a restored container is");
}

/* @shared: a sticky directory of root's will do, for what root makes in it */
static int check_directory(int dir, const char *path, bool shared, struct error *err)
{
	struct stat st;

	if (fstat(dir, &st) < 0)
		return error_sys(err, path, "cannot look at '%s'", path);
	if (st.st_uid == 0 &&
	    ((st.st_mode & OTHERS_WRITE) == 0 || (shared && st.st_mode & S_ISVTX)))
		return 0;
	return not_roots(path, "", err);
}

/* Each directory on the way is asked about before anything is made in it. */
static int open_or_make(const char *path, bool make, struct error *err)
{
	const int found = guarded_path_open(path, err);

	if (found >= 0 || !make || err->code != ENOENT)
		return found;

	autofree char *above = strdup(path);
	char *const name = above ? strrchr(above, '/') : NULL;

	if (!name)
		return -1;
	*name = '\0';

	autoclose int dir = open_or_make(name == above ? "/" : above, true, err);

	if (dir < 0 || check_directory(dir, above, true, err) < 0)
		return -1;
	if (mkdirat(dir, name + 1, 0700) < 0 && errno != EEXIST)
		return error_sys(err, path, "cannot make the directory '%s'", path);
	return guarded_path_open(path, err);
}

/* As it was given: what a link of somebody else's leads to may be guarded very well. */
static const char *absolute_path(const char *path, struct arena *arena, struct error *err)
{
	char cwd[PATH_MAX];
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	if (*path == '/')
		return arena_strndup(arena, path, len);
	if (getcwd(cwd, sizeof cwd))
		return arena_printf(arena, "%s/%.*s", cwd, (int)len, path);
	(void)error_sys(err, path, "cannot find the working directory");
	return NULL;
}

int image_directory(const char *path, bool make, struct arena *arena, const char **ret_path,
		    struct error *err)
{
	const char *absolute = absolute_path(path, arena, err);
	autoclose int handle = absolute ? open_or_make(absolute, make, err) : -1;
	char real[PATH_MAX];

	if (handle < 0) {
		err->kind = ERR_USAGE;
		return -1;
	}
	if (check_directory(handle, absolute, false, err) < 0)
		return -1;

	autoclose int dir = openat(handle, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0 || fd_path(dir, real) < 0)
		return error_sys(err, path, "cannot open '%s'", absolute);
	*ret_path = arena_strdup(arena, real);
	return fd_take(&dir);
}

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Where a file is a symbolic link, its target would be read instead. */
static bool is_roots_file(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_uid != 0)
		return false;
	if (strcmp(name, PARENT) == 0)
		return S_ISLNK(st.st_mode);
	return S_ISREG(st.st_mode) && (st.st_mode & OTHERS_WRITE) == 0;
}

/* Engines keep other things beside the images (Podman's archive does): only what CRIU reads counts. */
static bool is_image(const char *name)
{
	const size_t len = strlen(name);

	return strcmp(name, PARENT) == 0 || strcmp(name, "brig.json") == 0 ||
	       (len > 4 && strcmp(name + len - 4, ".img") == 0);
}

int image_check_files(int dir, const char *path, struct error *err)
{
	DIR *list = fd_list(dir);
	const struct dirent *entry;
	int result = 0;

	if (!list)
		return error_sys(err, path, "cannot list '%s'", path);
	while (result == 0 && (entry = readdir(list))) {
		if (!is_dot(entry->d_name) && is_image(entry->d_name) &&
		    !is_roots_file(dir, entry->d_name))
			result = not_roots(path, entry->d_name, err);
	}
	closedir(list);
	return result;
}

/* --- as the container's root sees it --- */

/* Cut @common down to what @path lies below as well. */
static void common_directory(char *common, const char *path)
{
	size_t end = 0;

	for (size_t i = 0;; i++) {
		const bool ends[] = { common[i] == '\0' || common[i] == '/',
				      path[i] == '\0' || path[i] == '/' };

		if (ends[0] && ends[1])
			end = i;
		if (common[i] != path[i] || common[i] == '\0')
			break;
	}
	common[end] = '\0';
}

/* The images that @path builds on: 1 with the absolute path of the next, 0 if there is none. */
static int parent_of(const char *path, char ret[PATH_MAX], struct arena *arena, struct error *err)
{
	const char *real = path;
	autoclose int dir = image_directory(path, false, arena, &real, err);
	char link[PATH_MAX];

	if (dir < 0 || image_check_files(dir, path, err) < 0)
		return -1;

	const ssize_t len = readlinkat(dir, PARENT, link, sizeof link - 1);

	if (len < 0)
		return errno == ENOENT ? 0 : error_sys(err, path, "cannot read '%s/parent'", path);
	link[len] = '\0';
	if (*link == '/')
		return error_set(err, ERR_USAGE, path,
				 "the images in '%s' build on others by an absolute path", path);

	autoclose int parent =
		image_directory(arena_printf(arena, "%s/%s", real, link), false, arena, &real, err);

	if (parent < 0)
		return error_context(err, "the images that '%s' builds on", path);
	snprintf(ret, PATH_MAX, "%s", real);
	return 1;
}

int image_mapped(const char *path, int userns, struct arena *arena, const char **ret_below,
		 struct error *err)
{
	char common[PATH_MAX], paths[2][PATH_MAX];
	int more = 1;

	snprintf(common, sizeof common, "%s", path);
	snprintf(paths[0], sizeof paths[0], "%s", path);
	for (unsigned i = 0; more == 1 && i < PARENTS_MAX; i++) {
		more = parent_of(paths[i % 2], paths[(i + 1) % 2], arena, err);
		if (more == 1)
			common_directory(common, paths[(i + 1) % 2]);
	}
	if (more != 0)
		return more < 0
			       ? -1
			       : error_set(err, ERR_USAGE, path,
					   "'%s' builds on more than %d others", path, PARENTS_MAX);

	autoclose int original = fd_open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0, err);
	autoclose int top =
		original < 0 ? -1 : mount_clone(AT_FDCWD, *common ? common : "/", false, true, err);

	if (top < 0 || (userns >= 0 && mount_idmap(top, userns, false, err) < 0))
		return -1;

	const char *below = path + strlen(common) + strspn(path + strlen(common), "/");
	autoclose int dir =
		openat(top, *below ? below : ".", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir < 0 || !fd_is_same(dir, original))
		return error_set(err, ERR_USAGE, path,
				 "'%s' and the images it builds on are not on one mount", path);
	*ret_below = arena_strdup(arena, below);
	return fd_take(&top);
}
