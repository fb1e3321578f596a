/* plan/plan_resources.h: linux.resources as files of a cgroup
 *
 * The OCI specification speaks of cgroup v1. What each property becomes in cgroup v2 is in
 * plan_resources.c, beside the code that converts it.
 */
#ifndef BRIG_PLAN_PLAN_RESOURCES_H
#define BRIG_PLAN_PLAN_RESOURCES_H

#include "base/arena.h"
#include "base/error.h"
#include "kernel/cgroup.h"
#include "kernel/host.h"
#include "policy/policy.h"
#include "spec/spec.h"

struct plan_limits {
	const struct cgroup_write *writes;
	size_t n;
	const char *controllers; /* of those files and the always wanted; what the host has */
	const char
		*lacking; /* defaults that this host has no controller for, as text; NULL: none */
};

/**
 * plan_resources() - linux.resources and the policy's defaults as lines to write
 * A limit that is asked for and cannot be enforced, because it exists in cgroup v1 only or cgroup
 * v2 has not got the controller, is an error that names the property. @host without
 * cgroup_controllers: not looked at.
 */
[[nodiscard]] int plan_resources(const struct spec_resources *resources,
				 const struct policy_settings *settings, const struct host *host,
				 struct arena *arena, struct plan_limits *ret, struct error *err);

/**
 * plan_cgroup_update() - the same for `update`: what is zero or absent is left as it is, and so are
 * the devices
 * @resources: of spec_parse_resources(): pointers in messages and `from` start at its top:
 *             "/memory/limit"
 */
[[nodiscard]] int plan_cgroup_update(const struct spec_resources *resources,
				     const struct policy_settings *settings,
				     const struct host *host, struct arena *arena,
				     struct plan_limits *ret, struct error *err);

/** plan_cpu_weight() - cpu.shares (2 to 262144) as cpu.weight (1 to 10000) */
[[nodiscard]] uint64_t plan_cpu_weight(uint64_t shares);
/** plan_io_weight() - blkio weight (10 to 1000) as io.weight (1 to 10000) */
[[nodiscard]] uint64_t plan_io_weight(uint64_t weight);

#endif
