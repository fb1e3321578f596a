/* kernel/sysctl.h: kernel parameters of a container's namespaces; sysctl(8), proc(5) */
#ifndef BRIG_KERNEL_SYSCTL_H
#define BRIG_KERNEL_SYSCTL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct sysctl {
	const char *path; /* below /proc/sys: "net/ipv4/ip_forward" */
	const char *value;
	const char *from; /* JSON pointer, for messages */
};

/**
 * sysctl_write() - write parameters in the network, ipc and uts namespaces of another process
 * @pidfd:     of that process
 * @with_user: join its user namespace too: for callers that have no rights over it from outside
 * /proc/sys shows the parameters of whoever opens them, so a short-lived child joins and writes. It
 * keeps the caller's credentials, because before Linux 6.10 the files of ipc belong to the host's
 * root in every namespace.
 */
[[nodiscard]] int sysctl_write(const struct sysctl *list, size_t n, int pidfd, bool with_user,
			       struct error *err);

#endif
