/* kernel/seccomp_profile.h: what a filter should do, and the filter, as values
 *
 * Apart from kernel/seccomp.h because libseccomp's header has a seccomp_load() too: the file that
 * uses the library includes this one only.
 */
#ifndef BRIG_KERNEL_SECCOMP_PROFILE_H
#define BRIG_KERNEL_SECCOMP_PROFILE_H

#include "base/sha256.h"

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A profile in the kernel's terms: SECCOMP_RET_… with data in the lower 16 bits. */
enum seccomp_compare { CMP_NE, CMP_LT, CMP_LE, CMP_EQ, CMP_GE, CMP_GT, CMP_MASKED_EQ, CMP_COUNT };
struct seccomp_arg {
	unsigned index;
	enum seccomp_compare compare;
	uint64_t value,
		value_two; /* CMP_MASKED_EQ: value is the mask, value_two what must remain */
};

/* For one call, of the rules that hold, a rule with conditions outweighs one without; of several of
 * the same kind the strictest action wins, in the order of seccomp(2). Where a rule has two conditions
 * on one argument, either is enough, as in other runtimes. */
struct seccomp_rule {
	/* a name; where an architecture does not have it, it is skipped, as the specification allows */
	const char *syscall;
	uint32_t action;
	const struct seccomp_arg *args;
	size_t n_args;
	const char *from; /* JSON pointer, for messages */
};
struct seccomp_profile {
	uint32_t default_action;
	unsigned flags; /* SECCOMP_FILTER_FLAG_…; only kept, beside the program */
	const char *const *architectures; /* "SCMP_ARCH_…"; the native one is always in */
	size_t n_architectures;
	const struct seccomp_rule *rules;
	size_t n_rules;
	/* a call newer than the profile's newest name answers ENOSYS, so that libc falls back */
	bool enosys_for_unknown;
};
struct seccomp_program {
	const struct sock_filter *filter;
	unsigned short n;
	unsigned flags; /* SECCOMP_FILTER_FLAG_…, from the profile */
	bool from_cache;
	char digest[SHA256_TEXT_SIZE]; /* of profile and architecture, in hex: the cache's key */
};

#endif
