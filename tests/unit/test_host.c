#include "kernel/host.h"

#include "base/cleanup.h"
#include "kernel/apparmor.h"
#include "kernel/selinux.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

static void the_probe_says_what_this_machine_is(void **)
{
	autoarena struct arena arena = {};
	struct host host;
	struct error err;
	struct statfs fs;

	assert_int_equal(host_probe(&arena, &host, &err), 0);
	assert_true(host_at_least(&host, 5, 0));
	assert_non_null(host.machine);
	assert_int_equal(host.uid, geteuid());
	assert_int_equal(host.apparmor, apparmor_enabled());
	assert_int_equal(host.selinux, selinux_enabled());
	if (!host.cgroup_mount)
		return;
	assert_int_equal(statfs(host.cgroup_mount, &fs), 0);
	assert_int_equal(fs.f_type, 0x63677270);
	assert_non_null(host.cgroup_controllers);
	assert_null(strchr(host.cgroup_controllers, '\n'));
}

static void a_version_is_compared_by_both_numbers(void **)
{
	const struct host host = { .kernel_major = 6, .kernel_minor = 1 };

	assert_true(host_at_least(&host, 5, 19));
	assert_true(host_at_least(&host, 6, 0));
	assert_true(host_at_least(&host, 6, 1));
	assert_false(host_at_least(&host, 6, 2));
	assert_false(host_at_least(&host, 7, 0));
}

/* Parsed from a document that is gone by the time the host is looked at. */
static int parse(struct arena *arena, const char *text, struct host *ret, struct error *err)
{
	autoarena struct arena document = {};
	const struct json *json =
		json_parse(&document, "host", text, strlen(text), (struct json_limits){}, err);

	return json ? host_parse(arena, json, ret, err) : -1;
}

static void a_host_that_was_printed_reads_back_as_itself(void **)
{
	const struct host host = {
		.kernel_major = 6,
		.kernel_minor = 12,
		.machine = "aarch64",
		.uid = UINT32_MAX,
		.gid = 1000,
		.rootless = true,
		.capabilities = UINT64_MAX,
		.apparmor = true,
		.selinux = true,
		.landlock_abi = 6,
		.core_scheduling = true,
		.cgroup_mount = "/sys/fs/cgroup",
		.cgroup_controllers = "cpu memory pids",
		.cgroup_hybrid = true,
		.systemd = true,
		.time_namespace = true,
		.has_newidmap = true,
	};
	autoarena struct arena arena = {};
	autobuf struct buf first = {}, second = {};
	struct json_out out = { .buf = &first }, again = { .buf = &second };
	struct host read;
	struct error err;

	host_print(&host, &out, NULL);
	assert_int_equal(parse(&arena, buf_text(&first), &read, &err), 0);
	host_print(&read, &again, NULL);
	assert_string_equal(buf_text(&first), buf_text(&second));
	assert_int_equal(read.uid, UINT32_MAX);
	assert_true(read.capabilities == UINT64_MAX);
	assert_string_equal(read.cgroup_controllers, "cpu memory pids");
	assert_true(read.has_newidmap && read.rootless && read.landlock_abi == 6);
}

static void what_is_left_out_of_a_description_is_lacking_on_that_host(void **)
{
	autoarena struct arena arena = {};
	struct host host;
	struct error err;

	assert_int_equal(parse(&arena, "{\"kernelMajor\":6,\"cgroupMount\":null}", &host, &err), 0);
	assert_int_equal(host.kernel_major, 6);
	assert_null(host.cgroup_mount);
	assert_false(host.apparmor);
}

static void a_wrong_description_is_refused_at_its_place(void **)
{
	static const struct {
		const char *text, *where;
	} wrong[] = {
		{ "{\"apparmour\":true}", "/apparmour" },
		{ "{\"apparmor\":1}", "/apparmor" },
		{ "{\"uid\":4294967296}", "/uid" },
		{ "{\"machine\":[]}", "/machine" },
		{ "[]", "" },
	};
	autoarena struct arena arena = {};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct host host;
		struct error err;

		assert_int_equal(parse(&arena, wrong[i].text, &host, &err), -1);
		assert_int_equal(err.kind, ERR_SPEC);
		assert_string_equal(err.where, wrong[i].where);
	}
}

/* It is part of every create: a goal of the project is a start below 3.3 ms. Ten times what it takes,
 * so that a busy machine does not fail. */
static void a_probe_takes_well_below_a_millisecond(void **)
{
	const long limit_ns = 600'000;
	autoarena struct arena arena = {};
	long best_ns = 1'000'000'000;

	for (int round = 0; round < 5; round++) {
		struct timespec start, end;
		struct host host;
		struct error err;

		clock_gettime(CLOCK_MONOTONIC, &start);
		assert_int_equal(host_probe(&arena, &host, &err), 0);
		clock_gettime(CLOCK_MONOTONIC, &end);

		const long ns =
			(end.tv_sec - start.tv_sec) * 1'000'000'000 + end.tv_nsec - start.tv_nsec;

		best_ns = ns < best_ns ? ns : best_ns;
	}
	assert_in_range(best_ns, 0, limit_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_probe_says_what_this_machine_is),
		cmocka_unit_test(a_version_is_compared_by_both_numbers),
		cmocka_unit_test(a_host_that_was_printed_reads_back_as_itself),
		cmocka_unit_test(what_is_left_out_of_a_description_is_lacking_on_that_host),
		cmocka_unit_test(a_wrong_description_is_refused_at_its_place),
		cmocka_unit_test(a_probe_takes_well_below_a_millisecond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
