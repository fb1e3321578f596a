/* launch/hooks.h: OCI hooks; config.md, "POSIX-platform Hooks" */
#ifndef BRIG_LAUNCH_HOOKS_H
#define BRIG_LAUNCH_HOOKS_H

#include "base/buf.h"
#include "base/error.h"
#include "plan/plan.h"

/**
 * hooks_state() - the container's state as JSON (runtime.md, "State"), for hooks and the seccomp
 * listener
 */
void hooks_state(struct json_out *out, const char *key, const struct plan *plan, int pid,
		 const char *status);

/**
 * hooks_run() - run the hooks of one kind in order; each gets the state on its stdin
 * @status: of the container at this point: "creating", "created", "running", "stopped"
 * @pid:    as the hook should see it: the host's number in the runtime namespace
 * A hook has only its own env, its argv[0] is args[0], stdout goes to /dev/null and stderr to
 * brig's. After its timeout it is killed with all processes of its group. A failure names the hook
 * ("/hooks/createRuntime/0").
 */
[[nodiscard]] int hooks_run(const struct plan *plan, enum hook_kind kind, int pid,
			    const char *status, struct error *err);

#endif
