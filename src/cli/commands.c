/* cli/commands.c: the table of commands and the table of global options */
#include "cli/commands.h"

#include "base/cleanup.h"
#include "cli/cli.h"

// clang-format off
static const struct cli_command_row commands[] = {
	/* the life of a container, as the OCI runtime specification orders it */
	{ "create",   "CONTAINER",              "set a container up and stop before its program",       &cmd_create   },
	{ "start",    "CONTAINER",              "run the program of a created container",               &cmd_start    },
	{ "state",    "CONTAINER",              "print the state of a container as JSON",               &cmd_state    },
	{ "kill",     "CONTAINER [SIGNAL]",     "send a signal to a container, TERM if none is named",  &cmd_kill     },
	{ "delete",   "CONTAINER",              "remove a container and all that belongs to it",        &cmd_delete   },
	/* for people */
	{ "run",      "CONTAINER",              "create and start a container, and wait for its end",   &cmd_run      },
	{ "exec",     "CONTAINER [COMMAND …]",  "run one more process in a running container",          &cmd_exec     },
	{ "list",     "",                       "list the containers",                                  &cmd_list     },
	{ "ps",       "CONTAINER [PS-OPTIONS]", "list the processes of a container",                    &cmd_ps       },
	{ "pause",    "CONTAINER",              "freeze all processes of a container",                  &cmd_pause    },
	{ "resume",   "CONTAINER",              "let a paused container go on",                         &cmd_resume   },
	{ "update",   "CONTAINER",              "change the resource limits of a container",            &cmd_update   },
	{ "events",   "CONTAINER",              "print statistics and events of a container as JSON",   &cmd_events   },
	{ "checkpoint", "CONTAINER",            "write a running container to files",                   &cmd_checkpoint },
	{ "restore",  "CONTAINER",              "make a container from a bundle and such files",        &cmd_restore  },
	/* before anything runs */
	{ "spec",     "",                       "write a config.json to start from",                    &cmd_spec     },
	{ "plan",     "[BUNDLE]",               "print all that would be asked of the kernel",          &cmd_plan     },
	{ "audit",    "[BUNDLE|CONTAINER]",     "judge a bundle or container by the policy",            &cmd_audit    },
	{ "policy",   "show|check [FILE]|rules", "print the policy in force or its rules, check a file", &cmd_policy   },
	{ "features", "",                       "print what this brig supports as JSON",                &cmd_features },
};

#define AT(member) offsetof(struct cli_globals, member)
static const struct cli_option global_options[] = {
	{ "root",           0,  OPTION_TEXT,    AT(root),           "DIR",                         "where the state of containers is kept (default: /run/brig)" },
	{ "log",            0,  OPTION_TEXT,    AT(log),            "FILE",                        "append errors to this file too"                        },
	{ "log-format",     0,  OPTION_WORD,    AT(log_format),     "text|json",                   "how the lines of --log look (default: text)"           },
	{ "debug",          0,  OPTION_FLAG,    AT(debug),          NULL,                          "tell what is being done"                               },
	{ "cgroup-manager", 0,  OPTION_WORD,    AT(cgroup_manager), "cgroupfs|systemd|disabled",   "who makes the cgroups (default: cgroupfs)"             },
	{ "systemd-cgroup", 0,  OPTION_FLAG,    AT(systemd_cgroup), NULL,                          "the same as --cgroup-manager systemd"                  },
	{ "rootless",       0,  OPTION_WORD,    AT(rootless),       "auto|true|false",             "work without the host's privileges (default: auto)"    },
	{ "policy",         0,  OPTION_TEXT,    AT(policy),         "FILE",                        "policy to apply instead of " BRIG_SYSCONF "/brig/policy.json; must be root's" },
	{ "criu",           0,  OPTION_IGNORED, 0,                  "PATH",                        "accepted for older callers, and ignored"               },
	{ "version",        'v', OPTION_FLAG,   AT(version),        NULL,                          "print the version"                                     },
	{ "help",           'h', OPTION_FLAG,   AT(help),           NULL,                          "print help; after a command, the help of the command"  },
};
#undef AT
// clang-format on

const struct cli_command_row *cli_commands(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(commands);
	return commands;
}

const struct cli_option *cli_global_options(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(global_options);
	return global_options;
}
