/* What a profile means and what a program does, each written down once more, without any code of
 * src/kernel: an interpreter of classic BPF as seccomp(2) runs it, and the profile's rules as prose
 * turned into C. Tests compare the two, call by call. */
#ifndef BRIG_TESTS_SECCOMP_MODEL_H
#define BRIG_TESTS_SECCOMP_MODEL_H

#include "base/cleanup.h"
#include "base/library.h"
#include "kernel/seccomp_profile.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

/* seccomp(3), from libseccomp; the numbers are its tokens, which only for x32 is not AUDIT_ARCH_… */
enum { MODEL_X32_BIT = 0x40000000, MODEL_NUMBERS = 620, MODEL_EDGES = 64 + 12 };
static const uint32_t model_x32 = AUDIT_ARCH_X86_64 & ~(uint32_t)__AUDIT_ARCH_64BIT;

struct model_names {
	int (*resolve)(uint32_t token, const char *name);
	char *(*name_of)(uint32_t token, int number);
	uint32_t (*native)(void);
	int (*set_level)(unsigned level);
};

static inline int model_names_open(struct model_names *ret, struct error *err)
{
	static const struct library_symbol symbols[] = {
		{ "seccomp_syscall_resolve_name_arch", offsetof(struct model_names, resolve) },
		{ "seccomp_syscall_resolve_num_arch", offsetof(struct model_names, name_of) },
		{ "seccomp_arch_native", offsetof(struct model_names, native) },
		{ "seccomp_api_set", offsetof(struct model_names, set_level) },
	};
	enum { WITH_NOTIFY = 5 }; /* seccomp_api_get(3) */

	if (library_open("libseccomp.so.2", symbols, ARRAY_LEN(symbols), ret, err) < 0)
		return -1;
	/* A filter that is only looked at has all actions, also where a kernel, or an emulator in its
	 * place, has not. */
	return ret->set_level(WITH_NOTIFY);
}

/* --- the program: bpf(4) of BSD, linux/filter.h, restricted as in seccomp_check_filter() --- */

enum { MODEL_BROKEN = 0xbad }; /* no action has these bits */

static inline uint32_t model_load(const struct seccomp_data *data, uint32_t offset)
{
	uint32_t word;

	memcpy(&word, (const char *)data + offset, sizeof word);
	return word;
}

static inline bool model_jumps(const struct sock_filter *at, uint32_t accumulator)
{
	switch (BPF_OP(at->code)) {
	case BPF_JEQ:
		return accumulator == at->k;
	case BPF_JGT:
		return accumulator > at->k;
	case BPF_JGE:
		return accumulator >= at->k;
	default:
		return accumulator & at->k; /* BPF_JSET */
	}
}

static inline uint32_t model_run(const struct sock_filter *filter, unsigned n,
				 const struct seccomp_data *data)
{
	uint32_t accumulator = 0;

	for (unsigned pc = 0; pc < n; pc++) {
		const struct sock_filter *at = &filter[pc];

		switch (at->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (at->k % 4 || at->k > sizeof *data - 4)
				return MODEL_BROKEN;
			accumulator = model_load(data, at->k);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			accumulator &= at->k;
			break;
		case BPF_JMP | BPF_JA:
			pc += at->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JGT | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_K:
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += model_jumps(at, accumulator) ? at->jt : at->jf;
			break;
		case BPF_RET | BPF_K:
			return at->k;
		default:
			return MODEL_BROKEN;
		}
	}
	return MODEL_BROKEN; /* ran off the end: the kernel refuses to load such a program */
}

/* --- the profile --- */

static inline int model_rank(uint32_t action) /* seccomp(2), "in decreasing order of precedence" */
{
	static const uint32_t order[] = { SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD,
					  SECCOMP_RET_TRAP,         SECCOMP_RET_ERRNO,
					  SECCOMP_RET_USER_NOTIF,   SECCOMP_RET_TRACE,
					  SECCOMP_RET_LOG,          SECCOMP_RET_ALLOW };
	int rank = 0;

	while (order[rank] != (action & SECCOMP_RET_ACTION_FULL))
		rank++;
	return rank;
}

