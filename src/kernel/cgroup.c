/* kernel/cgroup.c: a cgroup is found, made, limited and filled
 *
 * Theory of operation
 *
 * A cgroup is a directory of the cgroup2 file system; its limits are files in it, and a file exists
 * only while its controller is enabled. A parent enables controllers for its children, by their
 * names in its cgroup.subtree_control, and only those that were enabled for itself; so they are
 * switched on from the root downwards. Except for the root, a cgroup that does so cannot hold
 * processes too ("no internal processes"): Documentation/admin-guide/cgroup-v2.rst.
 *
 * Writing cgroup.subtree_control waits for cgroups that are being destroyed, so it is left alone as
 * long as the new cgroup has all it needs, which is the case from the second container on: one read
 * of cgroup.controllers tells.
 *
 * On a hybrid host a controller that version 1 holds is absent here. Nothing is done about version 1.
 */
#include "kernel/cgroup.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/cgroup_internal.h"
#include "kernel/mountinfo.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

enum {
	MOUNTINFO_MAX = 64 << 20, /* some 100,000 mounts */
	PROC_CGROUP_MAX = 64 << 10,
	CREATE_TRIES = 16, /* of a walk in which another brig removed a parent */
	NAME_SIZE = 256,   /* NAME_MAX and the NUL */
	WORDS_SIZE = 512,  /* a list of all controllers */
	MODE = 0755,
};

/* --- where cgroup2 is --- */

