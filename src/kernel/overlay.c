/* kernel/overlay.c: an overlay of id-mapped layers, such as a mounted one once more
 *
 * Theory of operation
 *
 * mountinfo names the layers (overlay_options.c). Each is opened by its path, cloned and id-mapped, and
 * so is the directory that holds the upper one, in which a work directory of brig's own is made: the
 * engine's overlay still stands and has its own. overlay_mount.c does the rest.
 *
 * A path in mountinfo is what it was when the overlay was mounted. guarded_path.c makes sure that
 * nobody but root could have changed since then what it leads to; and the topmost layer, which is the
 * only one that can be written to, is compared with what the mounted overlay shows of it. A relative
 * path was relative to the mounter's working directory, which is not shown anywhere: engines that run
 * out of room for options change to the directory that holds all layers, which is found again above
 * the upper directory (containerd) or the mount point (Docker).
 *
 * An overlay that config.json asks for comes as open directories, which are the caller's to judge; the
 * rest is the same. A lower layer may be a mounted overlay (an image as a volume): that is made once
 * more without its upper layer's being written to, and needs no mapping then.
 */
#include "kernel/overlay.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/compat.h"
#include "kernel/guarded_path.h"
#include "kernel/mount.h"
#include "kernel/mountinfo.h"
#include "kernel/overlay_mount.h"
#include "kernel/overlay_options.h"
#include "kernel/procfs.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

enum { MOUNTINFO_MAX = 64 << 20 };

struct recompose {
	struct arena arena;
	struct statx root; /* of the mounted overlay */
	struct overlay_layers layers;
	const char *base;        /* of relative paths */
	const struct idmap *ids; /* NULL: layers are not mapped */
	uint32_t uid, gid;       /* outside ids of who mounts */
	int userns;
	int *lower; /* detached mounts */
	size_t n_lower, n_data;
	int home; /* the directory above the upper one; -1 */
	int home_mount;
	char upper[NAME_MAX + 1];
};

enum { STAT_WANTED = STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID };

static int stat_fd(int fd, struct statx *ret, struct error *err)
{
	if (statx(fd, "", AT_EMPTY_PATH, STAT_WANTED, ret) < 0)
		return error_sys(err, NULL, "cannot examine a layer");
	return 0;
}

