#include "launch/hooks.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/json.h"
#include "test_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel_has.h"

#include <signal.h>
#include <time.h>

enum { ROOM = 4096, TIMEOUT_S = 60 };

/* A plan with one hook, whose words are a shell's: "$0" is argv[0], "$1" the test's directory. */
struct one_hook {
	const char *args[6];
	const char *env[2];
	struct spec_hook hook;
	struct plan plan;
};

static const struct spec_pair annotation = { "com.example.key", "a \"quoted\" value" };

static void shell(struct one_hook *ret, const struct test_dir *dir, const char *script,
		  uint32_t timeout)
{
	*ret = (struct one_hook){
		.args = { "hook-name", "-c", script, "zero", dir->path },
		.env = { "ONLY=this" },
	};
	ret->hook = (struct spec_hook){ .path = "/bin/sh",
					.args = { ret->args, 5 },
					.env = { ret->env, 1 },
					.timeout = timeout };
	ret->plan = (struct plan){ .id = "web",
				   .bundle = "/srv/web",
				   .oci_version = "1.3.0",
				   .annotations = { &annotation, 1 } };
	for (size_t kind = 0; kind < HOOK_COUNT; kind++)
		ret->plan.hooks[kind] = (struct spec_hooks){ &ret->hook, 1 };
}

static int run(const struct one_hook *one, struct error *err)
{
	return hooks_run(&one->plan, HOOK_CREATE_RUNTIME, 4711, "creating", err);
}

static const char *text_of(const struct test_dir *dir, const char *name, char ret[static ROOM])
{
	const int fd = openat(dir->fd, name, O_RDONLY | O_CLOEXEC);
	const ssize_t n = fd < 0 ? -1 : read(fd, ret, ROOM - 1);

	if (fd >= 0)
		close(fd);
	ret[n < 0 ? 0 : n] = '\0';
	return ret;
}

static void a_hook_reads_the_state_from_its_input(void **state)
{
	const struct test_dir *dir = *state;
	autoarena struct arena arena = {};
	struct error err = {};
	struct one_hook one;
	char text[ROOM];

	shell(&one, dir, "cat >$1/state", 0);
	assert_int_equal(run(&one, &err), 0);
	text_of(dir, "state", text);

	const struct json *json =
		json_parse(&arena, "state", text, strlen(text), (struct json_limits){}, &err);
	const char *value = NULL;
	int64_t pid = 0;

	assert_non_null(json);
	assert_int_equal(json_to_int(json_get(json, "pid"), 0, 1 << 30, &pid, &err), 0);
	assert_int_equal(pid, 4711);
	assert_int_equal(json_to_string(json_get(json, "status"), &value, &err), 0);
	assert_string_equal(value, "creating");
	assert_string_equal(json_get(json, "id")->text, "web");
	assert_string_equal(json_get(json, "bundle")->text, "/srv/web");
	assert_string_equal(json_get(json, "ociVersion")->text, "1.3.0");
	assert_string_equal(json_get(json_get(json, "annotations"), annotation.key)->text,
			    annotation.value);
}

static void a_hook_gets_its_own_environment_and_no_more(void **state)
{
	const struct test_dir *dir = *state;
	struct error err = {};
	struct one_hook one;
	char text[ROOM];

	/* What a shell adds by itself is not exported. */
	shell(&one, dir, "tr '\\0' '\\n' </proc/$$/environ >$1/env", 0);
	one.args[0] = "sh";
	setenv("SECRET", "of the engine", 1);
	assert_int_equal(run(&one, &err), 0);
	assert_string_equal(text_of(dir, "env", text), "ONLY=this\n");
}

static void argv_0_is_the_first_of_args(void **state)
{
	const struct test_dir *dir = *state;
	struct error err = {};
	struct one_hook one;
	char text[ROOM];

	shell(&one, dir, "tr '\\0' '\\n' </proc/$$/cmdline | head -n 1 >$1/argv", 0);
	assert_int_equal(run(&one, &err), 0);
	assert_string_equal(text_of(dir, "argv", text), "hook-name\n");
}

