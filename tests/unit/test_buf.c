#include "base/buf.h"

#include "base/arena.h"
#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void an_empty_buffer_reads_as_an_empty_string(void **)
{
	struct buf buf = {};

	assert_string_equal(buf_text(&buf), "");
	buf_reset(&buf);
	buf_free(&buf);
	assert_null(buf.data);
}

static void what_is_added_stands_in_order_and_ends_with_nul(void **)
{
	autobuf struct buf buf = {};

	buf_puts(&buf, "ab");
	buf_putc(&buf, 'c');
	buf_add(&buf, "\0d", 2);
	buf_add(&buf, NULL, 0);
	buf_printf(&buf, "-%d-%s", 42, "x");
	assert_int_equal(buf.len, 10);
	assert_memory_equal(buf.data, "abc\0d-42-x", 11);
}

static void adding_nothing_makes_a_c_string(void **)
{
	autobuf struct buf buf = {};

	buf_puts(&buf, "");
	assert_non_null(buf.data);
	assert_string_equal(buf.data, "");
}

static void growth_keeps_every_byte(void **)
{
	autobuf struct buf buf = {};

	for (int i = 0; i < 100'000; i++)
		buf_putc(&buf, (char)('a' + i % 26));
	assert_int_equal(buf.len, 100'000);
	for (int i = 0; i < 100'000; i++)
		assert_int_equal(buf.data[i], 'a' + i % 26);
	assert_int_equal(buf.data[buf.len], '\0');
}

static void a_long_format_is_written_whole_from_every_fill(void **)
{
	char text[700];

	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	for (size_t fill = 0; fill < 600; fill++) {
		autobuf struct buf buf = {};

		for (size_t i = 0; i < fill; i++)
			buf_putc(&buf, '.');
		buf_printf(&buf, "<%s>", text);
		assert_int_equal(buf.len, fill + sizeof text + 1);
		assert_int_equal(buf.data[fill], '<');
		assert_string_equal(buf.data + buf.len - 2, "x>");
	}
}

static void a_format_of_any_length_is_written_whole(void **)
{
	for (int len = 1; len < 600; len++) {
		autobuf struct buf buf = {};

		buf_printf(&buf, "%*d", len, 7);
		assert_int_equal(buf.len, len);
		assert_int_equal(buf.data[len - 1], '7');
	}
}

static void reset_keeps_the_memory(void **)
{
	autobuf struct buf buf = {};

	buf_puts(&buf, "something");
	buf_reset(&buf);
	assert_int_equal(buf.len, 0);
	assert_true(buf.cap > 0);
	assert_string_equal(buf.data, "");
}

static void room_is_there_after_reserving_it(void **)
{
	autobuf struct buf buf = {};

	buf_puts(&buf, "12345");
	buf_reserve(&buf, 1000);
	assert_true(buf.cap >= 1006);
	assert_string_equal(buf.data, "12345");
}

static void what_a_terminal_would_act_on_is_shown_as_bytes(void **)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{ "a\xc3\xa9 \xe2\x82\xac", "a\xc3\xa9 \xe2\x82\xac" },
		{ "a\033[1m\n\x7f", "a\\x1b[1m\\x0a\\x7f" },
		{ "\xc2\x9b"
		  "31m",
		  "\\xc2\\x9b31m" },
		{ "\xe2\x80\xaetxt\xe2\x81\xa6", "\\xe2\\x80\\xaetxt\\xe2\\x81\\xa6" },
		{ "\xe2", "\xe2" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autobuf struct buf buf = {};

		buf_put_visible(&buf, cases[i].text);
		assert_string_equal(buf_text(&buf), cases[i].shown);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_buffer_reads_as_an_empty_string),
		cmocka_unit_test(what_is_added_stands_in_order_and_ends_with_nul),
		cmocka_unit_test(adding_nothing_makes_a_c_string),
		cmocka_unit_test(growth_keeps_every_byte),
		cmocka_unit_test(a_long_format_is_written_whole_from_every_fill),
		cmocka_unit_test(a_format_of_any_length_is_written_whole),
		cmocka_unit_test(reset_keeps_the_memory),
		cmocka_unit_test(room_is_there_after_reserving_it),
		cmocka_unit_test(what_a_terminal_would_act_on_is_shown_as_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
