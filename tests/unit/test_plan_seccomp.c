/* Which profile a container gets, what becomes of its flags, and whether a hit costs next to nothing. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/seccomp_agent.h"
#include "plan/plan.h"
#include "seccomp_model.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include <cmocka.h>

#define DEFAULT "seccomp-profiles/default.json"

struct place {
	char path[64];
	int dir;
	struct plan plan;
	struct error err;
};

static int make(void **state)
{
	struct place *place = calloc(1, sizeof *place);
	struct model_names names; /* also says what filters may have in them, wherever we are */

	if (model_names_open(&names, &place->err) < 0)
		return -1;
	strcpy(place->path, "/tmp/brig-plan-seccomp-XXXXXX");
	if (!mkdtemp(place->path))
		return -1;
	place->dir = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = place;
	return 0;
}

static int drop(void **state)
{
	struct place *place = *state;
	char command[128];

	snprintf(command, sizeof command, "rm -rf '%s'", place->path);
	arena_free(&place->plan.arena);
	close(place->dir);
	free(place);
	return system(command);
}

/* @profile: of the policy; @text: linux.seccomp of the bundle, or NULL */
static int plan_it(struct place *place, const char *profile, const char *text,
		   unsigned kernel_minor)
{
	const struct spec none = {};
	const struct policy policy = { .settings.seccomp_profile = profile };
	const struct host host = { .kernel_major = 5, .kernel_minor = kernel_minor };
	const struct plan_request request = { .seccomp_cache = place->dir };
	struct spec *spec = NULL;

	if (text) {
		spec = spec_parse_seccomp(text, strlen(text), &place->err);
		if (!spec)
			fail_msg("%s %s", place->err.where, place->err.text);
	}
	arena_free(&place->plan.arena);
	place->plan = (struct plan){};
	place->err = (struct error){};

	const struct plan_input in = { spec ? spec : &none, &policy, &host, &request };
	const int result = plan_seccomp(&place->plan, &in, &place->err);

	if (place->plan.process.listener_path) /* it lies in the spec, which ends here */
		place->plan.process.listener_path =
			arena_strdup(&place->plan.arena, place->plan.process.listener_path);
	spec_free(spec);
	return result;
}

static void without_a_profile_of_its_own_a_container_gets_the_policys(void **state)
{
	struct place *place = *state;
	const struct plan_process *process = &place->plan.process;

	assert_int_equal(plan_it(place, DEFAULT, NULL, 15), 0);
	assert_true(process->seccomp.n > 100);
	assert_false(process->seccomp.from_cache);
	assert_string_equal(process->seccomp_from, DEFAULT);
	assert_int_equal(plan_it(place, DEFAULT, NULL, 15), 0);
	assert_true(process->seccomp.from_cache);
	assert_true(process->seccomp.n > 100);
}

static void only_a_policy_without_a_profile_leaves_a_container_without_one(void **state)
{
	struct place *place = *state;

	assert_int_equal(plan_it(place, "", NULL, 15), 0);
	assert_int_equal(place->plan.process.seccomp.n, 0);
	assert_null(place->plan.process.seccomp_from);
}

static void a_bundles_own_profile_is_compiled_and_kept(void **state)
{
	static const char own[] = "{ \"defaultAction\": \"SCMP_ACT_ERRNO\", \"flags\": "
				  "[\"SECCOMP_FILTER_FLAG_LOG\", \"SECCOMP_FILTER_FLAG_TSYNC\"] }";
	struct place *place = *state;
	const struct plan_process *process = &place->plan.process;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(plan_it(place, DEFAULT, own, 15), 0);
		assert_string_equal(process->seccomp_from, "/linux/seccomp");
		assert_int_equal(process->seccomp_flags,
				 SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_TSYNC);
		assert_int_equal(process->seccomp.from_cache, i);
		assert_null(process->listener_path);
	}
}

#define NOTIFY(flags)                                                                              \
	"{ \"defaultAction\": \"SCMP_ACT_ALLOW\", \"flags\": [" flags "], "                        \
	"\"listenerPath\": \"/run/agent.sock\", \"listenerMetadata\": \"m\", "                     \
	"\"syscalls\": [ { \"names\": [\"mkdir\"], \"action\": \"SCMP_ACT_NOTIFY\" } ] }"
