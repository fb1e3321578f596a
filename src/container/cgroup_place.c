/* container/cgroup_place.c: a container's cgroup by whichever manager makes it */
#include "container/cgroup_place.h"

#include "base/cleanup.h"
#include "kernel/cgroup.h"
#include "kernel/cgroup_systemd.h"
#include "launch/launch.h"

#include <errno.h>

enum { DEATH_MS = 10'000 };

/* What this host cannot enforce belongs to the container's state, so that `state` shows it for ever. */
static void warn_missing(struct runtime *runtime, struct handle *handle, const char *missing)
{
	struct spec_strings *warnings = &handle->state.protections.warnings;
	const char **items = arena_grow(&runtime->arena, warnings->items, warnings->n,
					warnings->n + 1, sizeof *items);

	items[warnings->n++] = missing;
	warnings->items = items;
}

int cgroup_place_make(struct runtime *runtime, const struct plan *plan, struct handle *handle,
		      struct error *err)
{
	const char *missing = NULL;

	if (!plan->cgroup.path || plan->cgroup.manager != CGROUP_MANAGER_CGROUPFS)
		return 0;
	handle->cgroup_root = cgroup_root(&runtime->arena, NULL, err);
	if (handle->cgroup_root < 0)
		return -1;
	handle->cgroup = launch_cgroup(plan, plan->cgroup.path, handle->cgroup_root,
				       &runtime->arena, &handle->state.cgroup.made, &missing, err);
	if (handle->cgroup < 0)
		return -1;
	if (missing)
		warn_missing(runtime, handle, missing);
	return 0;
}

/* systemd owns the files of the scope itself and may write them anew at any time; below it, in a cgroup
 * that is delegated to us, the limits stay: plan_systemd.c has its name. */
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
	const char *missing = NULL, *path;

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
	handle->cgroup = launch_cgroup(plan, cgroup->path, handle->cgroup_root, &runtime->arena,
				       &cgroup->made, &missing, err);
	if (handle->cgroup < 0)
		return -1;
	if (missing)
		warn_missing(runtime, handle, missing);
	return cgroup_attach(handle->cgroup, pid, err);
}

static int leaf_remove(const struct state_cgroup *cgroup, int cgroup_root, struct error *err)
{
	if (!cgroup->path || cgroup_root < 0)
		return 0;

	autoclose int leaf = cgroup_open(cgroup_root, cgroup->path, err);

	if (leaf < 0)
		return err->code == ENOENT ? 0 : -1;
	if (cgroup_kill(leaf, DEATH_MS, err) < 0)
		return error_context(err, "cannot kill what is left in cgroup '%s'", cgroup->path);
	/* A create that was killed before it could note how many directories it made: the leaf at least. */
	return cgroup_remove(cgroup_root, cgroup->path, cgroup->made ?: 1, err);
}

int cgroup_place_remove(const struct state_cgroup *cgroup, bool rootless, int cgroup_root,
			struct error *err)
{
	if (leaf_remove(cgroup, cgroup_root, err) < 0)
		return -1;
	if (cgroup->manager != CGROUP_MANAGER_SYSTEMD || !cgroup->unit)
		return 0;
	return cgroup_scope_stop(cgroup->unit, rootless, err);
}
