/* floor: a static `true` in all namespaces with mapped ids, by bare system calls
 *
 * usage: floor ROOTFS PROGRAM [ARGUMENT…]
 *
 * What any runtime must at least ask of the kernel for that: one clone3(2), two maps, a root file
 * system by open_tree(2) and pivot_root(2), a procfs, an execve(2). No configuration is read, nothing
 * is checked, hidden, limited or filtered. What a runtime takes more than this is its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST_ID = 2'000'000'000, IDS = 65536 };

static _Noreturn void fail(const char *what)
{
	perror(what);
	_exit(127);
}

static void write_map(pid_t pid, const char *file)
{
	char path[64], map[64];
	const int len = snprintf(map, sizeof map, "0 %d %d", FIRST_ID, IDS);

	snprintf(path, sizeof path, "/proc/%d/%s", pid, file);

	const int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, map, (size_t)len) != len)
		fail(path);
	close(fd);
}

static _Noreturn void child(int tree, int go, char **argv)
{
	char byte;

	if (read(go, &byte, 1) != 1)
		_exit(127);
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		fail("setresuid");
	if (syscall(SYS_move_mount, tree, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
	    fchdir(tree) < 0)
		fail("move_mount");
	if (mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		fail("mount /proc");
	if (syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0)
		fail("pivot_root");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fail("no_new_privs");
	execv(argv[0], argv);
	fail(argv[0]);
}

int main(int argc, char **argv)
{
	int go[2], status;

	if (argc < 3) {
		(void)fputs("usage: floor ROOTFS PROGRAM [ARGUMENT…]\n", stderr);
		return 2;
	}

	const int tree =
		(int)syscall(SYS_open_tree, AT_FDCWD, argv[1], OPEN_TREE_CLONE | O_CLOEXEC);

	if (tree < 0 || pipe2(go, O_CLOEXEC) < 0)
		fail(argv[1]);

	struct clone_args args = {
		.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
			 CLONE_NEWUTS | CLONE_NEWCGROUP,
		.exit_signal = SIGCHLD,
	};
	const pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);

	if (pid < 0)
		fail("clone3");
	if (pid == 0)
		child(tree, go[0], argv + 2);
	write_map(pid, "uid_map");
	write_map(pid, "gid_map");
	if (write(go[1], "", 1) != 1 || waitpid(pid, &status, 0) < 0)
		fail("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}
