/* launch/spawn.h: processes in the namespaces of a plan; clone3(2), setns(2) */
#ifndef BRIG_LAUNCH_SPAWN_H
#define BRIG_LAUNCH_SPAWN_H

#include "plan/plan.h"

#include <sys/types.h>

/** spawn() - clone3(2) with CLONE_PIDFD; @cgroup: CLONE_INTO_CGROUP, or -1. Return: as fork(2) */
[[nodiscard]] pid_t spawn(uint64_t flags, int cgroup, int *ret_pidfd);

/**
 * spawn_init() - the container's init, in the new user, mount and pid namespaces of the plan
 * In a process that has joined others (spawn_join()) it becomes its sibling. Unless @rootless, the
 * user namespace belongs to the id behind the container's root, and not to the host's root.
 * @cgroup: as of spawn()
 * Return: as fork(2)
 */
[[nodiscard]] pid_t spawn_init(const struct plan *plan, bool rootless, int cgroup, int *ret_pidfd);

/**
 * spawn_unshare() - in the new process: the network, ipc and uts namespaces that the plan makes
 * anew
 * A network namespace is most of the cost of a clone: made here, the parent works meanwhile. They
 * belong to the user namespace that the process was born in. cgroup and time come later still,
 * child.c.
 */
[[nodiscard]] int spawn_unshare(const struct plan *plan, struct error *err);

/** spawn_joins() - does the plan join a namespace by path? */
[[nodiscard]] bool spawn_joins(const struct plan *plan);

/**
 * spawn_open_joined() - the namespaces that the plan joins
 * @joins: launch_request.joins
 * @ret:   each owned, -1: not joined; on failure all are -1
 * None is the host's: a path was judged some time ago, and a pid in it may be another process's by now.
 */
[[nodiscard]] int spawn_open_joined(const struct plan *plan, const int *joins, int ret[NS_COUNT],
				    struct error *err);
/** spawn_close_joined() - and become -1 */
void spawn_close_joined(int fds[NS_COUNT]);

/**
 * spawn_join() - enter the namespaces that the plan joins
 * @joins: launch_request.joins
 * @ret_of_joined: PLAN_OF_JOINED_MAX mounts of those namespaces, owned; -1: no such
 * In a process of its own: for root, the host's or that of the user namespace
 * that brig runs in, the user namespace is last (after it, there is no way into those that belong to
 * that one), for an ordinary user it is first (before it, they may enter nothing). A
 * pid namespace holds for children.
 */
[[nodiscard]] int spawn_join(const struct plan *plan, const int *joins, bool user_first,
			     int *ret_of_joined, struct error *err);

/** spawn_mounts() - the mounts that are of_joined, as above, for a plan that joins nothing */
[[nodiscard]] int spawn_mounts(const struct plan *plan, int *ret_of_joined, struct error *err);

#endif
