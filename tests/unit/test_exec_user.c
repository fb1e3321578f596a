#include "base/buf.h"
#include "base/cleanup.h"
#include "container/exec_user.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_user_is_a_uid_and_perhaps_a_gid(void **)
{
	static const struct {
		const char *text;
		uint32_t uid, gid;
	} users[] = {
		{ "0", 0, 0 },   { "1", 1, 0 },
		{ "01", 1, 0 },  { "1000:1000", 1000, 1000 },
		{ "0:5", 0, 5 }, { "4294967294:4294967294", 4294967294, 4294967294 },
	};

	for (size_t i = 0; i < ARRAY_LEN(users); i++) {
		struct spec_user user;
		struct error err;

		assert_int_equal(exec_user_parse(users[i].text, &user, &err), 0);
		assert_int_equal(user.uid, users[i].uid);
		assert_int_equal(user.gid, users[i].gid);
	}
}

/* strtoul(3) takes most of these, and ":5" for root. */
static void what_is_not_all_digits_is_no_user(void **)
{
	static const char *const texts[] = {
		"",
		":",
		":5",
		"5:",
		"5:6:7",
		" 1",
		"1 ",
		"+1",
		"-1",
		"0x1",
		"1e3",
		"root",
		"1000:user",
		"1\n",
		"4294967295",
		"4294967296",
		"1:-1",
		"1: 1",
		"1,2",
		"-18446744073709551615",
		"1:-18446744073709551615",
		"18446744073709551617",
		"99999999999999999999999999",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct spec_user user = { .uid = 7 };
		struct error err;

		assert_int_equal(exec_user_parse(texts[i], &user, &err), -1);
		assert_int_equal(err.kind, ERR_USAGE);
		assert_int_equal(user.uid, 7);
	}
}

static void groups_are_ids_between_commas(void **)
{
	autoarena struct arena arena = {};
	struct spec_user user = {};
	struct error err;

	assert_int_equal(exec_groups_parse(&arena, "1,22,0", &user, &err), 0);
	assert_int_equal(user.n_additional_gids, 3);
	assert_int_equal(user.additional_gids[1], 22);
	assert_int_equal(user.additional_gids[2], 0);
}

static void a_list_of_groups_is_never_read_in_part(void **)
{
	static const char *const texts[] = { "",   ",",    ",1",      "1,", "1,,2",
					     " 1", "1,-1", "1,wheel", "1:2" };
	autoarena struct arena arena = {};
	autobuf struct buf many = {};
	struct spec_user user = {};
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(exec_groups_parse(&arena, texts[i], &user, &err), -1);
	buf_printf(&many, "0");
	for (int i = 1; i <= 256; i++)
		buf_printf(&many, ",%d", i);
	assert_int_equal(exec_groups_parse(&arena, buf_text(&many), &user, &err), -1);
	assert_int_equal(user.n_additional_gids, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_is_a_uid_and_perhaps_a_gid),
		cmocka_unit_test(what_is_not_all_digits_is_no_user),
		cmocka_unit_test(groups_are_ids_between_commas),
		cmocka_unit_test(a_list_of_groups_is_never_read_in_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
