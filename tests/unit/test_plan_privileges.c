#include "plan/plan.h"

#include "base/cleanup.h"
#include "kernel/compat.h"
#include "policy/policy.h"
#include "spec/spec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* What a process of a bundle becomes on a host, by a policy: each test changes what it is about. */
struct setting {
	struct spec *spec;
	struct policy policy;
	struct host host;
	struct plan_request request;
	struct plan plan;
	struct error err;
};

static uint64_t mask(int number)
{
	return UINT64_C(1) << number;
}

/* @process and @linux_: more members of the objects, each with a comma in front. */
static void prepare(struct setting *setting, const char *process, const char *rest)
{
	autobuf struct buf text = {};

	buf_printf(
		&text,
		"{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"rootfs\"},"
		"\"process\":{\"cwd\":\"/\",\"args\":[\"sh\"],\"user\":{\"uid\":0,\"gid\":0}%s}%s}",
		process, rest);
	*setting = (struct setting){
		.policy.settings = {
			.capabilities = UINT64_MAX,
			.landlock = true,
			.scope_abstract_sockets = true,
			.core_scheduling = true,
			.session_keyring = true,
			.nofile_soft = 1024,
			.nofile_hard = 4096,
			.memlock_hard = 8 << 20,
		},
		.host = { .landlock_abi = 7, .core_scheduling = true },
	};
	setting->spec = spec_parse(text.data, text.len, &setting->err);
	if (!setting->spec)
		fail_msg("%s: %s", setting->err.where, setting->err.text);
}

static int build(struct setting *setting)
{
	const struct plan_input in = { setting->spec, &setting->policy, &setting->host,
				       &setting->request };

	return plan_process(&setting->plan, &in, &setting->err);
}

static void release(struct setting *setting)
{
	arena_free(&setting->plan.arena);
	spec_free(setting->spec);
}
#define autosetting [[gnu::cleanup(release)]]

static const struct plan_process *built(struct setting *setting)
{
	if (build(setting) < 0)
		fail_msg("%s: %s", setting->err.where, setting->err.text);
	return &setting->plan.process;
}

static bool warns(const struct setting *setting, const char *about)
{
	for (size_t i = 0; i < setting->plan.n_warnings; i++) {
		if (strncmp(setting->plan.warnings[i], about, strlen(about)) == 0)
			return true;
	}
	return false;
}

static void arguments_and_environment_end_with_null(void **)
{
	autosetting struct setting setting;

	prepare(&setting, ",\"env\":[\"A=1\",\"B=2\"]", "");

	const struct plan_process *process = built(&setting);

	assert_string_equal(process->args[0], "sh");
	assert_null(process->args[1]);
	assert_string_equal(process->env[1], "B=2");
	assert_null(process->env[2]);
	assert_string_equal(process->cwd, "/");
}

static void a_bundle_without_a_process_is_refused(void **)
{
	autosetting struct setting setting;

	prepare(&setting, "", "");
	setting.spec->process.set = false;
	assert_int_equal(build(&setting), -1);
	assert_string_equal(setting.err.where, "/process");
}

static void the_umask_is_022_unless_the_bundle_says_so(void **)
{
	autosetting struct setting unsaid, said;

	prepare(&unsaid, "", "");
	assert_int_equal(built(&unsaid)->umask, 022);
	prepare(&said, "", "");
	said.spec->process.user.umask = (struct opt_uint){ .value = 077, .set = true };
	assert_int_equal(built(&said)->umask, 077);
}

static void a_terminal_size_counts_only_with_a_terminal(void **)
{
	autosetting struct setting with, without;

	prepare(&with, ",\"terminal\":true,\"consoleSize\":{\"height\":25,\"width\":80}", "");
	assert_int_equal(built(&with)->rows, 25);
	assert_int_equal(built(&with)->columns, 80);
	prepare(&without, ",\"consoleSize\":{\"height\":25,\"width\":80}", "");
	assert_int_equal(built(&without)->rows, 0);
}

static void without_the_object_there_are_no_capabilities(void **)
{
	autosetting struct setting setting;
	const struct capabilities none = {};

	prepare(&setting, "", "");
	assert_memory_equal(&built(&setting)->capabilities, &none, sizeof none);
}

