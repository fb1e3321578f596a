/* Groups of ping_group_range: those of the container, as the host counts them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "kernel/sysctl.h"

static const struct id_range some[] = { { 0, 700000, 1000 }, { 5000, 900000, 10 } };
static const struct idmap ids = { some, some, ARRAY_LEN(some), ARRAY_LEN(some) };

static void a_group_is_the_containers(void **)
{
	static const struct {
		const char *value, *present, *expected;
	} rows[] = {
		{ "0 0", NULL, "700000 700000" },
		{ "0\t0", "1\t0", "700000 700000" },
		{ "1 7", "1\t0\n", "700001 700007" },
		{ "5001 5001", NULL, "900001 900001" },
		/* all that it has, as containerd says it */
		{ "0 2147483647", NULL, "700000 700999" },
		/* nobody */
		{ "1 0", "0\t2147483647\n", "1 0" },
	};
	char text[SYSCTL_GROUPS_SIZE];
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(sysctl_groups(rows[i].value, rows[i].present, &ids, text, &err),
				 0);
		assert_string_equal(text, rows[i].expected);
	}
}

static void groups_of_another_container_in_the_same_network_stay(void **)
{
	char text[SYSCTL_GROUPS_SIZE];
	struct error err;

	assert_int_equal(sysctl_groups("0 0", "500000\t500000\n", &ids, text, &err), 0);
	assert_string_equal(text, "500000 700000");
	assert_int_equal(sysctl_groups("0 0", "800000\t800001\n", &ids, text, &err), 0);
	assert_string_equal(text, "700000 800001");
	assert_int_equal(sysctl_groups("0 0", "0\t2147483647\n", &ids, text, &err), 0);
	assert_string_equal(text, "0 2147483647");
}

static void without_a_mapping_groups_are_what_they_are(void **)
{
	const struct idmap none = {};
	char text[SYSCTL_GROUPS_SIZE];
	struct error err;

	assert_int_equal(sysctl_groups("0 2147483647", NULL, &none, text, &err), 0);
	assert_string_equal(text, "0 2147483647");
}

static void what_is_no_pair_of_the_containers_groups_is_an_error(void **)
{
	static const char *const rows[] = { "",      "0",         "0 x",         "-1 0",
					    "0 0 0", "1000 1000", "0 4294967296" };
	char text[SYSCTL_GROUPS_SIZE];
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(sysctl_groups(rows[i], NULL, &ids, text, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_group_is_the_containers),
		cmocka_unit_test(groups_of_another_container_in_the_same_network_stay),
		cmocka_unit_test(without_a_mapping_groups_are_what_they_are),
		cmocka_unit_test(what_is_no_pair_of_the_containers_groups_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
