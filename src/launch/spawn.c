/* launch/spawn.c: processes in the namespaces of a plan */
#include "launch/spawn.h"

#include "base/cleanup.h"
#include "kernel/compat.h"
#include "kernel/owner.h"
#include "launch/sources.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>

pid_t spawn(uint64_t flags, int cgroup, int *ret_pidfd)
{
	struct clone_args args = {
		.flags = flags | CLONE_PIDFD | (cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
		.pidfd = (uintptr_t)ret_pidfd,
		.exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
		.cgroup = cgroup >= 0 ? (unsigned)cgroup : 0,
	};

	return (pid_t)syscall(SYS_clone3, &args, sizeof args);
}

static unsigned new_among(const struct plan *plan, const enum ns *kinds, size_t n)
{
	unsigned flags = 0;

	for (size_t i = 0; i < n; i++) {
		if (plan->namespaces[kinds[i]].how == PLAN_NS_NEW)
			flags |= ns_flag(kinds[i]);
	}
	return flags;
}

/* Those that only clone3(2) can make for the process itself. */
static uint64_t flags_of(const struct plan *plan)
{
	static const enum ns kinds[] = { NS_USER, NS_MOUNT, NS_PID };

	return new_among(plan, kinds, ARRAY_LEN(kinds));
}

/* Owned by the host's root, one container could use up what the kernel lets root have of inotify
 * instances, queued signals and more (kernel/owner.c): so the id behind the container's root owns it. */
static pid_t spawn_owned(const struct plan *plan, uint64_t flags, int cgroup, int *ret_pidfd)
{
	const struct idmap *ids = &plan->ids;
	struct owner owner;
	uint32_t uid;

	if (!idmap_outside(ids->uids, ids->n_uids, idmap_first(ids->uids, ids->n_uids), &uid))
		return spawn(flags, cgroup, ret_pidfd);
	if (!owner_become(uid, &owner))
		return -1;

	const pid_t pid = spawn(flags, cgroup, ret_pidfd);

	/* The child has the bits and capabilities of a new user namespace, and waits for its ids. */
	if (pid != 0)
		owner_leave(&owner);
	return pid;
}

pid_t spawn_init(const struct plan *plan, bool rootless, int cgroup, int *ret_pidfd)
{
	const uint64_t flags = flags_of(plan) | (spawn_joins(plan) ? CLONE_PARENT : 0);

	return (flags & CLONE_NEWUSER) && !rootless ? spawn_owned(plan, flags, cgroup, ret_pidfd)
						    : spawn(flags, cgroup, ret_pidfd);
}

int spawn_unshare(const struct plan *plan, struct error *err)
{
	static const enum ns kinds[] = { NS_NET, NS_IPC, NS_UTS };
	const unsigned flags = new_among(plan, kinds, ARRAY_LEN(kinds));

	if (flags == 0 || unshare((int)flags) == 0)
		return 0;
	(void)error_sys(err, "/linux/namespaces", "cannot create the container's namespaces");
	if (err->code == ENOSPC)
		(void)error_remedy(err,
				   "raise the limits below /proc/sys/user (max_net_namespaces …)");
	return -1;
}

bool spawn_joins(const struct plan *plan)
{
	for (enum ns kind = 0; kind < NS_COUNT; kind++) {
		if (plan->namespaces[kind].how == PLAN_NS_JOIN)
			return true;
	}
	return false;
}

static int join_open(const struct plan *plan, const int *joins, enum ns kind, struct error *err)
{
	const struct plan_namespace *ns = &plan->namespaces[kind];
	const bool known = joins && joins[kind] >= 0;
	autoclose int fd =
		known ? fcntl(joins[kind], F_DUPFD_CLOEXEC, 0) : ns_open(kind, ns->path, err);
	const int own = fd < 0 ? -1 : ns_is_own(kind, fd, err);

	if (own == 1 && !plan->may_join_host)
		return error_set(err, ERR_POLICY, "host-namespace-path",
				 "'%s' has become the host's own %s namespace", ns->path,
				 ns_name(kind));
	if (own < 0) {
		snprintf(err->where, sizeof err->where, "%s", ns->from);
		return -1;
	}
	return fd_take(&fd);
}

int spawn_open_joined(const struct plan *plan, const int *joins, int ret[NS_COUNT],
		      struct error *err)
{
	int result = 0;

	for (enum ns kind = 0; kind < NS_COUNT; kind++) {
		const bool wanted = plan->namespaces[kind].how == PLAN_NS_JOIN && result == 0;

		ret[kind] = wanted ? join_open(plan, joins, kind, err) : -1;
		if (wanted && ret[kind] < 0)
			result = -1;
	}
	if (result < 0)
		spawn_close_joined(ret);
	return result;
}

void spawn_close_joined(int fds[NS_COUNT])
{
	for (enum ns kind = 0; kind < NS_COUNT; kind++) {
		cleanup_close(&fds[kind]);
		fds[kind] = -1;
	}
}

static int join_one(const struct plan *plan, enum ns kind, int fd, struct error *err)
{
	const struct plan_namespace *ns = &plan->namespaces[kind];

	if (fd < 0 || setns(fd, (int)ns_flag(kind)) == 0)
		return 0;
	return error_sys(err, ns->from, "cannot join the %s namespace '%s'", ns_name(kind),
			 ns->path);
}

int spawn_mounts(const struct plan *plan, int *ret_of_joined, struct error *err)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n_mounts; i++) {
		const struct plan_mount *mount = &plan->mounts[i];

		if (!mount->of_joined)
			continue;
		ret_of_joined[n] = source_new(mount, err);
		if (ret_of_joined[n++] >= 0)
			continue;
		snprintf(err->where, sizeof err->where, "%s", mount->from);
		return error_context(err, "mounting %s", mount->target);
	}
	return 0;
}

int spawn_join(const struct plan *plan, const int *joins, bool user_first, int *ret_of_joined,
	       struct error *err)
{
	// clang-format off
	static const enum ns orders[2][NS_COUNT] = {
		{ NS_PID, NS_NET, NS_IPC, NS_UTS, NS_CGROUP, NS_TIME, NS_MOUNT, NS_USER },
		{ NS_USER, NS_PID, NS_NET, NS_IPC, NS_UTS, NS_CGROUP, NS_TIME, NS_MOUNT },
	};
	// clang-format on
	int fds[NS_COUNT];
	int result = 0;

	/* All are opened first: the paths are the host's, and stop being reachable on the way. */
	if (spawn_open_joined(plan, joins, fds, err) < 0)
		return -1;
	for (size_t i = 0; i < NS_COUNT && result == 0; i++) {
		/* With the rights over what is joined, and in a mount namespace where they count. */
		if (orders[user_first][i] == NS_MOUNT)
			result = spawn_mounts(plan, ret_of_joined, err);
		if (result == 0)
			result = join_one(plan, orders[user_first][i], fds[orders[user_first][i]],
					  err);
	}
	spawn_close_joined(fds);
	return result;
}
