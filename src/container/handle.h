/* container/handle.h: an existing container while a command works on it */
#ifndef BRIG_CONTAINER_HANDLE_H
#define BRIG_CONTAINER_HANDLE_H

#include "container/runtime.h"

struct handle {
	int dir;         /* the container's directory; with a lock if handle_open() took one */
	int proc;        /* verified procfs */
	int cgroup_root; /* -1 where there is no cgroup */
	int cgroup; /* -1 if it has none, it is gone, or it cannot be opened: handle_cgroup() */
	struct state state;     /* from the runtime's arena */
	struct error no_cgroup; /* why that which the state names is not open */
};

/** handle_open() - read the container @id and derive its status; @lock: as the one writer. Released by handle_close() */
[[nodiscard]] int handle_open(struct runtime *runtime, const char *id, bool lock,
			      struct handle *ret, struct error *err);
void handle_close(struct handle *handle);
#define autohandle [[gnu::cleanup(handle_close)]]

/**
 * handle_cgroup() - the container's cgroup; borrowed
 * @to: what for: "freeze"
 * @err: it has none, or why the one that its state names cannot be opened: that is never taken for none
 */
[[nodiscard]] int handle_cgroup(const struct handle *handle, const char *to, struct error *err);

/** handle_config() - the spec that the container was created from, not judged; owned */
[[nodiscard]] struct spec *handle_config(const struct handle *handle, struct error *err);

/** runtime_root() - the state root, opened when first needed; borrowed fd */
[[nodiscard]] int runtime_root(struct runtime *runtime, struct error *err);

/** runtime_now() - what an audit line and the state call now: RFC 3339, from the runtime's arena */
const char *runtime_now(struct runtime *runtime);

/** hook_plan() - as much of a plan as hooks_run() needs: the hooks as create judged them */
void hook_plan(const struct state *state, struct plan *ret);

#endif