static void without_args_it_is_the_path(void **state)
{
	const struct test_dir *dir = *state;
	struct error err = {};
	struct one_hook one;

	shell(&one, dir, "", 0);
	one.hook.path = "/bin/true";
	one.hook.args = (struct spec_strings){};
	assert_int_equal(run(&one, &err), 0);
}

static void no_descriptor_of_ours_reaches_a_hook(void **state)
{
	const struct test_dir *dir = *state;
	struct error err = {};
	struct one_hook one;
	char text[ROOM];

	/* Nor may its output be taken for ours: standard output leads nowhere. */
	shell(&one, dir,
	      "ls /proc/self/fd >$1/fds; out=$(readlink /proc/$$/fd/1); echo $out >$1/out", 0);
	assert_int_equal(run(&one, &err), 0);
	/* ls holds the directory that it lists as 3. */
	assert_string_equal(text_of(dir, "fds", text), "0\n1\n2\n3\n");
	assert_string_equal(text_of(dir, "out", text), "/dev/null\n");
}

static void a_hook_need_not_read_its_input(void **state)
{
	const struct test_dir *dir = *state;
	struct error err = {};
	struct one_hook one;
	char *big = calloc(1, 200'001);
	struct spec_pair pair = { "big", big };

	memset(big, 'x', 200'000); /* more than a pipe holds */
	shell(&one, dir, "exec <&-; sleep 0.2", 0);
	one.plan.annotations = (struct spec_pairs){ &pair, 1 };
	assert_int_equal(run(&one, &err), 0);
	shell(&one, dir, "wc -c >$1/size", 0);
	one.plan.annotations = (struct spec_pairs){ &pair, 1 };
	assert_int_equal(run(&one, &err), 0);

	char text[ROOM];

	assert_true(strtol(text_of(dir, "size", text), NULL, 10) > 200'000);
	free(big);
}

static void a_failing_hook_is_named_with_its_status(void **state)
{
	const struct test_dir *dir = *state;
	struct error err = {};
	struct one_hook one;

	shell(&one, dir, "exit 3", 0);
	assert_int_equal(run(&one, &err), -1);
	assert_string_equal(err.where, "/hooks/createRuntime/0");
	assert_non_null(strstr(err.text, "/bin/sh"));
	assert_non_null(strstr(err.text, "status 3"));
	shell(&one, dir, "kill -9 $$", 0);
	assert_int_equal(run(&one, &err), -1);
	assert_non_null(strstr(err.text, "signal 9"));
}

static void a_hook_that_is_not_there_fails(void **state)
{
	const struct test_dir *dir = *state;
	struct error err = {};
	struct one_hook one;

	shell(&one, dir, "", 0);
	one.hook.path = "/nonexistent/hook";
	assert_int_equal(run(&one, &err), -1);
	assert_string_equal(err.where, "/hooks/createRuntime/0");
}

static void after_a_failure_no_other_hook_of_the_kind_runs(void **state)
{
	const struct test_dir *dir = *state;
	struct error err = {};
	struct one_hook first, second;
	struct spec_hook both[2];
	char text[ROOM];

	shell(&first, dir, "echo 1 >>$1/ran; exit 1", 0);
	shell(&second, dir, "echo 2 >>$1/ran", 0);
	both[0] = first.hook;
	both[1] = second.hook;
	first.plan.hooks[HOOK_POSTSTART] = (struct spec_hooks){ both, 2 };
	assert_int_equal(hooks_run(&first.plan, HOOK_POSTSTART, 1, "running", &err), -1);
	assert_string_equal(err.where, "/hooks/poststart/0");
	assert_string_equal(text_of(dir, "ran", text), "1\n");
}

static void hooks_of_a_kind_run_in_their_order(void **state)
{
	const struct test_dir *dir = *state;
	struct error err = {};
	struct one_hook first, second;
	struct spec_hook both[2];
	char text[ROOM];

	shell(&first, dir, "sleep 0.1; echo 1 >>$1/ran", 0);
	shell(&second, dir, "echo 2 >>$1/ran", 0);
	both[0] = first.hook;
	both[1] = second.hook;
	first.plan.hooks[HOOK_POSTSTOP] = (struct spec_hooks){ both, 2 };
	assert_int_equal(hooks_run(&first.plan, HOOK_POSTSTOP, 0, "stopped", &err), 0);
	assert_string_equal(text_of(dir, "ran", text), "1\n2\n");
}

/* Gone or a zombie that waits for init to collect it. */
static bool is_dead(pid_t pid)
{
	char path[48], text[128] = {};

	snprintf(path, sizeof path, "/proc/%d/stat", pid);

	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	const char *name_end = strrchr(text, ')');

	if (fd >= 0)
		close(fd);
	return n <= 0 || !name_end || name_end[2] == 'Z' || name_end[2] == 'X';
}

static void a_timeout_kills_the_whole_group(void **state)
{
	const struct test_dir *dir = *state;
	struct timespec start, end;
	struct error err = {};
	struct one_hook one;
	char text[ROOM];

	shell(&one, dir, "sleep 50 & echo $! >$1/pid; wait", 1);
	clock_gettime(CLOCK_MONOTONIC, &start);
	assert_int_equal(run(&one, &err), -1);
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_non_null(strstr(err.text, "did not end within 1 s"));
	assert_in_range(end.tv_sec - start.tv_sec, 1, 10);

	const long pid = strtol(text_of(dir, "pid", text), NULL, 10);

	assert_true(pid > 1);
	for (int i = 0; i < 1000 && !is_dead((pid_t)pid); i++)
		usleep(1000);
	assert_true(is_dead((pid_t)pid));
}

static void a_timeout_that_is_not_reached_changes_nothing(void **state)
{
	const struct test_dir *dir = *state;
	struct error err = {};
	struct one_hook one;

	shell(&one, dir, "sleep 0.1", UINT32_MAX);
	assert_int_equal(run(&one, &err), 0);
}

/* conmon leaves SIGPIPE ignored, and brig blocks signals while it relays. */
static void a_hook_starts_with_default_signals(void **state)
{
	const struct test_dir *dir = *state;
	sigset_t some, before;
	struct error err = {};
	struct one_hook one;
	char text[ROOM];

	needs_kernel("it keeps a signal for itself");
	sigemptyset(&some);
	sigaddset(&some, SIGTERM);
	sigprocmask(SIG_BLOCK, &some, &before);
	shell(&one, dir, "grep -E '^Sig(Blk|Ign)' /proc/self/status >$1/signals", 0);
	assert_int_equal(run(&one, &err), 0);
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_string_equal(text_of(dir, "signals", text),
			    "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

static void a_kind_without_hooks_is_success(void **)
{
	const struct plan plan = {};
	struct error err = {};

	for (enum hook_kind kind = 0; kind < HOOK_COUNT; kind++)
		assert_int_equal(hooks_run(&plan, kind, 1, "creating", &err), 0);
}

#define in_directory(test) cmocka_unit_test_setup_teardown(test, test_dir_make, test_dir_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_directory(a_hook_reads_the_state_from_its_input),
		in_directory(a_hook_gets_its_own_environment_and_no_more),
		in_directory(argv_0_is_the_first_of_args),
		in_directory(without_args_it_is_the_path),
		in_directory(no_descriptor_of_ours_reaches_a_hook),
		in_directory(a_hook_need_not_read_its_input),
		in_directory(a_failing_hook_is_named_with_its_status),
		in_directory(a_hook_that_is_not_there_fails),
		in_directory(after_a_failure_no_other_hook_of_the_kind_runs),
		in_directory(hooks_of_a_kind_run_in_their_order),
		in_directory(a_timeout_kills_the_whole_group),
		in_directory(a_timeout_that_is_not_reached_changes_nothing),
		in_directory(a_hook_starts_with_default_signals),
		cmocka_unit_test(a_kind_without_hooks_is_success),
	};

	signal(SIGPIPE, SIG_IGN); /* as in brig */
	alarm(TIMEOUT_S);
	return cmocka_run_group_tests_name("hooks", tests, NULL, NULL);
}
