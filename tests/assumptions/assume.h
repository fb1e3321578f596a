/* tests/assumptions/assume.h: what each of these programs needs
 *
 * A program proves one thing that brig relies on the kernel to do, by system calls alone. Exit
 * status 0: it holds; 1: it does not, with the line that says so; 77: it cannot be tried here, with
 * the reason as the last line.
 */
#ifndef BRIG_TESTS_ASSUME_H
#define BRIG_TESTS_ASSUME_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOLDS(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			dprintf(STDERR_FILENO, "%s:%d: does not hold: %s (errno: %s)\n", __FILE__, \
				__LINE__, #condition, strerror(errno));                            \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

/* for what is not the point, but the way to it */
#define NEEDS(condition, reason)                                                                   \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			dprintf(STDERR_FILENO, "%s: %s\n", reason, strerror(errno));               \
			_exit(77);                                                                 \
		}                                                                                  \
	} while (0)

/* In a child: its exit status, handed on by the caller's return. */
[[maybe_unused]] static int in_child(void (*prove)(void))
{
	const pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		prove();
		_exit(0);
	}
	HOLDS(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Map id 0 of the new user namespace of process @pid to ours, with further ids behind it if @count > 1. */
[[maybe_unused]] static void map_ids(pid_t pid, unsigned outside, unsigned count)
{
	static const char *const files[] = { "uid_map", "gid_map" };
	char path[64], line[64];

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "/proc/%d/%s", pid, files[i]);
		snprintf(line, sizeof line, "0 %u %u", outside, count);

		FILE *file = fopen(path, "we");

		NEEDS(file && fputs(line, file) >= 0 && fclose(file) == 0, "cannot map ids");
	}
}

/* One byte each way: the two sides of a fork wait for each other. */
[[maybe_unused]] static void tell(int fd)
{
	HOLDS(write(fd, "", 1) == 1);
}

[[maybe_unused]] static void await(int fd)
{
	char byte;

	HOLDS(read(fd, &byte, 1) == 1);
}

#endif
