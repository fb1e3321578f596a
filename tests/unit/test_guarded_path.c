#include "kernel/guarded_path.h"

#include "base/cleanup.h"
#include "kernel_has.h"
#include "skip_because.h"
#include "test_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Below the test's own directory, which everybody may search: nothing of it is out of reach. */
static int make(void **state)
{
	if (test_dir_make(state) < 0)
		return -1;

	const struct test_dir *dir = *state;

	return fchmod(dir->fd, 0755) < 0 || mkdirat(dir->fd, "a", 0755) < 0 ||
			       mkdirat(dir->fd, "a/b", 0755) < 0
		       ? -1
		       : 0;
}

static int open_below(const struct test_dir *dir, const char *path, struct error *err)
{
	char absolute[256];

	needs_kernel("its / is that of a sysroot");
	snprintf(absolute, sizeof absolute, "%s/%s", dir->path, path);
	return guarded_path_open(absolute, err);
}

static void opens(const struct test_dir *dir, const char *path, const char *same_as)
{
	struct error err = {};
	autoclose int fd = open_below(dir, path, &err);
	struct stat st, other;

	if (fd < 0)
		fail_msg("'%s': %s", path, err.text);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(fstatat(dir->fd, same_as, &other, 0), 0);
	assert_int_equal(st.st_ino, other.st_ino);
}

static void refuses(const struct test_dir *dir, const char *path, int code)
{
	struct error err = {};

	assert_int_equal(open_below(dir, path, &err), -1);
	assert_int_equal(err.code, code);
}

static void a_directory_of_roots_is_opened(void **state)
{
	const struct test_dir *dir = *state;

	opens(dir, "a/b", "a/b");
	opens(dir, "a//./b/", "a/b");
	opens(dir, "a/b/../b", "a/b");
}

static void what_is_no_directory_is_refused(void **state)
{
	const struct test_dir *dir = *state;
	struct error err = {};

	assert_int_equal(test_dir_write(dir->fd, "a/file", "x"), 0);
	refuses(dir, "a/file", ENOTDIR);
	refuses(dir, "a/none", ENOENT);
	assert_int_equal(guarded_path_open("a", &err), -1);
	assert_int_equal(guarded_path_open("", &err), -1);
}

static void names_that_are_too_long_are_refused(void **state)
{
	const struct test_dir *dir = *state;
	char name[300], path[5000];
	struct error err = {};

	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	memset(path, '/', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	assert_int_equal(symlinkat(name, dir->fd, "a/long"), 0);
	refuses(dir, "a/long", ENAMETOOLONG);
	assert_int_equal(guarded_path_open(path, &err), -1);
}

static void links_of_roots_are_followed(void **state)
{
	const struct test_dir *dir = *state;
	char absolute[128];

	snprintf(absolute, sizeof absolute, "%s/a", dir->path);
	assert_int_equal(symlinkat("../a/b", dir->fd, "a/relative"), 0);
	assert_int_equal(symlinkat(absolute, dir->fd, "a/absolute"), 0);
	assert_int_equal(symlinkat("loop", dir->fd, "a/loop"), 0);
	opens(dir, "a/relative", "a/b");
	opens(dir, "a/absolute/b", "a/b");
	refuses(dir, "a/loop", ELOOP);
}

static void a_directory_that_others_may_write_to_guards_nothing(void **state)
{
	const struct test_dir *dir = *state;

	assert_int_equal(fchmodat(dir->fd, "a", 0757, 0), 0);
	refuses(dir, "a/b", EPERM);
	assert_int_equal(fchmodat(dir->fd, "a", 0755, 0), 0);
	assert_int_equal(fchmodat(dir->fd, "a/b", 0777, 0), 0); /* what is in it is no matter */
	opens(dir, "a/b", "a/b");
}

static void in_a_sticky_directory_the_entry_has_to_be_roots(void **state)
{
	const struct test_dir *dir = *state;

	if (geteuid() != 0)
		skip_because("only root can make a directory of somebody else");
	assert_int_equal(fchmodat(dir->fd, "a", 01777, 0), 0);
	opens(dir, "a/b", "a/b");
	assert_int_equal(fchownat(dir->fd, "a/b", 1000, 1000, 0), 0);
	refuses(dir, "a/b", EPERM);
}

static void a_directory_of_somebody_else_guards_nothing(void **state)
{
	const struct test_dir *dir = *state;

	if (geteuid() != 0)
		skip_because("only root can make a directory of somebody else");
	assert_int_equal(fchownat(dir->fd, "a", 1000, 0, 0), 0);
	refuses(dir, "a/b", EPERM);
	assert_int_equal(fchownat(dir->fd, "a", 0, 1000, 0), 0);
	opens(dir, "a/b", "a/b");
	assert_int_equal(fchmodat(dir->fd, "a", 0775, 0), 0);
	refuses(dir, "a/b", EPERM); /* the group's */
	assert_int_equal(fchownat(dir->fd, "a", 0, 0, 0), 0);
	opens(dir, "a/b", "a/b"); /* root's group */
}

static void below_a_closed_directory_nobody_else_gets_there(void **state)
{
	const struct test_dir *dir = *state;

	assert_int_equal(fchmodat(dir->fd, "a", 0777, 0), 0);
	assert_int_equal(fchmod(dir->fd, 0700), 0);
	opens(dir, "a/b", "a/b");
	assert_int_equal(fchmod(dir->fd, 0710), 0);
	if (geteuid() != 0)
		skip_because("only root can give a directory away");
	assert_int_equal(fchown(dir->fd, 0, 1000), 0);
	refuses(dir, "a/b", EPERM); /* open to a group */
}

static void the_way_up_leads_out_of_a_closed_directory(void **state)
{
	const struct test_dir *dir = *state;

	assert_int_equal(mkdirat(dir->fd, "closed", 0700), 0);
	assert_int_equal(fchmodat(dir->fd, "a", 0777, 0), 0);
	refuses(dir, "closed/../a/b", EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_directory_of_roots_is_opened, make,
						test_dir_remove),
		cmocka_unit_test_setup_teardown(what_is_no_directory_is_refused, make,
						test_dir_remove),
		cmocka_unit_test_setup_teardown(names_that_are_too_long_are_refused, make,
						test_dir_remove),
		cmocka_unit_test_setup_teardown(links_of_roots_are_followed, make, test_dir_remove),
		cmocka_unit_test_setup_teardown(a_directory_that_others_may_write_to_guards_nothing,
						make, test_dir_remove),
		cmocka_unit_test_setup_teardown(in_a_sticky_directory_the_entry_has_to_be_roots,
						make, test_dir_remove),
		cmocka_unit_test_setup_teardown(a_directory_of_somebody_else_guards_nothing, make,
						test_dir_remove),
		cmocka_unit_test_setup_teardown(below_a_closed_directory_nobody_else_gets_there,
						make, test_dir_remove),
		cmocka_unit_test_setup_teardown(the_way_up_leads_out_of_a_closed_directory, make,
						test_dir_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
