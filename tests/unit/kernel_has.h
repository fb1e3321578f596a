/* tests/unit/kernel_has.h: what a kernel has, or an emulator of its system calls, such as qemu-user */
#ifndef BRIG_TESTS_KERNEL_HAS_H
#define BRIG_TESTS_KERNEL_HAS_H

#include "skip_because.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/** kernel_has() - is there a system call of this number? It is asked for nonsense. */
static inline bool kernel_has(long number)
{
	return syscall(number, -1L, -1L, -1L, -1L, -1L, -1L) >= 0 || errno != ENOSYS;
}

/** needs_call() - leave the test where there is no such system call */
#define needs_call(name)                                                                           \
	do {                                                                                       \
		if (!kernel_has(SYS_##name))                                                       \
			skip_because("there is no " #name "(2) here");                             \
	} while (0)

/**
 * runs_emulated() - are we the guest of a user-mode emulator?
 * It shows us our program as /proc/self/exe (or nothing, after a chdir(2)), but cannot know that a child
 * asks for its parent's.
 */
static inline bool runs_emulated(void)
{
	char own[PATH_MAX] = {}, path[32], parents[PATH_MAX] = {};
	int status = -1;

	if (readlink("/proc/self/exe", own, sizeof own - 1) < 0)
		return access("/proc/self", F_OK) == 0;
	snprintf(path, sizeof path, "/proc/%d/exe", (int)getpid());

	const pid_t pid = fork();

	if (pid == 0)
		_exit(readlink(path, parents, sizeof parents - 1) > 0 && strcmp(own, parents) != 0);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status != 0;
}

/** needs_kernel() - leave the test where it would be an emulator's answers that are tested */
#define needs_kernel(what)                                                                         \
	do {                                                                                       \
		if (runs_emulated())                                                               \
			skip_because("an emulator is no kernel: " what);                           \
	} while (0)

#endif
