/* cli/cmd_checkpoint.c: brig checkpoint */
#include "base/cleanup.h"
#include "cli/call_criu.h"
#include "cli/commands.h"

#include <limits.h>

// clang-format off
static const struct cli_option options[] = {
	CALL_CRIU_ROWS,
	{ "leave-running", 0, OPTION_FLAG, CALL_CRIU_AT(leave_running), NULL,  "let the container go on"                                        },
	{ "pre-dump",      0, OPTION_FLAG, CALL_CRIU_AT(pre_dump),      NULL,  "write memory alone, for a later checkpoint; the container goes on" },
	{ "parent-path",   0, OPTION_TEXT, CALL_CRIU_AT(parent_path),   "DIR", "images of a pre-dump to build on, relative to --image-path"     },
};
// clang-format on

static int checkpoint(const struct cli_call *call, struct error *err)
{
	autoruntime struct runtime runtime = RUNTIME_CLOSED;
	const struct call_criu *given = call->options;
	unsigned status_fd = 0;
	struct checkpoint_options checkpoint_options = {
		.id = call->args[0],
		.image_path = given->image_path,
		.work_path = given->work_path,
		.pre_dump = given->pre_dump,
	};

	if (call_criu_flags(given, &checkpoint_options.flags, err) != 0 ||
	    call_unsigned("status-fd", given->status_fd, INT_MAX, &status_fd, err) != 0 ||
	    call_open_runtime(call, &runtime, err) != 0)
		return -1;
	checkpoint_options.status_fd = given->status_fd.set ? (int)status_fd : -1;
	return runtime_checkpoint(&runtime, &checkpoint_options, err);
}

const struct cli_command cmd_checkpoint = {
	.options = options,
	.n_options = ARRAY_LEN(options),
	.options_size = sizeof(struct call_criu),
	.min_args = 1,
	.max_args = 1,
	.notes = "Needs CRIU. Unless it is left running, the container ends and is deleted: "
		 "'brig restore' makes it anew.",
	.run = checkpoint,
};
