/* kernel/overlay_forget.c: an engine's overlay looks anew at layers that a container has written to
 *
 * The engine's overlay and brig's have one upper directory, and the kernel promises nothing about what
 * one has cached while the other changes it. A directory that the engine had seen in a lower layer is
 * there for it still, after the container has copied it up: the engine's next mkdir in it fails with
 * ENOTEMPTY. An image build does just that, by COPY after RUN.
 *
 * A reconfiguration of a file system drops its unused entries (shrink_dcache_sb() of the kernel's
 * reconfigure_super()), and overlay takes no option then, so nothing else changes: not even if another
 * overlay is mounted there by now.
 */
#include "kernel/overlay_forget.h"

#include "base/cleanup.h"
#include "kernel/compat.h"
#include "kernel/overlay.h"

#include <fcntl.h>

int overlay_forget(const char *point, struct error *err)
{
	autoclose int fd = open(point, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
		return error_sys(err, point, "cannot open the overlay at '%s'", point);
	if (fd < 0 || !overlay_is_root(fd))
		return 0;

	autoclose int context = fspick(fd, "", FSPICK_EMPTY_PATH | FSPICK_CLOEXEC);

	/* EROFS: it may not become writable, which is asked after the entries were dropped. */
	if (context < 0 ||
	    (fsconfig(context, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) < 0 && errno != EROFS))
		return error_sys(err, point, "cannot make the overlay at '%s' look anew", point);
	return 0;
}
