/* The device program, run by a small interpreter of the instructions that it is made of, and by the
 * kernel in a cgroup of our own where that can be made. */
#include "kernel/device_bpf.h"

#include "base/cleanup.h"
#include "kernel/cgroup.h"
#include "plan/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel_has.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { R = DEVICE_READ, W = DEVICE_WRITE, M = DEVICE_MKNOD, RWM = R | W | M };

/* --- the interpreter --- */

static void alu(const struct bpf_insn *insn, uint64_t *registers)
{
	const uint32_t operand = BPF_SRC(insn->code) == BPF_X ? (uint32_t)registers[insn->src_reg]
							      : (uint32_t)insn->imm;
	uint32_t to = (uint32_t)registers[insn->dst_reg];

	switch (BPF_OP(insn->code)) {
	case BPF_MOV:
		to = operand;
		break;
	case BPF_AND:
		to &= operand;
		break;
	case BPF_OR:
		to |= operand;
		break;
	case BPF_LSH:
		to <<= operand;
		break;
	case BPF_RSH:
		to >>= operand;
		break;
	default:
		fail_msg("instruction %#x", insn->code);
	}
	registers[insn->dst_reg] = to;
}

static bool jumps(const struct bpf_insn *insn, const uint64_t *registers)
{
	const uint32_t left = (uint32_t)registers[insn->dst_reg], right = (uint32_t)insn->imm;

	assert_int_equal(BPF_SRC(insn->code), BPF_K);
	switch (BPF_OP(insn->code)) {
	case BPF_JNE:
		return left != right;
	case BPF_JEQ:
		return left == right;
	default:
		fail_msg("instruction %#x", insn->code);
		return false;
	}
}

/* Marks each instruction that is reached. */
static bool run(const struct bpf_insn *program, size_t n, const struct bpf_cgroup_dev_ctx *context,
		bool *reached)
{
	uint64_t registers[11] = {};

	for (size_t at = 0; at < n; at++) {
		const struct bpf_insn *insn = &program[at];

		reached[at] = true;
		switch (BPF_CLASS(insn->code)) {
		case BPF_LDX:
			assert_int_equal(insn->code, BPF_LDX | BPF_MEM | BPF_W);
			assert_int_equal(insn->src_reg, BPF_REG_1);
			registers[insn->dst_reg] = *(
				const uint32_t *)(const void *)((const char *)context + insn->off);
			break;
		case BPF_ALU:
		case BPF_ALU64:
			alu(insn, registers);
			break;
		case BPF_JMP32:
			if (jumps(insn, registers)) {
				assert_true(insn->off >= 0); /* no loops */
				at += (size_t)insn->off;
			}
			break;
		case BPF_JMP:
			if (insn->code == (BPF_JMP | BPF_JA)) {
				assert_true(insn->off >= 0);
				at += (size_t)insn->off;
				break;
			}
			assert_int_equal(insn->code, BPF_JMP | BPF_EXIT);
			return registers[0];
		default:
			fail_msg("instruction %#x", insn->code);
		}
	}
	fail_msg("the program runs past its end");
	return false;
}

static short kernel_bits(unsigned access)
{
	return (short)((access & R ? BPF_DEVCG_ACC_READ : 0) |
		       (access & W ? BPF_DEVCG_ACC_WRITE : 0) |
		       (access & M ? BPF_DEVCG_ACC_MKNOD : 0));
}

static bool allowed(const struct device_rule *rules, size_t n, char type, uint32_t major,
		    uint32_t minor, unsigned access)
{
	autoarena struct arena arena = {};
	const uint32_t kind = type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
	const struct bpf_cgroup_dev_ctx context = {
		.access_type = (uint32_t)kernel_bits(access) << 16 | kind,
		.major = major,
		.minor = minor,
	};
	size_t length;
	const struct bpf_insn *program = device_bpf_build(&arena, rules, n, &length);

	return run(program, length, &context, arena_array(&arena, length, sizeof(bool)));
}

