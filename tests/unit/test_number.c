/* Numbers of the kernel's files: digits alone, and none that does not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/number.h"

static void a_line_of_numbers_is_taken_and_the_rest_left(void **)
{
	const char *at = "         0   65536 4294967295\nnext";
	uint64_t line[3];

	assert_int_equal(numbers_take(&at, UINT32_MAX, line, 3), 3);
	assert_int_equal(line[0], 0);
	assert_int_equal(line[1], 65536);
	assert_int_equal(line[2], UINT32_MAX);
	assert_string_equal(at, "\nnext");
}

static void a_number_is_not_looked_for_on_the_next_line(void **)
{
	const char *at = "1 2\n3";
	uint64_t line[3];

	assert_int_equal(numbers_take(&at, UINT32_MAX, line, 3), 2);
	assert_string_equal(at, "\n3");
}

static void what_does_not_fit_is_not_taken(void **)
{
	const char *above = "4294967296", *huge = "18446744073709551616",
		   *most = "18446744073709551615";
	uint64_t number = 7;

	assert_int_equal(numbers_take(&above, UINT32_MAX, &number, 1), 0);
	assert_int_equal(numbers_take(&huge, UINT64_MAX, &number, 1), 0);
	assert_int_equal(number, 7);
	assert_int_equal(numbers_take(&most, UINT64_MAX, &number, 1), 1);
	assert_true(number == UINT64_MAX);
}

static void signs_words_and_nothing_are_no_numbers(void **)
{
	static const char *const texts[] = { "-1", "+1", "one", "", " ", "\n1", "\t1" };
	uint64_t number;

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		const char *at = texts[i];

		assert_int_equal(numbers_take(&at, UINT64_MAX, &number, 1), 0);
		assert_ptr_equal(at, texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_of_numbers_is_taken_and_the_rest_left),
		cmocka_unit_test(a_number_is_not_looked_for_on_the_next_line),
		cmocka_unit_test(what_does_not_fit_is_not_taken),
		cmocka_unit_test(signs_words_and_nothing_are_no_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
