/* kernel/namespace.c: the eight kinds of namespace
 *
 * A namespace is a file of nsfs: /proc/PID/ns/KIND, or a bind mount of one. Two files stand for the
 * same namespace exactly when device and inode agree, namespaces(7): names and paths prove nothing.
 */
#include "kernel/namespace.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/compat.h"

#include <assert.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

// clang-format off
static const struct ns_kind {
	const char *spec; /* linux.namespaces[].type, config-linux.md */
	const char *proc; /* file below /proc/PID/ns, namespaces(7) */
	unsigned flag;    /* clone3(2), setns(2) */
} ns_kinds[] = {
	/*              spec       proc      flag            */
	[NS_USER]   = { "user",    "user",   CLONE_NEWUSER   },
	[NS_MOUNT]  = { "mount",   "mnt",    CLONE_NEWNS     },
	[NS_PID]    = { "pid",     "pid",    CLONE_NEWPID    },
	[NS_NET]    = { "network", "net",    CLONE_NEWNET    },
	[NS_IPC]    = { "ipc",     "ipc",    CLONE_NEWIPC    },
	[NS_UTS]    = { "uts",     "uts",    CLONE_NEWUTS    },
	[NS_CGROUP] = { "cgroup",  "cgroup", CLONE_NEWCGROUP },
	[NS_TIME]   = { "time",    "time",   CLONE_NEWTIME   },
};
// clang-format on
static_assert(ARRAY_LEN(ns_kinds) == NS_COUNT, "a namespace has no row in ns_kinds");

const char *ns_name(enum ns kind)
{
	return ns_kinds[kind].spec;
}

const char *ns_proc(enum ns kind)
{
	return ns_kinds[kind].proc;
}

unsigned ns_flag(enum ns kind)
{
	return ns_kinds[kind].flag;
}

int ns_open(enum ns kind, const char *path, struct error *err)
{
	/* O_NONBLOCK: the path may be a FIFO, which would hold us here until someone writes. */
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct statfs fs;

	if (fd < 0)
		return error_sys(err, NULL, "cannot open the %s namespace '%s'", ns_name(kind),
				 path);
	if (fstatfs(fd, &fs) < 0)
		return error_sys(err, NULL, "cannot examine '%s'", path);
	if (fs.f_type != NSFS_MAGIC)
		return error_set(err, ERR_SPEC, NULL, "'%s' is no namespace", path);
	if (ioctl(fd, NS_GET_NSTYPE) != (int)ns_flag(kind))
		return error_set(err, ERR_SPEC, NULL, "'%s' is a namespace of another kind than %s",
				 path, ns_name(kind));
	return fd_take(&fd);
}

bool ns_same(int a, int b)
{
	struct stat one, other;

	return fstat(a, &one) == 0 && fstat(b, &other) == 0 && one.st_dev == other.st_dev &&
	       one.st_ino == other.st_ino;
}

int ns_is_own(enum ns kind, int fd, struct error *err)
{
	struct stat own, other;
	char path[32];

	snprintf(path, sizeof path, "/proc/self/ns/%s", ns_proc(kind));
	if (stat(path, &own) < 0)
		return error_sys(err, NULL, "cannot examine our own %s namespace", ns_name(kind));
	if (fstat(fd, &other) < 0)
		return error_sys(err, NULL, "cannot examine a %s namespace", ns_name(kind));
	return own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

bool ns_is_initial_user(void)
{
	/* PROC_USER_INIT_INO of include/linux/proc_ns.h: fixed, part of the kernel's interface
	 * since 3.8. */
	struct stat own;

	return stat("/proc/self/ns/user", &own) == 0 && own.st_ino == 0xEFFFFFFDU;
}

bool ns_user_is_child(int fd)
{
	struct error ignored;
	autoclose int parent = ioctl(fd, NS_GET_PARENT);

	return parent >= 0 && ns_is_own(NS_USER, parent, &ignored) == 1;
}

int ns_time_enter_new(int proc, int offsets, const int64_t secs[2], const uint32_t nanosecs[2],
		      struct error *err)
{
	char text[128];

	if (unshare(CLONE_NEWTIME) < 0)
		return error_sys(err, "/linux/timeOffsets", "cannot create a time namespace");
	snprintf(text, sizeof text, "monotonic %lld %u\nboottime %lld %u\n", (long long)secs[0],
		 nanosecs[0], (long long)secs[1], nanosecs[1]);
	if (offsets >= 0 && fd_write_all(offsets, text, strlen(text), err) < 0)
		return error_context(err, "time offsets");

	/* unshare(2) moves only the children to come; setns(2) moves us: time_namespaces(7). */
	autoclose int children = openat(proc, "self/ns/time_for_children", O_RDONLY | O_CLOEXEC);

	if (children < 0 || setns(children, CLONE_NEWTIME) < 0)
		return error_sys(err, "/linux/timeOffsets", "cannot enter the new time namespace");
	return 0;
}
