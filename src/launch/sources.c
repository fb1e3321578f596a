/* launch/sources.c: the mounts that need the host's privilege
 *
 * A detached mount is made by whoever may (open_tree(2) of a host path, id-mapping, device nodes)
 * and attached by whoever it is for: the container's init, in its own mount namespace. Nothing of
 * it is ever attached in the host's namespace, so a brig that is killed leaves no mount.
 */
#include "launch/sources.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/compat.h"
#include "kernel/guarded_path.h"
#include "kernel/mount.h"
#include "launch/sync.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* --- the root file system and binds --- */

/* Opened once, judged again by that descriptor, and cloned from it: what was judged is what is
 * mounted. */
static int source_open(const struct policy *policy, const char *path, const char *from, bool follow,
		       bool writable, struct error *err)
{
	autoclose int source = fd_open(path, O_PATH | (follow ? 0 : O_NOFOLLOW), 0, err);

	if (source < 0) {
		snprintf(err->where, sizeof err->where, "%s", from);
		return error_remedy_if_absent(err, "make it before the container is created, or "
						   "name another path in config.json");
	}
	if (policy_check_source(policy, source, from, writable, err) < 0)
		return -1;
	return fd_take(&source);
}

/* @ids, @userns: how to id-map it; NULL and -1: not at all. A mounted overlay cannot be: it is made
 * once more, of layers that can. */
static int source_clone(const struct sources *sources, int source, const struct idmap *ids,
			int userns, bool recursive, bool map_recursive, struct error *err)
{
	if (ids && sources->notes && overlay_is_root(source))
		return overlay_recompose(source, ids, userns, recursive, sources->notes, err);

	autoclose int mount = mount_clone(source, "", recursive, false, err);

	if (mount < 0 || (ids && mount_idmap(mount, userns, map_recursive, err) < 0))
		return -1;
	return fd_take(&mount);
}

int source_root(const struct sources *sources, struct error *err)
{
	static const struct mount_attrs
		as_they_are = {}; /* root.readonly is said of the root alone */
	const struct plan *plan = sources->plan;
	autoclose int source = source_open(sources->policy, plan->root.path, "/root/path", true,
					   !plan->root.readonly, err);

	if (source < 0 || submounts_judge(sources->submounts, sources->policy, source, "/root/path",
					  &as_they_are, err) < 0)
		return -1;

	autoclose int mount = source_clone(sources, source, plan->root.idmap ? sources->ids : NULL,
					   sources->userns, true, true, err);

	if (mount < 0)
		return -1;
	/* An image may hold device nodes and set-id programs: neither has a use here, for devices
	 * are mounts of their own and no_new_privs is always set. */
	if (mount_set(mount, MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID, 0, MS_PRIVATE, true, err) < 0)
		return -1;
	return fd_take(&mount);
}

static int bind_clone(const struct sources *sources, const struct plan_mount *plan, int source,
		      struct error *err)
{
	if (!plan->own_ids)
		return source_clone(sources, source, plan->idmap ? sources->ids : NULL,
				    sources->userns, plan->recursive, plan->idmap_recursive, err);

	autoclose int own = idmap_userns(plan->own_ids, err);

	if (own < 0)
		return -1;
	return source_clone(sources, source, plan->own_ids, own, plan->recursive,
			    plan->idmap_recursive, err);
}

/* Mount points are made only in what the container might write to as well, and nobody be told. */
static uint64_t attrs_later(const struct sources *sources, const struct plan_mount *plan,
			    int source)
{
	return plan->holds_points && policy_source_is_free(sources->policy, source)
		       ? MOUNT_ATTR_RDONLY
		       : 0;
}

static int bind_make(const struct sources *sources, const struct plan_mount *plan,
		     uint64_t *ret_later, struct error *err)
{
	const bool writable = !(mount_attrs_here(&plan->attrs) & MOUNT_ATTR_RDONLY);
	autoclose int source = source_open(sources->policy, plan->source, plan->from,
					   !plan->copy_symlink, writable, err);

	if (source < 0 ||
	    (plan->recursive && submounts_judge(sources->submounts, sources->policy, source,
						plan->from, &plan->attrs, err) < 0))
		return -1;
	*ret_later = attrs_later(sources, plan, source);
	return bind_clone(sources, plan, source, err);
}

/* --- an overlay of the bundle's --- */

/* brig makes a directory beside it and removes that one by its path, which nobody else may lead
 * elsewhere meanwhile. */
static int upper_open(const struct sources *sources, const struct plan_mount *plan,
		      struct error *err)
{
	autoclose int dir = guarded_path_open(plan->overlay->upper, err);

