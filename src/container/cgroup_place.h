/* container/cgroup_place.h: a container's cgroup by whichever manager makes it */
#ifndef BRIG_CONTAINER_CGROUP_PLACE_H
#define BRIG_CONTAINER_CGROUP_PLACE_H

#include "container/handle.h"

/** cgroup_place_make() - before the init exists: with cgroupfs, make the cgroup and note it in @handle and its state */
[[nodiscard]] int cgroup_place_make(struct runtime *runtime, const struct plan *plan,
				    struct handle *handle, struct error *err);

/** cgroup_place_init() - once it exists: with systemd, ask for a scope with it in, then the rest of the limits */
[[nodiscard]] int cgroup_place_init(struct runtime *runtime, const struct plan *plan,
				    struct handle *handle, pid_t pid, struct error *err);

/** cgroup_place_remove() - kill what is left in it and remove it; absent is success */
[[nodiscard]] int cgroup_place_remove(const struct state_cgroup *cgroup, bool rootless,
				      int cgroup_root, struct error *err);

#endif
