/* kernel/mount.h: mounts as descriptors: fsopen(2), open_tree(2), mount_setattr(2), move_mount(2)
 *
 * A mount is made or cloned detached, gets all its attributes while nobody can reach it, and is
 * then attached once, at a directory or file that is held by fd. No path of the workload is
 * resolved twice, and there is no moment in which a mount stands without its flags (the races
 * behind CVE-2021-30465 and CVE-2025-52881).
 */
#ifndef BRIG_KERNEL_MOUNT_H
#define BRIG_KERNEL_MOUNT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mount_option_value { /* one fsconfig(2); value NULL: a flag */
	const char *key, *value;
};

/**
 * mount_new() - make a file system, detached
 * @source:  its "source" string, or NULL
 * @options: for fsconfig(2), in order
 * @attr:    MOUNT_ATTR_… for fsmount(2)
 * Return: an owned mount fd; -1 with *err filled from the kernel's own message (the fs context's
 * log) where it has one
 */
[[nodiscard]] int mount_new(const char *type, const char *source,
			    const struct mount_option_value *options, size_t n, uint64_t attr,
			    struct error *err);

/**
 * mount_clone() - a detached clone of what is mounted at @path: open_tree(2) with OPEN_TREE_CLONE
 * @dir:       directory fd that @path starts from, or AT_FDCWD; with an empty @path, the object
 * @dir itself
 * @recursive: with all mounts below
 * @follow:    follow a final symbolic link
 */
[[nodiscard]] int mount_clone(int dir, const char *path, bool recursive, bool follow,
			      struct error *err);

/** mount_set() - attributes of a mount, @recursive: of all below it too. @propagation: MS_… or 0 */
[[nodiscard]] int mount_set(int mount, uint64_t set, uint64_t clear, uint64_t propagation,
			    bool recursive, struct error *err);

/**
 * mount_idmap() - id-map a detached mount with the mappings of @userns
 * @err: EINVAL: the file system has no id-mapped mounts; EPERM: is id-mapped already. The remedy
 * names the choices.
 */
[[nodiscard]] int mount_idmap(int mount, int userns, bool recursive, struct error *err);

/** mount_attach() - attach a detached mount over @target, an O_PATH fd in this mount namespace */
[[nodiscard]] int mount_attach(int mount, int target, struct error *err);

/** mount_type_name() - the type of the file system that @fd is on, for messages: "ext4", "nfs",
 * "0x1234" */
const char *mount_type_name(int fd, char ret[24]);

#endif
