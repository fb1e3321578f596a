/* cli/cmd_delete.c: brig delete */
#include "base/cleanup.h"
#include "cli/call.h"
#include "cli/commands.h"

struct delete_options {
	bool force;
};

// clang-format off
static const struct cli_option options[] = {
	{ "force", 'f', OPTION_FLAG, offsetof(struct delete_options, force), NULL, "kill it first if it runs; an absent container is no error" },
};
// clang-format on

static int delete (const struct cli_call *call, struct error *err)
{
	const struct delete_options *given = call->options;
	autoruntime struct runtime runtime = RUNTIME_CLOSED;

	if (call_open_runtime(call, &runtime, err) != 0)
		return -1;
	return runtime_delete(&runtime, call->args[0], given->force, err);
}

const struct cli_command cmd_delete = {
	.options = options,
	.n_options = ARRAY_LEN(options),
	.options_size = sizeof(struct delete_options),
	.min_args = 1,
	.max_args = 1,
	.run = delete,
};
