/* kernel/seccomp_agent.h: tell a seccomp agent which descriptor to answer; seccomp_unotify(2)
 *
 * config-linux.md, "The Container Process State": one message a connection, JSON with the descriptor
 * beside it. Connect before anything runs, so that a missing agent is an error of `create`, and in the
 * host's mount namespace, where listenerPath is a path.
 */
#ifndef BRIG_KERNEL_SECCOMP_AGENT_H
#define BRIG_KERNEL_SECCOMP_AGENT_H

#include "base/error.h"

#include <sys/types.h>

/** seccomp_agent_connect() - to the agent's stream socket at @path; an owned fd, or -1 with *err filled (where = @path) */
[[nodiscard]] int seccomp_agent_connect(const char *path, struct error *err);

struct seccomp_agent_message {
	const char *oci_version;
	pid_t pid;            /* of the process under the filter, as brig sees it */
	const char *metadata; /* listenerMetadata, or NULL */
	const char *state;    /* of the container, runtime.md "State": a JSON object */
};

/**
 * seccomp_agent_send() - hand @seccomp_fd to the agent
 * @socket: of seccomp_agent_connect(); the caller closes it afterwards, and its own copy of the descriptor
 * An agent that does not take the message within some seconds is an error.
 */
[[nodiscard]] int seccomp_agent_send(int socket, const struct seccomp_agent_message *message,
				     int seccomp_fd, struct error *err);

#endif
