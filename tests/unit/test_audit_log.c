/* The audit log: what a record says, and when it is refused. */
#include "container/audit_log.h"

#include "base/fd.h"
#include "policy_judging.h"
#include "test_dir.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const char *const argv[] = { "brig", "create", "web-1", NULL };

static struct policy *policy_with_log(const struct test_dir *dir, const char *name, char path[96])
{
	struct error err = {};
	struct policy *policy = policy_builtin("restricted", &err);

	snprintf(path, 96, "%s/%s", dir->path, name);
	policy->settings.audit_log = path;
	return policy;
}

static struct buf read_log(const struct test_dir *dir, const char *name)
{
	struct buf text = {};
	struct error err = {};

	if (fd_read_file(dir->fd, name, 1 << 20, &text, &err) < 0)
		fail_msg("%s", err.text);
	return text;
}

static const struct json *member(const struct json *top, const char *a, const char *b)
{
	const struct json *node = json_get(top, a);

	return b == NULL ? node : json_get(node, b);
}

static void assert_text(const struct json *node, const char *expected)
{
	assert_non_null(node);
	assert_string_equal(node->text, expected);
}

static void a_record_says_who_what_and_by_which_rule(void **)
{
	autojudging struct judging judging =
		judge_members("",
			      ",'namespaces':[{'type':'pid'},{'type':'network'},{'type':'ipc'},{"
			      "'type':'uts'}],'sysctl':{'kernel.panic':'1'}",
			      "");
	autobuf struct buf config = {}, line = {};
	autoarena struct arena arena = {};
	const struct json_limits limits = {};
	struct error err = {};

	buf_puts(&config, "abc");

	const struct audit_record record = { "create",           "web-1", argv, "/srv/b", &config,
					     &judging.judgement, NULL,    NULL };

	audit_log_format(&record, judging.policy, false, &line);
	assert_null(strchr(line.data, '\n'));

	const struct json *top = json_parse(&arena, "line", line.data, line.len, limits, &err);

	assert_non_null(top);
	assert_text(member(top, "event", NULL), "create");
	assert_text(member(top, "id", NULL), "web-1");
	assert_text(member(top, "decision", NULL), "refused");
	assert_text(member(top, "bundle", NULL), "/srv/b");
	assert_text(member(top, "policy", "base"), "restricted");
	assert_text(member(top, "config_sha256", NULL),
		    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_non_null(member(top, "caller", "exe"));
	assert_int_equal(strtol(member(top, "caller", "pid")->text, NULL, 10), getppid());
	/* The refusal comes first, whatever the order of the rules. */
	assert_text(json_get(member(top, "findings", NULL)->first, "rule"), "sysctl");
}

static void the_outcome_is_in_the_record(void **)
{
	static const struct id_range range = { 0, 655360, 65536 };
	const struct state state = {
		.pid = 42,
		.ids = { &range, &range, 1, 1 },
		.protections = { .seccomp_profile = "/p.json", .landlock_abi = 7 },
	};
	const struct audit_record record = { .event = "create", .id = "a", .state = &state };
	struct error err = {};
	struct policy *policy = policy_builtin("restricted", &err);
	autobuf struct buf line = {};

	audit_log_format(&record, policy, false, &line);
	assert_non_null(
		strstr(line.data, "\"uids\":[{\"inside\":0,\"outside\":655360,\"count\":65536}]"));
	assert_non_null(strstr(line.data, "\"seccomp\":\"/p.json\""));
	assert_non_null(strstr(line.data, "\"decision\":\"done\""));
	policy_free(policy);
}

static void the_brief_form_keeps_refusals_and_widenings(void **)
{
	autojudging struct judging judging =
		judge_members("", ",'sysctl':{'kernel.panic':'1'}", "");
	const struct audit_record record = { .event = "create", .judgement = &judging.judgement };
	autobuf struct buf brief = {};

	audit_log_format(&record, judging.policy, true, &brief);
	assert_non_null(strstr(brief.data, "\"sysctl\""));
	assert_null(strstr(brief.data, "host-user"));
}

static void a_bundle_of_many_mounts_does_not_fill_the_log(void **)
{
	autobuf struct buf members = {};

	buf_puts(&members, ",'mounts':[{'destination':'/m','type':'tmpfs'}");
	for (int i = 0; i < 2000; i++)
		buf_puts(&members, ",{'destination':'/m','type':'tmpfs'}");
	buf_puts(&members, "]");

	autojudging struct judging judging =
		judge_members(members.data, ",'sysctl':{'kernel.panic':'1'}", "");
	const struct audit_record record = { .event = "create", .judgement = &judging.judgement };
	autobuf struct buf line = {};

	audit_log_format(&record, judging.policy, false, &line);
	assert_in_range(line.len, 1, 100000);
	assert_non_null(strstr(line.data, "\"sysctl\""));
	assert_non_null(strstr(line.data, "findings_left_out"));
}

static void the_log_is_made_for_us_alone_with_its_directories(void **state)
{
	const struct test_dir *dir = *state;
	const struct host host = {};
	const struct audit_record record = { .event = "start", .id = "a" };
	char path[96];
	struct policy *policy = policy_with_log(dir, "x/y/audit.jsonl", path);
	struct error err = {};
	struct stat status;

	assert_int_equal(audit_log_write(&record, policy, &host, &err), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(fstatat(dir->fd, "x", &status, 0), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	policy_free(policy);
}

static void records_are_appended_line_by_line(void **state)
{
	const struct test_dir *dir = *state;
	const struct host host = {};
	char path[96];
	struct policy *policy = policy_with_log(dir, "log", path);
	struct error err = {};
	size_t lines = 0;

	for (int child = 0; child < 4; child++) {
		const struct audit_record record = { .event = "start", .id = "a" };
		const pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			for (int i = 0; i < 25; i++) {
				if (audit_log_write(&record, policy, &host, &err) < 0)
					_exit(1);
			}
			_exit(0);
		}
	}
	for (int child = 0, status; child < 4; child++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}

	autobuf struct buf text = read_log(dir, "log");

	for (const char *line = text.data; *line != '\0'; lines++) {
		assert_int_equal(*line, '{');
		line = strchr(line, '\n');
		assert_non_null(line);
		assert_int_equal(line[-1], '}');
		line++;
	}
	assert_int_equal(lines, 100);
	policy_free(policy);
}

static void assert_untrusted(const struct test_dir *dir)
{
	const struct host host = {};
	const struct audit_record record = { .event = "start", .id = "a" };
	char path[96];
	struct policy *policy = policy_with_log(dir, "log", path);
	struct error err = {};

	assert_int_equal(audit_log_write(&record, policy, &host, &err), -1);
	assert_string_equal(err.where, path);
	policy_free(policy);
}

static void a_log_that_is_not_ours_is_refused(void **state)
{
	const struct test_dir *dir = *state;

	assert_int_equal(test_dir_write(dir->fd, "other", ""), 0);
	assert_int_equal(symlinkat("other", dir->fd, "log"), 0);
	assert_untrusted(dir);
	assert_int_equal(unlinkat(dir->fd, "log", 0), 0);

	assert_int_equal(linkat(dir->fd, "other", dir->fd, "log", 0), 0);
	assert_untrusted(dir);
	assert_int_equal(unlinkat(dir->fd, "log", 0), 0);

	assert_int_equal(mkfifoat(dir->fd, "log", 0600), 0);
	assert_untrusted(dir);
	assert_int_equal(unlinkat(dir->fd, "log", 0), 0);

	assert_int_equal(fchmodat(dir->fd, "other", 0620, 0), 0);
	assert_int_equal(renameat(dir->fd, "other", dir->fd, "log"), 0);
	assert_untrusted(dir);
}

static void a_full_disk_is_a_failure(void **)
{
	const struct host host = {};
	const struct audit_record record = { .event = "start", .id = "a" };
	struct error err = {};
	struct policy *policy = policy_builtin("restricted", &err);
	struct rlimit before;
	char path[] = "/tmp/brig-test-XXXXXX";
	const int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	policy->settings.audit_log = path;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 0, before.rlim_max }), 0);

	const int result = audit_log_write(&record, policy, &host, &err);

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(result, -1);
	assert_non_null(strstr(err.remedy, "make room"));
	unlink(path);
	policy_free(policy);
}

