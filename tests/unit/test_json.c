/* JSON as an attacker would write it: every refusal names its place, and nothing is read twice. */
#include "base/json.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static const struct json *parse(struct arena *arena, const char *text, struct error *err)
{
	return json_parse(arena, "config.json", text, strlen(text), (struct json_limits){}, err);
}

static void assert_refused(const char *text, size_t len, const char *where, const char *why)
{
	autoarena struct arena arena = {};
	struct error err = {};

	assert_null(json_parse(&arena, "config.json", text, len, (struct json_limits){}, &err));
	assert_int_equal(err.kind, ERR_SPEC);
	assert_non_null(strstr(err.text, "config.json"));
	if (!strstr(err.text, why))
		fail_msg("'%s' does not say '%s'", err.text, why);
	assert_string_equal(err.where, where);
}

#define refused(text, where, why) assert_refused(text, sizeof(text) - 1, where, why)

/* What a parsed text is when it is written again. */
static void assert_written(const char *text, const char *expected, bool pretty)
{
	autoarena struct arena arena = {};
	autobuf struct buf buf = {};
	struct error err = {};
	struct json_out out = { .buf = &buf, .pretty = pretty };
	const struct json *top = parse(&arena, text, &err);

	if (!top)
		fail_msg("%s", err.text);
	json_out_node(&out, NULL, top);
	assert_string_equal(buf_text(&buf), expected);
}

static void every_type_survives_reading_and_writing(void **)
{
	static const char text[] =
		"{\"n\":null,\"t\":true,\"f\":false,\"i\":-12,\"d\":1.50e+3,"
		"\"s\":\"a\\\"\\\\\\n\\u0001€😀\",\"a\":[1,[],{}],\"\":{\"x\":0}}";

	assert_written(text, text, false);
	assert_written("  7 ", "7", false);
	assert_written("\"\\ud83d\\ude00\\/\\u20ac\"", "\"😀/€\"", false);
	assert_written("{\"a\":[1,{}],\"b\":{}}",
		       "{\n\t\"a\": [\n\t\t1,\n\t\t{}\n\t],\n\t\"b\": {}\n}", true);
}

static void a_tree_knows_its_parents_order_and_counts(void **)
{
	autoarena struct arena arena = {};
	struct error err = {};
	const struct json *top = parse(&arena, "{\"a\":[5,6,7],\"b\":null}", &err);

	assert_non_null(top);
	assert_int_equal(top->len, 2);

	const struct json *a = json_get(top, "a");

	assert_int_equal(a->len, 3);
	assert_ptr_equal(a->parent, top);
	assert_string_equal(a->first->next->text, "6");
	assert_int_equal(a->first->next->index, 1);
	assert_null(a->first->next->next->next);
	assert_int_equal(a->next->type, JSON_NULL);
	assert_null(json_get(top, "b")); /* null counts as absent */
	assert_null(json_get(top, "c"));
	assert_null(json_get(a, "a"));
	assert_null(json_get(NULL, "a"));
}

static void a_pointer_escapes_tilde_and_slash(void **)
{
	autoarena struct arena arena = {};
	struct error err = {};
	char pointer[64], small[12];
	const struct json *top = parse(&arena, "{\"a/b\":[0,{\"m~n\":{\"\":1}}]}", &err);
	const struct json *leaf = top->first->first->next->first->first;

	assert_string_equal(json_pointer(top, pointer, sizeof pointer), "");
	assert_string_equal(json_pointer(leaf, pointer, sizeof pointer), "/a~1b/1/m~0n/");
	/* Where it does not fit, the end is what tells one value from another. */
	assert_string_equal(json_pointer(leaf, small, sizeof small), "~1b/1/m~0n/");
	assert_int_equal(json_error(leaf, &err, "no %d", 1), -1);
	assert_string_equal(err.where, "/a~1b/1/m~0n/");
	assert_string_equal(err.text, "no 1");
}

static void a_cut_pointer_begins_with_a_whole_character(void **)
{
	autoarena struct arena arena = {};
	struct error err = {};
	char small[6];
	const struct json *top = parse(&arena, "{\"€€€\":1}", &err);

	assert_string_equal(json_pointer(top->first, small, sizeof small), "€");
}

