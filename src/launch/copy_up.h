/* launch/copy_up.h: tmpcopyup: a tmpfs that starts with what it hides */
#ifndef BRIG_LAUNCH_COPY_UP_H
#define BRIG_LAUNCH_COPY_UP_H

#include "base/error.h"

/**
 * copy_up() - copy the tree at @path below @root into the detached mount @target
 * Directories, regular files and links with owner, mode and times; sockets, devices and FIFOs are
 * left out. By descriptor all the way, never following a link; at most 64 levels deep.
 */
[[nodiscard]] int copy_up(int root, const char *path, int target, struct error *err);

#endif
