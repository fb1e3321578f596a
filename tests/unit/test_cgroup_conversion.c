/* linux.resources as files of cgroup v2; where the cgroup is; what the policy adds. No cgroup is touched. */
#include "plan/plan_resources.h"

#include "base/cleanup.h"
#include "plan/plan.h"
#include "plan/plan_systemd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#define ALL "cpuset cpu io memory hugetlb pids rdma misc"

static const struct host unified = { .cgroup_mount = "/sys/fs/cgroup", .cgroup_controllers = ALL };
static const struct host hybrid = {
	.cgroup_mount = "/sys/fs/cgroup/unified",
	.cgroup_controllers = "hugetlb",
	.cgroup_hybrid = true,
};
static const struct policy_settings no_defaults = {};
static const struct policy_settings defaults = {
	.memory_max = 1 << 30,
	.swap_limited = true,
	.pids_max = 512,
	.cpu_quota_us = 200000,
	.cpu_period_us = 100000,
	.memory_oom_group = true,
};

struct result {
	struct arena arena;
	struct plan_limits limits;
	struct error err;
	int status;
};

static struct result convert(const char *json, const struct policy_settings *settings,
			     const struct host *host, bool update)
{
	struct result ret = {};
	struct spec *spec = spec_parse_resources(json, strlen(json), &ret.err);

	if (!spec)
		fail_msg("%s: %s", ret.err.where, ret.err.text);

	const struct spec_resources *resources = &spec->linux_.resources;

	ret.status = update ? plan_cgroup_update(resources, settings, host, &ret.arena, &ret.limits,
						 &ret.err)
			    : plan_resources(resources, settings, host, &ret.arena, &ret.limits,
					     &ret.err);
	if (ret.status == 0) { /* values may be borrowed from the spec */
		struct cgroup_write *copies = arena_array(&ret.arena, ret.limits.n, sizeof *copies);

		for (size_t i = 0; i < ret.limits.n; i++) {
			copies[i] = ret.limits.writes[i];
			copies[i].file = arena_strdup(&ret.arena, copies[i].file);
			copies[i].value = arena_strdup(&ret.arena, copies[i].value);
		}
		ret.limits.writes = copies;
	}
	spec_free(spec);
	return ret;
}

/* "file=value;file=value" */
static const char *lines(struct result *result)
{
	const char *text = "";

	if (result->status < 0)
		return arena_printf(&result->arena, "error %s", result->err.where);
	for (size_t i = 0; i < result->limits.n; i++)
		text = arena_printf(&result->arena, "%s%s%s=%s", text, *text ? ";" : "",
				    result->limits.writes[i].file, result->limits.writes[i].value);
	return text;
}

static void expect(const char *json, const char *expected)
{
	struct result result = convert(json, &no_defaults, &unified, false);

	if (strcmp(lines(&result), expected) != 0)
		fail_msg("%s\n  gives   %s\n  and not %s\n  %s", json, lines(&result), expected,
			 result.err.text);
	arena_free(&result.arena);
}

struct row {
	const char *json, *expected;
};