/* What the rules mean, said another way: for each of read, write and mknod the last rule about it. */
static bool meant(const struct device_rule *rules, size_t n, char type, uint32_t major,
		  uint32_t minor, unsigned access)
{
	for (unsigned bit = 1; bit <= M; bit <<= 1) {
		bool allow = false;

		for (size_t i = 0; i < n; i++) {
			const struct device_rule *rule = &rules[i];

			if ((rule->type == 'a' || rule->type == type) &&
			    (rule->major < 0 || rule->major == major) &&
			    (rule->minor < 0 || rule->minor == minor) && rule->access & bit)
				allow = rule->allow;
		}
		if (access & bit && !allow)
			return false;
	}
	return true;
}

// clang-format off
static const struct device_rule deny_all = { false, 'a', -1, -1, RWM };
static const struct device_rule null_only[] = {
	{ false, 'a', -1, -1, RWM },
	{ true,  'c',  1,  3, R | W },
};
// clang-format on

static void without_rules_nothing_is_allowed(void **)
{
	assert_false(allowed(NULL, 0, 'c', 1, 3, R));
	assert_false(allowed(&deny_all, 1, 'c', 1, 3, R));
}

static void a_rule_allows_its_device_and_no_other(void **)
{
	assert_true(allowed(null_only, 2, 'c', 1, 3, R));
	assert_true(allowed(null_only, 2, 'c', 1, 3, R | W));
	assert_false(allowed(null_only, 2, 'c', 1, 3, M));
	assert_false(allowed(null_only, 2, 'c', 1, 3, R | M));
	assert_false(allowed(null_only, 2, 'b', 1, 3, R));
	assert_false(allowed(null_only, 2, 'c', 1, 4, R));
	assert_false(allowed(null_only, 2, 'c', 2, 3, R));
}

static void the_last_rule_that_matches_decides(void **)
{
	const struct device_rule rules[] = { { true, 'c', 1, 3, RWM },
					     { false, 'c', 1, -1, RWM },
					     { true, 'c', 1, 5, R } };

	assert_false(allowed(rules, 3, 'c', 1, 3, R));
	assert_true(allowed(rules, 3, 'c', 1, 5, R));
	assert_false(allowed(rules, 3, 'c', 1, 5, W));
}

static void opening_for_both_passes_no_rule_against_one(void **)
{
	const struct device_rule rules[] = { { true, 'c', 1, 3, RWM }, { false, 'c', 1, 3, W } };

	assert_true(allowed(rules, 2, 'c', 1, 3, R));
	assert_false(allowed(rules, 2, 'c', 1, 3, W));
	assert_false(allowed(rules, 2, 'c', 1, 3, R | W));
}

static void two_rules_for_one_each_allow_both(void **)
{
	const struct device_rule rules[] = { { true, 'c', 1, 3, R }, { true, 'c', 1, 3, W } };

	assert_true(allowed(rules, 2, 'c', 1, 3, R | W));
	assert_false(allowed(rules, 2, 'c', 1, 3, R | W | M));
}

static void a_wildcard_matches_every_number(void **)
{
	const struct device_rule rules[] = { deny_all, { true, 'c', 136, -1, R | W } };

	assert_true(allowed(rules, 2, 'c', 136, 0, R | W));
	assert_true(allowed(rules, 2, 'c', 136, UINT32_MAX, R | W));
	assert_false(allowed(rules, 2, 'c', 137, 0, R));
}

static void numbers_that_no_device_has_match_nothing(void **)
{
	/* dev_t of the kernel: 12 bits of major, 20 of minor; not cut to some other device's number */
	const struct device_rule rules[] = { { true, 'c', 0xfff, 0xfffff, R },
					     { true, 'c', 0x1001, 3, R },
					     { true, 'c', 1, 0x10'0003, R },
					     { true, 'c', 0x1'0000'0001, 3, R } };

	assert_true(allowed(rules, 4, 'c', 0xfff, 0xfffff, R));
	assert_false(allowed(rules, 4, 'c', 0xfff, 0, R));
	assert_false(allowed(rules, 4, 'c', 1, 3, R));
	assert_false(allowed(rules, 4, 'c', 2, 3, R));
}

static uint32_t dice(uint32_t *seed, uint32_t sides)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % sides;
}

static struct device_rule random_rule(uint32_t *seed)
{
	return (struct device_rule){
		.allow = dice(seed, 2),
		.type = "abc"[dice(seed, 3)],
		.major = (int64_t)dice(seed, 3) - 1,
		.minor = (int64_t)dice(seed, 3) - 1,
		.access = dice(seed, 8),
	};
}

