/* cli/cmd_ps.c: brig ps
 *
 * As a table it is the output of ps(1), of which the lines of other processes are left out. The
 * program is taken from a fixed place: engines call brig without a PATH.
 */
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/json.h"
#include "cli/call.h"
#include "cli/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum ps_format { PS_TABLE, PS_JSON };
enum { PS_OUTPUT_MAX = 64 << 20, PS_LIST_MAX = 100'000 };

struct ps_options {
	int format;
};

// clang-format off
static const struct cli_option options[] = {
	{ "format", 'f', OPTION_WORD, offsetof(struct ps_options, format), "table|json", "how to print it (default: table)" },
};

static const char *const ps_programs[] = { "/usr/bin/ps", "/bin/ps" };
// clang-format on

struct pids {
	pid_t *items;
	size_t n;
};

static bool has_pid(const struct pids *pids, long pid)
{
	for (size_t i = 0; i < pids->n; i++) {
		if (pids->items[i] == pid)
			return true;
	}
	return false;
}

static void print_json(const struct pids *pids, struct buf *ret)
{
	struct json_out out = { .buf = ret };

	json_out_array(&out, NULL);
	for (size_t i = 0; i < pids->n; i++)
		json_out_int(&out, NULL, pids->items[i]);
	json_out_end_array(&out);
	buf_putc(ret, '\n');
}

/* --- ps(1) --- */

static const char *find_ps(struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(ps_programs); i++) {
		if (access(ps_programs[i], X_OK) == 0)
			return ps_programs[i];
	}
	(void)error_set(err, ERR_USAGE, ps_programs[0], "the program ps is not installed");
	(void)error_remedy(err, "install procps, or use --format json");
	return NULL;
}

/* @args: "ps", the options, NULL */
static int spawn_ps(const char *program, const char *const *args, int output, pid_t *ret,
		    struct error *err)
{
	static char path[] = "PATH=/usr/bin:/bin",
		    columns[] = "COLUMNS=4096"; /* or it cuts the lines */
	char *const env[] = { path, columns, NULL };
	posix_spawn_file_actions_t actions;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	/* posix_spawn(3) does not change the strings: POSIX declares them without const for old callers. */
	errno = posix_spawn(ret, program, &actions, NULL, (char *const *)(uintptr_t)args, env);
	posix_spawn_file_actions_destroy(&actions);
	return errno == 0 ? 0 : error_sys(err, program, "cannot run ps");
}

static int read_ps(const char *const *args, struct buf *ret, struct error *err)
{
	const char *program = find_ps(err);
	int ends[2], status;
	pid_t pid;

	if (!program)
		return -1;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return error_sys(err, NULL, "pipe");

	autoclose const int input = ends[0];
	autoclose int output = ends[1];

	if (spawn_ps(program, args, output, &pid, err) != 0)
		return -1;
	close(fd_take(&output));

	const int read = fd_read_all(input, PS_OUTPUT_MAX, ret, err);

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (read != 0)
		return -1;
	/* ps fails as well when no process matches: then there is a header, and no more. */
	if (ret->len == 0)
		return error_set(err, ERR_USAGE, program,
				 "ps printed nothing: are its options right?");
	return 0;
}

/* --- its lines --- */

/* The word number @index of a line that ends at @end; NULL if it has fewer. */
static const char *word_of_line(const char *line, const char *end, size_t index, size_t *ret_len)
{
	for (const char *at = line; at < end; index--) {
		at += strspn(at, " \t");
		if (at >= end)
			return NULL;

		const size_t len = strcspn(at, " \t\n");

		if (index == 0) {
			*ret_len = len;
			return at;
		}
		at += len;
	}
	return NULL;
}

static int find_pid_column(const char *line, const char *end, size_t *ret)
{
	size_t len;

	for (size_t i = 0;; i++) {
		const char *word = word_of_line(line, end, i, &len);

		if (!word)
			return -1;
		if (len == 3 && memcmp(word, "PID", 3) == 0) {
			*ret = i;
			return 0;
		}
	}
}

static int filter_lines(const char *lines, const struct pids *pids, struct buf *ret,
			struct error *err)
{
	size_t column = 0, len;

	for (const char *line = lines, *next; *line; line = next) {
		const char *newline = strchr(line, '\n');
		const char *end = newline ? newline : line + strlen(line);

		next = newline ? newline + 1 : end;
		if (line == lines) {
			if (find_pid_column(line, end, &column) != 0)
				return error_set(err, ERR_USAGE, NULL,
						 "the options of ps must leave the column PID in "
						 "its output");
			buf_add(ret, line, (size_t)(next - line));
			continue;
		}

		const char *word = word_of_line(line, end, column, &len);

		if (word && has_pid(pids, strtol(word, NULL, 10)))
			buf_add(ret, line, (size_t)(next - line));
	}
	return 0;
}

/* "-p" adds to what the options select: without it, "-o pid,args" would mean this terminal's. A list
 * that is longer than an argument may be, execve(2), gives way to all processes of the host. */
static const char *select_pids(const struct pids *pids, struct arena *arena)
{
	autobuf struct buf list = {};

	buf_puts(&list, "-p");
	for (size_t i = 0; i < pids->n; i++)
		buf_printf(&list, "%s%d", i == 0 ? "" : ",", (int)pids->items[i]);
	if (pids->n == 0 || list.len > PS_LIST_MAX)
		return "-e";
	return arena_strdup(arena, buf_text(&list));
}

static int print_lines(const struct cli_call *call, const struct pids *pids, struct buf *ret,
		       struct error *err)
{
	const size_t n_options = call->n_args - 1;
	const char **args = arena_array(call->arena, n_options + 4, sizeof *args);
	size_t n = 0;
	autobuf struct buf lines = {};

	args[n++] = "ps";
	for (size_t i = 0; i < n_options; i++)
		args[n++] = call->args[i + 1];
	if (n_options == 0)
		args[n++] = "-f";
	args[n++] = select_pids(pids, call->arena);
	if (read_ps(args, &lines, err) != 0)
		return -1;
	return filter_lines(buf_text(&lines), pids, ret, err);
}

static int ps(const struct cli_call *call, struct error *err)
{
	const struct ps_options *given = call->options;
	autoruntime struct runtime runtime = RUNTIME_CLOSED;
	autobuf struct buf text = {};
	struct pids pids = {};

	if (call_open_runtime(call, &runtime, err) != 0 ||
	    runtime_pids(&runtime, call->args[0], &pids.items, &pids.n, err) != 0)
		return -1;
	if (given->format == PS_JSON)
		print_json(&pids, &text);
	else if (print_lines(call, &pids, &text, err) != 0)
		return -1;
	return cli_output(&text, err);
}

const struct cli_command cmd_ps = {
	.options = options,
	.n_options = ARRAY_LEN(options),
	.options_size = sizeof(struct ps_options),
	.min_args = 1,
	.raw_tail = true,
	.notes = "PS-OPTIONS are those of ps(1), -f if none are given; with --format json they "
		 "are not used.",
	.run = ps,
};
