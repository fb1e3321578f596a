/* kernel/device_bpf.c: the cgroup device program
 *
 * Theory of operation
 *
 * cgroup v2 has no device files. A program of type BPF_PROG_TYPE_CGROUP_DEVICE is attached to the
 * cgroup, and the kernel runs it when a process below opens or makes a device node; 0 says EPERM:
 * Documentation/admin-guide/cgroup-v2.rst, "Device controller". It is given a struct
 * bpf_cgroup_dev_ctx: type, what is wanted (a mask), major, minor.
 *
 * The rules say: the last one that matches decides. So the program goes through them from the last
 * to the first, and keeps in a register what is wanted and not yet allowed. A rule to allow takes its
 * bits away, and the answer is yes once none is left; a rule to deny answers no if it has any of
 * them. Thus each of read, write and mknod is decided by the last rule about it, and an open for
 * both reading and writing passes neither by a rule for one of them, nor past a rule against one.
 *
 * Programs of cgroups above (systemd's DevicePolicy=) run as well, and each must say yes: that is
 * BPF_F_ALLOW_MULTI, bpf(2) and linux/bpf.h.
 */
#include "kernel/device_bpf.h"

#include "base/cleanup.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

enum {
	/* registers, by what they hold */
	RESULT = BPF_REG_0,
	CONTEXT = BPF_REG_1, /* also scratch, once all is loaded */
	TYPE = BPF_REG_2,
	WANTED = BPF_REG_3,
	MAJOR = BPF_REG_4,
	MINOR = BPF_REG_5,
	DEVICE = BPF_REG_6, /* major and minor as the kernel's dev_t, include/linux/kdev_t.h */

	MINOR_BITS = 20,
	MAJOR_MAX = (1 << 12) - 1,
	MINOR_MAX = (1 << MINOR_BITS) - 1,

	PROLOGUE = 9,
	PER_RULE = 8, /* at most, as a group of its own: type, device, past, access, verdict */
	EPILOGUE = 2,
	ACCESS_ALL = DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD,
	PROGRAMS_MAX = 64, /* attached to one cgroup: BPF_CGROUP_MAX_PROGS, kernel/bpf/cgroup.c */
};

/* By this name we know our own program again; at most BPF_OBJ_NAME_LEN with its NUL. */
static const char program_name[] = "brig_devices";
static_assert(sizeof program_name <= BPF_OBJ_NAME_LEN, "the kernel cuts the name");

struct code {
	struct bpf_insn *insns;
	size_t n;
};

static struct bpf_insn *add(struct code *code, unsigned op, unsigned to, unsigned from, int value)
{
	struct bpf_insn *insn = &code->insns[code->n++];

	*insn = (struct bpf_insn){
		.code = (uint8_t)op,
		.dst_reg = to & 0xfU,
		.src_reg = from & 0xfU,
		.imm = value,
	};
	return insn;
}

static void add_load(struct code *code, unsigned to, size_t offset)
{
	add(code, BPF_LDX | BPF_MEM | BPF_W, to, CONTEXT, 0)->off = (int16_t)offset;
}

static void add_verdict(struct code *code, bool allow)
{
	add(code, BPF_ALU64 | BPF_MOV | BPF_K, RESULT, 0, allow);
	add(code, BPF_JMP | BPF_EXIT, 0, 0, 0);
}