static void each_property_becomes_its_file(void **)
{
	// clang-format off
	static const struct row rows[] = {
		{ "{}", "" },
		{ "{\"memory\":{\"limit\":1048576}}", "memory.max=1048576" },
		{ "{\"memory\":{\"limit\":-1}}", "memory.max=max" },
		{ "{\"memory\":{\"reservation\":4096}}", "memory.low=4096" },
		{ "{\"memory\":{\"useHierarchy\":true,\"disableOOMKiller\":false,\"swappiness\":0}}", "" },
		{ "{\"memory\":{\"kernel\":-1,\"kernelTCP\":-1}}", "" },
		{ "{\"cpu\":{\"shares\":1024}}", "cpu.weight=100" },
		{ "{\"cpu\":{\"quota\":50000}}", "cpu.max=50000 100000" },
		{ "{\"cpu\":{\"quota\":50000,\"period\":20000}}", "cpu.max=50000 20000" },
		{ "{\"cpu\":{\"quota\":-1,\"period\":20000}}", "cpu.max=max 20000" },
		{ "{\"cpu\":{\"period\":20000}}", "cpu.max=max 20000" },
		{ "{\"cpu\":{\"quota\":50000,\"burst\":10000}}", "cpu.max=50000 100000;cpu.max.burst=10000" },
		{ "{\"cpu\":{\"idle\":1,\"shares\":1024}}", "cpu.idle=1" },
		{ "{\"cpu\":{\"idle\":0,\"shares\":2}}", "cpu.idle=0;cpu.weight=1" },
		{ "{\"cpu\":{\"cpus\":\"0-3,7\",\"mems\":\"0\"}}", "cpuset.cpus=0-3,7;cpuset.mems=0" },
		{ "{\"cpu\":{\"realtimeRuntime\":0,\"realtimePeriod\":0}}", "" },
		{ "{\"pids\":{\"limit\":100}}", "pids.max=100" },
		{ "{\"pids\":{\"limit\":-1}}", "pids.max=max" },
		{ "{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":4194304}]}", "hugetlb.2MB.max=4194304;hugetlb.2MB.rsvd.max=4194304" },
		{ "{\"hugepageLimits\":[{\"pageSize\":\"1048576KB\",\"limit\":0}]}", "hugetlb.1GB.max=0;hugetlb.1GB.rsvd.max=0" },
		{ "{\"hugepageLimits\":[{\"pageSize\":\"64KB\",\"limit\":9223372036854771712}]}", "hugetlb.64KB.max=9223372036854771712;hugetlb.64KB.rsvd.max=9223372036854771712" },
		{ "{\"rdma\":{\"mlx5_1\":{\"hcaHandles\":3,\"hcaObjects\":10000}}}", "rdma.max=mlx5_1 hca_handle=3 hca_object=10000" },
		{ "{\"rdma\":{\"mlx4_0\":{\"hcaObjects\":0}}}", "rdma.max=mlx4_0 hca_object=0" },
		{ "{\"blockIO\":{\"weight\":500}}", "io.bfq.weight=500" },
		{ "{\"blockIO\":{\"weight\":0}}", "" },
		{ "{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":16,\"weight\":10}]}}", "io.bfq.weight=8:16 10" },
		{ "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":600}]}}", "io.max=8:0 rbps=600" },
		{ "{\"blockIO\":{\"throttleWriteBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":0}]}}", "io.max=8:0 wbps=max" },
		{ "{\"blockIO\":{\"throttleReadIOPSDevice\":[{\"major\":8,\"minor\":0,\"rate\":7}],\"throttleWriteIOPSDevice\":[{\"major\":8,\"minor\":1,\"rate\":9}]}}", "io.max=8:0 riops=7;io.max=8:1 wiops=9" },
		{ "{\"unified\":{\"memory.high\":\"1M\"}}", "memory.high=1M" },
		{ "{\"memory\":{\"limit\":5},\"unified\":{\"memory.max\":\"3\"}}", "memory.max=5;memory.max=3" },
		{ "{\"unified\":{\"cgroup.max.depth\":\"3\"}}", "cgroup.max.depth=3" },
	};
	// clang-format on

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		expect(rows[i].json, rows[i].expected);
}

static void swap_is_what_is_left_of_memory_and_swap_together(void **)
{
	// clang-format off
	static const struct row rows[] = {
		{ "{\"memory\":{\"limit\":100,\"swap\":300}}", "memory.max=100;memory.swap.max=200" },
		{ "{\"memory\":{\"limit\":100,\"swap\":100}}", "memory.max=100;memory.swap.max=0" },
		{ "{\"memory\":{\"limit\":100,\"swap\":-1}}",  "memory.max=100;memory.swap.max=max" },
		{ "{\"memory\":{\"limit\":100,\"swap\":0}}",   "memory.max=100" },
		{ "{\"memory\":{\"limit\":100,\"swap\":99}}",  "error /linux/resources/memory/swap" },
		{ "{\"memory\":{\"swap\":99}}",                "error /linux/resources/memory/swap" },
		{ "{\"memory\":{\"limit\":-1,\"swap\":99}}",   "error /linux/resources/memory/swap" },
	};
	// clang-format on

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		expect(rows[i].json, rows[i].expected);
}

