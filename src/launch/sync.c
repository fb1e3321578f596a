/* launch/sync.c: the protocol of sync.h over a SOCK_SEQPACKET socket */
#include "launch/sync.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <assert.h>

struct message {
	enum sync what;
	int value;
	struct error error; /* FAILED only; otherwise not sent */
};
enum { SHORT_MESSAGE = offsetof(struct message, error) };

static const char *const names[] = {
	[SYNC_JOINED] = "JOINED",   [SYNC_MAPPED] = "MAPPED", [SYNC_MOUNT] = "MOUNT",
	[SYNC_CONSOLE] = "CONSOLE", [SYNC_ROOTFS] = "ROOTFS", [SYNC_HOOKED] = "HOOKED",
	[SYNC_READY] = "READY",     [SYNC_START] = "START",   [SYNC_LISTENER] = "LISTENER",
	[SYNC_FAILED] = "FAILED",
};
static_assert(ARRAY_LEN(names) == SYNC_COUNT, "a message has no name");

int sync_send(int socket, enum sync message, int fd, int value, struct error *err)
{
	const struct message out = { .what = message, .value = value };

	if (fd_send(socket, &out, SHORT_MESSAGE, &fd, fd >= 0, err) == 0)
		return 0;
	if (err->code != EPIPE && err->code != ECONNRESET)
		return error_context(err, "message %s", names[message]);

	/* The other side is gone: what it said last is the better error. */
	return sync_wait(socket, SYNC_COUNT, NULL, NULL, err);
}

void sync_fail(int socket, const struct error *cause)
{
	const struct message out = { .what = SYNC_FAILED, .error = *cause };
	struct error ignored;

	if (fd_send(socket, &out, sizeof out, NULL, 0, &ignored) < 0)
		return; /* nobody is left to tell */
}

/* One message into @in; 0 at end of file. A descriptor that comes along is the caller's. */
static ssize_t receive(int socket, struct message *in, int *ret_fd, struct error *err)
{
	size_t n_fds = 1;
	int fd = -1;
	ssize_t n = fd_receive(socket, in, sizeof *in, &fd, &n_fds, err);

	/* Said once, and before all that lies in the queue, if the other side died with messages of
	 * ours unread: its own last one may be in there. */
	if (n < 0 && err->code == ECONNRESET) {
		n_fds = 1;
		n = fd_receive(socket, in, sizeof *in, &fd, &n_fds, err);
	}
	*ret_fd = n_fds > 0 && n >= 0 ? fd : -1;
	if (n <= 0)
		return n;
	if (n != SHORT_MESSAGE && n != sizeof *in)
		return error_set(err, ERR_KERNEL, NULL, "a message of %zd bytes that nobody sends",
				 n);
	if (in->what == SYNC_FAILED && n == sizeof *in) {
		*err = in->error;
		return -1;
	}
	return n;
}

int sync_wait(int socket, enum sync expected, int *ret_fd, int *ret_value, struct error *err)
{
	const char *name = expected < SYNC_COUNT ? names[expected] : "its end";
	struct message in = {};
	autoclose int fd = -1;
	const ssize_t n = receive(socket, &in, &fd, err);

	if (n < 0)
		return -1;
	if (n == 0)
		return error_set(err, ERR_KERNEL, NULL, "the other side died before %s", name);
	if (in.what != expected)
		return error_set(err, ERR_KERNEL, NULL, "message %d came where %s was due",
				 (int)in.what, name);
	if ((fd >= 0) != (ret_fd != NULL))
		return error_set(err, ERR_KERNEL, NULL, "%s came %s a descriptor", name,
				 fd >= 0 ? "with" : "without");
	if (ret_fd)
		*ret_fd = fd_take(&fd);
	if (ret_value)
		*ret_value = in.value;
	return 0;
}

int sync_end(int socket, const struct sync_listener *to, pid_t pid, struct error *err)
{
	for (;;) {
		struct message in = {};
		autoclose int fd = -1;
		const ssize_t n = receive(socket, &in, &fd, err);

		if (n <= 0)
			return (int)n;
		if (in.what != SYNC_LISTENER || fd < 0 || !to)
			return error_set(err, ERR_KERNEL, NULL,
					 "message %d came where the end was due", (int)in.what);
		if (to->deliver(to->context, pid, fd, err) < 0)
			return -1;
	}
}
