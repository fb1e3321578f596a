/* kernel/compat.h: numbers and structs newer than the headers of Debian 12 (Linux 6.1, glibc 2.36)
 *
 * The one file with #ifndef. It includes the headers first: where a newer one has the name, that
 * wins, and where it has it as an enum constant, our macro of the same value hides it without harm.
 * Whether the running kernel knows a call is asked at run time, never here. A struct gets a name of
 * our own where the header's may be shorter than the kernel's.
 */
#ifndef BRIG_KERNEL_COMPAT_H
#define BRIG_KERNEL_COMPAT_H

#include <linux/ioprio.h>
#include <linux/landlock.h>
#include <linux/magic.h>
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <stdint.h>
#include <sys/mount.h> /* linux/mount.h itself collides with it in glibc 2.36 */
#include <sys/prctl.h>
#include <sys/syscall.h>

/* --- system calls: one number on every architecture since Linux 5.1, but for alpha --- */

#ifndef SYS_set_mempolicy_home_node
#define SYS_set_mempolicy_home_node 450 /* Linux 5.17 */
#endif
#ifndef SYS_cachestat
#define SYS_cachestat 451 /* Linux 6.5 */
#endif
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452 /* Linux 6.6 */
#endif
#ifndef SYS_statmount
#define SYS_statmount 457 /* Linux 6.8 */
#endif
#ifndef SYS_listmount
#define SYS_listmount 458 /* Linux 6.8 */
#endif
#ifndef SYS_lsm_get_self_attr
#define SYS_lsm_get_self_attr 459 /* Linux 6.8 */
#endif
#ifndef SYS_lsm_set_self_attr
#define SYS_lsm_set_self_attr 460 /* Linux 6.8 */
#endif
#ifndef SYS_lsm_list_modules
#define SYS_lsm_list_modules 461 /* Linux 6.8 */
#endif
#ifndef SYS_mseal
#define SYS_mseal 462 /* Linux 6.10 */
#endif
#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467 /* Linux 6.15 */
#endif

/* --- mounts: move_mount(2), fsconfig(2), open_tree(2) --- */

#ifndef OPEN_TREE_NAMESPACE
#define OPEN_TREE_NAMESPACE (1 << 1) /* Linux 7.0 */
#endif
#ifndef MOVE_MOUNT_BENEATH
#define MOVE_MOUNT_BENEATH 0x00000200 /* Linux 6.5 */
#endif
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000 /* Linux 5.14 */
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
/* an enum constant in the headers that have it: Linux 6.6 */
#define COMPAT_FSCONFIG_CMD_CREATE_EXCL 8

/* --- file systems --- */

#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC 0x50494446 /* Linux 6.9 */
#endif
#ifndef MQUEUE_MAGIC
#define MQUEUE_MAGIC 0x19800202 /* in the kernel's ipc/mqueue.c only */
#endif

/* --- processes --- */

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* Linux 6.3 */
#endif
#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL /* Linux 6.9 */
#endif
#ifndef SECBIT_NO_SETUID_FIXUP
#define SECBIT_NO_SETUID_FIXUP (1 << 2) /* linux/securebits.h */
#endif
#ifndef PR_SCHED_CORE
#define PR_SCHED_CORE                    62 /* Linux 5.14 */
#define PR_SCHED_CORE_GET                0
#define PR_SCHED_CORE_CREATE             1
#define PR_SCHED_CORE_SHARE_TO           2
#define PR_SCHED_CORE_SHARE_FROM         3
#define PR_SCHED_CORE_SCOPE_THREAD       0
#define PR_SCHED_CORE_SCOPE_THREAD_GROUP 1
#endif
#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65 /* Linux 6.3 */
#endif

/** struct compat_sched_attr - sched_setattr(2), SCHED_ATTR_SIZE_VER1; glibc has it from 2.41 on */
struct compat_sched_attr {
	uint32_t size;
	uint32_t sched_policy;
	uint64_t sched_flags;
	int32_t sched_nice;                                   /* SCHED_OTHER, SCHED_BATCH */
	uint32_t sched_priority;                              /* SCHED_FIFO, SCHED_RR */
	uint64_t sched_runtime, sched_deadline, sched_period; /* SCHED_DEADLINE, ns */
	uint32_t sched_util_min, sched_util_max;
};

#ifndef SCHED_ISO
#define SCHED_ISO 4 /* reserved in sched(7), never implemented: linux/sched.h leaves it out */
#endif

/* --- memory policy: set_mempolicy(2); enum constants in the headers --- */

#ifndef MPOL_PREFERRED_MANY
#define MPOL_PREFERRED_MANY 5 /* Linux 5.15 */
#endif
#ifndef MPOL_WEIGHTED_INTERLEAVE
#define MPOL_WEIGHTED_INTERLEAVE 6 /* Linux 6.9 */
#endif

/* --- Landlock: landlock(7); the ABI in which each came --- */

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13) /* ABI 2, Linux 5.19 */
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14) /* ABI 3, Linux 6.2 */
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15) /* ABI 5, Linux 6.10 */
#endif
#ifndef LANDLOCK_ACCESS_NET_BIND_TCP
#define LANDLOCK_ACCESS_NET_BIND_TCP    (1ULL << 0) /* ABI 4, Linux 6.7 */
#define LANDLOCK_ACCESS_NET_CONNECT_TCP (1ULL << 1)
#endif
#ifndef LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET
#define LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0) /* ABI 6, Linux 6.12 */
#define LANDLOCK_SCOPE_SIGNAL               (1ULL << 1)
#endif
#ifndef LANDLOCK_CREATE_RULESET_ERRATA
#define LANDLOCK_CREATE_RULESET_ERRATA (1U << 1) /* Linux 6.15 */
#endif
#ifndef LANDLOCK_RESTRICT_SELF_LOG_SAME_EXEC_OFF
#define LANDLOCK_RESTRICT_SELF_LOG_SAME_EXEC_OFF  (1U << 0) /* ABI 7, Linux 6.15 */
#define LANDLOCK_RESTRICT_SELF_LOG_NEW_EXEC_ON    (1U << 1)
#define LANDLOCK_RESTRICT_SELF_LOG_SUBDOMAINS_OFF (1U << 2)
#endif

/** struct compat_landlock_ruleset_attr - as of ABI 6; a kernel that is older takes it while the
 * rest is zero */
struct compat_landlock_ruleset_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net; /* ABI 4 */
	uint64_t scoped;             /* ABI 6 */
};

#endif