static void the_program_does_what_the_rules_mean(void **)
{
	uint32_t seed = 42;

	for (int round = 0; round < 3000; round++) {
		struct device_rule rules[6];
		const size_t n = dice(&seed, 7);

		for (size_t i = 0; i < n; i++)
			rules[i] = random_rule(&seed);
		for (unsigned access = 1; access <= RWM; access++) {
			const char type = "bc"[dice(&seed, 2)];
			const uint32_t major = dice(&seed, 3), minor = dice(&seed, 3);

			if (allowed(rules, n, type, major, minor, access) !=
			    meant(rules, n, type, major, minor, access))
				fail_msg("round %d, %c %u:%u access %u", round, type, major, minor,
					 access);
		}
	}
}

/* The verifier refuses a program with instructions that nothing leads to. */
static void every_instruction_can_be_reached(void **)
{
	uint32_t seed = 7;

	for (int round = 0; round < 300; round++) {
		autoarena struct arena arena = {};
		struct device_rule rules[5];
		const size_t n = dice(&seed, 6);
		size_t length;

		for (size_t i = 0; i < n; i++)
			rules[i] = random_rule(&seed);

		const struct bpf_insn *program = device_bpf_build(&arena, rules, n, &length);
		bool *seen = arena_array(&arena, length + 1, sizeof(bool));

		seen[0] = true; /* a place that some instruction leads to, jump or not */
		for (size_t at = 0; at < length; at++) {
			const unsigned class = BPF_CLASS(program[at].code);

			assert_true(seen[at]);
			if (class != BPF_JMP)
				seen[at + 1] = true;
			if (class == BPF_JMP32 || program[at].code == (BPF_JMP | BPF_JA))
				seen[at + 1 + (size_t)program[at].off] = true;
		}
		assert_false(seen[length]);
	}
}

/* --- what is planned --- */

/* The plan of devices for linux.devices and linux.resources.devices alone. */
static bool plan_allows(const struct spec *spec, char type, uint32_t major, uint32_t minor,
			unsigned access)
{
	struct plan plan = { .id = "c" };
	struct error err = {};
	const struct plan_input in = { .spec = spec };

	assert_int_equal(plan_devices(&plan, &in, &err), 0);

	const bool ret = allowed(plan.cgroup.device_rules, plan.cgroup.n_device_rules, type, major,
				 minor, access);

	arena_free(&plan.arena);
	return ret;
}

// clang-format off
static const struct spec_device_rule engine_deny_all = { .allow = false, .type = 'a', .read = true, .write = true, .mknod = true };
static const struct spec_device_rule deny_null = {
	.allow = false, .type = 'c', .major = { 1, true }, .minor = { 3, true }, .read = true, .write = true, .mknod = true,
};
static const struct spec_device_rule fuse_read = { .allow = true, .type = 'c', .major = { 10, true }, .minor = { 229, true }, .read = true };
static const struct spec_device fuse = { .type = 'c', .path = "/dev/fuse", .major = 10, .minor = 229 };
// clang-format on

static void the_default_devices_outlive_an_engines_deny_all(void **)
{
	const struct spec spec = {
		.linux_.resources = { .devices = &engine_deny_all, .n_devices = 1 },
	};

	assert_true(plan_allows(&spec, 'c', 1, 3, R | W));
	assert_true(plan_allows(&spec, 'c', 5, 2, R | W));
	assert_true(plan_allows(&spec, 'c', 136, 12, R | W));
	assert_false(plan_allows(&spec, 'c', 1, 1, R)); /* /dev/mem */
	assert_false(plan_allows(&spec, 'b', 8, 0, R));
}

static void a_bundle_may_deny_a_default_device(void **)
{
	const struct spec_device_rule rules[] = { engine_deny_all, deny_null };
	const struct spec spec = { .linux_.resources = { .devices = rules, .n_devices = 2 } };

	assert_false(plan_allows(&spec, 'c', 1, 3, R));
	assert_true(plan_allows(&spec, 'c', 1, 5, R));
}

static void no_device_can_be_made(void **)
{
	const struct spec spec = {};

	for (uint32_t major = 0; major < 300; major++) {
		assert_false(plan_allows(&spec, 'c', major, 3, M));
		assert_false(plan_allows(&spec, 'b', major, 3, M));
	}
}

