#include "kernel/procfs.h"

#include "base/cleanup.h"
#include "kernel/keyring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "in_child.h"
#include "kernel_has.h"
#include "skip_because.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

static void the_root_of_procfs_is_recognised_and_nothing_else(void **)
{
	static const char *const others[] = { "/", "/proc/self", "/proc/sys", "/sys", "/dev" };
	struct error err;
	autoclose int proc = procfs_open(&err);

	assert_true(proc >= 0);
	assert_int_equal(procfs_verify(proc, &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		autoclose int fd = open(others[i], O_PATH | O_CLOEXEC);

		assert_int_equal(procfs_verify(fd, &err), -1);
		assert_string_equal(err.where, "/proc");
	}
}

static void own_mounts(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		_exit(77);
}

static void cover_a_file_of_proc(void)
{
	struct error err;
	const int proc = procfs_open(&err);

	own_mounts();
	CHECK(mount("/dev/null", "/proc/self/oom_score_adj", NULL, MS_BIND, NULL) == 0);

	/* the fd from before belongs to the mount namespace that we left: this one is new */
	const int covered = procfs_open(&err);

	CHECK(covered >= 0);
	CHECK(procfs_write(covered, "self/oom_score_adj", "0", &err) == -1);
	CHECK(err.code == EXDEV);
	CHECK(strstr(err.remedy, "mounted over"));
	CHECK(procfs_write(proc, "self/oom_score_adj", "0", &err) == 0);
}

static void replace_proc(void)
{
	struct error err;
	struct statfs fs;

	own_mounts();
	CHECK(mount("tmpfs", "/proc", "tmpfs", 0, NULL) == 0);
	CHECK(mkdir("/proc/self", 0700) == 0);

	const int proc = procfs_open(&err);

	CHECK(proc >= 0);
	CHECK(fstatfs(proc, &fs) == 0 && fs.f_type == 0x9fa0);

	char stat[64];

	CHECK(procfs_read(proc, "self/comm", stat, sizeof stat, &err) > 0);
}

static void run_as_root(void (*check)(void))
{
	const int status = in_child(check);

	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip_because("no right to make a mount namespace");
	assert_int_equal(status, 0);
}

static void a_file_mounted_over_a_file_of_proc_is_refused(void **)
{
	needs_call(openat2);
	run_as_root(cover_a_file_of_proc);
}

static void a_file_system_mounted_over_proc_is_not_used(void **)
{
	needs_call(openat2);
	run_as_root(replace_proc);
}

static void a_magic_link_is_not_followed(void **)
{
	struct error err;
	autoclose int proc = procfs_open(&err);

	needs_call(openat2);
	assert_int_equal(procfs_open_file(proc, "self/exe", O_RDONLY, &err), -1);
	assert_int_equal(err.code, ELOOP);
	assert_int_equal(procfs_open_file(proc, "self/root/etc", O_RDONLY, &err), -1);
	assert_int_equal(err.code, ELOOP);
	assert_int_equal(procfs_open_file(proc, "../etc", O_RDONLY, &err), -1);
	assert_int_equal(err.code, EXDEV);
}

static void what_is_read_ends_with_nul_and_fits(void **)
{
	struct error err;
	autoclose int proc = procfs_open(&err);
	char text[4];

	needs_call(openat2);
	memset(text, 'x', sizeof text);
	assert_int_equal(procfs_read(proc, "sys/kernel/ostype", text, sizeof text, &err), 3);
	assert_string_equal(text, "Lin");
	assert_int_equal(procfs_read(proc, "self/no-such-file", text, sizeof text, &err), -1);
	assert_int_equal(err.code, ENOENT);
	assert_string_equal(err.where, "self/no-such-file");
}

static long keyring_of_session(void)
{
	return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0, 0, 0);
}

static void join_twice(void)
{
	const long before = keyring_of_session();
	struct error err;
	char description[256] = "";

	if (before < 0 && errno == ENOSYS)
		_exit(77);
	CHECK(keyring_join_new_session(&err) == 0);

	const long first = keyring_of_session();

	CHECK(first != before);
	CHECK(syscall(SYS_keyctl, KEYCTL_DESCRIBE, first, description, sizeof description, 0) > 0);
	/* type;uid;gid;permissions;…: the possessor's all but setattr, nothing for the others */
	CHECK(strstr(description, ";1f000000;"));
	CHECK(keyring_join_new_session(&err) == 0);
	CHECK(keyring_of_session() != first);
}

static void a_session_keyring_is_new_and_only_its_possessors(void **)
{
	run_as_root(join_twice);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_root_of_procfs_is_recognised_and_nothing_else),
		cmocka_unit_test(a_file_mounted_over_a_file_of_proc_is_refused),
		cmocka_unit_test(a_file_system_mounted_over_proc_is_not_used),
		cmocka_unit_test(a_magic_link_is_not_followed),
		cmocka_unit_test(what_is_read_ends_with_nul_and_fits),
		cmocka_unit_test(a_session_keyring_is_new_and_only_its_possessors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
