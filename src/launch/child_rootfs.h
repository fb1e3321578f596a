/* launch/child_rootfs.h: the file system of the container, as its init builds it, and what the steps
 * of that process share
 *
 * Each function is a step of child.c: 0, or -1 with *err filled. Their order is in the table there.
 */
#ifndef BRIG_LAUNCH_CHILD_ROOTFS_H
#define BRIG_LAUNCH_CHILD_ROOTFS_H

#include "base/arena.h"
#include "base/error.h"
#include "launch/sources.h"
#include "plan/plan.h"

struct child {
	const struct plan *plan;
	struct arena arena;
	int sync, start, proc;
	int clocks;         /* our timens_offsets, until they are set; -1 */
	int root;           /* the root mount */
	int covers;         /* for hidden paths; -1 if none are */
	int console;        /* the terminal's slave; -1 */
	int *late_readonly; /* mounts that become read-only once everything stands in them */
	size_t n_late_readonly;
	int *holds_points; /* by the mount's number: what is read-only, but for points of mounts; -1 */
	int of_joined[PLAN_OF_JOINED_MAX]; /* mounts that were made for us; taken in their order */
	size_t n_of_joined;
	const char *program;
	const char *const *env;
	struct sources sources; /* for plan->child_makes_sources */
};

/** rootfs_root() - receive the root mount and lay it over "/" (kernel/root.h); after that child->root is it */
[[nodiscard]] int rootfs_root(struct child *child, struct error *err);

/** rootfs_mounts() - every mount of the plan in its order; read-only ones stay writable until rootfs_protect() */
[[nodiscard]] int rootfs_mounts(struct child *child, struct error *err);

/** rootfs_devices() - devices outside of brig's own /dev: binds of the host's nodes, or FIFOs */
[[nodiscard]] int rootfs_devices(struct child *child, struct error *err);

/** rootfs_links() - /dev/fd and its like, config-linux.md "Default Devices" */
[[nodiscard]] int rootfs_links(struct child *child, struct error *err);

/** rootfs_cwd() - make process.cwd if it is absent and its place can be written */
[[nodiscard]] int rootfs_cwd(struct child *child, struct error *err);

/** rootfs_console() - a terminal from the container's devpts, bound to /dev/console; its master goes to the parent */
[[nodiscard]] int rootfs_console(struct child *child, struct error *err);

/** rootfs_hide() - masked paths, config-linux.md "Masked Paths" */
[[nodiscard]] int rootfs_hide(struct child *child, struct error *err);

/** rootfs_protect() - read-only paths, mounts and root */
[[nodiscard]] int rootfs_protect(struct child *child, struct error *err);

#endif
