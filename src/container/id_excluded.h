/* container/id_excluded.h: ids that belong to users of this host: passwd(5), group(5), subuid(5)
 *
 * The files below /etc are read as they are. A line that does not parse is skipped, as every
 * reader of these files does; what it might have meant is unknown to all of them.
 */
#ifndef BRIG_CONTAINER_ID_EXCLUDED_H
#define BRIG_CONTAINER_ID_EXCLUDED_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct id_span {
	uint32_t first, last; /* inclusive */
};

struct id_excluded {
	struct id_span *spans; /* in no order; owned */
	size_t n;
};

/** id_excluded_read() - ids of all users, groups and subordinate ranges below @etc; freed by id_excluded_free() */
[[nodiscard]] int id_excluded_read(int etc, struct id_excluded *ret, struct error *err);

/** id_excluded_has() - is an id from @first to @last among them? */
[[nodiscard]] bool id_excluded_has(const struct id_excluded *excluded, uint32_t first,
				   uint32_t last);

void id_excluded_free(struct id_excluded *excluded);

/**
 * id_subordinate() - the largest range that @file gives to a user
 * @file: "subuid" or "subgid": both name users, by name or uid
 * Return: 1, 0 if there is none, -1 with *err filled
 */
[[nodiscard]] int id_subordinate(int etc, const char *file, uint32_t uid, struct id_span *ret,
				 struct error *err);

#endif
