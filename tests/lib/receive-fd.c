/* receive-fd: the other end of --console-socket, --pidfd-socket and a seccomp listener
 *
 * usage: receive-fd SOCKET tell|relay|deny
 *
 * Listens on SOCKET, accepts one connection and receives one message. Prints how many descriptors
 * and bytes came, what the descriptor is, and the bytes. Then
 *	tell    ends
 *	relay   copies what the terminal says to standard output until it hangs up
 *	deny    answers seccomp notifications with EDOM until their sender is gone
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static _Noreturn void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* The socket gets its name when it listens: who sees it can connect. */
static int accept_one(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int length = snprintf(address.sun_path, sizeof address.sun_path, "%s.new", path);

	if ((size_t)length >= sizeof address.sun_path) {
		errno = ENAMETOOLONG;
		fail(path);
	}
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 ||
	    listen(listener, 1) < 0 || rename(address.sun_path, path) < 0)
		fail(path);

	const int connection = accept(listener, NULL, NULL);

	if (connection < 0)
		fail("accept");
	return connection;
}

/* Prints what came; the first descriptor, or -1. */
static int receive(int connection)
{
	static char text[16384];
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(8 * sizeof(int))];
	} control = {};
	struct iovec part = { .iov_base = text, .iov_len = sizeof text };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof control };
	const ssize_t n = recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
	const struct cmsghdr *const header = CMSG_FIRSTHDR(&message);
	int fd = -1;
	size_t fds = 0;

	if (n < 0)
		fail("recvmsg");
	if (header && header->cmsg_type == SCM_RIGHTS) {
		fds = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(&fd, CMSG_DATA(header), sizeof fd);
	}
	printf("descriptors %zu\nbytes %zd\nterminal %s\n", fds, n,
	       fd >= 0 && isatty(fd) ? "yes" : "no");
	if (fd >= 0 && isatty(fd)) {
		struct winsize size = {};

		(void)ioctl(fd, TIOCGWINSZ, &size);
		printf("size %u %u\n", size.ws_row, size.ws_col);
	}
	printf("%.*s\n", (int)n, text);
	(void)fflush(stdout);
	return fd;
}

/* A terminal whose other side was closed reads as EIO: pty(7). */
static void relay(int terminal)
{
	char data[4096];
	ssize_t n;

	while ((n = read(terminal, data, sizeof data)) > 0) {
		if (write(STDOUT_FILENO, data, (size_t)n) != n)
			fail("write");
	}
}

static void deny(int listener)
{
	struct pollfd wait = { .fd = listener, .events = POLLIN };

	while (poll(&wait, 1, -1) == 1 && (wait.revents & POLLIN) != 0) {
		struct seccomp_notif call = {};
		struct seccomp_notif_resp answer = { .error = -EDOM };

		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
			continue;
		answer.id = call.id;
		printf("call %d\n", call.data.nr);
		(void)fflush(stdout);
		(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		(void)fputs("usage: receive-fd SOCKET tell|relay|deny\n", stderr);
		return 2;
	}

	const int fd = receive(accept_one(argv[1]));

	if (fd < 0)
		return 1;
	if (strcmp(argv[2], "relay") == 0)
		relay(fd);
	else if (strcmp(argv[2], "deny") == 0)
		deny(fd);
	return 0;
}
