/* container/prepare.h: from a bundle to a plan: what create, plan and audit have in common */
#ifndef BRIG_CONTAINER_PREPARE_H
#define BRIG_CONTAINER_PREPARE_H

#include "container/id_range.h"
#include "container/pod.h"
#include "container/runtime.h"

struct prepared {
	struct buf config; /* the bytes of config.json */
	struct spec *spec;
	struct policy *policy;
	struct judgement judgement;
	const char *bundle;    /* absolute, from the runtime's arena */
	const char *state_dir; /* absolute path that the container's directory has or will have */
	struct id_range_drawn ids; /* reservation NULL: none */
	bool ids_drawn;
	struct pod_share
		share; /* of another container of the pod; its holder is NULL without one */
	struct plan *plan;
};

/** prepare_judge() - read bundle and policy, run the rules; a refusal is not an error here */
[[nodiscard]] int prepare_judge(struct runtime *runtime, const char *bundle, struct prepared *ret,
				struct error *err);

/**
 * prepare_guard() - run from a copy that the workload cannot change, unless its ids keep it from
 * changing ours
 * @spec: hardened. Before anything is made: it may start this program anew, kernel/self_exe.h
 */
[[nodiscard]] int prepare_guard(const struct runtime *runtime, const struct spec *spec,
				struct error *err);

/**
 * prepare_plan() - draw ids if the container needs some, or share those of its pod, and build the plan
 * @preview: reserve nothing
 */
[[nodiscard]] int prepare_plan(struct runtime *runtime, const struct create_options *options,
			       bool preview, struct prepared *prepared, struct error *err);

/** prepare_free() - the memory, and the pod's descriptors; a reservation is released by whoever undoes the create */
void prepare_free(struct prepared *prepared);

#endif
