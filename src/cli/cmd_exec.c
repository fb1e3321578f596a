/* cli/cmd_exec.c: brig exec */
#include "base/cleanup.h"
#include "cli/call.h"
#include "cli/commands.h"

#include <string.h>

struct exec_given {
	const char *process, *cwd, *user, *apparmor, *process_label, *pid_file, *console_socket,
		*pidfd_socket, *cgroup;
	struct cli_list env, caps, gids;
	struct cli_number preserve_fds;
	bool tty, detach, no_new_privs, ignore_paused;
};

// clang-format off
#define AT(member) offsetof(struct exec_given, member)
static const struct cli_option options[] = {
	{ "process",         'p', OPTION_TEXT,   AT(process),        "FILE",       "process object of the OCI specification to run, instead of COMMAND" },
	{ "detach",          'd', OPTION_FLAG,   AT(detach),         NULL,         "return when the process has started"                          },
	{ "tty",             't', OPTION_FLAG,   AT(tty),            NULL,         "give the process a terminal"                                  },
	{ "cwd",             0,   OPTION_TEXT,   AT(cwd),            "DIR",        "working directory in the container"                           },
	{ "env",             'e', OPTION_LIST,   AT(env),            "NAME=VALUE", "set an environment variable; may be repeated"                 },
	{ "user",            'u', OPTION_TEXT,   AT(user),           "UID[:GID]",  "run as this user of the container"                            },
	{ "additional-gids", 'g', OPTION_LIST,   AT(gids),           "GID",        "add a group; may be repeated"                                 },
	{ "cap",             'c', OPTION_LIST,   AT(caps),           "CAP",        "add a capability that the policy allows; may be repeated"     },
	{ "no-new-privs",    0,   OPTION_FLAG,   AT(no_new_privs),   NULL,         "accepted: it is always set"                                   },
	{ "apparmor",        0,   OPTION_TEXT,   AT(apparmor),       "PROFILE",    "AppArmor profile of the process"                              },
	{ "process-label",   0,   OPTION_TEXT,   AT(process_label),  "LABEL",      "SELinux label of the process"                                 },
	{ "pid-file",        0,   OPTION_TEXT,   AT(pid_file),       "FILE",       "write the process id there"                                   },
	{ "console-socket",  0,   OPTION_TEXT,   AT(console_socket), "SOCKET",     "send the master of the terminal to this unix socket"          },
	{ "pidfd-socket",    0,   OPTION_TEXT,   AT(pidfd_socket),   "SOCKET",     "send a pidfd of the process to this unix socket"              },
	{ "preserve-fds",    0,   OPTION_NUMBER, AT(preserve_fds),   "N",          "pass N more file descriptors, from 3 on, to the process"      },
	{ "cgroup",          0,   OPTION_TEXT,   AT(cgroup),         "PATH",       "run in this cgroup below the container's"                     },
	{ "ignore-paused",   0,   OPTION_FLAG,   AT(ignore_paused),  NULL,         "allow it in a paused container"                               },
};
#undef AT
// clang-format on

enum { PRESERVE_FDS_MAX = 1000 };

/* "--additional-gids 1 --additional-gids 2,3" as "1,2,3" */
static const char *join_gids(const struct cli_list *gids, struct arena *arena)
{
	const char *joined = gids->n > 0 ? gids->items[0] : NULL;

	for (size_t i = 1; i < gids->n; i++)
		joined = arena_printf(arena, "%s,%s", joined, gids->items[i]);
	return joined;
}

/* The command and its words; "exec w1 -- ls" is as good as "exec w1 ls". */
static const char *const *command_of(const struct cli_call *call)
{
	const char *const *command = call->args + 1;

	return *command && strcmp(*command, "--") == 0 ? command + 1 : command;
}

/* What to run is said once: by a command or by a file. */
static int check_command(const struct cli_call *call, const struct exec_given *given,
			 struct error *err)
{
	const bool has_command = *command_of(call) != NULL;

	if (has_command && given->process)
		return error_set(err, ERR_USAGE, NULL,
				 "exec: --process and a command exclude each other");
	if (!has_command && !given->process)
		return error_set(
			err, ERR_USAGE, NULL,
			"exec: what to run is missing: brig exec [OPTIONS] CONTAINER COMMAND …");
	return 0;
}

static int exec_options(const struct cli_call *call, struct exec_options *ret, struct error *err)
{
	const struct exec_given *given = call->options;
	unsigned preserve_fds = 0;

	if (check_command(call, given, err) != 0 ||
	    call_unsigned("preserve-fds", given->preserve_fds, PRESERVE_FDS_MAX, &preserve_fds,
			  err) != 0)
		return -1;
	*ret = (struct exec_options){
		.id = call->args[0],
		.process_file = given->process,
		.args = given->process ? NULL : command_of(call),
		.cwd = given->cwd,
		.user = given->user,
		.env = given->env.items,
		.caps = given->caps.items,
		.additional_gids = join_gids(&given->gids, call->arena),
		.apparmor = given->apparmor,
		.process_label = given->process_label,
		.pid_file = given->pid_file,
		.console_socket = given->console_socket,
		.pidfd_socket = given->pidfd_socket,
		.cgroup = given->cgroup,
		.preserve_fds = preserve_fds,
		.tty = given->tty,
		.detach = given->detach,
		.no_new_privs = given->no_new_privs,
		.ignore_paused = given->ignore_paused,
	};
	return 0;
}

static int exec(const struct cli_call *call, struct error *err)
{
	autoruntime struct runtime runtime = RUNTIME_CLOSED;
	struct exec_options wanted;
	int status = 0;

	if (exec_options(call, &wanted, err) != 0 || call_open_runtime(call, &runtime, err) != 0 ||
	    runtime_exec(&runtime, &wanted, &status, err) != 0)
		return -1;
	return status;
}

const struct cli_command cmd_exec = {
	.options = options,
	.n_options = ARRAY_LEN(options),
	.options_size = sizeof(struct exec_given),
	.min_args = 1,
	.raw_tail = true,
	.failure_status = 255, /* as runc: engines tell it from the process's own status */
	.notes = "Exits with the status of the process, 128 + N if signal N ended it, 255 if brig "
		 "failed.\n"
		 "What follows CONTAINER is the command with its own options; brig reads none of "
		 "them.",
	.run = exec,
};
