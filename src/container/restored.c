/* container/restored.c: did CRIU give back all that the plan says? */
#include "container/restored.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/cgroup.h"
#include "kernel/compat.h"
#include "kernel/mountinfo.h"
#include "kernel/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_MAX = 16 << 10, MOUNTINFO_MAX = 16 << 20 };

static int less(struct error *err, const char *what)
{
	(void)error_set(err, ERR_KERNEL, NULL,
			"the restored container has less than a created one: %s", what);
	return error_remedy(err,
			    "restore an image that brig checkpoint wrote, under the same policy; "
			    "this container has been killed");
}

/* --- a thread --- */

/* What follows "Name:\t" in a line of its own; NULL if there is no such line. */
static const char *line_of(const char *status, const char *name)
{
	const size_t len = strlen(name);

	for (const char *at = status; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, name, len) == 0 && at[len] == ':')
			return at + len + 1 + strspn(at + len + 1, " \t");
	}
	return NULL;
}

static bool number_is(const char *status, const char *name, uint64_t least)
{
	const char *at = line_of(status, name);

	return at && strtoull(at, NULL, 10) >= least;
}

static bool ids_are_within(const char *status, const char *name, const struct id_range *ranges,
			   size_t n)
{
	const char *at = line_of(status, name);
	uint64_t ids[4]; /* real, effective, saved, of the file system: proc_pid_status(5) */

	if (!at)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		char *end;

		ids[i] = strtoull(at, &end, 10);
		if (end == at)
			return false;
		at = end;
	}
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		bool inside = n == 0; /* no user namespace: nothing to be within */

		for (size_t j = 0; j < n; j++)
			inside |= ids[i] >= ranges[j].outside &&
				  ids[i] - ranges[j].outside < ranges[j].count;
		if (!inside)
			return false;
	}
	return true;
}

/* Of the groups beside them CRIU writes down none where there are none, and then leaves its own. */
static bool groups_are_within(const char *status, const struct id_range *ranges, size_t n)
{
	const char *at = line_of(status, "Groups");
	char *end;

	if (!at)
		return false;
	for (at += strspn(at, " "); *at && *at != '\n'; at = end + strspn(end, " ")) {
		const uint64_t id = strtoull(at, &end, 10);
		bool inside = false;

		if (end == at)
			return false;
		for (size_t j = 0; j < n; j++)
			inside |=
				id >= ranges[j].outside && id - ranges[j].outside < ranges[j].count;
		if (!inside)
			return false;
	}
	return true;
}

static int capabilities_check(const char *status, uint64_t most, struct error *err)
{
	static const char *const sets[] = { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" };
	char text[96];

	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		const char *at = line_of(status, sets[i]);
		const uint64_t has = at ? strtoull(at, NULL, 16) : UINT64_MAX;

		if ((has & ~most) == 0)
			continue;
		snprintf(text, sizeof text, "%s has %016" PRIx64 ", beyond what policy allows",
			 sets[i], has & ~most);
		return less(err, text);
	}
	return 0;
}

int restored_check_status(const char *status, const struct restored_least *least, struct error *err)
{
	if (least->seccomp &&
	    (!number_is(status, "Seccomp", 2) || !number_is(status, "Seccomp_filters", 1)))
		return less(err, "a thread has no seccomp filter");
	if (least->no_new_privs && !number_is(status, "NoNewPrivs", 1))
		return less(err, "a thread has not got no_new_privs");
	if (!ids_are_within(status, "Uid", least->ids.uids, least->ids.n_uids) ||
	    !ids_are_within(status, "Gid", least->ids.gids, least->ids.n_gids))
		return less(err, "a thread has ids that are not the container's");
	if (least->ids.n_gids > 0 && !groups_are_within(status, least->ids.gids, least->ids.n_gids))
		return less(err, "a thread has groups that are not the container's");
	return capabilities_check(status, least->capabilities, err);
}

/* --- mounts --- */

static bool is_mount(const struct mountinfo *found, const struct stage_mount *wanted)
{
	return strcmp(found->point, wanted->point) == 0 && strcmp(found->type, wanted->type) == 0 &&
	       strcmp(found->flags, wanted->flags) == 0;
}

