/* container/destroy.c: nothing of a container is left, and the verb `delete` */
#include "container/destroy.h"

#include "base/cleanup.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "container/act.h"
#include "container/cgroup_place.h"
#include "container/id.h"
#include "container/id_range.h"
#include "container/leftovers.h"
#include "container/lock.h"
#include "container/rdt_place.h"
#include "container/root.h"
#include "kernel/process.h"
#include "kernel/process_id.h"
#include "kernel/procfs.h"
#include "launch/hooks.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>

enum { DEATH_MS = 10'000 };

/* By pidfd, and only if the pid is still the process that state.json means. */
static int init_kill(const struct handle *handle, struct error *err)
{
	const struct state *state = &handle->state;

	if (state->pid <= 0 || handle->proc < 0)
		return 0;

	autoclose int pidfd = process_open(state->pid, err);

	if (pidfd < 0 || !process_lives(handle->proc, state->pid, state->start_time))
		return 0;
	if (process_signal(pidfd, SIGKILL, err) < 0 && err->code != ESRCH)
		return error_context(err, "cannot kill the init process");

	struct pollfd end = { .fd = pidfd, .events = POLLIN };

	if (poll(&end, 1, DEATH_MS) != 1)
		return error_set(err, ERR_KERNEL, NULL, "the init process %d does not die",
				 state->pid);
	return 0;
}

static int reservation_release(struct runtime *runtime, const char *id, const struct handle *handle,
			       struct error *err)
{
	autoclose int area = root_open_ids(err);

	/* Where none can be kept there is none: a create that failed for that reason left no
	 * ids. */
	if (area < 0)
		return handle->state.reservation ? -1 : 0;
	return id_range_release(area, handle->state.reservation,
				arena_printf(&runtime->arena, "%s/%s", runtime->root, id), err);
}

int destroy(struct runtime *runtime, const char *id, struct handle *handle,
	    const struct spec *config, struct error *err)
{
	const int root = runtime_root(runtime, err);
	struct error later;
	int result = root < 0 ? -1 : init_kill(handle, err);

	if (cgroup_place_remove(handle, result < 0 ? &later : err) < 0)
		result = -1;
	fault_point("delete-cgroup");
	/* What is left may be used still, and what it uses is not given to others. */
	if (result == 0 && handle->dir >= 0 && leftovers_remove(handle->dir, err) < 0)
		result = -1;
	if (config &&
	    rdt_place_remove(&config->linux_.intel_rdt, id, result < 0 ? &later : err) < 0)
		result = -1;
	if (result == 0 && reservation_release(runtime, id, handle, err) < 0)
		result = -1;
	fault_point("delete-ids");
	/* Last, and only if nothing is left that it leads to. */
	if (result < 0)
		return -1;
	return state_remove(root, id, handle->dir, err);
}

/* What can be known without state.json: the cgroup by its mark, without one the init by the file that
 * is there for this; the ids by the directory that they were drawn for. */
static int delete_forced_unreadable(struct runtime *runtime, const char *id, struct error *err)
{
	autohandle struct handle handle = { -1, -1, -1, -1, {} };
	const int root = runtime_root(runtime, err);
	struct error ignored;

	if (root < 0)
		return -1;
	handle.dir = lock_take(root, id, LOCK_WAIT_MS, err);
	if (handle.dir < 0)
		return err->code == ENOENT ? 0 : -1;
	handle.cgroup_root = cgroup_root(&runtime->arena, NULL, &ignored);
	if (handle.cgroup_root >= 0 && cgroup_place_find(&handle, id, &runtime->arena, err) < 0)
		return -1;
	handle.proc = procfs_open(err);
	if (handle.proc < 0)
		return -1;
	state_load_init(handle.dir, &handle.state);

	struct spec *spec = handle_config(&handle, &ignored);
	const int result = destroy(runtime, id, &handle, spec, err);

	spec_free(spec);
	return result;
}

static int destroy_and_tell(struct runtime *runtime, struct handle *handle, const struct plan *plan,
			    const struct spec *config, struct error *err)
{
	struct error failure;

	fault_point("delete-begun");
	log_debug("deleting '%s'", handle->state.id);
	if (destroy(runtime, handle->state.id, handle, config, err) < 0)
		return error_context(err, "cannot delete '%s'", handle->state.id);
	/* runtime.md, "Lifecycle", 13: a failure is logged, and the rest goes on. */
	if (hooks_run(plan, HOOK_POSTSTOP, 0, "stopped", &failure) < 0)
		log_warn("%s", failure.text);
	return 0;
}

int container_delete(struct runtime *runtime, struct handle *handle, const struct plan *plan,
		     const struct spec *config, struct error *err)
{
	const int root = runtime_root(runtime, err);
	autoclose int dir = root < 0 ? -1 : lock_take(root, handle->state.id, LOCK_WAIT_MS, err);

	if (dir < 0)
		return root >= 0 && err->code == ENOENT ? 0 : -1;
	if (!fd_is_same(dir, handle->dir))
		return 0; /* deleted, and the id is somebody else's by now */
	return destroy_and_tell(runtime, handle, plan, config, err);
}

static int delete_named(struct runtime *runtime, const char *id, bool force, bool *ret_was_there,
			struct error *err)
{
	autohandle struct handle handle = { -1, -1, -1, -1, {} };
	struct error ignored;

	if (id_check(id, err) < 0)
		return -1;
	if (handle_open(runtime, id, true, &handle, err) < 0) {
		*ret_was_there = err->code != ENOENT;
		return force ? delete_forced_unreadable(runtime, id, err) : -1;
	}
	*ret_was_there = true;
	if (!force && lifecycle_check(COMMAND_DELETE, handle.state.status, id, err) < 0)
		return -1;
	struct spec *spec = handle_config(&handle, &ignored); /* while it is there */
	struct plan plan;

	hook_plan(&handle.state, &plan);

	const int result = destroy_and_tell(runtime, &handle, &plan, spec, err);

	spec_free(spec);
	return result;
}

int runtime_delete(struct runtime *runtime, const char *id, bool force, struct error *err)
{
	bool was_there = false;
	const int result = delete_named(runtime, id, force, &was_there, err);

	return was_there ? act_log(runtime, "delete", id, result, err) : result;
}
