/* kernel/capability.h: capability sets; capabilities(7), through libcap */
#ifndef BRIG_KERNEL_CAPABILITY_H
#define BRIG_KERNEL_CAPABILITY_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* A set is a mask: bit n is capability n. */
struct capabilities {
	uint64_t bounding, effective, inheritable, permitted, ambient;
};

enum { CAPABILITY_NAME_SIZE = 24 };

/** capability_from_name() - "CAP_NET_RAW" (any case) to its number, or -1 if libcap does not know it */
[[nodiscard]] int capability_from_name(const char *name);

/** capability_to_name() - "CAP_NET_RAW"; "CAP_63" for a number without a name. Return: @ret */
const char *capability_to_name(int number, char ret[static CAPABILITY_NAME_SIZE]);

/** capability_last() - the last one that the running kernel has: 40 on Linux 6.x */
[[nodiscard]] int capability_last(void);

/**
 * capability_limit_bounding() - drop what is not in @mask from the bounding set
 * Needs CAP_SETPCAP over the own user namespace: so it comes before the ids change. Cannot be undone.
 */
[[nodiscard]] int capability_limit_bounding(uint64_t mask, struct error *err);

/**
 * capability_apply() - the other four sets, exactly; then read back and compared
 * After the change of ids, with the permitted set kept (process_set_ids()). Ambient comes last: it
 * must be within permitted and inheritable.
 * @err: where = "/process/capabilities…"
 */
[[nodiscard]] int capability_apply(const struct capabilities *set, struct error *err);

/** capability_held() - this process's effective set */
[[nodiscard]] uint64_t capability_held(void);

#endif
