/* container/leftovers.c: what a container has outside of its own directory that outlives it */
#include "container/leftovers.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "kernel/overlay_forget.h"
#include "kernel/overlay_work.h"

#include <fcntl.h>
#include <string.h>

enum { LEFTOVERS_MAX = 16 << 20 };

int leftovers_note(int dir, const char *path, struct error *err)
{
	autoclose int fd =
		openat(dir, STATE_LEFTOVERS,
		       O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_sys(err, STATE_LEFTOVERS, "cannot note a work directory");
	return fd_write_all(fd, path, strlen(path) + 1, err);
}

/* The container is gone; what the engine may still see of it is told, and no reason to keep it. */
static void show_engine(const char *work)
{
	autofree char *home = xstrdup(work);
	struct error err;

	*strrchr(home, '/') = '\0'; /* it was removed by this path: there is one */
	if (overlay_forget(home, &err) < 0)
		log_warn("%s: until it is unmounted its files may look as they did before the "
			 "container ran",
			 err.text);
}

int leftovers_remove(int dir, struct error *err)
{
	autobuf struct buf text = {};
	autoclose int fd =
		openat(dir, STATE_LEFTOVERS, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return error_sys(err, STATE_LEFTOVERS, "cannot open the notes of work directories");
	if (fd_read_all(fd, LEFTOVERS_MAX, &text, err) < 0)
		return -1;
	/* A last path without its NUL was being written when its create was killed. */
	for (const char *at = text.data, *end = at + text.len, *nul;
	     at < end && (nul = memchr(at, '\0', (size_t)(end - at))); at = nul + 1) {
		if (overlay_work_remove(at, err) < 0)
			return error_context(err, "cannot remove '%s'", at);
		show_engine(at);
	}
	return 0;
}
