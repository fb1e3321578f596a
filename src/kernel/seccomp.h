/* kernel/seccomp.h: system call filters; seccomp(2), seccomp_unotify(2)
 *
 * A profile is compiled by libseccomp (loaded only then) or taken from a cache of compiled programs.
 */
#ifndef BRIG_KERNEL_SECCOMP_H
#define BRIG_KERNEL_SECCOMP_H

#include "base/arena.h"
#include "base/error.h"

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A profile in the kernel's terms: SECCOMP_RET_… with data in the lower 16 bits. */
enum seccomp_compare { CMP_NE, CMP_LT, CMP_LE, CMP_EQ, CMP_GE, CMP_GT, CMP_MASKED_EQ };
struct seccomp_arg {
	unsigned index;
	enum seccomp_compare compare;
	uint64_t value, value_two; /* CMP_MASKED_EQ: value is the mask, value_two what must remain */
};
struct seccomp_rule {
	const char *syscall; /* unknown names are skipped for that architecture, as the specification allows */
	uint32_t action;
	const struct seccomp_arg *args;
	size_t n_args;
	const char *from; /* JSON pointer, for messages */
};
struct seccomp_profile {
	uint32_t default_action;
	const char *const *architectures; /* "SCMP_ARCH_…"; the native one is always in */
	size_t n_architectures;
	const struct seccomp_rule *rules;
	size_t n_rules;
	bool enosys_for_unknown; /* a call newer than the profile's newest name answers ENOSYS, so that libc falls back */
};
struct seccomp_program {
	const struct sock_filter *filter;
	unsigned short n;
	bool from_cache;
	char digest[65]; /* of profile, libseccomp version and architecture, in hex: the cache's key */
};

/**
 * seccomp_program_get() - the compiled program of a profile
 * @cache: directory fd, root-only (0700), or -1 for no cache. An entry is used only if it is a regular file owned
 *         by us, 0600, with a matching digest header; a broken one is ignored and replaced.
 */
[[nodiscard]] int seccomp_program_get(const struct seccomp_profile *profile, int cache, struct arena *arena,
				      struct seccomp_program *ret, struct error *err);

/**
 * seccomp_load() - put this process under the program; the last thing before execve(2)
 * @flags: SECCOMP_FILTER_FLAG_…
 * @ret_listener: with SECCOMP_FILTER_FLAG_NEW_LISTENER the notification fd (owned), else untouched
 */
[[nodiscard]] int seccomp_load(const struct sock_filter *filter, unsigned short n, unsigned flags, int *ret_listener, struct error *err);

#endif
