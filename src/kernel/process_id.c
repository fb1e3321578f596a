/* kernel/process_id.c: a process named for ever: its pid and when it started */
#include "kernel/process_id.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIELD_STATE = 3, FIELD_START_TIME = 22 }; /* proc_pid_stat(5) */

bool process_start_time(int proc, pid_t pid, uint64_t *ret)
{
	char path[32], text[1024];

	snprintf(path, sizeof path, "%d/stat", pid);

	autoclose int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	const ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	if (n <= 0)
		return false;
	text[n] = '\0';

	/* The second field is the name in parentheses, and may itself hold spaces and parentheses:
	 * the last one ends it. */
	const char *field = strrchr(text, ')');

	if (!field || field[1] != ' ')
		return false;
	field += 2;
	if (*field == 'Z' || *field == 'X' || *field == 'x')
		return false;

	for (int i = FIELD_STATE; i < FIELD_START_TIME; i++) {
		field = strchr(field, ' ');
		if (!field)
			return false;
		field++;
	}
	*ret = strtoull(field, /* end = */ NULL, 10);
	return true;
}

bool process_lives(int proc, pid_t pid, uint64_t start_time)
{
	uint64_t now;

	return pid > 0 && process_start_time(proc, pid, &now) && now == start_time;
}
