/* launch/child_rootfs.c: the steps of the container's init that build its file system
 *
 * What needs the host's privilege comes from the parent, one detached mount at a time, in the plan's
 * order (sources.h); what is to belong to the container's user namespace is made here. Every place
 * is looked up below the root mount, by kernel/root.h.
 */
#include "launch/child_rootfs.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/table.h"
#include "kernel/compat.h"
#include "kernel/mount.h"
#include "kernel/root.h"
#include "launch/console.h"
#include "launch/copy_up.h"
#include "launch/fifo.h"
#include "launch/sync.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

int rootfs_root(struct child *child, struct error *err)
{
	const struct plan *plan = child->plan;

	if (plan->namespaces[NS_USER].how == PLAN_NS_NONE) {
		/* A copy of the mounts in the same user namespace would still propagate to the
		 * host. */
		autoclose int tree = fd_open("/", O_PATH | O_DIRECTORY, 0, err);

		if (tree < 0 || mount_set(tree, 0, 0, MS_PRIVATE, true, err) < 0)
			return -1;
	}
	child->covers = plan->n_masked > 0 ? root_covers(err) : -1;
	if (plan->n_masked > 0 && child->covers < 0)
		return -1;
	if (plan->child_makes_sources)
		child->root = source_root(&child->sources, err);
	else if (sync_wait(child->sync, SYNC_MOUNT, &child->root, NULL, err) < 0)
		return -1;
	if (child->root < 0)
		return error_context(err, "root file system '%s'", plan->root.path);
	return root_attach_over(child->root, err);
}

static const struct kernel_type {
	const char *name;
} kernel_types[] = { { "cgroup2" }, { "proc" }, { "sysfs" } };

/*
 * Policy judged the name of the place; a link of the image may have led to another one since. A procfs
 * is at /proc alone, so what lies on one is inside that. brig's own covers do not come by here.
 */
