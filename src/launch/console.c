/* launch/console.c: terminals
 *
 * With process.terminal the container gets a pseudo-terminal of its own devpts. Its master goes to
 * the engine over the console socket (AF_UNIX, SOCK_STREAM), or, when brig itself stays in the
 * foreground, is relayed to brig's own terminal.
 */
#include "launch/console.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>
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
	if (connect(socket_fd, (const struct sockaddr *)&address, sizeof address) < 0) {
		(void)error_sys(err, path, "cannot connect to socket '%s'", path);
		return error_remedy_if_absent(err, "somebody has to listen there before brig is "
						   "called");
	}
	return fd_take(&socket_fd);
}

int console_send(int socket, int fd, const char *text, struct error *err)
{
	return fd_send(socket, text, strlen(text), &fd, 1, err);
}

/* --- the relay of a foreground run --- */

enum { END_AGAIN_MS = 100, ENDS_MAX = 100 };

struct relay {
	int master, pid, pidfd, signals;
	bool raw; /* our terminal was put into raw mode */
	struct termios saved;
	bool input_open;
	int ends_left;    /* how often the end of input is said again */
	char input[4096]; /* what the terminal has not taken yet: from first to last */
	size_t first, last;
};

/* From @from to @to; false at end of file (EIO: the last user of the terminal is gone). */
static bool pass_on(int from, int to)
{
	char data[4096];
	const ssize_t n = read(from, data, sizeof data);
	struct error ignored;

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	return n > 0 && fd_write_all(to, data, (size_t)n, &ignored) == 0;
}

static void resize(const struct relay *relay)
{
	struct winsize size;

	if (relay->master >= 0 && ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0)
		ioctl(relay->master, TIOCSWINSZ, &size);
}

static void forward_signal(const struct relay *relay)
{
	struct signalfd_siginfo info;

	if (read(relay->signals, &info, sizeof info) != (ssize_t)sizeof info)
		return;
	if (info.ssi_signo == SIGWINCH)
		resize(relay);
	else
		(void)!kill(relay->pid, (int)info.ssi_signo);
}

/* End of our input is end of the terminal's: a shell that reads from it must not wait for ever. In
 * the middle of a line the character only hands over what there is of it, termios(3), and is due
 * again. */
static void input_end(struct relay *relay, bool in_line)
{
	struct termios terminal;

	relay->input_open = false;
	if (tcgetattr(relay->master, &terminal) < 0)
		return;
	relay->input[0] = relay->input[1] = (char)terminal.c_cc[VEOF];
	relay->first = 0;
	relay->last = in_line ? 2 : 1;
}

/* A program that sets its terminal up when it begins to read (TCSAFLUSH), as line editors do, throws
 * away what came before, also the end: it is said again for a while. */
static void input_end_again(struct relay *relay)
{
	relay->ends_left--;
	input_end(relay, false);
}

static void input_read(struct relay *relay)
{
	const bool in_line = relay->last > 0 && relay->input[relay->last - 1] != '\n';
	const ssize_t n = read(STDIN_FILENO, relay->input, sizeof relay->input);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	relay->first = 0;
	relay->last = n > 0 ? (size_t)n : 0;
	if (n <= 0)
		input_end(relay, in_line);
}

/* Never waits: the program may read no more before we have taken what it writes. */
static void input_write(struct relay *relay)
{
	const ssize_t n =
		write(relay->master, relay->input + relay->first, relay->last - relay->first);

	if (n > 0)
		relay->first += (size_t)n;
	else if (errno != EINTR && errno != EAGAIN)
		relay->first = relay->last;
}

static void relay_loop(struct relay *relay)
{
	bool ended = false;

	while (!ended) {
		const bool pending = relay->first < relay->last;
		const bool reads = relay->master >= 0 && relay->input_open && !pending;
		struct pollfd fds[] = {
			{ .fd = relay->pidfd, .events = POLLIN },
			{ .fd = relay->signals, .events = POLLIN },
			{ .fd = relay->master, .events = pending ? POLLIN | POLLOUT : POLLIN },
			{ .fd = reads ? STDIN_FILENO : -1, .events = POLLIN },
		};

		const bool again = !relay->input_open && relay->master >= 0 && relay->ends_left > 0;
		const int ready = poll(fds, ARRAY_LEN(fds), again ? END_AGAIN_MS : -1);

		if (ready < 0 && errno != EINTR)
			return;
		if (ready == 0)
			input_end_again(relay);
		if (fds[1].revents)
			forward_signal(relay);
		if (fds[3].revents)
			input_read(relay);
		if (fds[2].revents & POLLOUT)
			input_write(relay);
		if ((fds[2].revents & ~POLLOUT) && !pass_on(relay->master, STDOUT_FILENO))
			relay->master = -1;
		/* What it wrote before it ended is still in the terminal: read until nothing is
		 * there. */
		ended = fds[0].revents && (relay->master < 0 || !(fds[2].revents & POLLIN));
	}
}

static void terminal_raw(struct relay *relay)
{
	struct termios raw;

	if (relay->master < 0 || tcgetattr(STDIN_FILENO, &relay->saved) < 0)
		return;
	raw = relay->saved;
	cfmakeraw(&raw);
	relay->raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
	resize(relay);
}

int console_relay(int master, int pid, int pidfd, int *ret_status, struct error *err)
{
	struct relay relay = { .master = master,
			       .pid = pid,
			       .pidfd = pidfd,
			       .input_open = true,
			       .ends_left = ENDS_MAX };
	sigset_t forwarded;
	int status;

	sigfillset(&forwarded);
	sigdelset(&forwarded, SIGCHLD);
	sigdelset(&forwarded, SIGPIPE);
	sigdelset(&forwarded, SIGTTOU); /* tcsetattr(3) from the background */
	sigprocmask(SIG_BLOCK, &forwarded, NULL);
	relay.signals = signalfd(-1, &forwarded, SFD_CLOEXEC | SFD_NONBLOCK);
	if (relay.signals < 0)
		return error_sys(err, NULL, "cannot receive signals");
	if (master >= 0)
		(void)fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK);
	terminal_raw(&relay);
	relay_loop(&relay);
	if (relay.raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &relay.saved);
	close(relay.signals);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return error_sys(err, NULL, "cannot wait for the process");
	}
	*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}