	if (dir < 0 || policy_check_source(sources->policy, dir, plan->from, true, err) < 0)
		return -1;
	return fd_take(&dir);
}

static int lowers_open(const struct sources *sources, const struct plan_mount *plan, int *ret,
		       size_t *n, struct error *err)
{
	const struct overlay_layers *layers = plan->overlay;

	for (size_t i = 0; i < layers->n_lower + layers->n_data; i++) {
		const char *path =
			i < layers->n_lower ? layers->lower[i] : layers->data[i - layers->n_lower];
		const int dir = source_open(sources->policy, path, plan->from, true, false, err);

		if (dir < 0)
			return error_context(err, "layer '%s'", path);
		ret[(*n)++] = dir;
	}
	return 0;
}

static int overlay_source(const struct sources *sources, const struct plan_mount *plan,
			  struct error *err)
{
	const struct overlay_layers *layers = plan->overlay;
	autofree int *lower = xmalloc((layers->n_lower + layers->n_data) * sizeof *lower);
	size_t n = 0;
	autoclose int upper = layers->upper ? upper_open(sources, plan, err) : -1;
	int mount = -1;

	if (layers->upper && upper < 0)
		return error_context(err, "upper directory '%s'", layers->upper);
	if (lowers_open(sources, plan, lower, &n, err) == 0) {
		const struct overlay_dirs dirs = { lower, n, layers->n_data, upper,
						   layers->carried };

		mount = overlay_make(&dirs, plan->idmap ? sources->ids : NULL,
				     plan->idmap ? sources->userns : -1, sources->notes, err);
	}
	while (n > 0)
		close(lower[--n]);
	return mount;
}

/* --- what they have in common --- */

static int host_mount(const struct sources *sources, const struct plan_mount *plan,
		      struct error *err)
{
	uint64_t later = 0;
	autoclose int mount = plan->kind == PLAN_MOUNT_OVERLAY
				      ? overlay_source(sources, plan, err)
				      : bind_make(sources, plan, &later, err);

	if (mount < 0)
		return -1;
	/* Private unless asked otherwise: a clone of a shared mount is its peer, mount_namespaces(7), and
	 * so are those below it. Once private, none can become a slave. */
	const uint64_t propagation = plan->propagation ?: plan->propagation_recursive;

	if (mount_set(mount, 0, 0, propagation ?: MS_PRIVATE, true, err) < 0)
		return -1;
	if ((plan->attrs.set_recursive | plan->attrs.clear_recursive) != 0 &&
	    mount_set(mount, plan->attrs.set_recursive, plan->attrs.clear_recursive, 0, true, err) <
		    0)
		return -1;
	if (mount_set(mount, plan->attrs.set & ~later, plan->attrs.clear, 0, false, err) < 0)
		return -1;
	return fd_take(&mount);
}

/* --- the tmpfs at /dev, with device nodes --- */

static mode_t node_type(char type)
{
	return type == 'b' ? S_IFBLK : type == 'p' ? S_IFIFO : S_IFCHR;
}

/* The directory of @path (relative to /dev) inside the mount, made on the way, and its last
 * component. */
static int node_parent(int mount, const char *path, const char **ret_name, struct error *err)
{
	autoclose int dir = fcntl(mount, F_DUPFD_CLOEXEC, 0);
	const char *slash;

	for (; (slash = strchr(path, '/')); path = slash + 1) {
		char component[NAME_MAX + 1];

		snprintf(component, sizeof component, "%.*s", (int)(slash - path), path);
		if (mkdirat(dir, component, 0755) < 0 && errno != EEXIST)
			return error_sys(err, NULL, "cannot make the directory '%s'", component);

		const int next = fd_open_beneath(dir, component, O_PATH | O_DIRECTORY, 0, err);

		if (next < 0)
			return -1;
		close(dir);
		dir = next;
	}
	*ret_name = path;
	return fd_take(&dir);
}

static int node_make(const struct idmap *ids, const struct plan_device *device, int mount,
		     struct error *err)
{
	const char *name = NULL;
	uint32_t uid = device->uid, gid = device->gid;
	autoclose int dir = node_parent(mount, device->path + strlen("/dev/"), &name, err);

