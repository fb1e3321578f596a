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
static const struct fs_kind {
	long magic;
	const char *name;
	const char *idmap_since; /* mount_setattr(2); NULL: always on the kernels that we support, or never */
} fs_kinds[] = {
	{ TMPFS_MAGIC,           "tmpfs",     "from Linux 6.3 on"  },
	{ FUSE_SUPER_MAGIC,      "fuse",      "from Linux 6.12 on, if its server lets it" }, /* FUSE_ALLOW_IDMAP */
	{ CEPH_SUPER_MAGIC,      "ceph",      "from Linux 6.7 on"  },
	{ HUGETLBFS_MAGIC,       "hugetlbfs", "from Linux 6.9 on"  },
	{ SQUASHFS_MAGIC,        "squashfs",  "from Linux 6.2 on"  },
	{ EROFS_SUPER_MAGIC_V1,  "erofs",     "from Linux 5.19 on" },
	{ F2FS_SUPER_MAGIC,      "f2fs",      "from Linux 5.18 on" },
	{ EXT4_SUPER_MAGIC,      "ext4",      NULL },
	{ XFS_SUPER_MAGIC,       "xfs",       NULL },
	{ BTRFS_SUPER_MAGIC,     "btrfs",     NULL },
	{ MSDOS_SUPER_MAGIC,     "vfat",      NULL },
	{ OVERLAYFS_SUPER_MAGIC, "overlay",   NULL },
	{ NFS_SUPER_MAGIC,       "nfs",       NULL },
	{ SMB2_SUPER_MAGIC,      "cifs",      NULL },
	{ V9FS_MAGIC,            "9p",        NULL },
	{ RAMFS_MAGIC,           "ramfs",     NULL },
	{ PROC_SUPER_MAGIC,      "proc",      NULL },
	{ SYSFS_MAGIC,           "sysfs",     NULL },
	{ CGROUP2_SUPER_MAGIC,   "cgroup2",   NULL },
	{ NSFS_MAGIC,            "nsfs",      NULL },
	{ DEVPTS_SUPER_MAGIC,    "devpts",    NULL },
};
// clang-format on

/* NULL: a file system of no row; its number is then in *ret_magic. */
static const struct fs_kind *kind_of(int fd, unsigned long *ret_magic)
{
	struct statfs fs = {};

	(void)fstatfs(fd, &fs);
	*ret_magic = (unsigned long)fs.f_type;
	for (size_t i = 0; i < ARRAY_LEN(fs_kinds); i++) {
		if (fs_kinds[i].magic == (long)fs.f_type)
			return &fs_kinds[i];
	}
	return NULL;
}

const char *mount_type_name(int fd, char ret[24])
{
	unsigned long magic;
	const struct fs_kind *kind = kind_of(fd, &magic);

	if (kind)
		return kind->name;
	snprintf(ret, 24, "0x%lx", magic);
	return ret;
}

static long idmap(int mount, int userns, unsigned flags)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (unsigned)userns };

	return syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH | flags, &attr, sizeof attr);
}

/* A devtmpfs has the number of a tmpfs, and never what a tmpfs has. */
static bool tmpfs_has_idmap(int userns)
{
	struct error ignored;
	autoclose int mount = mount_new("tmpfs", NULL, NULL, 0, 0, &ignored);

	return mount >= 0 && idmap(mount, userns, 0) == 0;
}

static int no_idmap(int mount, int userns, struct error *err)
{
	unsigned long magic;
	const struct fs_kind *kind = kind_of(mount, &magic);
	char name[24];

	if (kind && kind->magic == TMPFS_MAGIC && tmpfs_has_idmap(userns)) {
		(void)error_set(err, ERR_KERNEL, NULL, "a devtmpfs has no id-mapped mounts");
		return error_remedy(err,
				    "have devices of the host by linux.devices, not by a mount");
	}
	(void)error_sys(err, NULL, "'%s' has no id-mapped mounts on this kernel",
			mount_type_name(mount, name));
	if (kind && kind->idmap_since)
		return error_remedy(
			err,
			"%s has them %s; else use ext4, xfs or btrfs, or set rootfs_ids "
			"to \"as-is\" in the policy and give the files the container's ids",
			kind->name, kind->idmap_since);
	return error_remedy(err, "use a file system that has them, such as ext4, xfs or btrfs, or "
				 "set rootfs_ids to \"as-is\" in the policy and give the files the "
				 "container's ids");
}

int mount_idmap(int mount, int userns, bool recursive, struct error *err)
{
	char type[24];

	if (idmap(mount, userns, recursive ? AT_RECURSIVE : 0) == 0)
		return 0;
	if (errno != EINVAL)
		return error_sys(err, NULL, "cannot id-map the mount (file system '%s')",
				 mount_type_name(mount, type));
	if (!recursive || idmap(mount, userns, 0) < 0)
		return no_idmap(mount, userns, err);

	errno = EINVAL;
	(void)error_sys(err, NULL, "a mount below it has no id-mapped mounts on this kernel");
	return error_remedy(err, "bind it without what is mounted below ('bind' rather than "
				 "'rbind'), and what is needed of that by mounts of its own");
}

int mount_attach(int mount, int target, struct error *err)
{
	const unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;

	if (syscall(SYS_move_mount, mount, "", target, "", flags) < 0)
		return error_sys(err, NULL, "cannot attach the mount");
	return 0;
}
