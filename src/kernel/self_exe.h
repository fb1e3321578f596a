/* kernel/self_exe.h: a brig binary that the workload cannot change
 *
 * A process of brig that is in a container is what the container's /proc/PID/exe leads to, and an
 * entry point of "/proc/self/exe", or a script that begins with "#!/proc/self/exe", even runs brig
 * itself there, with libraries of the image (CVE-2019-5736). Whoever opens that file for writing
 * changes what the host's root runs next. With ids that are unmapped on the host this fails by
 * itself: the file is root's, and no id of the container is. In all other cases brig runs from a
 * sealed copy in memory, memfd_create(2), which nobody can write to.
 */
#ifndef BRIG_KERNEL_SELF_EXE_H
#define BRIG_KERNEL_SELF_EXE_H

#include "base/error.h"

#include <stdbool.h>

/** self_exe_is_guarded() - is our binary root's, not writable for others, or sealed already? */
[[nodiscard]] bool self_exe_is_guarded(void);

/**
 * self_exe_seal() - execute this program anew from a sealed copy, with the same arguments and
 * environment
 * Before anything was done that would be done twice. Does nothing in a process that runs from such
 * a copy.
 * Return: 0 if sealed already; -1 with *err filled; otherwise it does not return
 */
[[nodiscard]] int self_exe_seal(const char *const *argv, struct error *err);

#endif
