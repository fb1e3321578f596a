/* cli/cmd_plan.c: brig plan */
#include "base/cleanup.h"
#include "base/json.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "launch/child.h"
#include "launch/enter.h"
#include "policy/rules.h"

#include <stdio.h>
#include <string.h>

enum plan_format { PLAN_TEXT, PLAN_JSON };

struct plan_options {
	int format;
	const char *id;
};

// clang-format off
static const struct cli_option options[] = {
	{ "format", 'f', OPTION_WORD, offsetof(struct plan_options, format), "text|json", "how to print it (default: text)"             },
	{ "id",     0,   OPTION_TEXT, offsetof(struct plan_options, id),     "CONTAINER", "plan for a container of this id (default: plan)" },
};
// clang-format on

/* What the plan differs in from what the bundle asked for, and why. */
static void print_hardening(const struct judgement *judgement)
{
	bool titled = false;

	for (size_t i = 0; i < judgement->n; i++) {
		const struct finding *finding = &judgement->findings[i];

		if (finding->action != ACTION_HARDEN)
			continue;
		if (!titled)
			printf("\nHardened by the policy\n");
		titled = true;
		printf("  %-28s %s: %s\n", finding->rule->id, finding->pointer, finding->text);
	}
}

/* The steps of the container's first process, in the order in which they run; NULL-terminated. The
 * last one of child.h stands for those of enter.h. */
static const char *const *step_names(struct arena *arena)
{
	size_t n_child = 0, n_enter = 0, n = 0;

	while (child_step_name(n_child))
		n_child++;
	while (enter_step_name(n_enter))
		n_enter++;

	const char **names = arena_array(arena, n_child + n_enter, sizeof *names);

	for (size_t i = 0; i + 1 < n_child; i++)
		names[n++] = child_step_name(i);
	for (size_t i = 0; i < n_enter; i++)
		names[n++] = enter_step_name(i);
	return names;
}

static void print_steps(const char *const *names)
{
	enum { WIDTH = 78 };
	size_t column = WIDTH;

	printf("\nSteps of the first process, in this order");
	for (; *names; names++) {
		const size_t len = strlen(*names) + (names[1] ? strlen(", ") : 0);

		if (column + len > WIDTH) {
			printf("\n  ");
			column = strlen("  ");
		}
		printf("%s%s", *names, names[1] ? ", " : "\n");
		column += len;
	}
}

static int print_plan(const struct runtime_preview *preview, enum plan_format format,
		      struct arena *arena, struct error *err)
{
	const char *const *steps = step_names(arena);
	autobuf struct buf text = {};
	struct json_out out = { .buf = &text, .pretty = true };

	if (format == PLAN_JSON) {
		plan_print_json(preview->plan, &preview->overlays, steps, &out);
		buf_putc(&text, '\n');
		return cli_output(&text, err);
	}
	plan_print(preview->plan, &preview->overlays, stdout);
	print_hardening(&preview->judgement);
	print_steps(steps);
	return fflush(stdout) == 0 ? 0 : error_sys(err, NULL, "standard output");
}

static int plan(const struct cli_call *call, struct error *err)
{
	const struct plan_options *given = call->options;
	autoruntime struct runtime runtime = RUNTIME_CLOSED;
	struct runtime_preview preview = {};

	if (call_open_runtime(call, &runtime, err) != 0 ||
	    runtime_preview(&runtime, call->n_args > 0 ? call->args[0] : ".",
			    given->id ? given->id : "plan",
			    /* judge_only = */ false, &preview, err) != 0)
		return -1;

	const int result = preview.plan ? print_plan(&preview, (enum plan_format)given->format,
						     call->arena, err)
					: policy_refusal(&preview.judgement, err);

	runtime_preview_free(&preview);
	return result;
}

const struct cli_command cmd_plan = {
	.options = options,
	.n_options = ARRAY_LEN(options),
	.options_size = sizeof(struct plan_options),
	.max_args = 1,
	.notes = "Nothing is done and nothing is reserved: the ids are an example of what would be "
		 "drawn.\n"
		 "Fails where 'brig create' would refuse the bundle; 'brig audit' then tells all "
		 "reasons.",
	.run = plan,
};
