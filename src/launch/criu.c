/* launch/criu.c: `criu`, started where it has to work */
#include "launch/criu.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/compat.h"
#include "kernel/keyring.h"
#include "kernel/process.h"
#include "kernel/scheduling.h"
#include "kernel/signals.h"
#include "launch/descriptors.h"
#include "launch/spawn.h"
#include "launch/sync.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* --- the process that becomes criu --- */

struct becoming {
	const struct launch_criu *request;
	int socket, sync, gate, program;
};

/* The parent puts us into a cgroup, perhaps, before anything is counted there. */
static int gate_await(struct becoming *self, struct error *err)
{
	char byte;

	if (read(self->gate, &byte, 1) != 1)
		return error_set(err, ERR_KERNEL, NULL, "brig has ended");
	return 0;
}

/* Before the stage: a file system that shows a namespace shows that of who makes it. */
static int namespaces_enter(struct becoming *self, struct error *err)
{
	const int *joins = self->request->joins;

	for (enum ns kind = 0; joins && kind < NS_COUNT; kind++) {
		if (joins[kind] >= 0 && setns(joins[kind], (int)ns_flag(kind)) < 0)
			return error_sys(err, NULL, "cannot enter the container's %s namespace",
					 ns_name(kind));
	}
	return 0;
}

static int of_the_container(struct becoming *self, struct error *err)
{
	const struct stage *stage = self->request->stage;
	const struct plan_process *process = stage ? &stage->sources->plan->process : NULL;

	if (!process)
		return 0;
	if (process->core_scheduling && scheduling_create_core(0, err) < 0)
		return -1;
	/* Whatever policy says of the engine's: a restored process must not get one that is not the
	 * container's. */
	return keyring_join_new_session(err);
}

static int stage_make(struct becoming *self, struct error *err)
{
	return self->request->stage ? stage_build(self->request->stage, err) : 0;
}

/* "swrk 3" is what the socket has to be; the standard streams may be the container's. */
static int fds_close(struct becoming *self, struct error *err)
{
	int *const keep[] = { &self->socket, &self->sync, &self->program };

	if (descriptors_keep(3, keep, ARRAY_LEN(keep), err) < 0)
		return -1;
	if (fcntl(self->socket, F_SETFD, 0) < 0)
		return error_sys(err, NULL, "cannot hand a socket to criu");
	return 0;
}

static int execute(struct becoming *self, struct error *err)
{
	static const char *const args[] = { "criu", "swrk", "3", NULL };
	/* It starts programs of its own (ip, tar, iptables-restore), and reads no file of a HOME. */
	static const char *const env[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL
	};

	signals_reset();
	(void)syscall(SYS_execveat, self->program, "", args, env, AT_EMPTY_PATH);
	return error_sys(err, NULL, "cannot start criu");
}

static const struct step {
	int (*run)(struct becoming *self, struct error *err);
} steps[] = { { gate_await }, { namespaces_enter }, { of_the_container },
	      { stage_make }, { fds_close },        { execute } };

[[gnu::noreturn]] static void become(struct becoming *self)
{
	struct error err = {};

	process_set_name("brig:[criu]", self->request->title);
	(void)!process_set_death_signal(SIGKILL, &err);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		if (steps[i].run(self, &err) < 0)
			break;
	}
	sync_fail(self->sync, &err);
	_exit(1);
}

/* --- brig --- */

static int await_exec(const struct launch_criu *request, struct criu_process *process, int gate,
		      int sync, struct error *err)
{
	if (request->placed && request->placed(request->context, process->pid, err) < 0)
		return -1;
	if (write(gate, "", 1) != 1)
		return error_sys(err, NULL, "cannot let criu go");
	return sync_end(sync, NULL, process->pid, err);
}

int launch_criu(const struct launch_criu *request, struct criu_process *ret, struct error *err)
{
	int talk[2], sync[2], gate[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, talk) < 0)
		return error_sys(err, NULL, "cannot make a socket pair");

	autoclose int ours = talk[0], theirs = talk[1];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sync) < 0)
		return error_sys(err, NULL, "cannot make a socket pair");

	autoclose int sync_ours = sync[0], sync_theirs = sync[1];

	if (pipe2(gate, O_CLOEXEC) < 0)
		return error_sys(err, NULL, "cannot make a pipe");

	autoclose int gate_theirs = gate[0], gate_ours = gate[1];
	struct criu_process process = { .pidfd = -1, .socket = -1 };
	struct becoming becoming = { request, theirs, sync_theirs, gate_theirs, request->program };

	process.pid = spawn(0, request->cgroup, &process.pidfd);
	if (process.pid < 0)
		return error_sys(err, NULL, "cannot start a process for criu");
	if (process.pid == 0) {
		close(fd_take(&gate_ours));
		become(&becoming);
	}
	close(fd_take(&theirs));
	close(fd_take(&sync_theirs));
	process.socket = fd_take(&ours);
	if (await_exec(request, &process, gate_ours, sync_ours, err) < 0) {
		criu_end(&process);
		return -1;
	}
	*ret = process;
	return 0;
}

void criu_end(struct criu_process *process)
{
	struct error ignored;

	/* Before the socket is closed: after a pre-dump CRIU waits for more, and would complain. */
	if (process->pid > 0) {
		(void)!process_signal(process->pidfd, SIGKILL, &ignored);
		while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	process->pid = 0;
	cleanup_close(&process->socket);
	process->socket = -1;
	cleanup_close(&process->pidfd);
	process->pidfd = -1;
}
