/* kernel/mount.c: mounts as descriptors
 *
 * Theory of operation
 *
 * fsopen(2) opens a context for a file system, fsconfig(2) sets its options one by one and creates
 * it, fsmount(2) makes a mount of it that is attached nowhere. open_tree(2) with OPEN_TREE_CLONE
 * does the same for something that is mounted already: it is what `mount --bind` did in one step.
 * mount_setattr(2) changes a detached mount; that is the only time at which MOUNT_ATTR_IDMAP may be
 * set. move_mount(2) attaches it. The context collects messages of the file system ("tmpfs: Bad
 * value for 'size'"), which are read from it like a file: they say more than EINVAL does.
 */
#include "kernel/mount.h"

#include "base/cleanup.h"
#include "kernel/compat.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* The last message of the context, "e tmpfs: Bad value…", if there is one. */
static int context_error(int context, const char *type, const char *what, struct error *err)
{
	char message[256];
	const int saved = errno;
	const ssize_t n = read(context, message, sizeof message - 1);

	errno = saved;
	if (n < 3)
		return error_sys(err, NULL, "%s of a '%s' file system", what, type);
	message[n] = '\0';
	message[strcspn(message, "\n")] = '\0';
	return error_sys(err, NULL, "%s of a '%s' file system (%s)", what, type, message + 2);
}

static int context_option(int context, const char *type, const struct mount_option_value *option,
			  struct error *err)
{
	const unsigned command = option->value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;
	char what[128];

	if (syscall(SYS_fsconfig, context, command, option->key, option->value, 0) == 0)
		return 0;
	snprintf(what, sizeof what, "option '%s'", option->key);
	return context_error(context, type, what, err);
}

int mount_new(const char *type, const char *source, const struct mount_option_value *options,
	      size_t n, uint64_t attr, struct error *err)
{
	autoclose int context = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
	const struct mount_option_value name = { "source", source };

	if (context < 0) {
		if (errno != ENODEV)
			return error_sys(err, NULL, "file system '%s'", type);
		(void)error_set(err, ERR_KERNEL, NULL, "the kernel has no file system '%s'", type);
		return error_remedy(err, "load its module, or correct the mount's type");
	}
	if (source && context_option(context, type, &name, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (context_option(context, type, &options[i], err) < 0)
			return -1;
	}
	if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return context_error(context, type, "creation", err);

	const int mount = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, (unsigned)attr);

	if (mount < 0)
		return context_error(context, type, "mount", err);
	return mount;
}

int mount_clone(int dir, const char *path, bool recursive, bool follow, struct error *err)
{
	const unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (*path ? 0 : AT_EMPTY_PATH) |
			       (recursive ? AT_RECURSIVE : 0) | (follow ? 0 : AT_SYMLINK_NOFOLLOW);
	const int mount = (int)syscall(SYS_open_tree, dir, path, flags);

	if (mount < 0)
		return error_sys(err, NULL, "cannot clone the mount of '%s'", path);
	return mount;
}

int mount_set(int mount, uint64_t set, uint64_t clear, uint64_t propagation, bool recursive,
	      struct error *err)
{
	struct mount_attr attr = { .attr_set = set, .attr_clr = clear, .propagation = propagation };
	const unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);

	if (syscall(SYS_mount_setattr, mount, "", flags, &attr, sizeof attr) < 0)
		return error_sys(err, NULL, "cannot set the attributes of the mount");
	return 0;
}

// clang-format off
static const struct fs_magic { long magic; const char *name; } fs_magics[] = {
	{ EXT4_SUPER_MAGIC, "ext4" },        { XFS_SUPER_MAGIC, "xfs" },    { BTRFS_SUPER_MAGIC, "btrfs" },
	{ TMPFS_MAGIC, "tmpfs" },            { NFS_SUPER_MAGIC, "nfs" },    { OVERLAYFS_SUPER_MAGIC, "overlay" },
	{ FUSE_SUPER_MAGIC, "fuse" },        { PROC_SUPER_MAGIC, "proc" },  { SYSFS_MAGIC, "sysfs" },
	{ CGROUP2_SUPER_MAGIC, "cgroup2" },  { NSFS_MAGIC, "nsfs" },        { F2FS_SUPER_MAGIC, "f2fs" },
	{ DEVPTS_SUPER_MAGIC, "devpts" },    { MSDOS_SUPER_MAGIC, "vfat" }, { SQUASHFS_MAGIC, "squashfs" },
	{ V9FS_MAGIC, "9p" },                { RAMFS_MAGIC, "ramfs" },      { EROFS_SUPER_MAGIC_V1, "erofs" },
};
// clang-format on

const char *mount_type_name(int fd, char ret[24])
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return "unknown";
	for (size_t i = 0; i < ARRAY_LEN(fs_magics); i++) {
		if (fs_magics[i].magic == (long)fs.f_type)
			return fs_magics[i].name;
	}
	snprintf(ret, 24, "0x%lx", (unsigned long)fs.f_type);
	return ret;
}

int mount_idmap(int mount, int userns, bool recursive, struct error *err)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (unsigned)userns };
	const unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
	char type[24];

	if (syscall(SYS_mount_setattr, mount, "", flags, &attr, sizeof attr) == 0)
		return 0;
	if (errno != EINVAL)
		return error_sys(err, NULL, "cannot id-map the mount (file system '%s')",
				 mount_type_name(mount, type));
	(void)error_sys(err, NULL, "'%s' has no id-mapped mounts on this kernel%s",
			mount_type_name(mount, type),
			recursive ? ", or a mount below it has none" : "");
	return error_remedy(err,
			    "use a file system that has them (ext4, xfs, btrfs; tmpfs since "
			    "Linux 6.3), or set rootfs_ids to \"as-is\" in the policy and give the "
			    "files the container's ids yourself");
}

int mount_attach(int mount, int target, struct error *err)
{
	const unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;

	if (syscall(SYS_move_mount, mount, "", target, "", flags) < 0)
		return error_sys(err, NULL, "cannot attach the mount");
	return 0;
}
