/* launch/ lets the parent set hard limits and oom_score_adj of a container's process, since the
 * process itself, with every capability in its user namespace, may not raise the one nor lower the
 * other. Relied on: just that, and that the parent may set those of a child in a namespace it owns. */
#include "assume.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static void prove_inside(int socket)
{
	struct rlimit limit;

	await(socket);
	HOLDS(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max == 200);
	limit.rlim_max = 300;
	HOLDS(setrlimit(RLIMIT_NOFILE, &limit) == -1 && errno == EPERM);

	const int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	HOLDS(fd >= 0);
	HOLDS(write(fd, "600", 3) == 3);
	HOLDS(write(fd, "-1", 2) == -1 && errno == EACCES); /* below what it was started with */
	tell(socket);
	await(socket);
}

int main(void)
{
	const struct rlimit lower = { 100, 200 };
	struct rlimit before;
	char path[64];
	int ends[2], status;

	HOLDS(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);

	const pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

	NEEDS(pid >= 0, "cannot make a user namespace");
	if (pid == 0) {
		prove_inside(ends[1]);
		_exit(0);
	}
	close(ends[1]);
	map_ids(pid, geteuid(), 1);

	snprintf(path, sizeof path, "/proc/%d/oom_score_adj", pid);

	const int fd = open(path, O_WRONLY | O_CLOEXEC);

	HOLDS(fd >= 0 && write(fd, "500", 3) == 3);
	HOLDS(prlimit(pid, RLIMIT_NOFILE, &lower, &before) == 0);
	tell(ends[0]);
	await(ends[0]);

	/* back up, which the child could not: only where we have the right ourselves */
	const int raised = prlimit(pid, RLIMIT_NOFILE, &before, NULL);

	HOLDS(raised == 0 || errno == EPERM);
	tell(ends[0]);
	HOLDS(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return WEXITSTATUS(status);
}
