/* container/pid_file.h: how an engine learns of a process */
#ifndef BRIG_CONTAINER_PID_FILE_H
#define BRIG_CONTAINER_PID_FILE_H

#include "base/error.h"

#include <sys/types.h>

/** pid_file_write() - digits and nothing else, renamed into place: it is read as soon as it exists; @path from the caller's cwd */
[[nodiscard]] int pid_file_write(const char *path, pid_t pid, struct error *err);

/** pidfd_announce() - send a pidfd to --pidfd-socket; @text: "standard" for an init, "setns" for exec, as runc does */
[[nodiscard]] int pidfd_announce(const char *socket, int pidfd, const char *text,
				 struct error *err);

#endif
