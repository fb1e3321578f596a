/* exhaust: take of one kind of thing as much as there is, and hold it
 *
 * usage: exhaust KIND MOST [COMMAND…]
 *
 * Takes at most MOST, from as many processes as that needs, because each has its own limit of
 * descriptors; of files each takes all that its limit lets it have. Prints "KIND N" and, if it was
 * refused before MOST, why; then it runs COMMAND, if there is one, while it holds what it has. Exit
 * status: COMMAND's, else 0.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static int take_inotify(void)
{
	return inotify_init1(IN_CLOEXEC);
}

static int take_pty(void)
{
	return open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
}

/* An open file of its own, of which the kernel has fs.file-max for all; dup(2) would make none. */
static int take_file(void)
{
	return open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
}

// clang-format off
static const struct kind {
	const char *name;
	int (*take)(void);
	int each; /* that a process takes at most */
} kinds[] = {
	{ "inotify", take_inotify, 200     },
	{ "pty",     take_pty,     200     },
	{ "file",    take_file,    INT_MAX },
};
// clang-format on

struct taken {
	int n, error;
};

static void limit_raise(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* A process that takes @most and holds them until its @hold ends. */
static struct taken holder(const struct kind *kind, int most, const int hold[2])
{
	struct taken taken = {};
	int report[2];
	char byte;

	if (pipe(report) < 0)
		exit(1);

	const pid_t pid = fork();

	if (pid < 0) {
		taken.error = errno;
		close(report[0]);
		close(report[1]);
		return taken;
	}
	if (pid > 0) {
		close(report[1]);
		if (read(report[0], &taken, sizeof taken) != sizeof taken)
			exit(1);
		close(report[0]);
		return taken;
	}
	close(hold[1]);
	limit_raise();
	while (taken.n < most && kind->take() >= 0)
		taken.n++;
	taken.error = taken.n < most ? errno : 0;
	if (write(report[1], &taken, sizeof taken) == sizeof taken)
		(void)!read(hold[0], &byte, 1);
	_exit(0);
}

static int run(char **command)
{
	const pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		execvp(command[0], command);
		perror(command[0]);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
	const struct kind *kind = NULL;
	const int most = argc > 2 ? atoi(argv[2]) : 0;
	struct taken sum = {};
	int hold[2];

	for (size_t i = 0; argc > 1 && i < LENGTH(kinds); i++) {
		if (strcmp(kinds[i].name, argv[1]) == 0)
			kind = &kinds[i];
	}
	if (!kind || most <= 0 || pipe2(hold, O_CLOEXEC) < 0)
		return 2;
	while (sum.n < most && !sum.error) {
		const int left = most - sum.n;
		const struct taken more = holder(kind, left < kind->each ? left : kind->each, hold);
		const int is_full = more.error == EMFILE && more.n > 0 && kind->each == INT_MAX;

		sum.n += more.n;
		sum.error = is_full ? 0 : more.error; /* the next process has a limit of its own */
	}
	printf("%s %d%s%s\n", kind->name, sum.n, sum.error ? " " : "",
	       sum.error ? strerrorname_np(sum.error) : "");
	fflush(stdout);
	return argc > 3 ? run(argv + 3) : 0;
}
