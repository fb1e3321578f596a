/* kernel/root.c makes a mount namespace of the container's root alone, where the kernel can (Linux 7.0).
 * Relied on: open_tree(2) with OPEN_TREE_NAMESPACE, by root of the user namespace that owns the mount
 * namespace, copies a mount with those below it, as they are, and the copy belongs to that user
 * namespace; setns(2) makes the copy root and working directory; nothing of the tree that was left is
 * in it; what the kernel puts under it, its own first root, is uncovered neither by umount2(2) nor by
 * pivot_root(2), chroot(2) and entering anew. And, what forces the other way: an unbindable mount is
 * left out of the copy. */
#include "assume.h"
#include "kernel/compat.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/* A tmpfs that is mounted nowhere, with one file in it. */
static int prepare(const char *mark)
{
	const int context = fsopen("tmpfs", FSOPEN_CLOEXEC);

	HOLDS(context >= 0 && fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0);

	const int mount = fsmount(context, FSMOUNT_CLOEXEC, 0);

	HOLDS(mount >= 0 && mknodat(mount, mark, S_IFREG | 0644, 0) == 0);
	return mount;
}

static void attach(int root, const char *place, int mount)
{
	HOLDS(mkdirat(root, place, 0755) == 0);
	HOLDS(move_mount(mount, "", root, place, MOVE_MOUNT_F_EMPTY_PATH) == 0);
}

static void set(int mount, uint64_t attributes, uint64_t propagation)
{
	struct mount_attr attr = { .attr_set = attributes, .propagation = propagation };

	HOLDS(mount_setattr(mount, "", AT_EMPTY_PATH, &attr, sizeof attr) == 0);
}

static bool same_file(int a, const char *b)
{
	struct stat first, second;

	HOLDS(fstat(a, &first) == 0 && stat(b, &second) == 0);
	return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

static int mounts_seen(int mountinfo)
{
	char text[16384];
	const ssize_t len = pread(mountinfo, text, sizeof text, 0);
	int n = 0;

	HOLDS(len > 0 && len < (ssize_t)sizeof text);
	for (ssize_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

/* Out of the root, with all capabilities over the mount namespace. */
static void climb(int self)
{
	struct stat mark;
	const int fresh = prepare("fresh");

	HOLDS(umount2("/", MNT_DETACH) == -1);
	HOLDS(umount2("/..", MNT_DETACH) == -1);
	HOLDS(setns(self, CLONE_NEWNS) == 0 && stat("/mark", &mark) == 0);
	HOLDS(mkdir("/jail", 0755) == 0 && chroot("/jail") == 0);
	for (int i = 0; i < 10; i++)
		HOLDS(chdir("..") == 0);
	HOLDS(chroot(".") == 0 && stat("/mark", &mark) == 0);
	/* a root of one's own in its place is held there as it was */
	HOLDS(move_mount(fresh, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) == 0);
	HOLDS(fchdir(fresh) == 0 && syscall(SYS_pivot_root, ".", ".") == 0);
	HOLDS(umount2(".", MNT_DETACH) == 0 && chdir("/") == 0 && stat("/fresh", &mark) == 0);
	HOLDS(umount2("/", MNT_DETACH) == -1);
	HOLDS(setns(self, CLONE_NEWNS) == 0 && stat("/fresh", &mark) == 0);
}

static void prove(void)
{
	const int root = prepare("mark"), below = prepare("below"), unbindable = prepare("lost");
	const int proc = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statvfs fs;
	struct stat mark;

	HOLDS(move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) == 0);
	attach(root, "below", below);
	attach(root, "unbindable", unbindable);
	set(below, MOUNT_ATTR_RDONLY, 0);
	set(unbindable, 0, MS_UNBINDABLE);

	const int ns = (int)syscall(SYS_open_tree, root, "",
				    OPEN_TREE_NAMESPACE | OPEN_TREE_CLOEXEC | AT_RECURSIVE |
					    AT_EMPTY_PATH);

	NEEDS(ns >= 0 || errno != EINVAL, "this kernel has no OPEN_TREE_NAMESPACE (Linux 7.0)");
	HOLDS(ns >= 0 && ioctl(ns, NS_GET_NSTYPE) == CLONE_NEWNS);

	const int owner = ioctl(ns, NS_GET_USERNS);

	HOLDS(owner >= 0 && same_file(owner, "/proc/self/ns/user"));
	HOLDS(setns(ns, CLONE_NEWNS) == 0);
	HOLDS(same_file(root, "/") && same_file(root, ".") && same_file(root, "/.."));
	HOLDS(access("/etc", F_OK) == -1 && access("/../../etc", F_OK) == -1);
	HOLDS(stat("/below/below", &mark) == 0 && stat("/unbindable/lost", &mark) == -1);
	HOLDS(statvfs("/below", &fs) == 0 && (fs.f_flag & ST_RDONLY) != 0);

	const int mountinfo = openat(proc, "mountinfo", O_RDONLY | O_CLOEXEC);

	HOLDS(mountinfo >= 0 && mounts_seen(mountinfo) == 2);
	climb(ns);
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