static void duplicate_names_are_refused_with_their_place(void **)
{
	refused("{\"a\":1,\"a\":2}", "/a", "twice");
	refused("[{\"b\":{\"x\":1,\"y\":2,\"x\":1}}]", "/0/b/x", "'x'");
	refused("{\"a\":1,\"\\u0061\":2}", "/a", "twice");
	assert_written("{\"a\":{\"a\":1},\"b\":{\"a\":1}}", "{\"a\":{\"a\":1},\"b\":{\"a\":1}}",
		       false);
}

static void an_object_with_400000_names_takes_no_quadratic_time(void **)
{
	autobuf struct buf text = {};
	autoarena struct arena arena = {};
	struct error err = {};

	buf_puts(&text, "{\"0\":0");
	for (int i = 1; i < 400'000; i++)
		buf_printf(&text, ",\"name%d\":0", i);
	buf_puts(&text, "}");

	/* A square takes longer than tests/lib/run-programs lets a program run. */
	assert_non_null(parse(&arena, buf_text(&text), &err));

	text.data[text.len - 1] = ',';
	buf_puts(&text, "\"name77\":1}");
	assert_refused(text.data, text.len, "/name77", "twice");
}

static void nesting_stops_at_the_limit(void **)
{
	char text[2 * (JSON_DEPTH_MAX + 1) + 1] = "";

	memset(text, '[', JSON_DEPTH_MAX);
	memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
	assert_written(text, text, false);

	memset(text, '[', JSON_DEPTH_MAX + 1);
	memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
	assert_refused(text, strlen(text),
		       "/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0",
		       "nested deeper than 32");
}

static void a_million_open_brackets_are_refused_early(void **)
{
	autobuf struct buf text = {};
	autoarena struct arena arena = {};
	struct error err = {};

	for (int i = 0; i < 1'000'000; i++)
		buf_puts(&text, "{\"a\":");
	assert_null(parse(&arena, buf_text(&text), &err));
	assert_non_null(strstr(err.text, "nested deeper"));
}

static void more_values_than_the_limit_are_refused(void **)
{
	autobuf struct buf text = {};

	buf_puts(&text, "[0");
	for (int i = 1; i < JSON_NODES_MAX; i++)
		buf_puts(&text, ",0");
	buf_puts(&text, "]");
	assert_refused(text.data, text.len, "/999999", "more than 1000000 values");
}

static void input_above_the_size_limit_is_not_read(void **)
{
	autoarena struct arena arena = {};
	struct error err = {};

	/* One byte exists: a read of what is announced would end in a crash. CVE-2022-24795 needs
	 * inputs of gigabytes, and no caller can raise the limit to these. */
	assert_null(json_parse(&arena, "x", "1", SIZE_MAX, (struct json_limits){}, &err));
	assert_non_null(strstr(err.text, "x is larger than 8388608 bytes"));
	assert_null(json_parse(&arena, "x", "1", JSON_SIZE_MAX + 1,
			       (struct json_limits){ .size = SIZE_MAX }, &err));
	assert_null(json_parse(&arena, "x", "[ ]", 3, (struct json_limits){ .size = 2 }, &err));
	assert_non_null(json_parse(&arena, "x", "[ ]", 3, (struct json_limits){ .size = 3 }, &err));
}

static void a_string_of_the_largest_size_is_read_whole(void **)
{
	autobuf struct buf text = {};
	autoarena struct arena arena = {};
	struct error err = {};

	buf_reserve(&text, JSON_SIZE_MAX);
	memset(text.data, 'a', JSON_SIZE_MAX);
	text.data[0] = text.data[JSON_SIZE_MAX - 1] = '"';
	memcpy(text.data + 1, "\\n", 2); /* an escape, so that yajl copies it to its own buffer */
	text.len = JSON_SIZE_MAX;

	const struct json *top =
		json_parse(&arena, "x", text.data, text.len, (struct json_limits){}, &err);

	assert_non_null(top);
	assert_int_equal(top->len, JSON_SIZE_MAX - 3);
}

static void nul_is_refused_raw_and_escaped_in_values_and_names(void **)
{
	refused("[\"a\\u0000b\"]", "/0", "NUL");
	refused("{\"a\\u0000b\":1}", "", "NUL");
	refused("{\"k\":{\"\\u0000\":1}}", "/k", "NUL");
	refused("\"a\0b\"", "", "line 1, column");
	refused("{}\0", "", "line 1, column");
	refused("\0", "", "line 1, column");
}

static void text_that_is_not_unicode_is_refused(void **)
{
	refused("\"\x80\"", "", "");
	refused("\"\xc0\xaf\"", "", "");         /* '/' in two bytes */
	refused("\"\xe0\x80\xaf\"", "", "");     /* and in three */
	refused("\"\xed\xa0\x80\"", "", "");     /* a surrogate */
	refused("\"\xf4\x90\x80\x80\"", "", ""); /* above U+10FFFF */
	refused("\"\xf8\x88\x80\x80\x80\"", "", "");
	refused("\"\xe2\x82\"", "", "");
	refused("{\"\xc1\xbf\":1}", "", "");
	refused("\xef\xbb\xbf{}", "", "line 1"); /* a byte order mark: RFC 8259 section 8.1 */
}

static void half_a_surrogate_pair_is_refused(void **)
{
	refused("[\"\\ud800\"]", "/0", "Unicode");
	refused("[1,\"\\udc00\"]", "/1", "Unicode");
	refused("[\"\\ud800\\u0041\"]", "/0", "Unicode");
	refused("[\"\\ud83d\\ud83d\"]", "/0", "Unicode");
	refused("{\"\\uDBFFx\":1}", "", "Unicode");
	refused("[\"\\ud800", "/0", ""); /* cut off */
	refused("[\"\\ud8", "/0", "");
	assert_written("[\"\\\\ud800\"]", "[\"\\\\ud800\"]",
		       false); /* an escaped backslash is none */
	assert_written("[\"\\ud83d\\ude00\"]", "[\"😀\"]", false);
}

static void what_is_not_json_is_refused_with_line_and_column(void **)
{
	refused("", "", "premature EOF");
	refused(" \n\t ", "", "premature EOF");
	refused("{}{}", "", "trailing garbage");
	refused("[] x", "", "trailing garbage");
	refused("1 2", "", "trailing garbage");
	refused("{\n\"a\":1,\n}", "", "line 3");
	refused("[1,]", "/1", "line 1");
	refused("{\"a\":01}", "", "line 1");
	refused("{\"a\":+1}", "/a", "line 1");
	refused("{\"a\":.5}", "/a", "line 1");
	refused("{\"a\":1.}", "/a", "line 1");
	refused("{\"a\":1e}", "/a", "line 1");
	refused("{\"a\":NaN}", "/a", "line 1");
	refused("{\"a\":-}", "/a", "line 1");
	refused("{'a':1}", "", "line 1");
	refused("{a:1}", "", "line 1");
	refused("[\"\t\"]", "/0", "line 1");
	refused("[\"\\x\"]", "/0", "line 1");
	refused("[\"\\u12g4\"]", "/0", "line 1");
	refused("[}", "/0", "line 1");
	refused("nul", "", "");
	refused("// c\n1", "", "");
}

static void comments_are_allowed_only_on_request(void **)
{
	autoarena struct arena arena = {};
	struct error err = {};
	static const char text[] = "// one\n{ /* two \\u0000 */ \"a\": 1 } // three";
	const struct json_limits limits = { .comments = true };

	refused("{ /* two */ }", "", "line 1");
	assert_non_null(json_parse(&arena, "policy.json", text, sizeof text - 1, limits, &err));
	assert_null(json_parse(&arena, "policy.json", "{} /* */ {}", 11, limits, &err));
	assert_null(json_parse(&arena, "policy.json", "{ /* open }", 11, limits, &err));
	assert_null(json_parse(&arena, "policy.json", "{ / }", 5, limits, &err));
}

static void a_text_cut_at_any_byte_is_refused_without_a_byte_read_beyond(void **)
{
	static const char text[] =
		"{\"ociVersion\":\"1.3.0\",\"\\u20ac/~\":[1,-2.5e10,true,false,null,"
		"\"\\ud83d\\ude00 € \\n\"],\"o\":{\"p\":{\"q\":[[],{}]}} /* c */ // d\n }";
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	/* The text ends at a page that cannot be read: yajl itself has no sanitizer to watch it. */
	assert_ptr_not_equal(pages, MAP_FAILED);
	assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);

	for (size_t len = 0; len < sizeof text; len++) {
		autoarena struct arena arena = {};
		struct error err = {};
		char *at = memcpy(pages + page - len, text, len);
		const struct json *top = json_parse(&arena, "x", at, len,
						    (struct json_limits){ .comments = true }, &err);

		assert_int_equal(top != NULL, len == sizeof text - 1);
		assert_int_equal(err.text[0] != '\0', top == NULL);
	}
	munmap(pages, 2 * page);
}

