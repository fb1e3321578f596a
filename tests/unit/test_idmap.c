#include "kernel/idmap.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "in_child.h"
#include "kernel_has.h"
#include "skip_because.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

enum { FIRST = 1'500'000'000 };

static const struct id_range two[] = { { 0, FIRST, 1000 }, { 5000, FIRST + 2000, 10 } };
static const struct idmap two_ranges = { two, two, ARRAY_LEN(two), ARRAY_LEN(two) };

static void an_inside_id_has_the_outside_id_of_its_range(void **)
{
	static const struct {
		uint32_t inside;
		bool mapped;
		uint32_t outside;
	} rows[] = {
		{ 0, true, FIRST }, { 999, true, FIRST + 999 },   { 1000, false, 0 },
		{ 4999, false, 0 }, { 5000, true, FIRST + 2000 }, { 5009, true, FIRST + 2009 },
		{ 5010, false, 0 }, { UINT32_MAX, false, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint32_t outside = 7;

		assert_int_equal(idmap_outside(two, 2, rows[i].inside, &outside), rows[i].mapped);
		assert_int_equal(outside, rows[i].mapped ? rows[i].outside : 7);
	}
}

static void the_last_id_of_all_can_be_mapped(void **)
{
	const struct id_range range = { 4'294'967'290U, 100, 5 };
	uint32_t outside = 0;

	assert_true(idmap_outside(&range, 1, 4'294'967'294U, &outside));
	assert_int_equal(outside, 104);
	assert_false(idmap_outside(&range, 1, UINT32_MAX, &outside));
}

static void no_ranges_map_nothing(void **)
{
	uint32_t outside;

	assert_false(idmap_outside(NULL, 0, 0, &outside));
}

static void root_is_the_first_id_unless_it_is_not_mapped(void **)
{
	const struct id_range without[] = { { 1000, FIRST, 10 }, { 2000, FIRST + 10, 10 } };
	const struct id_range later[] = { { 1000, FIRST, 10 }, { 0, FIRST + 10, 10 } };

	assert_int_equal(idmap_first(two, 2), 0);
	assert_int_equal(idmap_first(without, 2), 1000);
	assert_int_equal(idmap_first(later, 2), 0);
	assert_int_equal(idmap_first(NULL, 0), 0);
}

/* --- with a namespace --- */

/* A child in a user namespace of its own that waits; -1 if there are none for us. */
static pid_t waiting(void)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);

	const pid_t pid = fork();

	if (pid == 0) {
		alarm(30);
		if (unshare(CLONE_NEWUSER) < 0)
			_exit(1);
		(void)!write(ready[1], "!", 1);
		for (;;)
			pause();
	}
	close(ready[1]);

	const bool made = read(ready[0], &byte, 1) == 1;

	close(ready[0]);
	if (!made)
		waitpid(pid, NULL, 0);
	return made ? pid : -1;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static bool has_line(const char *text, const char *a, const char *b, const char *c)
{
	char words[3][16] = {};

	for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
		if (sscanf(line, "%15s %15s %15s", words[0], words[1], words[2]) == 3 &&
		    strcmp(words[0], a) == 0 && strcmp(words[1], b) == 0 &&
		    strcmp(words[2], c) == 0)
			return true;
	}
	return false;
}

static void a_mapping_is_what_the_kernel_then_has(void **)
{
	static const char *const files[] = { "uid_map", "gid_map" };
	autoclose int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct error err = {};
	char path[48];

	needs_kernel("unshare(2) of the user namespace wants one thread");
	if (geteuid() != 0)
		skip_because("foreign ids need CAP_SETUID");

	const pid_t pid = waiting();

	assert_true(pid > 0);
	if (idmap_write(proc, pid, &two_ranges, true, &err) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		autobuf struct buf text = {};

		snprintf(path, sizeof path, "%d/%s", pid, files[i]);
		assert_int_equal(fd_read_file(proc, path, 4096, &text, &err), 0);
		assert_true(has_line(buf_text(&text), "0", "1500000000", "1000"));
		assert_true(has_line(buf_text(&text), "5000", "1500002000", "10"));
	}
	/* Once only. */
	assert_int_equal(idmap_write(proc, pid, &two_ranges, true, &err), -1);
	assert_int_equal(err.code, EPERM);
	assert_string_not_equal(err.remedy, "");
	end(pid);
}

static void a_mapping_reads_back_as_it_was_written(void **)
{
	autoclose int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autoarena struct arena arena = {};
	struct error err = {};
	struct idmap read = {};

	needs_kernel("unshare(2) of the user namespace wants one thread");
	if (geteuid() != 0)
		skip_because("foreign ids need CAP_SETUID");

	const pid_t pid = waiting();

	assert_true(pid > 0);
	assert_int_equal(idmap_read(proc, pid, &arena, &read, &err), 0);
	assert_int_equal(read.n_uids, 0);
	assert_int_equal(idmap_write(proc, pid, &two_ranges, true, &err), 0);
	assert_int_equal(idmap_read(proc, pid, &arena, &read, &err), 0);
	assert_int_equal(read.n_uids, 2);
	assert_int_equal(read.n_gids, 2);
	assert_memory_equal(read.uids, two, sizeof two);
	assert_memory_equal(read.gids, two, sizeof two);
	end(pid);
}

static void as_many_ranges_as_the_kernel_takes_are_written_and_read(void **)
{
	static struct id_range ranges[IDMAP_RANGES_MAX];
	const struct idmap map = { ranges, ranges, IDMAP_RANGES_MAX, IDMAP_RANGES_MAX };
	autoclose int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autoarena struct arena arena = {};
	struct error err = {};
	struct idmap read = {};

	needs_kernel("unshare(2) of the user namespace wants one thread");
	if (geteuid() != 0)
		skip_because("foreign ids need CAP_SETUID");
	for (uint32_t i = 0; i < IDMAP_RANGES_MAX; i++)
		ranges[i] = (struct id_range){ i, 10'000 + 2 * i, 1 }; /* below a page of text */

	const pid_t pid = waiting();

	assert_true(pid > 0);
	if (idmap_write(proc, pid, &map, true, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(idmap_read(proc, pid, &arena, &read, &err), 0);
	assert_int_equal(read.n_uids, IDMAP_RANGES_MAX);
	/* The kernel keeps long lists sorted, by the ids outside or inside. */
	for (size_t i = 0; i < IDMAP_RANGES_MAX; i++) {
		uint32_t outside = 0;

		assert_true(idmap_outside(read.gids, read.n_gids, ranges[i].inside, &outside));
		assert_int_equal(outside, ranges[i].outside);
	}
	end(pid);
}

static void ranges_that_overlap_are_refused_by_the_kernel(void **)
{
	const struct id_range both[] = { { 0, FIRST, 10 }, { 5, FIRST + 100, 10 } };
	const struct idmap map = { both, both, 2, 2 };
	autoclose int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct error err = {};

	needs_kernel("unshare(2) of the user namespace wants one thread");
	if (geteuid() != 0)
		skip_because("foreign ids need CAP_SETUID");

	const pid_t pid = waiting();

	assert_true(pid > 0);
	assert_int_equal(idmap_write(proc, pid, &map, true, &err), -1);
	assert_int_equal(err.code, EINVAL);
	assert_non_null(strstr(err.text, "uid_map"));
	end(pid);
}

/* What an ordinary user may do: the own id alone, and only without setgroups(2). */
static void own_id(void)
{
	autoclose int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autobuf struct buf text = {};
	struct error err = {};
	char path[48];

	if (geteuid() == 0) {
		CHECK(setresgid(FIRST, FIRST, FIRST) == 0 && setresuid(FIRST, FIRST, FIRST) == 0);
		CHECK(prctl(PR_SET_DUMPABLE, 1) == 0); /* else our files in /proc are root's */
	}

	const struct id_range uid = { 0, geteuid(), 1 }, gid = { 0, getegid(), 1 };
	const struct idmap map = { &uid, &gid, 1, 1 };
	const pid_t pid = waiting();

	if (pid < 0)
		_exit(77);
	CHECK(idmap_write(proc, pid, &map, false, &err) == 0);
	snprintf(path, sizeof path, "%d/setgroups", pid);
	CHECK(fd_read_file(proc, path, 64, &text, &err) == 0);
	CHECK(strcmp(buf_text(&text), "deny\n") == 0);
	kill(pid, SIGKILL);
}

static void an_ordinary_user_maps_the_own_id(void **)
{
	const int status = in_child(own_id);

	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip_because("no user namespaces for ordinary users here");
	assert_int_equal(status, 0);
}

static void a_namespace_that_only_carries_a_mapping_outlives_its_holder(void **)
{
	struct error err = {};

	needs_call(clone3);
	if (geteuid() != 0)
		skip_because("foreign ids need CAP_SETUID");

	autoclose int userns = idmap_userns(&two_ranges, &err);

	if (userns < 0)
		fail_msg("%s", err.text);
	assert_int_equal(fcntl(userns, F_GETFD), FD_CLOEXEC);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
	assert_int_equal(errno, ECHILD);
}

static void a_mapping_that_fails_leaves_no_holder(void **)
{
	const struct id_range empty = { 0, 0, 0 };
	const struct idmap wrong = { &empty, &empty, 1, 1 };
	struct error err = {};

	if (geteuid() != 0)
		skip_because("user namespaces may be root's alone here");
	assert_int_equal(idmap_userns(&wrong, &err), -1);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_inside_id_has_the_outside_id_of_its_range),
		cmocka_unit_test(the_last_id_of_all_can_be_mapped),
		cmocka_unit_test(no_ranges_map_nothing),
		cmocka_unit_test(root_is_the_first_id_unless_it_is_not_mapped),
		cmocka_unit_test(a_mapping_is_what_the_kernel_then_has),
		cmocka_unit_test(a_mapping_reads_back_as_it_was_written),
		cmocka_unit_test(as_many_ranges_as_the_kernel_takes_are_written_and_read),
		cmocka_unit_test(ranges_that_overlap_are_refused_by_the_kernel),
		cmocka_unit_test(an_ordinary_user_maps_the_own_id),
		cmocka_unit_test(a_namespace_that_only_carries_a_mapping_outlives_its_holder),
		cmocka_unit_test(a_mapping_that_fails_leaves_no_holder),
	};

	return cmocka_run_group_tests_name("idmap", tests, NULL, NULL);
}
