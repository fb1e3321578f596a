/* container/control.c: the verbs that act on a running container: kill, pause, resume, update */
#include "base/cleanup.h"
#include "container/act.h"
#include "container/audit_log.h"
#include "container/handle.h"
#include "container/runtime.h"
#include "kernel/cgroup.h"
#include "kernel/process.h"
#include "kernel/process_id.h"
#include "plan/plan_resources.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

enum { FREEZE_MS = 10'000 };

/* --- kill --- */

static int kill_all(const struct handle *handle, int signal, struct error *err)
{
	if (handle->cgroup < 0)
		return 0;
	return signal == SIGKILL ? cgroup_kill(handle->cgroup, FREEZE_MS, err)
				 : cgroup_signal(handle->cgroup, signal, err);
}

static int kill_init(const struct handle *handle, int signal, struct error *err)
{
	autoclose int pidfd = process_open(handle->state.pid, err);

	if (pidfd >= 0 && !process_lives(handle->proc, handle->state.pid, handle->state.start_time))
		return error_set(err, ERR_STATE, NULL, "container not running");
	if (pidfd >= 0 && process_signal(pidfd, signal, err) == 0)
		return 0;
	/* The words that containerd and CRI-O look for when the process ends under their hands. */
	return err->code == ESRCH ? error_set(err, ERR_STATE, NULL, "no such process") : -1;
}

/* Whatever else is done to it at the moment: a container that dies needs no lock. */
int act_kill(const struct handle *handle, struct error *err)
{
	if (kill_all(handle, SIGKILL, err) < 0)
		return -1;
	return handle->cgroup >= 0 ? 0 : kill_init(handle, SIGKILL, err);
}

static int kill_named(struct runtime *runtime, const char *id, int signal, bool all,
		      struct error *err)
{
	autohandle struct handle handle = { -1, -1, -1, -1, {} };
	/* To signal all, they are frozen and thawed: not what `pause` or `restore` has just frozen. */
	const bool lock = all && signal != SIGKILL;

	if (handle_open(runtime, id, lock, &handle, err) < 0)
		return -1;

	const enum container_status status = handle.state.status;

	/* Also of a stopped container: engines sweep what is left of it. */
	if (all && status != STATUS_CREATING) {
		if (kill_all(&handle, signal, err) < 0)
			return -1;
		if (handle.cgroup >= 0 || status == STATUS_STOPPED)
			return 0;
	}
	if (lifecycle_check(COMMAND_KILL, status, id, err) < 0 ||
	    kill_init(&handle, signal, err) < 0)
		return -1;
	/* The init has it; the others have not. */
	return all && handle.state.cgroup.path ? handle_cgroup(&handle, "signal", err) : 0;
}

int runtime_kill(struct runtime *runtime, const char *id, int signal, bool all, struct error *err)
{
	return act_log(runtime, "kill", id, kill_named(runtime, id, signal, all, err), err);
}

/* --- pause, resume --- */

static int freeze(struct runtime *runtime, const char *id, bool frozen, struct error *err)
{
	autohandle struct handle handle = { -1, -1, -1, -1, {} };

	if (handle_open(runtime, id, true, &handle, err) < 0)
		return -1;
	if (lifecycle_check(frozen ? COMMAND_PAUSE : COMMAND_RESUME, handle.state.status, id, err) <
	    0)
		return -1;
	if (handle_cgroup(&handle, "freeze", err) < 0)
		return -1;
	if (cgroup_freeze(handle.cgroup, frozen, FREEZE_MS, err) < 0)
		return error_context(err, "cannot %s '%s'", frozen ? "pause" : "resume", id);
	return 0;
}

int runtime_pause(struct runtime *runtime, const char *id, struct error *err)
{
	return act_log(runtime, "pause", id, freeze(runtime, id, true, err), err);
}

int runtime_resume(struct runtime *runtime, const char *id, struct error *err)
{
	return act_log(runtime, "resume", id, freeze(runtime, id, false, err), err);
}

/* --- update --- */

static int update_apply(struct runtime *runtime, const struct handle *handle,
			const struct policy *policy, const struct spec_resources *resources,
			struct error *err)
{
	struct plan_limits limits;

	if (plan_cgroup_update(resources, &policy->settings, &runtime->host, &runtime->arena,
			       &limits, err) < 0)
		return -1;
	return cgroup_apply(handle->cgroup, limits.writes, limits.n, &runtime->arena, NULL, err);
}

static int update_audit(struct runtime *runtime, const struct handle *handle,
			const struct policy *policy, const struct judgement *judgement,
			const char *failure, struct error *err)
{
	const struct audit_record record = {
		.event = "update",
		.id = handle->state.id,
		.argv = runtime->options.argv,
		.bundle = handle->state.bundle,
		.judgement = judgement,
		.failure = failure,
	};

	return audit_log_write(&record, policy, &runtime->host, err);
}

static int update_judged(struct runtime *runtime, const struct handle *handle,
			 const struct spec *resources, struct error *err)
{
	struct policy *policy = policy_load(runtime->options.policy_path, &runtime->host, err);
	struct judgement judgement = {};
	struct error unlogged;
	int result;

	if (!policy)
		return -1;
	policy_judge_resources(policy, resources, &runtime->host, &judgement);
	result = judgement.refused ? policy_refusal(&judgement, err) : 0;
	if (update_audit(runtime, handle, policy, &judgement, result < 0 ? err->text : NULL,
			 &unlogged) < 0) {
		*err = unlogged;
		result = -1;
	}
	if (result == 0)
		result = update_apply(runtime, handle, policy, &judgement.spec.linux_.resources,
				      err);
	judgement_free(&judgement);
	policy_free(policy);
	return result;
}

int runtime_update(struct runtime *runtime, const char *id, const char *resources, size_t len,
		   struct error *err)
{
	autohandle struct handle handle = { -1, -1, -1, -1, {} };
	struct spec *spec = spec_parse_resources(resources, len, err);
	int result = -1;

	if (!spec)
		return -1;
	if (handle_open(runtime, id, true, &handle, err) == 0 &&
	    lifecycle_check(COMMAND_UPDATE, handle.state.status, id, err) == 0 &&
	    handle_cgroup(&handle, "update", err) >= 0)
		result = update_judged(runtime, &handle, spec, err);
	spec_free(spec);
	return result;
}
