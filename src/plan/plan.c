/* plan/plan.c: the parts of a plan, in the order in which they depend on each other */
#include "plan/plan.h"

#include "base/cleanup.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

typedef int plan_part(struct plan *plan, const struct plan_input *in, struct error *err);

/* Whatever policy allows: the host's "/" would be covered, for every process of the host. */
static int mount_namespace(struct plan *plan, const struct plan_input *, struct error *err)
{
	if (plan->namespaces[NS_MOUNT].how != PLAN_NS_NONE)
		return 0;
	(void)error_set(err, ERR_SPEC, "/linux/namespaces",
			"without a mount namespace the container's root file system would be "
			"mounted over the host's");
	return error_remedy(err, "add {\"type\": \"mount\"} to linux.namespaces");
}

// clang-format off
static plan_part *const container_parts[] = {
	plan_ids,     /* first: whether there is a user namespace decides what is id-mapped */
	mount_namespace,
	plan_mounts,
	plan_sysctls,
	plan_devices, /* after the mounts: is there one at /dev to make nodes in? */
	plan_cgroup,
	plan_process,
	plan_seccomp,
};
static plan_part *const process_parts[] = {
	plan_process,
	plan_seccomp,
};
// clang-format on

static struct plan *build(plan_part *const *parts, size_t n, const struct plan_input *in,
			  struct error *err)
{
	const struct spec *spec = in->spec;
	struct plan *plan = xmalloc(sizeof *plan);

	*plan = (struct plan){
		.id = in->request->id,
		.bundle = in->request->bundle,
		.oci_version = spec->oci_version,
		.annotations = spec->annotations,
		.preserve_fds = in->request->preserve_fds,
	};
	for (size_t i = 0; i < HOOK_COUNT; i++)
		plan->hooks[i] = spec->hooks[i];
	for (size_t i = 0; i < n; i++) {
		if (parts[i](plan, in, err) < 0) {
			plan_free(plan);
			return NULL;
		}
	}
	return plan;
}

struct plan *plan_build(const struct spec *spec, const struct policy *policy,
			const struct host *host, const struct plan_request *request,
			struct error *err)
{
	const struct plan_input in = { spec, policy, host, request };

	return build(container_parts, ARRAY_LEN(container_parts), &in, err);
}

struct plan *plan_build_process(const struct spec *spec, const struct policy *policy,
				const struct host *host, const struct plan_request *request,
				struct error *err)
{
	const struct plan_input in = { spec, policy, host, request };
	struct plan *plan = build(process_parts, ARRAY_LEN(process_parts), &in, err);

	if (plan && request->ids)
		plan->ids = *request->ids;
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
