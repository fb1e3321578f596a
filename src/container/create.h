/* container/create.h: a bundle becomes a container that waits for `start` */
#ifndef BRIG_CONTAINER_CREATE_H
#define BRIG_CONTAINER_CREATE_H

#include "container/handle.h"
#include "container/prepare.h"
#include "container/runtime.h"
#include "launch/launch.h"

struct creation;

/* How a container comes to be: by running its program, or from the images of a checkpoint. */
struct creation_way {
	const char *verb; /* "create": in messages and in the audit log */
	/* The plan stands, and nothing is made yet but the ids: may it be? NULL */
	int (*admit)(struct creation *create, struct error *err);
	/* Fills create->launched and create->handle.state. */
	int (*launch)(struct creation *create, struct error *err);
	void *context;
};

struct creation {
	struct runtime *runtime;
	const struct create_options *options;
	const struct creation_way *way;
	struct prepared prepared;
	struct handle handle;     /* no longer locked once creation_run() has returned */
	struct launched launched; /* the init: a child of ours */
	int console_socket;
};

/**
 * creation_run() - for `create`, `run` and `restore`
 * @way: NULL: the ordinary one
 * @foreground: with a terminal and no console socket the master is the caller's
 * Return: 0: creation_close() after use; -1 with *err filled and nothing left behind
 */
[[nodiscard]] int creation_run(struct creation *create, struct runtime *runtime,
			       const struct create_options *options, const struct creation_way *way,
			       bool foreground, struct error *err);

/** creation_leaves() - launch_calls.leaves and overlay_notes.note of a creation */
[[nodiscard]] int creation_leaves(void *creation, enum overlay_note kind, const char *path,
				  struct error *err);
/** creation_audit() - "done", in the log before it is done */
[[nodiscard]] int creation_audit(const struct creation *create, struct error *err);
void creation_close(struct creation *create);

#endif
