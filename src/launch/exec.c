/* launch/exec.c: one more process in a container that runs; the drawing is in exec.h */
#include "launch/exec.h"

#include "base/cleanup.h"
#include "base/fault.h"
#include "base/fd.h"
#include "kernel/process.h"
#include "kernel/scheduling.h"
#include "launch/console.h"
#include "launch/descriptors.h"
#include "launch/enter.h"
#include "launch/privileged.h"
#include "launch/program.h"
#include "launch/spawn.h"
#include "launch/sync.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* --- the process --- */

struct visitor {
	const struct plan *plan;
	const struct launch_target *target;
	struct arena arena;
	int sync, proc, console, init;
	struct enter enter;
};

static int fds_close(struct visitor *visitor, struct error *err)
{
	int *const keep[] = { &visitor->sync, &visitor->proc, &visitor->init };

	return descriptors_keep(3 + visitor->plan->preserve_fds, keep, ARRAY_LEN(keep), err);
}

static int affinity(struct visitor *visitor, struct error *err)
{
	const char *cpus = visitor->plan->process.affinity_initial;

	return cpus ? scheduling_set_affinity(0, cpus, "/process/execCPUAffinity/initial", err) : 0;
}

static int namespaces_join(struct visitor *visitor, struct error *err)
{
	const struct idmap *map = &visitor->plan->ids;
	const struct process_ids root = { .uid = idmap_first(map->uids, map->n_uids),
					  .gid = idmap_first(map->gids, map->n_gids),
					  .keep_groups = true };
	const unsigned kinds = visitor->target->namespaces;

	if (kinds == 0 && !visitor->target->joined_user)
		return 0;
	/* All at once, setns(2): the kernel checks the rights over each before it enters any. */
	if (setns(visitor->init, (int)(kinds & ~(unsigned)CLONE_NEWPID)) < 0)
		return error_sys(err, NULL, "cannot join the container's namespaces");
	close(fd_take(&visitor->init));
	if (!(kinds & CLONE_NEWUSER) && !visitor->target->joined_user)
		return 0;
	return process_set_ids(&root, err);
}

static int undumpable(struct visitor *, struct error *err)
{
	return process_set_dumpable(false, err);
}

static int console_make(struct visitor *visitor, struct error *err)
{
	autoclose int master = -1;

	if (!visitor->plan->process.terminal)
		return 0;

	autoclose int root = fd_open("/", O_PATH | O_DIRECTORY, 0, err);

	if (root < 0 ||
	    console_open(root, &visitor->plan->process, &master, &visitor->console, err) < 0)
		return -1;
	return sync_send(visitor->sync, SYNC_CONSOLE, master, 0, err);
}

static int program(struct visitor *visitor, struct error *err)
{
	const struct plan_process *process = &visitor->plan->process;

	visitor->enter = (struct enter){
		.process = process,
		.program = program_find(process, &visitor->arena, err),
		.report = visitor->sync,
		.console = visitor->console,
		.proc = visitor->proc,
		.preserve_fds = visitor->plan->preserve_fds,
	};
	if (!visitor->enter.program)
		return -1;
	visitor->enter.env = program_env(process, &visitor->arena);
	return 0;
}

static int start_await(struct visitor *visitor, struct error *err)
{
	const char *cpus = visitor->plan->process.affinity_final;

	if (sync_send(visitor->sync, SYNC_READY, -1, 0, err) < 0)
		return -1;
	if (sync_wait(visitor->sync, SYNC_START, NULL, NULL, err) < 0)
		return -1;
	if (cpus && scheduling_set_affinity(0, cpus, "/process/execCPUAffinity/final", err) < 0)
		return -1;
	return process_set_death_signal(0, err);
}

static int enter(struct visitor *visitor, struct error *err)
{
	return enter_run(&visitor->enter, err);
}

struct step {
	const char *name;
	int (*run)(struct visitor *visitor, struct error *err);
};

// clang-format off
static const struct step steps[] = {
	{ "fds",          fds_close       }, /* before the container can see us */
	{ "affinity",     affinity        },
	{ "hidden",       undumpable      }, /* before CAP_SYS_PTRACE in there counts for us, ptrace(2) */
	{ "namespaces",   namespaces_join },
	{ "not dumpable", undumpable      }, /* again: the change of ids may have set it, prctl(2) */
	{ "console",      console_make    },
	{ "program",      program         },
	{ "start",        start_await     },
	{ "enter",        enter           },
};
// clang-format on

[[gnu::noreturn]] static void visitor_run(const struct plan *plan,
					  const struct launch_target *target, int sync)
{
	struct visitor visitor = { .plan = plan,
				   .target = target,
				   .sync = sync,
				   .proc = target->proc,
				   .init = target->init,
				   .console = -1 };
	struct error err = {};

	process_set_name("brig:[exec]", target->title);
	(void)!process_set_death_signal(SIGKILL, &err);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		if (steps[i].run(&visitor, &err) < 0)
			break;
	}
	sync_fail(visitor.sync, &err);
	_exit(1);
}

/* --- brig exec --- */

