/* launch/child.h: the container's init, from clone3(2) to execve(2) */
#ifndef BRIG_LAUNCH_CHILD_H
#define BRIG_LAUNCH_CHILD_H

#include "kernel/process.h"
#include "plan/plan.h"

struct child_inherits {
	int sync;                          /* our end of the protocol of sync.h */
	int start;                         /* the listening start socket */
	int proc;                          /* the host's procfs */
	int of_joined[PLAN_OF_JOINED_MAX]; /* such mounts, in the plan's order; -1 */
	const struct policy *policy;       /* for plan->child_makes_sources */
	const struct process_title *title;
};

/** child_run() - the right-hand column of sync.h; ends in execve(2) or in _exit(2) after FAILED */
[[gnu::noreturn]] void child_run(const struct plan *plan, const struct child_inherits *inherits);

/** child_sets_clocks() - does MAPPED bring the init its timens_offsets? */
[[nodiscard]] bool child_sets_clocks(const struct plan *plan);

/**
 * child_step_name() - the name of step @i, in the order in which they run, for `brig plan` and the
 * test that holds it; NULL behind the last, "enter", which is what enter.h does
 */
const char *child_step_name(size_t i);

#endif
