/* The text of a uid_map, and the list of all that is mapped; what the kernel does with processes that
 * come and go is in tests/unit/test_id_range.c. */
#include "kernel/uidmaps.h"

#include "base/cleanup.h"
#include "kernel/idmap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void a_line_of_a_map_is_three_numbers_of_32_bits(void **)
{
	static const char *const wrong[] = {
		"",
		"\n",
		"1 2\n",
		"1 2 3 4\n",
		"1 2 x\n",
		"-1 2 3",
		"1 +2 3\n",
		"4294967296 0 1\n",
		"0 0 4294967296",
		"1\t2\t3\n",
		"99999999999999999999999999999999999999999 0 1\n",
	};
	const char *text = "         0  268435456      65536\n4294967295 0 1";
	struct id_range range;

	text = idmap_line(text, &range);
	assert_non_null(text);
	assert_int_equal(range.inside, 0);
	assert_int_equal(range.outside, 268435456);
	assert_int_equal(range.count, 65536);
	text = idmap_line(text, &range);
	assert_non_null(text);
	assert_int_equal(range.inside, UINT32_MAX);
	assert_string_equal(text, "");
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_null(idmap_line(wrong[i], &range));
	assert_int_equal(range.inside, UINT32_MAX);
}

static void assert_ranges(const struct uidmaps *maps, const struct uidmaps_range *ranges, size_t n)
{
	assert_int_equal(maps->n, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(maps->ranges[i].first, ranges[i].first);
		assert_int_equal(maps->ranges[i].last, ranges[i].last);
	}
}

static void ranges_are_sorted_and_those_that_overlap_are_one(void **)
{
	static const struct uidmaps_range apart[] = { { 10, 19 }, { 30, 39 } };
	static const struct uidmaps_range joined[] = { { 5, 39 }, { 100, 100 } };
	struct uidmaps maps = {};

	uidmaps_add(&maps, "0 30 10\n100 10 10\n");
	assert_ranges(&maps, apart, ARRAY_LEN(apart));
	uidmaps_add(&maps, "0 5 30\n0 100 1\n");
	assert_ranges(&maps, joined, ARRAY_LEN(joined));
	assert_null(uidmaps_overlap(&maps, 40, 99));
	assert_non_null(uidmaps_overlap(&maps, 40, 100));
	uidmaps_free(&maps);
}

static void what_maps_nothing_of_the_host_is_left_out(void **)
{
	struct uidmaps maps = {};

	uidmaps_add(&maps, "0 0 4294967295\n");
	uidmaps_add(&maps, "0 4294967295 65536\n"); /* our namespace has no id for it */
	uidmaps_add(&maps, "0 100 0\n");
	uidmaps_add(&maps, "18446744073709551615 18446744073709551615 2\n0 1 1\n");
	assert_int_equal(maps.n, 0);
	uidmaps_add(&maps, "0 4294967294 3\n0 4294967294 1\n");
	assert_int_equal(maps.n, 1);
	uidmaps_free(&maps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_of_a_map_is_three_numbers_of_32_bits),
		cmocka_unit_test(ranges_are_sorted_and_those_that_overlap_are_one),
		cmocka_unit_test(what_maps_nothing_of_the_host_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
