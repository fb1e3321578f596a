#include "kernel/scheduling.h"

#include "base/cleanup.h"
#include "kernel/compat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "in_child.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>

static bool contains(const struct number_set *set, unsigned number)
{
	const unsigned bits = 8 * sizeof set->words[0];

	return set->words[number / bits] >> number % bits & 1;
}

static void a_list_of_numbers_is_read_as_cpuset_writes_it(void **)
{
	struct number_set set;
	struct error err;

	assert_int_equal(number_set_parse("0-3,7", "/x", &set, &err), 0);
	for (unsigned number = 0; number < 100; number++)
		assert_int_equal(contains(&set, number), number <= 3 || number == 7);
	assert_int_equal(set.n, 8);

	assert_int_equal(number_set_parse(" 64 , 8191 ", "/x", &set, &err), 0);
	assert_true(contains(&set, 64) && contains(&set, 8191) && !contains(&set, 63));
	assert_int_equal(set.n, 8192);

	assert_int_equal(number_set_parse("", "/x", &set, &err), 0);
	assert_int_equal(set.n, 0);
}

static void what_is_no_list_is_refused_with_its_place(void **)
{
	static const char *const wrong[] = {
		",",   "1,",    "1,,2", "3-1", "-1",   "1-",     "a",
		"1 2", "1;",    "+1",   "0x1", "8192", "0-8192", "99999999999999999999",
		"1\n", "1-2-3",
	};
	struct number_set set = { .n = 77 };
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		if (number_set_parse(wrong[i], "/process/execCPUAffinity/final", &set, &err) == 0)
			fail_msg("'%s' was taken for a list", wrong[i]);
		assert_int_equal(err.kind, ERR_SPEC);
		assert_string_equal(err.where, "/process/execCPUAffinity/final");
	}
	assert_int_equal(set.n, 77); /* untouched */
}

static void drop_effective(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {};

	CHECK(syscall(SYS_capset, &header, data) == 0);
}

static void schedule(void)
{
	const struct scheduling batch = { .policy = SCHED_BATCH, .nice = 5 };
	struct error err;

	CHECK(scheduling_set(0, &batch, &err) == 0);
	CHECK(sched_getscheduler(0) == SCHED_BATCH && getpriority(PRIO_PROCESS, 0) == 5);
	drop_effective();

	// clang-format off
	const struct {
		struct scheduling scheduling;
		int code;
		const char *where;
	} wrong[] = {
		{ { .policy = SCHED_OTHER, .nice = -5 },         EPERM,  "/process/scheduler/nice"     },
		{ { .policy = SCHED_OTHER, .nice = 20 },         0,      "/process/scheduler/nice"     },
		{ { .policy = SCHED_OTHER, .priority = 1 },      EINVAL, "/process/scheduler/priority" },
		{ { .policy = SCHED_FIFO, .priority = 1 },       EPERM,  "/process/scheduler/policy"   },
		{ { .policy = SCHED_RR, .priority = 100 },       EINVAL, "/process/scheduler/priority" },
		{ { .policy = SCHED_ISO },                       EINVAL, "/process/scheduler/policy"   },
		{ { .policy = SCHED_DEADLINE, .runtime = 2000,
		    .deadline = 1000, .period = 1000 },          EINVAL, "/process/scheduler/deadline" },
	};
	// clang-format on

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		CHECK(scheduling_set(0, &wrong[i].scheduling, &err) == -1);
		if (err.code != wrong[i].code || strcmp(err.where, wrong[i].where) != 0)
			dprintf(2, "%zu: %d %s %s\n", i, err.code, err.where, err.text);
		CHECK(err.code == wrong[i].code);
		CHECK(strcmp(err.where, wrong[i].where) == 0);
	}
}

static void a_refused_scheduling_policy_names_the_property(void **)
{
	passes(schedule);
}

