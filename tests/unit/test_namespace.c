#include "kernel/namespace.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "in_child.h"
#include "kernel_has.h"
#include "skip_because.h"
#include "test_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

static int open_own(enum ns kind, struct error *err)
{
	char path[32];

	snprintf(path, sizeof path, "/proc/self/ns/%s", ns_proc(kind));
	return ns_open(kind, path, err);
}

static void each_kind_has_the_names_of_specification_and_procfs(void **)
{
	static const struct {
		enum ns kind;
		const char *spec, *proc;
		unsigned flag;
	} rows[] = {
		{ NS_USER, "user", "user", CLONE_NEWUSER },
		{ NS_MOUNT, "mount", "mnt", CLONE_NEWNS },
		{ NS_PID, "pid", "pid", CLONE_NEWPID },
		{ NS_NET, "network", "net", CLONE_NEWNET },
		{ NS_IPC, "ipc", "ipc", CLONE_NEWIPC },
		{ NS_UTS, "uts", "uts", CLONE_NEWUTS },
		{ NS_CGROUP, "cgroup", "cgroup", CLONE_NEWCGROUP },
		{ NS_TIME, "time", "time", 0x80 },
	};

	assert_int_equal(ARRAY_LEN(rows), NS_COUNT);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_string_equal(ns_name(rows[i].kind), rows[i].spec);
		assert_string_equal(ns_proc(rows[i].kind), rows[i].proc);
		assert_int_equal(ns_flag(rows[i].kind), rows[i].flag);
	}
}

static void a_namespace_opens_as_what_it_is_and_as_nothing_else(void **)
{
	needs_kernel("ioctl_ns(2)");
	for (enum ns kind = 0; kind < NS_COUNT; kind++) {
		char path[32];

		snprintf(path, sizeof path, "/proc/self/ns/%s", ns_proc(kind));
		if (access(path, F_OK) < 0)
			continue; /* no time namespaces here */
		for (enum ns as = 0; as < NS_COUNT; as++) {
			struct error err = {};
			autoclose int fd = ns_open(as, path, &err);

			assert_int_equal(fd >= 0, as == kind);
			if (as != kind) {
				assert_int_equal(err.kind, ERR_SPEC);
				assert_non_null(strstr(err.text, path));
			}
		}
	}
}

static void what_is_no_namespace_is_refused_without_waiting(void **state)
{
	const struct test_dir *dir = *state;
	static const char *const names[] = { "file", "fifo", "folder" };

	assert_int_equal(test_dir_write(dir->fd, "file", "net:[4026531840]"), 0);
	assert_int_equal(mkfifoat(dir->fd, "fifo", 0600), 0);
	assert_int_equal(mkdirat(dir->fd, "folder", 0700), 0);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct error err = {};
		char path[128];

		snprintf(path, sizeof path, "%s/%s", dir->path, names[i]);
		assert_int_equal(ns_open(NS_NET, path, &err), -1);
		assert_non_null(strstr(err.text, "is no namespace"));
		assert_string_equal(err.where, "");
	}
}

static void a_namespace_that_is_not_there_is_an_error_of_the_kernel(void **)
{
	struct error err = {};

	assert_int_equal(ns_open(NS_NET, "/nonexistent/netns", &err), -1);
	assert_int_equal(err.code, ENOENT);
}

static void our_own_namespace_is_known_by_its_inode(void **)
{
	struct error err = {};

	needs_kernel("ioctl_ns(2)");
	for (enum ns kind = 0; kind < NS_TIME; kind++) {
		autoclose int one = open_own(kind, &err), other = open_own(kind, &err);

		assert_true(one >= 0 && other >= 0);
		assert_int_equal(ns_is_own(kind, one, &err), 1);
		assert_true(ns_same(one, other));
	}

	autoclose int net = open_own(NS_NET, &err), uts = open_own(NS_UTS, &err);

	assert_false(ns_same(net, uts));
}

static void others(void)
{
	struct error err = {};
	const int before = open_own(NS_UTS, &err);

	CHECK(unshare(CLONE_NEWUTS) == 0);

	const int after = open_own(NS_UTS, &err);

	CHECK(ns_is_own(NS_UTS, before, &err) == 0);
	CHECK(ns_is_own(NS_UTS, after, &err) == 1);
	CHECK(!ns_same(before, after));
}

static void another_namespace_is_not_ours(void **)
{
	needs_kernel("ioctl_ns(2)");
	if (geteuid() != 0)
		skip_because("unshare(2) needs CAP_SYS_ADMIN");
	passes(others);
}

static void in_user_namespace(void)
{
	CHECK(!ns_is_initial_user() || unshare(CLONE_NEWUSER) == 0);
	CHECK(!ns_is_initial_user());
}

