/* hold: a workload with what a checkpoint has to write down, and a restore to give back
 *
 *	usage: hold lock FILE		an exclusive lock; "locked" and status 1 if somebody else has it
 *	       hold datagrams SOCKET	a connection to that unix socket, and a datagram each 0.1 s
 *
 * Until TERM comes: then it ends with status 7.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ASKED_TO_END = 7 };

static void end(int)
{
	_exit(ASKED_TO_END);
}

static int failed(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	return 1;
}

static int lock(const char *path)
{
	const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return failed(path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		puts("locked");
		return 1;
	}
	for (;;)
		pause();
}

static int datagrams(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof to.sun_path)
		return 1;
	strcpy(to.sun_path, path);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) < 0)
		return failed(path);
	while (send(fd, "tick\n", 5, 0) == 5)
		usleep(100'000);
	return failed("send");
}

int main(int argc, char **argv)
{
	const struct sigaction on_term = { .sa_handler = end };

	if (argc != 3 || sigaction(SIGTERM, &on_term, NULL) < 0)
		return 2;
	return strcmp(argv[1], "lock") == 0 ? lock(argv[2]) : datagrams(argv[2]);
}