static void add_prologue(struct code *code)
{
	add_load(code, TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	add(code, BPF_ALU | BPF_MOV | BPF_X, WANTED, TYPE, 0);
	add(code, BPF_ALU | BPF_RSH | BPF_K, WANTED, 0, 16); /* (access << 16) | type */
	add(code, BPF_ALU | BPF_AND | BPF_K, TYPE, 0, 0xffff);
	add_load(code, MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	add_load(code, MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
	add(code, BPF_ALU | BPF_MOV | BPF_X, DEVICE, MAJOR, 0);
	add(code, BPF_ALU | BPF_LSH | BPF_K, DEVICE, 0, MINOR_BITS);
	add(code, BPF_ALU | BPF_OR | BPF_X, DEVICE, MINOR, 0);
}

static int kernel_access(unsigned access)
{
	int bits = 0;

	if (access & DEVICE_READ)
		bits |= BPF_DEVCG_ACC_READ;
	if (access & DEVICE_WRITE)
		bits |= BPF_DEVCG_ACC_WRITE;
	if (access & DEVICE_MKNOD)
		bits |= BPF_DEVCG_ACC_MKNOD;
	return bits;
}

/* Jumps count from the instruction after them. */
static void land(struct code *code, size_t jump)
{
	code->insns[jump].off = (int16_t)(code->n - jump - 1);
}

static bool is_for_every_number(const struct device_rule *rule)
{
	return rule->major < 0 && rule->minor < 0;
}

/* A number that no device has, or no access: nothing matches such a rule. */
static bool matches_nothing(const struct device_rule *rule)
{
	return (rule->access & ACCESS_ALL) == 0 || rule->major > MAJOR_MAX ||
	       rule->minor > MINOR_MAX;
}

/* Do they say the same, but for the device? */
static bool is_same_but_device(const struct device_rule *a, const struct device_rule *b)
{
	return a->type == b->type && a->allow == b->allow &&
	       ((a->access ^ b->access) & ACCESS_ALL) == 0;
}

/* A jump that is taken by the device of a rule; 32 bits: no sign extension. */
static void add_device_test(struct code *code, const struct device_rule *rule)
{
	const unsigned take_if = BPF_JMP32 | BPF_JEQ | BPF_K;

	if (rule->major >= 0 && rule->minor >= 0)
		add(code, take_if, DEVICE, 0,
		    (int32_t)((uint32_t)rule->major << MINOR_BITS | (uint32_t)rule->minor));
	else if (rule->major >= 0)
		add(code, take_if, MAJOR, 0, (int32_t)rule->major);
	else
		add(code, take_if, MINOR, 0, (int32_t)rule->minor);
}

/* The verdict of a rule about a device that matches; a jump that goes past it, or -1: it decides all. */
static ptrdiff_t add_access(struct code *code, const struct device_rule *rule)
{
	ptrdiff_t past = -1;

	if ((rule->access & ACCESS_ALL) == ACCESS_ALL) {
		/* no matter what is wanted */
	} else if (rule->allow) {
		add(code, BPF_ALU | BPF_AND | BPF_K, WANTED, 0, ~kernel_access(rule->access));
		past = (ptrdiff_t)code->n;
		add(code, BPF_JMP32 | BPF_JNE | BPF_K, WANTED, 0, 0);
	} else {
		add(code, BPF_ALU | BPF_MOV | BPF_X, CONTEXT, WANTED, 0);
		add(code, BPF_ALU | BPF_AND | BPF_K, CONTEXT, 0, kernel_access(rule->access));
		past = (ptrdiff_t)code->n;
		add(code, BPF_JMP32 | BPF_JEQ | BPF_K, CONTEXT, 0, 0);
	}
	add_verdict(code, rule->allow);
	return past;
}

/* The tests of a group's devices, then a jump past the group; nothing if one rule is for every device. */
static ptrdiff_t add_device_tests(struct code *code, const struct device_rule *rules, size_t n)
{
	const size_t first = code->n;

	for (size_t i = 0; i < n; i++) {
		if (is_for_every_number(&rules[i]))
			return -1;
	}
	for (size_t i = 0; i < n; i++) {
		if (!matches_nothing(&rules[i]))
			add_device_test(code, &rules[i]);
	}

	const size_t past = code->n;

	add(code, BPF_JMP | BPF_JA, 0, 0, 0);
	for (size_t i = first; i < past; i++)
		land(code, i);
	return (ptrdiff_t)past;
}

/* @n neighbouring rules that are the same but for the device. */
static void add_group(struct code *code, const struct device_rule *rules, size_t n)
{
	ptrdiff_t past[3] = { -1, -1, -1 };

	if (rules->type != 'a') {
		past[0] = (ptrdiff_t)code->n;
		add(code, BPF_JMP32 | BPF_JNE | BPF_K, TYPE, 0,
		    rules->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	}
	past[1] = add_device_tests(code, rules, n);
	past[2] = add_access(code, rules);
	for (size_t i = 0; i < ARRAY_LEN(past); i++) {
		if (past[i] >= 0)
			land(code, (size_t)past[i]);
	}
}

/* How many rules, up to and including the one before @end, are a group. */
static size_t group_before(const struct device_rule *rules, size_t end)
{
	size_t n = 1;

	while (n < end && is_same_but_device(&rules[end - n - 1], &rules[end - 1]))
		n++;
	return n;
}

static bool has_match(const struct device_rule *rules, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!matches_nothing(&rules[i]))
			return true;
	}
	return false;
}

/* Does a rule of the group decide whatever is left? */
static bool decides_all(const struct device_rule *rules, size_t n)
{
	if (rules->type != 'a' || (rules->access & ACCESS_ALL) != ACCESS_ALL)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (is_for_every_number(&rules[i]))
			return true;
	}
	return false;
}

const struct bpf_insn *device_bpf_build(struct arena *arena, const struct device_rule *rules,
					size_t n, size_t *ret_n)
{
	struct code code = {
		.insns = arena_array(arena, PROLOGUE + n * PER_RULE + EPILOGUE,
				     sizeof(struct bpf_insn)),
	};
	bool allow_the_rest = false;

	add_prologue(&code);
	for (size_t end = n, size; end > 0; end -= size) {
		size = group_before(rules, end);

		const struct device_rule *group = &rules[end - size];

		if (decides_all(group, size)) {
			/* What comes before it would never be reached, which the verifier refuses. */
			allow_the_rest = group->allow;
			break;
		}
		if (has_match(group, size))
			add_group(&code, group, size);
	}
	add_verdict(&code, allow_the_rest);
	*ret_n = code.n;
	return code.insns;
}

/* --- loading --- */

static int bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof *attr);
}

