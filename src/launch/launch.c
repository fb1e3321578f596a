/* launch/launch.c: a plan carried out: the parent's side, the left-hand column of sync.h */
#include "launch/launch.h"

#include "base/cleanup.h"
#include "base/fault.h"
#include "base/fd.h"
#include "kernel/compat.h"
#include "kernel/process.h"
#include "kernel/procfs.h"
#include "kernel/scheduling.h"
#include "kernel/sysctl.h"
#include "launch/child.h"
#include "launch/console.h"
#include "launch/hooks.h"
#include "launch/privileged.h"
#include "launch/sources.h"
#include "launch/spawn.h"
#include "launch/sync.h"

#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

struct parent {
	const struct plan *plan;
	const struct launch_request *request;
	const struct launch_calls *calls;
	int sync;
	struct launched launched;
};

/* --- cgroup --- */

/* config-linux.md, "Cgroup ownership": to the id of the process's user. */
static int cgroup_own(const struct plan *plan, const struct idmap *ids, int cgroup,
		      struct error *err)
{
	uint32_t uid, gid;

	if (!plan->cgroup.delegate ||
	    !idmap_outside(ids->uids, ids->n_uids, plan->process.uid, &uid) ||
	    !idmap_outside(ids->gids, ids->n_gids, plan->process.gid, &gid))
		return 0;
	return cgroup_delegate(cgroup, uid, gid, err);
}

int launch_cgroup(const struct plan *plan, const char *path, const char *owner, int cgroup_root,
		  unsigned *ret_made, struct error *err)
{
	/* In a scope the init stands above: cgroup_place_init() gives them once it has moved down. */
	const char *controllers =
		plan->cgroup.manager == CGROUP_MANAGER_SYSTEMD ? NULL : plan->cgroup.controllers;
	struct error ignored;
	autoclose int cgroup = cgroup_create(cgroup_root, path, controllers, ret_made, err);

	if (cgroup < 0)
		return -1;
	fault_point("create-cgroup");
	if (cgroup_mark(cgroup, owner, err) == 0)
		return fd_take(&cgroup);
	(void)!cgroup_remove(cgroup_root, path, *ret_made, &ignored);
	return -1;
}

int launch_limits(const struct plan *plan, const struct idmap *ids, int cgroup, struct arena *arena,
		  const char **ret_missing, struct error *err)
{
	const struct plan_cgroup *wanted = &plan->cgroup;

	if (cgroup_apply(cgroup, wanted->writes, wanted->n_writes, arena, ret_missing, err) < 0)
		return -1;
	if (wanted->n_device_program > 0 &&
	    device_bpf_attach(cgroup, wanted->device_program, wanted->n_device_program, err) < 0)
		return -1;
	return cgroup_own(plan, ids, cgroup, err);
}

/* --- the init --- */

static int cannot_create(struct error *err)
{
	(void)error_sys(err, "/linux/namespaces", "cannot create the container's namespaces");
	if (err->code == ENOSPC)
		return error_remedy(
			err, "raise the limits below /proc/sys/user (max_user_namespaces …)");
	if (err->code == EPERM) /* CAP_SETPCAP: kernel/owner.c */
		return error_remedy(err, "give brig CAP_SYS_ADMIN, CAP_SETUID and CAP_SETPCAP, or "
					 "run it as an ordinary user");
	return -1;
}

/* [join]: enters the namespaces that are there already, makes the init as a child of brig, and
 * ends. */