static void capabilities_stay_within_policy_and_within_each_other(void **)
{
	autosetting struct setting setting;

	prepare(&setting,
		",\"capabilities\":{"
		"\"bounding\":[\"CAP_CHOWN\",\"CAP_KILL\",\"CAP_SYS_ADMIN\",\"CAP_FOWNER\"],"
		"\"permitted\":[\"CAP_CHOWN\",\"CAP_KILL\",\"CAP_SYS_ADMIN\",\"CAP_NET_RAW\"],"
		"\"effective\":[\"CAP_KILL\",\"CAP_FOWNER\",\"CAP_SYS_ADMIN\"],"
		"\"inheritable\":[\"CAP_CHOWN\",\"CAP_FOWNER\",\"CAP_NET_RAW\"],"
		"\"ambient\":[\"CAP_CHOWN\",\"CAP_KILL\",\"CAP_FOWNER\"]}",
		"");
	setting.policy.settings.capabilities = ~mask(CAP_SYS_ADMIN);

	const struct capabilities *held = &built(&setting)->capabilities;

	assert_int_equal(held->bounding, mask(CAP_CHOWN) | mask(CAP_KILL) | mask(CAP_FOWNER));
	assert_int_equal(held->permitted, mask(CAP_CHOWN) | mask(CAP_KILL));
	assert_int_equal(held->effective, mask(CAP_KILL));
	assert_int_equal(held->inheritable, mask(CAP_CHOWN) | mask(CAP_FOWNER));
	assert_int_equal(held->ambient, mask(CAP_CHOWN));
}

static void an_unknown_capability_is_refused_at_its_place(void **)
{
	autosetting struct setting setting;

	prepare(&setting,
		",\"capabilities\":{\"bounding\":[\"CAP_CHOWN\"],"
		"\"inheritable\":[\"CAP_CHOWN\",\"CAP_WORLD\"]}",
		"");
	assert_int_equal(build(&setting), -1);
	assert_int_equal(setting.err.kind, ERR_SPEC);
	assert_string_equal(setting.err.where, "/process/capabilities/inheritable/1");
	assert_non_null(strstr(setting.err.text, "CAP_WORLD"));
}

static const struct plan_rlimit *find_rlimit(const struct plan_process *process, int resource)
{
	for (size_t i = 0; i < process->n_rlimits; i++) {
		if (process->rlimits[i].resource == resource)
			return &process->rlimits[i];
	}
	fail_msg("no limit for resource %d", resource);
	abort();
}

static void limits_of_the_bundle_come_before_defaults_of_policy(void **)
{
	autosetting struct setting setting;

	prepare(&setting,
		",\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":10,\"hard\":20},"
		"{\"type\":\"RLIMIT_NPROC\",\"soft\":30,\"hard\":40}]",
		"");

	const struct plan_process *process = built(&setting);
	const struct plan_rlimit *files = find_rlimit(process, RLIMIT_NOFILE);
	const struct plan_rlimit *processes = find_rlimit(process, RLIMIT_NPROC);
	const struct plan_rlimit *core = find_rlimit(process, RLIMIT_CORE);

	assert_int_equal(process->n_rlimits, 6);
	assert_int_equal(files->limit.rlim_max, 20);
	assert_false(files->is_default);
	assert_string_equal(processes->from, "/process/rlimits/1");
	assert_int_equal(core->limit.rlim_max, 0);
	assert_true(core->is_default);
	assert_true(find_rlimit(process, RLIMIT_MEMLOCK)->is_default);
	assert_int_equal(find_rlimit(process, RLIMIT_RTPRIO)->limit.rlim_max, 0);
	assert_int_equal(find_rlimit(process, RLIMIT_NICE)->limit.rlim_max, 0);
}

static void a_limit_that_contradicts_itself_is_refused(void **)
{
	static const struct spec_rlimit twice[] = { { RLIMIT_CPU, 1, 2 }, { RLIMIT_CPU, 1, 2 } };
	static const struct spec_rlimit upside_down[] = { { RLIMIT_CPU, 2, 1 } };
	autosetting struct setting first, second;

	prepare(&first, "", "");
	first.spec->process.rlimits = twice;
	first.spec->process.n_rlimits = 2;
	assert_int_equal(build(&first), -1);
	assert_string_equal(first.err.where, "/process/rlimits/1");

	prepare(&second, "", "");
	second.spec->process.rlimits = upside_down;
	second.spec->process.n_rlimits = 1;
	assert_int_equal(build(&second), -1);
	assert_string_equal(second.err.where, "/process/rlimits/0");
}

static void a_named_apparmor_profile_without_apparmor_is_an_error(void **)
{
	autosetting struct setting setting;

	prepare(&setting, ",\"apparmorProfile\":\"acme\"", "");
	assert_int_equal(build(&setting), -1);
	assert_string_equal(setting.err.where, "/process/apparmorProfile");
	assert_true(setting.err.remedy[0] != '\0');
}

static void the_default_apparmor_profile_without_apparmor_is_a_warning(void **)
{
	autosetting struct setting setting;

	prepare(&setting, "", "");
	setting.policy.settings.apparmor_profile = "brig-default";
	assert_null(built(&setting)->apparmor);
	assert_true(warns(&setting, "AppArmor"));
}

