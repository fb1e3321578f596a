/* kernel/owner.c: to act as who owns, or shall own, a user namespace
 *
 * Theory of operation
 *
 * A user namespace belongs to the effective id of who made it. That id has two meanings later: what
 * the kernel counts for the namespace's processes (inotify instances, namespaces, message queues,
 * queued signals: struct ucounts) it counts for the owner in the parent namespace as well, and a
 * process of the parent namespace with that effective id has all capabilities over it.
 *
 * SECBIT_NO_SETUID_FIXUP, capabilities(7), keeps the effective capabilities over a change of the
 * effective id.
 */
#include "kernel/owner.h"

#include "base/cleanup.h"
#include "kernel/compat.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

bool owner_of(int proc, pid_t pid, uid_t *ret)
{
	char path[32];

	snprintf(path, sizeof path, "%d/ns/user", pid);

	autoclose int userns = openat(proc, path, O_RDONLY | O_CLOEXEC);

	return userns >= 0 && ioctl(userns, NS_GET_OWNER_UID, ret) == 0;
}

bool owner_become(uid_t uid, struct owner *ret)
{
	struct owner owner = { .own = geteuid(), .securebits = prctl(PR_GET_SECUREBITS) };

	/* A change of ids clears the death signal, which the engine may have set for us: prctl(2). */
	if (prctl(PR_GET_PDEATHSIG, &owner.death_signal) < 0 ||
	    prctl(PR_SET_SECUREBITS, owner.securebits | SECBIT_NO_SETUID_FIXUP) < 0)
		return false;
	*ret = owner;
	if (setresuid((uid_t)-1, uid, (uid_t)-1) == 0)
		return true;
	owner_leave(&owner);
	return false;
}

void owner_leave(const struct owner *owner)
{
	const int saved = errno;

	/* Back to what the real id still is: not refused, and to go on without would be a hole. */
	if (setresuid((uid_t)-1, owner->own, (uid_t)-1) < 0 ||
	    prctl(PR_SET_SECUREBITS, owner->securebits) < 0 ||
	    prctl(PR_SET_PDEATHSIG, owner->death_signal) < 0)
		abort();
	errno = saved;
}
