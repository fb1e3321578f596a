/* kernel/root.c: the container's root directory
 *
 * Theory of operation
 *
 * The new root is a detached mount that the parent has prepared. It is attached over "/" of the
 * container's own mount namespace: no directory of the host is used as a mount point, so none has
 * to be searchable for the container's ids. Everything else is attached below the fd of that mount.
 *
 * Then the tree of the host is left. Linux 7.0 and later copy the root, with all that is mounted in it,
 * into a mount namespace of its own (open_tree(2), OPEN_TREE_NAMESPACE) which is entered: the host's
 * tree was never in it, and the namespace with it ends as its last process leaves. What lies under the
 * root there, as after pivot_root(2), is a copy of the kernel's own first root. A user namespace cannot
 * uncover it (tests/assumptions/root_namespace.c); CAP_SYS_ADMIN without one can, either way.
 * Earlier kernels get pivot_root(2), which visits every thread of the host, and the tree of the host is
 * detached. Either way no path leads to it from there on, and no fd to it is left (the step "leave the
 * host" closes them).
 */
#include "kernel/root.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/compat.h"
#include "kernel/mount.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LINKS_MAX = 40 }; /* as the kernel has it: path_resolution(7) */

static int cannot_open(const char *path, struct error *err)
{
	return error_sys(err, path, "cannot open '%s' in the root file system", path);
}

/* Make the last component of @path below @root; its parent exists. */
static int place_make(int root, const char *path, mode_t type, struct error *err)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	char parent_path[PATH_MAX] = "/";

	if (slash && slash != path)
		snprintf(parent_path, sizeof parent_path, "%.*s", (int)(slash - path), path);

	autoclose int parent = fd_open_in(root, parent_path, O_PATH | O_DIRECTORY, 0, err);

	if (parent < 0)
		return -1;

	/* mknod(2) of a regular file, rather than open(2): O_CREAT would follow a dangling link. */
	const int made = type == S_IFDIR ? mkdirat(parent, name, 0755)
					 : mknodat(parent, name, S_IFREG | 0644, 0);

	if (made < 0 && errno != EEXIST)
		return error_sys(err, path, "cannot make the mount point '%s'", path);
	return 0;
}

/* Where the link @path below @root leads, with what is @behind it; inside, like every path. 1, 0 if it is
 * no link, -1 error */
static int place_follow(int root, const char *path, const char *behind, char ret[PATH_MAX],
			struct error *err)
{
	char target[PATH_MAX];
	autoclose int link = fd_try_in(root, path, O_PATH | O_NOFOLLOW);
	const ssize_t len = link < 0 ? -1 : readlinkat(link, "", target, sizeof target - 1);

	if (len < 0)
		return 0;
	target[len] = '\0';

	const char *slash = strrchr(path, '/');
	const int parent = slash ? (int)(slash - path) : 0;

	if (snprintf(ret, PATH_MAX, "%.*s/%s%s", *target == '/' ? 0 : parent, path, target,
		     behind) >= PATH_MAX)
		return error_set(err, ERR_SPEC, path, "what the link '%s' leads to is too long",
				 path);
	return 1;
}

/* Make what is missing of @path. Nothing is made through a link that leads nowhere: 1, and @ret_next is
 * the path to go on with; 0 when all is there; -1 error. The kernel confines, this only splits. */
static int place_walk(int root, const char *path, mode_t type, char ret_next[PATH_MAX],
		      struct error *err)
{
	char prefix[PATH_MAX];
	const size_t len = strlen(path);

	if (len >= sizeof prefix)
		return error_set(err, ERR_SPEC, path, "the path is longer than %d bytes",
				 PATH_MAX - 1);
	for (size_t end = 1; end <= len; end++) {
		if (end < len && path[end] != '/')
			continue;
		if (path[end - 1] == '/')
			continue;
		memcpy(prefix, path, end);
		prefix[end] = '\0';

		autoclose int exists = fd_try_in(root, prefix, O_PATH);

		if (exists >= 0)
			continue;
		if (errno != ENOENT)
			return cannot_open(path, err);

		const int link = place_follow(root, prefix, path + end, ret_next, err);

		if (link != 0)
			return link;
		if (place_make(root, prefix, end == len ? type : S_IFDIR, err) < 0)
			return -1;
	}
	return 0;
}

int root_place(int root, const char *path, mode_t type, struct error *err)
{
	const int existing = fd_try_in(root, path, O_PATH);
	char paths[2][PATH_MAX];
	int more = 1;

	if (existing >= 0)
		return existing;
	if (errno != ENOENT)
		return cannot_open(path, err);
	for (int i = 0; more == 1 && i < LINKS_MAX; i++)
		more = place_walk(root, i == 0 ? path : paths[i % 2], type, paths[(i + 1) % 2],
				  err);
	if (more < 0)
		return -1;
	return fd_open_in(root, path, O_PATH, 0, err);
}

