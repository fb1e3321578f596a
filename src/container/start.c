/* container/start.c: a container that waits begins to run
 *
 * That it runs is not written down: the start socket is gone, and the kernel knows the rest
 * (state_derive()). A `start` that was killed at any point leaves nothing that would be wrong.
 */
#include "container/start.h"

#include "base/cleanup.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/log.h"
#include "container/act.h"
#include "kernel/seccomp_agent.h"
#include "launch/hooks.h"
#include "launch/launch.h"

#include <errno.h>
#include <unistd.h>

int listener_deliver(void *context, pid_t pid, int listener, struct error *err)
{
	const struct listener_delivery *delivery = context;
	autobuf struct buf state = {};
	struct json_out out = { .buf = &state };

	hooks_state(&out, NULL, delivery->plan, delivery->handle->state.pid, "running");

	autoclose int agent = seccomp_agent_connect(delivery->seccomp->listener_path, err);
	const struct seccomp_agent_message message = {
		.oci_version = delivery->handle->state.oci_version,
		.pid = pid,
		.metadata = delivery->seccomp->listener_metadata,
		.state = buf_text(&state),
	};

	return agent < 0 ? -1 : seccomp_agent_send(agent, &message, listener, err);
}

static int go(struct handle *handle, const struct plan *plan, const struct spec_seccomp *seccomp,
	      struct error *err)
{
	struct listener_delivery delivery = { handle, plan, seccomp };
	const struct sync_listener to = { listener_deliver, &delivery };

	fault_point("start-begun");
	if (launch_start(handle->dir, STATE_SOCKET, &to, handle->state.pid, err) < 0)
		return -1;
	fault_point("start-started");
	log_debug("'%s' runs its program", handle->state.id);
	return 0;
}

int container_start(struct handle *handle, const struct plan *plan,
		    const struct spec_seccomp *seccomp, struct error *err)
{
	const char *id = handle->state.id;
	struct error ignored;

	if (go(handle, plan, seccomp, err) < 0) {
		/* Either nobody waits, or the init has ended, or its filter has no agent: it must
		 * not go on. */
		(void)!act_kill(handle, &ignored);
		return error_context(err, "cannot start '%s'", id);
	}
	handle->state.status = STATUS_RUNNING;
	if (hooks_run(plan, HOOK_POSTSTART, handle->state.pid, "running", err) == 0)
		return 0;
	/* runtime.md, "Lifecycle", 9: a failing poststart hook stops the container. */
	(void)!act_kill(handle, &ignored);
	return error_context(err, "cannot start '%s'", id);
}

static int start(struct runtime *runtime, const char *id, struct error *err)
{
	autohandle struct handle handle = { -1, -1, -1, -1, {} };
	struct plan plan;

	if (handle_open(runtime, id, true, &handle, err) < 0)
		return -1;
	if (lifecycle_check(COMMAND_START, handle.state.status, id, err) < 0)
		return -1;

	struct spec *spec = handle_config(&handle, err);

	if (!spec)
		return -1;
	hook_plan(&handle.state, &plan);

	const int result = container_start(&handle, &plan, &spec->linux_.seccomp, err);

	spec_free(spec);
	return result;
}

int runtime_start(struct runtime *runtime, const char *id, struct error *err)
{
	return act_log(runtime, "start", id, start(runtime, id, err), err);
}
