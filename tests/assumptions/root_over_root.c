/* kernel/root.c attaches the container's root over "/" of the new mount namespace and pivots into it.
 * Relied on: a detached mount may be moved over "/", also from within the user namespace that owns the
 * mount namespace; fchdir(2) to it and pivot_root(".", ".") make it the root; what was below is then
 * detached as a whole, and neither ".." nor chroot(2) leads back. */
#include "assume.h"
#include "kernel/compat.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>

/* A tmpfs that is mounted nowhere, with one file in it. */
static int prepare_root(void)
{
	const int context = fsopen("tmpfs", FSOPEN_CLOEXEC);

	HOLDS(context >= 0 && fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0);

	const int root = fsmount(context, FSMOUNT_CLOEXEC, 0);

	HOLDS(root >= 0 && mknodat(root, "mark", S_IFREG | 0644, 0) == 0);
	return root;
}

static void prove(void)
{
	struct stat below, mark;
	const int root = prepare_root();

	HOLDS(stat("/", &below) == 0);
	HOLDS(move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) == 0);
	HOLDS(fchdir(root) == 0);
	HOLDS(syscall(SYS_pivot_root, ".", ".") == 0);
	HOLDS(umount2(".", MNT_DETACH) == 0);
	HOLDS(chdir("/") == 0);

	HOLDS(stat("/mark", &mark) == 0 && access("/etc", F_OK) == -1);
	HOLDS(stat("/../../mark", &mark) == 0);

	/* the classical way out of a chroot: a root below, and ".." from above it */
	HOLDS(mkdir("/jail", 0755) == 0 && chroot("/jail") == 0);
	for (int i = 0; i < 10; i++)
		HOLDS(chdir("..") == 0);
	HOLDS(chroot(".") == 0 && stat("/mark", &mark) == 0 && access("/etc", F_OK) == -1);
	HOLDS(umount2("/", MNT_DETACH) == -1); /* there is nothing below to uncover */
}

int main(void)
{
	int ends[2];
	char byte;

	HOLDS(pipe2(ends, O_CLOEXEC) == 0);

	const pid_t pid =
		(pid_t)syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);
	int status;

	NEEDS(pid >= 0, "cannot make the namespaces");
	if (pid == 0) {
		HOLDS(read(ends[0], &byte, 1) == 1);
		prove();
		_exit(0);
	}
	map_ids(pid, geteuid(), 1);
	tell(ends[1]);
	HOLDS(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return WEXITSTATUS(status);
}