static inline bool model_holds(const struct seccomp_arg *arg, uint64_t actual, bool narrow)
{
	const uint64_t width = narrow ? UINT32_MAX : UINT64_MAX;
	const uint64_t value = arg->value & width;

	actual &= width;
	switch (arg->compare) {
	case CMP_NE:
		return actual != value;
	case CMP_LT:
		return actual < value;
	case CMP_LE:
		return actual <= value;
	case CMP_EQ:
		return actual == value;
	case CMP_GE:
		return actual >= value;
	case CMP_GT:
		return actual > value;
	case CMP_MASKED_EQ:
		return (actual & value) == (arg->value_two & value);
	case CMP_COUNT:
		break;
	}
	return false;
}

static inline bool model_rule_holds(const struct seccomp_rule *rule,
				    const struct seccomp_data *data, bool narrow)
{
	unsigned uses[6] = {}, held = 0;
	bool repeats = false;

	for (size_t i = 0; i < rule->n_args; i++) {
		repeats = repeats || uses[rule->args[i].index]++ > 0;
		held += model_holds(&rule->args[i], data->args[rule->args[i].index], narrow);
	}
	return repeats ? held > 0 : held == rule->n_args;
}

static inline bool model_names_architecture(const struct seccomp_profile *profile, const char *name)
{
	for (size_t i = 0; i < profile->n_architectures; i++)
		if (strcmp(profile->architectures[i], name) == 0)
			return true;
	return false;
}

/* The token of the convention by which this call is made, or 0 if the profile has no such convention. */
static inline uint32_t model_convention(const struct seccomp_profile *profile,
					const struct model_names *names,
					const struct seccomp_data *data)
{
	const uint32_t number = (uint32_t)data->nr;

	if (data->arch == AUDIT_ARCH_X86_64 && names->native() == data->arch &&
	    number >= MODEL_X32_BIT && number != UINT32_MAX)
		return model_names_architecture(profile, "SCMP_ARCH_X32") ? model_x32 : 0;
	if (data->arch == names->native())
		return data->arch;
	if (data->arch == AUDIT_ARCH_I386 && names->native() == AUDIT_ARCH_X86_64)
		return model_names_architecture(profile, "SCMP_ARCH_X86") ? data->arch : 0;
	if (data->arch == AUDIT_ARCH_ARM && names->native() == AUDIT_ARCH_AARCH64)
		return model_names_architecture(profile, "SCMP_ARCH_ARM") ? data->arch : 0;
	return 0;
}

/* i386 has socket calls and System V IPC twice, directly and through socketcall(2) and ipc(2), where
 * the first argument says which. libseccomp lets a rule for the one hold for the other. */
static inline bool model_is_multiplexer(const struct seccomp_data *data)
{
	return data->arch == AUDIT_ARCH_I386 && (data->nr == 102 || data->nr == 117);
}

/* Numbers of the calls of one convention, by name, and the highest that a profile names. */
struct model_table {
	uint32_t token;
	const struct seccomp_rule *of; /* the rules that `highest` was taken from */
	size_t n;
	int64_t highest;
	char *names[MODEL_NUMBERS];
};

static struct model_table model_tables[8];

static inline void model_forget(void) /* another profile may lie where one was */
{
	for (size_t i = 0; i < ARRAY_LEN(model_tables); i++)
		model_tables[i].of = NULL;
}

static inline const struct model_table *model_table(const struct seccomp_profile *profile,
						    const struct model_names *names, uint32_t token)
{
	struct model_table *table = model_tables;

	while (table->token && table->token != token)
		table++;
	for (int number = 0; !table->token && number < MODEL_NUMBERS; number++)
		table->names[number] =
			names->name_of(token, token == model_x32 ? number | MODEL_X32_BIT : number);
	table->token = token;
	if (table->of == profile->rules && table->n == profile->n_rules)
		return table;
	table->of = profile->rules;
	table->n = profile->n_rules;
	table->highest = -1;
	for (size_t i = 0; i < profile->n_rules; i++) {
		const int number = names->resolve(token, profile->rules[i].syscall);

		table->highest = number > table->highest ? number : table->highest;
	}
	return table;
}

static inline bool model_is_call(const struct model_table *table, const char *name, int number)
{
	const unsigned plain =
		(unsigned)number & ~(unsigned)(table->token == model_x32 ? MODEL_X32_BIT : 0);

	return plain < MODEL_NUMBERS && table->names[plain] &&
	       strcmp(table->names[plain], name) == 0;
}