static bool is_cgroup2(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

static int open_dir(int dir, const char *path)
{
	return openat(dir, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int search_mountinfo(struct arena *arena, const char **ret_path, struct error *err)
{
	autobuf struct buf text = {};
	struct mountinfo mount;

	if (fd_read_file(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, &text, err) < 0)
		return -1;

	for (char *at = text.data; mountinfo_next(&at, &mount);) {
		if (strcmp(mount.type, "cgroup2") != 0 || strcmp(mount.root, "/") != 0)
			continue;

		autoclose int fd = open(mount.point, O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0 || !is_cgroup2(fd)) /* mounted over since */
			continue;
		if (ret_path)
			*ret_path = arena_strdup(arena, mount.point);
		return fd_take(&fd);
	}

	(void)error_set(err, ERR_KERNEL, "/sys/fs/cgroup", "no cgroup2 file system is mounted");
	err->code = ENOENT;
	return error_remedy(err, "mount one: mount -t cgroup2 none /sys/fs/cgroup");
}

int cgroup_root(struct arena *arena, const char **ret_path, struct error *err)
{
	/* Where it is on unified and on hybrid hosts: looked at, not believed. Reading mountinfo
	 * would cost a host with thousands of mounts more than the rest of a start. */
	static const char *const usual[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

	for (size_t i = 0; i < ARRAY_LEN(usual); i++) {
		autoclose int fd = open_dir(AT_FDCWD, usual[i]);

		if (fd < 0 || !is_cgroup2(fd))
			continue;
		if (ret_path)
			*ret_path = arena_strdup(arena, usual[i]);
		return fd_take(&fd);
	}
	return search_mountinfo(arena, ret_path, err);
}

/* --- making one --- */

/* The next component of *@path into @ret, which is advanced. False at the end. -1 errors: too long, "..". */
static int next_component(const char **path, char ret[NAME_SIZE], struct error *err)
{
	*path += strspn(*path, "/");

	const size_t len = strcspn(*path, "/");

	if (len == 0)
		return 0;
	if (len >= NAME_SIZE || (len <= 2 && strncmp(*path, "..", len) == 0))
		return error_set(err, ERR_SPEC, *path, "'%.*s' cannot be the name of a cgroup",
				 (int)len, *path);
	memcpy(ret, *path, len);
	ret[len] = '\0';
	*path += len;
	return 1;
}

static int refuse_populated(int cgroup, const char *path, struct error *err)
{
	const int populated = cgroup_event(cgroup, "populated");

	if (populated < 0)
		return error_sys(err, path, "cannot read cgroup.events of cgroup '%s'", path);
	if (populated == 0)
		return 0;
	(void)error_set(err, ERR_STATE, path, "the cgroup '%s' exists and has processes", path);
	err->code = EEXIST;
	return error_remedy(err, "choose another cgroupsPath, or end those processes");
}

/* What is below a container's cgroup counts to its limits, and ends when it is deleted: cgroup.kill.
 * A service's own processes above are met by enable_in(), as far as there is a controller to enable. */
static int refuse_below_container(int cgroup, const char *path, struct error *err)
{
	if (!cgroup_has_mark(cgroup))
		return 0;
	(void)error_set(err, ERR_STATE, path, "the cgroup '%s' is within that of another container",
			path);
	err->code = EEXIST;
	return error_remedy(err, "choose a cgroupsPath that is not below a container's");
}

/* Walk down @path, making what is missing. Return: owned fd of the leaf, or -1 with *err filled:
 * code ENOENT or ENODEV when another process removed a parent behind us. */
static int make_path(int root, const char *path, unsigned *ret_made, struct error *err)
{
	autoclose int dir = open_dir(root, ".");
	const char *rest = path;
	char name[NAME_SIZE];
	unsigned made = 0;
	int more;

	if (dir < 0)
		return error_sys(err, path, "cannot open the root of cgroup2");

	for (bool above = false; (more = next_component(&rest, name, err)) > 0; above = true) {
		/* The root is where we are: within a container, that container's. */
		if (above && refuse_below_container(dir, path, err) < 0)
			return -1;
		if (mkdirat(dir, name, MODE) == 0)
			made++;
		else if (errno == EEXIST)
			made = 0;
		else
			return error_sys(err, path, "cannot create the cgroup '%s'", path);

		const int next = open_dir(dir, name);

		if (next < 0)
			return error_sys(err, path, "cannot open the cgroup '%s'", path);
		close(dir);
		dir = next;
	}
	if (more < 0 || (made == 0 && refuse_populated(dir, path, err) < 0))
		return -1;
	*ret_made = made;
	return fd_take(&dir);
}

/* What of @wanted a cgroup could hand down and does not yet, as "+memory +pids". */
static int not_yet_enabled(int dir, const char *wanted, char ret[WORDS_SIZE])
{
	char available[WORDS_SIZE], enabled[WORDS_SIZE];
	size_t used = 0;

	if (cgroup_read(dir, "cgroup.controllers", available, sizeof available) < 0 ||
	    cgroup_read(dir, "cgroup.subtree_control", enabled, sizeof enabled) < 0)
		return -1;

	*ret = '\0';
	for (const char *word = wanted + strspn(wanted, " "); *word;) {
		const size_t len = strcspn(word, " ");

		if (cgroup_has_word(available, word, len) && !cgroup_has_word(enabled, word, len) &&
		    used + len + 3 < WORDS_SIZE)
			used += (size_t)snprintf(ret + used, WORDS_SIZE - used, "%s+%.*s",
						 used ? " " : "", (int)len, word);
		word += len;
		word += strspn(word, " ");
	}
	return 0;
}

/* @dir is @depth components of @path below the root. */
static int enable_in(int dir, const char *path, const char *wanted, struct error *err)
{
	char words[WORDS_SIZE];

	if (not_yet_enabled(dir, wanted, words) < 0)
		return error_sys(err, path, "cannot read the controllers above cgroup '%s'", path);
	if (!*words || fd_write_file(dir, "cgroup.subtree_control", words, err) == 0)
		return 0;

	switch (err->code) {
	case EACCES: /* a level that was not delegated to us: what is lacking then, */
	case EPERM:  /* cgroup_apply() sees by its files, and tells */
	case EROFS:
		return 0;
	case EBUSY:
		(void)error_context(err, "a cgroup above '%s' has processes of its own", path);
		return error_remedy(err, "choose a cgroupsPath whose parents hold no processes");
	default:
		return error_context(err, "cannot enable controllers above cgroup '%s'", path);
	}
}

/* From the root downwards, in each directory but the leaf. */
static int enable_controllers(int root, const char *path, const char *wanted, struct error *err)
{
	autoclose int dir = open_dir(root, ".");
	const char *rest = path;
	char name[NAME_SIZE];

	if (dir < 0)
		return error_sys(err, path, "cannot open the root of cgroup2");

	while (next_component(&rest, name, err) > 0) {
		if (enable_in(dir, path, wanted, err) < 0)
			return -1;

		const int next = open_dir(dir, name);

		if (next < 0)
			return error_sys(err, path, "cannot open a cgroup above '%s'", path);
		close(dir);
		dir = next;
	}
	return 0;
}

static bool has_all(int cgroup, const char *wanted)
{
	char available[WORDS_SIZE];

	if (cgroup_read(cgroup, "cgroup.controllers", available, sizeof available) < 0)
		return false;

	for (const char *word = wanted + strspn(wanted, " "); *word;) {
		const size_t len = strcspn(word, " ");

		if (!cgroup_has_word(available, word, len))
			return false;
		word += len;
		word += strspn(word, " ");
	}
	return true;
}

int cgroup_enable(int root, const char *path, int cgroup, const char *controllers,
		  struct error *err)
{
	if (!controllers || has_all(cgroup, controllers))
		return 0;
	return enable_controllers(root, path, controllers, err);
}

int cgroup_create(int root, const char *path, const char *controllers, unsigned *ret_made,
		  struct error *err)
{
	autoclose int leaf = -1;

	for (int i = 0; i < CREATE_TRIES && leaf < 0; i++) {
		leaf = make_path(root, path, ret_made, err);
		if (leaf < 0 && err->code != ENOENT && err->code != ENODEV)
			break;
	}
	if (leaf < 0) {
		if (err->code == EACCES || err->code == EPERM || err->code == EROFS)
			return error_remedy(
				err, "use --cgroup-manager systemd, whose user instance delegates "
				     "a cgroup, or --cgroup-manager disabled");
		return -1;
	}

	if (cgroup_enable(root, path, leaf, controllers, err) < 0) {
		struct error ignored;

		if (*ret_made > 0) /* the first error is told */
			(void)!cgroup_remove(root, path, *ret_made, &ignored);
		return -1;
	}
	return fd_take(&leaf);
}

int cgroup_open(int root, const char *path, struct error *err)
{
	const char *below = path + strspn(path, "/");

	return fd_open_beneath(root, *below ? below : ".", O_PATH | O_DIRECTORY, 0, err);
}

/* --- whose cgroup is it --- */

int cgroup_path_of(int proc, pid_t pid, struct arena *arena, const char **ret, struct error *err)
{
	autobuf struct buf text = {};
	char file[32], *state = NULL;

	snprintf(file, sizeof file, "%d/cgroup", (int)pid);
	if (fd_read_file(proc, file, PROC_CGROUP_MAX, &text, err) < 0)
		return -1;
	buf_putc(&text, '\n');

	/* "0::/path" is the line of cgroup2, cgroups(7); a hybrid host has lines of version 1 too */
	for (const char *line = strtok_r(text.data, "\n", &state); line;
	     line = strtok_r(NULL, "\n", &state)) {
		if (strncmp(line, "0::/", 4) != 0)
			continue;
		*ret = arena_strdup(arena, line + 3);
		return 0;
	}
	return error_set(err, ERR_KERNEL, file, "process %d is in no cgroup2", (int)pid);
}

int cgroup_attach(int cgroup, pid_t pid, struct error *err)
{
	char text[16];

	snprintf(text, sizeof text, "%d", (int)pid);
	if (fd_write_file(cgroup, "cgroup.procs", text, err) == 0)
		return 0;

	(void)error_context(err, "cannot move process %d into the cgroup", (int)pid);
	if (err->code == EBUSY)
		return error_remedy(
			err, "the cgroup has given controllers to cgroups below it, and so takes "
			     "no process: name one of those");
	if (err->code == EACCES)
		return error_remedy(err, "the common parent of both cgroups must be delegated: see "
					 "'Delegation' in cgroup-v2.rst");
	return -1;
}

/* --- ownership --- */

int cgroup_delegate(int cgroup, uid_t uid, gid_t gid, struct error *err)
{
	/* Those of the first kernel with cgroup2: a kernel that has more lists them. */
	static const char usual[] = "cgroup.procs\ncgroup.threads\ncgroup.subtree_control\n";
	autobuf struct buf list = {};
	char *state = NULL;

	if (fd_read_file(AT_FDCWD, "/sys/kernel/cgroup/delegate", PROC_CGROUP_MAX, &list, err) <
	    0) {
		buf_reset(&list);
		buf_puts(&list, usual);
	}

	if (fchownat(cgroup, "", uid, gid, AT_EMPTY_PATH) < 0)
		return error_sys(err, /* where = */ NULL, "cannot change the owner of the cgroup");

	for (const char *file = strtok_r(list.data, "\n", &state); file;
	     file = strtok_r(NULL, "\n", &state)) {
		/* A file of a controller that is not enabled here is absent. */
		if (fchownat(cgroup, file, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
			return error_sys(err, file, "cannot change the owner of %s", file);
	}
	return 0;
}
