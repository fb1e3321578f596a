/* launch/criu.h: `criu`, started where it has to work
 *
 *  brig checkpoint, restore                      [criu]
 *  ------------------------                      ------
 *  clone3 ────────────────────────────────────▶  the namespaces that the container has joined;
 *                                                a session keyring and a core of its own, the stage
 *                                                (stage.h): a restored process inherits them
 *         ◀──────────────────────────────────── end of file: execve(2) of criu; or FAILED
 *  kernel/criu.h
 *
 * CRIU leaves alone a namespace that it is in itself: it writes nothing of it to the images, and what it
 * restores is born there. So it works in the namespaces that the container has joined. Its own way,
 * --external net[INODE]:NAME, is closed where a container has a user namespace: CRIU enters a
 * network namespace from within that one, and may not when it belongs to the host's, as those
 * of engines do.
 */
#ifndef BRIG_LAUNCH_CRIU_H
#define BRIG_LAUNCH_CRIU_H

#include "launch/stage.h"

#include <sys/types.h>

struct launch_criu {
	int program;               /* criu_program(); borrowed, like all fds here */
	int cgroup;                /* to be born in, or -1 */
	const int *joins;          /* NS_COUNT namespaces to work in, -1: ours; or NULL */
	const struct stage *stage; /* NULL: of a dump, and neither keyring nor core */
	/* The process exists, and waits: or NULL */
	int (*placed)(void *context, pid_t pid, struct error *err);
	void *context;
	const struct process_title *title;
};

struct criu_process {
	pid_t pid; /* a child of ours; 0: none */
	int pidfd;
	int socket; /* for criu_converse() */
};

/** launch_criu() - start it. Return: 0: criu_end() after use; -1 with *err filled, and nothing runs */
[[nodiscard]] int launch_criu(const struct launch_criu *request, struct criu_process *ret,
			      struct error *err);

/** criu_end() - end it if it has not ended yet, and wait; safe to call twice */
void criu_end(struct criu_process *process);

#endif
