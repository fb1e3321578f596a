#include "launch/program.h"

#include "base/cleanup.h"
#include "in_child.h"
#include "skip_because.h"
#include "test_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A directory with bin/tool, bin/text (not executable), bin/folder/ and app/run. */
static int make(void **state)
{
	if (test_dir_make(state) < 0)
		return -1;

	const struct test_dir *dir = *state;

	if (mkdirat(dir->fd, "bin", 0755) < 0 || mkdirat(dir->fd, "app", 0755) < 0 ||
	    mkdirat(dir->fd, "bin/folder", 0755) < 0)
		return -1;
	if (test_dir_write(dir->fd, "bin/tool", "#!/bin/true\n") < 0 ||
	    test_dir_write(dir->fd, "bin/text", "text") < 0 ||
	    test_dir_write(dir->fd, "app/run", "#!/bin/true\n") < 0)
		return -1;
	return fchmodat(dir->fd, "bin/tool", 0755, 0) < 0 ||
			       fchmodat(dir->fd, "app/run", 0711, 0) < 0
		       ? -1
		       : 0;
}

/* Look @command up with @path as PATH (NULL: none) from @cwd. */
static const char *find(const char *command, const char *path, const char *cwd, struct arena *arena,
			struct error *err)
{
	const char *const args[] = { command, NULL };
	const char *const env[] = { path ? arena_printf(arena, "PATH=%s", path) : "A=b", NULL };
	const struct plan_process process = { .args = args, .env = env, .cwd = cwd };
	const char *found = program_find(&process, arena, err);

	/* The command of an absolute or relative path is handed back as it is. */
	return found ? arena_strdup(arena, found) : NULL;
}

static void a_command_is_looked_up_in_the_path_of_its_environment(void **state)
{
	const struct test_dir *dir = *state;
	autoarena struct arena arena = {};
	struct error err = {};
	const char *path = arena_printf(&arena, "/nonexistent:%s/app:%s/bin", dir->path, dir->path);
	const char *found = find("tool", path, "/", &arena, &err);

	assert_non_null(found);
	assert_string_equal(found, arena_printf(&arena, "%s/bin/tool", dir->path));
}

static void the_first_that_can_be_executed_is_taken(void **state)
{
	const struct test_dir *dir = *state;
	autoarena struct arena arena = {};
	struct error err = {};

	assert_int_equal(mkdirat(dir->fd, "first", 0755), 0);
	assert_int_equal(test_dir_write(dir->fd, "first/tool", "not executable"), 0);

	const char *path = arena_printf(&arena, "%s/first:%s/bin", dir->path, dir->path);
	const char *found = find("tool", path, "/", &arena, &err);

	assert_non_null(found);
	assert_string_equal(found, arena_printf(&arena, "%s/bin/tool", dir->path));
}

static void a_command_that_is_nowhere_is_told_in_the_words_of_engines(void **state)
{
	const struct test_dir *dir = *state;
	static const char *const commands[] = { "absent", "text", "folder", "" };
	autoarena struct arena arena = {};
	const char *path = arena_printf(&arena, "%s/bin", dir->path);

	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		struct error err = {};

		assert_null(find(commands[i], path, "/", &arena, &err));
		assert_string_equal(err.text,
				    arena_printf(&arena,
						 "exec: \"%s\": executable file not found in $PATH",
						 commands[i]));
		assert_int_equal(err.code, ENOENT);
		assert_string_equal(err.where, "/process/args/0");
	}
}

static void without_a_path_nothing_is_found(void **)
{
	autoarena struct arena arena = {};
	struct error err = {};

	assert_null(find("sh", NULL, "/", &arena, &err));
	assert_null(find("sh", "", "/", &arena, &err));
	assert_int_equal(err.code, ENOENT);
}

static void a_command_with_a_slash_is_not_searched_for(void **state)
{
	const struct test_dir *dir = *state;
	autoarena struct arena arena = {};
	struct error err = {};
	const char *tool = arena_printf(&arena, "%s/bin/tool", dir->path);

	assert_string_equal(find(tool, NULL, "/", &arena, &err), tool);
}

static void a_relative_command_starts_from_the_working_directory(void **state)
{
	const struct test_dir *dir = *state;
	autoarena struct arena arena = {};
	struct error err = {};
	const char *app = arena_printf(&arena, "%s/app", dir->path);

	assert_string_equal(find("./run", NULL, app, &arena, &err), "./run");
	assert_string_equal(find("app/run", NULL, dir->path, &arena, &err), "app/run");
	assert_null(find("./run", NULL, dir->path, &arena, &err));
	assert_int_equal(err.code, ENOENT);
}

static void a_relative_entry_of_the_path_starts_there_too(void **state)
{
	const struct test_dir *dir = *state;
	autoarena struct arena arena = {};
	struct error err = {};
	const char *app = arena_printf(&arena, "%s/app", dir->path);

	assert_string_equal(find("run", "/nonexistent:", app, &arena, &err) ?: "none", "none");
	assert_string_equal(find("run", ":/nonexistent", app, &arena, &err), "./run");
	assert_string_equal(find("run", "app", dir->path, &arena, &err), "app/run");
}

