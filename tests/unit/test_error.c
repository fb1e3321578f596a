#include "base/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void a_failure_carries_kind_place_and_text(void **)
{
	struct error err = { .remedy = "old", .code = 7 };

	assert_int_equal(error_set(&err, ERR_POLICY, "host-network", "refused: %s", "x"), -1);
	assert_int_equal(err.kind, ERR_POLICY);
	assert_int_equal(err.code, 0);
	assert_string_equal(err.where, "host-network");
	assert_string_equal(err.text, "refused: x");
	assert_string_equal(err.remedy, ""); /* of an earlier failure */

	assert_int_equal(error_set(&err, ERR_USAGE, NULL, "no place"), -1);
	assert_string_equal(err.where, "");
}

static void a_system_call_names_its_cause_and_leaves_errno(void **)
{
	struct error err = {};

	errno = EACCES;
	assert_int_equal(error_sys(&err, "/data", "mounting %s", "/data"), -1);
	assert_int_equal(errno, EACCES);
	assert_int_equal(err.kind, ERR_KERNEL);
	assert_int_equal(err.code, EACCES);
	assert_string_equal(err.text, "mounting /data: Permission denied");
}

static void context_stands_in_front_outermost_first(void **)
{
	struct error err = {};

	errno = EINVAL;
	assert_int_equal(error_sys(&err, "/mounts/3", "an id-mapped mount"), -1);
	assert_int_equal(error_remedy(&err, "put it on %s", "ext4"), -1);
	assert_int_equal(error_context(&err, "mounting %s", "/data"), -1);
	assert_int_equal(error_context(&err, "cannot create '%s'", "web-1"), -1);
	assert_string_equal(err.text, "cannot create 'web-1': mounting /data: an id-mapped mount: "
				      "Invalid argument");
	assert_string_equal(err.where, "/mounts/3");
	assert_string_equal(err.remedy, "put it on ext4");
	assert_int_equal(err.code, EINVAL);
}

static void what_is_too_long_loses_its_end_but_no_half_character(void **)
{
	struct error err = {};
	char text[2000] = "";

	for (size_t i = 0; i + 3 < sizeof text; i += 3)
		memcpy(text + i, "€", 4);
	assert_int_equal(error_set(&err, ERR_SPEC, text, "%s", text), -1);
	assert_true(strlen(err.text) > sizeof err.text - 8);
	assert_int_equal(strlen(err.text) % 3, 0);
	assert_string_equal(err.text + strlen(err.text) - 6, "€…");

	assert_int_equal(error_context(&err, "front"), -1);
	assert_int_equal(strncmp(err.text, "front: €", 10), 0);
	assert_string_equal(err.text + strlen(err.text) - 6, "€…");

	assert_int_equal(error_remedy(&err, "%s", text), -1);
	assert_true(strlen(err.remedy) < sizeof err.remedy);
	assert_int_equal(strlen(err.remedy) % 3, 0);
}

static void of_a_long_place_the_end_is_kept(void **)
{
	struct error err = {};
	char where[300];

	memset(where, 'a', sizeof where);
	memcpy(where + sizeof where - 6, "/last", 6);
	assert_int_equal(error_set(&err, ERR_SPEC, where, "x"), -1);
	assert_int_equal(strlen(err.where), sizeof err.where - 1);
	assert_int_equal(strncmp(err.where, "…a", 4), 0);
	assert_string_equal(err.where + strlen(err.where) - 5, "/last");
}

static void a_text_that_fits_exactly_is_not_cut(void **)
{
	struct error err = {};
	char text[sizeof err.text];

	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	assert_int_equal(error_set(&err, ERR_SPEC, NULL, "%s", text), -1);
	assert_string_equal(err.text, text);
}

static void an_error_may_be_made_of_its_own_parts(void **)
{
	struct error err = {};

	assert_int_equal(error_set(&err, ERR_SPEC, "/a", "inner"), -1);
	assert_int_equal(error_set(&err, ERR_STATE, err.where, "outer, %s", err.text), -1);
	assert_string_equal(err.text, "outer, inner");
	assert_string_equal(err.where, "/a");
	assert_int_equal(error_context(&err, "%s", err.text), -1);
	assert_string_equal(err.text, "outer, inner: outer, inner");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_carries_kind_place_and_text),
		cmocka_unit_test(a_system_call_names_its_cause_and_leaves_errno),
		cmocka_unit_test(context_stands_in_front_outermost_first),
		cmocka_unit_test(what_is_too_long_loses_its_end_but_no_half_character),
		cmocka_unit_test(of_a_long_place_the_end_is_kept),
		cmocka_unit_test(a_text_that_fits_exactly_is_not_cut),
		cmocka_unit_test(an_error_may_be_made_of_its_own_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