static void what_only_cgroup_v1_can_is_refused_with_reason_and_remedy(void **)
{
	// clang-format off
	static const struct row rows[] = {
		{ "{\"memory\":{\"kernel\":1}}",               "/linux/resources/memory/kernel" },
		{ "{\"memory\":{\"kernelTCP\":1}}",            "/linux/resources/memory/kernelTCP" },
		{ "{\"memory\":{\"swappiness\":60}}",          "/linux/resources/memory/swappiness" },
		{ "{\"memory\":{\"disableOOMKiller\":true}}",  "/linux/resources/memory/disableOOMKiller" },
		{ "{\"cpu\":{\"realtimeRuntime\":950000}}",    "/linux/resources/cpu/realtimeRuntime" },
		{ "{\"cpu\":{\"realtimePeriod\":1000000}}",    "/linux/resources/cpu/realtimePeriod" },
		{ "{\"blockIO\":{\"leafWeight\":10}}",         "/linux/resources/blockIO/leafWeight" },
		{ "{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"leafWeight\":10}]}}", "/linux/resources/blockIO/weightDevice/0" },
		{ "{\"network\":{\"classID\":1048577}}",       "/linux/resources/network" },
		{ "{\"network\":{\"priorities\":[{\"name\":\"eth0\",\"priority\":5}]}}", "/linux/resources/network" },
		{ "{\"blockIO\":{\"weight\":9}}",              "/linux/resources/blockIO/weight" },
		{ "{\"blockIO\":{\"weight\":1001}}",           "/linux/resources/blockIO/weight" },
	};
	// clang-format on

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct result result = convert(rows[i].json, &no_defaults, &unified, false);

		assert_int_equal(result.status, -1);
		assert_string_equal(result.err.where, rows[i].expected);
		assert_int_equal(result.err.kind, ERR_SPEC);
		arena_free(&result.arena);
	}
}

static void unified_reaches_no_file_that_moves_processes_or_controllers(void **)
{
	static const char *const files[] = {
		"cgroup.procs", "cgroup.threads", "cgroup.subtree_control",
		"cgroup.kill",  "cgroup.freeze",  "cgroup.type",
		"memory",       "nothing.max",    ".hidden",
	};

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		char json[128];

		snprintf(json, sizeof json, "{\"unified\":{\"%s\":\"1\"}}", files[i]);

		struct result result = convert(json, &no_defaults, &unified, false);

		if (result.status == 0)
			fail_msg("%s is accepted", files[i]);
		arena_free(&result.arena);
	}
}

/* From runc's and crun's formula, calculated with 60 digits. */
static void cpu_weight_is_the_curve_that_runc_and_crun_use(void **)
{
	static const uint64_t pairs[][2] = {
		{ 0, 1 },         { 1, 1 },          { 2, 1 },          { 3, 2 },
		{ 10, 4 },        { 50, 10 },        { 100, 17 },       { 128, 21 },
		{ 256, 35 },      { 512, 59 },       { 1000, 99 },      { 1023, 100 },
		{ 1024, 100 },    { 1025, 101 },     { 2048, 174 },     { 4096, 303 },
		{ 8192, 532 },    { 10000, 627 },    { 65536, 3023 },   { 100000, 4340 },
		{ 131072, 5478 }, { 262143, 10000 }, { 262144, 10000 }, { UINT64_MAX, 10000 },
	};

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		assert_int_equal(plan_cpu_weight(pairs[i][0]), pairs[i][1]);
	for (uint64_t shares = 1; shares < 262144; shares++)
		assert_true(plan_cpu_weight(shares) <= plan_cpu_weight(shares + 1));
}

static void io_weight_is_linear_and_stands_in_for_bfq(void **)
{
	assert_int_equal(plan_io_weight(10), 1);
	assert_int_equal(plan_io_weight(100), 910);
	assert_int_equal(plan_io_weight(1000), 10000);

	struct result result = convert("{\"blockIO\":{\"weight\":10,\"weightDevice\":[{\"major\":8,"
				       "\"minor\":0,\"weight\":1000}]}}",
				       &no_defaults, &unified, false);

	assert_string_equal(result.limits.writes[0].or_file, "io.weight");
	assert_string_equal(result.limits.writes[0].or_value, "1");
	assert_string_equal(result.limits.writes[1].or_value, "8:0 10000");
	arena_free(&result.arena);
}

/* --- defaults --- */

static const struct cgroup_write *find(const struct result *result, const char *file)
{
	static const struct cgroup_write none = { .file = "", .value = "none", .from = "none" };

	for (size_t i = 0; i < result->limits.n; i++) {
		if (strcmp(result->limits.writes[i].file, file) == 0)
			return &result->limits.writes[i];
	}
	return &none;
}

