/* tests/unit/test_cli_options.c: how the command line is read */
#include "base/cleanup.h"
#include "cli/options.h"
#include "cli/signal_name.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct options {
	bool all, tty;
	const char *bundle;
	struct cli_number number, size, interval;
	int format;
	struct cli_list env;
};
struct outer {
	bool debug;
	const char *bundle;
};

// clang-format off
#define AT(member) offsetof(struct options, member)
static const struct cli_option rows[] = {
	{ "all",          'a', OPTION_FLAG,    AT(all),      NULL,         "" },
	{ "tty",          't', OPTION_FLAG,    AT(tty),      NULL,         "" },
	{ "no-subreaper", 0,   OPTION_FLAG,    AT(tty),      NULL,         "" },
	{ "bundle",       'b', OPTION_TEXT,    AT(bundle),   "DIR",        "" },
	{ "preserve-fds", 0,   OPTION_NUMBER,  AT(number),   "N",          "" },
	{ "memory",       'm', OPTION_SIZE,    AT(size),     "SIZE",       "" },
	{ "interval",     0,   OPTION_TIME,    AT(interval), "TIME",       "" },
	{ "format",       'f', OPTION_WORD,    AT(format),   "table|json", "" },
	{ "env",          'e', OPTION_LIST,    AT(env),      "ENV",        "" },
	{ "criu",         0,   OPTION_IGNORED, 0,            "PATH",       "" },
};
static const struct cli_option outer_rows[] = {
	{ "debug",  0, OPTION_FLAG, offsetof(struct outer, debug),  NULL,  "" },
	{ "bundle", 0, OPTION_TEXT, offsetof(struct outer, bundle), "DIR", "" },
};
#undef AT
// clang-format on

struct parsed {
	struct arena arena;
	struct options options;
	struct outer outer;
	struct cli_list args;
	struct error err;
	int result;
};

static void free_parsed(struct parsed *parsed)
{
	arena_free(&parsed->arena);
}
#define autoparsed [[gnu::cleanup(free_parsed)]]

static void parse_into(struct parsed *ret, bool raw_tail, const char *const *items, size_t n)
{
	struct cli_scope scopes[] = {
		{ rows, ARRAY_LEN(rows), &ret->options },
		{ outer_rows, ARRAY_LEN(outer_rows), &ret->outer },
	};
	struct cli_words words = { .items = items, .n = n };

	ret->result = cli_parse_options(scopes, ARRAY_LEN(scopes), &words, raw_tail, &ret->arena,
					&ret->args, &ret->err);
}
#define parse(parsed, raw_tail, ...)                                                               \
	parse_into((parsed), (raw_tail), (const char *const[]){ __VA_ARGS__ },                     \
		   ARRAY_LEN(((const char *const[]){ __VA_ARGS__ })))

#define assert_refused(text_, ...)                                                                 \
	do {                                                                                       \
		autoparsed struct parsed parsed_ = {};                                             \
		parse(&parsed_, false, __VA_ARGS__);                                               \
		assert_int_equal(parsed_.result, -1);                                              \
		assert_int_equal(parsed_.err.kind, ERR_USAGE);                                     \
		assert_non_null(strstr(parsed_.err.text, (text_)));                                \
	} while (0)

