/* launch/exec.h: one more process in a container that runs
 *
 *  brig exec (exec.c)                            the process (exec.c, then enter.c)
 *  ------------------                            ---------------------------------
 *  setns(init, CLONE_NEWPID)
 *  clone3(CLONE_INTO_CGROUP | CLONE_PIDFD) ───▶ setns(init, all other kinds): namespaces, root and
 *  ids
 *         ◀──────────────────────────────────── CONSOLE, with a terminal
 *         ◀──────────────────────────────────── READY
 *  rlimits, oom_score_adj, scheduler
 *  START ─────────────────────────────────────▶  privileges
 *         ◀──────────────────────────────────── end of file: execve(2)
 *
 * The same messages as sync.h. Between setns(2) and execve(2) the process is in the container with
 * more rights than the container has: it is not dumpable, holds no descriptor of the host but a
 * socket and procfs, and its capabilities exceed those of any process that might want to trace it.
 */
#ifndef BRIG_LAUNCH_EXEC_H
#define BRIG_LAUNCH_EXEC_H

#include "launch/launch.h"

#include <stdbool.h>

struct launch_target {
	int init; /* pidfd of the container's init */
	pid_t init_pid;
	unsigned namespaces; /* CLONE_NEW… of what it does not share with the host */
	int cgroup;          /* fd of the cgroup to start in; -1: none */
	int proc;
	int console_socket; /* connected; -1 */
	const struct process_title *title;
	bool user_first;  /* the right to the other namespaces comes from the user namespace */
	bool joined_user; /* that one is joined already: set on the way */
	const struct sync_listener *listener; /* who gets the seccomp notify fd, if there is one */
};

/** launch_exec() - start plan->process in the container; @ret: a child of ours, past execve(2) */
[[nodiscard]] int launch_exec(const struct plan *plan, const struct launch_target *target,
			      struct launched *ret, struct error *err);

#endif