static void a_named_apparmor_profile_comes_before_the_default(void **)
{
	autosetting struct setting named, unnamed;

	prepare(&named, ",\"apparmorProfile\":\"acme\"", "");
	named.policy.settings.apparmor_profile = "brig-default";
	named.host.apparmor = true;
	assert_string_equal(built(&named)->apparmor, "acme");
	assert_true(named.plan.process.apparmor_named);

	prepare(&unnamed, ",\"apparmorProfile\":\"\"", "");
	unnamed.policy.settings.apparmor_profile = "brig-default";
	unnamed.host.apparmor = true;
	assert_string_equal(built(&unnamed)->apparmor, "brig-default");
	assert_false(unnamed.plan.process.apparmor_named);
	assert_int_equal(unnamed.plan.n_warnings, 0);
}

static void an_selinux_label_without_selinux_is_an_error(void **)
{
	autosetting struct setting without, with;

	prepare(&without, ",\"selinuxLabel\":\"a:b:c:s0\"", "");
	assert_int_equal(build(&without), -1);
	assert_string_equal(without.err.where, "/process/selinuxLabel");

	prepare(&with, ",\"selinuxLabel\":\"a:b:c:s0\"", "");
	with.host.selinux = true;
	assert_string_equal(built(&with)->selinux, "a:b:c:s0");
}

static void landlock_and_core_scheduling_are_on_where_the_kernel_has_them(void **)
{
	autosetting struct setting with, without;

	prepare(&with, "", "");
	assert_true(built(&with)->landlock && with.plan.process.core_scheduling);
	assert_int_equal(with.plan.process.landlock_abi, 7);
	assert_int_equal(with.plan.n_warnings, 0);

	prepare(&without, "", "");
	without.host = (struct host){ .landlock_abi = 1 }; /* cannot rename between directories */
	assert_false(built(&without)->landlock || without.plan.process.core_scheduling);
	assert_true(warns(&without, "Landlock") && warns(&without, "core scheduling"));
}

static void what_policy_switches_off_is_no_warning(void **)
{
	autosetting struct setting setting;

	prepare(&setting, "", "");
	setting.host = (struct host){};
	setting.policy.settings.landlock = false;
	setting.policy.settings.core_scheduling = false;
	setting.policy.settings.session_keyring = false;
	assert_false(built(&setting)->landlock || setting.plan.process.core_scheduling);
	assert_false(setting.plan.process.session_keyring);
	assert_int_equal(setting.plan.n_warnings, 0);
}

static void landlock_is_left_out_for_a_container_that_may_mount(void **)
{
	autosetting struct setting setting;

	prepare(&setting, ",\"capabilities\":{\"bounding\":[\"CAP_SYS_ADMIN\"]}", "");
	assert_false(built(&setting)->landlock);
	assert_true(warns(&setting, "Landlock"));
}

static void abstract_sockets_are_scoped_in_a_shared_network(void **)
{
	autosetting struct setting own, shared;

	prepare(&own, "", ",\"linux\":{\"namespaces\":[{\"type\":\"network\"}]}");
	assert_false(built(&own)->landlock_abstract_sockets);
	prepare(&shared, "",
		",\"linux\":{\"namespaces\":[{\"type\":\"network\",\"path\":\"/run/netns/a\"}]}");
	assert_true(built(&shared)->landlock_abstract_sockets);
}

static void abstract_sockets_are_left_alone_for_checkpoints_but_never_beside_the_host(void **)
{
	static const char joins[] =
		",\"linux\":{\"namespaces\":[{\"type\":\"network\",\"path\":\"/run/netns/a\"}]}";
	autosetting struct setting pod, host;

	prepare(&pod, "", joins);
	pod.policy.settings.scope_abstract_sockets = false;
	assert_false(built(&pod)->landlock_abstract_sockets);
	prepare(&host, "", joins);
	host.policy.settings.scope_abstract_sockets = false;
	host.plan.may_join_host = true;
	assert_true(built(&host)->landlock_abstract_sockets);
}

static void the_session_keyring_can_be_declined_by_the_engine(void **)
{
	autosetting struct setting setting;

	prepare(&setting, "", "");
	setting.request.no_new_keyring = true;
	assert_false(built(&setting)->session_keyring);
}

