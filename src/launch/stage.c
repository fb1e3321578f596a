/* launch/stage.c: the mounts that a restore needs, in a mount namespace of its own */
#include "launch/stage.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/cgroup.h"
#include "kernel/compat.h"
#include "kernel/mount.h"
#include "kernel/root.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define STAGE  "/tmp/brig"
#define COVERS STAGE "/covers"

/* --- where a mount comes from --- */

static const struct plan_mount *mount_at(const struct plan *plan, const char *point)
{
	const struct plan_mount *found = NULL;

	for (size_t i = 0; i < plan->n_mounts; i++) {
		if (strcmp(plan->mounts[i].target, point) == 0)
			found = &plan->mounts[i];
	}
	return found && (source_is_needed(found) || found->of_joined) ? found : NULL;
}

static const struct plan_device *device_at(const struct plan *plan, const char *point)
{
	for (size_t i = 0; i < plan->n_devices; i++) {
		if (strcmp(plan->devices[i].path, point) == 0 &&
		    source_device_is_needed(&plan->devices[i]))
			return &plan->devices[i];
	}
	return NULL;
}

static bool is_masked(const struct plan *plan, const struct stage_mount *mount)
{
	for (size_t i = 0; i < plan->n_masked; i++) {
		if (strcmp(plan->masked[i].path, mount->point) == 0)
			return true;
	}
	return false;
}

const char *stage_source(const struct stage *stage, size_t i, struct arena *arena)
{
	const struct plan *plan = stage->sources->plan;
	const struct stage_mount *mount = &stage->mounts[i];

	if (strcmp(mount->point, "/") == 0 || mount_at(plan, mount->point) ||
	    device_at(plan, mount->point))
		return arena_printf(arena, STAGE "/%zu", i);
	if (is_masked(plan, mount))
		return mount->directory ? COVERS "/directory" : COVERS "/file";
	return NULL;
}

/* --- making them --- */

static int stage_open(const char *path, struct error *err)
{
	return fd_open(path, O_PATH | O_NOFOLLOW, 0, err);
}

static int private_tmp(struct error *err)
{
	static const struct mount_option_value options[] = { { "mode", "1777" } };
	autoclose int tmpfs = mount_new("tmpfs", "brig-stage", options, ARRAY_LEN(options),
					MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, err);
	autoclose int root = tmpfs < 0 ? -1 : stage_open("/", err);
	autoclose int tmp = root < 0 ? -1 : stage_open("/tmp", err);

	/* Private: nothing of it is to reach the host, nor what happens there to pull it away. */
	if (tmp < 0 || mount_set(root, 0, 0, MS_PRIVATE, true, err) < 0 ||
	    mount_attach(tmpfs, tmp, err) < 0)
		return -1;
	if (mkdir(STAGE, 0755) < 0)
		return error_sys(err, STAGE, "cannot make '%s'", STAGE);
	return 0;
}

int stage_attach(int mount, const char *path, struct error *err)
{
	struct stat st;

	if (fstat(mount, &st) < 0)
		return error_sys(err, NULL, "cannot examine the mount");
	if ((S_ISDIR(st.st_mode) ? mkdir(path, 0755) : mknod(path, S_IFREG | 0644, 0)) < 0)
		return error_sys(err, path, "cannot make '%s'", path);

	autoclose int place = stage_open(path, err);

	return place < 0 ? -1 : mount_attach(mount, place, err);
}

static int links_make(const struct plan *plan, int dev, struct error *err)
{
	static const char prefix[] = "/dev/";

	for (size_t i = 0; i < plan->n_links; i++) {
		const struct plan_link *link = &plan->links[i];

		if (strncmp(link->path, prefix, strlen(prefix)) == 0 &&
		    symlinkat(link->target, dev, link->path + strlen(prefix)) < 0 &&
		    errno != EEXIST)
			return error_sys(err, link->path, "cannot make the link '%s'", link->path);
	}
	return 0;
}

/* What CRIU is going to mount on: it makes no mount points. */
static int places_make(const struct stage *stage, const struct stage_mount *parent, int mount,
		       struct error *err)
{
	const size_t len = strcmp(parent->point, "/") == 0 ? 0 : strlen(parent->point);

	for (size_t i = 0; i < stage->n; i++) {
		const struct stage_mount *child = &stage->mounts[i];

		if (strcmp(child->parent, parent->point) != 0)
			continue;

		autoclose int place = root_place(mount, child->point + len,
						 child->directory ? S_IFDIR : S_IFREG, err);

		if (place < 0)
			return error_context(err, "mount point %s", child->point);
	}
	return 0;
}

