#include "container/id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void ids_that_engines_make_are_valid(void **)
{
	static const char *const ids[] = {
		"a",
		"web-1",
		"3f2a9c8de1b04f6d8f5e1c2b3a4d5e6f3f2a9c8de1b04f6d8f5e1c2b3a4d5e6f",
		"k8s.io_default+pod",
		"-starts-with-a-dash",
		"_",
		"+",
		"A.b",
		"1..2",
	};

	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
		assert_true(id_is_valid(ids[i]));
}

static void what_could_leave_the_state_root_is_refused(void **)
{
	static const char *const ids[] = {
		"",    ".",    "..", "...", ".hidden", "a/b",   "../a", "/", "a b",
		"a\n", "a\tb", "ä",  "a:b", "a@b",     "a\x7f", "a%2e", "*", "a\\b",
	};
	struct error err;

	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		assert_false(id_is_valid(ids[i]));
		assert_int_equal(id_check(ids[i], &err), -1);
		assert_int_equal(err.kind, ERR_USAGE);
		assert_non_null(strstr(err.text, "invalid container ID format"));
		assert_true(err.remedy[0] != '\0');
	}
}

static void an_id_has_at_most_255_bytes(void **)
{
	char id[CONTAINER_ID_MAX + 2];
	struct error err;

	memset(id, 'x', sizeof id);
	id[CONTAINER_ID_MAX] = '\0';
	assert_int_equal(id_check(id, &err), 0);

	id[CONTAINER_ID_MAX] = 'x';
	id[CONTAINER_ID_MAX + 1] = '\0';
	assert_int_equal(id_check(id, &err), -1);
	assert_non_null(strstr(err.text, "255"));
}

static void control_characters_are_not_repeated_to_the_terminal(void **)
{
	struct error err;

	assert_int_equal(id_check("\x1b[2Jx", &err), -1);
	assert_null(strchr(err.text, '\x1b'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_that_engines_make_are_valid),
		cmocka_unit_test(what_could_leave_the_state_root_is_refused),
		cmocka_unit_test(an_id_has_at_most_255_bytes),
		cmocka_unit_test(control_characters_are_not_repeated_to_the_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
