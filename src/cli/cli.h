/* cli/cli.h: the commands
 *
 * commands.c holds the table of all commands: what they are called, what they take and what they
 * are for. Each command lives in a file of its own, cmd_<name>.c, which defines one const struct
 * cli_command. From the two come dispatch, --help, the completions and the check of the man pages.
 */
#ifndef BRIG_CLI_CLI_H
#define BRIG_CLI_CLI_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "cli/options.h"
#include "kernel/process.h"

#include <stdbool.h>
#include <stddef.h>

enum cli_log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };
enum cli_rootless { ROOTLESS_AUTO, ROOTLESS_TRUE, ROOTLESS_FALSE };

/* What the options in front of the command say. */
struct cli_globals {
	const char *root; /* --root: directory of all state; NULL for the default */
	const char *log;  /* --log; NULL */
	int log_format;   /* enum cli_log_format */
	bool debug;
	int cgroup_manager;  /* enum cgroup_manager, plan/plan.h */
	bool systemd_cgroup; /* --systemd-cgroup: the same as --cgroup-manager systemd */
	int rootless;        /* enum cli_rootless */
	const char *policy;  /* --policy: instead of the default places; must be root's too */
	bool version, help;
};

/* One call of a command. */
struct cli_call {
	const struct cli_globals *globals;
	const char *name;        /* of the command */
	const void *options;     /* the command's struct of options, filled */
	const char *const *args; /* what is not an option, NULL-terminated */
	size_t n_args;
	const char *const *words; /* the whole command line, NULL-terminated: for the audit log */
	const struct process_title *title; /* for the processes that are started */
	struct arena *arena;               /* freed after the command */
};

struct cli_command {
	const struct cli_option *options;
	size_t n_options;
	size_t options_size; /* sizeof the struct that the options fill; it starts out zeroed */
	size_t min_args, max_args;
	bool raw_tail;      /* what follows the first argument is not ours: options end there */
	int failure_status; /* exit status of a failure; 0 means 1 */
	const char *notes;  /* further lines of --help, or NULL */
	/**
	 * run() - carry out the command
	 * Return: the exit status (0 … 255), or -1 with *err filled: it is logged, and the exit
	 *         status is failure_status
	 */
	int (*run)(const struct cli_call *call, struct error *err);
};

/* A row of the table of commands. */
struct cli_command_row {
	const char *name;
	const char *arguments; /* synopsis after the options: "CONTAINER [SIGNAL]" */
	const char *summary;   /* one line, no full stop */
	const struct cli_command *command;
};

/** cli_commands() - all commands, in the order in which --help lists them */
const struct cli_command_row *cli_commands(size_t *ret_n);

/** cli_global_options() - the options that go before the command; they fill a struct cli_globals */
const struct cli_option *cli_global_options(size_t *ret_n);

/** cli_help() - the text of --help of one command; of brig itself when @row is NULL */
void cli_help(const struct cli_command_row *row, struct buf *ret);

/** cli_version() - the text of --version */
void cli_version(struct buf *ret);

/** cli_main() - everything after main() has put the process in order. Return: the exit status */
int cli_main(size_t n, const char *const *words, const struct process_title *title);

/** cli_output() - write all of @text to standard output */
[[nodiscard]] int cli_output(const struct buf *text, struct error *err);

#endif
