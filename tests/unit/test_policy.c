/* Policy files: who may write them, what they may say, and how they add up. */
#include "policy/policy.h"

#include "base/cleanup.h"
#include "policy/policy_file.h"
#include "policy/rules.h"
#include "policy/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_dir.h"

#include <linux/capability.h>

/* Tests may run as an ordinary user: their files count as the policy's then. */
static struct policy_trust own_trust(void)
{
	return (struct policy_trust){ .user = geteuid() };
}

static struct host own_host(void)
{
	return (struct host){ .uid = geteuid(), .rootless = geteuid() != 0 };
}

static struct policy *merged(const char *text, struct error *err)
{
	struct policy *policy = policy_builtin("restricted", err);

	assert_non_null(policy);
	if (policy_merge(policy, "/p.json", text, strlen(text), false, err) == 0)
		return policy;
	policy_free(policy);
	return NULL;
}

static void assert_refused(const char *text, const char *where, const char *cause)
{
	struct error err = {};

	assert_null(merged(text, &err));
	assert_string_equal(err.where, where);
	if (strstr(err.text, cause) == NULL && strstr(err.remedy, cause) == NULL)
		fail_msg("'%s' is neither in '%s' nor in '%s'", cause, err.text, err.remedy);
}

static void a_file_changes_what_it_names_and_nothing_else(void **)
{
	struct error err = {};
	struct policy *plain = policy_builtin("restricted", &err);
	struct policy *policy =
		merged("// for the build hosts\n{\"rules\": {\"hook\": \"refuse\"}, \"settings\": "
		       "{\"pids_max\": 77 /* few */}}",
		       &err);
	size_t n;

	(void)rule_table(&n);
	assert_non_null(policy);
	for (size_t i = 0; i < n; i++) {
		if (i != rule_index(rule_find("hook"))) {
			assert_int_equal(policy->actions[i], plain->actions[i]);
			assert_null(policy->set_by[i]);
		}
	}
	assert_int_equal(policy_action(policy, "hook"), ACTION_REFUSE);
	assert_string_equal(policy->set_by[rule_index(rule_find("hook"))], "/p.json");
	assert_int_equal(policy->settings.pids_max, 77);
	assert_int_equal(policy->settings.memory_max, plain->settings.memory_max);
	policy_free(policy);
	policy_free(plain);
}

static void a_file_may_start_from_baseline(void **)
{
	struct error err = {};
	struct policy *policy =
		merged("{\"rules\": {\"nice\": \"refuse\"}, \"base\": \"baseline\"}", &err);

	assert_non_null(policy);
	assert_string_equal(policy->base, "baseline");
	assert_true((policy->settings.capabilities >> CAP_NET_RAW & 1) != 0);
	assert_int_equal(policy_action(policy, "nice"), ACTION_REFUSE);
	assert_int_equal(policy_action(policy, "oom-score"), ACTION_ALLOW);
	policy_free(policy);
}

