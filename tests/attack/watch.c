/* watch: what a hostile workload sees of a runtime that enters its container
 *
 * usage: watch MILLISECONDS
 *
 * Looks again and again at each process of /proc that is not itself, its parent or process 1, and
 * tries what gives a hold on another process: its program, memory, descriptors, root and directory,
 * environment, and tracing. Prints each thing that it got from a process whose name is brig's
 * ("brig:[exec]"), once, and at the end "seen N" with how many such processes there were.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <time.h>
#include <unistd.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const char *const links[] = { "exe", "root", "cwd", "fd/3", "fd/4", "fd/5", "ns/mnt" };
static const char *const files[] = {
	"mem", "environ", "maps", "fd", "exe", "root", "fd/3", "fd/4"
};

static int seen;

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int is_runtime(const char *pid)
{
	char path[64], name[32] = "";
	int fd;

	snprintf(path, sizeof path, "/proc/%s/comm", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	(void)!read(fd, name, sizeof name - 1);
	close(fd);
	return strncmp(name, "brig", 4) == 0;
}

/* Only what was got while it was still the runtime: after execve(2) it is the workload's own. */
static void got(const char *pid, const char *how, const char *what, const char *more)
{
	if (!is_runtime(pid))
		return;
	printf("got %s %s %s\n", how, what, more);
	fflush(stdout);
}

static void look_at(const char *pid)
{
	char path[96], target[256];

	for (size_t i = 0; i < LENGTH(links); i++) {
		snprintf(path, sizeof path, "/proc/%s/%s", pid, links[i]);

		const ssize_t n = readlink(path, target, sizeof target - 1);

		if (n >= 0) {
			target[n] = '\0';
			got(pid, "link", links[i], target);
		}
	}
	for (size_t i = 0; i < LENGTH(files); i++) {
		snprintf(path, sizeof path, "/proc/%s/%s", pid, files[i]);

		const int fd = open(path, O_RDONLY);

		if (fd >= 0) {
			got(pid, "file", files[i], "");
			close(fd);
		}
	}
	if (ptrace(PTRACE_SEIZE, atoi(pid), 0, 0) == 0) {
		got(pid, "trace", pid, "");
		ptrace(PTRACE_DETACH, atoi(pid), 0, 0);
	}
}

static void look_around(void)
{
	static int last;
	DIR *proc = opendir("/proc");
	const struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		const int pid = atoi(entry->d_name);

		if (pid <= 1 || pid == getpid() || !is_runtime(entry->d_name))
			continue;
		if (pid != last)
			seen++;
		last = pid;
		look_at(entry->d_name);
	}
	if (proc)
		closedir(proc);
}

int main(int argc, char **argv)
{
	const long end = now_ms() + (argc > 1 ? atol(argv[1]) : 1000);

	puts("ready");
	fflush(stdout);
	while (now_ms() < end)
		look_around();
	printf("seen %d\n", seen);
	return 0;
}
