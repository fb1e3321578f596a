/* kernel/scheduling.c: when and where a process runs; sched(7), cpuset(7), set_mempolicy(2) */
#include "kernel/scheduling.h"

#include "base/cleanup.h"
#include "kernel/compat.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Which property an errno of sched_setattr(2) is about, and what to do. The first row that fits. */
// clang-format off
static const struct diagnosis {
	int code;
	int policy; /* or -1: any */
	const char *where, *remedy;
} diagnoses[] = {
	{ EPERM,  SCHED_OTHER,    "/process/scheduler/nice",     "a negative nice value needs CAP_SYS_NICE in the initial user namespace, or a raised RLIMIT_NICE" },
	{ EPERM,  SCHED_BATCH,    "/process/scheduler/nice",     "a negative nice value needs CAP_SYS_NICE in the initial user namespace, or a raised RLIMIT_NICE" },
	{ EPERM,  SCHED_DEADLINE, "/process/scheduler/policy",   "SCHED_DEADLINE needs CAP_SYS_NICE, and that brig may run on all processors of its root domain" },
	{ EPERM,  -1,             "/process/scheduler/policy",   "a real-time policy needs CAP_SYS_NICE in the initial user namespace, and with cgroup v1 a cpu.rt_runtime_us above 0" },
	{ EBUSY,  -1,             "/process/scheduler/runtime",  "the processors have no such share left: ask for less runtime or a longer period" },
	{ EINVAL, SCHED_DEADLINE, "/process/scheduler/deadline", "SCHED_DEADLINE wants 1024 ns <= runtime <= deadline <= period" },
	{ EINVAL, SCHED_FIFO,     "/process/scheduler/priority", "SCHED_FIFO wants a priority from 1 to 99" },
	{ EINVAL, SCHED_RR,       "/process/scheduler/priority", "SCHED_RR wants a priority from 1 to 99" },
	{ EINVAL, SCHED_ISO,      "/process/scheduler/policy",   "no Linux kernel implements SCHED_ISO: use SCHED_RR" },
	{ EINVAL, -1,             "/process/scheduler/priority", "this policy wants priority 0, and flags that the kernel knows" },
	{ EOPNOTSUPP, -1,         "/process/scheduler/flags",    "this kernel is built without CONFIG_UCLAMP_TASK" },
};
// clang-format on

static int diagnose(const struct scheduling *scheduling, struct error *err)
{
	(void)error_sys(err, "/process/scheduler", "cannot set the scheduling policy");
	for (size_t i = 0; i < ARRAY_LEN(diagnoses); i++) {
		const struct diagnosis *row = &diagnoses[i];

		if (row->code != err->code ||
		    (row->policy >= 0 && row->policy != scheduling->policy))
			continue;
		errno = row->code;
		(void)error_sys(err, row->where, "cannot set the scheduling policy");
		return error_remedy(err, "%s", row->remedy);
	}
	return -1;
}

int scheduling_set(pid_t pid, const struct scheduling *scheduling, struct error *err)
{
	const struct compat_sched_attr attr = {
		.size = sizeof attr,
		.sched_policy = (uint32_t)scheduling->policy,
		.sched_flags = scheduling->flags,
		.sched_nice = scheduling->nice,
		.sched_priority = (uint32_t)scheduling->priority,
		.sched_runtime = scheduling->runtime,
		.sched_deadline = scheduling->deadline,
		.sched_period = scheduling->period,
	};

	/* the kernel would bring a nice value into range without a word: sched_setattr(2) */
	if (scheduling->nice < -20 || scheduling->nice > 19)
		return error_set(err, ERR_SPEC, "/process/scheduler/nice",
				 "a nice value goes from -20 to 19, not %d", scheduling->nice);
	if (syscall(SYS_sched_setattr, pid, &attr, 0) < 0)
		return diagnose(scheduling, err);
	return 0;
}

int scheduling_set_io_priority(pid_t pid, int class, int level, struct error *err)
{
	const int value = class << IOPRIO_CLASS_SHIFT | level;

	if (level < 0 || level > 7)
		return error_set(err, ERR_SPEC, "/process/ioPriority/priority",
				 "an I/O priority goes from 0 to 7, not %d", level);
	if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid, value) == 0)
		return 0;
	(void)error_sys(err, "/process/ioPriority", "cannot set the I/O priority");
	if (err->code == EPERM)
		return error_remedy(err,
				    "IOPRIO_CLASS_RT needs CAP_SYS_NICE or CAP_SYS_ADMIN in the "
				    "initial user namespace");
	return -1;
}

static void add_number(struct number_set *set, unsigned number)
{
	enum { WORD_BITS = 8 * sizeof set->words[0] };

	set->words[number / WORD_BITS] |= 1UL << number % WORD_BITS;
	if (number >= set->n)
		set->n = number + 1;
}