	if (dir < 0 || !name)
		return -1;
	if (ids->n_uids > 0 && (!idmap_outside(ids->uids, ids->n_uids, device->uid, &uid) ||
				!idmap_outside(ids->gids, ids->n_gids, device->gid, &gid)))
		return error_set(err, ERR_SPEC, device->from,
				 "owner %u:%u has no id outside of the container", device->uid,
				 device->gid);
	if (mknodat(dir, name, node_type(device->type) | device->mode,
		    makedev(device->major, device->minor)) < 0)
		return error_sys(err, device->from, "cannot make the device node '%s'",
				 device->path);
	/* mknod(2) obeys the umask, and fchmodat(2) has no way to fail on a link that is ours
	 * alone. */
	if (fchownat(dir, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(dir, name, device->mode, 0) < 0)
		return error_sys(err, device->from, "cannot set the owner of the device node '%s'",
				 device->path);
	return 0;
}

/* "uid=0" is said of the container, and the mount is made by the host's root. */
static int owner_outside(const struct idmap *ids, struct mount_option_value *option,
			 struct arena *arena, const char *from, struct error *err)
{
	const bool is_uid = strcmp(option->key, "uid") == 0;
	const struct id_range *ranges = is_uid ? ids->uids : ids->gids;
	const size_t n = is_uid ? ids->n_uids : ids->n_gids;
	char *end = NULL;
	uint32_t id;

	if ((!is_uid && strcmp(option->key, "gid") != 0) || !option->value || n == 0)
		return 0;

	const unsigned long inside = strtoul(option->value, &end, 10);

	if (*end || end == option->value || inside > UINT32_MAX ||
	    !idmap_outside(ranges, n, (uint32_t)inside, &id))
		return error_set(err, ERR_SPEC, from,
				 "%s=%s is no id of the container's, to own /dev", option->key,
				 option->value);
	option->value = arena_printf(arena, "%" PRIu32, id);
	return 0;
}

/* Made in the initial user namespace, because in another one a tmpfs refuses to open device nodes
 * (SB_I_NODEV). The container's root owns the directory and can add files, but no nodes: mknod(2)
 * asks for CAP_MKNOD over the initial user namespace. */
static int dev_make(const struct sources *sources, const struct plan_mount *dev, struct error *err)
{
	const struct plan *plan = sources->plan;
	const struct idmap *ids = sources->ids;
	autoarena struct arena arena = {};
	struct mount_option_value *options =
		arena_array(&arena, dev->n_options + 2, sizeof *options);
	size_t n = 0;

	/* Before those of the bundle, of which the last one counts. */
	options[n++] = (struct mount_option_value){ "uid", "0" };
	options[n++] = (struct mount_option_value){ "gid", "0" };
	for (size_t i = 0; i < dev->n_options; i++)
		options[n++] = dev->options[i];
	for (size_t i = 0; i < n; i++) {
		if (owner_outside(ids, &options[i], &arena, dev->from, err) < 0)
			return -1;
	}

	const uint64_t attr =
		mount_attrs_here(&dev->attrs) & ~(uint64_t)(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV);
	autoclose int mount = mount_new("tmpfs", dev->source ?: "tmpfs", options, n, attr, err);

	if (mount < 0)
		return -1;
	for (size_t i = 0; i < plan->n_devices; i++) {
		if (plan->devices[i].in_dev_mount &&
		    node_make(ids, &plan->devices[i], mount, err) < 0)
			return -1;
	}
	return fd_take(&mount);
}

/* --- a device of the host, bound --- */

static bool is_device(int fd, const struct plan_device *device)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == node_type(device->type) &&
	       st.st_rdev == makedev(device->major, device->minor);
}

/* The host's node of the same path, or the one that udev keeps by number; never one that is not it:
 * /dev/null may be a link or another device (CVE-2025-31133). */
int source_device(const struct plan_device *device, struct error *err)
{
	char by_number[48];
	const char *const candidates[] = { device->path, by_number };

	snprintf(by_number, sizeof by_number, "/dev/%s/%u:%u",
		 device->type == 'b' ? "block" : "char", device->major, device->minor);
	for (size_t i = 0; i < ARRAY_LEN(candidates); i++) {
		autoclose int mount = mount_clone(AT_FDCWD, candidates[i], false, true, err);

		if (mount >= 0 && is_device(mount, device)) {
			if (mount_set(mount, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
				      MOUNT_ATTR_NODEV, MS_PRIVATE, false, err) < 0)
				return -1;
			return fd_take(&mount);
		}
	}
	(void)error_set(err, ERR_SPEC, device->from,
			"the host has no node for device %c %u:%u at '%s'", device->type,
			device->major, device->minor, device->path);
	return error_remedy(err, "mount a tmpfs at /dev in the bundle, in which brig can make "
				 "nodes, or create it on the host");
}

/* --- all of them --- */

