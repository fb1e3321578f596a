/* tests/unit/test_cli_print.c: what people and engines read on standard output */
#include "base/cleanup.h"
#include "cli/print.h"
#include "cli/stats_print.h"
#include "cli/user_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void columns_are_as_wide_as_their_widest_cell_and_the_last_is_not_padded(void **)
{
	static const char *const cells[] = { "ID",      "PID", "STATUS", "web-1", "7",
					     "running", "é",   NULL,     "" };
	autobuf struct buf text = {};

	print_table(&text, cells, 3, 3);
	assert_string_equal(buf_text(&text), "ID     PID  STATUS\n"
					     "web-1  7    running\n"
					     "é      -    -\n");
}

/* A bundle's path is the attacker's choice: it must not move the cursor of whoever lists containers. */
static void control_characters_of_a_name_are_made_visible(void **)
{
	static const char *const cells[] = { "A", "B", "x\x1b[2Jy\n", "z" };
	autobuf struct buf text = {};

	print_table(&text, cells, 2, 2);
	assert_string_equal(buf_text(&text), "A              B\n"
					     "x\\x1b[2Jy\\x0a  z\n");
}

static const char *printed(const struct cgroup_stats *stats, struct buf *text)
{
	struct json_out out = { .buf = text };

	json_out_object(&out, NULL);
	stats_print(stats, &out);
	json_out_end_object(&out);
	return buf_text(text);
}

static void statistics_leave_out_what_no_controller_tells(void **)
{
	const struct cgroup_stats stats = { .cpu = { .usage = 3, .user = 2, .system = 1 } };
	autobuf struct buf text = {};

	assert_string_equal(
		printed(&stats, &text),
		"{\"data\":{\"cpu\":{\"usage\":{\"total\":3,\"kernel\":1,\"user\":2},"
		"\"throttling\":{\"periods\":0,\"throttledPeriods\":0,\"throttledTime\":0}},"
		"\"hugetlb\":{}}}");
}

static void statistics_have_the_names_that_go_runc_parses(void **)
{
	static const struct cgroup_stat_value raw[] = { { "anon", 4096 } };
	static const struct cgroup_io_entry bytes[] = { { 8, 0, "Read", 512 } };
	static const struct cgroup_hugetlb_stats pages[] = { { "2MB", 1, CGROUP_UNLIMITED, 3 } };
	const struct cgroup_stats stats = {
		.memory = { .set = true,
			    .cache = 5,
			    .usage = { .usage = 1, .limit = 2, .max = 3, .failures = 4 },
			    .raw = raw,
			    .n_raw = 1 },
		.pids = { .set = true, .current = 7, .limit = CGROUP_UNLIMITED },
		.io = { .set = true, .bytes = { bytes, 1 } },
		.hugetlb = pages,
		.n_hugetlb = 1,
		.cpus = "0-2,5",
		.mems = "0",
	};
	static const char *const parts[] = {
		"\"cpuset\":{\"cpus\":[0,1,2,5],\"mems\":[0]}",
		"\"memory\":{\"cache\":5,\"usage\":{\"limit\":2,\"usage\":1,\"max\":3,\"failcnt\":"
		"4},",
		"\"raw\":{\"anon\":4096}}",
		"\"pids\":{\"current\":7,\"limit\":0}",
		"\"blkio\":{\"ioServiceBytesRecursive\":[{\"major\":8,\"minor\":0,\"op\":\"Read\","
		"\"value\":512}],"
		"\"ioServicedRecursive\":[]}",
		"\"hugetlb\":{\"2MB\":{\"usage\":1,\"limit\":18446744073709551615,\"failcnt\":3}}",
	};
	autobuf struct buf text = {};
	const char *json = printed(&stats, &text);

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		assert_non_null(strstr(json, parts[i]));
}

static void pressure_is_printed_as_the_kernel_wrote_it(void **)
{
	const struct cgroup_stats stats = {
		.cpu.pressure = { .set = true,
				  .some = { .avg10 = "0.12",
					    .avg60 = "1.00",
					    .avg300 = "0.00",
					    .total = 9 } },
	};
	autobuf struct buf text = {};

	assert_non_null(strstr(
		printed(&stats, &text),
		"\"psi\":{\"some\":{\"avg10\":0.12,\"avg60\":1.00,\"avg300\":0.00,\"total\":9},"
		"\"full\":{\"avg10\":0,\"avg60\":0,\"avg300\":0,\"total\":0}}"));
}

static void users_have_the_names_of_passwd_and_others_a_number(void **)
{
	static const struct {
		uint32_t uid;
		const char *name;
	} cases[] = { { 0, "root" },    { 1000, "ann" }, { 100, "#100" },
		      { 7, "no-pass" }, { 9, "#9" },     { 12, "last" } };
	autobuf struct buf passwd = {};
	autoarena struct arena arena = {};

	buf_puts(&passwd, "root:x:0:0::/root:/bin/sh\nann:x:1000:100::/home/ann:/bin/sh\n\n"
			  "broken:9\n:x:9:9\nno-pass::7:7\nshort\nlast:x:12:");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(user_name(&passwd, cases[i].uid, &arena), cases[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			columns_are_as_wide_as_their_widest_cell_and_the_last_is_not_padded),
		cmocka_unit_test(control_characters_of_a_name_are_made_visible),
		cmocka_unit_test(users_have_the_names_of_passwd_and_others_a_number),
		cmocka_unit_test(statistics_leave_out_what_no_controller_tells),
		cmocka_unit_test(statistics_have_the_names_that_go_runc_parses),
		cmocka_unit_test(pressure_is_printed_as_the_kernel_wrote_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