static void a_bundle_without_limits_gets_the_policys(void **)
{
	struct result result = convert("{}", &defaults, &unified, false);

	assert_string_equal(lines(&result), "memory.max=1073741824;memory.swap.max=0;memory.oom."
					    "group=1;pids.max=512;cpu.max=200000 100000");
	for (size_t i = 0; i < result.limits.n; i++)
		assert_true(result.limits.writes[i].may_lack);
	assert_string_equal(find(&result, "memory.max")->from, "policy: memory_max");
	arena_free(&result.arena);
}

static void what_the_bundle_says_goes_before_the_default(void **)
{
	struct result result = convert("{\"memory\":{\"limit\":4096,\"swap\":8192},\"pids\":{"
				       "\"limit\":3},\"unified\":{\"cpu.max\":\"1000 2000\"}}",
				       &defaults, &unified, false);

	assert_string_equal(lines(&result), "memory.max=4096;memory.swap.max=4096;pids.max=3;cpu."
					    "max=1000 2000;memory.oom.group=1");
	assert_false(find(&result, "memory.max")->may_lack);
	arena_free(&result.arena);
}

/* A bundle can only ask for less: no spelling of "unlimited" gets around a default. */
static void unlimited_means_the_default(void **)
{
	static const char *const spellings[] = {
		"{\"memory\":{\"limit\":-1},\"pids\":{\"limit\":-1},\"cpu\":{\"quota\":-1}}",
		"{\"memory\":{\"limit\":0},\"pids\":{\"limit\":0},\"cpu\":{\"quota\":0}}",
		"{\"unified\":{\"memory.max\":\"max\",\"pids.max\":\"max\",\"cpu.max\":\"max\"}}",
		"{\"unified\":{\"memory.max\":\"max\\n\",\"pids.max\":\"max\",\"cpu.max\":\"max "
		"100000\"}}",
	};

	for (size_t i = 0; i < ARRAY_LEN(spellings); i++) {
		struct result result = convert(spellings[i], &defaults, &unified, false);

		assert_string_equal(find(&result, "memory.max")->value, "1073741824");
		assert_string_equal(find(&result, "pids.max")->value, "512");
		assert_string_equal(find(&result, "cpu.max")->value, "200000 100000");
		arena_free(&result.arena);
	}
}

static void a_period_alone_keeps_the_policys_share(void **)
{
	struct result result = convert("{\"cpu\":{\"period\":50000}}", &defaults, &unified, false);

	assert_string_equal(find(&result, "cpu.max")->value, "100000 50000");
	arena_free(&result.arena);
}

/* --- hosts --- */

static void on_a_hybrid_host_defaults_are_named_and_limits_are_errors(void **)
{
	struct result result = convert("{}", &defaults, &hybrid, false);

	assert_int_equal(result.status, 0);
	assert_int_equal(result.limits.n, 0);
	assert_string_equal(result.limits.lacking,
			    "memory.max, memory.swap.max, memory.oom.group, pids.max, cpu.max");
	assert_string_equal(result.limits.controllers, "");
	arena_free(&result.arena);

	result = convert("{\"memory\":{\"limit\":4096}}", &defaults, &hybrid, false);
	assert_int_equal(result.status, -1);
	assert_string_equal(result.err.where, "/linux/resources/memory/limit");
	assert_non_null(strstr(result.err.remedy, "cgroup_no_v1=all"));
	arena_free(&result.arena);
}

static void a_controller_that_a_hybrid_host_has_is_used(void **)
{
	struct result result = convert("{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":0}]}",
				       &no_defaults, &hybrid, false);

	assert_int_equal(result.limits.n, 2);
	assert_string_equal(result.limits.controllers, "hugetlb");
	arena_free(&result.arena);
}

static void controllers_are_those_of_the_files_and_of_accounting(void **)
{
	struct result result = convert("{\"cpu\":{\"cpus\":\"0\"}}", &defaults, &unified, false);

	assert_string_equal(result.limits.controllers, "cpu cpuset memory pids");
	arena_free(&result.arena);
}

/* --- update --- */

static void an_update_leaves_alone_what_is_zero_or_absent(void **)
{
	/* What `docker update --memory` sends besides: pointers to zero */
	struct result result =
		convert("{\"memory\":{\"limit\":4096,\"reservation\":0},\"cpu\":{\"shares\":0,"
			"\"quota\":0,\"period\":0},\"blockIO\":{\"weight\":0},\"devices\":[{"
			"\"allow\":true,\"access\":\"rwm\"}]}",
			&defaults, &unified, true);

	assert_string_equal(lines(&result), "memory.max=4096");
	arena_free(&result.arena);
}

