/* kernel/overlay_work.h: the work directories that brig makes beside an engine's upper directories */
#ifndef BRIG_KERNEL_OVERLAY_WORK_H
#define BRIG_KERNEL_OVERLAY_WORK_H

#include "base/error.h"

#include <limits.h>
#include <stdint.h>

enum overlay_note {
	OVERLAY_WORK, /* this directory will be made, and nothing but overlay_work_remove() removes it */
	OVERLAY_WRITTEN, /* the overlay mounted here will see changes that it does not expect: overlay_forget() */
};

/* Called before it comes to that. */
struct overlay_notes {
	int (*note)(void *context, enum overlay_note kind, const char *path, struct error *err);
	void *context;
};

/**
 * overlay_work_make() - a new, empty directory in @home
 * One that an earlier boot left there is removed: the note of it was lost with that boot.
 * @uid, @gid: its owner
 * @ret: its name
 */
[[nodiscard]] int overlay_work_make(int home, uint32_t uid, uint32_t gid,
				    const struct overlay_notes *notes, char ret[NAME_MAX + 1],
				    struct error *err);

/** overlay_work_remove() - remove it with all that overlay has left in it; absent is success */
[[nodiscard]] int overlay_work_remove(const char *path, struct error *err);

#endif
