/* container/pid_file.c: how an engine learns of a process */
#include "container/pid_file.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "launch/console.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

int pid_file_write(const char *path, pid_t pid, struct error *err)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX] = ".", text[16];
	const int len = snprintf(text, sizeof text, "%d", pid);

	if (slash)
		snprintf(parent, sizeof parent, "%.*s", (int)(slash - path) + 1, path);

	autoclose int dir = fd_open(parent, O_RDONLY | O_DIRECTORY, 0, err);

	if (dir < 0) {
		(void)error_context(err, "pid file '%s'", path);
		return error_remedy_if_absent(err, "make its directory first");
	}
	if (fd_replace_file(dir, slash ? slash + 1 : path, text, (size_t)len, 0644, false, err) < 0)
		return error_context(err, "pid file '%s'", path);
	return 0;
}

int pidfd_announce(const char *socket, int pidfd, const char *text, struct error *err)
{
	autoclose int connection = console_connect(socket, err);

	return connection < 0 ? -1 : console_send(connection, pidfd, text, err);
}
