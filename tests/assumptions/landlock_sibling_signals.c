/* A process of `brig exec` puts itself under a Landlock domain of its own, beside that of the
 * container's first process (kernel/landlock.h). Relied on: the two can signal each other, ptrace(2)
 * and /proc/PID/fd/N work within a domain and not across. */
#include "assume.h"
#include "kernel/compat.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/socket.h>

static void enter_domain(void)
{
	const struct compat_landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_CHAR,
	};
	const long ruleset = syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);

	NEEDS(ruleset >= 0, "no Landlock in this kernel");
	HOLDS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	HOLDS(syscall(SYS_landlock_restrict_self, ruleset, 0) == 0);
	close((int)ruleset);
}

static int open_fd_of(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/fd/0", pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* A process in a new domain that waits to be told what to do: 's' signals @other, the rest ends it. */
static pid_t start(int *ret_socket)
{
	int ends[2];

	HOLDS(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);

	const pid_t pid = fork();

	HOLDS(pid >= 0);
	*ret_socket = ends[0];
	if (pid > 0) {
		close(ends[1]);
		await(ends[0]);
		return pid;
	}

	pid_t other;

	HOLDS(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
	enter_domain();
	tell(ends[1]);
	while (read(ends[1], &other, sizeof other) == (ssize_t)sizeof other) {
		const pid_t own = fork();

		if (own == 0) {
			HOLDS(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
			pause();
			_exit(0);
		}
		HOLDS(own > 0);
		HOLDS(kill(other, 0) == 0 && kill(other, SIGCONT) == 0);
		HOLDS(ptrace(PTRACE_SEIZE, other, 0, 0) == -1 && errno == EPERM);
		HOLDS(open_fd_of(other) == -1 && errno == EACCES);
		HOLDS(ptrace(PTRACE_SEIZE, own, 0, 0) == 0);
		HOLDS(open_fd_of(own) >= 0);
		HOLDS(kill(own, SIGKILL) == 0);
		tell(ends[1]);
	}
	_exit(0);
}

int main(void)
{
	const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int sockets[2];

	HOLDS(dup2(null, STDIN_FILENO) == 0); /* something that can be opened again */

	/* here first: a kernel without Landlock skips the whole */
	const int supported = in_child(enter_domain);

	if (supported != 0)
		return supported;

	const pid_t first = start(&sockets[0]), second = start(&sockets[1]);

	HOLDS(write(sockets[0], &second, sizeof second) == (ssize_t)sizeof second);
	await(sockets[0]);
	HOLDS(write(sockets[1], &first, sizeof first) == (ssize_t)sizeof first);
	await(sockets[1]);
	return 0;
}
