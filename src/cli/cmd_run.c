/* cli/cmd_run.c: brig run */
#include "base/cleanup.h"
#include "cli/call.h"
#include "cli/commands.h"

// clang-format off
static const struct cli_option options[] = {
	CALL_CREATE_ROWS,
	{ "detach",       'd', OPTION_FLAG, CALL_CREATE_AT(detach),       NULL, "return when the program has started"                     },
	{ "keep",         0,   OPTION_FLAG, CALL_CREATE_AT(keep),         NULL, "keep the stopped container until 'brig delete'"          },
	{ "no-subreaper", 0,   OPTION_FLAG, CALL_CREATE_AT(no_subreaper), NULL, "accepted: brig adopts no process that is not its child"  },
};
// clang-format on

static int run(const struct cli_call *call, struct error *err)
{
	autoruntime struct runtime runtime = RUNTIME_CLOSED;
	struct create_options create_options;
	int status = 0;

	if (call_create_options(call, &create_options, err) != 0 ||
	    call_open_runtime(call, &runtime, err) != 0 ||
	    runtime_run(&runtime, &create_options, &status, err) != 0)
		return -1;
	return status;
}

const struct cli_command cmd_run = {
	.options = options,
	.n_options = ARRAY_LEN(options),
	.options_size = sizeof(struct call_create),
	.min_args = 1,
	.max_args = 1,
	.notes = "Exits with the status of the program, 128 + N if signal N ended it, 1 if brig "
		 "failed.",
	.run = run,
};
