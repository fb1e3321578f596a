/* container/destroy.h: nothing of a container is left */
#ifndef BRIG_CONTAINER_DESTROY_H
#define BRIG_CONTAINER_DESTROY_H

#include "container/handle.h"

/**
 * destroy() - remove cgroup with all in it, id reservation and state directory, each of which may
 * be absent
 * @handle: what is known: after a killed create or an unreadable state, little
 * @config: the container's, or NULL where it cannot be read
 * Goes on after a failure, and reports the first: what can be removed is.
 */
[[nodiscard]] int destroy(struct runtime *runtime, const char *id, struct handle *handle,
			  const struct spec *config, struct error *err);

/**
 * container_delete() - destroy(), then the poststop hooks: of a container whose handle is still
 * good
 * Takes the lock. A container that somebody else has deleted meanwhile is success.
 */
[[nodiscard]] int container_delete(struct runtime *runtime, struct handle *handle,
				   const struct plan *plan, const struct spec *config,
				   struct error *err);

#endif