static void rootless_the_log_is_the_users_own(void **state)
{
	const struct test_dir *dir = *state;
	const struct host host = { .rootless = true };
	const struct audit_record record = { .event = "start", .id = "a" };
	struct error err = {};
	struct policy *policy = policy_builtin("restricted", &err);

	setenv("XDG_STATE_HOME", dir->path, 1);
	assert_int_equal(audit_log_write(&record, policy, &host, &err), 0);
	assert_int_equal(faccessat(dir->fd, "brig/audit.jsonl", F_OK, 0), 0);
	unsetenv("XDG_STATE_HOME");
	policy_free(policy);
}

#define WITH_DIR(test) cmocka_unit_test_setup_teardown(test, test_dir_make, test_dir_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_says_who_what_and_by_which_rule),
		cmocka_unit_test(the_outcome_is_in_the_record),
		cmocka_unit_test(the_brief_form_keeps_refusals_and_widenings),
		cmocka_unit_test(a_bundle_of_many_mounts_does_not_fill_the_log),
		WITH_DIR(the_log_is_made_for_us_alone_with_its_directories),
		WITH_DIR(records_are_appended_line_by_line),
		WITH_DIR(a_log_that_is_not_ours_is_refused),
		cmocka_unit_test(a_full_disk_is_a_failure),
		WITH_DIR(rootless_the_log_is_the_users_own),
	};

	return cmocka_run_group_tests_name("audit log", tests, NULL, NULL);
}
