/* launch/fifo.c: a FIFO of linux.devices */
#include "launch/fifo.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "kernel/root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* By descriptor: somebody who can write to that directory may put a link in its place at any time. An
 * O_PATH one, for another file is not to be opened; fchmod(2) takes none, so the mode goes by procfs. */
static int own(int proc, const struct plan_device *device, int fifo, struct error *err)
{
	char path[32];

	snprintf(path, sizeof path, "self/fd/%d", fifo);
	/* mknod(2) obeys the umask. */
	if (fchownat(fifo, "", device->uid, device->gid, AT_EMPTY_PATH) < 0 ||
	    fchmodat(proc, path, device->mode, 0) < 0)
		return error_sys(err, device->from, "cannot set the owner of the FIFO");
	return 0;
}

int fifo_make(int root, int proc, const struct plan_device *device, struct error *err)
{
	autoarena struct arena arena = {};
	const char *name = strrchr(device->path, '/') + 1;
	const char *parent = arena_strndup(&arena, device->path, (size_t)(name - device->path));
	autoclose int dir = root_place(root, parent, S_IFDIR, err);
	struct stat st;

	if (dir < 0)
		return -1;
	if (mknodat(dir, name, S_IFIFO | device->mode, 0) < 0 && errno != EEXIST)
		return error_sys(err, device->from, "cannot make the FIFO");

	autoclose int fifo = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fifo < 0 || fstat(fifo, &st) < 0 || !S_ISFIFO(st.st_mode))
		return error_set(err, ERR_SPEC, device->from,
				 "there is something else in its place");
	return own(proc, device, fifo, err);
}
