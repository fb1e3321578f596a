/* kernel/sysctl.h: kernel parameters of a container's namespaces; sysctl(8), proc(5) */
#ifndef BRIG_KERNEL_SYSCTL_H
#define BRIG_KERNEL_SYSCTL_H

#include "base/error.h"

#include <stddef.h>

struct sysctl {
	const char *path; /* below /proc/sys: "net/ipv4/ip_forward" */
	const char *value;
	const char *from; /* JSON pointer, for messages */
	/* Write only where this stands, "1024" or "1\t0": what was set by somebody else, and the host's
	 * own network namespace, stay as they are. NULL: write */
	const char *unless_not;
};

/**
 * sysctl_write() - write parameters in the network, ipc and uts namespaces of another process
 * @pidfd: of that process
 * /proc/sys shows the parameters of whoever opens them, so a short-lived child joins and writes. It
 * keeps the caller's credentials, because before Linux 6.10 the files of ipc belong to the host's
 * root in every namespace, and because the groups of ping_group_range are counted in the user
 * namespace of who writes. A caller without rights over them from outside joins the process's user
 * namespace too.
 */
[[nodiscard]] int sysctl_write(const struct sysctl *list, size_t n, int pidfd, struct error *err);

#endif
