/* cli/cmd_state.c: brig state */
#include "base/json.h"
#include "cli/call.h"
#include "cli/commands.h"

static int state(const struct cli_call *call, struct error *err)
{
	autoruntime struct runtime runtime = RUNTIME_CLOSED;
	const struct state *state;
	autobuf struct buf text = {};
	struct json_out out = { .buf = &text, .pretty = true };

	if (call_open_runtime(call, &runtime, err) != 0 ||
	    runtime_state(&runtime, call->args[0], &state, err) != 0)
		return -1;
	state_print(state, &out, /* full = */ true);
	buf_putc(&text, '\n');
	return cli_output(&text, err);
}

const struct cli_command cmd_state = {
	.min_args = 1,
	.max_args = 1,
	.notes = "The object \"brig\" holds what no specification defines: the id mapping, the "
		 "cgroup and the protections.",
	.run = state,
};
