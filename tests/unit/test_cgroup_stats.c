/* Statistics are read from a directory of files as the kernel writes them; and from a real cgroup. */
#include "kernel/cgroup_stats.h"

#include "base/cleanup.h"
#include "kernel/cgroup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

struct file {
	const char *name, *text;
};

static const struct file files[] = {
	{ "cpu.stat", "usage_usec 5000\nuser_usec 3000\nsystem_usec 2000\nnr_periods 7\n"
		      "nr_throttled 2\nthrottled_usec 40\nnr_bursts 0\n" },
	{ "cpu.max", "max 100000\n" },
	{ "cpu.pressure", "some avg10=0.12 avg60=3.40 avg300=100.00 total=987\n"
			  "full avg10=0.00 avg60=0.00 avg300=0.00 total=5\n" },
	{ "memory.current", "4096\n" },
	{ "memory.max", "8192\n" },
	{ "memory.peak", "6000\n" },
	{ "memory.swap.current", "100\n" },
	{ "memory.swap.max", "1000\n" },
	{ "memory.events", "low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\n" },
	{ "memory.stat", "anon 11\nfile 22\nkernel 33\n" },
	{ "pids.current", "5\n" },
	{ "pids.max", "max\n" },
	{ "io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n253:1 \n" },
	{ "hugetlb.2MB.max", "max\n" },
	{ "hugetlb.2MB.current", "2097152\n" },
	{ "hugetlb.2MB.events", "max 9\n" },
	{ "hugetlb.2MB.rsvd.max", "0\n" },
	{ "rdma.current", "mlx4_0 hca_handle=2 hca_object=2000\nocrdma1 hca_handle=3\n" },
	{ "cpuset.cpus.effective", "0-3\n" },
};

struct fixture {
	char path[64];
	int dir;
	struct arena arena;
};

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .path = "/tmp/brig-stats-XXXXXX" };
	if (!mkdtemp(f.path))
		return -1;
	f.dir = open(f.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	*state = &f;
	return f.dir < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		unlinkat(f->dir, files[i].name, 0);
	close(f->dir);
	arena_free(&f->arena);
	return rmdir(f->path);
}