static void any_single_changed_byte_is_survived(void **)
{
	static const char text[] =
		"{\"a\":[1,-2.5e1,true,null,\"\\ud83d\\ude00€\"],\"b\":{\"c\":{}}}";

	for (size_t i = 0; i < sizeof text - 1; i++) {
		for (int byte = 0; byte < 256; byte++) {
			autoarena struct arena arena = {};
			autofree char *changed = xmalloc(sizeof text - 1);
			struct error err = {};

			memcpy(changed, text, sizeof text - 1);
			changed[i] = (char)byte;

			const struct json *top = json_parse(&arena, "x", changed, sizeof text - 1,
							    (struct json_limits){}, &err);

			assert_int_equal(err.text[0] != '\0', top == NULL);
		}
	}
}

static void numbers_have_ranges(void **)
{
	autoarena struct arena arena = {};
	struct error err = {};
	int64_t i = 5;
	uint64_t u = 5;
	const struct json *top = parse(
		&arena,
		"{\"max\":9223372036854775807,\"min\":-9223372036854775808,"
		"\"over\":9223372036854775808,\"umax\":18446744073709551615,"
		"\"uover\":18446744073709551616,\"neg\":-1,\"zero\":-0,\"frac\":1.0,\"exp\":1e3,"
		"\"text\":\"7\",\"huge\":99999999999999999999999999999999999999999999999999}",
		&err);

	assert_non_null(top);
	assert_int_equal(json_to_int(json_get(top, "max"), INT64_MIN, INT64_MAX, &i, &err), 0);
	assert_true(i == INT64_MAX);
	assert_int_equal(json_to_int(json_get(top, "min"), INT64_MIN, INT64_MAX, &i, &err), 0);
	assert_true(i == INT64_MIN);
	assert_int_equal(json_to_uint(json_get(top, "umax"), UINT64_MAX, &u, &err), 0);
	assert_true(u == UINT64_MAX);

	static const char *const refused_ints[] = {
		"over", "uover", "huge", "frac", "exp", "text"
	};

	for (size_t k = 0; k < ARRAY_LEN(refused_ints); k++)
		assert_int_equal(
			json_to_int(json_get(top, refused_ints[k]), INT64_MIN, INT64_MAX, &i, &err),
			-1);

	static const char *const refused_uints[] = {
		"uover", "huge", "neg", "zero", "frac", "text"
	};

	for (size_t k = 0; k < ARRAY_LEN(refused_uints); k++)
		assert_int_equal(
			json_to_uint(json_get(top, refused_uints[k]), UINT64_MAX, &u, &err), -1);
	assert_true(i == INT64_MIN && u == UINT64_MAX); /* untouched on failure */

	assert_int_equal(json_to_int(json_get(top, "neg"), 0, 10, &i, &err), -1);
	assert_string_equal(err.where, "/neg");
	assert_string_equal(err.text, "must be from 0 to 10, not -1");
	assert_int_equal(json_to_uint(json_get(top, "max"), 10, &u, &err), -1);
	assert_string_equal(err.text, "must be from 0 to 10, not 9223372036854775807");
}