static void what_a_file_gets_wrong_is_refused_with_its_place(void **)
{
	assert_refused("{\"rules\": {\"host-netwrok\": \"allow\"}}", "/rules/host-netwrok",
		       "did you mean 'host-network'?");
	assert_refused("{\"rules\": {\"hook\": \"deny\"}}", "/rules/hook",
		       "allow, warn, harden or refuse");
	assert_refused("{\"rules\": {\"bind-proc\": \"harden\"}}", "/rules/bind-proc",
		       "cannot be hardened");
	assert_refused("{\"rules\": {\"no-new-privileges\": \"allow\"}}",
		       "/rules/no-new-privileges", "brig always hardens this");
	assert_refused("{\"setings\": {}}", "/setings", "did you mean 'settings'?");
	assert_refused("{\"settings\": {\"pid_max\": 1}}", "/settings/pid_max",
		       "did you mean 'pids_max'?");
	assert_refused("{\"settings\": {\"pids_max\": -1}}", "/settings/pids_max", "-1");
	assert_refused("{\"settings\": {\"landlock\": \"yes\"}}", "/settings/landlock", "must be");
	assert_refused("{\"settings\": {\"capabilities\": [\"CAP_ALL\"]}}",
		       "/settings/capabilities/0", "no capability");
	assert_refused("{\"settings\": {\"bind_allow\": [\"srv\"]}}", "/settings/bind_allow/0",
		       "absolute");
	assert_refused("{\"settings\": {\"hooks_allow\": [\"/proc/*/exe\"]}}",
		       "/settings/hooks_allow/0", "not one below /proc");
	assert_refused("{\"settings\": {\"hooks_env_allow\": [\"A=b\"]}}",
		       "/settings/hooks_env_allow/0", "the name of a variable");
	assert_refused("{\"settings\": {\"hooks_env_allow\": [\"*\"]}}",
		       "/settings/hooks_env_allow/0", "the name of a variable");
	assert_refused("{\"settings\": {\"hooks_allow\": [\"/opt/my hooks/x\"]}}",
		       "/settings/hooks_allow/0", "followed by a blank");
	assert_refused("{\"settings\": {\"device_allow\": [\"c 1 3\"]}}",
		       "/settings/device_allow/0", "must be like");
	assert_refused("{\"settings\": {\"sysctl_allow\": [\"*\"]}}", "/settings/sysctl_allow/0",
		       "name of a sysctl");
	assert_refused("{\"settings\": {\"rootfs_ids\": \"chown\"}}", "/settings/rootfs_ids",
		       "one of");
	assert_refused("{\"settings\": {\"id_pool_first\": 65537}}", "/settings/id_pool_first",
		       "multiple of 65536");
	assert_refused("{\"settings\": {\"id_pool_last\": 268435460}}", "/settings/id_pool_last",
		       "does not hold");
	assert_refused("{\"base\": \"privileged\"}", "/base", "restricted or baseline");
	assert_refused("[]", "", "must be an object");
	assert_refused("{\"rules\": {\"hook\": \"warn\", \"hook\": \"allow\"}}", "/rules/hook", "");
}

static void lists_add_up_and_an_empty_one_empties(void **)
{
	static const char first[] =
		"{\"settings\": {\"bind_allow\": [\"/srv/a\"], \"masked_paths\": []}}";
	static const char second[] = "{\"settings\": {\"bind_allow\": [\"/srv//b/\"]}}";
	struct error err = {};
	struct policy *policy = merged(first, &err);

	assert_non_null(policy);
	assert_int_equal(policy->settings.masked_paths.n, 0);
	assert_int_equal(policy_merge(policy, "/d.json", second, strlen(second), true, &err), 0);
	assert_int_equal(policy->settings.bind_allow.n, 2);
	assert_string_equal(policy->settings.bind_allow.items[0], "/srv/a");
	assert_string_equal(policy->settings.bind_allow.items[1], "/srv/b");
	assert_int_equal(policy->n_files, 2);
	policy_free(policy);
}

static void only_the_main_file_chooses_the_base(void **)
{
	static const char text[] = "{\"base\": \"baseline\"}";
	struct error err = {};
	struct policy *policy = policy_builtin("restricted", &err);

	assert_int_equal(policy_merge(policy, "/d.json", text, strlen(text), true, &err), -1);
	assert_string_equal(err.where, "/base");
	policy_free(policy);
}

static int read_directory(const struct test_dir *dir, struct policy **ret, struct error *err)
{
	const struct policy_trust trust = own_trust();

	*ret = policy_builtin("restricted", err);
	return policy_read_directory(*ret, dir->path, &trust, err);
}

