/* launch/descriptors.c: which descriptors a process of a container holds */
#include "launch/descriptors.h"

#include "base/cleanup.h"
#include "kernel/process.h"

#include <assert.h>
#include <fcntl.h>

enum { KEEP_MAX = 8 };

int descriptors_keep(unsigned first, int *const *keep, size_t n, struct error *err)
{
	int copies[KEEP_MAX];

	assert(n <= KEEP_MAX);
	/* First above all numbers that are wanted, then down: no dup3(2) hits one that is still
	 * needed. */
	for (size_t i = 0; i < n; i++) {
		copies[i] = *keep[i] < 0 ? -1 : fcntl(*keep[i], F_DUPFD_CLOEXEC, (int)(first + n));
		if (*keep[i] >= 0 && copies[i] < 0)
			return error_sys(err, NULL, "cannot keep a descriptor");
	}
	for (size_t i = 0; i < n; i++) {
		if (copies[i] < 0)
			continue;
		*keep[i] = (int)(first + i);
		if (dup3(copies[i], *keep[i], O_CLOEXEC) < 0)
			return error_sys(err, NULL, "cannot keep a descriptor");
	}
	/* Of those that the engine hands on none has this flag: it would not have come here. All of ours
	 * have, and one of ours may stand where the engine has passed fewer than it said. */
	for (int fd = 3; fd < (int)first; fd++) {
		const int flags = fcntl(fd, F_GETFD);

		if (flags >= 0 && flags & FD_CLOEXEC)
			close(fd);
	}
	return process_close_fds_from(first + (unsigned)n, err);
}
