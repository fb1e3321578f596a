/* kernel/sysctl.c: kernel parameters of a container's namespaces */
#include "kernel/sysctl.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/procfs.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Who may write differs: net.* asks for a capability, which the host's root has everywhere, but
 * kernel.shm* and their like ask for the root of the ipc namespace's owner since Linux 5.19, and
 * for the host's before that (ipc_permissions() in ipc/ipc_sysctl.c). So one is tried, then the
 * other. */
static int become_owner(int pidfd, struct error *err)
{
	if (setns(pidfd, CLONE_NEWUSER) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return error_sys(err, "/linux/sysctl",
				 "cannot become the container's root to write kernel parameters");
	return 0;
}

static int write_all(const struct sysctl *list, size_t n, int pidfd, bool with_user,
		     struct error *err)
{
	const int flags =
		CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | (with_user ? CLONE_NEWUSER : 0);
	bool owner = with_user;
	autoclose int proc = procfs_open(err);
	char path[256];

	if (proc < 0)
		return -1;
	if (setns(pidfd, flags) < 0)
		return error_sys(err, "/linux/sysctl", "cannot join the container's namespaces");
	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof path, "sys/%s", list[i].path);
		int result = procfs_write(proc, path, list[i].value, err);

		if (result < 0 && err->code == EACCES && !owner) {
			if (become_owner(pidfd, err) < 0)
				return -1;
			owner = true;
			result = procfs_write(proc, path, list[i].value, err);
		}
		if (result == 0)
			continue;
		snprintf(err->where, sizeof err->where, "%s", list[i].from);
		return error_context(err, "kernel parameter '%s'", list[i].path);
	}
	return 0;
}

int sysctl_write(const struct sysctl *list, size_t n, int pidfd, bool with_user, struct error *err)
{
	int sockets[2];
	struct error result = {};

	if (n == 0)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return error_sys(err, "/linux/sysctl", "cannot make a socket pair");

	autoclose int ours = sockets[0], theirs = sockets[1];
	const pid_t writer = fork();

	if (writer < 0)
		return error_sys(err, "/linux/sysctl", "cannot start the writer");
	if (writer == 0) {
		const bool failed = write_all(list, n, pidfd, with_user, &result) < 0;

		if (failed)
			(void)!write(theirs, &result, sizeof result);
		_exit(failed);
	}
	close(fd_take(&theirs));

	const ssize_t received = read(ours, &result, sizeof result);
	int status = 0;

	while (waitpid(writer, &status, 0) < 0 && errno == EINTR)
		;
	if (received == (ssize_t)sizeof result) {
		*err = result;
		return -1;
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return error_set(err, ERR_KERNEL, "/linux/sysctl",
				 "the writer of kernel parameters died");
	return 0;
}