static void a_listed_device_does_not_widen_the_rules(void **)
{
	const struct spec_device_rule rules[] = { engine_deny_all, fuse_read };
	const struct spec with = { .linux_ = {
					   .devices = &fuse,
					   .n_devices = 1,
					   .resources = { .devices = rules, .n_devices = 2 } } };
	const struct spec without = { .linux_ = { .devices = &fuse, .n_devices = 1 } };

	assert_true(plan_allows(&with, 'c', 10, 229, R));
	assert_false(plan_allows(&with, 'c', 10, 229, W));
	assert_true(plan_allows(&without, 'c', 10, 229, R | W));
}

static const struct plan_device *find_node(const struct plan *plan, const char *path)
{
	const struct plan_device *ret = NULL;

	for (size_t i = 0; i < plan->n_devices; i++) {
		if (strcmp(plan->devices[i].path, path) == 0) {
			assert_null(ret); /* no path twice */
			ret = &plan->devices[i];
		}
	}
	return ret;
}

static void a_listed_node_takes_the_place_of_a_default_one(void **)
{
	const struct spec_device device = { .type = 'u',
					    .path = "/dev/null",
					    .major = 1,
					    .minor = 5,
					    .file_mode = { 0100640, true },
					    .uid = { 7, true } };
	const struct spec spec = { .linux_ = { .devices = &device, .n_devices = 1 } };
	struct plan plan = { .id = "c" };
	struct error err = {};
	const struct plan_input in = { .spec = &spec };

	assert_int_equal(plan_devices(&plan, &in, &err), 0);

	const struct plan_device *node = find_node(&plan, "/dev/null");

	assert_non_null(node);
	assert_int_equal(node->minor, 5);
	assert_int_equal(node->mode, 0640);
	assert_int_equal(node->type, 'c');
	assert_int_equal(node->uid, 7);
	assert_string_equal(node->from, "/linux/devices/0");
	assert_non_null(find_node(&plan, "/dev/urandom"));
	assert_int_equal(plan.n_links, 5);
	arena_free(&plan.arena);
}

static void nothing_is_made_in_a_dev_that_is_bound(void **)
{
	static const char *const options[] = { "rbind", "ro" };
	const struct spec_mount mount = { .destination = "/dev",
					  .source = "/dev",
					  .options = { options, 2 } };
	const struct spec spec = { .mounts = &mount, .n_mounts = 1 };
	struct plan plan = { .id = "c" };
	struct error err = {};
	const struct plan_input in = { .spec = &spec };

	assert_int_equal(plan_devices(&plan, &in, &err), 0);
	assert_int_equal(plan.n_devices, 0);
	assert_int_equal(plan.n_links, 0);
	arena_free(&plan.arena);
}

/* --- in the kernel --- */

