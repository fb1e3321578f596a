/* cli/cmd_restore.c: brig restore */
#include "base/cleanup.h"
#include "cli/call_criu.h"
#include "cli/commands.h"

// clang-format off
#define CREATE_AT(member) offsetof(struct call_criu, create.member)
static const struct cli_option options[] = {
	{ "bundle",            'b', OPTION_TEXT,    CREATE_AT(bundle),               "DIR",     "directory with config.json (default: the current one)"      },
	{ "detach",            'd', OPTION_FLAG,    CREATE_AT(detach),               NULL,      "return when the container runs"                             },
	{ "pid-file",          0,   OPTION_TEXT,    CREATE_AT(pid_file),             "FILE",    "write the process id of the container's init there"         },
	{ "console-socket",    0,   OPTION_TEXT,    CREATE_AT(console_socket),       "SOCKET",  "send the master of the terminal to this unix socket"        },
	{ "no-pivot",          0,   OPTION_FLAG,    CREATE_AT(no_pivot),             NULL,      "ask for no pivot_root(2); refused unless the policy allows" },
	{ "no-subreaper",      0,   OPTION_FLAG,    CREATE_AT(no_subreaper),         NULL,      "accepted: brig adopts no process that is not its child"     },
	CALL_CRIU_ROWS,
	{ "tcp-close",         0,   OPTION_FLAG,    CALL_CRIU_AT(tcp_close),         NULL,      "close TCP connections that were established"                },
	{ "lsm-profile",       0,   OPTION_TEXT,    CALL_CRIU_AT(lsm_profile),       "PROFILE", "apparmor:NAME, which must be the container's, or selinux:LABEL" },
	{ "lsm-mount-context", 0,   OPTION_TEXT,    CALL_CRIU_AT(lsm_mount_context), "CONTEXT", "SELinux context of the container's mounts"                  },
	/* go-runc passes it here as well: the images have a link. */
	{ "parent-path",       0,   OPTION_IGNORED, 0,                               "DIR",     "accepted: the images know what they build on"               },
};
// clang-format on

static int restore(const struct cli_call *call, struct error *err)
{
	autoruntime struct runtime runtime = RUNTIME_CLOSED;
	const struct call_criu *given = call->options;
	struct restore_options restore_options = {
		.create = {
			.id = call->args[0],
			.bundle = given->create.bundle ? given->create.bundle : ".",
			.pid_file = given->create.pid_file,
			.console_socket = given->create.console_socket,
			.no_pivot = given->create.no_pivot,
			.detach = given->create.detach,
		},
		.image_path = given->image_path,
		.work_path = given->work_path,
		.lsm_profile = given->lsm_profile,
	};
	int status = 0;

	if (call_criu_flags(given, &restore_options.flags, err) != 0 ||
	    call_criu_check_restore(given, err) != 0 ||
	    call_open_runtime(call, &runtime, err) != 0 ||
	    runtime_restore(&runtime, &restore_options, &status, err) != 0)
		return -1;
	return status;
}

const struct cli_command cmd_restore = {
	.options = options,
	.n_options = ARRAY_LEN(options),
	.options_size = sizeof(struct call_criu),
	.min_args = 1,
	.max_args = 1,
	.notes = "Needs CRIU, the bundle, and images that 'brig checkpoint' wrote. What the "
		 "restored "
		 "container has is compared with what a created one would have, before it runs.",
	.run = restore,
};
