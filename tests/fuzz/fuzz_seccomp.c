/* fuzz_seccomp: bytes become a profile and some calls. Whatever compiles does for each call what the
 * profile means, and comes out of the cache as it went in.
 */
#include "kernel/seccomp.h"

#include "../unit/seccomp_model.h"
#include "base/cleanup.h"
#include "kernel/seccomp_internal.h"

#include <stdlib.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const calls[] = { "read",       "ioctl",   "socket",       "clone",
				     "socketcall", "openat2", "no_such_call", "personality" };
static const char *const archs[] = { "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_AARCH64" };
static const uint32_t actions[] = { SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD,
				    SECCOMP_RET_TRAP,         SECCOMP_RET_ERRNO | 1,
				    SECCOMP_RET_USER_NOTIF,   SECCOMP_RET_TRACE,
				    SECCOMP_RET_LOG,          SECCOMP_RET_ALLOW };
static const uint32_t conventions[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64 };

enum { RULES_MAX = 64, CALLS = 64 };

struct input {
	const uint8_t *at, *end;
};

static uint64_t take(struct input *input, size_t bytes)
{
	uint64_t ret = 0;

	for (; bytes > 0 && input->at < input->end; bytes--)
		ret = ret << 8 | *input->at++;
	return ret;
}

static void take_rule(struct input *input, struct seccomp_rule *rule, struct seccomp_arg *args)
{
	static const size_t widths[] = { 0, 1, 4, 8 };
	const uint64_t kind = take(input, 2);

	*rule = (struct seccomp_rule){
		.syscall = calls[kind % ARRAY_LEN(calls)],
		.action = actions[kind >> 3 & 7],
		.args = args,
		.n_args = kind >> 6 & 3,
		.from = "/",
	};
	for (size_t i = 0; i < rule->n_args; i++) {
		const uint64_t shape = take(input, 1);

		args[i] = (struct seccomp_arg){
			.index = (unsigned)(shape % 6),
			.compare = shape >> 3 & 7 ? (enum seccomp_compare)((shape >> 3 & 7) - 1)
						  : CMP_MASKED_EQ,
			.value = take(input, widths[shape >> 6 & 3]),
			.value_two = take(input, widths[shape >> 6 & 3]),
		};
	}
}

static struct seccomp_data take_call(struct input *input, const struct seccomp_profile *profile,
				     struct model_random *random)
{
	struct seccomp_data call = { .arch = conventions[model_random(random) % 3] };

	call.nr = (int)(model_random(random) % MODEL_NUMBERS);
	if (take(input, 1) & 1)
		call.nr |= MODEL_X32_BIT;
	for (unsigned i = 0; i < 6; i++)
		call.args[i] = model_argument(profile, i, random);
	return call;
}

static void compare(struct input *input, const struct seccomp_profile *profile,
		    const struct seccomp_program *program)
{
	static struct model_names names;
	struct model_random random = { take(input, 8) | 1 };
	struct error err;

	if (!names.native && model_names_open(&names, &err) < 0)
		abort();
	model_forget();
	for (int i = 0; i < CALLS; i++) {
		const struct seccomp_data any = take_call(input, profile, &random);
		struct seccomp_data named = any;

		if (!model_agrees(profile, &names, program, &any))
			abort();
		named.nr = names.resolve(names.native(), calls[(size_t)i % ARRAY_LEN(calls)]);
		named.arch = names.native();
		if (named.nr >= 0 && !model_agrees(profile, &names, program, &named))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, data + size };
	struct seccomp_rule rules[RULES_MAX];
	struct seccomp_arg args[RULES_MAX][3];
	autoarena struct arena arena = {};
	struct seccomp_program program;
	struct error err = {};
	const uint64_t head = take(&input, 2);
	struct seccomp_profile profile = {
		.default_action = actions[head & 7],
		.architectures = archs,
		.n_architectures = head >> 3 & 3,
		.enosys_for_unknown = head >> 5 & 1,
		.rules = rules,
		.n_rules = head >> 6 & (RULES_MAX - 1),
	};

	for (size_t i = 0; i < profile.n_rules; i++)
		take_rule(&input, &rules[i], args[i]);
	if (seccomp_program_get(&profile, -1, &arena, &program, &err) < 0) {
		if (err.text[0] == '\0')
			abort();
		return 0;
	}
	compare(&input, &profile, &program);
	return 0;
}
