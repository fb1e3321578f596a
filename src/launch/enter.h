/* launch/enter.h: what a process of a container does to itself just before execve(2)
 *
 * The same steps for the container's init and for a process of `exec`. The namespaces stand, the
 * root directory is the container's, and everything that needed privilege is done.
 */
#ifndef BRIG_LAUNCH_ENTER_H
#define BRIG_LAUNCH_ENTER_H

#include "base/error.h"
#include "plan/plan.h"

struct enter {
	const struct plan_process *process;
	const char *program; /* found by program_find() */
	const char *const *env;
	int report; /* socket for LISTENER and FAILED; close-on-exec, so execve(2) ends the protocol */
	int console; /* the terminal's slave, or -1 */
	int proc;    /* a verified procfs: closed on the way */
	unsigned preserve_fds;
};

/** enter_run() - the steps in their order; returns only on failure, always -1 with *err filled */
[[nodiscard]] int enter_run(const struct enter *enter, struct error *err);

/** enter_step_name() - the name of step @i, in their order; NULL behind the last */
const char *enter_step_name(size_t i);

#endif
