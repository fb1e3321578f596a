/* kernel/overlay_forget.c: an engine's overlay looks anew at layers that a container has written to
 *
 * The engine's overlay and brig's have one upper directory, and the kernel promises nothing about what
 * one has cached while the other changes it. A directory that the engine had seen in a lower layer is
 * there for it still, after the container has copied it up: the engine's next mkdir in it fails with
 * ENOTEMPTY. An image build does just that, by COPY after RUN.
 *
 * A reconfiguration of a file system drops its unused entries (shrink_dcache_sb() of the kernel's
 * reconfigure_super()), and overlay takes no option then, so nothing else changes.
 */
#include "kernel/overlay_forget.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/compat.h"
#include "kernel/mountinfo.h"
#include "kernel/overlay_options.h"
#include "kernel/procfs.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { MOUNTINFO_MAX = 64 << 20 };

/* Names first: a path that a layer was mounted by long ago is followed only if it may be the one. */
static bool is_upper_in(const char *upper, const char *home, const struct stat *home_stat)
{
	const char *name = strrchr(home, '/');
	const char *end = strrchr(upper, '/');
	const size_t len = strlen(name);
	char parent[PATH_MAX];
	struct stat st;

	if (!end || (size_t)(end - upper) < len || (size_t)(end - upper) >= sizeof parent ||
	    memcmp(end - len, name, len) != 0)
		return false;
	memcpy(parent, upper, (size_t)(end - upper));
	parent[end - upper] = '\0';
	return stat(parent, &st) == 0 && st.st_dev == home_stat->st_dev &&
	       st.st_ino == home_stat->st_ino;
}

static int forget(const struct mountinfo *mount, struct error *err)
{
	autoclose int point = open(mount->point, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statx st;

	/* Covered by another mount, or unmounted since: nobody asks it by this path. */
	if (point < 0 || statx(point, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) < 0 ||
	    st.stx_mnt_id != mount->id)
		return 0;

	autoclose int context = fspick(point, "", FSPICK_EMPTY_PATH | FSPICK_CLOEXEC);

	if (context < 0 || fsconfig(context, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) < 0)
		return error_sys(err, mount->point, "cannot make the overlay at '%s' look anew",
				 mount->point);
	return 0;
}

int overlay_forget(const char *home, struct error *err)
{
	struct stat home_stat;

	if (stat(home, &home_stat) < 0)
		return 0;

	autoarena struct arena arena = {};
	autobuf struct buf text = {};
	autoclose int proc = procfs_open(err);
	autoclose int fd = proc < 0 ? -1 : procfs_open_file(proc, "self/mountinfo", O_RDONLY, err);
	struct mountinfo mount;

	if (fd < 0 || fd_read_all(fd, MOUNTINFO_MAX, &text, err) < 0)
		return -1;
	for (char *at = text.data; mountinfo_next(&at, &mount);) {
		struct overlay_layers layers;
		struct error ignored;

		/* An overlay whose options brig does not know is none that it has made once more. */
		if (strcmp(mount.type, "overlay") == 0 &&
		    overlay_options_read(mount.options, &arena, &layers, &ignored) == 0 &&
		    layers.upper && is_upper_in(layers.upper, home, &home_stat) &&
		    forget(&mount, err) < 0)
			return -1;
	}
	return 0;
}
