/* container/create.h: a bundle becomes a container that waits for `start` */
#ifndef BRIG_CONTAINER_CREATE_H
#define BRIG_CONTAINER_CREATE_H

#include "container/handle.h"
#include "container/prepare.h"
#include "container/runtime.h"
#include "launch/launch.h"

struct creation {
	struct runtime *runtime;
	const struct create_options *options;
	struct prepared prepared;
	struct handle handle;     /* no longer locked once creation_run() has returned */
	struct launched launched; /* the init: a child of ours */
	int console_socket;
};

/**
 * creation_run() - for `create` and `run`
 * @foreground: with a terminal and no console socket the master is the caller's
 * Return: 0: creation_close() after use; -1 with *err filled and nothing left behind
 */
[[nodiscard]] int creation_run(struct creation *create, struct runtime *runtime,
			       const struct create_options *options, bool foreground,
			       struct error *err);
void creation_close(struct creation *create);

#endif
