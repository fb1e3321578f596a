/* kernel/overlay_mount.h: an overlay of detached, id-mapped layers */
#ifndef BRIG_KERNEL_OVERLAY_MOUNT_H
#define BRIG_KERNEL_OVERLAY_MOUNT_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct overlay_parts {
	const int *lower; /* detached mounts, topmost first; the last n_data hold data only */
	size_t n_lower, n_data;
	int home; /* detached mount of the directory that has both of the next two; -1: read-only */
	const char *upper, *work; /* names in it */
	const char *carried;      /* further options, each with a comma in front */
	uint32_t uid, gid; /* who mounts: ids that the mapping of the layers has on its outside */
};

/**
 * overlay_mount() - the overlay as a detached mount
 * The parts are borrowed, and of no use to anything else afterwards: they have been attached, in a
 * mount namespace that is gone.
 * Return: an owned mount fd, or -1 with *err filled
 */
[[nodiscard]] int overlay_mount(const struct overlay_parts *parts, struct error *err);

#endif
