/* container/start.h: a container that waits begins to run */
#ifndef BRIG_CONTAINER_START_H
#define BRIG_CONTAINER_START_H

#include "container/handle.h"

/**
 * container_start() - for `start` and `run`; the caller holds the lock
 * @plan:    for hooks: hook_plan() or the whole one
 * @seccomp: of the container's config, for its listener
 */
[[nodiscard]] int container_start(struct runtime *runtime, struct handle *handle,
				  const struct plan *plan, const struct spec_seccomp *seccomp,
				  struct error *err);

#endif
