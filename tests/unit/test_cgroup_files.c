/* Where the cgroup2 file system is, and what is said when its files cannot be written. A plain
 * directory stands for a cgroup: so the controllers that this host lacks are there, too. */
#include "kernel/cgroup.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/table.h"
#include "in_child.h"
#include "refused_call.h"
#include "skip_because.h"
#include "test_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

static void put(const struct test_dir *dir, const char *file, const char *text)
{
	struct error err;

	assert_int_equal(fd_replace_file(dir->fd, file, text, strlen(text), 0600, false, &err), 0);
}

/* --- where it is --- */

static void look_for_cgroup2(void)
{
	struct arena arena = {};
	struct error err = {};
	const char *path = NULL;
	char place[] = "/tmp/brig cgroup XXXXXX";

	CHECK(unshare(CLONE_NEWNS) == 0);
	CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK(mkdtemp(place));
	CHECK(mount("none", "/sys/fs/cgroup", "tmpfs", 0, NULL) == 0);
	CHECK(cgroup_root(&arena, &path, &err) == -1);
	CHECK(err.code == ENOENT && strstr(err.remedy, "mount -t cgroup2"));
	CHECK(mount("none", place, "cgroup2", 0, NULL) == 0);
	CHECK(cgroup_root(&arena, &path, &err) >= 0);
	CHECK(strcmp(path, place) == 0);
	CHECK(umount2(place, MNT_DETACH) == 0);
	CHECK(rmdir(place) == 0);
	arena_free(&arena);
}

static void cgroup2_is_found_where_it_is_mounted_and_its_absence_has_a_remedy(void **)
{
	if (geteuid() != 0 || access("/sys/fs/cgroup", F_OK) < 0)
		skip_because("needs root and /sys/fs/cgroup");
	passes(look_for_cgroup2);
}

/* --- what cannot be written --- */

// clang-format off
static const struct application {
	const char *controllers, *current;
	struct cgroup_write write;
	const char *text, *remedy; /* NULL: it works */
} applications[] = {
	{ "memory", "4096\n", { "memory.max", "8192", "/m", .above_usage = true }, NULL, NULL },
	{ "memory", "4096\n", { "memory.max", "max", "/m", .above_usage = true },  NULL, NULL },
	{ "memory", "4096\n", { "memory.max", "1024", "/m", .above_usage = true }, "below the 4096 in use", "checkBeforeUpdate" },
	{ "memory", NULL,     { "memory.max", "1024", "/m", .above_usage = true }, "cannot read memory.current", "" },
	{ "cpu memory", NULL, { "memory.peak", "0", "/m" },                        "this kernel has no memory.peak", "a kernel that has" },
	{ "cpu", NULL,        { "memory.peak", "0", "/m" },                        "controller 'memory' is not enabled", "cgroup_no_v1" },
	{ "io", NULL,         { "io.bfq.weight", "7", "/m", .or_file = "memory.max", .or_value = "7" }, NULL, NULL },
	{ "io", NULL,         { "io.bfq.weight", "7", "/m", .may_lack = true },    NULL, NULL },
};
// clang-format on

static void a_limit_that_cannot_be_set_is_an_error_with_its_cause(void **state)
{
	const struct test_dir *dir = *state;
	struct arena arena = {};

	for (size_t i = 0; i < ARRAY_LEN(applications); i++) {
		const struct application *row = &applications[i];
		struct error err = {};
		const char *missing = NULL;

		put(dir, "memory.max", "");
		put(dir, "cgroup.controllers", row->controllers);
		(void)unlinkat(dir->fd, "memory.current", 0);
		if (row->current)
			put(dir, "memory.current", row->current);

		const int result = cgroup_apply(dir->fd, &row->write, 1, &arena, &missing, &err);

		assert_int_equal(result, row->text ? -1 : 0);
		if (row->text) {
			assert_non_null(strstr(err.text, row->text));
			assert_non_null(strstr(err.remedy, row->remedy));
			assert_string_equal(err.where, "/m");
		}
		if (row->write.may_lack)
			assert_string_equal(missing, "io.bfq.weight (/m)");
	}
	arena_free(&arena);
}

