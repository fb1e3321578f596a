/* resctrl, in a directory that stands for its file system: what is made, compared, joined and removed */
#include "kernel/resctrl.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct fixture {
	char path[64];
	int dir;
};

static void put(struct fixture *f, const char *name, const char *text)
{
	autoclose int fd = openat(f->dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* The class "gold", prepared by an administrator. */
static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .path = "/tmp/brig-resctrl-XXXXXX" };
	if (!mkdtemp(f.path))
		return -1;
	f.dir = open(f.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (mkdirat(f.dir, "gold", 0700) < 0 || mkdirat(f.dir, "gold/mon_groups", 0700) < 0 ||
	    mkdirat(f.dir, "info", 0700) < 0)
		return -1;
	put(&f, "gold/schemata", "    MB:0= 20;1= 70\n    L3:0=7f0;1=01f\n");
	put(&f, "gold/tasks", "");
	put(&f, "info/last_cmd_status", "no free CLOS\n");
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = {
		"gold/mon_groups/c1/tasks",
		"gold/schemata",
		"gold/tasks",
		"info/last_cmd_status",
	};
	static const char *const dirs[] = { "gold/mon_groups/c1", "gold/mon_groups", "gold", "info",
					    "new" };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unlinkat(f->dir, names[i], 0);
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		unlinkat(f->dir, dirs[i], AT_REMOVEDIR);
	close(f->dir);
	return rmdir(f->path);
}

static int create(struct fixture *f, struct resctrl_group group, bool *made, struct error *err)
{
	*made = false;
	return resctrl_create(f->dir, &group, made, err);
}

static void a_prepared_class_is_used_and_not_removed(void **state)
{
	struct fixture *f = *state;
	const struct resctrl_group group = { .clos_id = "gold", .must_exist = true };
	struct error err;
	bool made = true;

	assert_int_equal(create(f, group, &made, &err), 0);
	assert_false(made);
	assert_int_equal(resctrl_remove(f->dir, &group, made, &err), 0);
	assert_int_equal(faccessat(f->dir, "gold", F_OK, 0), 0);
}

static void a_class_that_should_be_there_and_is_not_is_an_error(void **state)
{
	struct error err = {};
	bool made;

	assert_int_equal(create(*state,
				(struct resctrl_group){ .clos_id = "silver", .must_exist = true },
				&made, &err),
			 -1);
	assert_string_equal(err.where, "/linux/intelRdt");
	assert_non_null(strstr(err.text, "silver"));
}

static void an_existing_class_must_have_the_same_values(void **state)
{
	static const struct {
		const char *schemata;
		bool same;
	} rows[] = {
		{ "L3:0=7f0;1=1f", true },
		{ "L3:0=7F0\n", true },
		{ "L3:1=1f;0=07f0\nMB:0=20;1=70\n", true },
		{ "MB:1=070", true },
		{ "L3:0=7ff", false },
		{ "L3:2=1f", false },
		{ "L2:0=f", false },
		{ "MB:0=20;1=7", false },
		{ "L:0=7f0", false },
	};
	struct error err;
	bool made;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const int status = create(
			*state,
			(struct resctrl_group){ .clos_id = "gold", .schemata = rows[i].schemata },
			&made, &err);

		if ((status == 0) != rows[i].same)
			fail_msg("'%s'", rows[i].schemata);
	}
}

/* Here the new directory has no schemata file, as if the kernel refused: all must be gone again. */
static void a_class_that_cannot_be_set_is_not_left_behind(void **state)
{
	struct fixture *f = *state;
	struct error err = {};
	bool made;

	assert_int_equal(create(f,
				(struct resctrl_group){ .clos_id = "new", .schemata = "L3:0=f\n" },
				&made, &err),
			 -1);
	assert_int_equal(faccessat(f->dir, "new", F_OK, 0), -1);
	assert_non_null(strstr(err.remedy, "no free CLOS"));
}

static void a_class_that_was_made_is_removed(void **state)
{
	struct fixture *f = *state;
	const struct resctrl_group group = { .clos_id = "new" };
	struct error err;
	bool made;

	assert_int_equal(create(f, group, &made, &err), 0);
	assert_true(made);
	assert_int_equal(resctrl_remove(f->dir, &group, made, &err), 0);
	assert_int_equal(faccessat(f->dir, "new", F_OK, 0), -1);
	assert_int_equal(resctrl_remove(f->dir, &group, made, &err), 0);
}

static void a_process_joins_the_class_before_its_monitoring_group(void **state)
{
	struct fixture *f = *state;
	const struct resctrl_group group = { .clos_id = "gold",
					     .must_exist = true,
					     .monitoring = "c1" };
	autobuf struct buf text = {};
	struct error err;
	bool made;

	assert_int_equal(create(f, group, &made, &err), 0);
	put(f, "gold/mon_groups/c1/tasks", "");
	assert_int_equal(resctrl_attach(f->dir, &group, 1234, &err), 0);
	assert_int_equal(fd_read_file(f->dir, "gold/tasks", 64, &text, &err), 0);
	assert_string_equal(buf_text(&text), "1234");
	buf_reset(&text);
	assert_int_equal(fd_read_file(f->dir, "gold/mon_groups/c1/tasks", 64, &text, &err), 0);
	assert_string_equal(buf_text(&text), "1234");
}

static void monitoring_that_the_processor_lacks_is_an_error(void **state)
{
	struct fixture *f = *state;
	struct error err = {};
	bool made;

	assert_int_equal(create(f, (struct resctrl_group){ .clos_id = "new", .monitoring = "c1" },
				&made, &err),
			 -1);
	assert_non_null(strstr(err.remedy, "enableMonitoring"));
	assert_int_equal(faccessat(f->dir, "new", F_OK, 0), -1);
}

static void without_the_file_system_there_is_a_remedy(void **)
{
	struct error err = {};
	autoclose int fd = resctrl_open(&err);

	if (fd >= 0) {
		print_message("skipped: resctrl is mounted here\n");
		skip();
	}
	assert_int_equal(err.code, ENOENT);
	assert_non_null(strstr(err.remedy, "mount -t resctrl"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_prepared_class_is_used_and_not_removed),
		TEST(a_class_that_should_be_there_and_is_not_is_an_error),
		TEST(an_existing_class_must_have_the_same_values),
		TEST(a_class_that_cannot_be_set_is_not_left_behind),
		TEST(a_class_that_was_made_is_removed),
		TEST(a_process_joins_the_class_before_its_monitoring_group),
		TEST(monitoring_that_the_processor_lacks_is_an_error),
		cmocka_unit_test(without_the_file_system_there_is_a_remedy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
