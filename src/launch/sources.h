/* launch/sources.h: the mounts that need the host's privilege, made by the parent and handed over
 *
 * An ordinary user has no such privilege: there the child, which has some in its own namespaces,
 * makes them itself, by the same functions.
 */
#ifndef BRIG_LAUNCH_SOURCES_H
#define BRIG_LAUNCH_SOURCES_H

#include "kernel/overlay.h"
#include "launch/submounts.h"
#include "plan/plan.h"

struct sources {
	const struct plan *plan;
	const struct policy
		*policy; /* asked again about each host path, now by descriptor: a link on it may
				      * have changed since it was judged */
	const struct idmap
		*ids; /* of the container's user namespace: the plan's, or read from a joined one */
	int userns;   /* the container's, for id-mapped mounts; -1 if it has none */
	const struct overlay_notes
		*notes; /* of what a recomposed overlay leaves beside its layers; NULL
					      where none is: rootless */
	struct submounts *submounts;
};

/* Each returns an owned fd of a detached mount, or -1 with *err filled. */

[[nodiscard]] int source_root(const struct sources *sources, struct error *err);
/** source_mount() - a bind, an overlay, or the tmpfs at /dev with its nodes */
[[nodiscard]] int source_mount(const struct sources *sources, const struct plan_mount *mount,
			       struct error *err);
/** source_device() - a device of the host, for a place outside of such a tmpfs */
[[nodiscard]] int source_device(const struct plan_device *device, struct error *err);

/** source_new() - a file system that shows namespaces of the process which asks, or belongs to them */
[[nodiscard]] int source_new(const struct plan_mount *mount, struct error *err);

/** source_is_needed() - is this a mount that the parent makes, rather than the child? */
[[nodiscard]] bool source_is_needed(const struct plan_mount *mount);
/** source_device_is_needed() - is this a device of the host's to bind, rather than a node in /dev or a FIFO? */
[[nodiscard]] bool source_device_is_needed(const struct plan_device *device);

/**
 * sources_send() - all of them, in the order in which child.c takes them
 * One is open at a time, so ten thousand mounts need no ten thousand descriptors.
 */
[[nodiscard]] int sources_send(const struct sources *sources, int socket, struct error *err);

/**
 * sources_examine() - which of the plan's host paths are mounted overlays that have to be made once more?
 * Fails for one that is not there, and for one whose file system has no id-mapped mounts.
 */
[[nodiscard]] int sources_examine(const struct plan *plan, struct arena *arena,
				  struct plan_overlays *ret, struct error *err);

#endif
