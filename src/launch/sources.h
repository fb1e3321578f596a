/* launch/sources.h: the mounts that need the host's privilege, made by the parent and handed over */
#ifndef BRIG_LAUNCH_SOURCES_H
#define BRIG_LAUNCH_SOURCES_H

#include "plan/plan.h"

/**
 * sources_send() - root, binds and devices as detached mounts, in the order in which child.c takes them
 * @policy: asked again about each host path, now by descriptor: a link on it may have changed since it was judged
 * @userns: the container's user namespace, for id-mapped mounts; -1 if it has none
 *
 * One is open at a time, so ten thousand mounts need no ten thousand descriptors.
 */
[[nodiscard]] int sources_send(const struct plan *plan, const struct policy *policy, int socket,
			       int userns, struct error *err);

#endif
