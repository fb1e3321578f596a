/* kernel/namespace.h: the eight kinds of namespace, namespaces(7) */
#ifndef BRIG_KERNEL_NAMESPACE_H
#define BRIG_KERNEL_NAMESPACE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ns { NS_USER, NS_MOUNT, NS_PID, NS_NET, NS_IPC, NS_UTS, NS_CGROUP, NS_TIME, NS_COUNT };

/** ns_name() - as config-linux.md spells it: "network"; ns_proc() - the file below /proc/PID/ns;
 * ns_flag() - CLONE_NEW… */
const char *ns_name(enum ns kind);
const char *ns_proc(enum ns kind);
unsigned ns_flag(enum ns kind);

/**
 * ns_open() - open a namespace by path, and make sure that it is one and of this kind
 * fstatfs(2) must say nsfs and NS_GET_NSTYPE (ioctl_ns(2)) the kind: a path in a bundle may be a
 * FIFO, a device, or a namespace of another kind.
 * Return: an owned fd, or -1 with *err filled (where is left empty: the caller knows the pointer)
 */
[[nodiscard]] int ns_open(enum ns kind, const char *path, struct error *err);

/**
 * ns_is_own() - does @fd stand for the namespace that this process is in?
 * Compared by device and inode. -1 on error
 */
[[nodiscard]] int ns_is_own(enum ns kind, int fd, struct error *err);

/** ns_same() - do two fds stand for the same namespace? */
[[nodiscard]] bool ns_same(int a, int b);

/**
 * ns_is_initial_user() - is this process in the initial user namespace? Its inode number is fixed
 */
[[nodiscard]] bool ns_is_initial_user(void);

/**
 * ns_user_is_child() - was the user namespace @fd made from the one that this process is in?
 * NS_GET_PARENT, ioctl_ns(2). A process of a container may have entered a namespace of its own making,
 * whose mapping can look like the one that it was given.
 */
[[nodiscard]] bool ns_user_is_child(int fd);

/**
 * ns_time_enter_new() - unshare a time namespace, set its offsets, enter it; time_namespaces(7)
 * @proc:    procfs
 * @offsets: fd of our own timens_offsets, opened by somebody who may when we are not dumpable; -1:
 *           there are none to set
 */
[[nodiscard]] int ns_time_enter_new(int proc, int offsets, const int64_t secs[2],
				    const uint32_t nanosecs[2], struct error *err);

#endif
