/* container/cgroup_place.c: a container's cgroup by whichever manager makes it */
#include "container/cgroup_place.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/cgroup.h"
#include "kernel/cgroup_systemd.h"
#include "launch/launch.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

enum { DEATH_MS = 10'000 };

/* What this host cannot enforce belongs to the container's state, so that `state` shows it for
 * ever. */
static void warn_missing(struct runtime *runtime, struct handle *handle, const char *missing)
{
	struct spec_strings *warnings = &handle->state.protections.warnings;
	const char **items = arena_grow(&runtime->arena, warnings->items, warnings->n,
					warnings->n + 1, sizeof *items);

	items[warnings->n++] = missing;
	warnings->items = items;
}

/* What the mark of a container's cgroup begins with. The directory tells it from one of the same id
 * and another state root, also when state.json cannot be read any more. */
static const char *owner_prefix(struct arena *arena, const char *id, int dir)
{
	struct stat st = {};

	(void)!fstat(dir, &st); /* a directory that we hold open */
	return arena_printf(arena, "%s %ju:%ju ", id, (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
}

/* The time tells it from one whose directory was removed by hand, and its inode number used anew. */
static const char *owner_of(struct arena *arena, const struct handle *handle)
{
	return arena_printf(arena, "%s%s", owner_prefix(arena, handle->state.id, handle->dir),
			    handle->state.created);
}

/* A workload that a rootless container's cgroup belongs to can take the mark off: then by the init, which
 * brig has put there, and once the init is gone by what was open while it lived. */
static bool is_of(const struct handle *handle, int cgroup)
{
	const struct state *state = &handle->state;
	autoarena struct arena arena = {};
	struct error ignored;
	const char *path;
	const size_t len = strlen(state->cgroup.path);

	if (cgroup_is_marked(cgroup, owner_of(&arena, handle)) ||
	    fd_is_same(cgroup, handle->cgroup))
		return true;
	return state_is_alive(handle->proc, state) &&
	       cgroup_path_of(handle->proc, state->pid, &arena, &path, &ignored) == 0 &&
	       strncmp(path, state->cgroup.path, len) == 0 &&
	       (path[len] == '/' || path[len] == '\0');
}

int cgroup_place_open(const struct handle *handle, struct error *err)
{
	const struct state *state = &handle->state;
	autoclose int cgroup = cgroup_open(handle->cgroup_root, state->cgroup.path, err);

	if (cgroup < 0 || is_of(handle, cgroup))
		return fd_take(&cgroup);
	(void)error_set(err, ERR_STATE, state->cgroup.path,
			"the cgroup '%s' is not that of container '%s'", state->cgroup.path,
			state->id);
	err->code = ENOENT;
	return -1;
}

int cgroup_place_make(struct runtime *runtime, const struct plan *plan, struct handle *handle,
		      struct error *err)
{
	if (!plan->cgroup.path || plan->cgroup.manager != CGROUP_MANAGER_CGROUPFS)
		return 0;
	handle->cgroup_root = cgroup_root(&runtime->arena, NULL, err);
	if (handle->cgroup_root < 0)
		return -1;
	handle->cgroup = launch_cgroup(plan, plan->cgroup.path, owner_of(&runtime->arena, handle),
				       handle->cgroup_root, &handle->state.cgroup.made, err);
	return handle->cgroup < 0 ? -1 : 0;
}

/* systemd owns the files of the scope itself and may write them anew at any time; below it, in a
 * cgroup that is delegated to us, the limits stay: plan_systemd.c has its name. */
int cgroup_place_init(struct runtime *runtime, const struct plan *plan, struct handle *handle,
		      pid_t pid, struct error *err)
{
	const struct plan_cgroup *wanted = &plan->cgroup;
	const struct cgroup_scope scope = {
		.unit = wanted->systemd.unit,
		.slice = wanted->systemd.slice,
		.description = arena_printf(&runtime->arena, "brig container %s", plan->id),
		.properties = wanted->systemd.properties,
		.n_properties = wanted->systemd.n_properties,
		.user = runtime->host.rootless,
	};
	struct state_cgroup *cgroup = &handle->state.cgroup;
	const char *path;

	if (wanted->manager != CGROUP_MANAGER_SYSTEMD)
		return 0;
	if (cgroup_scope_start(&scope, pid, err) < 0)
		return -1;
	if (cgroup_path_of(handle->proc, pid, &runtime->arena, &path, err) < 0)
		return -1;
	handle->cgroup_root = cgroup_root(&runtime->arena, NULL, err);
	if (handle->cgroup_root < 0)
		return -1;
	cgroup->path = arena_printf(&runtime->arena, "%s/%s", path, wanted->systemd.subgroup);
	handle->cgroup = launch_cgroup(plan, cgroup->path, owner_of(&runtime->arena, handle),
				       handle->cgroup_root, &cgroup->made, err);
	if (handle->cgroup < 0 || cgroup_attach(handle->cgroup, pid, err) < 0)
		return -1;
	return cgroup_enable(handle->cgroup_root, cgroup->path, handle->cgroup, wanted->controllers,
			     err);
}

int cgroup_place_limits(struct runtime *runtime, const struct plan *plan, struct handle *handle,
			struct error *err)
{
	const char *missing = NULL;

	if (handle->cgroup < 0)
		return 0;
	if (launch_limits(plan, &handle->state.ids, handle->cgroup, &runtime->arena, &missing,
			  err) < 0)
		return -1;
	if (missing)
		warn_missing(runtime, handle, missing);
	return 0;
}

int cgroup_place_find(struct handle *handle, const char *id, struct arena *arena, struct error *err)
{
	const char *prefix = owner_prefix(arena, id, handle->dir);
	struct cgroup_found found;
	const int is_there = cgroup_find(handle->cgroup_root, prefix, arena, &found, err);

	if (is_there <= 0)
		return is_there;
	handle->state.id = id;
	handle->state.created = found.owner + strlen(prefix);
	handle->state.cgroup = (struct state_cgroup){ .path = found.path };
	return 0;
}

int cgroup_place_remove(const struct handle *handle, struct error *err)
{
	const struct state *state = &handle->state;
	const struct state_cgroup *cgroup = &state->cgroup;
	const int cgroup_root = handle->cgroup_root;

	if (!cgroup->path || cgroup_root < 0)
		return 0;

	autoclose int leaf = cgroup_place_open(handle, err);

	if (leaf < 0 && err->code != ENOENT)
		return -1;
	/* Gone; or not ours, and then neither is the scope around it. A create that was killed
	 * right after it made the cgroup has left it without a mark. */
	if (leaf < 0) {
		cgroup_remove_unmarked(cgroup_root, cgroup->path);
		return 0;
	}
	if (cgroup_kill(leaf, DEATH_MS, err) < 0)
		return error_context(err, "cannot kill what is left in cgroup '%s'", cgroup->path);
	/* A create that was killed before it could note how many directories it made: the leaf at
	 * least. */
	if (cgroup_remove(cgroup_root, cgroup->path, cgroup->made ?: 1, err) < 0)
		return -1;
	if (cgroup->manager != CGROUP_MANAGER_SYSTEMD || !cgroup->unit)
		return 0;
	return cgroup_scope_stop(cgroup->unit, state->rootless, err);
}
