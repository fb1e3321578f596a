/* container/start.h: a container that waits begins to run */
#ifndef BRIG_CONTAINER_START_H
#define BRIG_CONTAINER_START_H

#include "container/handle.h"
#include "launch/sync.h"

/**
 * container_start() - for `start` and `run`; the caller holds the lock
 * @plan:    for hooks: hook_plan() or the whole one
 * @seccomp: of the container's config, for its listener
 */
[[nodiscard]] int container_start(struct handle *handle, const struct plan *plan,
				  const struct spec_seccomp *seccomp, struct error *err);

/* What listener_deliver() tells the engine's agent. */
struct listener_delivery {
	const struct handle *handle;
	const struct plan *plan;            /* for the state: id, bundle, annotations */
	const struct spec_seccomp *seccomp; /* listenerPath and listenerMetadata */
};

/**
 * listener_deliver() - for struct sync_listener: hand the notify fd to the agent with the
 * container's state
 * config-linux.md, "Seccomp". Without it every notified call of the workload would wait for ever.
 */
[[nodiscard]] int listener_deliver(void *context, pid_t pid, int listener, struct error *err);

#endif
