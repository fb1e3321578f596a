/* kernel/overlay_mount.c: an overlay of detached, id-mapped layers
 *
 * Theory of operation
 *
 * Overlay takes its layers by path, and until Linux 6.15 only from mounts that are attached in the
 * caller's mount namespace (clone_private_mount() of fs/namespace.c). So a short-lived process with a
 * mount namespace of its own attaches them in a tmpfs there, mounts the overlay, and hands it over
 * detached; overlay has made clones of its own of the layers, so they outlive that namespace. All
 * paths are relative to the tmpfs and short: any number of layers fits into the one page that
 * mount(2) takes, no path needs quoting, and the container, which reads these options in its
 * mountinfo, learns nothing of the host's.
 *
 * Overlay remembers the credentials of its mounter, and makes files in the upper and work directories
 * with them. Behind the mapping id 0 of the host has no place (EOVERFLOW, "mounting read-only" in the
 * kernel's log), so the file system ids are, while it mounts, those of the container's root. It is the
 * host's root with all its capabilities that mounts: trusted.overlay.* attributes, in which an engine's
 * layers note what they hide, are not seen by anybody less. SECBIT_NO_SETUID_FIXUP keeps the
 * capabilities over the change of ids; capabilities(7).
 */
#include "kernel/overlay_mount.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/compat.h"
#include "kernel/mount.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define HOME    "home"
#define UPPER   "upper"
#define WORK    "work"
#define OVERLAY "overlay"

static int attach(int stage, const char *name, int mount, struct error *err)
{
	if (mkdirat(stage, name, 0700) < 0)
		return error_sys(err, NULL, "cannot make a place for a layer");

	autoclose int place = fd_open_beneath(stage, name, O_PATH | O_DIRECTORY, 0, err);

	return place < 0 ? -1 : mount_attach(mount, place, err);
}

static int link_into_home(int stage, const char *name, const char *target, struct error *err)
{
	char path[sizeof HOME + NAME_MAX + 1];

	snprintf(path, sizeof path, HOME "/%s", target);
	if (symlinkat(path, stage, name) < 0)
		return error_sys(err, NULL, "cannot make a link for a layer");
	return 0;
}

/* The working directory of this process becomes a tmpfs with the layers in it. */
static int stage_build(const struct overlay_parts *parts, struct error *err)
{
	/* Nothing of what follows may reach the namespace that this one is a copy of. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return error_sys(err, NULL, "cannot make the mounts of a new namespace private");

	autoclose int root = fd_open("/", O_PATH | O_DIRECTORY, 0, err);
	autoclose int stage = root < 0 ? -1 : mount_new("tmpfs", "brig", NULL, 0, 0, err);

	if (stage < 0 || mount_attach(stage, root, err) < 0)
		return -1;
	for (size_t i = 0; i < parts->n_lower; i++) {
		char name[24];

		snprintf(name, sizeof name, "%zu", i);
		if (attach(stage, name, parts->lower[i], err) < 0)
			return -1;
	}
	if (parts->home >= 0 && (attach(stage, HOME, parts->home, err) < 0 ||
				 link_into_home(stage, UPPER, parts->upper, err) < 0 ||
				 link_into_home(stage, WORK, parts->work, err) < 0))
		return -1;
	if (mkdirat(stage, OVERLAY, 0700) < 0 || fchdir(stage) < 0)
		return error_sys(err, NULL, "cannot make a place for an overlay");
	return 0;
}

/* Without an index, whatever the kernel was built for: see overlay_options.c. */
static void options_write(const struct overlay_parts *parts, struct buf *ret)
{
	const size_t first_data = parts->n_lower - parts->n_data;

	buf_puts(ret, "index=off,nfs_export=off,lowerdir=");
	for (size_t i = 0; i < parts->n_lower; i++)
		buf_printf(ret, "%s%zu", i == 0 ? "" : i >= first_data ? "::" : ":", i);
	if (parts->home >= 0)
		buf_puts(ret, ",upperdir=" UPPER ",workdir=" WORK);
	buf_puts(ret, parts->carried);
}

static int become(uint32_t uid, uint32_t gid, struct error *err)
{
	if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) < 0)
		return error_sys(err, NULL, "cannot keep capabilities over a change of ids");
	/* These return the former id, also when nothing has changed: setfsuid(2). */
	setfsgid(gid);
	setfsuid(uid);
	if ((uint32_t)setfsgid((gid_t)-1) != gid || (uint32_t)setfsuid((uid_t)-1) != uid)
		return error_set(err, ERR_KERNEL, NULL, "cannot take on the ids %u:%u", uid, gid);
	return 0;
}

static int stage_mount(const struct overlay_parts *parts, struct error *err)
{
	autobuf struct buf options = {};
	struct statvfs fs;

	options_write(parts, &options);
	if (become(parts->uid, parts->gid, err) < 0)
		return -1;
	if (mount("overlay", OVERLAY, "overlay", parts->home < 0 ? (unsigned long)MS_RDONLY : 0,
		  buf_text(&options)) < 0) {
		(void)error_sys(err, NULL, "cannot mount the overlay of id-mapped layers (%s)",
				buf_text(&options));
		return error_remedy(
			err, "overlay takes id-mapped layers from Linux 5.19 on; the kernel's "
			     "log (dmesg) says what else it does not like about them");
	}
	if (statvfs(OVERLAY, &fs) < 0)
		return error_sys(err, NULL, "cannot examine the overlay of id-mapped layers");
	if (parts->home >= 0 && (fs.f_flag & ST_RDONLY)) {
		(void)error_set(err, ERR_KERNEL, NULL,
				"the kernel made the overlay of id-mapped layers read-only");
		return error_remedy(err, "its log (dmesg) says which call on the work directory "
					 "failed");
	}
	return mount_clone(AT_FDCWD, OVERLAY, false, false, err);
}

[[gnu::noreturn]] static void stage_run(const struct overlay_parts *parts, int socket)
{
	struct error err = {}, ignored;
	int mount;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	mount = stage_build(parts, &err) < 0 ? -1 : stage_mount(parts, &err);
	(void)!fd_send(socket, &err, sizeof err, &mount, mount >= 0, &ignored);
	_exit(mount < 0);
}

int overlay_mount(const struct overlay_parts *parts, struct error *err)
{
	struct clone_args args = { .flags = CLONE_NEWNS, .exit_signal = SIGCHLD };
	struct error answer = {};
	int sockets[2], mount = -1;
	size_t n = 1;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return error_sys(err, NULL, "cannot make a socket pair");

	autoclose int ours = sockets[0], theirs = sockets[1];
	const pid_t stage = (pid_t)syscall(SYS_clone3, &args, sizeof args);

	if (stage < 0)
		return error_sys(err, NULL, "cannot create a mount namespace for an overlay");
	if (stage == 0)
		stage_run(parts, theirs);
	close(fd_take(&theirs));

	const ssize_t got = fd_receive(ours, &answer, sizeof answer, &mount, &n, err);

	while (waitpid(stage, NULL, 0) < 0 && errno == EINTR)
		;
	if (got < 0)
		return -1;
	if (got != sizeof answer)
		return error_set(err, ERR_KERNEL, NULL,
				 "the process that mounts overlays has died");
	if (n == 1)
		return mount;
	*err = answer;
	return -1;
}
