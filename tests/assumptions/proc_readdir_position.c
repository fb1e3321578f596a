/* kernel/uidmaps.c lists the processes that are younger than a pid by starting getdents64(2) of /proc
 * in the middle. Relied on: the position of a process's entry is its tgid and a constant, entries
 * come in the order of tgids, and after lseek(2) to where a tgid would be, those from it on follow. And:
 * the youngest pid of /proc/loadavg is not older than a process that has just been forked. */
#include "assume.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

enum { CHILDREN = 300, BUFFER = 4096 };

/* Lists from @start on. Return: the number of tgids; the first to *ret_first, the constant to *bias. */
static size_t list(off_t start, long *ret_first, long *bias)
{
	const int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	alignas(struct dirent64) char buffer[BUFFER];
	long last = 0;
	size_t count = 0;
	ssize_t n;

	HOLDS(proc >= 0 && lseek(proc, start, SEEK_SET) == start);
	*ret_first = 0;
	while ((n = getdents64(proc, buffer, sizeof buffer)) > 0) {
		const struct dirent64 *entry;
		long position = -1;

		for (ssize_t i = 0; i < n; i += entry->d_reclen) {
			entry = (const struct dirent64 *)(const void *)(buffer + i);

			const long tgid = strtol(entry->d_name, NULL, 10);

			if (tgid > 0) {
				HOLDS(tgid > last);
				last = tgid;
				if (count++ == 0)
					*ret_first = tgid;
				if (position >= 0 && *bias == 0)
					*bias = position - tgid;
				if (position >= 0)
					HOLDS(position - tgid == *bias);
			}
			position = (long)entry->d_off;
		}
	}
	HOLDS(n == 0);
	close(proc);
	return count;
}

static long youngest(void)
{
	FILE *file = fopen("/proc/loadavg", "re");
	long pid = 0;

	HOLDS(file && fscanf(file, "%*s %*s %*s %*s %ld", &pid) == 1);
	fclose(file);
	return pid;
}

int main(void)
{
	pid_t children[CHILDREN];
	long first, bias = 0;

	for (size_t i = 0; i < CHILDREN; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
		HOLDS(children[i] > 0);
	}
	/* Unless the counter went round in this moment. */
	if (youngest() >= children[0])
		HOLDS(youngest() >= children[CHILDREN - 1]);

	HOLDS(list(0, &first, &bias) > CHILDREN);
	HOLDS(bias > 0);
	for (size_t i = 0; i < CHILDREN; i++) {
		(void)list(bias + children[i], &first, &bias);
		HOLDS(first == children[i]);
	}
	for (size_t i = 0; i < CHILDREN; i++) {
		kill(children[i], SIGKILL);
		HOLDS(waitpid(children[i], NULL, 0) == children[i]);
	}
	/* A position whose process has gone: the next one follows. */
	(void)list(bias + children[0], &first, &bias);
	HOLDS(first == 0 || first > children[0]);
	return 0;
}
