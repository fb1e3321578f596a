/* kernel/cgroup_remove.c: the cgroups below a cgroup are visited, and removed
 *
 * Theory of operation
 *
 * A cgroup can be removed when it has no processes and no cgroups below it; else rmdir(2) says
 * EBUSY. A workload that may write to its cgroup makes others below, as many and as deep as it
 * likes, so a visit holds one descriptor and goes up by "..", instead of one for each level: nothing
 * can be moved in cgroup2 (it has no rename), so the way up is the way down.
 *
 * A process that was killed leaves its cgroup a moment after it has died for its parent; that
 * moment is waited for, by cgroup.events.
 */
#include "kernel/cgroup.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "kernel/cgroup_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdalign.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

enum {
	NAME_SIZE = 256, /* NAME_MAX and the NUL */
	PATH_SIZE = 4096,
	ENTRIES_SIZE = 4096,
	STEPS_MAX = 4 << 20,  /* directories looked at before we say that this has no end */
	LEAVE_MS = 2000,      /* for processes that were killed to leave */
	RETRY_NS = 1'000'000, /* after an EBUSY that comes from nothing we can see */
};

/* --- the cgroups in a directory --- */

static int open_list(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The first cgroup in @dir from where it stands; @ret_next is where to go on. 1, 0 at the end, -1 with errno */
static int next_child(int dir, char ret[NAME_SIZE], int64_t *ret_next)
{
	alignas(struct dirent64) char data[ENTRIES_SIZE];
	long used;

	while ((used = syscall(SYS_getdents64, dir, data, sizeof data)) > 0) {
		for (long at = 0; at < used;) {
			const struct dirent64 *entry = (const void *)(data + at);
			const size_t len = strlen(entry->d_name);

			at += entry->d_reclen;
			if (entry->d_type != DT_DIR || len >= NAME_SIZE ||
			    strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
				continue;
			memcpy(ret, entry->d_name, len + 1);
			*ret_next = entry->d_off;
			return 1;
		}
	}
	return used < 0 && errno != ENOENT ? -1 : 0; /* ENOENT: @dir was removed while we looked */
}

static int first_child(int dir, char ret[NAME_SIZE])
{
	int64_t next;

	return lseek(dir, 0, SEEK_SET) < 0 ? -1 : next_child(dir, ret, &next);
}

/* Put the directory @name of *@dir in its place. -1 with errno */
static int go(int *dir, const char *name)
{
	const int next = open_list(*dir, name);

	if (next < 0)
		return -1;
	close(*dir);
	*dir = next;
	return 0;
}

/* --- visiting --- */

static int too_many(struct error *err)
{
	return error_set(err, ERR_KERNEL, /* where = */ NULL,
			 "there are more than %d cgroups below this one", STEPS_MAX);
}

static int cannot_list(struct error *err)
{
	return error_sys(err, /* where = */ NULL, "cannot list the cgroups below a cgroup");
}

int cgroup_walk(int cgroup, cgroup_visitor *visit, void *data, struct error *err)
{
	autoarena struct arena arena = {};
	autoclose int dir = open_list(cgroup, ".");
	int64_t *resume = NULL; /* for each level above: where to go on in it */
	size_t depth = 0, room = 0;
	char name[NAME_SIZE];

	if (dir < 0)
		return cannot_list(err);
	if (visit(dir, data, err) < 0)
		return -1;

	for (int steps = 0; steps < STEPS_MAX; steps++) {
		int64_t next;
		const int found = next_child(dir, name, &next);

		if (found < 0)
			return cannot_list(err);
		if (!found && depth == 0)
			return 0;
		if (!found) {
			if (go(&dir, "..") < 0 || lseek(dir, resume[--depth], SEEK_SET) < 0)
				return cannot_list(err);
			continue;
		}
		if (go(&dir, name) < 0) {
			if (errno == ENOENT && lseek(dir, next, SEEK_SET) >= 0)
				continue; /* removed while we looked */
			return cannot_list(err);
		}
		if (depth == room) {
			room = room ? 2 * room : 32;
			resume = arena_grow(&arena, resume, depth, room, sizeof *resume);
		}
		resume[depth++] = next;
		if (visit(dir, data, err) < 0)
			return -1;
	}
	return too_many(err);
}

/* --- removing --- */

static int still_busy(struct error *err)
{
	(void)error_set(err, ERR_STATE, /* where = */ NULL,
			"the cgroup still has processes after %d ms", LEAVE_MS);
	err->code = EBUSY;
	return error_remedy(err, "kill them first, with `brig kill --all ID KILL` or by writing 1 "
				 "to cgroup.kill");
}

/* rmdir of a cgroup without children; @end is the time at which patience ends */
static int remove_when_left(int parent, const char *name, int64_t end, struct error *err)
{
	while (unlinkat(parent, name, AT_REMOVEDIR) < 0) {
		const struct timespec moment = { .tv_nsec = RETRY_NS };
		const int64_t left = end - clock_ms();

		if (errno == ENOENT)
			return 0;
		if (errno != EBUSY)
			return error_sys(err, /* where = */ NULL, "cannot remove a cgroup");
		if (left <= 0)
			return still_busy(err);

		autoclose int cgroup = openat(parent, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (cgroup >= 0)
			(void)!cgroup_await(cgroup, "populated", false, (int)left);
		nanosleep(&moment, NULL);
	}
	return 0;
}

/* All that is below @cgroup, the deepest first: down as long as there is a child that is no leaf. */
static int remove_below(int cgroup, int64_t end, struct error *err)
{
	autoclose int dir = open_list(cgroup, ".");
	char name[NAME_SIZE], below[NAME_SIZE];
	size_t depth = 0;

	if (dir < 0)
		return cannot_list(err);

	for (int steps = 0; steps < STEPS_MAX; steps++) {
		const int found = first_child(dir, name);

		if (found < 0)
			return cannot_list(err);
		if (!found && depth == 0)
			return 0;
		if (!found) {
			if (go(&dir, "..") < 0)
				return cannot_list(err);
			depth--;
			continue;
		}
		if (unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			continue;

		autoclose int child = open_list(dir, name);

		if (child >= 0 && first_child(child, below) > 0) {
			if (go(&dir, name) < 0)
				return cannot_list(err);
			depth++;
		} else if (remove_when_left(dir, name, end, err) < 0) {
			return -1;
		}
	}
	return too_many(err);
}

static int remove_leaf(int parent, const char *name, struct error *err)
{
	const int64_t end = clock_ms() + LEAVE_MS;

	/* The usual case is one call: nothing below, and nobody in it. */
	if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != EBUSY)
		return error_sys(err, /* where = */ NULL, "cannot remove a cgroup");

	autoclose int leaf = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (leaf < 0 && errno == ENOENT)
		return 0;
	if (leaf < 0)
		return cannot_list(err);
	if (remove_below(leaf, end, err) < 0)
		return -1;
	return remove_when_left(parent, name, end, err);
}

/* Cut the last component off @path, which changes. Return: it, or NULL when there is none */
static char *cut_last(char *path)
{
	size_t len = strlen(path);

	while (len > 0 && path[len - 1] == '/')
		path[--len] = '\0';

	char *slash = strrchr(path, '/');

	if (!slash || !slash[1])
		return NULL;
	*slash = '\0';
	return slash + 1;
}

int cgroup_remove(int root, const char *path, unsigned made, struct error *err)
{
	char parents[PATH_SIZE];
	const size_t len = strlen(path);

	if (len + 1 >= sizeof parents)
		return error_set(err, ERR_STATE, path, "the path of the cgroup is too long");
	parents[0] = '/'; /* "a/b" and "/a/b" are the same */
	memcpy(parents + 1, path, len + 1);

	const char *name = cut_last(parents);

	if (!name)
		return error_set(err, ERR_STATE, path, "the root cgroup cannot be removed");

	autoclose int parent = cgroup_open(root, parents, err);

	if (parent < 0)
		return err->code == ENOENT ? 0 : -1;
	if (remove_leaf(parent, name, err) < 0)
		return error_context(err, "cannot remove the cgroup '%s'", path);

	/* The parents that were made with it, as far as nobody else uses them by now. */
	for (unsigned i = 1; i < made && (name = cut_last(parents)); i++) {
		autoclose int above = cgroup_open(root, parents, err);

		if (above < 0 || unlinkat(above, name, AT_REMOVEDIR) < 0)
			break;
	}
	return 0;
}

void cgroup_remove_unmarked(int root, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct error ignored;
	autoclose int leaf = cgroup_open(root, path, &ignored);
	autoclose int parent = leaf < 0 ? -1 : openat(leaf, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (parent >= 0 && !cgroup_has_mark(leaf))
		(void)unlinkat(parent, slash ? slash + 1 : path, AT_REMOVEDIR);
}