static inline uint32_t model_meaning(const struct seccomp_profile *profile,
				     const struct model_names *names,
				     const struct seccomp_data *data)
{
	const uint32_t token = model_convention(profile, names, data);
	const bool narrow = !(data->arch & __AUDIT_ARCH_64BIT);
	const struct seccomp_rule *best = NULL;

	if (!token)
		return SECCOMP_RET_KILL_PROCESS;

	const struct model_table *table = model_table(profile, names, token);

	for (size_t i = 0; i < profile->n_rules; i++) {
		const struct seccomp_rule *rule = &profile->rules[i];

		if (!model_is_call(table, rule->syscall, data->nr) ||
		    !model_rule_holds(rule, data, narrow))
			continue;
		if (!best || (rule->n_args > 0) > (best->n_args > 0) ||
		    ((rule->n_args > 0) == (best->n_args > 0) &&
		     model_rank(rule->action) < model_rank(best->action)))
			best = rule;
	}
	if (profile->enosys_for_unknown && data->nr != -1 && table->highest >= 0 &&
	    (uint32_t)data->nr > table->highest)
		return SECCOMP_RET_ERRNO | ENOSYS;
	return best ? best->action : profile->default_action;
}

/* --- calls to try: every number, and arguments around whatever the rules compare with --- */

struct model_random {
	uint64_t state;
};

static inline uint64_t model_random(struct model_random *random) /* xorshift64 */
{
	random->state ^= random->state << 13;
	random->state ^= random->state >> 7;
	random->state ^= random->state << 17;
	return random->state;
}

static inline uint64_t model_argument(const struct seccomp_profile *profile, unsigned index,
				      struct model_random *random)
{
	static const uint64_t extremes[] = { 0, 1, INT32_MAX, UINT32_MAX, 1ULL << 32, UINT64_MAX };
	const uint64_t dice = model_random(random);
	uint64_t value = extremes[dice % ARRAY_LEN(extremes)];

	for (size_t tries = 0; profile->n_rules > 0 && tries < 64; tries++) {
		const struct seccomp_rule *rule =
			&profile->rules[model_random(random) % profile->n_rules];

		for (size_t i = 0; i < rule->n_args; i++)
			if (rule->args[i].index == index) {
				const bool masked = rule->args[i].compare == CMP_MASKED_EQ;

				value = masked ? rule->args[i].value_two : rule->args[i].value;
				tries = 64;
			}
	}
	switch (dice >> 8 & 7) {
	case 0:
		return value + 1;
	case 1:
		return value - 1;
	case 2:
		return value ^ 1ULL << (dice >> 16 & 63);
	case 3:
		return value | model_random(random) << 32;
	case 4:
		return model_random(random);
	default:
		return value;
	}
}

/* Compares one call; prints it when the two differ. */
static inline bool model_agrees(const struct seccomp_profile *profile,
				const struct model_names *names,
				const struct seccomp_program *program,
				const struct seccomp_data *data)
{
	const uint32_t meant = model_meaning(profile, names, data);
	const uint32_t done = model_run(program->filter, program->n, data);

	if (meant == done || model_is_multiplexer(data))
		return true;
	fprintf(stderr, "arch %#x number %d (%#llx, %#llx, %#llx, …): meant %#x, done %#x\n",
		data->arch, data->nr, (unsigned long long)data->args[0],
		(unsigned long long)data->args[1], (unsigned long long)data->args[2], meant, done);
	return false;
}

static inline bool model_has_conditions(const struct seccomp_profile *profile,
					const struct model_names *names,
					const struct seccomp_data *data)
{
	const uint32_t token = model_convention(profile, names, data);
	const struct model_table *table = token ? model_table(profile, names, token) : NULL;

	for (size_t i = 0; table && i < profile->n_rules; i++)
		if (profile->rules[i].n_args > 0 &&
		    model_is_call(table, profile->rules[i].syscall, data->nr))
			return true;
	return false;
}

/* --- the edges of every condition: all that a comparison or a mask can get wrong by one bit --- */