static void drop_ins_are_read_in_the_order_of_their_names(void **state)
{
	const struct test_dir *dir = *state;
	struct error err = {};
	struct policy *policy;

	assert_int_equal(mkdirat(dir->fd, "policy.d", 0700), 0);
	assert_int_equal(
		test_dir_write(dir->fd, "policy.json", "{\"settings\": {\"pids_max\": 1}}"), 0);
	assert_int_equal(
		test_dir_write(dir->fd, "policy.d/20-b.json", "{\"settings\": {\"pids_max\": 20}}"),
		0);
	assert_int_equal(
		test_dir_write(dir->fd, "policy.d/10-a.json", "{\"settings\": {\"pids_max\": 10}}"),
		0);
	assert_int_equal(
		test_dir_write(dir->fd, "policy.d/30.json~", "{\"settings\": {\"pids_max\": 30}}"),
		0);
	assert_int_equal(test_dir_write(dir->fd, "policy.d/.40.json", "broken"), 0);
	assert_int_equal(read_directory(dir, &policy, &err), 0);
	assert_int_equal(policy->settings.pids_max, 20);
	assert_int_equal(policy->n_files, 3);
	assert_non_null(strstr(policy->files[1], "10-a.json"));
	policy_free(policy);
}

static void without_files_the_builtin_stands(void **state)
{
	const struct test_dir *dir = *state;
	struct error err = {};
	struct policy *policy;

	assert_int_equal(read_directory(dir, &policy, &err), 0);
	assert_int_equal(policy->n_files, 0);
	policy_free(policy);
}

static void a_file_that_others_may_write_is_refused(void **state)
{
	const struct test_dir *dir = *state;
	struct error err = {};
	struct policy *policy;

	assert_int_equal(test_dir_write(dir->fd, "policy.json", "{}"), 0);
	assert_int_equal(fchmodat(dir->fd, "policy.json", 0620, 0), 0);
	assert_int_equal(read_directory(dir, &policy, &err), -1);
	assert_non_null(strstr(err.text, "0620"));
	assert_non_null(strstr(err.remedy, "chmod go-w"));
	policy_free(policy);
}

static void a_directory_that_others_may_write_is_refused(void **state)
{
	const struct test_dir *dir = *state;
	struct error err = {};
	struct policy *policy;

	assert_int_equal(fchmod(dir->fd, 0777), 0);
	assert_int_equal(read_directory(dir, &policy, &err), -1);
	assert_non_null(strstr(err.text, "0777"));
	policy_free(policy);
}

static void a_symlink_or_a_fifo_is_no_policy(void **state)
{
	const struct test_dir *dir = *state;
	struct error err = {};
	struct policy *policy;

	assert_int_equal(test_dir_write(dir->fd, "real.json", "{}"), 0);
	assert_int_equal(symlinkat("real.json", dir->fd, "policy.json"), 0);
	assert_int_equal(read_directory(dir, &policy, &err), -1);
	policy_free(policy);

	assert_int_equal(unlinkat(dir->fd, "policy.json", 0), 0);
	assert_int_equal(mkfifoat(dir->fd, "policy.json", 0600), 0);
	assert_int_equal(read_directory(dir, &policy, &err), -1);
	assert_non_null(strstr(err.text, "regular file"));
	policy_free(policy);
}

static void a_file_of_another_user_is_refused(void **state)
{
	const struct test_dir *dir = *state;
	const struct policy_trust trust = own_trust();
	struct error err = {};

	if (geteuid() != 0) {
		print_message("needs root, to give a file to another user\n");
		skip();
	}

	struct policy *policy = policy_builtin("restricted", &err);

	assert_int_equal(test_dir_write(dir->fd, "policy.json", "{}"), 0);
	assert_int_equal(fchownat(dir->fd, "policy.json", 1000, 1000, 0), 0);
	assert_int_equal(policy_read_directory(policy, dir->path, &trust, &err), -1);
	assert_non_null(strstr(err.text, "user 1000"));
	policy_free(policy);
}

