/* kernel/landlock.h: a ruleset beneath all other protections; landlock(7)
 *
 * What the ruleset means for a container. With each line goes the program of tests/assumptions/
 * that proves it.
 *
 * - The workload can open, execute and change files only below its own "/" and through the
 *   descriptors that it was started with. A descriptor of a host directory that leaked into the
 *   container (the class of CVE-2024-21626) leads nowhere: landlock_leaked_directory.c.
 * - POSIX message queues work only where an mqueue file system is mounted at /dev/mqueue.
 * - It cannot make device nodes, whatever its capabilities become.
 * - No process of it can mount, unmount, move a mount or pivot_root(2): Landlock forbids that to
 *   everything it restricts. So plan/ leaves Landlock out where policy allows CAP_SYS_ADMIN.
 * - A process of `brig exec` puts itself under a second domain, a sibling of the first: the kernel
 *   has no way to join one. Signals are not scoped, so both sides can signal each other:
 *   landlock_sibling_signals.c. But ptrace(2), and what is guarded like it (/proc/PID/fd, /proc/PID/
 *   environ, /proc/PID/root, process_vm_readv(2), pidfd_getfd(2)), works only within a domain and
 *   downwards: a debugger of `brig exec` cannot attach to the container's first process, and `echo >
 *   /proc/1/fd/1` from there is refused. Within each domain all of that works as usual.
 * - Abstract Unix sockets are scoped only on request, for a container whose network namespace is
 *   shared with others: there they are the one kind of socket that no mount and no user id guards.
 *   Then a process of `brig exec` cannot connect to an abstract socket of the first domain either.
 */
#ifndef BRIG_KERNEL_LANDLOCK_H
#define BRIG_KERNEL_LANDLOCK_H

#include "base/error.h"

#include <stdbool.h>

/* Before it, a domain cannot rename or link from one directory to another: programs would break. */
enum { LANDLOCK_ABI_MIN = 2 }; /* Linux 5.19 */
/* From it on, abstract sockets can be scoped. */
enum { LANDLOCK_ABI_SCOPE = 6 }; /* Linux 6.12 */

/** landlock_abi() - which version of Landlock the running kernel has; 0: none, or not enabled at boot */
[[nodiscard]] int landlock_abi(void);

/**
 * landlock_restrict() - put this process, and all that it starts, under the ruleset
 * @abi:    landlock_abi() of the kernel, at least LANDLOCK_ABI_MIN
 * @n_fds:  descriptors 0 to @n_fds - 1 are the workload's own: standard streams and --preserve-fds.
 *          It may open them again (/dev/stdout) with the access that they have, and below them if
 *          they are directories.
 * @scope_abstract_sockets: from ABI 6 on; older kernels cannot
 *
 * After pivot_root(2): "/" is what is granted. After everything that brig itself opens outside of it
 * (its procfs). After no_new_privs is set, or with CAP_SYS_ADMIN over the user namespace. Takes no
 * memory.
 *
 * @err: ERR_KERNEL; EPERM without no_new_privs, E2BIG below 16 domains of others
 */
[[nodiscard]] int landlock_restrict(int abi, int n_fds, bool scope_abstract_sockets,
				    struct error *err);

#endif