[[gnu::noreturn]] static void join_and_spawn(const struct parent *parent,
					     const struct child_inherits *fds)
{
	struct child_inherits inherits = *fds;
	const struct launch_request *request = parent->request;
	struct error err = {};
	int pidfd = -1;

	process_set_name("brig:[join]", parent->request->title);
	/* Before CAP_SYS_PTRACE of the containers that are there counts for us, and for the init
	 * after us. Rootless the parent itself could not look at an undumpable init. */
	if (!request->rootless && process_set_dumpable(false, &err) < 0) {
		sync_fail(fds->sync, &err);
		_exit(1);
	}
	if (spawn_join(parent->plan, request->joins, request->user_first, inherits.of_joined,
		       &err) == 0) {
		const pid_t init = spawn_init(parent->plan, request->rootless, -1, &pidfd);

		if (init == 0)
			child_run(parent->plan, &inherits);
		if (init > 0 && sync_send(fds->sync, SYNC_JOINED, pidfd, init, &err) == 0)
			_exit(0);
		if (init < 0)
			(void)cannot_create(&err);
	}
	sync_fail(fds->sync, &err);
	_exit(1);
}

static int init_spawn_joined(struct parent *parent, int cgroup, const struct child_inherits *fds,
			     struct error *err)
{
	autoclose int joiner = -1;
	int status, init;
	const pid_t pid = spawn(0, cgroup, &joiner);

	if (pid < 0)
		return error_sys(err, NULL, "cannot start the joining process");
	if (pid == 0)
		join_and_spawn(parent, fds);

	/* Its message, if it has one, is in the queue by the time it ends. Killed, it has none, and
	 * nothing would say so: the init, and we ourselves, hold the other end open. */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		return error_set(err, ERR_KERNEL, "/linux/namespaces",
				 "the joining process died of signal %d", WTERMSIG(status));

	const int result =
		sync_wait(parent->sync, SYNC_JOINED, &parent->launched.pidfd, &init, err);

	parent->launched.pid = result == 0 ? init : 0;
	return result;
}

static int init_spawn(struct parent *parent, int cgroup, struct child_inherits *fds,
		      struct error *err)
{
	if (spawn_joins(parent->plan))
		return init_spawn_joined(parent, cgroup, fds, err);
	if (spawn_mounts(parent->plan, fds->of_joined, err) < 0)
		return -1;

	const pid_t pid = spawn_init(parent->plan, parent->request->rootless, cgroup,
				     &parent->launched.pidfd);

	if (pid == 0)
		child_run(parent->plan, fds);
	if (pid > 0) {
		parent->launched.pid = pid;
		return 0;
	}
	return cannot_create(err);
}

static int map_ids(const struct parent *parent, struct error *err)
{
	const struct plan *plan = parent->plan;

	if (plan->namespaces[NS_USER].how != PLAN_NS_NEW)
		return 0;
	if (plan->ids_helpers)
		return idmap_write_helpers(parent->launched.pid, &plan->ids, err);
	return idmap_write(parent->request->proc, parent->launched.pid, &plan->ids, plan->setgroups,
			   err);
}

/* A user namespace that somebody else made maps what it likes. One of a container of ours, which is
 * joined by its descriptor, has ids that brig has drawn; those of an ordinary user are that user's. */
static int ids_judge(const struct parent *parent, struct error *err)
{
	const struct launch_request *request = parent->request;
	const struct plan_namespace *user = &parent->plan->namespaces[NS_USER];
	const bool is_ours = request->joins && request->joins[NS_USER] >= 0;

	if (is_ours || request->rootless ||
	    policy_check_mapping(request->policy, &parent->launched.ids, err) == 0)
		return 0;
	return error_context(err, "the user namespace '%s' (%s)", user->path, user->from);
}

static int ids_learn(struct parent *parent, struct error *err)
{
	const struct launch_request *request = parent->request;

	parent->launched.ids = parent->plan->ids;
	if (parent->plan->namespaces[NS_USER].how != PLAN_NS_JOIN)
		return 0;
	if (idmap_read(request->proc, parent->launched.pid, request->arena, &parent->launched.ids,
		       err) < 0)
		return -1;
	return ids_judge(parent, err);
}

