/* kernel/keyring.c joins a session keyring without a name. Relied on: a session keyring is inherited
 * through fork(2) and a new user namespace, so that without the call a container holds the engine's;
 * the call gives a new one each time; and with the permissions that brig sets, another process of
 * the same user cannot read a key of it by its number. */
#include "assume.h"

#include <linux/keyctl.h>
#include <sched.h>
#include <sys/syscall.h>

static long keyctl(int command, unsigned long a, unsigned long b, unsigned long c)
{
	return syscall(SYS_keyctl, command, a, b, c, 0);
}

static long own(void)
{
	return keyctl(KEYCTL_GET_KEYRING_ID, (unsigned long)KEY_SPEC_SESSION_KEYRING, 0, 0);
}

static long join_new(void)
{
	return keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0);
}

static void prove(void)
{
	enum { POSSESSOR_ALL_BUT_SETATTR = 0x1f000000 };
	const long engine = join_new();
	char text[8] = "";

	NEEDS(engine >= 0, "no keyrings in this kernel");

	const long secret = syscall(SYS_add_key, "user", "secret", "ticket", 6, engine);

	HOLDS(secret > 0);

	const pid_t pid = fork();
	int status;

	if (pid == 0) {
		NEEDS(unshare(CLONE_NEWUSER) == 0, "cannot make a user namespace");
		HOLDS(own() == engine); /* inherited */
		HOLDS(keyctl(KEYCTL_READ, (unsigned long)secret, (unsigned long)text,
			     sizeof text) == 6);

		const long first = join_new(), second = join_new();

		HOLDS(first > 0 && second > 0 && first != engine && first != second);
		_exit(0);
	}
	HOLDS(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	if (WEXITSTATUS(status) != 0)
		_exit(WEXITSTATUS(status));

	/* a stranger of the same user, before and after the permissions are narrowed */
	HOLDS(keyctl(KEYCTL_DESCRIBE, (unsigned long)engine, 0, 0) > 0);
	HOLDS(keyctl(KEYCTL_SETPERM, (unsigned long)engine, POSSESSOR_ALL_BUT_SETATTR, 0) == 0);

	const pid_t stranger = fork();

	if (stranger == 0) {
		HOLDS(join_new() > 0);
		HOLDS(keyctl(KEYCTL_DESCRIBE, (unsigned long)engine, 0, 0) == -1 &&
		      errno == EACCES);
		_exit(0);
	}
	HOLDS(waitpid(stranger, &status, 0) == stranger && WIFEXITED(status));
	_exit(WEXITSTATUS(status));
}

int main(void)
{
	return in_child(prove);
}
