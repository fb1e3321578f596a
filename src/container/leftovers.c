/* container/leftovers.c: what a container has outside of its own directory that outlives it */
#include "container/leftovers.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "kernel/overlay_forget.h"

#include <fcntl.h>
#include <string.h>

enum {
	LEFTOVERS_MAX = 16 << 20,
	WRITTEN =
		'=', /* before the path of a mounted overlay; that of a directory begins with "/" */
};

int leftovers_note(int dir, enum overlay_note kind, const char *path, struct error *err)
{
	autobuf struct buf note = {};
	autoclose int fd =
		openat(dir, STATE_LEFTOVERS,
		       O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_sys(err, STATE_LEFTOVERS, "cannot note a work directory");
	if (kind == OVERLAY_WRITTEN)
		buf_putc(&note, WRITTEN);
	buf_add(&note, path, strlen(path) + 1);
	return fd_write_all(fd, note.data, note.len, err);
}

/* The container is gone, and what the engine may still see of it no reason to keep it. */
static void show_engine(const char *point)
{
	struct error err;

	if (overlay_forget(point, &err) < 0)
		log_warn("%s: until it is unmounted, files in it may look as they did before the "
			 "container ran",
			 err.text);
}

static int remove_noted(const char *note, struct error *err)
{
	if (*note == WRITTEN)
		show_engine(note + 1);
	else if (overlay_work_remove(note, err) < 0)
		return error_context(err, "cannot remove '%s'", note);
	return 0;
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
		if (remove_noted(at, err) < 0)
			return -1;
	}
	return 0;
}
