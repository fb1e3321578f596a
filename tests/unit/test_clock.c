#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void a_moment_is_written_as_rfc_3339(void **)
{
	static const struct {
		int64_t second;
		const char *text;
	} moments[] = {
		{ 0, "1970-01-01T00:00:00.000000001Z" },
		{ -1, "1969-12-31T23:59:59.000000001Z" },
		{ 951782399, "2000-02-28T23:59:59.000000001Z" },
		{ 951782400, "2000-02-29T00:00:00.000000001Z" },
		{ 951868800, "2000-03-01T00:00:00.000000001Z" },
		{ 4107542400, "2100-03-01T00:00:00.000000001Z" },
		{ 1767225599, "2025-12-31T23:59:59.000000001Z" },
		{ 253402300799, "9999-12-31T23:59:59.000000001Z" },
	};
	char text[CLOCK_TEXT_SIZE];

	for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++)
		assert_string_equal(clock_text((struct timespec){ moments[i].second, 1 }, text),
				    moments[i].text);
}

static void every_day_of_four_centuries_agrees_with_the_c_library(void **)
{
	for (time_t second = -86400L * 365 * 70; second < 86400L * 365 * 340; second += 86399) {
		char text[CLOCK_TEXT_SIZE], expected[CLOCK_TEXT_SIZE];
		struct tm tm;

		strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S.000000000Z",
			 gmtime_r(&second, &tm));
		assert_string_equal(clock_text((struct timespec){ second, 0 }, text), expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_moment_is_written_as_rfc_3339),
		cmocka_unit_test(every_day_of_four_centuries_agrees_with_the_c_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
