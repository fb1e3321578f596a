/* cli/cmd_start.c: brig start */
#include "cli/call.h"
#include "cli/commands.h"

static int start(const struct cli_call *call, struct error *err)
{
	autoruntime struct runtime runtime = RUNTIME_CLOSED;

	if (call_open_runtime(call, &runtime, err) != 0)
		return -1;
	return runtime_start(&runtime, call->args[0], err);
}

const struct cli_command cmd_start = { .min_args = 1, .max_args = 1, .run = start };
