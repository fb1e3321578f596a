/* plan/plan.c: the parts of a plan, in the order in which they depend on each other */
#include "plan/plan.h"

#include "base/cleanup.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct part {
	const char *name;
	int (*build)(struct plan *plan, const struct plan_input *in, struct error *err);
};

// clang-format off
static const struct part parts[] = {
	{ "ids",       plan_ids     }, /* first: whether there is a user namespace decides what is id-mapped */
	{ "devices",   plan_devices },
	{ "mounts",    plan_mounts  },
	{ "cgroup",    plan_cgroup  },
	{ "process",   plan_process },
	{ "seccomp",   plan_seccomp },
};
// clang-format on

struct plan *plan_build(const struct spec *spec, const struct policy *policy,
			const struct host *host, const struct plan_request *request,
			struct error *err)
{
	const struct plan_input in = { spec, policy, host, request };
	struct plan *plan = xmalloc(sizeof *plan);

	*plan = (struct plan){};
	plan->id = request->id;
	plan->bundle = request->bundle;
	plan->oci_version = spec->oci_version;
	plan->annotations = spec->annotations;
	plan->preserve_fds = request->preserve_fds;
	for (size_t i = 0; i < HOOK_COUNT; i++)
		plan->hooks[i] = spec->hooks[i];
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (parts[i].build(plan, &in, err) < 0) {
			plan_free(plan);
			return NULL;
		}
	}
	return plan;
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	arena_free(&plan->arena);
	free(plan);
}

void plan_warn(struct plan *plan, const char *fmt, ...)
{
	const char **warnings = arena_grow(&plan->arena, plan->warnings, plan->n_warnings,
					   plan->n_warnings + 1, sizeof *warnings);
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	warnings[plan->n_warnings++] = arena_strdup(&plan->arena, text);
	plan->warnings = warnings;
}
