/* container/id.h: which names a container may have
 *
 * An id becomes a directory name, part of a cgroup's name and of a systemd unit's, so its alphabet
 * is small: [A-Za-z0-9_+-][A-Za-z0-9_+.-]*, at most 255 bytes. "." and ".." cannot occur: the first
 * character is never a dot.
 */
#ifndef BRIG_CONTAINER_ID_H
#define BRIG_CONTAINER_ID_H

#include "base/error.h"

#include <stdbool.h>

enum {
	CONTAINER_ID_MAX = 255
}; /* bytes: NAME_MAX of every file system that can hold a state root */

/** id_is_valid() - is @id such a name? */
[[nodiscard]] bool id_is_valid(const char *id);

/** id_check() - the same with the reason: ERR_USAGE "invalid container ID format: …" */
[[nodiscard]] int id_check(const char *id, struct error *err);

#endif