/* A pointer as the kernel takes it, in 64 bits on each architecture. */
static uint64_t address(const void *pointer)
{
	return (uintptr_t)pointer;
}

static int load(const struct bpf_insn *program, size_t n)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = address(program),
		.insn_cnt = (uint32_t)n,
		.license = address("Apache-2.0"), /* no helper that asks for another */
		.expected_attach_type = BPF_CGROUP_DEVICE,
	};

	memcpy(attr.prog_name, program_name, sizeof program_name);
	return bpf(BPF_PROG_LOAD, &attr);
}

static bool is_ours(int program)
{
	struct bpf_prog_info info = {};
	union bpf_attr attr = {
		.info = {
			.bpf_fd = (uint32_t)program,
			.info_len = sizeof info,
			.info = address(&info),
		},
	};

	return bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) == 0 &&
	       strncmp(info.name, program_name, sizeof info.name) == 0;
}

/* Our program that is attached to the cgroup: an owned fd, or -1 if there is none */
static int find_attached(int cgroup)
{
	uint32_t ids[PROGRAMS_MAX];
	union bpf_attr attached = {
		.query = {
			.target_fd = (uint32_t)cgroup,
			.attach_type = BPF_CGROUP_DEVICE,
			.prog_ids = address(ids),
			.prog_cnt = PROGRAMS_MAX,
		},
	};

	if (bpf(BPF_PROG_QUERY, &attached) < 0)
		return -1;

	for (uint32_t i = 0; i < attached.query.prog_cnt && i < PROGRAMS_MAX; i++) {
		union bpf_attr by_id = { .prog_id = ids[i] };
		autoclose int program = bpf(BPF_PROG_GET_FD_BY_ID, &by_id);

		if (program >= 0 && is_ours(program))
			return fd_take(&program);
	}
	return -1;
}

int device_bpf_attach(int cgroup, const struct bpf_insn *program, size_t n, struct error *err)
{
	autoclose int fd = load(program, n);

	if (fd < 0) {
		(void)error_sys(err, "/linux/resources/devices",
				"cannot load the device program of %zu instructions", n);
		if (err->code == EPERM)
			return error_remedy(err, "CAP_BPF or CAP_SYS_ADMIN is needed in the "
						 "initial user namespace");
		return -1;
	}

	autoclose int old = find_attached(cgroup);
	union bpf_attr attr = {
		.target_fd = (uint32_t)cgroup,
		.attach_bpf_fd = (uint32_t)fd,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI | (old >= 0 ? BPF_F_REPLACE : 0),
		.replace_bpf_fd = old >= 0 ? (uint32_t)old : 0,
	};

	if (bpf(BPF_PROG_ATTACH, &attr) < 0) {
		(void)error_sys(err, "/linux/resources/devices",
				"cannot attach the device program to the cgroup");
		if (err->code == EPERM)
			return error_remedy(err, "a cgroup above has a device program that allows "
						 "no other: detach it with bpftool cgroup");
		return -1;
	}
	return 0;
}