#define WAIT_KILLABLE "\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\""

static void an_action_that_notifies_brings_a_listener(void **state)
{
	struct place *place = *state;
	const struct plan_process *process = &place->plan.process;

	for (int i = 0; i < 2; i++) { /* compiled, and from the cache */
		assert_int_equal(
			plan_it(place, DEFAULT, NOTIFY("\"SECCOMP_FILTER_FLAG_TSYNC\""), 15), 0);
		assert_int_equal(process->seccomp_flags, SECCOMP_FILTER_FLAG_NEW_LISTENER);
		assert_string_equal(process->listener_path, "/run/agent.sock");
	}
	assert_int_equal(plan_it(place, DEFAULT, NOTIFY(WAIT_KILLABLE), 19), 0);
	assert_int_equal(process->seccomp_flags,
			 SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
	assert_int_equal(plan_it(place, DEFAULT, NOTIFY(WAIT_KILLABLE), 18), -1);
	assert_string_equal(place->err.where, "/linux/seccomp/flags");
	assert_non_null(strstr(place->err.text, "5.19"));
}

static void without_a_notifying_action_the_listener_is_ignored(void **state)
{
	static const char idle[] = "{ \"defaultAction\": \"SCMP_ACT_ERRNO\", "
				   "\"flags\": [" WAIT_KILLABLE "], "
				   "\"listenerPath\": \"/run/agent.sock\" }";
	struct place *place = *state;

	assert_int_equal(plan_it(place, DEFAULT, idle, 15), 0);
	assert_int_equal(place->plan.process.seccomp_flags, 0);
	assert_null(place->plan.process.listener_path);
}

static void write_profile(const struct place *place, const char *text, char ret[static 100])
{
	struct error err;

	snprintf(ret, 100, "%s/profile", place->path);
	assert_int_equal(
		fd_replace_file(place->dir, "profile", text, strlen(text), 0644, false, &err), 0);
}

static void a_missing_profile_is_an_error_with_a_remedy(void **state)
{
	struct place *place = *state;

	assert_int_equal(plan_it(place, "/nowhere/default.json", NULL, 15), -1);
	assert_non_null(strstr(place->err.text, "/nowhere/default.json"));
	assert_non_null(strstr(place->err.remedy, "seccomp_profile"));
}

static void a_profile_that_anyone_may_write_is_refused(void **state)
{
	struct place *place = *state;
	char path[100];

	write_profile(place, "{ \"defaultAction\": \"SCMP_ACT_ERRNO\" }", path);
	assert_int_equal(plan_it(place, path, NULL, 15), 0);
	assert_int_equal(chmod(path, 0646), 0);
	assert_int_equal(plan_it(place, path, NULL, 15), -1);
	assert_int_equal(place->err.kind, ERR_POLICY);
	assert_string_equal(place->err.where, path);
}

static void a_broken_profile_names_the_file_and_the_place(void **state)
{
	struct place *place = *state;
	char path[100];

	write_profile(place, "{ \"defaultAction\": \"SCMP_ACT_NO\" }", path);
	assert_int_equal(plan_it(place, path, NULL, 15), -1);
	assert_non_null(strstr(place->err.text, path));
	assert_string_equal(place->err.where, "/defaultAction");
}

static void a_default_profile_cannot_notify(void **state)
{
	struct place *place = *state;
	char path[100];

	write_profile(place, NOTIFY(""), path);
	assert_int_equal(plan_it(place, path, NULL, 15), -1);
	assert_int_equal(place->err.kind, ERR_POLICY);
}

static void a_changed_profile_is_compiled_anew(void **state)
{
	struct place *place = *state;
	const struct seccomp_program *program = &place->plan.process.seccomp;
	char path[100];

	write_profile(place, "{ \"defaultAction\": \"SCMP_ACT_ERRNO\" }", path);
	assert_int_equal(plan_it(place, path, NULL, 15), 0);
	assert_int_equal(plan_it(place, path, NULL, 15), 0);
	assert_true(program->from_cache);
	write_profile(place, "{ \"defaultAction\": \"SCMP_ACT_ALLOW\" }", path);
	assert_int_equal(plan_it(place, path, NULL, 15), 0);
	assert_false(program->from_cache);
}

static void the_cost_of_a_hit_is_printed(void **state)
{
	enum { ROUNDS = 200 };
	struct place *place = *state;
	struct timespec begin, end;

	assert_int_equal(plan_it(place, DEFAULT, NULL, 15), 0);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (int i = 0; i < ROUNDS; i++)
		assert_int_equal(plan_it(place, DEFAULT, NULL, 15), 0);
	clock_gettime(CLOCK_MONOTONIC, &end);

	const long long ns =
		(end.tv_sec - begin.tv_sec) * 1'000'000'000LL + (end.tv_nsec - begin.tv_nsec);

	assert_true(place->plan.process.seccomp.from_cache);
	print_message("a seccomp program from the cache: %lld us\n", ns / ROUNDS / 1000);
}

/* --- telling the agent --- */

static int agent(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int agent = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	assert_int_equal(bind(agent, (const struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(agent, 1), 0);
	return agent;
}

static void the_agent_gets_one_message_with_one_descriptor(void **state)
{
	const struct seccomp_agent_message message = {
		.oci_version = "1.3.0",
		.pid = 42,
		.metadata = "a \"b\"\n",
		.state = "{\"id\":\"x\",\"status\":\"creating\"}",
	};
	static const char expected[] =
		"{\"ociVersion\":\"1.3.0\",\"fds\":[\"seccompFd\"],\"pid\":42,"
		"\"metadata\":\"a \\\"b\\\"\\n\",\"state\":{\"id\":\"x\","
		"\"status\":\"creating\"}}";
	struct place *place = *state;
	struct stat sent, got;
	char path[100], text[1000];
	int fd = -1;
	size_t n = 1;

	snprintf(path, sizeof path, "%s/agent", place->path);

	const int server = agent(path);
	const int client = seccomp_agent_connect(path, &place->err);

	assert_true(client >= 0);
	assert_int_equal(seccomp_agent_send(client, &message, place->dir, &place->err), 0);
	close(client);

	const int connection = accept(server, NULL, NULL);
	const ssize_t len = fd_receive(connection, text, sizeof text, &fd, &n, &place->err);

	assert_int_equal(len, sizeof expected - 1);
	assert_memory_equal(text, expected, sizeof expected - 1);
	assert_int_equal(n, 1);
	assert_int_equal(fstat(fd, &got), 0);
	assert_int_equal(fstat(place->dir, &sent), 0);
	assert_int_equal(got.st_ino, sent.st_ino);
	n = 0;
	assert_int_equal(fd_receive(connection, text, sizeof text, NULL, &n, &place->err), 0);
	close(fd);
	close(connection);
	close(server);
}

static void an_agent_that_is_not_there_is_an_error_with_its_path(void **state)
{
	struct place *place = *state;
	char longer[200];

	assert_int_equal(seccomp_agent_connect("/nowhere/agent", &place->err), -1);
	assert_string_equal(place->err.where, "/nowhere/agent");
	assert_true(*place->err.remedy);
	memset(longer, 'x', sizeof longer);
	longer[sizeof longer - 1] = '\0';
	assert_int_equal(seccomp_agent_connect(longer, &place->err), -1);
	assert_int_equal(place->err.kind, ERR_SPEC);
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, make, drop)
	const struct CMUnitTest tests[] = {
		test(without_a_profile_of_its_own_a_container_gets_the_policys),
		test(only_a_policy_without_a_profile_leaves_a_container_without_one),
		test(a_bundles_own_profile_is_compiled_and_kept),
		test(an_action_that_notifies_brings_a_listener),
		test(without_a_notifying_action_the_listener_is_ignored),
		test(a_missing_profile_is_an_error_with_a_remedy),
		test(a_profile_that_anyone_may_write_is_refused),
		test(a_broken_profile_names_the_file_and_the_place),
		test(a_default_profile_cannot_notify),
		test(a_changed_profile_is_compiled_anew),
		test(the_cost_of_a_hit_is_printed),
		test(the_agent_gets_one_message_with_one_descriptor),
		test(an_agent_that_is_not_there_is_an_error_with_its_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
