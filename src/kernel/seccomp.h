/* kernel/seccomp.h: system call filters; seccomp(2), seccomp_unotify(2)
 *
 * A profile is compiled by libseccomp (loaded only then) or taken from a cache of compiled programs.
 * An entry of the cache is named by the digest of the profile, of this machine's architecture and of
 * the format, and remembers the libseccomp that compiled it: see kernel/seccomp_cache.c.
 */
#ifndef BRIG_KERNEL_SECCOMP_H
#define BRIG_KERNEL_SECCOMP_H

#include "base/arena.h"
#include "base/error.h"
#include "kernel/seccomp_profile.h"

/**
 * seccomp_program_get() - the compiled program of a profile
 * @cache: directory fd, root-only (0700), or -1 for no cache. An entry is used only if it is a regular file owned
 *         by us, 0600, with a matching digest header; a broken one is ignored and replaced.
 * @ret:   its filter lives in @arena
 */
[[nodiscard]] int seccomp_program_get(const struct seccomp_profile *profile, int cache,
				      struct arena *arena, struct seccomp_program *ret,
				      struct error *err);

/**
 * seccomp_digest_text() - the cache's key for a profile file, from its bytes: a hit needs no JSON parser
 * seccomp_digest_profile() - the key for a profile that exists only as a value (config.json has much else in it)
 */
void seccomp_digest_text(const void *text, size_t len, char ret[static SHA256_TEXT_SIZE]);
void seccomp_digest_profile(const struct seccomp_profile *profile,
			    char ret[static SHA256_TEXT_SIZE]);

/** seccomp_cached() - the program under this key, if @cache (may be -1) has a sound one; @ret untouched otherwise */
[[nodiscard]] bool seccomp_cached(int cache, const char digest[static SHA256_TEXT_SIZE],
				  struct arena *arena, struct seccomp_program *ret);

/** seccomp_compile_as() - compile, and put it into @cache (may be -1) under this key; failing to store is no error */
[[nodiscard]] int seccomp_compile_as(const struct seccomp_profile *profile,
				     const char digest[static SHA256_TEXT_SIZE], int cache,
				     struct arena *arena, struct seccomp_program *ret,
				     struct error *err);

/**
 * seccomp_load() - put this process under the program; the last thing before execve(2)
 * @flags: SECCOMP_FILTER_FLAG_…
 * @ret_listener: with SECCOMP_FILTER_FLAG_NEW_LISTENER the notification fd (owned), else untouched
 */
[[nodiscard]] int seccomp_load(const struct sock_filter *filter, unsigned short n, unsigned flags,
			       int *ret_listener, struct error *err);

#endif
