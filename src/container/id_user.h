/* container/id_user.h: the ids that an ordinary user can give to a container */
#ifndef BRIG_CONTAINER_ID_USER_H
#define BRIG_CONTAINER_ID_USER_H

#include "base/arena.h"
#include "base/error.h"
#include "kernel/idmap.h"

#include <stddef.h>
#include <stdint.h>

/**
 * id_user_part() - how many of a user's @available subordinate ids one container gets
 * As many as @wanted if there are 16 times as many; else a sixteenth, but not less than 1,024:
 * Debian's adduser(8) gives 65,536 to a user, who will want more than one container.
 */
[[nodiscard]] uint32_t id_user_part(uint32_t available, uint32_t wanted);

/**
 * id_user_ranges() - the mapping of such a part
 * @own: the caller's own id, which becomes 0; or NULL
 * A part is smaller than what images use, which have files and processes of 65534 (nobody): its last id
 * becomes that one.
 * Return: number of ranges in *@ret, from @arena
 */
[[nodiscard]] size_t id_user_ranges(struct arena *arena, uint32_t first, uint32_t count,
				    const uint32_t *own, const struct id_range **ret);

/**
 * id_user_namespace() - the ids that exist in our own user namespace, each mapped to itself
 * @path: "self/uid_map" or "self/gid_map", below @proc
 */
[[nodiscard]] int id_user_namespace(int proc, const char *path, struct arena *arena,
				    const struct id_range **ret, size_t *ret_n, struct error *err);

#endif