int root_place_plain(int root, const char *path, struct error *err)
{
	const char *relative = path + strspn(path, "/");
	struct error ignored;
	const int existing = fd_open_beneath(root, relative, O_PATH | O_DIRECTORY, 0, err);

	if (existing >= 0 || err->code != ENOENT)
		return existing;

	char link[PATH_MAX];

	(void)!place_walk(root, path, S_IFDIR, link, &ignored);
	return fd_open_beneath(root, relative, O_PATH | O_DIRECTORY, 0, err);
}

int root_attach_over(int mount, struct error *err)
{
	if (syscall(SYS_move_mount, mount, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return error_sys(err, NULL, "cannot attach the root file system");
	return 0;
}

int root_covers_new(struct error *err)
{
	static const struct mount_option_value options[] = { { "mode", "0555" },
							     { "size", "0" },
							     { "nr_inodes", "3" } };
	const uint64_t attr = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	autoclose int covers =
		mount_new("tmpfs", "brig-hidden", options, ARRAY_LEN(options), attr, err);

	if (covers < 0)
		return -1;
	if (mkdirat(covers, "directory", 0555) < 0 ||
	    mknodat(covers, "file", S_IFREG | 0444, 0) < 0)
		return error_sys(err, NULL, "cannot make the covers of hidden paths");
	if (mount_set(covers, MOUNT_ATTR_RDONLY, 0, 0, false, err) < 0)
		return -1;
	return fd_take(&covers);
}

int root_covers(struct error *err)
{
	autoclose int covers = root_covers_new(err);

	if (covers < 0 || root_attach_over(covers, err) < 0)
		return -1;
	return fd_take(&covers);
}

int root_hide(int root, int covers, const char *path, struct error *err)
{
	autoclose int target = fd_try_in(root, path, O_PATH);
	struct stat st;

	if (target < 0)
		return errno == ENOENT ? 0 : cannot_open(path, err);
	if (fstat(target, &st) < 0)
		return error_sys(err, path, "cannot examine '%s'", path);

	autoclose int cover =
		mount_clone(covers, S_ISDIR(st.st_mode) ? "directory" : "file", false, false, err);

	if (cover < 0)
		return -1;
	return mount_attach(cover, target, err);
}

int root_protect(int root, const char *path, struct error *err)
{
	autoclose int target = fd_try_in(root, path, O_PATH);

	if (target < 0)
		return errno == ENOENT ? 0 : cannot_open(path, err);

	autoclose int clone = mount_clone(target, "", true, false, err);

	if (clone < 0 || mount_set(clone, MOUNT_ATTR_RDONLY, 0, 0, true, err) < 0)
		return -1;
	return mount_attach(clone, target, err);
}

/* Which mount does @path lead to? statx(2); 0 if that cannot be told. */
static uint64_t mount_of(int dir, const char *path)
{
	struct statx st;

	if (statx(dir, path, AT_EMPTY_PATH | AT_NO_AUTOMOUNT, STATX_MNT_ID, &st) < 0 ||
	    !(st.stx_mask & STATX_MNT_ID))
		return 0;
	return st.stx_mnt_id;
}

/* What lies over the new root, the tree of the host and the covers on it, can still be reached as
 * "/..": path resolution follows mounts there. So it is taken off until "/.." is the root
 * itself. */
static int old_root_detach(int root, struct error *err)
{
	enum { LAYERS_MAX = 8 };

	for (int i = 0; i < LAYERS_MAX; i++) {
		const uint64_t wanted = mount_of(root, "");

		if (wanted != 0 && mount_of(AT_FDCWD, "/..") == wanted)
			return 0;
		if (umount2("/..", MNT_DETACH) < 0)
			return error_sys(err, "/root/path",
					 "cannot detach the host's root file system");
	}
	return error_set(err, ERR_KERNEL, "/root/path",
			 "the host's root file system does not go away");
}

int root_pivot(int root, struct error *err)
{
	if (fchdir(root) < 0)
		return error_sys(err, "/root/path", "cannot enter the root file system");
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return error_sys(err, "/root/path", "pivot_root");
	if (chroot(".") < 0 || chdir("/") < 0)
		return error_sys(err, "/root/path", "cannot enter the new root");
	return old_root_detach(root, err);
}

/* An answer of any kind but a namespace leads to the way that every kernel knows: it is as safe. */
static int namespace_of(int root)
{
	return (int)syscall(SYS_open_tree, root, "",
			    OPEN_TREE_NAMESPACE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH);
}

int root_enter(int *root, bool copy, struct error *err)
{
	autoclose int namespace = copy ? namespace_of(*root) : -1;

	if (namespace < 0)
		return root_pivot(*root, err);
	/* Root and working directory become those of the namespace, setns(2). */
	if (setns(namespace, CLONE_NEWNS) < 0)
		return error_sys(err, "/root/path", "cannot enter the new mount namespace");

	const int entered = fd_open("/", O_PATH | O_DIRECTORY, 0, err);

	if (entered < 0)
		return -1;
	close(*root);
	*root = entered;
	return 0;
}
