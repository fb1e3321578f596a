/* launch/sync.h: what the parent and the container's init say to each other
 *
 *  brig create (launch.c)                        the container's init (child.c)
 *  ----------------------                        ------------------------------
 *  clone3(CLONE_INTO_CGROUP | CLONE_PIDFD) ───▶  wait
 *  write uid_map, gid_map
 *  MAPPED (its timens_offsets, if any) ───────▶  attach root, mounts, devices, in the plan's order;
 *  MOUNT (a mount fd), once for each ─────────▶  what needs the host's privilege comes as an fd
 *         ◀──────────────────────────────────── CONSOLE (the terminal's master), with a terminal
 *         ◀──────────────────────────────────── ROOTFS, if hooks or the parent have to act there
 *  prestart and createRuntime hooks: the mounts stand, the old root is still in reach
 *  HOOKED ────────────────────────────────────▶  createContainer hooks, pivot_root
 *         ◀──────────────────────────────────── READY
 *  rlimits, oom_score_adj, scheduler; write state and pid file; exit
 *
 *  brig start (launch_start)                     blocked in accept(2) on the start socket
 *  -------------------------
 *  START ─────────────────────────────────────▶  startContainer hooks, privileges
 *         ◀──────────────────────────────────── LISTENER (the seccomp notify fd), if there is one
 *         ◀──────────────────────────────────── end of file: execve(2) has closed the socket
 *
 * One SOCK_SEQPACKET message a line. FAILED may come in place of any line and carries a struct
 * error, which sync_wait() hands to its caller. End of file means that the other side died: an
 * error too, which says at which line. Nobody waits for a message without naming it.
 */
#ifndef BRIG_LAUNCH_SYNC_H
#define BRIG_LAUNCH_SYNC_H

#include "base/error.h"

#include <sys/types.h>

enum sync {
	SYNC_JOINED, /* only with joined namespaces: who joins them names the init it has made */
	SYNC_MAPPED,
	SYNC_MOUNT,
	SYNC_CONSOLE,
	SYNC_ROOTFS,
	SYNC_HOOKED,
	SYNC_READY,
	SYNC_START,
	SYNC_LISTENER,
	SYNC_FAILED,
	SYNC_COUNT,
};

/**
 * sync_send() - one message; @fd (or -1) travels with it and stays the caller's; @value: a pid, or
 * 0
 */
[[nodiscard]] int sync_send(int socket, enum sync message, int fd, int value, struct error *err);

/**
 * sync_wait() - the next message, which must be @expected
 * @ret_fd:    the descriptor that travels with it (owned); NULL if none may
 * @ret_value: NULL if of no interest
 */
[[nodiscard]] int sync_wait(int socket, enum sync expected, int *ret_fd, int *ret_value,
			    struct error *err);

/* Who gets the seccomp notify fd of a process that is about to call execve(2). */
struct sync_listener {
	/* @listener is borrowed. Called at once: the process may already wait for an answer to a
	 * call of its own. */
	int (*deliver)(void *context, pid_t pid, int listener, struct error *err);
	void *context;
};

/**
 * sync_end() - wait for end of file; FAILED on the way is the error
 * @to:  who gets a LISTENER; NULL: none may come
 * @pid: of the process, for @to
 */
[[nodiscard]] int sync_end(int socket, const struct sync_listener *to, pid_t pid,
			   struct error *err);

/** sync_fail() - best effort: we are on our way out */
void sync_fail(int socket, const struct error *cause);

#endif
