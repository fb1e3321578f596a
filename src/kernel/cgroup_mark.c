/* kernel/cgroup_mark.c: whose a cgroup is, and which is somebody's
 *
 * The mark is an extended attribute of the directory, xattr(7). The host's root uses a name that needs
 * CAP_SYS_ADMIN, and looks at no other: a workload that owns the cgroups below its own can set the one
 * that is left to an ordinary user, since Linux 5.7, and would be found in another container's place.
 */
#include "kernel/cgroup.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/cgroup_internal.h"
#include "kernel/namespace.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { MARK_SIZE = 512 }; /* an id and more */

static const char *mark_name(void)
{
	return geteuid() == 0 && ns_is_initial_user() ? "trusted.brig" : "user.brig";
}

/* An O_PATH descriptor has no attributes: fsetxattr(2), EBADF. */
static int reopen(int cgroup)
{
	return openat(cgroup, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Return: is there a mark, that fits? */
static bool read_mark(int dir, char ret[MARK_SIZE])
{
	const ssize_t len = dir < 0 ? -1 : fgetxattr(dir, mark_name(), ret, MARK_SIZE - 1);

	if (len < 0)
		return false;
	ret[len] = '\0';
	return strlen(ret) == (size_t)len;
}

int cgroup_mark(int cgroup, const char *owner, struct error *err)
{
	autoclose int dir = reopen(cgroup);

	if (dir >= 0 && fsetxattr(dir, mark_name(), owner, strlen(owner), 0) == 0)
		return 0;
	return error_sys(err, /* where = */ NULL, "cannot mark the cgroup as the container's");
}

bool cgroup_is_marked(int cgroup, const char *owner)
{
	autoclose int dir = reopen(cgroup);
	char text[MARK_SIZE];

	return read_mark(dir, text) && strcmp(text, owner) == 0;
}

bool cgroup_has_mark(int cgroup)
{
	autoclose int dir = reopen(cgroup);

	return dir >= 0 && fgetxattr(dir, mark_name(), NULL, 0) >= 0;
}

/* --- which is somebody's --- */

struct search {
	const char *prefix;
	int root;
	struct arena *arena;
	struct cgroup_found found;
};

static const char *path_of(int dir, struct arena *arena)
{
	char path[PATH_MAX];
	const ssize_t len = fd_path(dir, path);

	return len > 0 ? arena_strndup(arena, path, (size_t)len) : NULL;
}

static int look(int dir, void *data, struct error *)
{
	struct search *search = data;
	char text[MARK_SIZE];

	if (search->found.path || !read_mark(dir, text) ||
	    strncmp(text, search->prefix, strlen(search->prefix)) != 0)
		return 0;

	const char *root = path_of(search->root, search->arena);
	const char *path = path_of(dir, search->arena);
	const size_t len = root ? strlen(root) : 0;

	if (!root || !path || strncmp(path, root, len) != 0 || path[len] != '/')
		return 0;
	search->found.path = path + len;
	search->found.owner = arena_strdup(search->arena, text);
	return 0;
}

int cgroup_find(int root, const char *prefix, struct arena *arena, struct cgroup_found *ret,
		struct error *err)
{
	struct search search = { .prefix = prefix, .root = root, .arena = arena };

	if (cgroup_walk(root, look, &search, err) < 0)
		return -1;
	if (!search.found.path)
		return 0;
	*ret = search.found;
	return 1;
}
