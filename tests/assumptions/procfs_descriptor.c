/* brig reaches /proc through one descriptor, opened and verified on the host (kernel/procfs.c), also
 * from the container's process. Relied on: its "self" is whoever looks, in a new pid namespace and
 * after pivot_root(2) as well; RESOLVE_NO_XDEV does not cross a mount over a file; and the files of a
 * process that is not dumpable belong to the host's root, so that a container's root cannot write
 * to them before the flag is set again; but for those in attr, which anybody may open and only the
 * process itself can write to: so a label needs no dumpable process. */
#include "assume.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum { OUTSIDE = 2'000'000'000 }; /* the host id of the container's root */

static int open_file(int proc, const char *path, int flags)
{
	const struct open_how how = {
		.flags = (unsigned)flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, proc, path, &how, sizeof how);
}

/* EINVAL is the word of the LSM (or that there is none): the text has reached it. */
static void prove_attributes(int proc)
{
	static const char *const files[] = { "self/attr/exec", "self/attr/apparmor/exec" };

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		const int fd = open_file(proc, files[i], O_WRONLY);

		if (fd < 0 && errno == ENOENT)
			continue; /* a kernel without that LSM */
		HOLDS(fd >= 0);
		HOLDS(write(fd, "no such label", 13) == 13 || errno == EINVAL);
		HOLDS(close(fd) == 0);
	}
}

static void prove(int proc, int pipe_)
{
	char name[16] = "";
	struct stat st;

	await(pipe_);
	HOLDS(getpid() == 1);
	HOLDS(setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0);
	HOLDS(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0); /* the change of ids has cleared it */
	HOLDS(prctl(PR_SET_NAME, "look-at-me") == 0);

	int fd = open_file(proc, "self/comm", O_RDONLY);

	HOLDS(fd >= 0 && read(fd, name, sizeof name - 1) == 11);
	HOLDS(strcmp(name, "look-at-me\n") == 0);

	HOLDS(mount("/dev/null", "/proc/self/comm", NULL, MS_BIND, NULL) == 0);

	const int covered = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	HOLDS(open_file(covered, "self/comm", O_RDONLY) == -1 && errno == EXDEV);

	HOLDS(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
	HOLDS(fstatat(proc, "self/comm", &st, 0) == 0 && st.st_uid != geteuid());
	HOLDS(open_file(proc, "self/oom_score_adj", O_WRONLY) == -1 && errno == EACCES);
	prove_attributes(proc);
	HOLDS(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
	HOLDS(open_file(proc, "self/oom_score_adj", O_WRONLY) >= 0);

	HOLDS(chroot("/sys") == 0 && chdir("/") == 0);
	fd = open_file(proc, "self/comm", O_RDONLY);
	HOLDS(fd >= 0);
}

int main(void)
{
	const int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int ends[2], status;

	NEEDS(geteuid() == 0, "needs root, to map an id that is not ours");
	HOLDS(proc >= 0 && pipe2(ends, O_CLOEXEC) == 0);

	const pid_t pid = (pid_t)syscall(
		SYS_clone, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);

	NEEDS(pid >= 0, "cannot make the namespaces");
	if (pid == 0) {
		prove(proc, ends[0]);
		_exit(0);
	}
	map_ids(pid, OUTSIDE, 1);
	tell(ends[1]);
	HOLDS(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return WEXITSTATUS(status);
}
