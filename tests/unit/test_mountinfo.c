#include "kernel/mountinfo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_mount_has_a_root_a_point_and_a_type(void **)
{
	char text[] =
		"24 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
		"31 30 0:27 /x /sys/fs/cgroup/unified rw shared:10 master:2 - cgroup2 none rw";
	struct mountinfo mount;
	char *at = text;

	assert_true(mountinfo_next(&at, &mount));
	assert_string_equal(mount.root, "/");
	assert_string_equal(mount.point, "/");
	assert_string_equal(mount.type, "ext4");
	assert_int_equal(mount.id, 24);
	assert_int_equal(mount.parent, 1);
	assert_string_equal(mount.device, "8:1");
	assert_string_equal(mount.flags, "rw,relatime");
	assert_string_equal(mount.source, "/dev/sda1");
	assert_string_equal(mount.options, "rw");
	assert_true(mountinfo_next(&at, &mount));
	assert_string_equal(mount.root, "/x");
	assert_string_equal(mount.point, "/sys/fs/cgroup/unified");
	assert_string_equal(mount.type, "cgroup2");
	assert_int_equal(mount.id, 31);
	assert_string_equal(mount.options, "rw");
	assert_false(mountinfo_next(&at, &mount));
	assert_false(mountinfo_next(&at, &mount));
}

static void blanks_in_a_path_are_read_back(void **)
{
	char text[] = "36 35 98:0 /a\\040b /tab\\011line\\012back\\134slash rw - ext3 x rw\n"
		      "37 35 98:0 / /no\\08\\04escape\\ rw - ext3 x rw\n";
	struct mountinfo mount;
	char *at = text;

	assert_true(mountinfo_next(&at, &mount));
	assert_string_equal(mount.root, "/a b");
	assert_string_equal(mount.point, "/tab\tline\nback\\slash");
	assert_true(mountinfo_next(&at, &mount));
	assert_string_equal(mount.point, "/no\\08\\04escape\\");
}

/* The name of a file system cannot be made to look like the separator: a word before it is one field. */
static void what_is_no_line_is_passed_over(void **)
{
	char text[] = "\n"
		      "36 35 98:0 / /mnt\n"
		      "36 35 98:0 / /mnt rw shared:1\n"
		      "36 35 98:0 / /mnt rw shared:1 -\n"
		      "x 35 98:0 / /mnt rw - ext4 x rw\n"
		      "36 -1 98:0 / /mnt rw - ext4 x rw\n"
		      "36 35 98:0 - cgroup2 rw - tmpfs x rw\n"
		      "36 35 98:0 / /short rw - tmpfs x";
	struct mountinfo mount;
	char *at = text;

	assert_true(mountinfo_next(&at, &mount));
	assert_string_equal(mount.point, "cgroup2");
	assert_string_equal(mount.type, "tmpfs");
	assert_true(mountinfo_next(&at, &mount));
	assert_string_equal(mount.options, "");
	assert_false(mountinfo_next(&at, &mount));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mount_has_a_root_a_point_and_a_type),
		cmocka_unit_test(blanks_in_a_path_are_read_back),
		cmocka_unit_test(what_is_no_line_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
