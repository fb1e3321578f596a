/* What a parsed profile asks for, in the terms of tests/unit/seccomp_model.h: config-linux.md, "Seccomp",
 * once more and without plan/plan_seccomp.c, which tests compare it with. */
#ifndef BRIG_TESTS_SECCOMP_MEANT_H
#define BRIG_TESTS_SECCOMP_MEANT_H

#include "base/arena.h"
#include "seccomp_model.h"
#include "spec/spec.h"

/* The number goes with the actions that can carry one; "The default is EPERM", says the specification. */
static inline uint32_t meant_action(enum spec_seccomp_action action, struct opt_uint number)
{
	const uint32_t code = number.set ? (uint32_t)number.value : EPERM;

	switch (action) {
	case SECCOMP_ACT_KILL_THREAD:
		return SECCOMP_RET_KILL_THREAD;
	case SECCOMP_ACT_KILL_PROCESS:
		return SECCOMP_RET_KILL_PROCESS;
	case SECCOMP_ACT_TRAP:
		return SECCOMP_RET_TRAP;
	case SECCOMP_ACT_ERRNO:
		return SECCOMP_RET_ERRNO | code;
	case SECCOMP_ACT_TRACE:
		return SECCOMP_RET_TRACE | code;
	case SECCOMP_ACT_ALLOW:
		return SECCOMP_RET_ALLOW;
	case SECCOMP_ACT_LOG:
		return SECCOMP_RET_LOG;
	case SECCOMP_ACT_NOTIFY:
		return SECCOMP_RET_USER_NOTIF;
	}
	return MODEL_BROKEN;
}

static inline enum seccomp_compare meant_compare(enum spec_seccomp_op op)
{
	switch (op) {
	case SECCOMP_OP_NE:
		return CMP_NE;
	case SECCOMP_OP_LT:
		return CMP_LT;
	case SECCOMP_OP_LE:
		return CMP_LE;
	case SECCOMP_OP_EQ:
		return CMP_EQ;
	case SECCOMP_OP_GE:
		return CMP_GE;
	case SECCOMP_OP_GT:
		return CMP_GT;
	case SECCOMP_OP_MASKED_EQ:
		return CMP_MASKED_EQ;
	}
	return CMP_COUNT;
}

static inline const struct seccomp_arg *meant_args(const struct spec_seccomp_rule *rule,
						   struct arena *arena)
{
	struct seccomp_arg *args = arena_array(arena, rule->n_args, sizeof *args);

	for (size_t i = 0; i < rule->n_args; i++)
		args[i] =
			(struct seccomp_arg){ rule->args[i].index, meant_compare(rule->args[i].op),
					      rule->args[i].value, rule->args[i].value_two };
	return args;
}

static inline struct seccomp_profile meant_by(const struct spec_seccomp *seccomp,
					      struct arena *arena)
{
	struct seccomp_rule *rules = arena_array(arena, 1000, sizeof *rules);
	struct seccomp_profile profile = {
		.default_action = meant_action(seccomp->default_action, seccomp->default_errno_ret),
		.architectures = seccomp->architectures.items,
		.n_architectures = seccomp->architectures.n,
		.rules = rules,
	};

	/* what refuses the rest answers ENOSYS for calls that its author could not know */
	profile.enosys_for_unknown =
		model_rank(profile.default_action) <= model_rank(SECCOMP_RET_ERRNO);
	for (size_t i = 0; i < seccomp->n_rules; i++)
		for (size_t j = 0; j < seccomp->rules[i].names.n && profile.n_rules < 1000; j++) {
			const struct spec_seccomp_rule *rule = &seccomp->rules[i];

			rules[profile.n_rules++] =
				(struct seccomp_rule){ rule->names.items[j],
						       meant_action(rule->action, rule->errno_ret),
						       meant_args(rule, arena), rule->n_args, "/" };
		}
	return profile;
}

#endif
