/* cli/cmd_audit.c: brig audit */
#include "base/cleanup.h"
#include "base/json.h"
#include "cli/audit_report.h"
#include "cli/call.h"
#include "cli/commands.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum audit_format { AUDIT_TEXT, AUDIT_JSON, AUDIT_SARIF };

struct audit_options {
	int format;
	bool strict;
};

// clang-format off
static const struct cli_option options[] = {
	{ "format", 'f', OPTION_WORD, offsetof(struct audit_options, format), "text|json|sarif", "how to print it (default: text)"             },
	{ "strict", 0,   OPTION_FLAG, offsetof(struct audit_options, strict), NULL,              "let the exit status count what is hardened too" },
};
// clang-format on

/* The exit status is the severity: see audit_report_status() and the notes below. */
static_assert(SEVERITY_MEDIUM == 2 && SEVERITY_CRITICAL == 4,
	      "the manual says which status is which");

/*
 * A name without a slash is a container's if there is one; its directory holds the config it was
 * made from.
 */
static int find_directory(struct runtime *runtime, const struct cli_call *call, const char **ret,
			  struct error *err)
{
	const char *const subject = call->n_args > 0 ? call->args[0] : ".";
	const struct state *state;
	struct error ignored;

	if (strchr(subject, '/') == NULL && subject[0] != '.' &&
	    runtime_state(runtime, subject, &state, &ignored) == 0) {
		*ret = arena_printf(call->arena, "%s/%s", runtime->root, subject);
		return 0;
	}

	autofree char *path = realpath(subject, NULL);

	if (path == NULL && errno == ENOENT) {
		(void)error_set(err, ERR_USAGE, subject, "there is no container and no bundle '%s'",
				subject);
		return error_remedy(err, "brig list names the containers");
	}
	if (path == NULL)
		return error_sys(err, subject, "cannot open the bundle '%s'", subject);
	*ret = arena_strdup(call->arena, path);
	return 0;
}

static int print_report(const struct cli_call *call, const struct judgement *judgement,
			const char *directory, struct error *err)
{
	const struct audit_options *given = call->options;
	const char *const subject = call->n_args > 0 ? call->args[0] : ".";
	autobuf struct buf text = {};
	struct json_out out = { .buf = &text, .pretty = true };

	switch ((enum audit_format)given->format) {
	case AUDIT_TEXT:
		audit_report_text(judgement, subject, &text);
		break;
	case AUDIT_JSON:
		audit_report_json(judgement, subject, &out);
		buf_putc(&text, '\n');
		break;
	case AUDIT_SARIF:
		audit_report_sarif(judgement, directory, &out);
		buf_putc(&text, '\n');
		break;
	}
	if (cli_output(&text, err) != 0)
		return -1;
	return audit_report_status(judgement, given->strict);
}

static int audit(const struct cli_call *call, struct error *err)
{
	autoruntime struct runtime runtime = RUNTIME_CLOSED;
	struct runtime_preview preview = {};
	const char *directory = NULL;

	if (call_open_runtime(call, &runtime, err) != 0 ||
	    find_directory(&runtime, call, &directory, err) != 0 ||
	    runtime_preview(&runtime, directory, "audit", /* judge_only = */ true, &preview, err) !=
		    0)
		return -1;

	const int result = print_report(call, &preview.judgement, directory, err);

	runtime_preview_free(&preview);
	return result;
}

const struct cli_command cmd_audit = {
	.options = options,
	.n_options = ARRAY_LEN(options),
	.options_size = sizeof(struct audit_options),
	.max_args = 1,
	.notes =
		"The exit status tells the worst finding that is refused, warned about, or allowed "
		"by a "
		"policy file:\n"
		"0 none or low, 2 medium, 3 high, 4 critical; 1 means that the bundle could not be "
		"judged.",
	.run = audit,
};