static int obtain(const struct stage *stage, const struct stage_mount *mount, struct error *err)
{
	const struct plan *plan = stage->sources->plan;
	const struct plan_mount *planned = mount_at(plan, mount->point);

	if (strcmp(mount->point, "/") == 0)
		return source_root(stage->sources, err);
	if (!planned)
		return source_device(device_at(plan, mount->point), err);
	return planned->of_joined ? source_new(planned, err)
				  : source_mount(stage->sources, planned, err);
}

static int late_readonly(const struct plan *plan, const struct stage_mount *mount)
{
	const struct plan_mount *planned = mount_at(plan, mount->point);

	if (strcmp(mount->point, "/") == 0)
		return plan->root.readonly;
	return planned && (planned->with_devices || planned->of_joined || planned->holds_points) &&
	       (mount_attrs_here(&planned->attrs) & MOUNT_ATTR_RDONLY);
}

/* As a detached mount, with all that is to be in it. */
static int mount_make(const struct stage *stage, const struct stage_mount *mount, struct error *err)
{
	const struct plan *plan = stage->sources->plan;
	const struct plan_mount *planned = mount_at(plan, mount->point);
	autoclose int fd = obtain(stage, mount, err);

	if (fd < 0)
		return -1;
	if (planned && planned->with_devices && links_make(plan, fd, err) < 0)
		return -1;
	if (mount->directory && places_make(stage, mount, fd, err) < 0)
		return -1;
	if (late_readonly(plan, mount) && mount_set(fd, MOUNT_ATTR_RDONLY, 0, 0, false, err) < 0)
		return -1;
	return fd_take(&fd);
}

static bool is_made(const struct stage *stage, size_t i, struct arena *arena)
{
	const char *path =
		stage->mounts[i].external || i == 0 ? stage_source(stage, i, arena) : NULL;

	return path && strncmp(path, COVERS, strlen(COVERS)) != 0;
}

/* All of them before /tmp is covered: a bind may come from there. */
static int mounts_make(const struct stage *stage, struct arena *arena, int *ret, struct error *err)
{
	for (size_t i = 0; i < stage->n; i++) {
		if (!is_made(stage, i, arena))
			continue;
		ret[i] = mount_make(stage, &stage->mounts[i], err);
		if (ret[i] < 0)
			return error_context(err, "mounting %s", stage->mounts[i].point);
	}
	return 0;
}

static int mounts_attach(const struct stage *stage, struct arena *arena, const int *mounts,
			 struct error *err)
{
	for (size_t i = 0; i < stage->n; i++) {
		if (mounts[i] >= 0 &&
		    stage_attach(mounts[i], stage_source(stage, i, arena), err) < 0)
			return error_context(err, "mounting %s", stage->mounts[i].point);
	}
	return 0;
}

static int covers_stage(struct error *err)
{
	autoclose int covers = root_covers_new(err);

	return covers < 0 ? -1 : stage_attach(covers, COVERS, err);
}

static int cgroups_stage(struct error *err)
{
	autoarena struct arena arena = {};
	autoclose int root = cgroup_root(&arena, NULL, err);
	autoclose int clone = root < 0 ? -1 : mount_clone(root, "", false, false, err);

	if (clone < 0)
		return -1;
	if (mkdir(STAGE_CGROUPS, 0755) < 0)
		return error_sys(err, NULL, "cannot make '%s'", STAGE_CGROUPS);
	return stage_attach(clone, STAGE_CGROUPS "/unified", err);
}

int stage_build(const struct stage *stage, struct error *err)
{
	autoarena struct arena arena = {};
	int *mounts = arena_array(&arena, stage->n, sizeof *mounts);

	for (size_t i = 0; i < stage->n; i++)
		mounts[i] = -1;
	if (unshare(CLONE_NEWNS) < 0)
		return error_sys(err, NULL, "cannot make a mount namespace for criu");
	if (mounts_make(stage, &arena, mounts, err) < 0 || private_tmp(err) < 0 ||
	    mounts_attach(stage, &arena, mounts, err) < 0)
		return -1;
	/* The descriptors go with those that are not criu's: launch/criu.c. */
	if (covers_stage(err) < 0 || cgroups_stage(err) < 0)
		return -1;
	return stage_images(stage, err);
}
