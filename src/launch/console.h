/* launch/console.h: terminals: pty(7), engines' console sockets, the relay of a foreground run */
#ifndef BRIG_LAUNCH_CONSOLE_H
#define BRIG_LAUNCH_CONSOLE_H

#include "base/error.h"
#include "plan/plan.h"

/**
 * console_open() - a new pseudo-terminal of the container's own devpts
 * @root:       directory fd of the container's root
 * @ret_master, @ret_slave: owned
 *
 * The slave is taken from the master (TIOCGPTPEER), never by its name: whoever controls the
 * container's /dev cannot put another file in its place (CVE-2025-52565). process.consoleSize is
 * applied.
 */
[[nodiscard]] int console_open(int root, const struct plan_process *process, int *ret_master,
			       int *ret_slave, struct error *err);

/**
 * console_take() - make @slave the controlling terminal and fds 0 to 2; the caller leads a session
 */
[[nodiscard]] int console_take(int slave, struct error *err);

/** console_connect() - connect to an engine's --console-socket, before anything is started */
[[nodiscard]] int console_connect(const char *path, struct error *err);

/**
 * console_send() - hand a descriptor to an engine: one message, one fd, @text as data; no answer is
 * awaited
 */
[[nodiscard]] int console_send(int socket, int fd, const char *text, struct error *err);

/**
 * console_relay() - be the terminal of a foreground process until it ends
 * @master: of its terminal, or -1: only forward signals
 * @pidfd:  of the process, a child of ours
 * Puts our terminal into raw mode and back, follows SIGWINCH, forwards SIGTERM, SIGINT, SIGQUIT,
 * SIGHUP, SIGUSR1, SIGUSR2 …
 * Return: its wait status as a shell would put it: exit code, or 128 + signal
 */
[[nodiscard]] int console_relay(int master, int pid, int pidfd, int *ret_status, struct error *err);

#endif
