/* kernel/guarded_path.h: a host path that only root could have made lead where it leads
 *
 * For paths that brig was told of by a text (the layers in mountinfo), rather than by an engine that
 * means them now: in between, whoever may rename one of their directories could have put another
 * thing there.
 */
#ifndef BRIG_KERNEL_GUARDED_PATH_H
#define BRIG_KERNEL_GUARDED_PATH_H

#include "base/error.h"

/**
 * guarded_path_open() - open a directory by an absolute path
 *
 * Symbolic links are followed (engines keep short names of layers as links), one component after the
 * other. Each directory that a component or a link is looked up in must be root's (or brig's own
 * user's, or in another user namespace nobody's who is known there) and not writable by others; in a sticky one such as /tmp the entry must be. Below a
 * directory that only its owner may search the rest is out of anybody's reach, and not asked about.
 *
 * Return: an owned O_PATH fd; -1 with *err filled (code ENOENT: it is not there)
 */
[[nodiscard]] int guarded_path_open(const char *path, struct error *err);

#endif
