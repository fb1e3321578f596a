/* container/cgroup_place.h: a container's cgroup by whichever manager makes it */
#ifndef BRIG_CONTAINER_CGROUP_PLACE_H
#define BRIG_CONTAINER_CGROUP_PLACE_H

#include "container/handle.h"

/**
 * cgroup_place_make() - before the init exists: with cgroupfs, make the cgroup and note it in
 * @handle and its state
 */
[[nodiscard]] int cgroup_place_make(struct runtime *runtime, const struct plan *plan,
				    struct handle *handle, struct error *err);

/** cgroup_place_init() - once it exists: with systemd, ask for a scope with it in */
[[nodiscard]] int cgroup_place_init(struct runtime *runtime, const struct plan *plan,
				    struct handle *handle, pid_t pid, struct error *err);

/** cgroup_place_limits() - while the init builds its file system: limits and device program */
[[nodiscard]] int cgroup_place_limits(struct runtime *runtime, const struct plan *plan,
				      struct handle *handle, struct error *err);

/**
 * cgroup_place_open() - the container's cgroup, once made; code ENOENT if it is gone or somebody
 * else's
 */
[[nodiscard]] int cgroup_place_open(const struct handle *handle, struct error *err);

/**
 * cgroup_place_find() - by its mark, when state.json no longer tells: notes it in @handle, whose
 * directory and cgroup_root are open. Also 0 if there is none
 */
[[nodiscard]] int cgroup_place_find(struct handle *handle, const char *id, struct arena *arena,
				    struct error *err);

/**
 * cgroup_place_remove() - kill what is left in it and remove it; absent is success
 * state.json names the cgroup before it is made, by the bundle's word: one that is not marked as
 * this container's is left alone.
 */
[[nodiscard]] int cgroup_place_remove(const struct handle *handle, struct error *err);

#endif
