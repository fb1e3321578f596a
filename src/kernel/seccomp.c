/* kernel/seccomp.c: get a program and load it, seccomp(2)
 *
 * A filter is inherited and can never be taken off. Loading one needs no_new_privs, or CAP_SYS_ADMIN
 * in the user namespace: without that rule a filter could deny a set-user-id program the very call
 * with which it gives up privilege.
 */
#include "kernel/seccomp.h"

#include "base/cleanup.h"
#include "kernel/seccomp_internal.h"

#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>

int seccomp_compile_as(const struct seccomp_profile *profile,
		       const char digest[static SHA256_TEXT_SIZE], int cache, struct arena *arena,
		       struct seccomp_program *ret, struct error *err)
{
	struct seccomp_library library;

	if (seccomp_compile(profile, arena, ret, &library, err) < 0)
		return error_context(err, "compiling the seccomp profile");
	memcpy(ret->digest, digest, sizeof ret->digest);
	seccomp_cache_put(cache, ret, &library);
	return 0;
}

int seccomp_program_get(const struct seccomp_profile *profile, int cache, struct arena *arena,
			struct seccomp_program *ret, struct error *err)
{
	char digest[SHA256_TEXT_SIZE];

	seccomp_digest_profile(profile, digest);
	if (seccomp_cached(cache, digest, arena, ret))
		return 0;
	return seccomp_compile_as(profile, digest, cache, arena, ret, err);
}

static int cannot_load(struct error *err)
{
	static const struct {
		int code;
		const char *remedy;
	} remedies[] = {
		{ EACCES,
		  "set process.noNewPrivileges, or load the filter as root of the user namespace" },
		{ EBUSY,
		  "only one filter of a process may have a listener: leave out SCMP_ACT_NOTIFY" },
		{ EINVAL,
		  "use a kernel that has these flags (SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: "
		  "Linux 5.19), or remove them from linux.seccomp.flags" },
		{ ENOSYS, "use a kernel with CONFIG_SECCOMP_FILTER" },
	};
	const int code = errno;

	(void)error_sys(err, "/linux/seccomp", "cannot load the seccomp filter");
	for (size_t i = 0; i < ARRAY_LEN(remedies); i++)
		if (remedies[i].code == code)
			return error_remedy(err, "%s", remedies[i].remedy);
	return -1;
}

int seccomp_load(const struct sock_filter *filter, unsigned short n, unsigned flags,
		 int *ret_listener, struct error *err)
{
	/* the kernel only reads it, but its type serves SO_ATTACH_FILTER of old too */
	struct sock_fprog program = { n, (struct sock_filter *)(uintptr_t)filter };
	const long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);

	if (result < 0)
		return cannot_load(err);
	if (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) {
		*ret_listener = (int)result;
		return 0;
	}
	if (result > 0) { /* SECCOMP_FILTER_FLAG_TSYNC: the thread that has another filter */
		errno = EBUSY;
		return error_sys(err, "/linux/seccomp/flags",
				 "thread %ld has a seccomp filter of its own", result);
	}
	return 0;
}