int restored_check_mounts(char *mountinfo, const struct image *image, struct error *err)
{
	autoarena struct arena arena = {};
	bool *seen = arena_array(&arena, image->n_mounts + 1, sizeof *seen);
	struct mountinfo mount;
	char text[320];
	size_t i;

	for (char *at = mountinfo; mountinfo_next(&at, &mount);) {
		for (i = 0; i < image->n_mounts; i++) {
			if (!seen[i] && is_mount(&mount, &image->mounts[i]))
				break;
		}
		if (i == image->n_mounts) {
			snprintf(text, sizeof text, "the mount at %.128s (%s) is not as it was",
				 mount.point, mount.flags);
			return less(err, text);
		}
		seen[i] = true;
	}
	for (i = 0; i < image->n_mounts; i++) {
		if (seen[i])
			continue;
		snprintf(text, sizeof text, "there is nothing mounted at %.128s",
			 image->mounts[i].point);
		return less(err, text);
	}
	return 0;
}

static bool has_mount_at(const struct image *image, const char *point)
{
	for (size_t i = 0; i < image->n_mounts; i++) {
		if (strcmp(image->mounts[i].point, point) == 0)
			return true;
	}
	return false;
}

/* Of the mount that is seen there: the last one. */
static const char *flags_at(const struct image *image, const char *point)
{
	const char *found = NULL;

	for (size_t i = 0; i < image->n_mounts; i++) {
		if (strcmp(image->mounts[i].point, point) == 0)
			found = image->mounts[i].flags;
	}
	return found;
}

static bool option_is_in(const char *list, const char *option)
{
	const size_t len = strlen(option);

	for (const char *at = list; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, option, len) == 0 && (at[len] == ',' || at[len] == '\0'))
			return true;
	}
	return false;
}

/* What the plan hides or protects was so at the checkpoint, or is not there at all. */
static int paths_check(int root, const struct plan_path *paths, size_t n, const struct image *image,
		       struct error *err)
{
	char text[256];

	for (size_t i = 0; i < n; i++) {
		autoclose int there = fd_try_in(root, paths[i].path, O_PATH);

		if (there < 0 && errno != ENOENT && errno != ENOTDIR)
			return error_sys(err, paths[i].from, "cannot look at '%s'", paths[i].path);
		if (there < 0 || has_mount_at(image, paths[i].path))
			continue;
		snprintf(text, sizeof text,
			 "%.128s is to be hidden or read-only (%.64s), and was not at the "
			 "checkpoint",
			 paths[i].path, paths[i].from);
		return less(err, text);
	}
	return 0;
}

/* CRIU mounts what is the container's own as it was, which may be less than today's policy says. */
static int attributes_check(const struct plan *plan, const struct image *image, struct error *err)
{
	static const struct {
		uint64_t attr;
		const char *flag;
	} flags[] = {
		{ MOUNT_ATTR_RDONLY, "ro" },
		{ MOUNT_ATTR_NOSUID, "nosuid" },
		{ MOUNT_ATTR_NODEV, "nodev" },
		{ MOUNT_ATTR_NOEXEC, "noexec" },
	};
	char text[256];

	for (size_t i = 0; i < plan->n_mounts; i++) {
		const struct plan_mount *mount = &plan->mounts[i];
		const uint64_t wanted = mount_attrs_here(&mount->attrs);
		const char *has = flags_at(image, mount->target);

		for (size_t j = 0; has && j < ARRAY_LEN(flags); j++) {
			if ((wanted & flags[j].attr) == 0 || option_is_in(has, flags[j].flag))
				continue;
			snprintf(text, sizeof text, "the mount at %.128s is to be %s, and was not",
				 mount->target, flags[j].flag);
			return less(err, text);
		}
	}
	return 0;
}

static int mounts_check(const struct plan *plan, const struct handle *handle,
			const struct image *image, struct error *err)
{
	autobuf struct buf text = {};
	char path[48];

	snprintf(path, sizeof path, "%d/mountinfo", handle->state.pid);

	autoclose int mountinfo = procfs_open_file(handle->proc, path, O_RDONLY, err);

	if (mountinfo < 0 || fd_read_all(mountinfo, MOUNTINFO_MAX, &text, err) < 0)
		return -1;
	buf_putc(&text, '\0');
	if (restored_check_mounts(text.data, image, err) < 0 ||
	    attributes_check(plan, image, err) < 0)
		return -1;
	snprintf(path, sizeof path, "/proc/%d/root", handle->state.pid);

	autoclose int root = fd_open(path, O_PATH | O_DIRECTORY, 0, err);

	if (root < 0 || paths_check(root, plan->masked, plan->n_masked, image, err) < 0)
		return -1;
	return paths_check(root, plan->readonly, plan->n_readonly, image, err);
}

/* --- processes --- */