static void a_value_is_the_next_word_or_follows_an_equals_sign(void **)
{
	static const char *const spellings[][2] = {
		{ "--bundle", "/b" },   { "--bundle=/b", NULL }, { "-bundle", "/b" },
		{ "-bundle=/b", NULL }, { "-b", "/b" },          { "-b=/b", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(spellings); i++) {
		autoparsed struct parsed parsed = {};

		parse_into(&parsed, false, spellings[i], spellings[i][1] ? 2 : 1);
		assert_int_equal(parsed.result, 0);
		assert_string_equal(parsed.options.bundle, "/b");
		assert_int_equal(parsed.args.n, 0);
	}
}

static void a_long_option_with_one_dash_is_read_as_containerd_writes_it(void **)
{
	autoparsed struct parsed parsed = {};

	parse(&parsed, false, "-no-subreaper", "--bundle", "/b", "ID");
	assert_int_equal(parsed.result, 0);
	assert_true(parsed.options.tty);
	assert_string_equal(parsed.args.items[0], "ID");
}

static void options_stand_before_and_behind_arguments(void **)
{
	autoparsed struct parsed parsed = {};

	parse(&parsed, false, "ID", "--all", "TERM", "-b", "x", "--debug");
	assert_int_equal(parsed.result, 0);
	assert_true(parsed.options.all && parsed.outer.debug);
	assert_int_equal(parsed.args.n, 2);
	assert_string_equal(parsed.args.items[0], "ID");
	assert_string_equal(parsed.args.items[1], "TERM");
	assert_null(parsed.args.items[2]);
}

static void nothing_behind_the_first_argument_is_read_when_the_tail_is_raw(void **)
{
	autoparsed struct parsed parsed = {};

	parse(&parsed, true, "-t", "ID", "ls", "--all", "--unknown", "--", "-b");
	assert_int_equal(parsed.result, 0);
	assert_true(parsed.options.tty);
	assert_false(parsed.options.all);
	assert_int_equal(parsed.args.n, 6);
	assert_string_equal(parsed.args.items[4], "--");
	assert_null(parsed.args.items[6]);
}

static void two_dashes_end_the_options(void **)
{
	autoparsed struct parsed parsed = {};

	parse(&parsed, false, "--", "--all", "-x");
	assert_int_equal(parsed.result, 0);
	assert_false(parsed.options.all);
	assert_int_equal(parsed.args.n, 2);
}

static void a_single_dash_is_a_value_and_an_argument(void **)
{
	autoparsed struct parsed parsed = {};

	parse(&parsed, false, "--bundle", "-", "-");
	assert_int_equal(parsed.result, 0);
	assert_string_equal(parsed.options.bundle, "-");
	assert_int_equal(parsed.args.n, 1);
}

static void without_a_place_for_arguments_reading_stops_before_the_first(void **)
{
	autoparsed struct parsed parsed = {};
	const char *const items[] = { "--all", "create", "--bundle" };
	const struct cli_scope scope = { rows, ARRAY_LEN(rows), &parsed.options };
	struct cli_words words = { .items = items, .n = ARRAY_LEN(items) };

	assert_int_equal(
		cli_parse_options(&scope, 1, &words, false, &parsed.arena, NULL, &parsed.err), 0);
	assert_int_equal(words.next, 1);
	assert_true(parsed.options.all);
}

static void a_flag_takes_true_and_false_behind_an_equals_sign_only(void **)
{
	autoparsed struct parsed parsed = {};

	parse(&parsed, false, "--all=true", "--tty", "--tty=false", "false");
	assert_int_equal(parsed.result, 0);
	assert_true(parsed.options.all);
	assert_false(parsed.options.tty);
	assert_int_equal(parsed.args.n, 1);
	assert_refused("must be true or false, not 'maybe'", "--all=maybe");
}

static void numbers_and_sizes_are_read_exactly(void **)
{
	static const struct {
		const char *text;
		int64_t bytes;
	} sizes[] = { { "0", 0 },     { "-1", -1 },    { "64m", 64 << 20 }, { "2G", 2LL << 30 },
		      { "1k", 1024 }, { "512b", 512 }, { "3T", 3LL << 40 } };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		autoparsed struct parsed parsed = {};

		parse(&parsed, false, "--memory", sizes[i].text);
		assert_int_equal(parsed.result, 0);
		assert_true(parsed.options.size.set);
		assert_int_equal(parsed.options.size.value, sizes[i].bytes);
	}
	assert_refused("must be a size", "-m", "64q");
	assert_refused("must be a size", "-m", "");
	assert_refused("must be a size", "-m", " 1");
	assert_refused("must be a size", "-m", "+1");
	assert_refused("too large", "-m", "9223372036854775807k");
	assert_refused("too large", "-m", "99999999999999999999");
	assert_refused("must be a number", "--preserve-fds", "3k");
	assert_refused("must be a number", "--preserve-fds", "0x3");
}

