/* kernel/overlay.h: an overlay of id-mapped layers, such as a mounted one once more
 *
 * Engines hand over a root file system that is a mounted overlay, and an overlay as a whole cannot be
 * id-mapped (EINVAL, mount_setattr(2)). Its layers can, from Linux 5.19 on. Nothing is chown-ed: what is
 * written through the new overlay lands in the same upper directory, with the owners that it has inside
 * the container.
 */
#ifndef BRIG_KERNEL_OVERLAY_H
#define BRIG_KERNEL_OVERLAY_H

#include "kernel/idmap.h"
#include "kernel/overlay_options.h"
#include "kernel/overlay_work.h"

/** overlay_is_root() - is @fd the root of a mounted overlay? */
[[nodiscard]] bool overlay_is_root(int fd);

/**
 * overlay_examine() - what the overlay at @source is made of
 * @source: O_PATH fd for which overlay_is_root() holds
 * @arena:  owns all that @ret points to. A relative layer stays as the mounter named it
 */
[[nodiscard]] int overlay_examine(int source, struct arena *arena, struct overlay_layers *ret,
				  struct error *err);

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

struct overlay_dirs {
	const int *lower; /* O_PATH fds, topmost first; the last n_data hold data only */
	size_t n_lower, n_data;
	int upper; /* -1: nothing can be written */
	const char *carried;
};

/**
 * overlay_make() - an overlay that is not mounted yet, as a detached mount
 * @dirs:  borrowed. A lower one that is a mounted overlay itself is made once more, too
 * @ids:   NULL: the layers are not mapped, and @userns is -1
 * @notes: as for overlay_recompose()
 */
[[nodiscard]] int overlay_make(const struct overlay_dirs *dirs, const struct idmap *ids, int userns,
			       const struct overlay_notes *notes, struct error *err);

#endif
