/* cli/main.c: put the process in order, then hand over to the commands
 *
 * Engines start brig with whatever they had themselves. What could hurt is set right here, before
 * anything is opened or printed.
 */
#include "cli/cli.h"

#include "base/cleanup.h"
#include "kernel/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* A closed 0, 1 or 2 would be taken by the next file that is opened, and a message to stderr would
 * then be written into it. open(2) returns the lowest free number, so the gaps fill in order. */
static int fill_standard_fds(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) != fd)
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 1 || fill_standard_fds() != 0)
		return EXIT_FAILURE;

	/* An engine may close its end of a pipe early: that is an error to report, not a reason to
	 * die half way through a create. The container's own dispositions are reset before its
	 * execve(2). */
	signal(SIGPIPE, SIG_IGN);
	/* The socket of the engine's supervisor: no hook and no helper may report "ready" to it. */
	unsetenv("NOTIFY_SOCKET");

	const struct process_title title = process_take_title(&argv);
	[[maybe_unused]] autofree void *words = title.moved;

	return cli_main((size_t)argc, (const char *const *)argv, &title);
}
