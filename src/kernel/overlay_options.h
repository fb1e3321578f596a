/* kernel/overlay_options.h: what an overlay is made of, as mountinfo shows it or config.json asks for it
 *
 * The text comes from whoever mounted the overlay: it is read as strictly as any other input.
 */
#ifndef BRIG_KERNEL_OVERLAY_OPTIONS_H
#define BRIG_KERNEL_OVERLAY_OPTIONS_H

#include "base/arena.h"
#include "base/error.h"
#include "kernel/mount.h"

#include <stdbool.h>
#include <stddef.h>

enum { OVERLAY_LAYERS_MAX = 500 }; /* OVL_MAX_STACK of the kernel's fs/overlayfs/params.h */

struct overlay_layers {
	const char *const *lower; /* topmost first; as they were named: a path may be relative */
	size_t n_lower;
	const char *const *data; /* data-only layers, below the others */
	size_t n_data;
	const char *upper; /* NULL: there is none, and nothing can be written */
	const char *work;  /* the mounter's own, NULL: none is named */
	const char
		*carried; /* options of the same overlay mounted once more: ",metacopy=on", or "" */
	bool readonly;    /* the file system itself is, whatever the mount says */
};

/**
 * overlay_options_read() - read the last field of a mountinfo line of type "overlay"
 * @options: as it stands there, blanks and commas of values in octal
 * @arena:   owns all that @ret points to
 * @err:     an option that brig has no opinion on is refused by its name
 */
[[nodiscard]] int overlay_options_read(const char *options, struct arena *arena,
				       struct overlay_layers *ret, struct error *err);

/** overlay_options_take() - the same of the options of an overlay that nobody has mounted yet */
[[nodiscard]] int overlay_options_take(const struct mount_option_value *options, size_t n,
				       struct arena *arena, struct overlay_layers *ret,
				       struct error *err);

#endif
