/* container/lock.c: one writer a container */
#include "container/lock.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "container/state.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

enum { POLL_MS = 2 };

/* flock(2) knows no time-out, and a signal would be the whole process's: so we ask again. By the clock:
 * on a busy machine a pause is much longer than was asked for. */
static int flock_within(int fd, int timeout_ms)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1'000'000L };

	if (timeout_ms < 0)
		return flock(fd, LOCK_EX);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;

	const int64_t deadline = clock_ms() + timeout_ms;

	while ((errno == EWOULDBLOCK || errno == EINTR) && clock_ms() < deadline) {
		nanosleep(&pause, /* remaining = */ NULL);
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
	}
	return -1;
}

int lock_directory(int dir, int timeout_ms, struct error *err)
{
	int locked;

	do
		locked = flock_within(dir, timeout_ms);
	while (locked < 0 && errno == EINTR);
	if (locked == 0)
		return 0;

	if (errno != EWOULDBLOCK)
		return error_sys(err, /* where = */ NULL, "cannot lock the container's directory");
	(void)error_set(err, ERR_STATE, /* where = */ NULL,
			"container is busy: another command holds its lock");
	err->code = EWOULDBLOCK;
	return error_remedy(err, "wait for that command, or end it: the lock goes with it");
}

/* 1 if @id in @root still is @dir, 0 if not, -1 on error */
static int names(int root, const char *id, int dir, struct error *err)
{
	struct stat held, named;

	if (fstat(dir, &held) < 0)
		return error_sys(err, id, "cannot look at the container's directory");
	if (fstatat(root, id, &named, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return 0;
		return error_sys(err, id, "cannot look at the container's directory");
	}
	return held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

int lock_take(int root, const char *id, int timeout_ms, struct error *err)
{
	for (;;) {
		autoclose int dir = state_open(root, id, err);

		if (dir < 0 || lock_directory(dir, timeout_ms, err) < 0)
			return -1;

		const int current = names(root, id, dir, err);

		if (current < 0)
			return -1;
		if (current)
			return fd_take(&dir);
		/* Deleted while we waited; if it was made anew, that one is meant. Each round takes
		 * a delete by somebody else, so this ends. */
	}
}

bool lock_is_held(int dir)
{
	/* A descriptor of our own: asking with @dir would convert or release a lock that it has. */
	autoclose int own = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return own >= 0 && flock(own, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

void lock_release(int dir)
{
	(void)flock(dir, LOCK_UN); /* cannot fail for a descriptor that holds it */
}