/* With its timens_offsets, which only the host's root may open while the child is not dumpable. */
static int mapped_send(const struct parent *parent, struct error *err)
{
	const bool wanted = child_sets_clocks(parent->plan);
	char path[32];

	snprintf(path, sizeof path, "%d/timens_offsets", parent->launched.pid);

	autoclose int clocks =
		wanted ? procfs_open_file(parent->request->proc, path, O_WRONLY, err) : -1;

	if (wanted && clocks < 0)
		return error_context(err, "time offsets");
	return sync_send(parent->sync, SYNC_MAPPED, clocks, 0, err);
}

static int user_namespace(const struct parent *parent, struct error *err)
{
	char path[48];

	snprintf(path, sizeof path, "/proc/%d/ns/user", parent->launched.pid);
	return fd_open(path, O_RDONLY, 0, err);
}

static int console_receive(struct parent *parent, struct error *err)
{
	autoclose int master = -1;

	if (!parent->plan->process.terminal)
		return 0;
	if (sync_wait(parent->sync, SYNC_CONSOLE, &master, NULL, err) < 0)
		return -1;
	if (parent->request->console_socket >= 0)
		return console_send(parent->request->console_socket, master, "/dev/ptmx", err);
	parent->launched.console_master = fd_take(&master);
	return 0;
}

/* What only the host's root may give, to a process that has not run any code of the image yet. */
static int prepare(struct parent *parent, struct error *err)
{
	const struct plan *plan = parent->plan;

	fault_point("create-spawned");
	if (ids_learn(parent, err) < 0 ||
	    privileged_stdio(&plan->process, &parent->launched.ids, err) < 0)
		return -1;
	if (parent->calls->placed(parent->calls->context, &parent->launched, err) < 0)
		return -1;
	fault_point("create-placed");

	/* Before the child goes on: once it has changed its ids, an ordinary user, whose child it is,
	 * may not look at its /proc/PID/ns any more. */
	const bool has_userns = plan->namespaces[NS_USER].how != PLAN_NS_NONE;
	autoclose int userns = has_userns ? user_namespace(parent, err) : -1;

	if (has_userns && userns < 0)
		return -1;
	if (map_ids(parent, err) < 0)
		return -1;
	if (mapped_send(parent, err) < 0)
		return -1;
	fault_point("create-mapped");

	const struct overlay_notes notes = { parent->calls->leaves, parent->calls->context };
	autosubmounts struct submounts submounts = {};
	const struct sources sources = {
		plan, parent->request->policy, &parent->launched.ids, userns, &notes, &submounts
	};

	return plan->child_makes_sources ? 0 : sources_send(&sources, parent->sync, err);
}

/* The mounts stand, and the old root is still in reach. */
static int visit(const struct parent *parent, struct error *err)
{
	const struct plan *plan = parent->plan;
	const pid_t pid = parent->launched.pid;

	if (sync_wait(parent->sync, SYNC_ROOTFS, NULL, NULL, err) < 0)
		return -1;
	if (privileged_network(plan, pid, err) < 0)
		return -1;
	if (sysctl_write(plan->sysctls, plan->n_sysctls, &parent->launched.ids,
			 parent->launched.pidfd, err) < 0)
		return -1;
	/* config.md puts prestart "after start is called", so its state says created; the others are
	 * part of the create operation. */
	if (hooks_run(plan, HOOK_PRESTART, pid, "created", err) < 0 ||
	    hooks_run(plan, HOOK_CREATE_RUNTIME, pid, "creating", err) < 0)
		return -1;
	return sync_send(parent->sync, SYNC_HOOKED, -1, 0, err);
}

static int converse(struct parent *parent, struct error *err)
{
	if (prepare(parent, err) < 0 || parent->calls->meanwhile(parent->calls->context, err) < 0)
		return -1;
	if (console_receive(parent, err) < 0)
		return -1;
	fault_point("create-rootfs");
	if (privileged_pause(parent->plan) && visit(parent, err) < 0)
		return -1;
	if (sync_wait(parent->sync, SYNC_READY, NULL, NULL, err) < 0)
		return -1;
	fault_point("create-ready");
	return privileged_attributes(&parent->plan->process, parent->request->proc,
				     parent->launched.pid, err);
}

