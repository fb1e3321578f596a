/* launch/console.c: terminals
 *
 * With process.terminal the container gets a pseudo-terminal of its own devpts. Its master goes to
 * the engine over the console socket (AF_UNIX, SOCK_STREAM), or, when brig itself stays in the
 * foreground, is relayed to brig's own terminal.
 */
#include "launch/console.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/mount.h"
#include "kernel/root.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <termios.h>
#include <unistd.h>

int console_open(int root, const struct plan_process *process, int *ret_master, int *ret_slave,
		 struct error *err)
{
	const struct winsize size = { .ws_row = process->rows, .ws_col = process->columns };
	autoclose int master = fd_open_in(root, "/dev/pts/ptmx", O_RDWR | O_NOCTTY, 0, err);
	struct statfs fs;
	int locked = 0;

	if (master < 0) {
		(void)error_remedy(err, "a terminal needs a devpts mount at /dev/pts");
		return error_context(err, "terminal");
	}
	if (fstatfs(master, &fs) < 0 || fs.f_type != DEVPTS_SUPER_MAGIC)
		return error_set(err, ERR_SPEC, "/process/terminal",
				 "/dev/pts is no devpts file system");
	if (ioctl(master, TIOCSPTLCK, &locked) < 0)
		return error_sys(err, "/process/terminal", "cannot unlock the terminal");

	autoclose int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (slave < 0)
		return error_sys(err, "/process/terminal", "cannot open the terminal");
	if (process->rows && ioctl(master, TIOCSWINSZ, &size) < 0)
		return error_sys(err, "/process/consoleSize", "cannot set the terminal's size");
	if (fchown(slave, process->uid, (gid_t)-1) < 0)
		return error_sys(err, "/process/user/uid", "cannot give the terminal to its user");
	*ret_master = fd_take(&master);
	*ret_slave = fd_take(&slave);
	return 0;
}

int console_bind(int root, int slave, struct error *err)
{
	autoclose int target = root_place(root, "/dev/console", S_IFREG, err);

	if (target < 0)
		return error_context(err, "/dev/console");

	autoclose int mount = mount_clone(slave, "", false, false, err);

	if (mount < 0 || mount_attach(mount, target, err) < 0)
		return error_context(err, "/dev/console");
	return 0;
}

int console_take(int slave, struct error *err)
{
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		return error_sys(err, "/process/terminal", "cannot take the controlling terminal");
	for (int fd = 0; fd <= 2; fd++) {
		if (dup2(slave, fd) < 0)
			return error_sys(err, "/process/terminal", "cannot use the terminal");
	}
	return 0;
}

int console_connect(const char *path, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	autoclose int socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (socket_fd < 0)
		return error_sys(err, path, "cannot make a socket");
	if (strlen(path) >= sizeof address.sun_path)
		return error_set(err, ERR_USAGE, path, "socket path '%s' is longer than %zu bytes",
				 path, sizeof address.sun_path - 1);
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (connect(socket_fd, (const struct sockaddr *)&address, sizeof address) < 0)
		return error_sys(err, path, "cannot connect to socket '%s'", path);
	return fd_take(&socket_fd);
}

int console_send(int socket, int fd, const char *text, struct error *err)
{
	return fd_send(socket, text, strlen(text), &fd, 1, err);
}
