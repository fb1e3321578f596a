/* cli/cmd_create.c: brig create */
#include "base/cleanup.h"
#include "cli/call.h"
#include "cli/commands.h"

// clang-format off
static const struct cli_option options[] = {
	CALL_CREATE_ROWS,
	/* go-runc passes it here as well. */
	{ "detach", 'd', OPTION_FLAG, CALL_CREATE_AT(detach), NULL, "accepted: create never waits" },
};
// clang-format on

static int create(const struct cli_call *call, struct error *err)
{
	autoruntime struct runtime runtime = RUNTIME_CLOSED;
	struct create_options create_options;

	if (call_create_options(call, &create_options, err) != 0 ||
	    call_open_runtime(call, &runtime, err) != 0)
		return -1;
	return runtime_create(&runtime, &create_options, err);
}

const struct cli_command cmd_create = {
	.options = options,
	.n_options = ARRAY_LEN(options),
	.options_size = sizeof(struct call_create),
	.min_args = 1,
	.max_args = 1,
	.notes = "The container waits before its program runs: 'brig start' lets it go on.",
	.run = create,
};