static void an_update_names_properties_as_they_stand_in_its_document(void **)
{
	struct result result =
		convert("{\"memory\":{\"limit\":4096,\"swap\":1}}", &defaults, &unified, true);

	assert_string_equal(result.err.where, "/memory/swap");
	arena_free(&result.arena);
}

static void an_update_checks_usage_only_if_told_to(void **)
{
	struct result result = convert("{\"memory\":{\"limit\":4096,\"checkBeforeUpdate\":true}}",
				       &no_defaults, &unified, true);

	assert_true(result.limits.writes[0].above_usage);
	arena_free(&result.arena);
	result = convert("{\"memory\":{\"limit\":4096}}", &no_defaults, &unified, true);
	assert_false(result.limits.writes[0].above_usage);
	arena_free(&result.arena);
}

static void an_update_may_lower_quota_and_burst_together(void **)
{
	struct result result =
		convert("{\"cpu\":{\"quota\":2000,\"burst\":1000}}", &no_defaults, &unified, true);

	assert_string_equal(lines(&result),
			    "cpu.max.burst=0;cpu.max=2000 100000;cpu.max.burst=1000");
	arena_free(&result.arena);
}

static void an_update_cannot_lift_a_default(void **)
{
	struct result result = convert("{\"memory\":{\"limit\":-1}}", &defaults, &unified, true);

	assert_string_equal(lines(&result), "memory.max=1073741824");
	arena_free(&result.arena);
}

/* --- where --- */

struct placed {
	struct plan plan;
	struct error err;
	int status;
};

static struct policy restricted = { .name = "restricted" };

static struct placed place_spec(const struct spec *spec, enum cgroup_manager manager,
				const struct host *host)
{
	const struct plan_request request = { .id = "c+1", .cgroup_manager = manager };
	struct placed ret = { .plan.id = "c+1" };
	const struct plan_input in = { spec, &restricted, host, &request };

	ret.status = plan_cgroup(&ret.plan, &in, &ret.err);
	return ret;
}

static void expect_path(const char *asked, enum cgroup_manager manager, const struct host *host,
			const char *expected)
{
	const struct spec spec = { .linux_.cgroups_path = asked };
	struct placed placed = place_spec(&spec, manager, host);
	const char *got = placed.status < 0         ? "error"
			  : placed.plan.cgroup.path ? placed.plan.cgroup.path
						    : "none";

	if (strcmp(got, expected) != 0)
		fail_msg("%s gives %s and not %s", asked ? asked : "(absent)", got, expected);
	arena_free(&placed.plan.arena);
}

static void the_path_follows_the_manager(void **)
{
	const enum cgroup_manager FS = CGROUP_MANAGER_CGROUPFS, SD = CGROUP_MANAGER_SYSTEMD;
	struct host systemd = unified, user = unified, user_systemd, nowhere = {};

	systemd.systemd = true;
	user.rootless = true;
	user.uid = 1000;
	user_systemd = user;
	user_systemd.systemd = true;

	expect_path("/a/b", FS, &unified, "/a/b");
	expect_path("/a//b/./c/", FS, &unified, "/a/b/c");
	expect_path("a/b", FS, &unified, "/brig/a/b");
	expect_path(NULL, FS, &unified, "/brig/c+1");
	expect_path("/", FS, &unified, "error");
	expect_path("system.slice:docker:abc", FS, &unified, "error");
	expect_path(NULL, FS, &user, "none");
	expect_path("/a/b", FS, &user, "/a/b");
	expect_path("/a/b", CGROUP_MANAGER_DISABLED, &unified, "none");
	expect_path("/a/b", FS, &nowhere, "none");

	expect_path("system.slice:docker:abc", SD, &unified, "error"); /* no systemd here */
	expect_path("system.slice:docker:abc", SD, &systemd,
		    "/system.slice/docker-abc.scope/container");
	expect_path("kubepods-burstable-pod1.slice:cri-containerd:abc", SD, &systemd,
		    "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/"
		    "cri-containerd-abc.scope/container");
	expect_path(":libpod:abc", SD, &systemd, "/system.slice/libpod-abc.scope/container");
	expect_path("-.slice::abc", SD, &systemd, "/abc.scope/container");
	expect_path(NULL, SD, &systemd, "/system.slice/brig-c\\x2b1.scope/container");
	expect_path("/build/x", SD, &systemd, "/build/x");
	expect_path("a--b.slice:x:y", SD, &systemd, "error");
	expect_path("a.slice:x:b.slice", SD, &systemd, "error");
	expect_path("user.slice:libpod:abc", SD, &user_systemd,
		    "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-abc.scope/"
		    "container");
}

