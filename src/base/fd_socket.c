/* base/fd_socket.c: descriptors over a socket, unix(7) SCM_RIGHTS */
#include "base/fd.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { FDS_MAX = 64 };

union control {
	struct cmsghdr header; /* for its alignment, cmsg(3) */
	char space[CMSG_SPACE(FDS_MAX * sizeof(int))];
};

int fd_send(int socket, const void *data, size_t len, const int *fds, size_t n_fds,
	    struct error *err)
{
	union control control = {};
	struct iovec part = { .iov_len = len };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	/* sendmsg(2) only reads what iov_base points to, but its type serves recvmsg(2) too */
	memcpy(&part.iov_base, &data, sizeof data);
	if (n_fds > FDS_MAX) {
		errno = EINVAL;
		return error_sys(err, /* where = */ NULL, "cannot send %zu descriptors", n_fds);
	}
	if (n_fds > 0) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(&control.header), fds, n_fds * sizeof(int));
	}

	for (;;) {
		const ssize_t n = sendmsg(socket, &message, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, /* where = */ NULL, "cannot send a message");
		if ((size_t)n == part.iov_len)
			return 0;
		/* A stream may take a part. The descriptors went with its first byte. */
		message.msg_control = NULL;
		message.msg_controllen = 0;
		part.iov_base = (char *)part.iov_base + n;
		part.iov_len -= (size_t)n;
	}
}

/* Moves the descriptors of @message to @ret, and closes those for which there is no room. */
static size_t take_fds(struct msghdr *message, int *ret, size_t room, bool *ret_too_many)
{
	size_t taken = 0;

	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
	     header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;

		const size_t n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
			if (taken < room) {
				ret[taken++] = fd;
				continue;
			}
			close(fd);
			*ret_too_many = true;
		}
	}
	return taken;
}

ssize_t fd_receive(int socket, void *data, size_t len, int *ret_fds, size_t *ret_n_fds,
		   struct error *err)
{
	const size_t room = ret_n_fds && ret_fds ? *ret_n_fds : 0;
	int fds[FDS_MAX];
	union control control = {};
	struct iovec part = { .iov_base = data, .iov_len = len };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control,
	};
	bool too_many = false;
	ssize_t n;

	do
		n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_sys(err, /* where = */ NULL, "cannot receive a message");

	const size_t taken = take_fds(&message, fds, room < FDS_MAX ? room : FDS_MAX, &too_many);

	if (too_many || (message.msg_flags & (MSG_CTRUNC | MSG_TRUNC))) {
		for (size_t i = 0; i < taken; i++)
			close(fds[i]);
		errno = EMSGSIZE;
		return error_sys(err, /* where = */ NULL,
				 "received a message with more bytes or descriptors than expected");
	}
	if (taken > 0 && ret_fds)
		memcpy(ret_fds, fds, taken * sizeof(int));
	if (ret_n_fds)
		*ret_n_fds = taken;
	return n;
}