/* strtoul(3) would take a sign, and skip newlines. NULL if there is no number below the limit. */
static const char *parse_number(const char *text, unsigned *ret)
{
	unsigned number = 0;

	if (*text < '0' || *text > '9')
		return NULL;
	for (; *text >= '0' && *text <= '9'; text++) {
		number = number * 10 + (unsigned)(*text - '0');
		if (number >= NUMBER_SET_MAX)
			return NULL;
	}
	*ret = number;
	return text;
}

static const char *skip_spaces(const char *text)
{
	return text + strspn(text, " ");
}

/* "3" or "0-3"; returns what follows it, or NULL */
static const char *parse_range(const char *text, unsigned *ret_first, unsigned *ret_last)
{
	const char *end = parse_number(text, ret_first);

	*ret_last = *ret_first;
	if (end && *end == '-')
		end = parse_number(end + 1, ret_last);
	return end && *ret_last >= *ret_first ? end : NULL;
}

int number_set_parse(const char *list, const char *from, struct number_set *ret, struct error *err)
{
	struct number_set set = {};
	const char *text = skip_spaces(list);
	bool more = *text != '\0'; /* an empty list is an empty set */

	while (more) {
		unsigned first = 0, last = 0;
		const char *end = parse_range(text, &first, &last);

		text = end ? skip_spaces(end) : text;
		more = *text == ',';
		if (!end || (*text && !more))
			return error_set(err, ERR_SPEC, from,
					 "'%s' is no list of numbers below %d, such as 0-3,7", list,
					 NUMBER_SET_MAX);
		for (unsigned number = first; number <= last; number++)
			add_number(&set, number);
		if (more)
			text = skip_spaces(text + 1);
	}
	*ret = set;
	return 0;
}

int scheduling_set_affinity(pid_t pid, const char *cpus, const char *from, struct error *err)
{
	struct number_set set;

	if (number_set_parse(cpus, from, &set, err) < 0)
		return -1;
	if (syscall(SYS_sched_setaffinity, pid, sizeof set.words, set.words) >= 0)
		return 0;
	(void)error_sys(err, from, "cannot run on the processors '%s' only", cpus);
	if (err->code == EINVAL)
		return error_remedy(err,
				    "at least one of them must be online and within the cpuset "
				    "of the cgroup");
	return -1;
}

int scheduling_set_memory_policy(int mode, unsigned flags, const char *nodes, struct error *err)
{
	struct number_set set = {};

	if (nodes && number_set_parse(nodes, "/linux/memoryPolicy/nodes", &set, err) < 0)
		return -1;

	/* the kernel takes one off the number of bits: set_mempolicy(2), "BUGS" of numa(3) */
	const unsigned long bits = set.n > 0 ? set.n + 1UL : 0;

	if (syscall(SYS_set_mempolicy, (unsigned)mode | flags, set.n > 0 ? set.words : NULL,
		    bits) == 0)
		return 0;
	(void)error_sys(err, "/linux/memoryPolicy", "cannot set the memory policy");
	if (err->code == ENOSYS)
		return error_remedy(err,
				    "this kernel is built without CONFIG_NUMA: leave the memory "
				    "policy out");
	if (err->code == EINVAL)
		return error_remedy(err,
				    "the mode and its flags must be known to this kernel, and the "
				    "nodes must exist and be within the cpuset of the cgroup");
	return -1;
}

/* PR_SCHED_CORE answers ENODEV when there is no SMT, and EINVAL when the kernel is built without it;
 * core-scheduling.rst. */
static int call_sched_core(unsigned command, pid_t pid, unsigned scope, uint64_t *ret_cookie)
{
	if (prctl(PR_SCHED_CORE, command, pid, scope, ret_cookie) == 0 || errno == ENODEV)
		return 0;
	return -1;
}

bool scheduling_has_cores(void)
{
	uint64_t cookie;

	return call_sched_core(PR_SCHED_CORE_GET, 0, PR_SCHED_CORE_SCOPE_THREAD, &cookie) == 0;
}

int scheduling_create_core(pid_t pid, struct error *err)
{
	if (call_sched_core(PR_SCHED_CORE_CREATE, pid, PR_SCHED_CORE_SCOPE_THREAD_GROUP, NULL) < 0)
		return error_sys(err, "core scheduling", "cannot get processor cores of our own");
	return 0;
}

int scheduling_share_core(pid_t pid, struct error *err)
{
	if (call_sched_core(PR_SCHED_CORE_SHARE_FROM, pid, PR_SCHED_CORE_SCOPE_THREAD, NULL) < 0)
		return error_sys(err, "core scheduling",
				 "cannot share the processor cores of process %d", pid);
	return 0;
}
