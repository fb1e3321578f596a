/* container/runtime.c: the runtime of one command, and the verbs that only look */
#include "container/runtime.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "container/cgroup_place.h"
#include "container/handle.h"
#include "container/id.h"
#include "container/lock.h"
#include "container/root.h"
#include "kernel/cgroup.h"
#include "kernel/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

int runtime_open(const struct runtime_options *options, struct runtime *ret, struct error *err)
{
	*ret = (struct runtime){ .options = *options, .root_fd = -1 };
	return host_probe(&ret->arena, &ret->host, err);
}

void runtime_close(struct runtime *runtime)
{
	cleanup_close(&runtime->root_fd);
	arena_free(&runtime->arena);
}

int runtime_root(struct runtime *runtime, struct error *err)
{
	if (runtime->root_fd < 0)
		runtime->root_fd =
			root_open(runtime->options.root, &runtime->arena, &runtime->root, err);
	return runtime->root_fd;
}

const char *runtime_now(struct runtime *runtime)
{
	char text[CLOCK_TEXT_SIZE];

	return arena_strdup(&runtime->arena, clock_now(text));
}

int handle_open(struct runtime *runtime, const char *id, bool lock, struct handle *ret,
		struct error *err)
{
	struct handle handle = { .dir = -1, .proc = -1, .cgroup_root = -1, .cgroup = -1 };
	const int root = runtime_root(runtime, err);

	if (root < 0 || id_check(id, err) < 0)
		return -1;
	handle.dir = lock ? lock_take(root, id, LOCK_WAIT_MS, err) : state_open(root, id, err);
	if (handle.dir < 0)
		return -1;
	handle.proc = procfs_open(err);
	if (handle.proc < 0 ||
	    state_load(handle.dir, id, &runtime->arena, &handle.state, err) < 0) {
		handle_close(&handle);
		return -1;
	}
	if (handle.state.cgroup.path) {
		handle.cgroup_root = cgroup_root(&runtime->arena, NULL, &handle.no_cgroup);
		if (handle.cgroup_root >= 0)
			handle.cgroup = cgroup_place_open(&handle, &handle.no_cgroup);
	}
	if (state_derive(handle.dir, handle.proc, handle.cgroup, lock, &handle.state, err) < 0) {
		handle_close(&handle);
		return -1;
	}
	*ret = handle;
	return 0;
}

void handle_close(struct handle *handle)
{
	cleanup_close(&handle->dir);
	cleanup_close(&handle->proc);
	cleanup_close(&handle->cgroup_root);
	cleanup_close(&handle->cgroup);
}

int handle_cgroup(const struct handle *handle, const char *to, struct error *err)
{
	const char *id = handle->state.id;

	if (handle->cgroup >= 0)
		return handle->cgroup;
	if (!handle->state.cgroup.path) {
		(void)error_set(err, ERR_STATE, id, "container '%s' has no cgroup to %s", id, to);
		return error_remedy(err, "create it with a cgroup (not --cgroup-manager disabled, "
					 "and delegated to you if rootless)");
	}
	*err = handle->no_cgroup;
	return error_context(err, "container '%s' has a cgroup to %s, but", id, to);
}

struct spec *handle_config(const struct handle *handle, struct error *err)
{
	return spec_read(handle->dir, NULL, err);
}

void hook_plan(const struct state *state, struct plan *ret)
{
	*ret = (struct plan){
		.id = state->id,
		.bundle = state->bundle,
		.oci_version = state->oci_version,
		.annotations = state->annotations,
	};
	memcpy(ret->hooks, state->hooks, sizeof ret->hooks);
}

int runtime_state(struct runtime *runtime, const char *id, const struct state **ret,
		  struct error *err)
{
	autohandle struct handle handle = { -1, -1, -1, -1, {} };
	struct state *state = arena_alloc(&runtime->arena, sizeof *state);

	if (handle_open(runtime, id, false, &handle, err) < 0)
		return -1;
	*state = handle.state;
	*ret = state;
	return 0;
}

int runtime_list(struct runtime *runtime, const char *const **ret, size_t *ret_n, struct error *err)
{
	const int root = runtime_root(runtime, err);

	if (root < 0)
		return -1;
	return state_list(root, &runtime->arena, ret, ret_n, err);
}

int runtime_pids(struct runtime *runtime, const char *id, pid_t **ret, size_t *ret_n,
		 struct error *err)
{
	autohandle struct handle handle = { -1, -1, -1, -1, {} };

	if (handle_open(runtime, id, false, &handle, err) < 0)
		return -1;
	if (handle.cgroup >= 0)
		return cgroup_pids(handle.cgroup, &runtime->arena, ret, ret_n, err);
	if (handle.state.cgroup.path && handle.state.pid > 0)
		return handle_cgroup(&handle, "list", err);

	/* Without a cgroup only the init is known. */
	*ret = arena_array(&runtime->arena, 1, sizeof **ret);
	(*ret)[0] = handle.state.pid;
	*ret_n = handle.state.pid > 0;
	return 0;
}

int runtime_cgroup(struct runtime *runtime, const char *id, struct error *err)
{
	autohandle struct handle handle = { -1, -1, -1, -1, {} };

	if (handle_open(runtime, id, false, &handle, err) < 0 ||
	    lifecycle_check(COMMAND_EVENTS, handle.state.status, id, err) < 0)
		return -1;
	return handle_cgroup(&handle, "watch", err) < 0 ? -1 : fd_take(&handle.cgroup);
}
