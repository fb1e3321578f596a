/* kernel/procfs.c: /proc, verified to be procfs; proc(5)
 *
 * Theory of operation
 *
 * fstatfs(2) tells that a directory lies on procfs, and the inode number of a procfs's root is fixed
 * (PROC_ROOT_INO of include/linux/proc_ns.h): both together say that the fd is the root of a procfs,
 * and not, for example, a bind mount of /proc/sys. It may still have other mounts over its files: a
 * look-up that may not cross mounts (RESOLVE_NO_XDEV, openat2(2)) refuses those one by one. That
 * costs 2 µs; a procfs of our own, mounted nowhere, would cost 35, so it is the second choice.
 */
#include "kernel/procfs.h"

#include "base/cleanup.h"
#include "kernel/compat.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

enum { PROC_ROOT_INO = 1 };

int procfs_verify(int fd, struct error *err)
{
	struct statfs fs;
	struct stat root;

	if (fstatfs(fd, &fs) < 0 || fstat(fd, &root) < 0)
		return error_sys(err, "/proc", "cannot examine /proc");
	if (fs.f_type != PROC_SUPER_MAGIC || root.st_ino != PROC_ROOT_INO)
		return error_set(err, ERR_KERNEL, "/proc", "/proc is not the root of a procfs");
	return 0;
}

/* One that nobody else can reach, let alone mount over. */
static int open_detached(struct error *err)
{
	autoclose int context = fsopen("proc", FSOPEN_CLOEXEC);

	if (context < 0 || fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return error_sys(err, "/proc", "cannot create a procfs");

	autoclose int fd = fsmount(context, FSMOUNT_CLOEXEC,
				   MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);

	if (fd < 0)
		return error_sys(err, "/proc", "cannot create a procfs");
	if (procfs_verify(fd, err) < 0)
		return -1;
	return fd_take(&fd);
}

int procfs_open(struct error *err)
{
	autoclose int fd = open("/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 && procfs_verify(fd, err) == 0)
		return fd_take(&fd);

	const int own = open_detached(err);

	if (own < 0 && err->code != EMFILE && err->code != ENFILE)
		return error_remedy(err, "mount a procfs at /proc before brig is started");
	return own;
}

int procfs_open_file(int proc, const char *path, uint64_t flags, struct error *err)
{
	const struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS,
	};
	const long fd = syscall(SYS_openat2, proc, path, &how, sizeof how);

	if (fd >= 0)
		return (int)fd;
	(void)error_sys(err, path, "cannot open /proc/%s", path);
	if (err->code == EXDEV)
		(void)error_remedy(err, "something is mounted over /proc/%s: unmount it", path);
	return -1;
}

int procfs_write(int proc, const char *path, const char *text, struct error *err)
{
	autoclose int fd = procfs_open_file(proc, path, O_WRONLY, err);

	if (fd < 0)
		return -1;

	const size_t len = strlen(text);
	const ssize_t written = write(fd, text, len);

	if (written < 0)
		return error_sys(err, path, "cannot write '%s' to /proc/%s", text, path);
	if ((size_t)written != len)
		return error_set(err, ERR_KERNEL, path, "/proc/%s took only a part of '%s'", path,
				 text);
	return 0;
}

ssize_t procfs_read(int proc, const char *path, char *ret, size_t size, struct error *err)
{
	autoclose int fd = procfs_open_file(proc, path, O_RDONLY, err);

	if (fd < 0)
		return -1;

	const ssize_t len = read(fd, ret, size - 1);

	if (len < 0)
		return error_sys(err, path, "cannot read /proc/%s", path);
	ret[len] = '\0';
	return len;
}
