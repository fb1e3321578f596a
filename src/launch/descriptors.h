/* launch/descriptors.h: which descriptors a process of a container holds */
#ifndef BRIG_LAUNCH_DESCRIPTORS_H
#define BRIG_LAUNCH_DESCRIPTORS_H

#include "base/error.h"

#include <stddef.h>

/**
 * descriptors_keep() - close everything but 0 to @first - 1 and those in @keep
 * @keep: variables that hold descriptors (or -1); each gets a new number from @first on,
 *        close-on-exec Nothing of the engine's may stay open in a process that lives as long as the
 *        container: it would keep the engine's pipes from reaching their end.
 */
[[nodiscard]] int descriptors_keep(unsigned first, int *const *keep, size_t n, struct error *err);

#endif
