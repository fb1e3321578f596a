/* cli/cli.c: from the words of the command line to the call of a command */
#include "cli/cli.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/table.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The command line, understood. */
struct command_line {
	struct arena arena;
	struct cli_globals globals;
	const struct cli_command_row *row; /* NULL: no command was given */
	void *options;
	struct cli_list args;
};

static int find_command(const char *name, const struct cli_command_row **ret, struct error *err)
{
	size_t n;
	const struct cli_command_row *rows = cli_commands(&n);
	const struct cli_command_row *row = table_find_row(rows, n, sizeof *rows, name);

	if (!row) {
		const char *nearest = table_nearest_name(rows, n, sizeof *rows, name);

		(void)error_set(err, ERR_USAGE, NULL,
				nearest ? "unknown command '%s': did you mean '%s'?"
					: "unknown command '%s'",
				name, nearest);
		return error_remedy(err, "'brig --help' lists the commands");
	}
	*ret = row;
	return 0;
}

static int check_arguments(const struct command_line *line, struct error *err)
{
	const struct cli_command_row *row = line->row;
	const struct cli_command *command = row->command;
	const size_t n = line->args.n;

	if (n < command->min_args)
		return error_set(err, ERR_USAGE, NULL,
				 "an argument is missing: brig %s [OPTIONS] %s", row->name,
				 row->arguments);
	if (!command->raw_tail && n > command->max_args)
		return error_set(err, ERR_USAGE, NULL,
				 "'%s' is one argument too many: brig %s [OPTIONS] %s",
				 line->args.items[command->max_args], row->name, row->arguments);
	return 0;
}

/* Options of the command, and global ones, which are accepted behind the command as well. */
static int read_command(struct command_line *line, struct cli_words *words, struct error *err)
{
	const struct cli_command *command = line->row->command;
	struct cli_scope scopes[2] = { { command->options, command->n_options, NULL }, {} };

	line->options =
		arena_alloc(&line->arena, command->options_size > 0 ? command->options_size : 1);
	scopes[0].values = line->options;
	scopes[1].options = cli_global_options(&scopes[1].n_options);
	scopes[1].values = &line->globals;

	if (cli_parse_options(scopes, ARRAY_LEN(scopes), words, command->raw_tail, &line->arena,
			      &line->args, err) != 0)
		return -1;
	return line->globals.help || line->globals.version ? 0 : check_arguments(line, err);
}

static int read_command_line(struct cli_words *words, struct command_line *line, struct error *err)
{
	struct cli_scope scope = { .values = &line->globals };

	scope.options = cli_global_options(&scope.n_options);
	if (cli_parse_options(&scope, 1, words, false, &line->arena, NULL, err) != 0)
		return -1;
	if (words->next == words->n)
		return 0;

	const char *word = words->items[words->next++];

	if (strcmp(word, "help") == 0) {
		line->globals.help = true;
		return words->next == words->n
			       ? 0
			       : find_command(words->items[words->next], &line->row, err);
	}
	if (find_command(word, &line->row, err) != 0)
		return -1;
	if (read_command(line, words, err) != 0) {
		(void)error_context(err, "%s", line->row->name);
		return error_remedy(err, "see 'brig %s --help'", line->row->name);
	}
	return 0;
}

static int open_log(const struct cli_globals *globals, struct error *err)
{
	return log_open(&(struct log_options){ .path = globals->log,
					       .json = globals->log_format == LOG_FORMAT_JSON,
					       .debug = globals->debug },
			err);
}

int cli_output(const struct buf *text, struct error *err)
{
	if (fd_write_all(STDOUT_FILENO, buf_text(text), text->len, err) != 0)
		return error_context(err, "standard output");
	return 0;
}

static int run_command(struct command_line *line, const char *const *words,
		       const struct process_title *title, struct error *err)
{
	const struct cli_call call = {
		.globals = &line->globals,
		.name = line->row->name,
		.options = line->options,
		.args = line->args.items,
		.n_args = line->args.n,
		.words = words,
		.title = title,
		.arena = &line->arena,
	};

	return line->row->command->run(&call, err);
}

static int print_text(const struct command_line *line, struct error *err)
{
	autobuf struct buf text = {};

	if (line->globals.version)
		cli_version(&text);
	else
		cli_help(line->row, &text);
	return cli_output(&text, err);
}

static int carry_out(struct command_line *line, const char *const *words,
		     const struct process_title *title, struct error *err)
{
	if (line->globals.version || line->globals.help)
		return print_text(line, err);
	if (!line->row) {
		const int printed = print_text(line, err);

		return printed != 0 ? printed : EXIT_FAILURE;
	}
	return run_command(line, words, title, err);
}

int cli_main(size_t n, const char *const *words, const struct process_title *title)
{
	struct command_line line = {};
	struct cli_words rest = { .items = words, .n = n, .next = 1 };
	struct error err = {}, log_err = {};
	int status = read_command_line(&rest, &line, &err);

	/* A wrong command line is reported in the log too: an engine looks there first. */
	if (open_log(&line.globals, &log_err) != 0 && status == 0) {
		err = log_err;
		status = -1;
	}
	if (status == 0)
		status = carry_out(&line, words, title, &err);
	if (status < 0) {
		log_error(&err);
		status = line.row && line.row->command->failure_status
				 ? line.row->command->failure_status
				 : EXIT_FAILURE;
	}
	arena_free(&line.arena);
	return status;
}
