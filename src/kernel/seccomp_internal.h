/* kernel/seccomp_internal.h: between the files of the seccomp module */
#ifndef BRIG_KERNEL_SECCOMP_INTERNAL_H
#define BRIG_KERNEL_SECCOMP_INTERNAL_H

#include "base/arena.h"
#include "base/error.h"
#include "kernel/seccomp_profile.h"

#include <sys/types.h>

/* A program in the making. After an overflow `n` stands still and `full` says so. */
struct bpf_code {
	struct sock_filter at[BPF_MAXINSNS];
	unsigned n;
	bool full;
};
void bpf_add(struct bpf_code *code, struct sock_filter instruction);

/* One calling convention. x86_64 and x32 share an audit architecture; x32 has a bit in its numbers. */
struct seccomp_abi {
	uint32_t token; /* SCMP_ARCH_… of libseccomp */
	uint32_t audit; /* AUDIT_ARCH_…: seccomp_data.arch */
	bool x32;
	bool narrow; /* arguments have 32 bits */
};
enum { SECCOMP_ABIS_MAX = 4 };

/* Number of a system call in an ABI; negative if it has no such call. Where an ABI has socket calls and
 * System V IPC twice, number() is negative for them, and direct_number() takes its time. */
struct seccomp_resolver {
	int (*number)(const void *context, uint32_t token, const char *name);
	int (*direct_number)(const void *context, uint32_t token, const char *name);
	const void *context;
};

/**
 * seccomp_prologue() - the part of the program that libseccomp cannot write
 * It answers what it decides and falls off its end for everything else.
 */
void seccomp_prologue(const struct seccomp_profile *profile, const struct seccomp_abi *abis,
		      size_t n_abis, const struct seccomp_resolver *resolver,
		      struct bpf_code *code);

/** seccomp_strictness() - smaller is stricter: the order in which the kernel weighs actions, seccomp(2) */
int32_t seccomp_strictness(uint32_t action);

/* The library that compiled a program. If its file is still the same, so is what it would compile. */
struct seccomp_library {
	char path[256];
	uint32_t version[3];
	uint64_t device, inode, size;
	int64_t mtime_s, mtime_ns;
};
/** seccomp_library_stat() - fill in all but the version for @library->path; false if the file is gone */
[[nodiscard]] bool seccomp_library_stat(struct seccomp_library *library);

/** seccomp_compile() - the whole program, with libseccomp; @ret_library->path is "" if its file was not found */
[[nodiscard]] int seccomp_compile(const struct seccomp_profile *profile, struct arena *arena,
				  struct seccomp_program *ret, struct seccomp_library *ret_library,
				  struct error *err);

/** seccomp_cache_put() - store, as far as possible */
void seccomp_cache_put(int cache, const struct seccomp_program *program,
		       const struct seccomp_library *library);

#endif