static inline uint64_t model_edge(const struct seccomp_arg *arg, unsigned edge)
{
	const bool masked = arg->compare == CMP_MASKED_EQ;
	const uint64_t mask = masked ? arg->value : UINT64_MAX;
	const uint64_t value = masked ? arg->value_two : arg->value;
	const uint64_t edges[MODEL_EDGES - 64] = {
		value,
		value - 1,
		value + 1,
		value | ~mask,             /* what the mask hides is set */
		value & mask,              /* and is not */
		value & UINT32_MAX,        /* the upper half is lost */
		value | UINT64_MAX << 32,  /* or full */
		value << 32 | value >> 32, /* or taken for the lower */
		mask,
		0,
		1,
		UINT64_MAX,
	};

	return edge < 64 ? value ^ 1ULL << edge : edges[edge - 64];
}

/* A value for which the condition holds; where there is none, one for which it does not. */
static inline uint64_t model_inside(const struct seccomp_arg *arg)
{
	switch (arg->compare) {
	case CMP_NE:
	case CMP_GT:
		return arg->value + 1;
	case CMP_LT:
		return arg->value - 1;
	case CMP_MASKED_EQ:
		return arg->value & arg->value_two;
	case CMP_LE:
	case CMP_EQ:
	case CMP_GE:
	case CMP_COUNT:
		break;
	}
	return arg->value;
}

/* With all of @within's conditions held, each condition of @rule at each of its edges. */
static inline size_t
model_compare_pair(const struct seccomp_profile *profile, const struct model_names *names,
		   const struct seccomp_program *program, const struct seccomp_data *call,
		   const struct seccomp_rule *within, const struct seccomp_rule *rule)
{
	struct seccomp_data data = *call;
	size_t differ = 0;

	for (size_t i = 0; i < within->n_args; i++)
		data.args[within->args[i].index] = model_inside(&within->args[i]);
	for (size_t i = 0; i < rule->n_args; i++) {
		struct seccomp_data at = data;

		for (unsigned edge = 0; edge < MODEL_EDGES && differ < 10; edge++) {
			at.args[rule->args[i].index] = model_edge(&rule->args[i], edge);
			differ += !model_agrees(profile, names, program, &at);
		}
	}
	return differ;
}

/* All conditions of one call. Return: calls that differ */
static inline size_t model_compare_edges(const struct seccomp_profile *profile,
					 const struct model_names *names,
					 const struct seccomp_program *program,
					 const struct seccomp_data *call)
{
	const uint32_t token = model_convention(profile, names, call);
	const struct model_table *table = token ? model_table(profile, names, token) : NULL;
	size_t differ = 0;

	for (size_t i = 0; table && i < profile->n_rules; i++) {
		if (!model_is_call(table, profile->rules[i].syscall, call->nr))
			continue;
		for (size_t j = 0; j < profile->n_rules && differ < 10; j++)
			if (model_is_call(table, profile->rules[j].syscall, call->nr))
				differ +=
					model_compare_pair(profile, names, program, call,
							   &profile->rules[i], &profile->rules[j]);
	}
	return differ;
}

/* Every number of every convention, with the edges and @tries random sets of arguments where these
 * count, and two where they should not. Return: calls that differ. */
static inline size_t model_compare(const struct seccomp_profile *profile,
				   const struct model_names *names,
				   const struct seccomp_program *program, unsigned tries)
{
	static const uint32_t odd[] = { 0x3fffffff, 0x40000000, 0x7fffffff,
					0x80000000, 0xfffffffe, UINT32_MAX };
	static const uint32_t archs[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64,
					  AUDIT_ARCH_ARM, AUDIT_ARCH_RISCV64 };
	struct model_random random = { 0x9e3779b97f4a7c15 };
	size_t differ = 0;

	model_forget();
	for (size_t a = 0; a < ARRAY_LEN(archs); a++)
		for (uint32_t n = 0; n < 2 * MODEL_NUMBERS + ARRAY_LEN(odd); n++) {
			const uint32_t number = n < MODEL_NUMBERS ? n
						: n < 2 * MODEL_NUMBERS
							? n - MODEL_NUMBERS + MODEL_X32_BIT
							: odd[n - 2 * MODEL_NUMBERS];
			struct seccomp_data data = { .arch = archs[a], .nr = (int)number };
			const unsigned sets =
				model_has_conditions(profile, names, &data) ? tries : 2;

			differ += model_compare_edges(profile, names, program, &data);
			for (unsigned t = 0; t < sets && differ < 10; t++) {
				for (unsigned i = 0; i < 6; i++)
					data.args[i] = model_argument(profile, i, &random);
				differ += !model_agrees(profile, names, program, &data);
			}
		}
	return differ;
}

#endif
