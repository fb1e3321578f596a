/* kernel/idmap.h: which host ids stand behind the ids of a container; user_namespaces(7) */
#ifndef BRIG_KERNEL_IDMAP_H
#define BRIG_KERNEL_IDMAP_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IDMAP_RANGES_MAX = 340 }; /* user_namespaces(7): since Linux 4.15 */

struct id_range {
	uint32_t inside, outside, count;
};
struct idmap {
	const struct id_range *uids, *gids;
	size_t n_uids, n_gids;
};

/**
 * idmap_write() - give a new user namespace its mappings
 * @pid:    a process in that namespace (as seen by the caller), waiting
 * @map:    outside ids as the caller sees them
 * @setgroups: false: write "deny" to /proc/PID/setgroups first (needed without CAP_SETGID)
 * Return: 0, or -1; the namespace is then of no use and its process is killed.
 */
[[nodiscard]] int idmap_write(int proc, int pid, const struct idmap *map, bool setgroups,
			      struct error *err);

/** idmap_write_helpers() - the same through newuidmap(1) and newgidmap(1), for an ordinary user */
[[nodiscard]] int idmap_write_helpers(int pid, const struct idmap *map, struct error *err);

/**
 * idmap_read() - the mappings of the user namespace that a process is in, outside ids as the caller
 * sees them
 * @arena: owns the ranges
 */
[[nodiscard]] int idmap_read(int proc, int pid, struct arena *arena, struct idmap *ret,
			     struct error *err);

/**
 * idmap_line() - one line of a uid_map or gid_map, user_namespaces(7)
 * @text: "INSIDE OUTSIDE COUNT"; three numbers of 32 bits, or it is no line of a map
 * Return: what follows the line, or NULL with @ret untouched
 */
[[nodiscard]] const char *idmap_line(const char *text, struct id_range *ret);

/** idmap_equal() - the same ranges, in the same order? */
[[nodiscard]] bool idmap_equal(const struct idmap *a, const struct idmap *b);

/** idmap_outside() - the host id behind a container's id; false if it has none */
[[nodiscard]] bool idmap_outside(const struct id_range *ranges, size_t n, uint32_t inside,
				 uint32_t *ret);

/**
 * idmap_first() - the id of who sets a container up: 0, or the first that is mapped if that is not
 */
[[nodiscard]] uint32_t idmap_first(const struct id_range *ranges, size_t n);

/**
 * idmap_userns() - a user namespace that exists only to carry mappings for MOUNT_ATTR_IDMAP
 * Needed for a mount with mappings of its own (mounts[].uidMappings). A short-lived child makes it.
 * Return: an owned fd of the namespace
 */
[[nodiscard]] int idmap_userns(const struct idmap *map, struct error *err);

#endif