static int converse(const struct plan *plan, const struct launch_target *target, int sync,
		    struct launched *launched, struct error *err)
{
	if (plan->process.terminal) {
		autoclose int master = -1;

		if (sync_wait(sync, SYNC_CONSOLE, &master, NULL, err) < 0)
			return -1;
		if (target->console_socket < 0)
			launched->console_master = fd_take(&master);
		else if (console_send(target->console_socket, master, "/dev/ptmx", err) < 0)
			return -1;
	}
	if (sync_wait(sync, SYNC_READY, NULL, NULL, err) < 0)
		return -1;
	fault_point("exec-ready");
	if (privileged_attributes(&plan->process, target->proc, launched->pid, err) < 0)
		return -1;
	if (sync_send(sync, SYNC_START, -1, 0, err) < 0)
		return -1;
	return sync_end(sync, target->listener, launched->pid, err);
}

/* As the host's root: the pid namespace is for our children only, and we have no others, so the process
 * is in it from birth; the rest it joins itself. */
static int spawn_direct(const struct plan *plan, const struct launch_target *target, int theirs,
			struct launched *launched, struct error *err)
{
	if ((target->namespaces & CLONE_NEWPID) && setns(target->init, CLONE_NEWPID) < 0)
		return error_sys(err, NULL, "cannot join the container's pid namespace");
	launched->pid = spawn(0, target->cgroup, &launched->pidfd);
	if (launched->pid < 0)
		return error_sys(err, NULL, "cannot start a process in the container");
	if (launched->pid == 0)
		visitor_run(plan, target, theirs);
	return 0;
}

/* [join]: gets the right to the pid namespace from the user namespace, and makes the process from there. */
[[gnu::noreturn]] static void join_user(const struct plan *plan, const struct launch_target *target,
					int sync)
{
	const unsigned kinds = target->namespaces & (CLONE_NEWUSER | CLONE_NEWPID);
	struct launch_target inside = *target;
	struct error err = {};
	int pidfd = -1, gate[2];
	char byte;

	process_set_name("brig:[join]", target->title);
	/* As the step "hidden" of the process, which waits in that user namespace with all that is ours. */
	if (process_set_dumpable(false, &err) == 0 && pipe2(gate, O_CLOEXEC) == 0 &&
	    setns(target->init, (int)kinds) == 0) {
		inside.namespaces &= ~kinds;
		inside.joined_user = (kinds & CLONE_NEWUSER) != 0;

		const pid_t pid = spawn(CLONE_PARENT, -1, &pidfd);

		if (pid == 0) {
			/* What it says comes after our JOINED: it begins when we have ended. */
			close(gate[1]);
			(void)!read(gate[0], &byte, 1);
			visitor_run(plan, &inside, sync);
		}
		if (pid > 0 && sync_send(sync, SYNC_JOINED, pidfd, pid, &err) == 0)
			_exit(0);
	}
	(void)error_sys(&err, NULL, "cannot join the container's user and pid namespaces");
	sync_fail(sync, &err);
	_exit(1);
}

/* As an ordinary user, whose rights over the container begin in its user namespace. */
static int spawn_through_user(const struct plan *plan, const struct launch_target *target, int ours,
			      int theirs, struct launched *launched, struct error *err)
{
	autoclose int joiner = -1;
	const pid_t pid = spawn(0, target->cgroup, &joiner);
	int status, value;

	if (pid < 0)
		return error_sys(err, NULL, "cannot start the joining process");
	if (pid == 0)
		join_user(plan, target, theirs);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		return error_set(err, ERR_KERNEL, NULL, "the joining process died of signal %d",
				 WTERMSIG(status));
	if (sync_wait(ours, SYNC_JOINED, &launched->pidfd, &value, err) < 0)
		return -1;
	launched->pid = value;
	return 0;
}

int launch_exec(const struct plan *plan, const struct launch_target *target, struct launched *ret,
		struct error *err)
{
	struct launched launched = { .pidfd = -1, .console_master = -1 };
	int sockets[2];

	if (privileged_profile(&plan->process, err) < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return error_sys(err, NULL, "cannot make a socket pair");

	autoclose int ours = sockets[0], theirs = sockets[1];

	/* Taken by us, for the process to inherit: it will not know the init by the pid that we
	 * know. */
	if (plan->process.core_scheduling && scheduling_share_core(target->init_pid, err) < 0)
		return -1;
	if (target->user_first ? spawn_through_user(plan, target, ours, theirs, &launched, err) < 0
			       : spawn_direct(plan, target, theirs, &launched, err) < 0)
		return -1;
	close(fd_take(&theirs));
	fault_point("exec-spawned");
	if (converse(plan, target, ours, &launched, err) == 0) {
		*ret = launched;
		return 0;
	}

	struct error ignored;

	(void)!process_signal(launched.pidfd, SIGKILL, &ignored);
	while (waitpid(launched.pid, NULL, 0) < 0 && errno == EINTR)
		;
	cleanup_close(&launched.pidfd);
	cleanup_close(&launched.console_master);
	return -1;
}
