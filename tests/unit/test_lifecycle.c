#include "container/lifecycle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void statuses_are_named_as_engines_know_them(void **)
{
	static const char *const names[] = { "creating", "created", "running", "paused",
					     "stopped" };
	enum container_status status;

	for (size_t i = 0; i < STATUS_COUNT; i++) {
		assert_string_equal(status_name((enum container_status)i), names[i]);
		assert_true(status_parse(names[i], &status));
		assert_int_equal(status, i);
	}
	assert_false(status_parse("Running", &status));
	assert_false(status_parse("", &status));
}

static void each_command_is_allowed_in_its_statuses_and_no_other(void **)
{
	/* One letter a status: creating, created, running, paused, stopped. */
	static const char *const allowed[COMMAND_COUNT] = {
		[COMMAND_START] = ".c...",       [COMMAND_KILL] = ".crp.",
		[COMMAND_DELETE] = ".c..s",      [COMMAND_EXEC] = ".cr..",
		[COMMAND_EXEC_PAUSED] = ".crp.", [COMMAND_PAUSE] = ".cr..",
		[COMMAND_RESUME] = "...p.",      [COMMAND_UPDATE] = ".crp.",
		[COMMAND_PS] = ".crp.",          [COMMAND_EVENTS] = ".crp.",
		[COMMAND_CHECKPOINT] = "..rp.",
	};
	struct error err;

	for (unsigned command = 0; command < COMMAND_COUNT; command++) {
		for (unsigned status = 0; status < STATUS_COUNT; status++) {
			const int result =
				lifecycle_check((enum lifecycle_command)command,
						(enum container_status)status, "x", &err);

			assert_int_equal(result, allowed[command][status] == '.' ? -1 : 0);
			if (result < 0)
				assert_int_equal(err.kind, ERR_STATE);
		}
	}
}

static void refusals_have_the_texts_that_engines_match(void **)
{
	static const struct {
		enum lifecycle_command command;
		enum container_status status;
		const char *text;
	} cases[] = {
		{ COMMAND_KILL, STATUS_STOPPED, "container not running" },
		{ COMMAND_PAUSE, STATUS_STOPPED, "container not running" },
		{ COMMAND_RESUME, STATUS_RUNNING, "container not paused" },
		{ COMMAND_START, STATUS_RUNNING, "cannot start an already running container" },
		{ COMMAND_START, STATUS_STOPPED, "cannot start a container that has stopped" },
		{ COMMAND_EXEC, STATUS_STOPPED, "cannot exec in a stopped container" },
		{ COMMAND_EXEC, STATUS_PAUSED,
		  "cannot exec in a paused container (use --ignore-paused to override)" },
		{ COMMAND_DELETE, STATUS_RUNNING,
		  "cannot delete container web-1 that is not stopped: running" },
		{ COMMAND_DELETE, STATUS_PAUSED,
		  "cannot delete container web-1 that is not stopped: paused" },
	};
	struct error err;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(lifecycle_check(cases[i].command, cases[i].status, "web-1", &err),
				 -1);
		assert_string_equal(err.text, cases[i].text);
	}
}

/* Podman turns these phrases into exit codes 126 and 127, Docker "not found" into 404. */
static void no_refusal_contains_a_phrase_that_means_something_else(void **)
{
	static const char *const phrases[] = { "permission denied", "operation not permitted",
					       "no such file", "not found", "does not exist" };
	struct error err;

	for (unsigned command = 0; command < COMMAND_COUNT; command++) {
		for (unsigned status = 0; status < STATUS_COUNT; status++) {
			if (lifecycle_check((enum lifecycle_command)command,
					    (enum container_status)status, "x", &err) == 0)
				continue;
			for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
				assert_null(strstr(err.text, phrases[i]));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses_are_named_as_engines_know_them),
		cmocka_unit_test(each_command_is_allowed_in_its_statuses_and_no_other),
		cmocka_unit_test(refusals_have_the_texts_that_engines_match),
		cmocka_unit_test(no_refusal_contains_a_phrase_that_means_something_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
