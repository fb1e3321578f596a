/* kernel/overlay_forget.h: an engine's overlay looks anew at layers that a container has written to */
#ifndef BRIG_KERNEL_OVERLAY_FORGET_H
#define BRIG_KERNEL_OVERLAY_FORGET_H

#include "base/error.h"

/**
 * overlay_forget() - the overlay mounted at @point drops what it has cached
 * @point: absolute path. What is open in it, or somebody's working directory, stays cached
 *
 * Success, too, if no overlay is mounted there any more: that has nothing cached.
 */
[[nodiscard]] int overlay_forget(const char *point, struct error *err);

#endif
