/* kernel/cgroup_mark.c: whose a cgroup is, and which is somebody's
 *
 * The mark is an extended attribute of the directory, xattr(7). The first name needs CAP_SYS_ADMIN, so a
 * workload that owns the directory cannot set it; an ordinary user's cgroup takes the second, since
 * Linux 5.7. The host's root does not even read the second: a workload may put it on the cgroups below
 * its own, with the name of another container.
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

static const char *const marks[] = { "trusted.brig", "user.brig" };

/* How many of them count for us? */
static size_t n_marks(void)
{
	return geteuid() == 0 && ns_is_initial_user() ? 1 : ARRAY_LEN(marks);
}

/* An O_PATH descriptor has no attributes: fsetxattr(2), EBADF. */
static int reopen(int cgroup)
{
	return openat(cgroup, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Return: is there a mark, that fits? */
static bool read_mark(int dir, char ret[MARK_SIZE])
{
	const size_t n = n_marks();

	for (size_t i = 0; dir >= 0 && i < n; i++) {
		const ssize_t len = fgetxattr(dir, marks[i], ret, MARK_SIZE - 1);

		if (len < 0)
			continue;
		ret[len] = '\0';
		return strlen(ret) == (size_t)len;
	}
	return false;
}

int cgroup_mark(int cgroup, const char *owner, struct error *err)
{
	autoclose int dir = reopen(cgroup);
	const size_t n = n_marks();

	for (size_t i = 0; dir >= 0 && i < n; i++) {
		if (fsetxattr(dir, marks[i], owner, strlen(owner), 0) == 0)
			return 0;
	}
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
	const size_t n = n_marks();

	for (size_t i = 0; dir >= 0 && i < n; i++) {
		if (fgetxattr(dir, marks[i], NULL, 0) >= 0)
			return true;
	}
	return false;
}

/* --- which is somebody's --- */

struct search {
	const char *prefix;
	int root;
	struct arena *arena;
	struct cgroup_found found;
};

/* The path of @dir, as /proc/self/fd shows it. */
static const char *path_of(int dir, struct arena *arena)
{
	char link[32], path[PATH_MAX];

	snprintf(link, sizeof link, "/proc/self/fd/%d", dir);

	const ssize_t len = readlink(link, path, sizeof path);

	return len > 0 && (size_t)len < sizeof path ? arena_strndup(arena, path, (size_t)len)
						    : NULL;
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
