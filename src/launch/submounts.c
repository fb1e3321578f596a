/* launch/submounts.c: what is mounted below a source, and comes with it where the mount is recursive
 *
 * A harmless directory may have /etc mounted in it, or /usr a /usr/local that "ro", which is said of
 * one mount alone, leaves writable. Policy judges a source by where it is; so it does with each mount
 * below. mountinfo names those. Each is opened and asked for its mount's number: who may rename a
 * directory above cannot show another one in its place.
 */
#include "launch/submounts.h"

#include "base/cleanup.h"
#include "base/fault.h"
#include "base/fd.h"
#include "kernel/compat.h"
#include "kernel/procfs.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { MOUNTINFO_MAX = 64 << 20 };

static int read_mounts(struct submounts *self, struct error *err)
{
	autoclose int proc = procfs_open(err);
	autoclose int fd = proc < 0 ? -1 : procfs_open_file(proc, "self/mountinfo", O_RDONLY, err);
	autobuf struct buf text = {};
	size_t room = 1;

	if (fd < 0 || fd_read_all(fd, MOUNTINFO_MAX, &text, err) < 0)
		return -1;

	char *at = arena_strdup(&self->arena, buf_text(&text));

	for (const char *c = at; *c; c++)
		room += *c == '\n';
	self->mounts = arena_array(&self->arena, room, sizeof *self->mounts);
	while (mountinfo_next(&at, &self->mounts[self->n]))
		self->n++;
	fault_point("submounts-read");
	self->known = true;
	return 0;
}

/* Is @point below the directory @path? Both without "..". */
static bool is_below(const char *point, const char *path)
{
	const size_t len = strcmp(path, "/") == 0 ? 0 : strlen(path);

	return strncmp(point, path, len) == 0 && point[len] == '/' && point[len + 1] != '\0';
}

/* Behind another mount, at its place or above in the same one. */
static bool is_covered(const struct submounts *self, const struct mountinfo *mount)
{
	for (size_t i = 0; i < self->n; i++) {
		const struct mountinfo *other = &self->mounts[i];

		if ((other->parent == mount->id && strcmp(other->point, mount->point) == 0) ||
		    (other->parent == mount->parent && is_below(mount->point, other->point)))
			return true;
	}
	return false;
}

static const struct mountinfo *parent_below(const struct submounts *self,
					    const struct mountinfo *mount, const char *path)
{
	for (size_t i = 0; i < self->n; i++) {
		if (self->mounts[i].id == mount->parent && &self->mounts[i] != mount &&
		    is_below(self->mounts[i].point, path))
			return &self->mounts[i];
	}
	return NULL;
}

/* No path leads to it, in the clone as on the host. */
static bool is_out_of_reach(const struct submounts *self, const struct mountinfo *mount,
			    const char *path)
{
	for (; mount; mount = parent_below(self, mount, path)) {
		if (is_covered(self, mount))
			return true;
	}
	return false;
}

static bool leads_to(int fd, const struct mountinfo *mount)
{
	struct statx st;

	/* Nothing but the number, which no file system is asked for. */
	return statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &st) == 0 &&
	       st.stx_mnt_id == mount->id;
}

static bool stays_writable(const struct mountinfo *mount, const struct mount_attrs *attrs)
{
	const bool readonly = strncmp(mount->flags, "ro", 2) == 0 &&
			      (mount->flags[2] == ',' || mount->flags[2] == '\0');

	if (attrs->set_recursive & MOUNT_ATTR_RDONLY)
		return false;
	return !readonly || (attrs->clear_recursive & MOUNT_ATTR_RDONLY);
}

static int judge(const struct submounts *self, const struct policy *policy,
		 const struct mountinfo *mount, const char *path, const char *from,
		 const struct mount_attrs *attrs, struct error *err)
{
	autoclose int fd = open(mount->point, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	/* An ordinary user may not search each directory. */
	if (fd < 0 ? errno != EACCES : !leads_to(fd, mount)) {
		if (is_out_of_reach(self, mount, path))
			return 0;
		(void)error_set(err, ERR_KERNEL, from,
				"what is mounted at '%s' has been moved meanwhile", mount->point);
		return error_remedy(err, "do not rename directories that have mounts in them");
	}
	return policy_check_submount(policy, fd, mount->point, from, stays_writable(mount, attrs),
				     err);
}

int submounts_judge(struct submounts *self, const struct policy *policy, int source,
		    const char *from, const struct mount_attrs *attrs, struct error *err)
{
	char path[PATH_MAX];
	struct stat st;

	if (fstat(source, &st) < 0 || fd_path(source, path) < 0)
		return error_sys(err, from, "cannot examine the source");
	if (!S_ISDIR(st.st_mode))
		return 0;
	if (!self->known && read_mounts(self, err) < 0)
		return error_context(err, "the host's mounts");
	for (size_t i = 0; i < self->n; i++) {
		if (is_below(self->mounts[i].point, path) &&
		    judge(self, policy, &self->mounts[i], path, from, attrs, err) < 0)
			return -1;
	}
	return 0;
}

void submounts_free(struct submounts *self)
{
	arena_free(&self->arena);
}