static void a_wrong_type_is_named_beside_the_right_one(void **)
{
	autoarena struct arena arena = {};
	struct error err = {};
	const char *text = "unchanged";
	bool flag = true;
	int64_t i = 0;
	const struct json *top = parse(&arena, "{\"a\":[1,{}],\"s\":\"x\",\"f\":false}", &err);
	const struct json *a = json_get(top, "a");

	assert_int_equal(json_to_string(a, &text, &err), -1);
	assert_string_equal(err.text, "must be a string, not an array");
	assert_string_equal(err.where, "/a");
	assert_string_equal(text, "unchanged");
	assert_int_equal(json_to_bool(a->first, &flag, &err), -1);
	assert_string_equal(err.text, "must be a boolean, not a number");
	assert_int_equal(json_to_int(a->first->next, 0, 1, &i, &err), -1);
	assert_string_equal(err.text, "must be a number, not an object");
	assert_int_equal(json_to_string(json_get(top, "s"), &text, &err), 0);
	assert_string_equal(text, "x");
	assert_int_equal(json_to_bool(json_get(top, "f"), &flag, &err), 0);
	assert_false(flag);
}

static void what_is_written_is_valid_whatever_the_bytes(void **)
{
	autobuf struct buf buf = {};
	autoarena struct arena arena = {};
	struct error err = {};
	struct json_out out = { .buf = &buf };

	json_out_object(&out, NULL);
	json_out_string(&out, "bytes", "a\xff\xe2\x82z\x7f\x1b");
	json_out_string(&out, "k\"\n", NULL);
	json_out_int(&out, "min", INT64_MIN);
	json_out_uint(&out, "max", UINT64_MAX);
	json_out_array(&out, "list");
	json_out_bool(&out, NULL, true);
	json_out_object(&out, NULL);
	json_out_end_object(&out);
	json_out_end_array(&out);
	json_out_end_object(&out);
	assert_string_equal(buf_text(&buf),
			    "{\"bytes\":\"a\uFFFD\uFFFD\uFFFDz\\u007f\\u001b\",\"k\\\"\\n\":null,"
			    "\"min\":-9223372036854775808,\"max\":18446744073709551615,"
			    "\"list\":[true,{}]}");
	assert_non_null(parse(&arena, buf_text(&buf), &err));
}

