/* launch/listener.h: load a filter whose notifications somebody else answers; seccomp_unotify(2) */
#ifndef BRIG_LAUNCH_LISTENER_H
#define BRIG_LAUNCH_LISTENER_H

#include "base/error.h"
#include "kernel/seccomp.h"

/**
 * listener_load() - seccomp_load() with a listener, which is sent to @socket as LISTENER
 *
 * Once the filter is on, this thread may not be able to send anything: sendmsg(2) itself may be
 * notified, and nobody answers yet. So a second thread, made before and therefore without the
 * filter, sends the descriptor, while this one waits in memory, without a system call. execve(2)
 * ends it.
 */
[[nodiscard]] int listener_load(const struct seccomp_program *program, unsigned flags, int socket,
				struct error *err);

#endif
