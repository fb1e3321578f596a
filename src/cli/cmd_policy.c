/* cli/cmd_policy.c: brig policy show, check, rules */
#include "base/cleanup.h"
#include "base/json.h"
#include "base/table.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/policy_report.h"

enum policy_format { POLICY_TEXT, POLICY_JSON, POLICY_MARKDOWN };

struct policy_options {
	int format;
};

// clang-format off
static const struct cli_option options[] = {
	{ "format", 'f', OPTION_WORD, offsetof(struct policy_options, format), "text|json|markdown", "how to print it (default: text); markdown: rules only" },
};
// clang-format on

static enum policy_format format_of(const struct cli_call *call)
{
	return (enum policy_format)((const struct policy_options *)call->options)->format;
}

static int no_markdown(const struct cli_call *call, struct error *err)
{
	return format_of(call) == POLICY_MARKDOWN
		       ? error_set(err, ERR_USAGE, "--format", "only 'rules' prints markdown")
		       : 0;
}

static struct policy *load(const struct cli_call *call, const char *path, struct error *err)
{
	autoruntime struct runtime runtime = RUNTIME_CLOSED;

	if (call_open_runtime(call, &runtime, err) != 0)
		return NULL;
	return policy_load(path, &runtime.host, err);
}

static int show(const struct cli_call *call, struct buf *text, struct error *err)
{
	struct json_out out = { .buf = text, .pretty = true };

	if (call->n_args > 1)
		return error_set(err, ERR_USAGE, call->args[1], "'policy show' takes no argument");
	if (no_markdown(call, err) != 0)
		return -1;

	struct policy *const policy = load(call, call->globals->policy, err);

	if (policy == NULL)
		return -1;
	if (format_of(call) == POLICY_JSON) {
		policy_report_json(policy, &out);
		buf_putc(text, '\n');
	} else {
		policy_report_text(policy, text);
	}
	policy_free(policy);
	return 0;
}

static int check(const struct cli_call *call, struct buf *text, struct error *err)
{
	struct json_out out = { .buf = text, .pretty = true };

	if (no_markdown(call, err) != 0)
		return -1;

	/* Without a file, those that are in force. */
	struct policy *const policy =
		load(call, call->n_args > 1 ? call->args[1] : call->globals->policy, err);

	if (policy == NULL)
		return -1;
	if (format_of(call) == POLICY_JSON) {
		policy_report_json(policy, &out);
		buf_putc(text, '\n');
	} else {
		policy_report_changes(policy, text);
	}
	policy_free(policy);
	return 0;
}

static int rules(const struct cli_call *call, struct buf *text, struct error *err)
{
	struct json_out out = { .buf = text, .pretty = true };

	if (call->n_args > 1)
		return error_set(err, ERR_USAGE, call->args[1], "'policy rules' takes no argument");
	switch (format_of(call)) {
	case POLICY_TEXT:
		rules_report_text(text);
		break;
	case POLICY_JSON:
		rules_report_json(&out);
		buf_putc(text, '\n');
		break;
	case POLICY_MARKDOWN:
		rules_report_markdown(text);
		break;
	}
	return 0;
}

static const struct verb {
	const char *name;
	int (*run)(const struct cli_call *call, struct buf *text, struct error *err);
} verbs[] = { { "show", show }, { "check", check }, { "rules", rules } };

static int policy(const struct cli_call *call, struct error *err)
{
	const struct verb *const verb = table_find(verbs, call->args[0]);
	const char *const near = table_nearest(verbs, call->args[0]);
	autobuf struct buf text = {};

	if (verb == NULL) {
		(void)error_set(err, ERR_USAGE, call->args[0], "there is no 'policy %s'",
				call->args[0]);
		return near != NULL ? error_remedy(err, "did you mean '%s'?", near)
				    : error_remedy(err, "it is show, check or rules");
	}
	return verb->run(call, &text, err) != 0 ? -1 : cli_output(&text, err);
}

const struct cli_command cmd_policy = {
	.options = options,
	.n_options = ARRAY_LEN(options),
	.options_size = sizeof(struct policy_options),
	.min_args = 1,
	.max_args = 2,
	.notes = "show        the policy in force: rules, settings, and which file set each\n"
		 "check       would brig take this file (or those in force) as its policy, and "
		 "what does it change?\n"
		 "rules       all rules, with what they guard against",
	.run = policy,
};
