/* launch/launch.h: a plan carried out: the parent's side
 *
 * launch/ makes no decisions: every `if` here is about a field of the plan.
 */
#ifndef BRIG_LAUNCH_LAUNCH_H
#define BRIG_LAUNCH_LAUNCH_H

#include "kernel/overlay_work.h"
#include "kernel/process.h"
#include "launch/sync.h"
#include "plan/plan.h"

#include <sys/types.h>

struct launch_request {
	int proc;           /* verified procfs; borrowed, like all fds here */
	int start_socket;   /* bound and listening: the init accepts `brig start` on it */
	int console_socket; /* connected; -1: keep the master for the caller */
	bool rootless;
	bool user_first; /* the right to other namespaces comes from the user namespace joined */
	const int *
		joins; /* NS_COUNT namespaces to join by descriptor, not by the plan's path; -1: by path;
			     NULL: all by path */
	struct arena *arena; /* for launched.ids */
	const struct process_title *title;
	const struct policy *policy; /* asked again about what is mounted: policy_check_source() */
};

struct launched {
	pid_t pid; /* a child of ours */
	int pidfd; /* owned */
	struct idmap
		ids; /* of its user namespace: the plan's, or those of one that it has joined */
	int console_master; /* owned; -1 unless there is a terminal and no console socket */
};

/**
 * launch_cgroup() - make the container's cgroup, as yet without limits
 * @path:     below the cgroup2 root: plan->cgroup.path, or with systemd a place in the scope
 * @owner:    for cgroup_mark()
 * @ret_made: for cgroup_remove()
 * Return: an owned fd; -1 with *err filled and nothing left behind
 */
[[nodiscard]] int launch_cgroup(const struct plan *plan, const char *path, const char *owner,
				int cgroup_root, unsigned *ret_made, struct error *err);

/**
 * launch_limits() - limits, device program and ownership of that cgroup
 * Loading the device program is the slowest call of a create: done while the init builds its file
 * system, and before any code of the image can run.
 * @ids: launched.ids
 * @ret_missing: defaults that this host cannot enforce, from @arena; or NULL
 */
[[nodiscard]] int launch_limits(const struct plan *plan, const struct idmap *ids, int cgroup,
				struct arena *arena, const char **ret_missing, struct error *err);

/* What the caller does at three points of launch_create(). */
struct launch_calls {
	/* The init exists, and nothing else has happened: note its pid, so that a killed create can
	 * be cleaned up, and put it into its cgroup if it was not born there. */
	int (*placed)(void *context, const struct launched *launched, struct error *err);
	/* The init is at work on its file system: whatever need not come before or after that. */
	int (*meanwhile)(void *context, struct error *err);
	/* Something is about to be made or changed that outlives the container and brig: note its
	 * path. */
	int (*leaves)(void *context, enum overlay_note kind, const char *path, struct error *err);
	void *context;
};

/**
 * launch_create() - start the container's init and bring it to where it waits for `start`
 * @cgroup: fd of its cgroup, or -1: the caller moves it (systemd), or there is none
 * Return: 0; -1 with *err filled: the init is dead and reaped
 */
[[nodiscard]] int launch_create(const struct plan *plan, const struct launch_request *request,
				int cgroup, const struct launch_calls *calls, struct launched *ret,
				struct error *err);

/**
 * launch_start() - tell a waiting init to go
 * @socket_dir, @socket_name: the start socket
 * @to:  who gets the seccomp notify fd, if there is one
 * @pid: of the init
 * Return: 0 once execve(2) has succeeded; ERR_STATE with code ECONNREFUSED or ENOENT if nobody
 * waits
 */
[[nodiscard]] int launch_start(int socket_dir, const char *socket_name,
			       const struct sync_listener *to, pid_t pid, struct error *err);

/** launch_listen() - make the start socket of launch_request; an owned fd */
[[nodiscard]] int launch_listen(int socket_dir, const char *socket_name, struct error *err);

#endif