static void a_slice_is_below_the_slices_in_its_name(void **)
{
	static const struct row rows[] = {
		{ "a.slice", "/a.slice" }, { "a-b-c.slice", "/a.slice/a-b.slice/a-b-c.slice" },
		{ "-.slice", "" },         { "a-.slice", NULL },
		{ "-a.slice", NULL },      { "a--b.slice", NULL },
		{ ".slice", NULL },        { "a", NULL },
		{ "a/b.slice", NULL },
	};
	autoarena struct arena arena = {};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *path = plan_slice_path(&arena, rows[i].json);

		if (!rows[i].expected)
			assert_null(path);
		else
			assert_string_equal(path, rows[i].expected);
	}
}

static void without_a_cgroup_the_warning_names_what_is_not_enforced(void **)
{
	const struct spec spec = { .linux_.resources = { .memory.limit = { 4096, true },
							 .pids_limit = { 3, true } } };
	struct placed placed = place_spec(&spec, CGROUP_MANAGER_DISABLED, &hybrid);

	assert_int_equal(placed.status, 0);
	assert_null(placed.plan.cgroup.path);
	assert_int_equal(placed.plan.n_warnings, 1);
	assert_non_null(strstr(placed.plan.warnings[0], "memory.max, pids.max"));
	assert_non_null(strstr(placed.plan.warnings[0], "device rules"));
	arena_free(&placed.plan.arena);
}

static void a_host_without_cgroup2_refuses_a_limit_that_is_asked_for(void **)
{
	const struct spec spec = { .linux_.resources.memory.limit = { 4096, true } };
	const struct host nowhere = {};
	struct placed placed = place_spec(&spec, CGROUP_MANAGER_CGROUPFS, &nowhere);

	assert_int_equal(placed.status, -1);
	assert_string_equal(placed.err.where, "/linux/resources/memory/limit");
	arena_free(&placed.plan.arena);
}

/* A bundle whose scope conflicts with, say, sshd.service would stop it. */
static void a_bundle_cannot_reach_other_units_by_properties(void **)
{
	static const struct spec_pair good[] = {
		{ "org.systemd.property.TimeoutStopUSec", "uint64 10000000" },
		{ "org.systemd.property.KillSignal", "15" },
		{ "org.systemd.property.TimeoutStopSec", "uint64 3" },
		{ "org.systemd.property.After", "['crio.service']" },
		{ "org.systemd.property.DefaultDependencies", "true" },
		{ "something.else", "not looked at" },
	};
	static const struct spec_pair bad[] = {
		{ "org.systemd.property.Conflicts", "['sshd.service']" },
		{ "org.systemd.property.OnFailure", "['reboot.target']" },
		{ "org.systemd.property.CPUWeight", "uint64 10000" },
		{ "org.systemd.property.Slice", "'-.slice'" },
		{ "org.systemd.property.KillSignal", "'KILL'" },
		{ "org.systemd.property.KillSignal", "int32" },
		{ "org.systemd.property.TimeoutStopSec", "uint64 18446744073709551615" },
	};
	struct host systemd = unified;

	systemd.systemd = true;

	const struct spec spec = { .annotations = { good, ARRAY_LEN(good) } };
	struct placed placed = place_spec(&spec, CGROUP_MANAGER_SYSTEMD, &systemd);

	assert_int_equal(placed.status, 0);
	assert_int_equal(placed.plan.cgroup.systemd.n_properties, 5);
	assert_string_equal(placed.plan.cgroup.systemd.properties[2].key, "TimeoutStopUSec");
	assert_string_equal(placed.plan.cgroup.systemd.properties[2].value, "uint64 3000000");
	arena_free(&placed.plan.arena);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const struct spec one = { .annotations = { &bad[i], 1 } };

		placed = place_spec(&one, CGROUP_MANAGER_SYSTEMD, &systemd);
		if (placed.status == 0)
			fail_msg("%s = %s is accepted", bad[i].key, bad[i].value);
		assert_non_null(strstr(placed.err.where, bad[i].key));
		arena_free(&placed.plan.arena);
	}
}