static void put(struct fixture *f, const char *name, const char *text)
{
	autoclose int fd = openat(f->dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static struct cgroup_stats read_all(struct fixture *f)
{
	struct cgroup_stats stats;
	struct error err = {};

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		put(f, files[i].name, files[i].text);
	assert_int_equal(cgroup_stats_read(f->dir, &f->arena, &stats, &err), 0);
	return stats;
}

static void cpu_times_are_nanoseconds(void **state)
{
	const struct cgroup_cpu_stats cpu = read_all(*state).cpu;

	assert_true(cpu.set);
	assert_int_equal(cpu.usage, 5000000);
	assert_int_equal(cpu.user, 3000000);
	assert_int_equal(cpu.system, 2000000);
	assert_int_equal(cpu.periods, 7);
	assert_int_equal(cpu.throttled_periods, 2);
	assert_int_equal(cpu.throttled, 40000);
}

static void pressure_keeps_the_kernels_figures(void **state)
{
	const struct cgroup_pressure pressure = read_all(*state).cpu.pressure;

	assert_true(pressure.set);
	assert_string_equal(pressure.some.avg10, "0.12");
	assert_string_equal(pressure.some.avg300, "100.00");
	assert_int_equal(pressure.some.total, 987);
	assert_int_equal(pressure.full.total, 5);
}

static void swap_is_memory_and_swap_together(void **state)
{
	const struct cgroup_memory_stats memory = read_all(*state).memory;

	assert_int_equal(memory.usage.usage, 4096);
	assert_int_equal(memory.usage.limit, 8192);
	assert_int_equal(memory.usage.max, 6000);
	assert_int_equal(memory.usage.failures, 3);
	assert_int_equal(memory.swap.usage, 4196);
	assert_int_equal(memory.swap.limit, 9192);
	assert_int_equal(memory.oom, 2);
	assert_int_equal(memory.oom_kills, 1);
}

/* memory.events of Linux 6.12: the limit was met and nothing helped, once; three processes were killed,
 * all at once. `brig events` tells of each of the three. */
static void what_was_killed_for_lack_of_memory_is_counted_apart(void **state)
{
	struct fixture *f = *state;
	struct cgroup_stats stats = read_all(f);
	struct error err = {};

	put(f, "memory.events", "low 11\nhigh 12\nmax 13\noom 1\noom_kill 3\noom_group_kill 9\n");
	assert_int_equal(cgroup_stats_read(f->dir, &f->arena, &stats, &err), 0);
	assert_int_equal(stats.memory.oom, 1);
	assert_int_equal(stats.memory.oom_kills, 3);

	unlinkat(f->dir, "memory.events", 0);
	assert_int_equal(cgroup_stats_read(f->dir, &f->arena, &stats, &err), 0);
	assert_int_equal(stats.memory.oom_kills, 0);
}

static void memory_stat_is_there_whole(void **state)
{
	const struct cgroup_memory_stats memory = read_all(*state).memory;

	assert_int_equal(memory.n_raw, 3);
	assert_string_equal(memory.raw[1].name, "file");
	assert_int_equal(memory.raw[1].value, 22);
	assert_int_equal(memory.cache, 22);
	assert_int_equal(memory.kernel.usage, 33);
}

static void an_unlimited_value_is_the_largest_number(void **state)
{
	const struct cgroup_stats stats = read_all(*state);

	assert_int_equal(stats.pids.current, 5);
	assert_true(stats.pids.limit == CGROUP_UNLIMITED);
	assert_true(stats.hugetlb[0].limit == CGROUP_UNLIMITED);
}

static void io_has_an_entry_for_each_device_and_operation(void **state)
{
	const struct cgroup_io_stats io = read_all(*state).io;

	assert_int_equal(io.bytes.n, 6);
	assert_int_equal(io.bytes.items[1].value, 2);
	assert_string_equal(io.bytes.items[1].op, "Write");
	assert_int_equal(io.operations.items[2].value, 6);
	assert_int_equal(io.bytes.items[3].major, 253);
	assert_int_equal(io.bytes.items[3].minor, 1);
	assert_int_equal(io.bytes.items[3].value, 0);
}

static void huge_pages_and_rdma_are_listed_by_name(void **state)
{
	const struct cgroup_stats stats = read_all(*state);

	assert_int_equal(stats.n_hugetlb, 1);
	assert_string_equal(stats.hugetlb[0].page_size, "2MB");
	assert_int_equal(stats.hugetlb[0].usage, 2097152);
	assert_int_equal(stats.hugetlb[0].failures, 9);
	assert_int_equal(stats.n_rdma, 2);
	assert_string_equal(stats.rdma[1].device, "ocrdma1");
	assert_int_equal(stats.rdma[1].hca_handles, 3);
	assert_string_equal(stats.cpus, "0-3");
	assert_null(stats.mems);
}

static void an_absent_controller_leaves_its_part_unset(void **state)
{
	struct fixture *f = *state;
	struct cgroup_stats stats;
	struct error err = {};

	assert_int_equal(cgroup_stats_read(f->dir, &f->arena, &stats, &err), 0);
	assert_false(stats.cpu.set || stats.memory.set || stats.pids.set || stats.io.set);
	assert_int_equal(stats.n_hugetlb, 0);
}

static void broken_files_do_no_harm(void **state)
{
	static const char *const texts[] = {
		"",    "\n",   "x",      "x=\n", "8:0", "8: rbytes=", "some \nfull\n",
		"max", "-1\n", " \n \n",
	};
	struct fixture *f = *state;
	struct error err = {};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct cgroup_stats stats;

		for (size_t j = 0; j < ARRAY_LEN(files); j++)
			put(f, files[j].name, texts[i]);
		assert_int_equal(cgroup_stats_read(f->dir, &f->arena, &stats, &err), 0);
	}
}

static void the_kernels_own_files_are_understood(void **state)
{
	struct fixture *f = *state;
	struct cgroup_stats stats;
	struct error err = {};
	autoclose int root = cgroup_root(&f->arena, NULL, &err);

	if (root < 0) {
		print_message("skipped: no cgroup2\n");
		skip();
	}
	assert_int_equal(cgroup_stats_read(root, &f->arena, &stats, &err), 0);
	assert_true(stats.cpu.usage > 0);
	assert_true(stats.cpu.usage >= stats.cpu.user);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(cpu_times_are_nanoseconds),
		TEST(pressure_keeps_the_kernels_figures),
		TEST(swap_is_memory_and_swap_together),
		TEST(what_was_killed_for_lack_of_memory_is_counted_apart),
		TEST(memory_stat_is_there_whole),
		TEST(an_unlimited_value_is_the_largest_number),
		TEST(io_has_an_entry_for_each_device_and_operation),
		TEST(huge_pages_and_rdma_are_listed_by_name),
		TEST(an_absent_controller_leaves_its_part_unset),
		TEST(broken_files_do_no_harm),
		TEST(the_kernels_own_files_are_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