static void abandon(struct launched *launched)
{
	struct error ignored;

	if (launched->pid > 0) {
		(void)!process_signal(launched->pidfd, SIGKILL, &ignored);
		while (waitpid(launched->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	cleanup_close(&launched->pidfd);
	cleanup_close(&launched->console_master);
}

static_assert(PLAN_OF_JOINED_MAX == 4, "launch_create() has as many descriptors to fill");

int launch_create(const struct plan *plan, const struct launch_request *request, int cgroup,
		  const struct launch_calls *calls, struct launched *ret, struct error *err)
{
	int sockets[2];

	if (privileged_profile(&plan->process, err) < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return error_sys(err, NULL, "cannot make a socket pair");

	autoclose int ours = sockets[0], theirs = sockets[1];
	struct parent parent = { .plan = plan,
				 .request = request,
				 .calls = calls,
				 .sync = ours,
				 .launched = { .pidfd = -1, .console_master = -1 } };
	struct child_inherits fds = { .sync = theirs,
				      .start = request->start_socket,
				      .proc = request->proc,
				      .of_joined = { -1, -1, -1, -1 },
				      .policy = request->policy,
				      .title = request->title };
	const int spawned = init_spawn(&parent, cgroup, &fds, err);

	for (size_t i = 0; i < PLAN_OF_JOINED_MAX; i++)
		cleanup_close(&fds.of_joined[i]);
	close(fd_take(&theirs)); /* so that the child's end is seen as end of file */
	if (spawned == 0 && converse(&parent, err) == 0) {
		*ret = parent.launched;
		return 0;
	}
	abandon(&parent.launched);
	return -1;
}

/* --- start --- */

/* Through /proc, because a socket's address has room for 107 bytes only, and a state root may be
 * longer. */
static int start_address(int dir, const char *name, struct sockaddr_un *ret, struct error *err)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if ((size_t)snprintf(ret->sun_path, sizeof ret->sun_path, "/proc/self/fd/%d/%s", dir,
			     name) >= sizeof ret->sun_path)
		return error_set(err, ERR_STATE, NULL, "the name of socket '%s' is too long", name);
	return 0;
}

int launch_listen(int socket_dir, const char *socket_name, struct error *err)
{
	struct sockaddr_un address;
	autoclose int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (listener < 0)
		return error_sys(err, NULL, "cannot make the start socket");
	if (start_address(socket_dir, socket_name, &address, err) < 0)
		return -1;
	if (bind(listener, (const struct sockaddr *)&address, sizeof address) < 0 ||
	    listen(listener, 1) < 0)
		return error_sys(err, NULL, "cannot listen on the start socket");
	return fd_take(&listener);
}

int launch_start(int socket_dir, const char *socket_name, const struct sync_listener *to, pid_t pid,
		 struct error *err)
{
	struct sockaddr_un address;
	autoclose int connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (connection < 0)
		return error_sys(err, NULL, "cannot make a socket");
	if (start_address(socket_dir, socket_name, &address, err) < 0)
		return -1;
	if (connect(connection, (const struct sockaddr *)&address, sizeof address) < 0)
		return error_sys(err, NULL, "nobody waits for a start");
	/* Before the workload can run: the socket is what "created" is told by, and a start that is
	 * killed from here on leaves a container that runs, or an init that ends. */
	if (unlinkat(socket_dir, socket_name, 0) < 0 && errno != ENOENT)
		return error_sys(err, NULL, "cannot remove the start socket");
	if (sync_send(connection, SYNC_START, -1, 0, err) < 0)
		return -1;
	return sync_end(connection, to, pid, err);
}