static void original_groups_are_kept_for_an_ordinary_user_only(void **)
{
	static const char annotated[] = ",\"annotations\":{\"run.oci.keep_original_groups\":\"1\"}";
	autosetting struct setting root, user, unasked;

	prepare(&root, "", annotated);
	assert_false(built(&root)->keep_groups);
	prepare(&user, "", annotated);
	user.host.rootless = true;
	assert_true(built(&user)->keep_groups);
	prepare(&unasked, "", "");
	unasked.host.rootless = true;
	assert_false(built(&unasked)->keep_groups);
}

static void a_memory_policy_has_the_nodes_that_its_mode_wants(void **)
{
	// clang-format off
	static const struct {
		struct spec_memory_policy policy;
		bool good;
	} rows[] = {
		{ { .set = true, .mode = MPOL_BIND, .nodes = "0-1" },              true  },
		{ { .set = true, .mode = MPOL_BIND },                              false },
		{ { .set = true, .mode = MPOL_BIND, .nodes = "" },                 false },
		{ { .set = true, .mode = MPOL_WEIGHTED_INTERLEAVE, .nodes = "0" }, true  },
		{ { .set = true, .mode = MPOL_DEFAULT },                           true  },
		{ { .set = true, .mode = MPOL_DEFAULT, .nodes = "0" },             false },
		{ { .set = true, .mode = MPOL_LOCAL, .nodes = "0" },               false },
		{ { .set = true, .mode = MPOL_PREFERRED },                         true  },
		{ { .set = false },                                                true  },
	};
	// clang-format on

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autosetting struct setting setting;

		prepare(&setting, "", "");
		setting.spec->linux_.memory_policy = rows[i].policy;
		assert_int_equal(build(&setting), rows[i].good ? 0 : -1);
		if (!rows[i].good)
			assert_string_equal(setting.err.where, "/linux/memoryPolicy/nodes");
	}
}

static void what_the_kernel_is_asked_for_is_passed_on_as_it_is(void **)
{
	autosetting struct setting setting;

	prepare(&setting,
		",\"oomScoreAdj\":-5,\"scheduler\":{\"policy\":\"SCHED_BATCH\",\"nice\":7},"
		"\"ioPriority\":{\"class\":\"IOPRIO_CLASS_IDLE\",\"priority\":4},"
		"\"execCPUAffinity\":{\"initial\":\"0\",\"final\":\"1-3\"}",
		",\"linux\":{\"personality\":{\"domain\":\"LINUX32\"}}");

	const struct plan_process *process = built(&setting);

	assert_true(process->oom_score_adj.set);
	assert_int_equal(process->oom_score_adj.value, -5);
	assert_int_equal(process->scheduler.policy, SCHED_BATCH);
	assert_int_equal(process->scheduler.nice, 7);
	assert_int_equal(process->io_priority.priority, 4);
	assert_string_equal(process->affinity_initial, "0");
	assert_string_equal(process->affinity_final, "1-3");
	assert_true(process->has_personality);
	assert_int_equal(process->personality & 0xff, 0x08); /* PER_LINUX32 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_and_environment_end_with_null),
		cmocka_unit_test(a_bundle_without_a_process_is_refused),
		cmocka_unit_test(the_umask_is_022_unless_the_bundle_says_so),
		cmocka_unit_test(a_terminal_size_counts_only_with_a_terminal),
		cmocka_unit_test(without_the_object_there_are_no_capabilities),
		cmocka_unit_test(capabilities_stay_within_policy_and_within_each_other),
		cmocka_unit_test(an_unknown_capability_is_refused_at_its_place),
		cmocka_unit_test(limits_of_the_bundle_come_before_defaults_of_policy),
		cmocka_unit_test(a_limit_that_contradicts_itself_is_refused),
		cmocka_unit_test(a_named_apparmor_profile_without_apparmor_is_an_error),
		cmocka_unit_test(the_default_apparmor_profile_without_apparmor_is_a_warning),
		cmocka_unit_test(a_named_apparmor_profile_comes_before_the_default),
		cmocka_unit_test(an_selinux_label_without_selinux_is_an_error),
		cmocka_unit_test(landlock_and_core_scheduling_are_on_where_the_kernel_has_them),
		cmocka_unit_test(what_policy_switches_off_is_no_warning),
		cmocka_unit_test(landlock_is_left_out_for_a_container_that_may_mount),
		cmocka_unit_test(abstract_sockets_are_scoped_in_a_shared_network),
		cmocka_unit_test(
			abstract_sockets_are_left_alone_for_checkpoints_but_never_beside_the_host),
		cmocka_unit_test(the_session_keyring_can_be_declined_by_the_engine),
		cmocka_unit_test(original_groups_are_kept_for_an_ordinary_user_only),
		cmocka_unit_test(a_memory_policy_has_the_nodes_that_its_mode_wants),
		cmocka_unit_test(what_the_kernel_is_asked_for_is_passed_on_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