static void a_named_file_must_exist(void **state)
{
	const struct test_dir *dir = *state;
	const struct host host = own_host();
	struct error err = {};
	char path[96];

	snprintf(path, sizeof path, "%s/none.json", dir->path);
	assert_null(policy_load(path, &host, &err));
	assert_int_equal(err.kind, ERR_POLICY);
}

static void a_rule_that_is_switched_off_takes_its_default_with_it(void **state)
{
	const struct test_dir *dir = *state;
	const struct host host = own_host();
	struct error err = {};
	char path[96];

	snprintf(path, sizeof path, "%s/p.json", dir->path);
	assert_int_equal(
		test_dir_write(
			dir->fd, "p.json",
			"{\"rules\": {\"memory-limit\": \"allow\", \"pids-limit\": \"warn\", "
			"\"seccomp-missing\": \"allow\", \"capability-beyond\": \"allow\"}}"),
		0);

	struct policy *policy = policy_load(path, &host, &err);

	if (policy == NULL)
		fail_msg("%s", err.text);
	assert_int_equal(policy->settings.memory_max, 0);
	assert_int_equal(policy->settings.pids_max, 0);
	assert_string_equal(policy->settings.seccomp_profile, "");
	assert_true(policy->settings.capabilities == UINT64_MAX);
	assert_true(policy->settings.cpu_quota_us > 0);
	assert_string_equal(policy->name, path);
	policy_free(policy);
}

static void each_setting_can_be_printed_and_read_back(void **)
{
	size_t n;
	const struct setting *rows = setting_table(&n);
	const struct policy_settings *settings = settings_builtin("restricted");

	for (size_t i = 0; i < n; i++) {
		autobuf struct buf text = {}, again = {};
		struct json_out out = { .buf = &text }, out_again = { .buf = &again };
		struct error err = {};

		json_out_object(&out, NULL);
		json_out_object(&out, "settings");
		setting_print(&rows[i], settings, &out, rows[i].name);
		json_out_end_object(&out);
		json_out_end_object(&out);

		struct policy *policy = policy_builtin("baseline", &err);

		/* An empty list first, since lists add up. */
		if (rows[i].type >= SETTING_PATHS)
			*(struct spec_strings *)(void *)((char *)&policy->settings +
							 rows[i].offset) = (struct spec_strings){};
		if (policy_merge(policy, "/p", text.data, text.len, false, &err) != 0)
			fail_msg("%s: %s", rows[i].name, err.text);
		json_out_object(&out_again, NULL);
		json_out_object(&out_again, "settings");
		setting_print(&rows[i], &policy->settings, &out_again, rows[i].name);
		json_out_end_object(&out_again);
		json_out_end_object(&out_again);
		assert_string_equal(text.data, again.data);
		assert_true(rows[i].doc[strlen(rows[i].doc) - 1] == '.');
		policy_free(policy);
	}
}

#define WITH_DIR(test) cmocka_unit_test_setup_teardown(test, test_dir_make, test_dir_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_changes_what_it_names_and_nothing_else),
		cmocka_unit_test(a_file_may_start_from_baseline),
		cmocka_unit_test(what_a_file_gets_wrong_is_refused_with_its_place),
		cmocka_unit_test(lists_add_up_and_an_empty_one_empties),
		cmocka_unit_test(only_the_main_file_chooses_the_base),
		WITH_DIR(drop_ins_are_read_in_the_order_of_their_names),
		WITH_DIR(without_files_the_builtin_stands),
		WITH_DIR(a_file_that_others_may_write_is_refused),
		WITH_DIR(a_directory_that_others_may_write_is_refused),
		WITH_DIR(a_symlink_or_a_fifo_is_no_policy),
		WITH_DIR(a_file_of_another_user_is_refused),
		WITH_DIR(a_named_file_must_exist),
		WITH_DIR(a_rule_that_is_switched_off_takes_its_default_with_it),
		cmocka_unit_test(each_setting_can_be_printed_and_read_back),
	};

	return cmocka_run_group_tests_name("policy files", tests, NULL, NULL);
}
