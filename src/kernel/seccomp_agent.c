/* kernel/seccomp_agent.c: the sending end of config-linux.md, "The Container Process State" */
#include "kernel/seccomp_agent.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/json.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

enum { PATIENCE_S = 10 };

int seccomp_agent_connect(const char *path, struct error *err)
{
	static const struct timeval patience = { .tv_sec = PATIENCE_S };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	autoclose int connection = -1;

	if (strlen(path) >= sizeof address.sun_path) {
		(void)error_set(err, ERR_SPEC, path, "a socket's path has at most %zu bytes",
				sizeof address.sun_path - 1);
		return error_remedy(err, "use a shorter linux.seccomp.listenerPath");
	}
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* for connect(2) too, unix(7): an agent that hangs must not hang its containers' creator */
	if (connection < 0 ||
	    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0)
		return error_sys(err, path, "cannot make a socket");
	if (connect(connection, (const struct sockaddr *)&address, sizeof address) < 0) {
		(void)error_sys(err, path, "cannot reach the seccomp agent at '%s'", path);
		return error_remedy(err, "start the agent that listens at "
					 "linux.seccomp.listenerPath");
	}
	return fd_take(&connection);
}

int seccomp_agent_send(int socket, const struct seccomp_agent_message *message, int seccomp_fd,
		       struct error *err)
{
	autobuf struct buf text = {};
	struct json_out out = { .buf = &text };

	json_out_object(&out, NULL);
	json_out_string(&out, "ociVersion", message->oci_version);
	json_out_array(&out, "fds");
	json_out_string(&out, NULL, "seccompFd");
	json_out_end_array(&out);
	json_out_int(&out, "pid", message->pid);
	if (message->metadata)
		json_out_string(&out, "metadata", message->metadata);
	buf_printf(&text, ",\"state\":%s", message->state);
	json_out_end_object(&out);
	if (fd_send(socket, text.data, text.len, &seccomp_fd, 1, err) < 0)
		return error_context(err, "telling the seccomp agent");
	return 0;
}
