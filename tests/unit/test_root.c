#include "kernel/root.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "in_child.h"
#include "kernel/compat.h"
#include "kernel/mount.h"
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
#include <sched.h>

/* outside/ is the host's, root/ the container's. */
static int make(void **state)
{
	if (test_dir_make(state) < 0)
		return -1;

	const struct test_dir *dir = *state;

	return mkdirat(dir->fd, "outside", 0777) < 0 || mkdirat(dir->fd, "root", 0755) < 0 ? -1 : 0;
}

static int root_of(const struct test_dir *dir)
{
	return openat(dir->fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool exists(const struct test_dir *dir, const char *path)
{
	return faccessat(dir->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static mode_t type_of(int fd)
{
	struct stat st = {};

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_mode & S_IFMT;
}

/* Nothing was made outside of the root: the class of CVE-2024-45310. */
static void assert_outside_is_untouched(const struct test_dir *dir)
{
	autoclose int fd = openat(dir->fd, "outside", O_PATH | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(unlinkat(dir->fd, "outside", AT_REMOVEDIR), 0); /* fails unless empty */
	assert_int_equal(mkdirat(dir->fd, "outside", 0777), 0);
}

/* --- places --- */

static void a_place_is_made_with_its_parents(void **state)
{
	const struct test_dir *dir = *state;
	autoclose int root = root_of(dir);
	struct error err = {};
	autoclose int directory = root_place(root, "/a/b/c", S_IFDIR, &err);
	autoclose int file = root_place(root, "/a/x/file", S_IFREG, &err);

	needs_call(openat2);
	assert_int_equal(type_of(directory), S_IFDIR);
	assert_int_equal(type_of(file), S_IFREG);
	assert_true(exists(dir, "root/a/b/c"));
	assert_true(exists(dir, "root/a/x/file"));
}

static void a_place_that_exists_is_taken_as_it_is(void **state)
{
	const struct test_dir *dir = *state;
	autoclose int root = root_of(dir);
	struct error err = {};

	needs_call(openat2);
	assert_int_equal(test_dir_write(dir->fd, "root/file", "content"), 0);

	autoclose int file = root_place(root, "/file", S_IFDIR, &err);
	autoclose int top = root_place(root, "/", S_IFDIR, &err);
	struct stat st = {};

	assert_int_equal(type_of(file), S_IFREG);
	assert_int_equal(fstat(file, &st), 0);
	assert_int_equal(st.st_size, 7);
	assert_int_equal(type_of(top), S_IFDIR);
}

static void odd_spellings_of_a_path_are_the_same_place(void **state)
{
	static const char *const paths[] = { "/one//two", "/one/./two", "/one/three/../two",
					     "/one/two/", "one/two",    "/../../one/two" };
	const struct test_dir *dir = *state;
	autoclose int root = root_of(dir);

	needs_call(openat2);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct error err = {};
		autoclose int place = root_place(root, paths[i], S_IFDIR, &err);

		if (place < 0)
			fail_msg("%s: %s", paths[i], err.text);
		assert_true(exists(dir, "root/one/two"));
		assert_int_equal(unlinkat(dir->fd, "root/one/two", AT_REMOVEDIR), 0);
	}
	assert_false(exists(dir, "one"));
}

static void a_link_leads_to_a_place_inside(void **state)
{
	const struct test_dir *dir = *state;
	autoclose int root = root_of(dir);
	struct error err = {};

	needs_call(openat2);
	assert_int_equal(mkdirat(dir->fd, "root/run", 0755), 0);
	assert_int_equal(symlinkat("/run", dir->fd, "root/var"), 0);

	autoclose int place = root_place(root, "/var/secrets/token", S_IFREG, &err);

	assert_true(place >= 0);
	assert_true(exists(dir, "root/run/secrets/token"));
}

static void a_link_that_leads_out_stays_inside(void **state)
{
	static const char *const targets[] = { "../outside", "../../../../outside", "/outside" };
	const struct test_dir *dir = *state;
	autoclose int root = root_of(dir);

	needs_call(openat2);
	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		struct error err = {};

		assert_int_equal(symlinkat(targets[i], dir->fd, "root/link"), 0);
		if (i == 0)
			assert_int_equal(mkdirat(dir->fd, "root/outside", 0755), 0);

		autoclose int place = root_place(root, "/link/new", S_IFDIR, &err);

		assert_true(place >= 0);
		assert_true(exists(dir, "root/outside/new"));
		assert_int_equal(unlinkat(dir->fd, "root/outside/new", AT_REMOVEDIR), 0);
		assert_int_equal(unlinkat(dir->fd, "root/outside", AT_REMOVEDIR), 0);
		assert_int_equal(unlinkat(dir->fd, "root/link", 0), 0);
	}
	assert_outside_is_untouched(dir);
}

static void what_a_dangling_link_leads_to_is_made_inside(void **state)
{
	const struct test_dir *dir = *state;
	autoclose int root = root_of(dir);
	struct error err = {};
	char target[128], inside[136];

	needs_call(openat2);
	snprintf(target, sizeof target, "%s/outside/new", dir->path);
	snprintf(inside, sizeof inside, "root%s", target);
	assert_int_equal(symlinkat(target, dir->fd, "root/absolute"), 0);
	assert_int_equal(mkdirat(dir->fd, "root/etc", 0755), 0);
	assert_int_equal(symlinkat("../run/stub", dir->fd, "root/etc/relative"), 0);
	assert_int_equal(symlinkat("/etc/relative", dir->fd, "root/twice"), 0);

	autoclose int absolute = root_place(root, "/absolute", S_IFREG, &err);
	autoclose int twice = root_place(root, "/twice/more", S_IFREG, &err);
	autoclose int relative = root_place(root, "etc/relative", S_IFREG, &err);

	assert_int_equal(type_of(absolute), S_IFREG);
	assert_true(exists(dir, inside));
	assert_int_equal(type_of(twice), S_IFREG);
	assert_true(exists(dir, "root/run/stub/more"));
	assert_int_equal(type_of(relative), S_IFDIR);
	assert_outside_is_untouched(dir);
}

static void a_kernels_file_system_makes_nothing_through_a_dangling_link(void **state)
{
	const struct test_dir *dir = *state;
	autoclose int root = root_of(dir);
	struct error err = {};

	needs_call(openat2);
	assert_int_equal(symlinkat("/elsewhere", dir->fd, "root/proc"), 0);
	assert_int_equal(root_place_plain(root, "/proc", &err), -1);
	assert_int_equal(err.code, ELOOP);
	assert_false(exists(dir, "root/elsewhere"));
}

static void links_in_a_circle_are_an_error(void **state)
{
	const struct test_dir *dir = *state;
	autoclose int root = root_of(dir);
	struct error err = {};

	needs_call(openat2);
	assert_int_equal(symlinkat("b", dir->fd, "root/a"), 0);
	assert_int_equal(symlinkat("a", dir->fd, "root/b"), 0);
	assert_int_equal(root_place(root, "/a/x", S_IFDIR, &err), -1);
	assert_int_equal(err.code, ELOOP);
}

static void a_link_of_procfs_is_not_followed(void **state)
{
	const struct test_dir *dir = *state;
	autoclose int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct error err = {};
	char path[64];

	needs_call(openat2);
	snprintf(path, sizeof path, "/proc/self/fd/%d/x", dir->fd);
	assert_int_equal(root_place(root, path, S_IFDIR, &err), -1);
	assert_int_equal(err.code, ELOOP);
	assert_false(exists(dir, "x"));
}

static void a_file_is_no_parent(void **state)
{
	const struct test_dir *dir = *state;
	autoclose int root = root_of(dir);
	struct error err = {};

	needs_call(openat2);
	assert_int_equal(test_dir_write(dir->fd, "root/file", ""), 0);
	assert_int_equal(root_place(root, "/file/below", S_IFDIR, &err), -1);
	assert_int_equal(err.code, ENOTDIR);
}

static void a_path_of_any_length_is_handled(void **state)
{
	const struct test_dir *dir = *state;
	autoclose int root = root_of(dir);
	struct error err = {};
	char path[PATH_MAX + 2];

	needs_call(openat2);
	memset(path, 'a', sizeof path);
	path[0] = '/';
	path[PATH_MAX + 1] = '\0';
	assert_int_equal(root_place(root, path, S_IFDIR, &err), -1);
	path[NAME_MAX + 2] = '\0'; /* one component that is a byte too long */
	assert_int_equal(root_place(root, path, S_IFDIR, &err), -1);
	assert_int_equal(err.code, ENAMETOOLONG);
}

static void a_kernels_file_system_is_not_mounted_through_a_link(void **state)
{
	const struct test_dir *dir = *state;
	autoclose int root = root_of(dir);
	struct error err = {};
	autoclose int made = root_place_plain(root, "/proc", &err);

	needs_call(openat2);
	assert_true(made >= 0);
	assert_int_equal(symlinkat("proc", dir->fd, "root/link"), 0);
	assert_int_equal(root_place_plain(root, "/link", &err), -1);
	assert_int_equal(mkdirat(dir->fd, "root/elsewhere", 0755), 0);
	assert_int_equal(symlinkat("/elsewhere", dir->fd, "root/sys"), 0);
	assert_int_equal(root_place_plain(root, "/sys/fs/cgroup", &err), -1);
	assert_int_equal(err.code, ELOOP);
}

/* --- in a mount namespace of our own --- */

static bool is_readonly(const char *path)
{
	return mkdir(path, 0755) < 0 && errno == EROFS;
}

/* A root file system that is attached over "/", with a secret file and directory in it. */
static int root_make(void)
{
	struct error err = {};
	int root;

	CHECK(unshare(CLONE_NEWNS) == 0);

	autoclose int tree = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	CHECK(mount_set(tree, 0, 0, MS_PRIVATE, true, &err) == 0);
	root = mount_new("tmpfs", "test", NULL, 0, 0, &err);
	CHECK(root >= 0);
	CHECK(mkdirat(root, "dir", 0755) == 0 && mkdirat(root, "dir/secret", 0755) == 0);
	CHECK(test_dir_write(root, "file", "secret") == 0);
	CHECK(symlinkat("/file", root, "link") == 0);
	return root;
}

static void hidden(void)
{
	struct error err = {};
	const int root = root_make();
	const int covers = root_covers(&err);
	struct stat st;

	CHECK(covers >= 0);
	CHECK(root_attach_over(root, &err) == 0);
	CHECK(root_hide(root, covers, "/dir", &err) == 0);
	CHECK(root_hide(root, covers, "/link", &err) == 0); /* where it leads to */
	CHECK(root_hide(root, covers, "/absent", &err) == 0);
	CHECK(root_pivot(root, &err) == 0);
	CHECK(stat("/file", &st) == 0 && st.st_size == 0);
	CHECK(access("/dir", F_OK) == 0 && access("/dir/secret", F_OK) < 0);
	CHECK(is_readonly("/dir/x"));
	CHECK(open("/file", O_WRONLY) < 0 && errno == EROFS);
}

static void a_hidden_path_is_empty_and_read_only(void **)
{
	needs_call(mount_setattr);
	if (geteuid() != 0)
		skip_because("mounts need CAP_SYS_ADMIN");
	passes(hidden);
}

static void protected(void)
{
	struct error err = {};
	const int root = root_make();

	CHECK(root_attach_over(root, &err) == 0);

	/* With what is mounted below. */
	const int inner = mount_new("tmpfs", "inner", NULL, 0, 0, &err);
	const int place = root_place(root, "/dir/inner", S_IFDIR, &err);

	CHECK(inner >= 0 && place >= 0 && mount_attach(inner, place, &err) == 0);
	CHECK(root_protect(root, "/dir", &err) == 0);
	CHECK(root_protect(root, "/absent", &err) == 0);
	CHECK(root_pivot(root, &err) == 0);
	CHECK(is_readonly("/dir/x") && is_readonly("/dir/inner/x"));
	CHECK(mkdir("/x", 0755) == 0);
	CHECK(access("/dir/secret", F_OK) == 0);
}

static void a_read_only_path_is_so_with_all_mounts_below(void **)
{
	needs_call(mount_setattr);
	if (geteuid() != 0)
		skip_because("mounts need CAP_SYS_ADMIN");
	passes(protected);
}

static void pivoted(void)
{
	struct error err = {};
	const int root = root_make(), covers = root_covers(&err);
	struct stat top, above, given;

	CHECK(covers >= 0 && root_attach_over(root, &err) == 0);
	CHECK(root_pivot(root, &err) == 0);
	close(covers);
	CHECK(fstat(root, &given) == 0 && stat("/", &top) == 0 && stat("/..", &above) == 0);
	CHECK(given.st_dev == top.st_dev && given.st_ino == top.st_ino);
	CHECK(above.st_dev == top.st_dev && above.st_ino == top.st_ino);
	CHECK(access("/etc/passwd", F_OK) < 0 && access("/../etc/passwd", F_OK) < 0);
	/* As if by CVE-2024-21626: out of the working directory. */
	CHECK(chdir("..") == 0 && access("proc/self", F_OK) < 0);
}

static void after_the_pivot_no_path_leads_to_the_old_root(void **)
{
	needs_call(mount_setattr);
	if (geteuid() != 0)
		skip_because("mounts need CAP_SYS_ADMIN");
	passes(pivoted);
}

/* By whichever way this kernel has: both lead to the same place. */
static void entered(bool copy)
{
	struct error err = {};
	const int host = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int root = root_make();
	const int covers = root_covers(&err);
	struct stat top, above, given, left;

	CHECK(covers >= 0 && root_attach_over(root, &err) == 0);

	const int inner = mount_new("tmpfs", "inner", NULL, 0, 0, &err);
	const int place = root_place(root, "/dir/inner", S_IFDIR, &err);

	CHECK(inner >= 0 && place >= 0 && mount_attach(inner, place, &err) == 0);
	CHECK(mkdirat(inner, "below", 0755) == 0);
	CHECK(root_protect(root, "/dir/secret", &err) == 0);
	CHECK(root_enter(&root, copy, &err) == 0);
	close(covers);
	CHECK(fstat(root, &given) == 0 && stat("/", &top) == 0 && stat("/..", &above) == 0);
	CHECK(given.st_dev == top.st_dev && given.st_ino == top.st_ino);
	CHECK(above.st_dev == top.st_dev && above.st_ino == top.st_ino);
	CHECK(fstat(host, &left) == 0 && left.st_dev != top.st_dev);
	CHECK(access("/etc/passwd", F_OK) < 0 && access("/../etc/passwd", F_OK) < 0);
	CHECK(access("/dir/inner/below", F_OK) == 0 && is_readonly("/dir/secret/x"));
	/* The descriptor is of the mount that is "/" now. */
	CHECK(mount_set(root, MOUNT_ATTR_RDONLY, 0, 0, false, &err) == 0 && is_readonly("/x"));
}

static void entered_by_copy(void)
{
	entered(true);
}

static void entered_by_pivot(void)
{
	entered(false);
}

static void the_root_is_entered_with_its_mounts_and_without_the_hosts(void **)
{
	needs_call(mount_setattr);
	if (geteuid() != 0)
		skip_because("mounts need CAP_SYS_ADMIN");
	passes(entered_by_copy);
	passes(entered_by_pivot);
}

#define in_tree(test) cmocka_unit_test_setup_teardown(test, make, test_dir_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_tree(a_place_is_made_with_its_parents),
		in_tree(a_place_that_exists_is_taken_as_it_is),
		in_tree(odd_spellings_of_a_path_are_the_same_place),
		in_tree(a_link_leads_to_a_place_inside),
		in_tree(a_link_that_leads_out_stays_inside),
		in_tree(what_a_dangling_link_leads_to_is_made_inside),
		in_tree(links_in_a_circle_are_an_error),
		in_tree(a_link_of_procfs_is_not_followed),
		in_tree(a_file_is_no_parent),
		in_tree(a_path_of_any_length_is_handled),
		in_tree(a_kernels_file_system_is_not_mounted_through_a_link),
		in_tree(a_kernels_file_system_makes_nothing_through_a_dangling_link),
		cmocka_unit_test(a_hidden_path_is_empty_and_read_only),
		cmocka_unit_test(a_read_only_path_is_so_with_all_mounts_below),
		cmocka_unit_test(after_the_pivot_no_path_leads_to_the_old_root),
		cmocka_unit_test(the_root_is_entered_with_its_mounts_and_without_the_hosts),
	};

	return cmocka_run_group_tests_name("root", tests, NULL, NULL);
}