static int attach(int cgroup, struct error *err)
{
	return cgroup_attach(cgroup, getpid(), err);
}

static int apply(int cgroup, struct error *err)
{
	static const struct cgroup_write write = { "io.max", "8:0 rbps=1", "/io" };

	return cgroup_apply(cgroup, &write, 1, NULL, NULL, err);
}

static int delegate(int cgroup, struct error *err)
{
	return cgroup_delegate(cgroup, 1, 1, err);
}

static int mark(int cgroup, struct error *err)
{
	return cgroup_mark(cgroup, "owner", err);
}

static int freeze(int cgroup, struct error *err)
{
	return cgroup_freeze(cgroup, true, 10, err);
}

static int is_frozen(int cgroup, struct error *err)
{
	return cgroup_is_frozen(cgroup, err) < 0 ? -1 : 0;
}

static int is_populated(int cgroup, struct error *err)
{
	return cgroup_is_populated(cgroup, err) < 0 ? -1 : 0;
}

static int kill_all(int cgroup, struct error *err)
{
	return cgroup_kill(cgroup, 10, err);
}

// clang-format off
static const struct refusal {
	long call;
	int code;
	int (*attempt)(int cgroup, struct error *err);
	const char *text, *remedy;
} refusals[] = {
	{ SYS_write, EBUSY,      attach,       "into the cgroup", "takes no process" },
	{ SYS_write, EACCES,     attach,       "into the cgroup", "Delegation" },
	{ SYS_write, EIO,        attach,       "into the cgroup", "" },
	{ SYS_write, ENODEV,     apply,        "the kernel refuses '8:0 rbps=1' for io.max", "name a device" },
	{ SYS_write, EINVAL,     apply,        "the kernel refuses '8:0 rbps=1' for io.max", "" },
	{ SYS_fchownat, EPERM,   delegate,     "cannot change the owner of", "" },
	{ SYS_fsetxattr, ENOSPC, mark,         "cannot mark the cgroup", "" },
	{ SYS_write, EPERM,      freeze,       "cgroup.freeze", "" },
	{ SYS_pread64, EIO,        is_frozen,    "cannot read 'frozen' of cgroup.events", "" },
	{ SYS_pread64, EIO,        is_populated, "cannot read 'populated' of cgroup.events", "" },
	{ SYS_write, EPERM,      kill_all,     "cgroup.kill", "" },
};
// clang-format on

static int attempt(const struct refusal *row, int cgroup)
{
	struct error err = {};

	if (refuse_call(row->call, row->code) < 0)
		return 77;
	if (row->attempt(cgroup, &err) == -1 && strstr(err.text, row->text) &&
	    (*row->remedy == '\0' || strstr(err.remedy, row->remedy)))
		return 0;
	dprintf(STDERR_FILENO, "says '%s', remedy '%s'\n", err.text, err.remedy);
	return 1;
}

static void a_refused_write_says_which_file_and_why(void **state)
{
	static const char *const files[] = {
		"cgroup.procs", "cgroup.freeze",          "cgroup.kill",
		"io.max",       "cgroup.subtree_control", "cgroup.threads"
	};
	const struct test_dir *dir = *state;

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		put(dir, files[i], "");
	put(dir, "cgroup.events", "populated 1\nfrozen 0\n");

	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		const pid_t child = fork();
		int status = -1;

		if (child == 0)
			_exit(attempt(&refusals[i], dir->fd));
		assert_int_equal(waitpid(child, &status, 0), child);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
			skip_because("no seccomp here");
		if (status != 0)
			print_error("row %zu: not '%s'\n", i, refusals[i].text);
		assert_int_equal(status, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cgroup2_is_found_where_it_is_mounted_and_its_absence_has_a_remedy),
		cmocka_unit_test_setup_teardown(
			a_limit_that_cannot_be_set_is_an_error_with_its_cause, test_dir_make,
			test_dir_remove),
		cmocka_unit_test_setup_teardown(a_refused_write_says_which_file_and_why,
						test_dir_make, test_dir_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