/* Can a process in the cgroup open a node with these flags? 0 or its errno */
static int opens(int cgroup, const char *path, int flags)
{
	struct error err;
	int status, pipe_fds[2];
	char byte;

	assert_int_equal(pipe(pipe_fds), 0);

	const pid_t pid = fork();

	if (pid == 0) {
		close(pipe_fds[1]);
		if (read(pipe_fds[0], &byte, 1) != 1)
			_exit(255);

		const int fd = open(path, flags);

		_exit(fd < 0 ? errno : 0);
	}
	close(pipe_fds[0]);
	assert_int_equal(cgroup_attach(cgroup, pid, &err), 0);
	assert_int_equal(write(pipe_fds[1], "g", 1), 1);
	close(pipe_fds[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static size_t attached(int cgroup)
{
	uint32_t ids[8];
	union bpf_attr query = { .query = { .target_fd = (uint32_t)cgroup,
					    .attach_type = BPF_CGROUP_DEVICE,
					    .prog_ids = (uintptr_t)ids,
					    .prog_cnt = 8 } };

	assert_int_equal(syscall(SYS_bpf, BPF_PROG_QUERY, &query, sizeof query), 0);
	return query.query.prog_cnt;
}

static void attach(int cgroup, const struct device_rule *rules, size_t n)
{
	autoarena struct arena arena = {};
	struct error err = {};
	size_t length;
	const struct bpf_insn *program = device_bpf_build(&arena, rules, n, &length);

	if (device_bpf_attach(cgroup, program, length, &err) < 0)
		fail_msg("%s", err.text);
}

static void the_kernel_enforces_it_and_an_update_replaces_it(void **)
{
	const struct device_rule zero_only[] = { deny_all, { true, 'c', 1, 5, R } };
	struct error err = {};
	autoarena struct arena arena = {};
	autoclose int root = cgroup_root(&arena, NULL, &err);
	unsigned made;
	char path[64];

	needs_call(bpf);
	snprintf(path, sizeof path, "/brig-unit-bpf-%d", (int)getpid());

	autoclose int cgroup =
		root < 0 || getuid() != 0 ? -1 : cgroup_create(root, path, "", &made, &err);

	if (cgroup < 0) {
		print_message("skipped: no cgroup2 that we may attach a program to\n");
		skip();
	}

	attach(cgroup, null_only, 2);
	assert_int_equal(opens(cgroup, "/dev/null", O_RDWR), 0);
	assert_int_equal(opens(cgroup, "/dev/zero", O_RDONLY), EPERM);

	attach(cgroup, zero_only, 2);
	assert_int_equal(attached(cgroup), 1);
	assert_int_equal(opens(cgroup, "/dev/null", O_RDWR), EPERM);
	assert_int_equal(opens(cgroup, "/dev/zero", O_RDONLY), 0);
	assert_int_equal(opens(cgroup, "/dev/zero", O_RDWR), EPERM);

	assert_int_equal(cgroup_remove(root, path, 1, &err), 0);
}

/* The verifier must take every program that rules can lead to. */
static void the_kernel_loads_whatever_the_rules_are(void **)
{
	struct error err = {};
	autoarena struct arena arena = {};
	autoclose int root = cgroup_root(&arena, NULL, &err);
	uint32_t seed = 99;
	unsigned made;
	char path[64];

	needs_call(bpf);
	snprintf(path, sizeof path, "/brig-unit-bpf-%d", (int)getpid());

	autoclose int cgroup =
		root < 0 || getuid() != 0 ? -1 : cgroup_create(root, path, "", &made, &err);

	if (cgroup < 0) {
		print_message("skipped: no cgroup2 that we may attach a program to\n");
		skip();
	}
	for (int round = 0; round < 200; round++) {
		struct device_rule rules[40];
		const size_t n = dice(&seed, 41);

		for (size_t i = 0; i < n; i++)
			rules[i] = random_rule(&seed);
		attach(cgroup, rules, n);
	}
	assert_int_equal(attached(cgroup), 1);
	assert_int_equal(cgroup_remove(root, path, 1, &err), 0);
}

/* A test that failed has left its cgroup. */
static int clean_up(void **)
{
	autoarena struct arena arena = {};
	struct error err;
	autoclose int root = cgroup_root(&arena, NULL, &err);

	if (!kernel_has(SYS_bpf))
		return 0; /* nothing was made */
	return root < 0 ? 0
			: cgroup_remove(root,
					arena_printf(&arena, "/brig-unit-bpf-%d", (int)getpid()), 1,
					&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_rules_nothing_is_allowed),
		cmocka_unit_test(a_rule_allows_its_device_and_no_other),
		cmocka_unit_test(the_last_rule_that_matches_decides),
		cmocka_unit_test(opening_for_both_passes_no_rule_against_one),
		cmocka_unit_test(two_rules_for_one_each_allow_both),
		cmocka_unit_test(a_wildcard_matches_every_number),
		cmocka_unit_test(numbers_that_no_device_has_match_nothing),
		cmocka_unit_test(the_program_does_what_the_rules_mean),
		cmocka_unit_test(every_instruction_can_be_reached),
		cmocka_unit_test(the_default_devices_outlive_an_engines_deny_all),
		cmocka_unit_test(a_bundle_may_deny_a_default_device),
		cmocka_unit_test(no_device_can_be_made),
		cmocka_unit_test(a_listed_device_does_not_widen_the_rules),
		cmocka_unit_test(a_listed_node_takes_the_place_of_a_default_one),
		cmocka_unit_test(nothing_is_made_in_a_dev_that_is_bound),
		cmocka_unit_test(the_kernel_enforces_it_and_an_update_replaces_it),
		cmocka_unit_test(the_kernel_loads_whatever_the_rules_are),
	};

	return cmocka_run_group_tests(tests, NULL, clean_up);
}
