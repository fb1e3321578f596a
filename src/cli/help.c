/* cli/help.c: --help, written from the tables
 *
 * tests/lint/man and the completions read this text: a line of an option starts with two spaces,
 * then "-x, " or four spaces, then "--name".
 */
#include "cli/cli.h"

#include <string.h>

/* A left column that is wider than this moves its own text to the right, not that of the others. */
enum { COLUMN_MAX = 32 };

/* Columns that @text takes on a terminal: bytes that start a character. */
static size_t text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static void add_row(struct buf *ret, const char *left, size_t width, const char *help)
{
	const size_t used = text_width(left);

	buf_printf(ret, "%s%*s  %s\n", left, used < width ? (int)(width - used) : 0, "", help);
}

static void option_left(const struct cli_option *option, struct buf *ret)
{
	if (option->letter)
		buf_printf(ret, "  -%c, --%s", option->letter, option->name);
	else
		buf_printf(ret, "      --%s", option->name);
	if (option->value)
		buf_printf(ret, " %s", option->value);
}

static void add_options(struct buf *ret, const struct cli_option *options, size_t n)
{
	size_t width = 0;

	for (size_t i = 0; i < n; i++) {
		autobuf struct buf left = {};

		option_left(&options[i], &left);

		const size_t used = text_width(buf_text(&left));

		if (used > width && used <= COLUMN_MAX)
			width = used;
	}
	for (size_t i = 0; i < n; i++) {
		autobuf struct buf left = {};

		option_left(&options[i], &left);
		add_row(ret, buf_text(&left), width, options[i].help);
	}
}

static void help_of_brig(struct buf *ret)
{
	size_t n;
	const struct cli_command_row *rows = cli_commands(&n);
	size_t width = 0;

	buf_puts(ret, "brig runs OCI containers, hardened by default.\n\n"
		      "Usage: brig [OPTIONS] COMMAND [OPTIONS OF THE COMMAND] [ARGUMENTS]\n\n"
		      "Commands:\n");
	for (size_t i = 0; i < n; i++) {
		const size_t used = strlen(rows[i].name) + 2;

		width = used > width ? used : width;
	}
	for (size_t i = 0; i < n; i++) {
		autobuf struct buf left = {};

		buf_printf(&left, "  %s", rows[i].name);
		add_row(ret, buf_text(&left), width, rows[i].summary);
	}

	const struct cli_option *options = cli_global_options(&n);

	buf_puts(ret, "\nOptions:\n");
	add_options(ret, options, n);
	buf_puts(ret, "\n'brig COMMAND --help' explains a command; brig(1) is the manual.\n");
}

static void help_of_command(const struct cli_command_row *row, struct buf *ret)
{
	const struct cli_command *command = row->command;

	buf_printf(ret, "brig %s: %s\n\nUsage: brig %s%s%s%s\n", row->name, row->summary, row->name,
		   command->n_options > 0 ? " [OPTIONS]" : "", row->arguments[0] ? " " : "",
		   row->arguments);
	if (command->n_options > 0) {
		buf_puts(ret, "\nOptions:\n");
		add_options(ret, command->options, command->n_options);
	}
	if (command->notes)
		buf_printf(ret, "\n%s\n", command->notes);
	buf_printf(ret, "\nGlobal options: 'brig --help'. The manual: brig-%s(1).\n", row->name);
}

void cli_help(const struct cli_command_row *row, struct buf *ret)
{
	if (row)
		help_of_command(row, ret);
	else
		help_of_brig(ret);
}
