/* kernel/seccomp_prologue.c: the part of a filter that libseccomp cannot write
 *
 * Theory of operation
 *
 * The kernel runs a classic BPF program over struct seccomp_data for each call, seccomp(2). Ours has
 * two parts: this one, and behind it libseccomp's, a binary tree of numbers with one action each.
 *
 *	for each architecture of the profile
 *		a number above the highest that the profile names       ─▶ ENOSYS
 *		each call that has conditional rules, strictest first   ─▶ the action of the first that holds
 *	everything else                                                 ─▶ libseccomp's part
 *
 * ENOSYS: a libc that tries a new call takes EPERM for an answer, but ENOSYS for "use the old one".
 * Number -1 is not a call: a tracer has skipped one, ptrace(2), and the value it set must not be
 * replaced. An x32 number is above all x86_64 numbers, so it is looked at apart.
 *
 * Conditions are compiled here because libseccomp (2.5.4, 2.6.0) drops a conditional rule without a
 * word when the same call has an unconditional one: a denied ioctl beneath an allowed ioctl would be
 * allowed. Also it would turn a condition on socket() into "all of socketcall()" on i386.
 *
 * Since Linux 5.11 the kernel finds out, when a filter is loaded, which numbers are allowed without
 * a look at their arguments, and does not run the filter for them: what stands here costs nothing there.
 */
#include "kernel/seccomp_internal.h"

#include "base/cleanup.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <string.h>

/* Jump targets within a rule; patched when the rule's end is known. Both are beyond a rule's length. */
enum { TO_MATCH = 254, TO_MISS = 255 };

void bpf_add(struct bpf_code *code, struct sock_filter instruction)
{
	if (code->n == BPF_MAXINSNS) {
		code->full = true;
		return;
	}
	code->at[code->n++] = instruction;
}

