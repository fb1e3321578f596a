/* kernel/listener.h: tell a seccomp agent which descriptor to answer; seccomp_unotify(2)
 *
 * config-linux.md, "The Container Process State": one message a connection, JSON with the descriptor
 * beside it. Connect before anything runs, so that a missing agent is an error of `create`, and in the
 * host's mount namespace, where listenerPath is a path.
 */
#ifndef BRIG_KERNEL_LISTENER_H
#define BRIG_KERNEL_LISTENER_H

#include "base/error.h"

#include <sys/types.h>

/** listener_connect() - to the agent's stream socket at @path; an owned fd, or -1 with *err filled (where = @path) */
[[nodiscard]] int listener_connect(const char *path, struct error *err);

struct listener_message {
	const char *oci_version;
	pid_t pid;            /* of the process under the filter, as brig sees it */
	const char *metadata; /* listenerMetadata, or NULL */
	const char *state;    /* of the container, runtime.md "State": a JSON object */
};

/**
 * listener_send() - hand @seccomp_fd to the agent
 * @socket: of listener_connect(); the caller closes it afterwards, and its own copy of the descriptor
 * An agent that does not take the message within some seconds is an error.
 */
[[nodiscard]] int listener_send(int socket, const struct listener_message *message, int seccomp_fd,
				struct error *err);

#endif
