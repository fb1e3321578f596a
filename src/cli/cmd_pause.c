/* cli/cmd_pause.c: brig pause, brig resume */
#include "cli/call.h"
#include "cli/commands.h"

static int pause_container(const struct cli_call *call, struct error *err)
{
	autoruntime struct runtime runtime = RUNTIME_CLOSED;

	if (call_open_runtime(call, &runtime, err) != 0)
		return -1;
	return runtime_pause(&runtime, call->args[0], err);
}

static int resume_container(const struct cli_call *call, struct error *err)
{
	autoruntime struct runtime runtime = RUNTIME_CLOSED;

	if (call_open_runtime(call, &runtime, err) != 0)
		return -1;
	return runtime_resume(&runtime, call->args[0], err);
}

const struct cli_command cmd_pause = { .min_args = 1, .max_args = 1, .run = pause_container };
const struct cli_command cmd_resume = { .min_args = 1, .max_args = 1, .run = resume_container };
