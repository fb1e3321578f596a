/* kernel/overlay.h: a mounted overlay, once more from id-mapped layers
 *
 * Engines hand over a root file system that is a mounted overlay, and an overlay as a whole cannot be
 * id-mapped (EINVAL, mount_setattr(2)). Its layers can, from Linux 5.19 on. Nothing is chown-ed: what is
 * written through the new overlay lands in the same upper directory, with the owners that it has inside
 * the container.
 */
#ifndef BRIG_KERNEL_OVERLAY_H
#define BRIG_KERNEL_OVERLAY_H

#include "kernel/idmap.h"
#include "kernel/overlay_work.h"

/** overlay_is_root() - is @fd the root of a mounted overlay? */
[[nodiscard]] bool overlay_is_root(int fd);

/**
 * overlay_recompose() - the overlay at @source as a new, detached mount
 * @source:    O_PATH fd for which overlay_is_root() holds
 * @ids:       the mapping, and @userns a user namespace that has it
 * @recursive: an error if other mounts lie below the overlay: they would not be in the new one
 * @notes:     told of the work directory, if there is an upper layer to write to
 *
 * Return: an owned mount fd; -1 with *err filled: a work directory that was noted may exist
 */
[[nodiscard]] int overlay_recompose(int source, const struct idmap *ids, int userns, bool recursive,
				    const struct overlay_notes *notes, struct error *err);

#endif
