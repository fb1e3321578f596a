/* kernel/resctrl.h: shares of caches and memory bandwidth; Documentation/arch/x86/resctrl.rst
 *
 * linux.intelRdt of the OCI specification, by the resctrl file system (Intel RDT, AMD QoS).
 */
#ifndef BRIG_KERNEL_RESCTRL_H
#define BRIG_KERNEL_RESCTRL_H

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>

struct resctrl_group {
	const char *clos_id;  /* a directory in resctrl, or "/": the default group */
	const char *schemata; /* lines to write, or that an existing group must have; NULL: none */
	bool must_exist; /* config-linux.md: a closID without schemata is one that was prepared */
	const char *monitoring; /* name of the monitoring group below it; NULL: none */
};

/** resctrl_open() - an fd of the mounted resctrl file system; ERR_KERNEL with code ENOENT and a remedy if there is none */
[[nodiscard]] int resctrl_open(struct error *err);

/**
 * resctrl_create() - make the group, or find that the one of that name is the same
 * @ret_made: whether it was made, so that resctrl_remove() may remove it
 * Return: 0; -1 with *err filled, and nothing left behind
 */
[[nodiscard]] int resctrl_create(int resctrl, const struct resctrl_group *group, bool *ret_made,
				 struct error *err);

/** resctrl_attach() - put a process into the group; its children follow */
[[nodiscard]] int resctrl_attach(int resctrl, const struct resctrl_group *group, pid_t pid,
				 struct error *err);

/** resctrl_remove() - remove the monitoring group, and, if @made, the group; absent is success */
[[nodiscard]] int resctrl_remove(int resctrl, const struct resctrl_group *group, bool made,
				 struct error *err);

#endif
