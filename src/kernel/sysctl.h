/* kernel/sysctl.h: kernel parameters of a container's namespaces; sysctl(8), proc(5) */
#ifndef BRIG_KERNEL_SYSCTL_H
#define BRIG_KERNEL_SYSCTL_H

#include "kernel/idmap.h"

#include <stdbool.h>
#include <stddef.h>

struct sysctl {
	const char *path; /* below /proc/sys: "net/ipv4/ip_forward" */
	const char *value;
	const char *from; /* JSON pointer, for messages */
	/* Write only where this stands, "1024" or "1\t0": what was set by somebody else, and the host's
	 * own network namespace, stay as they are. NULL: write */
	const char *unless_not;
	bool groups; /* the value is the first and the last of a range of groups of the container's */
};

/**
 * sysctl_groups() - such a value as who is outside of the container writes it
 * @value:   "0 0", in ids of the container
 * @present: what stands there, in ids of the caller: NULL, or a range that is widened, because other
 *           containers live by it. One that ends before it starts, which is the kernel's default, is none
 * @ids:     the container's; one without groups changes nothing. A last group that it has not becomes
 *           the last that follows the first
 * @ret:     at least SYSCTL_GROUPS_SIZE bytes
 */
enum { SYSCTL_GROUPS_SIZE = 24 };
[[nodiscard]] int sysctl_groups(const char *value, const char *present, const struct idmap *ids,
				char ret[SYSCTL_GROUPS_SIZE], struct error *err);

/**
 * sysctl_write() - write parameters in the network, ipc and uts namespaces of another process
 * @ids:   of its user namespace, by which the groups of ping_group_range are counted
 * @pidfd: of that process
 * /proc/sys shows the parameters of whoever opens them, so a short-lived child joins and writes. It
 * keeps the caller's credentials, because before Linux 6.10 the files of ipc belong to the host's
 * root in every namespace, and because nobody else may write in a network namespace that the host
 * owns. A caller without rights over them from outside joins the process's user namespace too.
 */
[[nodiscard]] int sysctl_write(const struct sysctl *list, size_t n, const struct idmap *ids,
			       int pidfd, struct error *err);

#endif
