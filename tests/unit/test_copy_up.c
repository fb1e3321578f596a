#include "launch/copy_up.h"

#include "base/cleanup.h"
#include "kernel_has.h"
#include "skip_because.h"
#include "test_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/sysmacros.h>

/* root/ is the root file system, to/ stands for the detached mount. */
static int make(void **state)
{
	if (test_dir_make(state) < 0)
		return -1;

	const struct test_dir *dir = *state;

	return mkdirat(dir->fd, "root", 0755) < 0 || mkdirat(dir->fd, "root/data", 0755) < 0 ||
			       mkdirat(dir->fd, "to", 0700) < 0
		       ? -1
		       : 0;
}

static int copy(const struct test_dir *dir, const char *path, struct error *err)
{
	autoclose int root = openat(dir->fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autoclose int to = openat(dir->fd, "to", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	needs_call(openat2);
	return copy_up(root, path, to, err);
}

static struct stat status_of(const struct test_dir *dir, const char *path)
{
	struct stat st = {};

	assert_int_equal(fstatat(dir->fd, path, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st;
}

static bool is_absent(const struct test_dir *dir, const char *path)
{
	return faccessat(dir->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

static void files_directories_and_links_keep_what_they_are(void **state)
{
	const struct test_dir *dir = *state;
	const struct timespec times[2] = { { 1'000'000'000, 5 }, { 1'100'000'000, 7 } };
	struct error err = {};
	char text[16] = {};

	assert_int_equal(mkdirat(dir->fd, "root/data/sub", 0710), 0);
	assert_int_equal(test_dir_write(dir->fd, "root/data/sub/file", "content"), 0);
	assert_int_equal(fchmodat(dir->fd, "root/data/sub/file", 04751, 0), 0);
	assert_int_equal(utimensat(dir->fd, "root/data/sub/file", times, 0), 0);
	assert_int_equal(utimensat(dir->fd, "root/data/sub", times, 0), 0);
	assert_int_equal(symlinkat("../etc/shadow", dir->fd, "root/data/link"), 0);
	assert_int_equal(copy(dir, "/data", &err), 0);

	const struct stat file = status_of(dir, "to/sub/file");

	assert_int_equal(file.st_mode, S_IFREG | 04751);
	assert_int_equal(file.st_size, 7);
	assert_int_equal(file.st_mtim.tv_sec, times[1].tv_sec);
	assert_int_equal(file.st_mtim.tv_nsec, times[1].tv_nsec);
	assert_int_equal(status_of(dir, "to/sub").st_mode, S_IFDIR | 0710);
	assert_int_equal(status_of(dir, "to/sub").st_mtim.tv_sec, times[1].tv_sec);
	assert_int_equal(readlinkat(dir->fd, "to/link", text, sizeof text - 1), 13);
	assert_string_equal(text, "../etc/shadow");
}

static void owners_are_kept(void **state)
{
	const struct test_dir *dir = *state;
	struct error err = {};

	if (geteuid() != 0)
		skip_because("chown(2) needs CAP_CHOWN");
	assert_int_equal(test_dir_write(dir->fd, "root/data/file", "x"), 0);
	assert_int_equal(symlinkat("x", dir->fd, "root/data/link"), 0);
	assert_int_equal(fchownat(dir->fd, "root/data/file", 1234, 5678, 0), 0);
	assert_int_equal(fchownat(dir->fd, "root/data/link", 12, 56, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(copy(dir, "/data", &err), 0);
	assert_int_equal(status_of(dir, "to/file").st_uid, 1234);
	assert_int_equal(status_of(dir, "to/file").st_gid, 5678);
	assert_int_equal(status_of(dir, "to/link").st_uid, 12);
	assert_int_equal(status_of(dir, "to/link").st_gid, 56);
}

static void fifos_and_devices_are_left_out(void **state)
{
	const struct test_dir *dir = *state;
	struct error err = {};

	assert_int_equal(mkfifoat(dir->fd, "root/data/fifo", 0600), 0);
	if (geteuid() == 0)
		(void)mknodat(dir->fd, "root/data/device", S_IFCHR | 0600, makedev(1, 3));
	assert_int_equal(test_dir_write(dir->fd, "root/data/file", "x"), 0);
	assert_int_equal(copy(dir, "/data", &err), 0);
	assert_false(is_absent(dir, "to/file"));
	assert_true(is_absent(dir, "to/fifo"));
	assert_true(is_absent(dir, "to/device"));
}

/* CVE class: a link in the image leads the copy to a file of the host. */
static void a_link_on_the_way_leads_nowhere_outside(void **state)
{
	const struct test_dir *dir = *state;
	struct error err = {};

	assert_int_equal(mkdirat(dir->fd, "secret", 0755), 0);
	assert_int_equal(test_dir_write(dir->fd, "secret/key", "host"), 0);
	assert_int_equal(symlinkat("../../secret", dir->fd, "root/out"), 0);
	assert_int_equal(copy(dir, "/out", &err), -1);
	assert_int_equal(err.code, ENOENT);
	assert_int_equal(symlinkat("/data", dir->fd, "root/in"), 0);
	assert_int_equal(test_dir_write(dir->fd, "root/data/file", "x"), 0);
	assert_int_equal(copy(dir, "/in", &err), 0);
	assert_false(is_absent(dir, "to/file"));
}

static void what_is_at_the_target_already_is_not_written_to(void **state)
{
	const struct test_dir *dir = *state;
	struct error err = {};

	assert_int_equal(test_dir_write(dir->fd, "outside", "keep"), 0);
	assert_int_equal(symlinkat("../outside", dir->fd, "to/file"), 0);
	assert_int_equal(test_dir_write(dir->fd, "root/data/file", "overwritten"), 0);
	assert_int_equal(copy(dir, "/data", &err), -1);
	assert_int_equal(err.code, EEXIST);
	assert_int_equal(status_of(dir, "outside").st_size, 4);
}

static void a_tree_of_64_levels_is_copied_and_a_deeper_one_is_refused(void **state)
{
	const struct test_dir *dir = *state;

	for (int levels = 64; levels <= 65; levels++) {
		char path[PATH_MAX] = "root/data";
		struct error err = {};

		for (int i = 0; i < levels; i++) {
			strcat(path, "/d");
			assert_true(mkdirat(dir->fd, path, 0755) == 0 || errno == EEXIST);
		}
		if (levels == 65) {
			assert_int_equal(mkdirat(dir->fd, "to/d.old", 0755), 0);
			assert_int_equal(renameat(dir->fd, "to/d", dir->fd, "to/d.old/d"), 0);
		}
		assert_int_equal(copy(dir, "/data", &err), levels == 64 ? 0 : -1);
		if (levels == 65)
			assert_non_null(strstr(err.text, "deeper than 64 levels"));
	}
}

static void a_file_is_not_copied_up(void **state)
{
	const struct test_dir *dir = *state;
	struct error err = {};

	assert_int_equal(test_dir_write(dir->fd, "root/file", "x"), 0);
	assert_int_equal(copy(dir, "/file", &err), -1);
	assert_int_equal(err.code, ENOTDIR);
	assert_string_equal(err.where, "/file");
}

#define in_tree(test) cmocka_unit_test_setup_teardown(test, make, test_dir_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_tree(files_directories_and_links_keep_what_they_are),
		in_tree(owners_are_kept),
		in_tree(fifos_and_devices_are_left_out),
		in_tree(a_link_on_the_way_leads_nowhere_outside),
		in_tree(what_is_at_the_target_already_is_not_written_to),
		in_tree(a_tree_of_64_levels_is_copied_and_a_deeper_one_is_refused),
		in_tree(a_file_is_not_copied_up),
	};

	return cmocka_run_group_tests_name("copy_up", tests, NULL, NULL);
}