static void a_path_that_cannot_be_executed_says_why(void **state)
{
	const struct test_dir *dir = *state;
	static const struct {
		const char *name, *reason;
		int code;
	} rows[] = {
		{ "bin/absent", "no such file or directory", ENOENT },
		{ "bin/text", "permission denied", EACCES },
		{ "bin/folder", "permission denied", EACCES },
		{ "bin/tool/more", "Not a directory", ENOTDIR },
	};
	autoarena struct arena arena = {};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error err = {};
		const char *path = arena_printf(&arena, "%s/%s", dir->path, rows[i].name);

		assert_null(find(path, NULL, "/", &arena, &err));
		assert_int_equal(err.code, rows[i].code);
		assert_string_equal(err.text,
				    arena_printf(&arena, "exec: \"%s\": %s", path, rows[i].reason));
	}
}

static void a_missing_interpreter_is_told_from_a_missing_file(void **state)
{
	const struct test_dir *dir = *state;
	autoarena struct arena arena = {};
	struct error err = {};

	errno = ENOENT;
	assert_int_equal(
		program_exec_error("tool", arena_printf(&arena, "%s/bin/tool", dir->path), &err),
		-1);
	assert_non_null(strstr(err.text, "no such file or directory"));
	assert_non_null(strstr(err.text, "interpreter"));
	errno = ENOENT;
	assert_int_equal(program_exec_error("x", "/nonexistent/x", &err), -1);
	assert_null(strstr(err.text, "interpreter"));
}

static void home_of_the_config_is_left_alone(void **)
{
	autoarena struct arena arena = {};
	const char *const env[] = { "HOME=/here", "A=b", NULL };
	const struct plan_process process = { .env = env };

	assert_ptr_equal(program_env(&process, &arena), env);
}

/* Needs a root directory of its own; the file is the container's. */
static struct test_dir *confined;

static const char *home_in(const char *passwd, uint32_t uid)
{
	static struct arena arena;
	const char *const env[] = { "A=b", NULL };
	const struct plan_process process = { .env = env, .uid = uid };

	CHECK(!passwd || test_dir_write(confined->fd, "etc/passwd", passwd) == 0);

	const char *const *made = program_env(&process, &arena);

	CHECK(strcmp(made[0], "A=b") == 0 && made[1] && !made[2]);
	return made[1];
}

static void homes(void)
{
	static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
				     "broken\n:::::\n"
				     "word:x:abc:0::/wrong:\n"
				     "app:x:1000:1000:An App:/srv/app:/bin/sh\n"
				     "relative:x:1001:1001::srv:/bin/sh\n"
				     "last:x:1002:1002::/last";

	CHECK(mkdirat(confined->fd, "etc", 0755) == 0);
	CHECK(fchdir(confined->fd) == 0 && chroot(".") == 0);
	CHECK(strcmp(home_in(NULL, 0), "HOME=/") == 0);
	CHECK(strcmp(home_in(passwd, 0), "HOME=/root") == 0);
	CHECK(strcmp(home_in(passwd, 1000), "HOME=/srv/app") == 0);
	CHECK(strcmp(home_in(passwd, 1001), "HOME=/") == 0);
	CHECK(strcmp(home_in(passwd, 1002), "HOME=/last") == 0);
	CHECK(strcmp(home_in(passwd, 7), "HOME=/") == 0);
	CHECK(strcmp(home_in("word:x:abc:0::/wrong:\nroot:x:0:0::/root:\n", 0), "HOME=/root") == 0);
	CHECK(unlinkat(confined->fd, "etc/passwd", 0) == 0);
	/* A FIFO would hold us until someone writes. */
	CHECK(mkfifoat(confined->fd, "etc/passwd", 0644) == 0);
	CHECK(strcmp(home_in(NULL, 0), "HOME=/") == 0);
}

static void home_is_that_of_the_containers_passwd(void **state)
{
	if (geteuid() != 0)
		skip_because("chroot(2) needs CAP_SYS_CHROOT");
	confined = *state;
	passes(homes);
}

#define in_tree(test) cmocka_unit_test_setup_teardown(test, make, test_dir_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_tree(a_command_is_looked_up_in_the_path_of_its_environment),
		in_tree(the_first_that_can_be_executed_is_taken),
		in_tree(a_command_that_is_nowhere_is_told_in_the_words_of_engines),
		cmocka_unit_test(without_a_path_nothing_is_found),
		in_tree(a_command_with_a_slash_is_not_searched_for),
		in_tree(a_relative_command_starts_from_the_working_directory),
		in_tree(a_relative_entry_of_the_path_starts_there_too),
		in_tree(a_path_that_cannot_be_executed_says_why),
		in_tree(a_missing_interpreter_is_told_from_a_missing_file),
		cmocka_unit_test(home_of_the_config_is_left_alone),
		cmocka_unit_test_setup_teardown(home_is_that_of_the_containers_passwd,
						test_dir_make, test_dir_remove),
	};

	return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}
