/* launch/privileged.h: what the parent does to a container's process from outside */
#ifndef BRIG_LAUNCH_PRIVILEGED_H
#define BRIG_LAUNCH_PRIVILEGED_H

#include "plan/plan.h"

#include <sys/types.h>

/**
 * privileged_attributes() - rlimits, oom_score_adj, scheduler, I/O priority, the owner of pipes
 * From outside, since raising any of them needs capabilities over the initial user namespace, and
 * last, so that the limits bind the workload and not the way to it.
 */
[[nodiscard]] int privileged_attributes(const struct plan_process *process, int proc, pid_t pid,
					struct error *err);

/**
 * privileged_profile() - is the AppArmor profile in the kernel? Asked before anything is made, for
 * a clear error
 */
[[nodiscard]] int privileged_profile(const struct plan_process *process, struct error *err);

/**
 * privileged_pause() - does the init have to wait between its mounts and pivot_root(2), for hooks or
 * for what the parent does in its namespaces? If not, ROOTFS and HOOKED are not exchanged
 */
[[nodiscard]] bool privileged_pause(const struct plan *plan);

/** privileged_network() - move linux.netDevices into the network namespace of @pid */
[[nodiscard]] int privileged_network(const struct plan *plan, pid_t pid, struct error *err);

/**
 * privileged_stdio() - let the process's user open its standard streams again (/dev/stdout): pipes
 * change their owner
 */
[[nodiscard]] int privileged_stdio(const struct plan_process *process, const struct idmap *ids,
				   struct error *err);

#endif
