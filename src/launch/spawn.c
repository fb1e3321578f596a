/* launch/spawn.c: processes in the namespaces of a plan */
#include "launch/spawn.h"

#include "base/cleanup.h"
#include "kernel/compat.h"

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

uint64_t spawn_flags(const struct plan *plan)
{
	static const enum ns kinds[] = { NS_USER, NS_MOUNT, NS_PID };

	return new_among(plan, kinds, ARRAY_LEN(kinds));
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

/* The path was judged some time ago, and a pid in it may be another process's by now. */
static int join_open(const struct plan *plan, enum ns kind, struct error *err)
{
	const struct plan_namespace *ns = &plan->namespaces[kind];
	autoclose int fd = ns_open(kind, ns->path, err);
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

int spawn_join(const struct plan *plan, bool rootless, struct error *err)
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
	for (enum ns kind = 0; kind < NS_COUNT; kind++) {
		const bool joins = plan->namespaces[kind].how == PLAN_NS_JOIN && result == 0;

		fds[kind] = joins ? join_open(plan, kind, err) : -1;
		if (joins && fds[kind] < 0)
			result = -1;
	}
	for (size_t i = 0; i < NS_COUNT; i++) {
		const enum ns kind = orders[rootless][i];

		if (fds[kind] < 0 || result < 0)
			continue;
		if (setns(fds[kind], (int)ns_flag(kind)) < 0)
			result = error_sys(err, plan->namespaces[kind].from,
					   "cannot join the %s namespace '%s'", ns_name(kind),
					   plan->namespaces[kind].path);
	}
	for (enum ns kind = 0; kind < NS_COUNT; kind++) {
		if (fds[kind] >= 0)
			close(fds[kind]);
	}
	return result;
}