bool overlay_is_root(int fd)
{
	struct statfs fs;
	struct statx st;

	return fstatfs(fd, &fs) == 0 && fs.f_type == OVERLAYFS_SUPER_MAGIC &&
	       statx(fd, "", AT_EMPTY_PATH, 0, &st) == 0 &&
	       (st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* --- what is mounted there --- */

static int find(struct recompose *self, bool recursive, struct mountinfo *ret, struct error *err)
{
	autoclose int proc = procfs_open(err);
	autoclose int fd = proc < 0 ? -1 : procfs_open_file(proc, "self/mountinfo", O_RDONLY, err);
	autobuf struct buf text = {};
	struct mountinfo mount, found = {};
	const char *below = NULL;

	if (fd < 0 || fd_read_all(fd, MOUNTINFO_MAX, &text, err) < 0)
		return -1;
	for (char *at = text.data; mountinfo_next(&at, &mount);) {
		if (mount.id == self->root.stx_mnt_id)
			found = mount;
		else if (mount.parent == self->root.stx_mnt_id)
			below = mount.point;
	}
	if (!found.type || strcmp(found.type, "overlay") != 0)
		return error_set(err, ERR_KERNEL, NULL, "the overlay is not in mountinfo");
	if (strcmp(found.root, "/") != 0) {
		(void)error_set(err, ERR_KERNEL, NULL,
				"only the directory '%s' of an overlay is mounted here",
				found.root);
		return error_remedy(err, "hand over the root of the overlay");
	}
	if (recursive && below) {
		(void)error_set(err, ERR_KERNEL, NULL,
				"'%s' is mounted in the overlay, and would be missing", below);
		return error_remedy(err,
				    "unmount it, and name it in mounts of config.json instead");
	}
	*ret = (struct mountinfo){ .type = "overlay",
				   .point = arena_strdup(&self->arena, found.point),
				   .options = arena_strdup(&self->arena, found.options) };
	return 0;
}

/* --- the layers --- */

static int layer_open(const struct recompose *self, const char *path, struct error *err)
{
	char absolute[2 * PATH_MAX];

	if (*path != '/' && self->base)
		snprintf(absolute, sizeof absolute, "%s/%s", self->base, path);
	else
		snprintf(absolute, sizeof absolute, "%s", path);
	return guarded_path_open(absolute, err);
}

static size_t relative_paths(const struct overlay_layers *layers, const char **ret)
{
	size_t n = 0;

	for (size_t i = 0; i < layers->n_lower; i++) {
		if (*layers->lower[i] != '/')
			ret[n++] = layers->lower[i];
	}
	for (size_t i = 0; i < layers->n_data; i++) {
		if (*layers->data[i] != '/')
			ret[n++] = layers->data[i];
	}
	if (layers->upper && *layers->upper != '/')
		ret[n++] = layers->upper;
	return n;
}

/* The nearest directory above @path in which all of them are. */
static const char *base_above(struct recompose *self, const char *path, const char *const *relative,
			      size_t n)
{
	char *base = arena_strdup(&self->arena, path);
	struct error ignored;

	for (char *slash; (slash = strrchr(base, '/'));) {
		size_t i = 0;

		*slash = '\0';
		self->base = base;
		for (; i < n; i++) {
			autoclose int fd = layer_open(self, relative[i], &ignored);

			if (fd < 0)
				break;
		}
		if (i == n)
			return base;
	}
	return NULL;
}

static int base_find(struct recompose *self, const char *point, struct error *err)
{
	const struct overlay_layers *layers = &self->layers;
	const char **relative =
		arena_array(&self->arena, layers->n_lower + layers->n_data + 1, sizeof *relative);
	const size_t n = relative_paths(layers, relative);
	const char *base = NULL;

	if (n == 0)
		return 0;
	if (layers->upper && *layers->upper == '/')
		base = base_above(self, layers->upper, relative, n);
	if (!base)
		base = base_above(self, point, relative, n);
	self->base = base;
	if (base)
		return 0;
	(void)error_set(err, ERR_KERNEL, NULL, "nobody knows where its relative layer '%s' starts",
			relative[0]);
	return error_remedy(err,
			    "mount the overlay with absolute paths, or with a relative one to a "
			    "directory above its upper directory or mount point");
}

/* What an overlay shows of its root is what the topmost layer has. */
static int top_verify(const struct recompose *self, int top, const char *path, struct error *err)
{
	const struct statx *root = &self->root;
	struct statx st;

	if (stat_fd(top, &st, err) < 0)
		return -1;
	if (st.stx_mode == root->stx_mode && st.stx_uid == root->stx_uid &&
	    st.stx_gid == root->stx_gid &&
	    (!(st.stx_mask & root->stx_mask & STATX_BTIME) ||
	     (st.stx_btime.tv_sec == root->stx_btime.tv_sec &&
	      st.stx_btime.tv_nsec == root->stx_btime.tv_nsec)))
		return 0;
	(void)error_set(err, ERR_KERNEL, path, "'%s' is not the layer that was mounted", path);
	return error_remedy(err, "mount the overlay again: its directories have been moved");
}

static int clone_mapped(const struct recompose *self, int dir, struct error *err)
{
	autoclose int mount = mount_clone(dir, "", false, false, err);

	if (mount < 0 || (self->ids && mount_idmap(mount, self->userns, false, err) < 0) ||
	    mount_set(mount, 0, 0, MS_PRIVATE, false, err) < 0)
		return -1;
	return fd_take(&mount);
}

static int lower_add(struct recompose *self, const char *path, bool is_top, struct error *err)
{
	autoclose int dir = layer_open(self, path, err);

	if (dir < 0 || (is_top && top_verify(self, dir, path, err) < 0))
		return error_context(err, "layer '%s'", path);

	const int mount = clone_mapped(self, dir, err);

	if (mount < 0)
		return error_context(err, "layer '%s'", path);
	self->lower[self->n_lower++] = mount;
	return 0;
}

/* A file system that is read-only needs no work directory: its upper layer is one more lower one. */
static int lowers_open(struct recompose *self, struct error *err)
{
	const struct overlay_layers *layers = &self->layers;
	const bool with_upper = layers->upper && layers->readonly;

	self->lower = arena_array(&self->arena, layers->n_lower + layers->n_data + 1,
				  sizeof *self->lower);
	if (with_upper && lower_add(self, layers->upper, true, err) < 0)
		return -1;
	for (size_t i = 0; i < layers->n_lower; i++) {
		if (lower_add(self, layers->lower[i], i == 0 && !layers->upper, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < layers->n_data; i++) {
		if (lower_add(self, layers->data[i], false, err) < 0)
			return -1;
	}
	self->n_data = layers->n_data;
	return 0;
}

/* The name that it has in the directory above: its path may have led over a link. */
static int upper_name(struct recompose *self, const struct statx *home, const struct statx *upper,
		      int dir, struct error *err)
{
	char path[PATH_MAX];
	struct statx st;

	if (fd_path(dir, path) < 0)
		return error_sys(err, NULL, "cannot read the path of the upper directory");

	const char *slash = strrchr(path, '/');

	snprintf(self->upper, sizeof self->upper, "%s", slash ? slash + 1 : "");
	if (home->stx_mnt_id == upper->stx_mnt_id &&
	    statx(self->home, self->upper, AT_SYMLINK_NOFOLLOW, STAT_WANTED, &st) == 0 &&
	    st.stx_ino == upper->stx_ino && st.stx_mnt_id == upper->stx_mnt_id)
		return 0;
	return error_set(err, ERR_KERNEL, NULL,
			 "the upper directory is a mount of its own, with no place beside it");
}

static int upper_take(struct recompose *self, int dir, struct error *err)
{
	struct statx st, home;

	if (stat_fd(dir, &st, err) < 0)
		return -1;
	self->home = openat(dir, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (self->home < 0)
		return error_sys(err, NULL, "cannot open the directory above");
	if (stat_fd(self->home, &home, err) < 0)
		return -1;
	if (upper_name(self, &home, &st, dir, err) < 0)
		return -1;
	self->home_mount = clone_mapped(self, self->home, err);
	return self->home_mount < 0 ? -1 : 0;
}

static int upper_open(struct recompose *self, struct error *err)
{
	autoclose int dir = layer_open(self, self->layers.upper, err);

	if (dir < 0 || top_verify(self, dir, self->layers.upper, err) < 0)
		return -1;
	return upper_take(self, dir, err);
}

/* --- the whole --- */

static int mounter_find(struct recompose *self, const struct idmap *ids, struct error *err)
{
	if (!ids || (idmap_outside(ids->uids, ids->n_uids, idmap_first(ids->uids, ids->n_uids),
				   &self->uid) &&
		     idmap_outside(ids->gids, ids->n_gids, idmap_first(ids->gids, ids->n_gids),
				   &self->gid)))
		return 0;
	return error_set(err, ERR_KERNEL, NULL, "the mapping has no ids");
}

static int compose(struct recompose *self, const char *carried, const struct overlay_notes *notes,
		   struct error *err)
{
	const struct idmap *ids = self->ids;
	char work[NAME_MAX + 1];

	if (self->home >= 0 &&
	    overlay_work_make(self->home, ids ? idmap_first(ids->uids, ids->n_uids) : 0,
			      ids ? idmap_first(ids->gids, ids->n_gids) : 0, notes, work, err) < 0)
		return -1;
	const struct overlay_parts parts = {
		.lower = self->lower,
		.n_lower = self->n_lower,
		.n_data = self->n_data,
		.home = self->home_mount,
		.upper = self->upper,
		.work = work,
		.carried = carried,
		.uid = self->uid,
		.gid = self->gid,
	};

	return overlay_mount(&parts, err);
}

static int recompose(struct recompose *self, int source, bool recursive, bool writable,
		     const struct overlay_notes *notes, struct error *err)
{
	struct mountinfo mount = {};

	if (mounter_find(self, self->ids, err) < 0 || stat_fd(source, &self->root, err) < 0 ||
	    find(self, recursive, &mount, err) < 0 ||
	    overlay_options_read(mount.options, &self->arena, &self->layers, err) < 0 ||
	    base_find(self, mount.point, err) < 0)
		return -1;
	self->layers.readonly |= !writable;
	if (lowers_open(self, err) < 0)
		return -1;
	if (self->layers.upper && !self->layers.readonly && upper_open(self, err) < 0)
		return error_context(err, "upper directory '%s'", self->layers.upper);
	if (self->home >= 0 && notes &&
	    notes->note(notes->context, OVERLAY_WRITTEN, mount.point, err) < 0)
		return -1;
	return compose(self, self->layers.carried, notes, err);
}

static void recompose_free(struct recompose *self)
{
	for (size_t i = 0; i < self->n_lower; i++)
		cleanup_close(&self->lower[i]);
	cleanup_close(&self->home);
	cleanup_close(&self->home_mount);
	arena_free(&self->arena);
}

static int again(int source, const struct idmap *ids, int userns, bool recursive, bool writable,
		 const struct overlay_notes *notes, struct error *err)
{
	struct recompose self = { .ids = ids, .userns = userns, .home = -1, .home_mount = -1 };
	const int result = recompose(&self, source, recursive, writable, notes, err);

	recompose_free(&self);
	return result < 0 ? error_context(err, "the overlay") : result;
}

int overlay_recompose(int source, const struct idmap *ids, int userns, bool recursive,
		      const struct overlay_notes *notes, struct error *err)
{
	return again(source, ids, userns, recursive, /* writable = */ true, notes, err);
}

int overlay_examine(int source, struct arena *arena, struct overlay_layers *ret, struct error *err)
{
	struct recompose self = { .userns = -1, .home = -1, .home_mount = -1 };
	struct mountinfo mount = {};
	int result = stat_fd(source, &self.root, err);

	if (result == 0)
		result = find(&self, /* recursive = */ false, &mount, err);
	if (result == 0)
		result = overlay_options_read(mount.options, arena, ret, err);
	recompose_free(&self);
	return result;
}

/* --- one that nobody has mounted --- */

static int lowers_clone(struct recompose *self, const struct overlay_dirs *dirs, struct error *err)
{
	self->lower = arena_array(&self->arena, dirs->n_lower, sizeof *self->lower);
	self->n_data = dirs->n_data;
	for (size_t i = 0; i < dirs->n_lower; i++) {
		const int dir = dirs->lower[i];
		const int mount = self->ids && overlay_is_root(dir)
					  ? again(dir, self->ids, self->userns, false,
						  /* writable = */ false, NULL, err)
					  : clone_mapped(self, dir, err);

		if (mount < 0)
			return error_context(err, "lower layer %zu", i + 1);
		self->lower[self->n_lower++] = mount;
	}
	return 0;
}

int overlay_make(const struct overlay_dirs *dirs, const struct idmap *ids, int userns,
		 const struct overlay_notes *notes, struct error *err)
{
	struct recompose self = { .ids = ids, .userns = userns, .home = -1, .home_mount = -1 };
	int result = mounter_find(&self, ids, err);

	if (result == 0)
		result = lowers_clone(&self, dirs, err);
	if (result == 0 && dirs->upper >= 0)
		result = upper_take(&self, dirs->upper, err);
	if (result == 0)
		result = compose(&self, dirs->carried, notes, err);
	recompose_free(&self);
	return result < 0 ? error_context(err, "the overlay") : result;
}