static void prioritise_io(void)
{
	struct error err;

	CHECK(scheduling_set_io_priority(0, IOPRIO_CLASS_BE, 7, &err) == 0);
	CHECK(syscall(SYS_ioprio_get, 1, 0) == (IOPRIO_CLASS_BE << IOPRIO_CLASS_SHIFT | 7));
	CHECK(scheduling_set_io_priority(0, IOPRIO_CLASS_BE, 8, &err) == -1);
	CHECK(strcmp(err.where, "/process/ioPriority/priority") == 0);
	drop_effective();
	CHECK(scheduling_set_io_priority(0, IOPRIO_CLASS_RT, 0, &err) == -1);
	CHECK(err.code == EPERM && err.remedy[0]);
}

static void a_real_time_io_class_without_the_right_names_a_remedy(void **)
{
	passes(prioritise_io);
}

static void choose_processors(void)
{
	struct error err;
	cpu_set_t own;
	char list[16];
	unsigned cpu = 0;

	CHECK(sched_getaffinity(0, sizeof own, &own) == 0);
	while (!CPU_ISSET(cpu, &own))
		cpu++;
	snprintf(list, sizeof list, "%u", cpu);
	CHECK(scheduling_set_affinity(0, list, "/x", &err) == 0);
	CHECK(sched_getaffinity(0, sizeof own, &own) == 0);
	CHECK(CPU_COUNT(&own) == 1 && CPU_ISSET(cpu, &own));
	CHECK(scheduling_set_affinity(0, "8191", "/x", &err) == -1);
	CHECK(err.code == EINVAL && strcmp(err.where, "/x") == 0 && err.remedy[0]);
}

static void a_process_runs_on_the_processors_of_the_list(void **)
{
	passes(choose_processors);
}

static void choose_memory(void)
{
	struct error err;
	int mode = -1;
	unsigned long nodes[NUMBER_SET_MAX / (8 * sizeof(unsigned long))] = {};

	if (syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0) < 0 && errno == ENOSYS) {
		CHECK(scheduling_set_memory_policy(MPOL_BIND, 0, "0", &err) == -1);
		CHECK(strstr(err.remedy, "CONFIG_NUMA"));
		return;
	}
	CHECK(scheduling_set_memory_policy(MPOL_BIND, MPOL_F_STATIC_NODES, "0", &err) == 0);
	CHECK(syscall(SYS_get_mempolicy, &mode, nodes, (unsigned long)NUMBER_SET_MAX, NULL, 0) ==
	      0);
	CHECK(mode == (MPOL_BIND | MPOL_F_STATIC_NODES) && nodes[0] == 1);
	CHECK(scheduling_set_memory_policy(MPOL_DEFAULT, 0, NULL, &err) == 0);
	CHECK(scheduling_set_memory_policy(MPOL_BIND, 0, "4000", &err) == -1);
	CHECK(err.code == EINVAL && strcmp(err.where, "/linux/memoryPolicy") == 0);
	CHECK(scheduling_set_memory_policy(MPOL_BIND, 0, "zero", &err) == -1);
	CHECK(strcmp(err.where, "/linux/memoryPolicy/nodes") == 0);
}

static void a_memory_policy_reaches_the_kernel_with_its_nodes(void **)
{
	passes(choose_memory);
}

static void take_a_core(void)
{
	struct error err;

	if (!scheduling_has_cores()) {
		CHECK(scheduling_create_core(0, &err) == -1);
		CHECK(strcmp(err.where, "core scheduling") == 0);
		return;
	}
	CHECK(scheduling_create_core(0, &err) == 0);
	CHECK(scheduling_share_core(getppid(), &err) == 0);
}

static void core_scheduling_works_or_is_said_to_be_missing(void **)
{
	passes(take_a_core);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_of_numbers_is_read_as_cpuset_writes_it),
		cmocka_unit_test(what_is_no_list_is_refused_with_its_place),
		cmocka_unit_test(a_refused_scheduling_policy_names_the_property),
		cmocka_unit_test(a_real_time_io_class_without_the_right_names_a_remedy),
		cmocka_unit_test(a_process_runs_on_the_processors_of_the_list),
		cmocka_unit_test(a_memory_policy_reaches_the_kernel_with_its_nodes),
		cmocka_unit_test(core_scheduling_works_or_is_said_to_be_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