int source_new(const struct plan_mount *mount, struct error *err)
{
	const uint64_t attr = mount_attrs_here(&mount->attrs) & ~(uint64_t)MOUNT_ATTR_RDONLY;
	const uint64_t propagation = mount->propagation ?: mount->propagation_recursive;
	autoclose int fd = mount_new(mount->fs_type, mount->source, mount->options,
				     mount->n_options, attr, err);

	if (fd < 0)
		return -1;
	if (propagation && mount_set(fd, 0, 0, propagation, false, err) < 0)
		return -1;
	return fd_take(&fd);
}

bool source_is_needed(const struct plan_mount *mount)
{
	return mount->kind != PLAN_MOUNT_NEW || mount->with_devices;
}

bool source_device_is_needed(const struct plan_device *device)
{
	return !device->in_dev_mount && device->type != 'p';
}

int source_mount(const struct sources *sources, const struct plan_mount *mount, struct error *err)
{
	if (mount->with_devices)
		return dev_make(sources, mount, err);
	return host_mount(sources, mount, err);
}

static int hand_over(int socket, int mount, const char *from, struct error *err)
{
	autoclose int owned = mount;

	if (owned >= 0)
		return sync_send(socket, SYNC_MOUNT, owned, 0, err);
	if (!*err->where)
		snprintf(err->where, sizeof err->where, "%s", from);
	return -1;
}

int sources_send(const struct sources *sources, int socket, struct error *err)
{
	const struct plan *plan = sources->plan;

	if (hand_over(socket, source_root(sources, err), "/root/path", err) < 0)
		return error_context(err, "root file system '%s'", plan->root.path);
	for (size_t i = 0; i < plan->n_mounts; i++) {
		const struct plan_mount *mount = &plan->mounts[i];

		if (source_is_needed(mount) &&
		    hand_over(socket, source_mount(sources, mount, err), mount->from, err) < 0)
			return error_context(err, "mounting %s", mount->target);
	}
	for (size_t i = 0; i < plan->n_devices; i++) {
		const struct plan_device *device = &plan->devices[i];

		if (source_device_is_needed(device) &&
		    hand_over(socket, source_device(device, err), device->from, err) < 0)
			return error_context(err, "device %s", device->path);
	}
	return 0;
}

/* --- looked at only --- */

struct examination {
	struct sources sources; /* without notes: nothing is recomposed */
	struct arena *arena;
	struct plan_overlay *list;
	size_t n;
};

/* Whether a file system has id-mapped mounts depends on the kernel, and with FUSE on its server: it is
 * known by asking for one. Who may not ask (EPERM) learns it from `create`. */
static int idmap_try(const struct sources *sources, const struct plan_mount *bind, int source,
		     struct error *err)
{
	struct error cause;
	autoclose int mount = bind ? bind_clone(sources, bind, source, &cause)
				   : source_clone(sources, source, sources->ids, sources->userns,
						  true, true, &cause);

	if (mount >= 0 || cause.code != EINVAL)
		return 0;
	*err = cause;
	return -1;
}

/* @bind: NULL: the root file system */
static int examine(struct examination *self, const char *path, const struct plan_mount *bind,
		   struct error *err)
{
	const char *from = bind ? bind->from : "/root/path";
	struct plan_overlay *next = &self->list[self->n];
	autoclose int source = fd_open(path, O_PATH, 0, err);

	if (source < 0)
		return -1;
	if (!overlay_is_root(source)) {
		if (idmap_try(&self->sources, bind, source, err) == 0)
			return 0;
		snprintf(err->where, sizeof err->where, "%s", from);
		return -1;
	}
	if (overlay_examine(source, self->arena, &next->layers, err) < 0)
		return error_context(err, "the overlay");
	next->path = path;
	next->from = from;
	self->n++;
	return 0;
}

int sources_examine(const struct plan *plan, struct arena *arena, struct plan_overlays *ret,
		    struct error *err)
{
	struct error ignored; /* a mapping that cannot be made is for `create` to tell */
	autoclose int userns = plan->ids.n_uids > 0 ? idmap_userns(&plan->ids, &ignored) : -1;
	struct examination self = {
		.sources = { .plan = plan, .ids = &plan->ids, .userns = userns },
		.arena = arena,
		.list = arena_array(arena, plan->n_mounts + 1, sizeof *self.list),
	};

	if (plan->root.idmap && examine(&self, plan->root.path, NULL, err) < 0)
		return error_context(err, "root file system '%s'", plan->root.path);
	for (size_t i = 0; i < plan->n_mounts; i++) {
		const struct plan_mount *mount = &plan->mounts[i];

		if (mount->kind == PLAN_MOUNT_BIND && (mount->idmap || mount->own_ids) &&
		    examine(&self, mount->source, mount, err) < 0)
			return error_context(err, "mounting %s", mount->target);
	}
	*ret = (struct plan_overlays){ self.list, self.n };
	return 0;
}
