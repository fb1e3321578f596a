/* plan/plan_limits.h: what plan_resources.c and plan_convert.c share; nobody else includes it */
#ifndef BRIG_PLAN_PLAN_LIMITS_H
#define BRIG_PLAN_PLAN_LIMITS_H

#include "plan/plan_resources.h"

enum { CPU_PERIOD_DEFAULT_US = 100'000 }; /* the kernel's own: cgroup-v2.rst, "cpu.max" */

/* The lines while they are gathered. */
struct limits {
	struct arena *arena;
	const struct policy_settings *settings;
	struct cgroup_write *items;
	size_t n, room;
	bool update;
	struct error *err;
};

/* The JSON pointer of a property below linux.resources; `update` gets that object alone. */
#define AT(property)                                                                               \
	(&("/linux/resources" property)[limits->update ? sizeof("/linux/resources") - 1 : 0])

/**
 * limits_add() - one more line; the rest of the result is zero and may be set until the next call
 */
struct cgroup_write *limits_add(struct limits *limits, const char *file, const char *from,
				const char *value);
struct cgroup_write *limits_add_number(struct limits *limits, const char *file, const char *from,
				       uint64_t value);

/** limits_convert() - all of linux.resources but unified and devices */
[[nodiscard]] int limits_convert(struct limits *limits, const struct spec_resources *resources);

#endif
