/* What a process does to itself before execve(2), as far as that needs no container. */
#include "base/cleanup.h"
#include "launch/enter.h"

#include "in_child.h"
#include "kernel_has.h"
#include "test_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* From here on whoever makes this process dumpable is killed. */
static void forbid_dumpable(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_DUMPABLE, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	const struct sock_fprog program = { ARRAY_LEN(filter), filter };

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

/* In a directory that stands for /proc. */
static void enter_with_a_label(void)
{
	static const char *const args[] = { "true", NULL }, *const env[] = { NULL };
	const struct plan_process process = {
		.args = args,
		.cwd = "/",
		.uid = getuid(),
		.gid = getgid(),
		.keep_groups = true,
		.capabilities = { .bounding = UINT64_MAX },
		.apparmor = "a-profile",
	};
	const struct enter enter = {
		.process = &process,
		.program = "/bin/true",
		.env = env,
		.report = -1,
		.console = -1,
		.proc = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC),
	};
	struct error err = {};

	CHECK(enter.proc >= 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
	forbid_dumpable();
	(void)!enter_run(&enter, &err);
	dprintf(STDERR_FILENO, "%s\n", err.text);
	_exit(1);
}

static void a_label_is_set_without_ever_being_dumpable(void **state)
{
	const struct test_dir *dir = *state;
	char written[32] = "";

	needs_call(seccomp);
	assert_int_equal(fchdir(dir->fd), 0);
	assert_int_equal(mkdir("self", 0700), 0);
	assert_int_equal(mkdir("self/attr", 0700), 0);
	assert_int_equal(mkdir("self/attr/apparmor", 0700), 0);
	assert_int_equal(test_dir_write(dir->fd, "self/attr/apparmor/exec", ""), 0);
	passes(enter_with_a_label);

	autoclose const int file = open("self/attr/apparmor/exec", O_RDONLY | O_CLOEXEC);

	assert_int_equal(read(file, written, sizeof written - 1), strlen("exec a-profile"));
	assert_string_equal(written, "exec a-profile");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_label_is_set_without_ever_being_dumpable,
						test_dir_make, test_dir_remove),
	};

	return cmocka_run_group_tests_name("enter", tests, NULL, NULL);
}