static void the_tree_builder_of_yajl_is_not_linked(void **)
{
	autobuf struct buf program = {};
	struct error err = {};
	char name[] =
		"?ajl_tree_parse"; /* put together here, so that it is not found in this test */

	assert_int_equal(fd_read_file(AT_FDCWD, "/proc/self/exe", 64 << 20, &program, &err), 0);
	assert_non_null(memmem(program.data, program.len, "yajl_complete_parse", 19));
	name[0] = 'y';
	assert_null(memmem(program.data, program.len, name, sizeof name)); /* CVE-2023-33460 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_survives_reading_and_writing),
		cmocka_unit_test(a_tree_knows_its_parents_order_and_counts),
		cmocka_unit_test(a_pointer_escapes_tilde_and_slash),
		cmocka_unit_test(a_cut_pointer_begins_with_a_whole_character),
		cmocka_unit_test(duplicate_names_are_refused_with_their_place),
		cmocka_unit_test(an_object_with_400000_names_takes_no_quadratic_time),
		cmocka_unit_test(nesting_stops_at_the_limit),
		cmocka_unit_test(a_million_open_brackets_are_refused_early),
		cmocka_unit_test(more_values_than_the_limit_are_refused),
		cmocka_unit_test(input_above_the_size_limit_is_not_read),
		cmocka_unit_test(a_string_of_the_largest_size_is_read_whole),
		cmocka_unit_test(nul_is_refused_raw_and_escaped_in_values_and_names),
		cmocka_unit_test(text_that_is_not_unicode_is_refused),
		cmocka_unit_test(half_a_surrogate_pair_is_refused),
		cmocka_unit_test(what_is_not_json_is_refused_with_line_and_column),
		cmocka_unit_test(comments_are_allowed_only_on_request),
		cmocka_unit_test(a_text_cut_at_any_byte_is_refused_without_a_byte_read_beyond),
		cmocka_unit_test(any_single_changed_byte_is_survived),
		cmocka_unit_test(numbers_have_ranges),
		cmocka_unit_test(a_wrong_type_is_named_beside_the_right_one),
		cmocka_unit_test(what_is_written_is_valid_whatever_the_bytes),
		cmocka_unit_test(the_tree_builder_of_yajl_is_not_linked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
