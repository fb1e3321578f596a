/* `brig exec` enters a container by one setns(2) with a pidfd of its first process. Relied on: that
 * enters the user namespace and those that belong to it together, with every capability there; the
 * pid namespace from the next child on; and a call that fails has changed nothing. */
#include "assume.h"

#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum {
	KINDS = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET |
		CLONE_NEWPID | CLONE_NEWCGROUP
};

static const char *const files[] = { "user", "mnt", "uts", "ipc", "net", "cgroup" };
enum { FILES = sizeof files / sizeof files[0] };

/* The inodes of the namespaces of a process: "self" or its pid. */
static void list(const char *process, ino_t ret[static FILES])
{
	char path[64];
	struct stat st;

	for (int i = 0; i < FILES; i++) {
		snprintf(path, sizeof path, "/proc/%s/ns/%s", process, files[i]);
		HOLDS(stat(path, &st) == 0);
		ret[i] = st.st_ino;
	}
}

static void prove_in_child(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct held[2];

	HOLDS(getpid() == 2 && getppid() == 0); /* our parent is outside of the pid namespace */
	HOLDS(syscall(SYS_capget, &header, held) == 0 && held[0].effective == 0xffffffff);
	HOLDS(sethostname("inside", strlen("inside")) == 0);
}

int main(void)
{
	ino_t outside[FILES], inside[FILES], now[FILES];
	char process[16], byte;
	int ends[2];

	HOLDS(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);

	const pid_t pid = (pid_t)syscall(SYS_clone, KINDS | SIGCHLD, 0, 0, 0, 0);

	NEEDS(pid >= 0, "cannot make the namespaces");
	if (pid == 0)
		_exit(read(ends[1], &byte, 1) == 1 ? 0 : 1);

	const int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	map_ids(pid, geteuid(), 1);
	list("self", outside);
	snprintf(process, sizeof process, "%d", pid);
	list(process, inside);

	HOLDS(setns(pidfd, KINDS | CLONE_VM) == -1 && errno == EINVAL);
	list("self", now);
	HOLDS(memcmp(now, outside, sizeof now) == 0);

	HOLDS(setns(pidfd, KINDS) == 0);
	list("self", now);
	HOLDS(memcmp(now, inside, sizeof now) == 0);
	HOLDS(in_child(prove_in_child) == 0);

	HOLDS(write(ends[0], "", 1) == 1);
	HOLDS(waitpid(pid, NULL, 0) == pid);
	return 0;
}
