#include "base/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static const struct name_value words[] = {
	{ "create", 1 }, { "start", 2 }, { "state", 3 },
	{ "kill", 4 },   { "run", 5 },   { "memory.limit_in_bytes", 6 },
};

static void a_row_is_found_by_its_exact_name(void **)
{
	assert_int_equal(table_find(words, "state")->value, 3);
	assert_null(table_find(words, "stat"));
	assert_null(table_find(words, ""));
	assert_null(table_find(words, "State"));
}

static void a_slip_of_the_hand_suggests_the_word_that_was_meant(void **)
{
	assert_string_equal(table_nearest(words, "craete"), "create");
	assert_string_equal(table_nearest(words, "strat"), "start");
	assert_string_equal(table_nearest(words, "statee"), "state");
	assert_string_equal(table_nearest(words, "KILL"), "kill");
	assert_string_equal(table_nearest(words, "rn"), "run");
	assert_string_equal(table_nearest(words, "memory.limit_in_byte"), "memory.limit_in_bytes");
}

static void nothing_near_suggests_nothing(void **)
{
	char long_name[500];

	memset(long_name, 'r', sizeof long_name);
	long_name[sizeof long_name - 1] = '\0';
	assert_null(table_nearest(words, "checkpoint"));
	assert_null(table_nearest(words, "x"));
	assert_null(table_nearest(words, ""));
	assert_null(table_nearest(words, long_name));
}

static void a_table_indexed_by_enum_may_have_gaps(void **)
{
	static const struct name_value gaps[] = { [1] = { "one", 1 }, [3] = { "two", 2 } };
	char names[16];

	assert_int_equal(table_find(gaps, "two")->value, 2);
	assert_string_equal(table_nearest(gaps, "twoo"), "two");
	assert_string_equal(table_names(gaps, names, sizeof names), "one, two");
}

static void a_list_of_names_is_cut_where_it_does_not_fit(void **)
{
	char all[64], some[20];

	assert_string_equal(table_names(words, all, sizeof all),
			    "create, start, state, kill, run, memory.limit_in_bytes");
	assert_string_equal(table_names(words, some, sizeof some), "create, start, …");
	for (size_t size = 1; size < sizeof all; size++) {
		char cut[sizeof all];

		memset(cut, 'x', sizeof cut);
		table_names(words, cut, size);
		assert_true(strlen(cut) < size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_is_found_by_its_exact_name),
		cmocka_unit_test(a_slip_of_the_hand_suggests_the_word_that_was_meant),
		cmocka_unit_test(nothing_near_suggests_nothing),
		cmocka_unit_test(a_table_indexed_by_enum_may_have_gaps),
		cmocka_unit_test(a_list_of_names_is_cut_where_it_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
