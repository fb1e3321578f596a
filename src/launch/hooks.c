/* launch/hooks.c: programs that the engine wants to run at points of a container's life
 *
 * A hook is a child with its own process group, the state on stdin through a pipe, and nothing else
 * of brig: every other descriptor is closed, and the environment is the hook's own. Its end is
 * awaited through a pidfd, so that the timeout needs no signal handler.
 */
#include "launch/hooks.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "kernel/process.h"
#include "kernel/signals.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

void hooks_state(struct json_out *out, const char *key, const struct plan *plan, int pid,
		 const char *status)
{
	json_out_object(out, key);
	json_out_string(out, "ociVersion", plan->oci_version);
	json_out_string(out, "id", plan->id);
	json_out_string(out, "status", status);
	json_out_int(out, "pid", pid);
	json_out_string(out, "bundle", plan->bundle);
	json_out_object(out, "annotations");
	for (size_t i = 0; i < plan->annotations.n; i++)
		json_out_string(out, plan->annotations.items[i].key,
				plan->annotations.items[i].value);
	json_out_end_object(out);
	json_out_end_object(out);
}

/* execve(2) wants an array that ends in NULL and does not write to it. */
static char **terminated(const struct spec_strings *strings)
{
	char **ret = xmalloc((strings->n + 1) * sizeof *ret);

	for (size_t i = 0; i < strings->n; i++)
		ret[i] = (char *)(uintptr_t)strings->items[i];
	ret[strings->n] = NULL;
	return ret;
}

[[gnu::noreturn]] static void hook_exec(const struct spec_hook *hook, int input)
{
	const struct spec_strings path_only = { &hook->path, 1 };
	const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct error err;

	setpgid(0, 0);
	signals_reset();
	if (dup2(input, STDIN_FILENO) < 0 || null < 0 || dup2(null, STDOUT_FILENO) < 0)
		_exit(127);
	/* All of ours would go by themselves; what the engine has left open, or wants the container
	 * to have (--preserve-fds), would not. */
	if (process_close_fds_from(STDERR_FILENO + 1, &err) < 0)
		_exit(127);
	execve(hook->path, terminated(hook->args.n ? &hook->args : &path_only),
	       terminated(&hook->env));
	dprintf(STDERR_FILENO, "brig: hook %s: %s\n", hook->path, strerror(errno));
	_exit(127);
}

/* Feed the state and wait for the end: a hook need not read, and may never end. 1: timed out. */
static int hook_await(int pidfd, int input, const struct buf *state, uint32_t timeout_s)
{
	const int64_t deadline = timeout_s ? clock_ms() + (int64_t)timeout_s * 1000 : -1;
	autoclose int writer = input;
	size_t written = 0;

	for (;;) {
		struct pollfd fds[2] = { { .fd = pidfd, .events = POLLIN },
					 { .fd = writer, .events = POLLOUT } };
		const int64_t left = deadline < 0 ? -1 : deadline - clock_ms();

		if (deadline >= 0 && left <= 0)
			return 1;
		if (poll(fds, 2, left > INT_MAX ? INT_MAX : (int)left) < 0 && errno != EINTR)
			return 1;
		if (fds[0].revents)
			return 0;
		if (!fds[1].revents)
			continue;

		const ssize_t n = write(writer, state->data + written, state->len - written);

		written += n > 0 ? (size_t)n : 0;
		if (written == state->len || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			close(writer);
			writer = -1;
		}
	}
}

static int hook_run(const struct spec_hook *hook, const char *where, const struct buf *state,
		    struct error *err)
{
	int pipe_fds[2], status;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return error_sys(err, where, "cannot make a pipe for hook '%s'", hook->path);

	autoclose int reader = pipe_fds[0], writer = pipe_fds[1];
	const pid_t pid = fork();

	if (pid < 0)
		return error_sys(err, where, "cannot start hook '%s'", hook->path);
	if (pid == 0)
		hook_exec(hook, reader);
	/* Here too: the group must be there whenever we want to kill it. Fails if the hook was
	 * faster. */
	setpgid(pid, pid);

	autoclose int pidfd = process_open(pid, err);
	int timed_out = 0;

	if (pidfd >= 0) {
		fcntl(writer, F_SETFL, O_NONBLOCK);
		timed_out = hook_await(pidfd, fd_take(&writer), state, hook->timeout);
	}
	if (pidfd < 0 || timed_out)
		kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return error_sys(err, where, "cannot wait for hook '%s'", hook->path);
	}
	if (pidfd < 0)
		return -1;
	if (timed_out)
		return error_set(err, ERR_SPEC, where, "hook '%s' did not end within %u s",
				 hook->path, hook->timeout);
	if (WIFSIGNALED(status))
		return error_set(err, ERR_SPEC, where, "hook '%s' died of signal %d", hook->path,
				 WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return error_set(err, ERR_SPEC, where, "hook '%s' failed with exit status %d",
				 hook->path, WEXITSTATUS(status));
	return 0;
}

int hooks_run(const struct plan *plan, enum hook_kind kind, int pid, const char *status,
	      struct error *err)
{
	autobuf struct buf state = {};
	struct json_out out = { .buf = &state };
	char where[64];

	if (plan->hooks[kind].n == 0)
		return 0;
	hooks_state(&out, NULL, plan, pid, status);
	for (size_t i = 0; i < plan->hooks[kind].n; i++) {
		snprintf(where, sizeof where, "/hooks/%s/%zu", hook_kind_name(kind), i);
		if (hook_run(&plan->hooks[kind].items[i], where, &state, err) < 0)
			return -1;
	}
	return 0;
}