static void times_are_in_milliseconds(void **)
{
	static const struct {
		const char *text;
		int64_t ms;
	} times[] = { { "5s", 5000 }, { "500ms", 500 }, { "2", 2000 }, { "1m", 60'000 } };

	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		autoparsed struct parsed parsed = {};

		parse(&parsed, false, "--interval", times[i].text);
		assert_int_equal(parsed.result, 0);
		assert_int_equal(parsed.options.interval.value, times[i].ms);
	}
}

static void a_word_is_one_of_its_words_in_full(void **)
{
	autoparsed struct parsed parsed = {};

	parse(&parsed, false, "--format=json");
	assert_int_equal(parsed.result, 0);
	assert_int_equal(parsed.options.format, 1);
	assert_refused("must be one of table|json, not 'js'", "--format", "js");
	assert_refused("must be one of table|json, not ''", "--format=");
	assert_refused("must be one of table|json, not 'table|json'", "--format", "table|json");
}

static void a_list_keeps_every_value_in_order_and_ends_with_null(void **)
{
	const char *items[2 * 40];
	static const char *const values[] = { "A=1", "B=2", "C=3" };

	for (size_t i = 0; i < 40; i++) {
		items[2 * i] = "-e";
		items[2 * i + 1] = values[i % 3];
	}
	for (size_t n = 1; n <= 40; n++) {
		autoparsed struct parsed parsed = {};

		parse_into(&parsed, false, items, 2 * n);
		assert_int_equal(parsed.result, 0);
		assert_int_equal(parsed.options.env.n, n);
		for (size_t i = 0; i < n; i++)
			assert_string_equal(parsed.options.env.items[i], values[i % 3]);
		assert_null(parsed.options.env.items[n]);
	}
}

static void an_ignored_option_swallows_its_value(void **)
{
	autoparsed struct parsed parsed = {};

	parse(&parsed, false, "--criu", "/usr/sbin/criu", "ID");
	assert_int_equal(parsed.result, 0);
	assert_int_equal(parsed.args.n, 1);
}

static void the_first_scope_that_has_the_option_takes_it(void **)
{
	autoparsed struct parsed parsed = {};

	parse(&parsed, false, "--bundle", "/b", "--debug");
	assert_int_equal(parsed.result, 0);
	assert_string_equal(parsed.options.bundle, "/b");
	assert_null(parsed.outer.bundle);
	assert_true(parsed.outer.debug);
}

static void an_unknown_option_is_refused_with_the_nearest_one(void **)
{
	assert_refused("unknown option '--bundel': did you mean '--bundle'?", "--bundel", "/b");
	assert_refused("unknown option '--debgu': did you mean '--debug'?", "--debgu");
	assert_refused("unknown option '--bundl': did you mean '--bundle'?", "--bundl=/b");
	assert_refused("unknown option '--zzzzzz'", "--zzzzzz");
	assert_refused("unknown option '-x'", "-x");
	assert_refused("unknown option '-at'", "-at");
	assert_refused("unknown option '-9'", "ID", "-9");
	assert_refused("unknown option '---all'", "---all");
	assert_refused("unknown option '--'", "--=x");
	assert_refused(
		"unknown option",
		"--"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
}

/* Podman and CRI-O probe with an option that lacks its value, and look for these words. */
static void a_missing_value_says_requires_an_argument(void **)
{
	assert_refused("option '--bundle' requires an argument", "--bundle");
	assert_refused("option '-b' requires an argument", "ID", "-b");
	assert_refused("requires an argument", "--criu");
}

static void a_signal_is_a_number_or_a_name_in_any_case(void **)
{
	static const struct {
		const char *text;
		int signal;
	} signals[] = { { "9", SIGKILL },       { "KILL", SIGKILL }, { "SIGKILL", SIGKILL },
			{ "sigterm", SIGTERM }, { "Hup", SIGHUP },   { "0", 0 } };
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		assert_int_equal(signal_parse(signals[i].text, &err), signals[i].signal);
	assert_int_equal(signal_parse("sigrtmin+2", &err), SIGRTMIN + 2);
	assert_int_equal(signal_parse("RTMAX-1", &err), SIGRTMAX - 1);
	assert_int_equal(signal_parse("RTMIN", &err), SIGRTMIN);
}

static void a_word_that_is_no_signal_is_refused(void **)
{
	static const char *const wrong[] = { "",
					     "-1",
					     "65",
					     "9x",
					     "KILLX",
					     "SIG",
					     "RTMIN+99",
					     "RTMIN-1",
					     "RTMAX+1",
					     "RTMINX",
					     "SIGSIGKILL",
					     "4294967305",
					     "KILLKILLKILLKILLKILL" };
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		assert_int_equal(signal_parse(wrong[i], &err), -1);
		assert_int_equal(err.kind, ERR_USAGE);
	}
	assert_int_equal(signal_parse("TREM", &err), -1);
	assert_non_null(strstr(err.text, "did you mean 'TERM'?"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_the_next_word_or_follows_an_equals_sign),
		cmocka_unit_test(a_long_option_with_one_dash_is_read_as_containerd_writes_it),
		cmocka_unit_test(options_stand_before_and_behind_arguments),
		cmocka_unit_test(nothing_behind_the_first_argument_is_read_when_the_tail_is_raw),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(a_single_dash_is_a_value_and_an_argument),
		cmocka_unit_test(without_a_place_for_arguments_reading_stops_before_the_first),
		cmocka_unit_test(a_flag_takes_true_and_false_behind_an_equals_sign_only),
		cmocka_unit_test(numbers_and_sizes_are_read_exactly),
		cmocka_unit_test(times_are_in_milliseconds),
		cmocka_unit_test(a_word_is_one_of_its_words_in_full),
		cmocka_unit_test(a_list_keeps_every_value_in_order_and_ends_with_null),
		cmocka_unit_test(an_ignored_option_swallows_its_value),
		cmocka_unit_test(the_first_scope_that_has_the_option_takes_it),
		cmocka_unit_test(an_unknown_option_is_refused_with_the_nearest_one),
		cmocka_unit_test(a_missing_value_says_requires_an_argument),
		cmocka_unit_test(a_signal_is_a_number_or_a_name_in_any_case),
		cmocka_unit_test(a_word_that_is_no_signal_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