static int place_check(int place, const char *from, struct error *err)
{
	struct statfs fs;

	/* A FUSE server may have no answer; procfs always has one. */
	if (fstatfs(place, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return 0;
	(void)error_set(err, ERR_POLICY, "mount-over-proc",
			"refused by policy: a link of the image leads into /proc (%s)", from);
	return error_remedy(err, "remove the link, or correct the destination: nothing is mounted "
				 "below /proc");
}

static int points_allow(int holder, bool writable, struct error *err)
{
	if (holder < 0)
		return 0;
	return mount_set(holder, writable ? 0 : MOUNT_ATTR_RDONLY, writable ? MOUNT_ATTR_RDONLY : 0,
			 0, false, err);
}

/* A read-only bind is writable while a mount point is made in it, and never otherwise: not for what
 * others make in the root file system, and not when a shared mount copies it. */
static int place_make(struct child *child, const struct plan_mount *mount, mode_t type,
		      struct error *err)
{
	const struct plan_mount *const within = mount->within;
	const int holder = within ? child->holds_points[within - child->plan->mounts] : -1;

	if (points_allow(holder, true, err) < 0)
		return -1;

	autoclose int place = root_place(child->root, mount->target, type, err);

	if (place < 0 || points_allow(holder, false, err) < 0)
		return -1;
	return fd_take(&place);
}

/* The type of place that a mount needs: a directory, or a file for a bind of a file. */
static int place_for(struct child *child, const struct plan_mount *mount, int fd, struct error *err)
{
	struct stat st;

	if (mount->kind == PLAN_MOUNT_NEW && table_find(kernel_types, mount->fs_type))
		return root_place_plain(child->root, mount->target, err);
	if (fstat(fd, &st) < 0)
		return error_sys(err, NULL, "cannot examine the mount");

	autoclose int place =
		place_make(child, mount, S_ISDIR(st.st_mode) ? S_IFDIR : S_IFREG, err);

	if (place < 0 || (!mount->over_proc && place_check(place, mount->from, err) < 0))
		return -1;
	return fd_take(&place);
}

/* One mount as a detached fd, from whoever makes it. */
static int mount_obtain(struct child *child, const struct plan_mount *mount, struct error *err)
{
	int fd;

	if (mount->of_joined)
		return fd_take(&child->of_joined[child->n_of_joined++]);
	/* A file system of the container's own: made here, so that it belongs to its user
	 * namespace. */
	if (!source_is_needed(mount))
		return source_new(mount, err);
	if (child->plan->child_makes_sources)
		return source_mount(&child->sources, mount, err);
	return sync_wait(child->sync, SYNC_MOUNT, &fd, NULL, err) < 0 ? -1 : fd;
}

/* Before the place is made: what is not there has no mode to take over. */
static int mode_take_over(struct child *child, const struct plan_mount *mount, int fd,
			  struct error *err)
{
	autoclose int hidden = fd_try_in(child->root, mount->target, O_PATH | O_DIRECTORY);
	struct stat st;

	if (hidden < 0)
		return 0;
	if (fstat(hidden, &st) < 0 || fchmodat(fd, ".", st.st_mode & 07777, 0) < 0)
		return error_sys(err, NULL, "cannot give it the mode of the directory there");
	return 0;
}

/* It came writable if policy lets mount points be made in it. */
static int points_keep(struct child *child, const struct plan_mount *mount, int fd,
		       struct error *err)
{
	int *const holder = &child->holds_points[mount - child->plan->mounts];
	struct statvfs fs;

	if (fstatvfs(fd, &fs) < 0)
		return error_sys(err, NULL, "cannot examine the mount");
	if (fs.f_flag & ST_RDONLY)
		return 0;
	*holder = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (*holder < 0)
		return error_sys(err, NULL, "cannot keep the mount");
	return points_allow(*holder, false, err);
}

static int mount_attach_one(struct child *child, const struct plan_mount *mount, struct error *err)
{
	const bool readonly = (mount_attrs_here(&mount->attrs) & MOUNT_ATTR_RDONLY) != 0;
	autoclose int fd = mount_obtain(child, mount, err);

	if (fd < 0)
		return -1;
	if (mount->mode_of_target && mode_take_over(child, mount, fd, err) < 0)
		return -1;

	autoclose int place = place_for(child, mount, fd, err);

	if (place < 0)
		return -1;
	if (mount->copy_up && copy_up(child->root, mount->target, fd, err) < 0)
		return -1;
	if (mount->holds_points && points_keep(child, mount, fd, err) < 0)
		return -1;
	if (mount_attach(fd, place, err) < 0)
		return -1;
	if (mount->kind == PLAN_MOUNT_NEW && readonly)
		child->late_readonly[child->n_late_readonly++] = fd_take(&fd);
	return 0;
}

int rootfs_mounts(struct child *child, struct error *err)
{
	const struct plan *plan = child->plan;

	child->late_readonly =
		arena_array(&child->arena, plan->n_mounts, sizeof *child->late_readonly);
	child->holds_points =
		arena_array(&child->arena, plan->n_mounts, sizeof *child->holds_points);
	for (size_t i = 0; i < plan->n_mounts; i++)
		child->holds_points[i] = -1;
	for (size_t i = 0; i < plan->n_mounts; i++) {
		if (mount_attach_one(child, &plan->mounts[i], err) == 0)
			continue;
		/* A rule's name is what the user can go by, and its text has the pointer. */
		if (err->kind != ERR_POLICY)
			snprintf(err->where, sizeof err->where, "%s", plan->mounts[i].from);
		return error_context(err, "mounting %s", plan->mounts[i].target);
	}
	for (size_t i = 0; i < plan->n_mounts; i++)
		cleanup_close(&child->holds_points[i]);
	return 0;
}

static int device_attach(struct child *child, const struct plan_device *device, struct error *err)
{
	int received = -1;

	if (child->plan->child_makes_sources)
		received = source_device(device, err);
	else if (sync_wait(child->sync, SYNC_MOUNT, &received, NULL, err) < 0)
		return -1;

	autoclose int mount = received;

	if (mount < 0)
		return -1;

	autoclose int place = root_place(child->root, device->path, S_IFREG, err);

	if (place < 0 || place_check(place, device->from, err) < 0)
		return -1;
	return mount_attach(mount, place, err);
}

int rootfs_devices(struct child *child, struct error *err)
{
	const struct plan *plan = child->plan;

	for (size_t i = 0; i < plan->n_devices; i++) {
		const struct plan_device *device = &plan->devices[i];

		if (device->in_dev_mount)
			continue;
		if ((source_device_is_needed(device)
			     ? device_attach(child, device, err)
			     : fifo_make(child->root, child->proc, device, err)) == 0)
			continue;
		snprintf(err->where, sizeof err->where, "%s", device->from);
		return error_context(err, "device %s", device->path);
	}
	return 0;
}

int rootfs_links(struct child *child, struct error *err)
{
	for (size_t i = 0; i < child->plan->n_links; i++) {
		const struct plan_link *link = &child->plan->links[i];
		const char *name = strrchr(link->path, '/') + 1;
		char parent[64];

		snprintf(parent, sizeof parent, "%.*s", (int)(name - link->path), link->path);

		autoclose int dir = root_place(child->root, parent, S_IFDIR, err);

		if (dir < 0)
			return -1;
		/* An image may bring the link, or a file of that name, along: that one stays. */
		if (symlinkat(link->target, dir, name) < 0 && errno != EEXIST)
			return error_sys(err, link->path, "cannot make the link '%s'", link->path);
	}
	return 0;
}

int rootfs_cwd(struct child *child, struct error *err)
{
	autoclose int dir = root_place(child->root, child->plan->process.cwd, S_IFDIR, err);

	/* In a read-only place it cannot be made, and chdir(2) will say so. */
	return dir < 0 && err->code != EROFS ? error_context(err, "/process/cwd") : 0;
}

/* The slave, over whatever the image has there. */
static int console_attach(struct child *child, struct error *err)
{
	autoclose int mount = mount_clone(child->console, "", false, false, err);

	if (mount < 0)
		return -1;

	autoclose int place = root_place(child->root, "/dev/console", S_IFREG, err);

	if (place < 0 || place_check(place, "/process/terminal", err) < 0)
		return -1;
	return mount_attach(mount, place, err);
}

int rootfs_console(struct child *child, struct error *err)
{
	autoclose int master = -1;

	if (!child->plan->process.terminal)
		return 0;
	if (console_open(child->root, &child->plan->process, &master, &child->console, err) < 0)
		return -1;
	if (console_attach(child, err) < 0)
		return error_context(err, "/dev/console");
	return sync_send(child->sync, SYNC_CONSOLE, master, 0, err);
}

int rootfs_hide(struct child *child, struct error *err)
{
	for (size_t i = 0; i < child->plan->n_masked; i++) {
		const struct plan_path *path = &child->plan->masked[i];

		if (root_hide(child->root, child->covers, path->path, err) < 0) {
			snprintf(err->where, sizeof err->where, "%s", path->from);
			return error_context(err, "hiding %s", path->path);
		}
	}
	return 0;
}

int rootfs_protect(struct child *child, struct error *err)
{
	for (size_t i = 0; i < child->plan->n_readonly; i++) {
		const struct plan_path *path = &child->plan->readonly[i];

		if (root_protect(child->root, path->path, err) < 0) {
			snprintf(err->where, sizeof err->where, "%s", path->from);
			return error_context(err, "making %s read-only", path->path);
		}
	}
	for (size_t i = 0; i < child->n_late_readonly; i++) {
		if (mount_set(child->late_readonly[i], MOUNT_ATTR_RDONLY, 0, 0, false, err) < 0)
			return -1;
	}
	if (child->plan->root.readonly &&
	    mount_set(child->root, MOUNT_ATTR_RDONLY, 0, 0, false, err) < 0)
		return error_context(err, "making the root file system read-only");
	return 0;
}
