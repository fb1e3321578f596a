/* kernel/keyring.c: the session keyring; session-keyring(7)
 *
 * A session keyring is inherited by fork(2) and kept by execve(2): without one of its own, a
 * container could read what the engine, or the user who started it, keeps there (Kerberos tickets,
 * file system keys). Raw system calls: libkeyutils is not worth a dependency for two of them.
 */
#include "kernel/keyring.h"

#include "kernel/compat.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <unistd.h>

/* The permissions of the possessor, include/linux/key.h, which the headers for programs lack. */
enum {
	KEY_POS_VIEW = 0x01000000,
	KEY_POS_READ = 0x02000000,
	KEY_POS_WRITE = 0x04000000,
	KEY_POS_SEARCH = 0x08000000,
	KEY_POS_LINK = 0x10000000,
};

int keyring_join_new_session(struct error *err)
{
	const unsigned permissions =
		KEY_POS_VIEW | KEY_POS_READ | KEY_POS_WRITE | KEY_POS_SEARCH | KEY_POS_LINK;

	/* without a name: a named one would be joined if it existed */
	const long serial = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL, 0, 0, 0);

	if (serial < 0 && errno == ENOSYS)
		return 0;
	if (serial < 0) {
		(void)error_sys(err, "session keyring", "cannot create a session keyring");
		if (err->code == EDQUOT || err->code == ENOMEM)
			return error_remedy(err, "raise the sysctl kernel.keys.maxkeys, or use "
						 "--no-new-keyring");
		return -1;
	}
	if (syscall(SYS_keyctl, KEYCTL_SETPERM, serial, permissions, 0, 0) < 0)
		return error_sys(err, "session keyring",
				 "cannot set the permissions of the session keyring");
	return 0;
}
