/* container/lifecycle.c: the states of a container, and which command each of them allows */
#include "container/lifecycle.h"

#include "base/cleanup.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static const char *const status_names[] = {
	[STATUS_CREATING] = "creating", [STATUS_CREATED] = "created", [STATUS_RUNNING] = "running",
	[STATUS_PAUSED] = "paused",     [STATUS_STOPPED] = "stopped",
};
static_assert(ARRAY_LEN(status_names) == STATUS_COUNT, "a status has no name");

/* The text is put together by lifecycle_check(): it names the container and its status. */
static const char not_stopped[] = "cannot delete container ID that is not stopped: STATUS";

#define NOT_RUNNING "container not running"
#define NOT_PAUSED  "container not paused"

// clang-format off
/* Why a command is refused in a status; NULL: it is allowed. Texts: those of runc, which containerd
 * and CRI-O match ("container not running"). */
static const char *const refusals[COMMAND_COUNT][STATUS_COUNT] = {
	[COMMAND_START] = {
		[STATUS_CREATING] = "cannot start a container that is not created yet",
		[STATUS_RUNNING]  = "cannot start an already running container",
		[STATUS_PAUSED]   = "cannot start a container in the paused state",
		[STATUS_STOPPED]  = "cannot start a container that has stopped",
	},
	[COMMAND_KILL] = { /* a paused one may be killed: SIGKILL acts, others wait for resume */
		[STATUS_CREATING] = NOT_RUNNING,
		[STATUS_STOPPED]  = NOT_RUNNING,
	},
	[COMMAND_DELETE] = { /* the shim of containerd deletes what was created and never started */
		[STATUS_CREATING] = not_stopped,
		[STATUS_RUNNING]  = not_stopped,
		[STATUS_PAUSED]   = not_stopped,
	},
	[COMMAND_EXEC] = {
		[STATUS_CREATING] = "cannot exec in a container that is not created yet",
		[STATUS_PAUSED]   = "cannot exec in a paused container (use --ignore-paused to override)",
		[STATUS_STOPPED]  = "cannot exec in a stopped container",
	},
	[COMMAND_EXEC_PAUSED] = {
		[STATUS_CREATING] = "cannot exec in a container that is not created yet",
		[STATUS_STOPPED]  = "cannot exec in a stopped container",
	},
	[COMMAND_PAUSE] = {
		[STATUS_CREATING] = NOT_RUNNING,
		[STATUS_PAUSED]   = "container paused",
		[STATUS_STOPPED]  = NOT_RUNNING,
	},
	[COMMAND_RESUME] = {
		[STATUS_CREATING] = NOT_PAUSED,
		[STATUS_CREATED]  = NOT_PAUSED,
		[STATUS_RUNNING]  = NOT_PAUSED,
		[STATUS_STOPPED]  = NOT_PAUSED,
	},
	[COMMAND_UPDATE] = { [STATUS_CREATING] = NOT_RUNNING, [STATUS_STOPPED] = NOT_RUNNING },
	[COMMAND_PS]     = { [STATUS_CREATING] = NOT_RUNNING, [STATUS_STOPPED] = NOT_RUNNING },
	[COMMAND_EVENTS] = { [STATUS_CREATING] = NOT_RUNNING, [STATUS_STOPPED] = NOT_RUNNING },
	[COMMAND_CHECKPOINT] = { /* what waits for start is brig itself */
		[STATUS_CREATING] = NOT_RUNNING,
		[STATUS_CREATED]  = "cannot checkpoint a container that has not been started",
		[STATUS_STOPPED]  = NOT_RUNNING,
	},
};
// clang-format on

const char *status_name(enum container_status status)
{
	return status_names[status];
}

bool status_parse(const char *name, enum container_status *ret)
{
	for (unsigned i = 0; i < STATUS_COUNT; i++) {
		if (strcmp(status_names[i], name) != 0)
			continue;
		*ret = (enum container_status)i;
		return true;
	}
	return false;
}

int lifecycle_check(enum lifecycle_command command, enum container_status status, const char *id,
		    struct error *err)
{
	const char *refusal = refusals[command][status];

	if (!refusal)
		return 0;
	if (refusal != not_stopped)
		return error_set(err, ERR_STATE, /* where = */ NULL, "%s", refusal);

	(void)error_set(err, ERR_STATE, /* where = */ NULL,
			"cannot delete container %s that is not stopped: %s", id,
			status_name(status));
	return error_remedy(err, "stop it first, or use delete --force");
}
