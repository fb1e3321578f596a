/* cli/cmd_list.c: brig list */
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/json.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/user_name.h"

#include <errno.h>
#include <fcntl.h>

enum list_format { LIST_TABLE, LIST_JSON };

struct list_options {
	int format;
	bool quiet;
};

// clang-format off
static const struct cli_option options[] = {
	{ "format", 'f', OPTION_WORD, offsetof(struct list_options, format), "table|json", "how to print it (default: table)" },
	{ "quiet",  'q', OPTION_FLAG, offsetof(struct list_options, quiet),  NULL,         "print ids only"                    },
};

static const char *const header[] = { "ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER" };
// clang-format on

/* One container. Its state is NULL when it cannot be read: `delete --force` removes it still. */
struct entry {
	const char *id;
	const struct state *state;
};

/* A container that another brig deletes meanwhile is not in the list. */
static int read_entries(struct runtime *runtime, struct arena *arena, struct entry **ret,
			size_t *ret_n, struct error *err)
{
	const char *const *ids;
	size_t n, kept = 0;

	if (runtime_list(runtime, &ids, &n, err) != 0)
		return -1;

	struct entry *entries = arena_array(arena, n, sizeof *entries);

	for (size_t i = 0; i < n; i++) {
		struct error problem = {};
		struct entry entry = { .id = ids[i] };

		if (runtime_state(runtime, ids[i], &entry.state, &problem) != 0) {
			if (problem.code == ENOENT)
				continue;
			entry.state = NULL;
		}
		entries[kept++] = entry;
	}
	*ret = entries;
	*ret_n = kept;
	return 0;
}

static void print_entries_table(const struct entry *entries, size_t n, const struct buf *passwd,
				struct arena *arena, struct buf *ret)
{
	const size_t columns = ARRAY_LEN(header);
	const char **cells = arena_array(arena, (n + 1) * columns, sizeof *cells);

	for (size_t column = 0; column < columns; column++)
		cells[column] = header[column];
	for (size_t i = 0; i < n; i++) {
		const char **row = cells + (i + 1) * columns;
		const struct state *state = entries[i].state;

		row[0] = entries[i].id;
		row[2] = state ? status_name(state->status) : "broken";
		if (!state)
			continue;
		row[1] = arena_printf(arena, "%d", (int)state->pid);
		row[3] = state->bundle;
		row[4] = state->created;
		row[5] = user_name(passwd, state->owner, arena);
	}
	print_table(ret, cells, columns, n + 1);
}

static void print_entries_json(const struct entry *entries, size_t n, struct buf *ret)
{
	struct json_out out = { .buf = ret };

	json_out_array(&out, NULL);
	for (size_t i = 0; i < n; i++) {
		if (entries[i].state) {
			state_print(entries[i].state, &out, /* full = */ false);
			continue;
		}
		json_out_object(&out, NULL);
		json_out_string(&out, "id", entries[i].id);
		json_out_int(&out, "pid", 0);
		json_out_string(&out, "status", "broken");
		json_out_end_object(&out);
	}
	json_out_end_array(&out);
	buf_putc(ret, '\n');
}

static int list(const struct cli_call *call, struct error *err)
{
	const struct list_options *given = call->options;
	autoruntime struct runtime runtime = RUNTIME_CLOSED;
	autobuf struct buf text = {};
	struct entry *entries;
	size_t n;

	if (call_open_runtime(call, &runtime, err) != 0 ||
	    read_entries(&runtime, call->arena, &entries, &n, err) != 0)
		return -1;
	if (given->quiet) {
		for (size_t i = 0; i < n; i++)
			buf_printf(&text, "%s\n", entries[i].id);
	} else if (given->format == LIST_JSON) {
		print_entries_json(entries, n, &text);
	} else {
		autobuf struct buf passwd = {};
		struct error ignored; /* then owners are numbers */

		(void)!fd_read_file(AT_FDCWD, "/etc/passwd", USER_NAMES_MAX, &passwd, &ignored);
		print_entries_table(entries, n, &passwd, call->arena, &text);
	}
	return cli_output(&text, err);
}

const struct cli_command cmd_list = {
	.options = options,
	.n_options = ARRAY_LEN(options),
	.options_size = sizeof(struct list_options),
	.notes = "The status \"broken\" is a container whose state cannot be read: 'brig delete "
		 "--force' removes it.",
	.run = list,
};