static int label_check(const struct plan *plan, int proc, pid_t pid, pid_t thread,
		       struct error *err)
{
	const struct plan_process *process = &plan->process;
	const bool by_apparmor = process->apparmor && strcmp(process->apparmor, "unconfined") != 0;
	char path[64], label[512], wanted[512];

	if (!by_apparmor && !process->selinux)
		return 0;
	snprintf(path, sizeof path, "%d/task/%d/attr/current", pid, thread);
	if (procfs_read(proc, path, label, sizeof label, err) < 0)
		return -1;
	if (by_apparmor)
		snprintf(wanted, sizeof wanted, "%s (enforce)", process->apparmor);
	else
		snprintf(wanted, sizeof wanted, "%s", process->selinux);
	label[strcspn(label, "\n")] = '\0';
	return strcmp(label, wanted) == 0
		       ? 0
		       : less(err, "a thread is not under its AppArmor profile or SELinux label");
}

static int namespace_check(const struct plan *plan, enum ns kind, int fd, int joined,
			   struct error *err)
{
	const int own = ns_is_own(kind, fd, err);
	const char *what = NULL;
	char text[64];

	if (own < 0)
		return -1;
	if (own == 1 && (joined < 0 || !plan->may_join_host))
		what = "the host's";
	else if (joined >= 0 && !ns_same(fd, joined))
		what = "not the one of the bundle";
	if (!what)
		return 0;
	snprintf(text, sizeof text, "its %s namespace is %s", ns_name(kind), what);
	return less(err, text);
}

static int namespaces_check(const struct plan *plan, pid_t pid, const int joined[NS_COUNT],
			    struct error *err)
{
	char path[48];

	for (enum ns kind = 0; kind < NS_COUNT; kind++) {
		if (plan->namespaces[kind].how == PLAN_NS_NONE)
			continue;
		snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, ns_proc(kind));

		autoclose int fd = fd_open(path, O_RDONLY, 0, err);

		if (fd < 0 || namespace_check(plan, kind, fd, joined[kind], err) < 0)
			return -1;
	}
	return 0;
}

static int mapping_check(const struct plan *plan, int proc, pid_t pid, struct error *err)
{
	autoarena struct arena arena = {};
	struct idmap map;

	if (plan->namespaces[NS_USER].how == PLAN_NS_NONE)
		return 0;
	if (idmap_read(proc, pid, &arena, &map, err) < 0)
		return -1;
	return idmap_equal(&map, &plan->ids)
		       ? 0
		       : less(err, "the mapping of its user namespace is another");
}

static int threads_check(const struct plan *plan, const struct restored_least *least, int proc,
			 pid_t pid, struct error *err)
{
	char path[64], status[STATUS_MAX];

	snprintf(path, sizeof path, "%d/task", pid);

	autoclose int tasks = procfs_open_file(proc, path, O_RDONLY | O_DIRECTORY, err);
	DIR *list = tasks < 0 ? NULL : fd_list(tasks);
	const struct dirent *entry;
	int result = 0;

	if (!list)
		return tasks < 0 ? -1 : error_sys(err, path, "cannot list the threads");
	while (result == 0 && (entry = readdir(list))) {
		const pid_t thread = (pid_t)strtol(entry->d_name, NULL, 10);

		if (thread <= 0)
			continue;
		snprintf(path, sizeof path, "%d/task/%d/status", pid, thread);
		if (procfs_read(proc, path, status, sizeof status, err) < 0 ||
		    restored_check_status(status, least, err) < 0 ||
		    label_check(plan, proc, pid, thread, err) < 0)
			result = -1;
	}
	closedir(list);
	return result;
}

int restored_check(const struct plan *plan, uint64_t capabilities, const struct handle *handle,
		   const struct image *image, const int joined[NS_COUNT], struct error *err)
{
	autoarena struct arena arena = {};
	const struct restored_least least = {
		.seccomp = plan->process.seccomp.n > 0,
		.no_new_privs = true,
		.capabilities = capabilities,
		.ids = plan->ids,
	};
	bool has_init = false;
	pid_t *pids;
	size_t n;

	if (cgroup_pids(handle->cgroup, &arena, &pids, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		has_init |= pids[i] == handle->state.pid;
		if (threads_check(plan, &least, handle->proc, pids[i], err) < 0 ||
		    namespaces_check(plan, pids[i], joined, err) < 0 ||
		    mapping_check(plan, handle->proc, pids[i], err) < 0)
			return -1;
	}
	if (!has_init)
		return less(err, "its first process is not in its cgroup");
	return mounts_check(plan, handle, image, err);
}