static void the_cgroup_is_given_away_only_with_namespaces_and_a_writable_mount(void **)
{
	struct host host = unified;
	const struct spec spec = {};
	const struct plan_request request = { .id = "c" };
	const struct plan_input in = { &spec, &restricted, &host, &request };

	for (unsigned bits = 0; bits < 8; bits++) {
		const struct plan_mount mount = { .fs_type = "cgroup2",
						  .attrs.set = bits & 1 ? 0 : MOUNT_ATTR_RDONLY };
		struct plan plan = { .id = "c", .mounts = &mount, .n_mounts = 1 };
		struct error err;

		plan.namespaces[NS_CGROUP].how = bits & 2 ? PLAN_NS_NEW : PLAN_NS_NONE;
		plan.namespaces[NS_USER].how = bits & 4 ? PLAN_NS_NEW : PLAN_NS_NONE;
		assert_int_equal(plan_cgroup(&plan, &in, &err), 0);
		assert_int_equal(plan.cgroup.delegate, bits == 7);
		arena_free(&plan.arena);
	}
}

static void schemata_are_the_lines_of_all_three_properties(void **)
{
	static const char *const more[] = { "L2:0=f" };
	const struct spec spec = {
		.linux_.intel_rdt = { .set = true,
				      .l3_cache_schema = "L3:0=7f0;1=1f\nMB:0=100",
				      .mem_bw_schema = "MB:0=20;1=70",
				      .schemata = { more, 1 } },
	};
	const struct spec named = { .linux_.intel_rdt = { .set = true, .clos_id = "gold" } };
	struct placed placed = place_spec(&spec, CGROUP_MANAGER_CGROUPFS, &unified);

	assert_string_equal(placed.plan.intel_rdt.schemata,
			    "L3:0=7f0;1=1f\nMB:0=20;1=70\nL2:0=f\n");
	assert_string_equal(placed.plan.intel_rdt.clos_id, "c+1");
	assert_false(placed.plan.intel_rdt.clos_exists_required);
	arena_free(&placed.plan.arena);

	placed = place_spec(&named, CGROUP_MANAGER_CGROUPFS, &unified);
	assert_string_equal(placed.plan.intel_rdt.clos_id, "gold");
	assert_true(placed.plan.intel_rdt.clos_exists_required);
	assert_null(placed.plan.intel_rdt.schemata);
	arena_free(&placed.plan.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_property_becomes_its_file),
		cmocka_unit_test(swap_is_what_is_left_of_memory_and_swap_together),
		cmocka_unit_test(what_only_cgroup_v1_can_is_refused_with_reason_and_remedy),
		cmocka_unit_test(unified_reaches_no_file_that_moves_processes_or_controllers),
		cmocka_unit_test(cpu_weight_is_the_curve_that_runc_and_crun_use),
		cmocka_unit_test(io_weight_is_linear_and_stands_in_for_bfq),
		cmocka_unit_test(a_bundle_without_limits_gets_the_policys),
		cmocka_unit_test(what_the_bundle_says_goes_before_the_default),
		cmocka_unit_test(unlimited_means_the_default),
		cmocka_unit_test(a_period_alone_keeps_the_policys_share),
		cmocka_unit_test(on_a_hybrid_host_defaults_are_named_and_limits_are_errors),
		cmocka_unit_test(a_controller_that_a_hybrid_host_has_is_used),
		cmocka_unit_test(controllers_are_those_of_the_files_and_of_accounting),
		cmocka_unit_test(an_update_leaves_alone_what_is_zero_or_absent),
		cmocka_unit_test(an_update_names_properties_as_they_stand_in_its_document),
		cmocka_unit_test(an_update_checks_usage_only_if_told_to),
		cmocka_unit_test(an_update_may_lower_quota_and_burst_together),
		cmocka_unit_test(an_update_cannot_lift_a_default),
		cmocka_unit_test(the_path_follows_the_manager),
		cmocka_unit_test(a_slice_is_below_the_slices_in_its_name),
		cmocka_unit_test(without_a_cgroup_the_warning_names_what_is_not_enforced),
		cmocka_unit_test(a_host_without_cgroup2_refuses_a_limit_that_is_asked_for),
		cmocka_unit_test(a_bundle_cannot_reach_other_units_by_properties),
		cmocka_unit_test(
			the_cgroup_is_given_away_only_with_namespaces_and_a_writable_mount),
		cmocka_unit_test(schemata_are_the_lines_of_all_three_properties),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
