/* kernel/scheduling.h: when and where a process runs; sched(7), cpuset(7), set_mempolicy(2)
 *
 * Real-time policies, real-time I/O classes and negative nice values need capabilities over the
 * initial user namespace, which a container's first process has lost: what takes a pid is the
 * parent's business. None of the calls takes memory, so that all may come between clone3(2) and
 * execve(2).
 */
#ifndef BRIG_KERNEL_SCHEDULING_H
#define BRIG_KERNEL_SCHEDULING_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct scheduling {
	int policy;             /* SCHED_…, kernel/compat.h */
	int32_t nice, priority; /* -20 to 19; 1 to 99 for SCHED_FIFO and SCHED_RR, else 0 */
	uint64_t flags;         /* SCHED_FLAG_… */
	uint64_t runtime, deadline, period; /* SCHED_DEADLINE, ns */
};

/**
 * scheduling_set() - sched_setattr(2)
 * @pid: 0: the caller
 * @err: where = "/process/scheduler…", the property that the errno speaks of, with a remedy
 */
[[nodiscard]] int scheduling_set(pid_t pid, const struct scheduling *scheduling, struct error *err);

/** scheduling_set_io_priority() - ioprio_set(2); @class: IOPRIO_CLASS_…; @level: 0 (first) to 7; where = "/process/ioPriority" */
[[nodiscard]] int scheduling_set_io_priority(pid_t pid, int class, int level, struct error *err);

/* Processors or memory nodes: bit n is number n. As many as the kernel can be built for. */
enum { NUMBER_SET_MAX = 8192 };
struct number_set {
	unsigned long words[NUMBER_SET_MAX / (8 * sizeof(unsigned long))];
	unsigned n; /* the highest number in it plus one; 0: empty */
};

/**
 * number_set_parse() - a list as cpuset(7) writes it: "0-3,7"; spaces around a number are allowed
 * @from: JSON pointer of @list
 * @err:  ERR_SPEC, where = @from
 */
[[nodiscard]] int number_set_parse(const char *list, const char *from, struct number_set *ret,
				   struct error *err);

/** scheduling_set_affinity() - sched_setaffinity(2); @cpus as above, @from its JSON pointer */
[[nodiscard]] int scheduling_set_affinity(pid_t pid, const char *cpus, const char *from,
					  struct error *err);

/** scheduling_set_memory_policy() - set_mempolicy(2) of the caller; @mode: MPOL_…, @flags: MPOL_F_…, @nodes: a list or NULL */
[[nodiscard]] int scheduling_set_memory_policy(int mode, unsigned flags, const char *nodes,
					       struct error *err);

/* Core scheduling, Documentation/admin-guide/hw-vuln/core-scheduling.rst: processes with different
 * cookies never run on two threads of one core at once, where they could read each other through the
 * caches. Children inherit the cookie. */

/**
 * scheduling_has_cores() - can this kernel keep containers on cores of their own?
 * True as well on a machine without SMT, where each thread has a core for itself and the calls below
 * have nothing to do.
 */
[[nodiscard]] bool scheduling_has_cores(void);

/** scheduling_create_core() - give the thread group @pid (0: the caller) a cookie of its own */
[[nodiscard]] int scheduling_create_core(pid_t pid, struct error *err);

/** scheduling_share_core() - take the cookie of process @pid: a process of `exec` that of the container's first process */
[[nodiscard]] int scheduling_share_core(pid_t pid, struct error *err);

#endif
