/* cli/cmd_kill.c: brig kill */
#include "base/cleanup.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/signal_name.h"

struct kill_options {
	bool all;
};

// clang-format off
static const struct cli_option options[] = {
	{ "all", 'a', OPTION_FLAG, offsetof(struct kill_options, all), NULL, "signal every process of the container, also when its init is gone" },
};
// clang-format on

static int kill_container(const struct cli_call *call, struct error *err)
{
	const struct kill_options *given = call->options;
	autoruntime struct runtime runtime = RUNTIME_CLOSED;
	const int signal = signal_parse(call->n_args > 1 ? call->args[1] : "TERM", err);

	if (signal < 0 || call_open_runtime(call, &runtime, err) != 0)
		return -1;
	return runtime_kill(&runtime, call->args[0], signal, given->all, err);
}

const struct cli_command cmd_kill = {
	.options = options,
	.n_options = ARRAY_LEN(options),
	.options_size = sizeof(struct kill_options),
	.min_args = 1,
	.max_args = 2,
	.notes = "SIGNAL is a number or a name, with or without SIG, in any case: 9, KILL, "
		 "sigkill, RTMIN+1.",
	.run = kill_container,
};
