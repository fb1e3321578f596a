/* container/create.h: a bundle becomes a container that waits for `start` */
#ifndef BRIG_CONTAINER_CREATE_H
#define BRIG_CONTAINER_CREATE_H

#include "container/runtime.h"
#include "launch/launch.h"

/**
 * container_create() - for `create` and `run`
 * @foreground: with a terminal and no console socket the master is the caller's
 * @ret:        pid, pidfd (owned) and master (owned) of the init, which is a child of the caller
 */
[[nodiscard]] int container_create(struct runtime *runtime, const struct create_options *options,
				   bool foreground, struct launched *ret, struct error *err);

#endif