static void a_new_user_namespace_is_not_the_initial_one(void **)
{
	needs_kernel("unshare(2) of the user namespace wants one thread");
	if (geteuid() != 0)
		skip_because("user namespaces may be root's alone here");
	passes(in_user_namespace);
}

/* The clocks of who enters differ from those outside by what was asked for. */
static void with_offsets(void)
{
	static const int64_t secs[2] = { 100'000, 200'000 };
	static const uint32_t nanosecs[2] = { 5, 0 };
	const int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	static const clockid_t clocks[2] = { CLOCK_MONOTONIC, CLOCK_BOOTTIME };
	struct timespec before[2], after[2];
	struct error err = {};

	for (size_t i = 0; i < 2; i++)
		CHECK(clock_gettime(clocks[i], &before[i]) == 0);
	CHECK(ns_time_enter_new(proc, openat(proc, "self/timens_offsets", O_WRONLY | O_CLOEXEC),
				secs, nanosecs, &err) == 0);
	for (size_t i = 0; i < 2; i++) {
		CHECK(clock_gettime(clocks[i], &after[i]) == 0);
		CHECK(after[i].tv_sec - before[i].tv_sec >= secs[i]);
		CHECK(after[i].tv_sec - before[i].tv_sec < secs[i] + 60);
	}
}

static void a_new_time_namespace_has_its_offsets(void **)
{
	needs_kernel("its own clocks");
	if (geteuid() != 0 || access("/proc/self/ns/time", F_OK) < 0)
		skip_because("unshare(2) needs CAP_SYS_ADMIN, and CONFIG_TIME_NS");
	passes(with_offsets);
}

/* To make a namespace in a namespace, its maker must have an id there. */
static void map_own_id(void)
{
	struct error err;

	CHECK(fd_write_file(AT_FDCWD, "/proc/self/setgroups", "deny", &err) == 0);
	CHECK(fd_write_file(AT_FDCWD, "/proc/self/uid_map", "0 0 1", &err) == 0);
	CHECK(fd_write_file(AT_FDCWD, "/proc/self/gid_map", "0 0 1", &err) == 0);
}

/* A process @depth user namespaces below ours, until @hold is closed. */
static pid_t process_below(int depth, int hold, int ready)
{
	const pid_t child = fork();
	char byte;

	if (child != 0)
		return child;
	for (int i = 0; i < depth; i++) {
		CHECK(unshare(CLONE_NEWUSER) == 0);
		map_own_id();
	}
	CHECK(write(ready, "x", 1) == 1);
	(void)!read(hold, &byte, 1);
	_exit(0);
}

static void children_and_grandchildren(void)
{
	char byte, path[48];

	for (int depth = 1; depth <= 2; depth++) {
		int hold[2], ready[2];

		CHECK(pipe(ready) == 0 && pipe2(hold, O_CLOEXEC) == 0);

		const pid_t child = process_below(depth, hold[0], ready[1]);

		close(ready[1]);
		CHECK(read(ready[0], &byte, 1) == 1);
		snprintf(path, sizeof path, "/proc/%d/ns/user", child);

		const int fd = open(path, O_RDONLY | O_CLOEXEC);

		CHECK(fd >= 0 && ns_user_is_child(fd) == (depth == 1));
		kill(child, SIGKILL);
		CHECK(waitpid(child, NULL, 0) == child);
	}
	CHECK(!ns_user_is_child(open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC)));
	CHECK(!ns_user_is_child(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)));
}

static void a_user_namespace_of_a_containers_own_making_is_not_our_child(void **)
{
	if (geteuid() != 0)
		skip_because("the mapping of id 0 is root's to give");
	needs_kernel("ioctl_ns(2)");
	passes(children_and_grandchildren);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_the_names_of_specification_and_procfs),
		cmocka_unit_test(a_namespace_opens_as_what_it_is_and_as_nothing_else),
		cmocka_unit_test_setup_teardown(what_is_no_namespace_is_refused_without_waiting,
						test_dir_make, test_dir_remove),
		cmocka_unit_test(a_namespace_that_is_not_there_is_an_error_of_the_kernel),
		cmocka_unit_test(our_own_namespace_is_known_by_its_inode),
		cmocka_unit_test(another_namespace_is_not_ours),
		cmocka_unit_test(a_new_user_namespace_is_not_the_initial_one),
		cmocka_unit_test(a_new_time_namespace_has_its_offsets),
		cmocka_unit_test(a_user_namespace_of_a_containers_own_making_is_not_our_child),
	};

	alarm(30); /* a FIFO would hold us */
	return cmocka_run_group_tests_name("namespace", tests, NULL, NULL);
}
