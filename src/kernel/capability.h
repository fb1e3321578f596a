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

/** capability_from_name() - "CAP_NET_RAW" (any case) to its number, or -1 if libcap and we do not know it */
[[nodiscard]] int capability_from_name(const char *name);
/** capability_to_name() - "CAP_NET_RAW"; "CAP_63" style for numbers without a name */
const char *capability_to_name(int number, char ret[24]);
/** capability_last() - the last one that the running kernel has: prctl(PR_CAPBSET_READ), 40 on Linux 6.x */
[[nodiscard]] int capability_last(void);

/** capability_limit_bounding() - drop what is not in @mask from the bounding set; needs CAP_SETPCAP, so before the ids change */
[[nodiscard]] int capability_limit_bounding(uint64_t mask, struct error *err);
/** capability_apply() - the other four sets, exactly, read back and compared; ambient last */
[[nodiscard]] int capability_apply(const struct capabilities *set, struct error *err);
/** capability_held() - this process's effective set */
[[nodiscard]] uint64_t capability_held(void);

#endif
