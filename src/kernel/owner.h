/* kernel/owner.h: to act as who owns, or shall own, a user namespace; user_namespaces(7) */
#ifndef BRIG_KERNEL_OWNER_H
#define BRIG_KERNEL_OWNER_H

#include <stdbool.h>
#include <sys/types.h>

/* What owner_leave() goes back to. */
struct owner {
	uid_t own;
	int securebits, death_signal;
};

/** owner_of() - who owns the user namespace of a process, as our own counts; false if it cannot be told */
[[nodiscard]] bool owner_of(int proc, pid_t pid, uid_t *ret);

/**
 * owner_become() - be @uid by the effective id alone, and keep all capabilities
 * The real and saved ids stay, so that nobody of that id can signal or trace us: kill(2), ptrace(2).
 * Return: false with errno, and nothing has changed
 */
[[nodiscard]] bool owner_become(uid_t uid, struct owner *ret);

/** owner_leave() - undo owner_become(); errno is kept */
void owner_leave(const struct owner *owner);

#endif
