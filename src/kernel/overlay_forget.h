/* kernel/overlay_forget.h: an engine's overlay looks anew at layers that a container has written to */
#ifndef BRIG_KERNEL_OVERLAY_FORGET_H
#define BRIG_KERNEL_OVERLAY_FORGET_H

#include "base/error.h"

/**
 * overlay_forget() - every overlay mounted here whose upper directory is in @home drops what it has cached
 * @home: absolute path. What is open, or a working directory, stays cached
 *
 * None mounted is success, and so is a @home that is gone.
 */
[[nodiscard]] int overlay_forget(const char *home, struct error *err);

#endif
