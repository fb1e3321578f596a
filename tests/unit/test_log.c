#include "base/log.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/json.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

struct written {
	struct buf to_stderr, to_file;
};

static void written_free(struct written *written)
{
	buf_free(&written->to_stderr);
	buf_free(&written->to_file);
}

/* One of each level in a process of its own, since the sink is set once; stderr is a file here. */
static void log_in_child(struct log_options options, bool with_error, struct written *ret)
{
	char path[] = "/tmp/brig-log.XXXXXX";
	struct error err = {};
	FILE *file = tmpfile();
	autoclose int log = mkostemp(path, O_CLOEXEC);
	const pid_t child = fork();

	assert_true(log >= 0 && file && child >= 0);
	if (child == 0) {
		dup2(fileno(file), STDERR_FILENO);
		options.path = options.path ? path : NULL;
		if (log_open(&options, &err) < 0)
			_exit(1);
		log_debug("detail %d", 1);
		log_warn("no %s", "AppArmor");
		(void)error_set(&err, ERR_SPEC, "/mounts/3", "bad\n\x1b[31m mount");
		(void)error_remedy(&err, "use ext4");
		if (with_error)
			log_error(&err);
		_exit(0);
	}
	assert_int_equal(waitpid(child, NULL, 0), child);
	rewind(file);
	assert_int_equal(fd_read_all(fileno(file), 10'000, &ret->to_stderr, &err), 0);
	assert_int_equal(fd_read_all(log, 10'000, &ret->to_file, &err), 0);
	fclose(file);
	unlink(path);
}

static void an_engine_gets_one_json_line_for_a_failure(void **)
{
	[[gnu::cleanup(written_free)]] struct written written = {};
	autoarena struct arena arena = {};
	struct error err = {};

	log_in_child((struct log_options){ .path = "", .json = true }, true, &written);

	const struct json *line = json_parse(&arena, "log", written.to_file.data,
					     written.to_file.len, (struct json_limits){}, &err);

	assert_non_null(line); /* and a second line would be trailing garbage */
	assert_string_equal(json_get(line, "level")->text, "error");
	assert_string_equal(json_get(line, "msg")->text,
			    "bad\n\x1b[31m mount (/mounts/3: use ext4)");
	assert_string_equal(json_get(line, "time")->text + 29, "Z");
	assert_string_equal(buf_text(&written.to_stderr),
			    "brig: bad\\x0a\\x1b[31m mount (/mounts/3: use ext4)\n");
}

static void success_with_a_warning_leaves_the_json_log_empty(void **)
{
	[[gnu::cleanup(written_free)]] struct written written = {};

	log_in_child((struct log_options){ .path = "", .json = true }, false, &written);
	assert_int_equal(written.to_file.len, 0);
	assert_string_equal(buf_text(&written.to_stderr), "");
}

static void without_a_log_file_a_warning_goes_to_stderr(void **)
{
	[[gnu::cleanup(written_free)]] struct written written = {};

	log_in_child((struct log_options){}, false, &written);
	assert_string_equal(buf_text(&written.to_stderr), "brig: warning: no AppArmor\n");
}

static void debug_puts_every_level_into_the_log(void **)
{
	[[gnu::cleanup(written_free)]] struct written written = {};

	log_in_child((struct log_options){ .path = "", .debug = true }, true, &written);
	assert_non_null(strstr(buf_text(&written.to_file), " debug: detail 1\n"));
	assert_non_null(strstr(buf_text(&written.to_file), " warning: no AppArmor\n"));
	assert_non_null(strstr(buf_text(&written.to_file), " error: bad\\x0a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_engine_gets_one_json_line_for_a_failure),
		cmocka_unit_test(success_with_a_warning_leaves_the_json_log_empty),
		cmocka_unit_test(without_a_log_file_a_warning_goes_to_stderr),
		cmocka_unit_test(debug_puts_every_level_into_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
