/* kernel/selinux.h: a label on exec; selinux(8) */
#ifndef BRIG_KERNEL_SELINUX_H
#define BRIG_KERNEL_SELINUX_H

#include "base/error.h"

#include <stdbool.h>

/** selinux_enabled() - is there a selinuxfs at /sys/fs/selinux? */
[[nodiscard]] bool selinux_enabled(void);

/**
 * selinux_on_exec() - the next execve(2) of this process gives it @label
 * What apparmor_on_exec() says about order and hooks holds here too. Takes no memory.
 *
 * @proc: fd of a verified procfs (procfs_open())
 * @err:  ERR_KERNEL, where = "/process/selinuxLabel"; EINVAL if the policy does not know the label
 */
[[nodiscard]] int selinux_on_exec(int proc, const char *label, struct error *err);

#endif