static void load(struct bpf_code *code, size_t offset)
{
	bpf_add(code, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void jump(struct bpf_code *code, unsigned compare, uint32_t value, unsigned on_true,
		 unsigned on_false)
{
	bpf_add(code, (struct sock_filter){ .code = (uint16_t)(BPF_JMP | BPF_K | compare),
					    .jt = (uint8_t)on_true,
					    .jf = (uint8_t)on_false,
					    .k = value });
}

static void answer(struct bpf_code *code, uint32_t action)
{
	bpf_add(code, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* A jump over what follows, however long; returns its place for jump_ends_here(). */
static unsigned jump_far(struct bpf_code *code)
{
	bpf_add(code, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0));
	return code->n - 1;
}

static void jump_ends_here(struct bpf_code *code, unsigned place)
{
	code->at[place].k = code->n - place - 1;
}

/* struct seccomp_data has 64-bit arguments in the machine's byte order; BPF reads 32 bits at a time. */
static size_t half_of_arg(unsigned index, bool high)
{
	const bool second = high == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

	return offsetof(struct seccomp_data, args) + index * sizeof(uint64_t) +
	       (second ? sizeof(uint32_t) : 0);
}

static void masked_half(struct bpf_code *code, unsigned index, bool high, uint32_t mask,
			uint32_t value)
{
	if (mask == 0)
		return;
	load(code, half_of_arg(index, high));
	if (mask != UINT32_MAX)
		bpf_add(code, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
	jump(code, BPF_JEQ, value & mask, 0, TO_MISS);
}

/* Falls through where the condition holds, or jumps TO_MATCH; TO_MISS where it does not. */
static void condition(struct bpf_code *code, const struct seccomp_arg *arg, bool narrow)
{
	static const struct {
		bool greater;
		unsigned low; /* BPF comparison of the lower halves, if the upper ones are equal */
	} orders[CMP_COUNT] = {
		[CMP_GT] = { true, BPF_JGT },
		[CMP_GE] = { true, BPF_JGE },
		[CMP_LT] = { false, BPF_JGE },
		[CMP_LE] = { false, BPF_JGT },
	};
	const bool masked = arg->compare == CMP_MASKED_EQ;
	const uint64_t mask = masked ? arg->value : UINT64_MAX;
	const uint64_t value = masked ? arg->value_two : arg->value;
	const uint32_t high = (uint32_t)(value >> 32), low = (uint32_t)value;
	const bool greater = orders[arg->compare].greater;

	if (masked || arg->compare == CMP_EQ) {
		if (!narrow)
			masked_half(code, arg->index, true, (uint32_t)(mask >> 32), high);
		masked_half(code, arg->index, false, (uint32_t)mask, low);
		return;
	}
	if (!narrow) {
		load(code, half_of_arg(arg->index, true));
		if (arg->compare == CMP_NE) {
			jump(code, BPF_JEQ, high, 0, TO_MATCH);
		} else {
			jump(code, BPF_JGT, high, greater ? TO_MATCH : TO_MISS, 0);
			jump(code, BPF_JEQ, high, 0, greater ? TO_MISS : TO_MATCH);
		}
	}
	load(code, half_of_arg(arg->index, false));
	if (arg->compare == CMP_NE)
		jump(code, BPF_JEQ, low, TO_MISS, 0);
	else
		jump(code, orders[arg->compare].low, low, greater ? 0 : TO_MISS,
		     greater ? TO_MISS : 0);
}

/* Replaces @sentinel in the jumps from @first on by the way to the present end. */
static void patch(struct bpf_code *code, unsigned first, unsigned sentinel)
{
	for (unsigned i = first; i < code->n; i++) {
		struct sock_filter *at = &code->at[i];

		if (BPF_CLASS(at->code) != BPF_JMP || BPF_OP(at->code) == BPF_JA)
			continue;
		if (at->jt == sentinel)
			at->jt = (uint8_t)(code->n - i - 1);
		if (at->jf == sentinel)
			at->jf = (uint8_t)(code->n - i - 1);
	}
}

static void conjunction(struct bpf_code *code, const struct seccomp_arg *args, size_t n,
			uint32_t action, bool narrow)
{
	const unsigned rule = code->n;

	for (size_t i = 0; i < n; i++) {
		const unsigned first = code->n;

		condition(code, &args[i], narrow);
		patch(code, first, TO_MATCH);
	}
	answer(code, action);
	patch(code, rule, TO_MISS);
}

static bool an_index_repeats(const struct seccomp_rule *rule)
{
	unsigned seen = 0;

	for (size_t i = 0; i < rule->n_args; i++) {
		if (seen & 1U << rule->args[i].index)
			return true;
		seen |= 1U << rule->args[i].index;
	}
	return false;
}

static void conditional_rule(struct bpf_code *code, const struct seccomp_rule *rule, bool narrow)
{
	if (!an_index_repeats(rule)) {
		conjunction(code, rule->args, rule->n_args, rule->action, narrow);
		return;
	}
	/* runc and crun hand such conditions to libseccomp one by one, and profiles rely on that. */
	for (size_t i = 0; i < rule->n_args; i++)
		conjunction(code, &rule->args[i], 1, rule->action, narrow);
}

static const uint32_t by_strictness[] = {
	SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO,
	SECCOMP_RET_USER_NOTIF,   SECCOMP_RET_TRACE,       SECCOMP_RET_LOG,  SECCOMP_RET_ALLOW,
};

int32_t seccomp_strictness(uint32_t action)
{
	for (size_t i = 0; i < ARRAY_LEN(by_strictness); i++)
		if ((action & SECCOMP_RET_ACTION_FULL) == by_strictness[i])
			return (int32_t)i;
	return -1;
}

/* All conditional rules of the call that rules[first] names. */
static void conditional_call(struct bpf_code *code, const struct seccomp_profile *profile,
			     size_t first, int number, bool narrow)
{
	const char *name = profile->rules[first].syscall;

	jump(code, BPF_JEQ, (uint32_t)number, 1, 0);

	const unsigned other_call = jump_far(code);

	for (size_t class = 0; class < ARRAY_LEN(by_strictness); class ++)
		for (size_t i = first; i < profile->n_rules; i++) {
			const struct seccomp_rule *rule = &profile->rules[i];

			if (rule->n_args > 0 &&
			    seccomp_strictness(rule->action) == (int32_t) class &&
			    strcmp(rule->syscall, name) == 0)
				conditional_rule(code, rule, narrow);
		}
	load(code, offsetof(struct seccomp_data, nr)); /* which the arguments have overwritten */
	jump_ends_here(code, other_call);
}

static void conditional_calls(struct bpf_code *code, const struct seccomp_profile *profile,
			      const struct seccomp_abi *abi,
			      const struct seccomp_resolver *resolver)
{
	for (size_t i = 0; i < profile->n_rules; i++) {
		const struct seccomp_rule *rule = &profile->rules[i];
		bool first = rule->n_args > 0;

		for (size_t j = 0; first && j < i; j++)
			first = profile->rules[j].n_args == 0 ||
				strcmp(profile->rules[j].syscall, rule->syscall) != 0;
		if (!first)
			continue;

		const int number =
			resolver->direct_number(resolver->context, abi->token, rule->syscall);

		if (number >= 0)
			conditional_call(code, profile, i, number, abi->narrow);
	}
}

static int highest_number(const struct seccomp_profile *profile, const struct seccomp_abi *abi,
			  const struct seccomp_resolver *resolver)
{
	int highest = -1;

	for (size_t i = 0; i < profile->n_rules; i++) {
		const int number =
			resolver->number(resolver->context, abi->token, profile->rules[i].syscall);

		if (number > highest)
			highest = number;
	}
	return highest;
}

static const uint32_t x32_bit = 0x40000000; /* __X32_SYSCALL_BIT, asm/unistd.h of x86 */

/* @highest: of the architecture itself; @highest_x32: of x32 beside it, or -1 */
static void unknown_calls(struct bpf_code *code, uint32_t audit, int highest, int highest_x32)
{
	const bool has_x32 = audit == AUDIT_ARCH_X86_64;
	const bool names_x32 = highest_x32 >= 0;
	const unsigned length = 2 + (unsigned)has_x32 + (unsigned)names_x32;

	if (highest < 0)
		return;
	jump(code, BPF_JGT, (uint32_t)highest, 0, length);
	jump(code, BPF_JEQ, UINT32_MAX, length - 1, 0);
	if (has_x32)
		jump(code, BPF_JGE, x32_bit, names_x32 ? 0 : 1, names_x32 ? 1 : 0);
	if (names_x32)
		jump(code, BPF_JGT, (uint32_t)highest_x32, 0, 1);
	answer(code, SECCOMP_RET_ERRNO | ENOSYS);
}

void seccomp_prologue(const struct seccomp_profile *profile, const struct seccomp_abi *abis,
		      size_t n_abis, const struct seccomp_resolver *resolver, struct bpf_code *code)
{
	for (size_t i = 0; i < n_abis; i++) {
		const struct seccomp_abi *abi = &abis[i];
		int highest_x32 = -1;

		load(code, offsetof(struct seccomp_data, arch));
		jump(code, BPF_JEQ, abi->audit, 1, 0);

		const unsigned other_architecture = jump_far(code);

		load(code, offsetof(struct seccomp_data, nr));
		for (size_t j = 0; j < n_abis; j++)
			if (abis[j].x32 && abis[j].audit == abi->audit)
				highest_x32 = highest_number(profile, &abis[j], resolver);
		if (profile->enosys_for_unknown && !abi->x32)
			unknown_calls(code, abi->audit, highest_number(profile, abi, resolver),
				      highest_x32);
		conditional_calls(code, profile, abi, resolver);
		jump_ends_here(code, other_architecture);
	}
}
