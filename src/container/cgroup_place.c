/* container/cgroup_place.c: a container's cgroup by whichever manager makes it */
#include "container/cgroup_place.h"

#include "base/cleanup.h"
#include "base/fault.h"
#include "base/log.h"
#include "kernel/cgroup.h"
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
	handle->cgroup = launch_cgroup(plan, handle->cgroup_root, &runtime->arena,
				       &handle->state.cgroup.made, &missing, err);
	if (handle->cgroup < 0)
		return -1;
	if (missing)
		warn_missing(runtime, handle, missing);
	return 0;
}

int cgroup_place_init(const struct plan *, struct handle *, pid_t, struct error *)
{
	return 0;
}

int cgroup_place_remove(const struct state_cgroup *cgroup, int cgroup_root, struct error *err)
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
