/* container/create.c: a bundle becomes a container that waits for `start`
 *
 * What create leaves on the host, in the order in which it comes to be, and how a later
 * `delete --force` finds it when create was killed in between:
 *
 *	claim          the state directory     by its name
 *	ids            a reservation           by the state directory it names
 *	state          state.json, config.json
 *	cgroup         the cgroup              by the path in state.json, written before it is made
 *	init           the process             by its cgroup; without one by the pid in state.json
 *	work           a directory beside      by its path in the file leftovers, written before it
 *	               an overlay's layers     is made
 *
 * With a state.json that is damaged, the cgroup by its mark, and the init by the file of that name.
 *
 * A failure undoes them in reverse. There are no mounts to undo: none is ever made in the host's
 * mount namespace.
 */
#include "container/create.h"

#include "base/cleanup.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "container/audit_log.h"
#include "container/cgroup_place.h"
#include "container/destroy.h"
#include "container/handle.h"
#include "container/id.h"
#include "container/leftovers.h"
#include "container/lock.h"
#include "container/pid_file.h"
#include "container/prepare.h"
#include "container/rdt_place.h"
#include "kernel/landlock.h"
#include "kernel/process_id.h"
#include "kernel/procfs.h"
#include "launch/console.h"
#include "launch/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

/* @failure: why it was not done, or NULL: then with the ids and profiles that it was given. */
static int audit(const struct creation *create, const char *failure, struct error *err)
{
	const struct prepared *prepared = &create->prepared;
	const struct audit_record record = {
		.event = create->way->verb,
		.id = create->options->id,
		.argv = create->runtime->options.argv,
		.bundle = prepared->bundle,
		.config = &prepared->config,
		.judgement = &prepared->judgement,
		.state = failure ? NULL : &create->handle.state,
		.failure = failure,
	};

	return audit_log_write(&record, prepared->policy, &create->runtime->host, err);
}

int creation_audit(const struct creation *create, struct error *err)
{
	return audit(create, NULL, err);
}

static const char *namespace_path(const struct plan_namespace *ns)
{
	return ns->how == PLAN_NS_JOIN ? ns->path : NULL;
}

static bool landlock_is_scoped(const struct plan *plan)
{
	return plan->process.landlock && plan->process.landlock_abstract_sockets &&
	       plan->process.landlock_abi >= LANDLOCK_ABI_SCOPE;
}

/* What the plan says of the container; pid and status come later. */
static void state_from_plan(struct creation *create)
{
	const struct plan *plan = create->prepared.plan;
	struct state *state = &create->handle.state;

	*state = (struct state){
		.oci_version = plan->oci_version,
		.id = plan->id,
		.bundle = plan->bundle,
		.rootfs = plan->root.path,
		.created = runtime_now(create->runtime),
		.status = STATUS_CREATING,
		.owner = create->runtime->host.uid,
		.rootless = create->runtime->host.rootless,
		.preserve_fds = plan->preserve_fds,
		.cgroup = { .manager = plan->cgroup.manager, .path = plan->cgroup.path, .unit = plan->cgroup.systemd.unit },
		.ids = plan->ids,
		.reservation = create->prepared.ids.reservation,
		.protections = {
			.seccomp_digest = plan->process.seccomp.n ? plan->process.seccomp.digest : NULL,
			.seccomp_profile = plan->process.seccomp.n ? plan->process.seccomp_from : NULL,
			.apparmor = plan->process.apparmor,
			.landlock_abi = plan->process.landlock ? plan->process.landlock_abi : 0,
			.landlock_scoped = landlock_is_scoped(plan),
			.core_scheduling = plan->process.core_scheduling,
			.warnings = { plan->warnings, plan->n_warnings },
		},
		.annotations = plan->annotations,
	};
	memcpy(state->hooks, plan->hooks, sizeof state->hooks);
	for (size_t i = 0; i < NS_COUNT; i++)
		state->namespaces[i] =
			(struct state_namespace){ plan->namespaces[i].how,
						  namespace_path(&plan->namespaces[i]) };
}

/* The init exists but waits: from here on a killed create can be cleaned up by its pid, too. */
static int placed(void *context, const struct launched *launched, struct error *err)
{
	const pid_t pid = launched->pid;
	struct creation *create = context;
	struct state *state = &create->handle.state;

	log_debug("the init is process %d", pid);
	state->pid = pid;
	state->ids = launched->ids;
	if (!process_start_time(create->handle.proc, pid, &state->start_time))
		return error_set(err, ERR_STATE, NULL, "the container's first process has ended");
	if (cgroup_place_init(create->runtime, create->prepared.plan, &create->handle, pid, err) <
	    0)
		return -1;
	if (rdt_place_init(create->prepared.plan, pid, err) < 0)
		return -1;
	/* A cgroup that state.json names already leads to the process just as well. */
	if (create->prepared.plan->cgroup.manager == CGROUP_MANAGER_CGROUPFS)
		return 0;
	if (create->handle.cgroup < 0 && state_save_init(create->handle.dir, state, err) < 0)
		return -1;
	return state_save(create->handle.dir, state, err);
}

static int claim(struct creation *create, struct error *err)
{
	const int root = runtime_root(create->runtime, err);

	if (root < 0)
		return -1;
	create->handle.dir = state_claim(root, create->options->id, err);
	if (create->handle.dir < 0)
		return -1;
	fault_point("create-claimed");
	return 0;
}

static int record(struct creation *create, struct error *err)
{
	state_from_plan(create);
	if (state_save(create->handle.dir, &create->handle.state, err) < 0)
		return -1;
	fault_point("create-recorded");
	return 0;
}

/* While the init builds its file system, and before any code of the image can run. */
static int meanwhile(void *context, struct error *err)
{
	struct creation *create = context;
	const struct buf *config = &create->prepared.config;

	if (cgroup_place_limits(create->runtime, create->prepared.plan, &create->handle, err) < 0)
		return -1;
	if (state_save_config(create->handle.dir, config->data, config->len, err) < 0)
		return -1;
	return audit(create, NULL, err);
}

int creation_leaves(void *context, enum overlay_note kind, const char *path, struct error *err)
{
	const struct creation *create = context;

	return leftovers_note(create->handle.dir, kind, path, err);
}

static int launch(struct creation *create, struct error *err)
{
	const struct launch_calls calls = { placed, meanwhile, creation_leaves, create };

	create->handle.proc = procfs_open(err);
	if (create->handle.proc < 0)
		return -1;
	if (cgroup_place_make(create->runtime, create->prepared.plan, &create->handle, err) < 0)
		return -1;

	autoclose int start = launch_listen(create->handle.dir, STATE_SOCKET, err);
	const struct launch_request request = {
		.proc = create->handle.proc,
		.start_socket = start,
		.console_socket = create->console_socket,
		.rootless = create->runtime->host.rootless,
		.user_first = host_is_ordinary(&create->runtime->host),
		.policy = create->prepared.policy,
		.title = &create->runtime->options.title,
		.arena = &create->runtime->arena,
		.joins = create->prepared.share.joins,
	};

	if (start < 0)
		return -1;
	return launch_create(create->prepared.plan, &request, create->handle.cgroup, &calls,
			     &create->launched, err);
}

/* Everything stands: make it known. The pid file comes last, for engines read it as "created". */
static int announce(struct creation *create, struct error *err)
{
	const struct create_options *options = create->options;
	struct state *state = &create->handle.state;

	state->status = STATUS_CREATED;
	if (state_save(create->handle.dir, state, err) < 0)
		return -1;
	if (options->pidfd_socket &&
	    pidfd_announce(options->pidfd_socket, create->launched.pidfd, "standard", err) < 0)
		return -1;
	fault_point("create-announced");
	return options->pid_file ? pid_file_write(options->pid_file, state->pid, err) : 0;
}

static void undo(struct creation *create)
{
	struct error ignored;

	/* No more than the claim: it goes without a descriptor more, which may be what is missing. */
	if (!create->handle.state.id && !create->prepared.ids.reservation) {
		(void)!state_remove(create->runtime->root_fd, create->options->id,
				    create->handle.dir, &ignored);
		return;
	}
	if (create->launched.pid > 0) {
		kill(create->launched.pid, SIGKILL);
		while (waitpid(create->launched.pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (create->prepared.plan && create->handle.state.id)
		(void)!hooks_run(create->prepared.plan, HOOK_POSTSTOP, 0, "stopped", &ignored);
	create->handle.state.reservation = create->prepared.ids.reservation;
	if (create->handle.cgroup < 0)
		create->handle.state.cgroup.path = NULL; /* what is there was there before us */
	(void)!destroy(create->runtime, create->options->id, &create->handle, create->prepared.spec,
		       &ignored);
}

/* What policy made of the config, and what this host cannot do, while somebody looks on. */
static void tell(const struct creation *create)
{
	const struct judgement *judgement = &create->prepared.judgement;
	const struct plan *plan = create->prepared.plan;

	for (size_t i = 0; i < judgement->n; i++) {
		const struct finding *finding = &judgement->findings[i];

		log_debug("%s: %s: %s", action_name(finding->action), finding->pointer,
			  finding->text);
	}
	for (size_t i = 0; i < plan->n_warnings; i++)
		log_note("%s", plan->warnings[i]);
	log_debug("ids %u and up, cgroup %s, %u seccomp instructions (%s)",
		  plan->ids.n_uids ? plan->ids.uids[0].outside : 0, plan->cgroup.path ?: "none",
		  plan->process.seccomp.n,
		  plan->process.seccomp.from_cache ? "from the cache" : "compiled");
}

/* What cannot be logged does not happen, and so it is with a refusal's own reason. */
static int refused(const struct creation *create, struct error *err)
{
	const struct error refusal = *err;

	if (refusal.kind == ERR_POLICY && audit(create, refusal.text, err) == 0)
		*err = refusal;
	return -1;
}

static int judge(struct creation *create, struct error *err)
{
	if (id_check(create->options->id, err) < 0)
		return -1;
	if (prepare_judge(create->runtime, create->options->bundle ?: ".", &create->prepared, err) <
	    0)
		return -1;
	if (create->options->no_pivot &&
	    policy_action(create->prepared.policy, "no-pivot") == ACTION_REFUSE) {
		(void)error_set(
			err, ERR_POLICY, "no-pivot",
			"--no-pivot leaves the host's file system in reach of the container");
		return error_remedy(err, "leave the option out: brig needs no ramdisk work-around");
	}
	if (!create->prepared.judgement.refused)
		return prepare_guard(create->runtime, &create->prepared.judgement.spec, err);

	(void)policy_refusal(&create->prepared.judgement, err);
	return refused(create, err);
}

static int terminal(struct creation *create, bool foreground, struct error *err)
{
	const bool wanted = create->prepared.judgement.spec.process.terminal;
	const char *socket = create->options->console_socket;

	if (socket && !wanted)
		return error_set(err, ERR_USAGE, "--console-socket",
				 "a console socket for a container without process.terminal");
	if (wanted && !socket && !foreground) {
		(void)error_set(err, ERR_USAGE, "/process/terminal",
				"process.terminal needs a --console-socket");
		return error_remedy(err, "pass one, run the container in the foreground, or set "
					 "process.terminal to false");
	}
	if (socket)
		create->console_socket = console_connect(socket, err);
	return socket && create->console_socket < 0 ? -1 : 0;
}

static int build(struct creation *create, struct error *err)
{
	if (prepare_plan(create->runtime, create->options, false, &create->prepared, err) < 0)
		return refused(create, err);
	fault_point("create-ids");
	if (!create->prepared.plan->process.args)
		return error_set(err, ERR_SPEC, "/process",
				 "the container has no process to start");
	if (create->way->admit && create->way->admit(create, err) < 0)
		return refused(create, err);
	tell(create);
	return record(create, err);
}

/* The log has said "done" when it fails, or nothing: a second look at a source of a mount or at a
 * namespace refuses, too. */
static int carry_out(struct creation *create, struct error *err)
{
	struct error unlogged;

	if (create->way->launch(create, err) == 0 && announce(create, err) == 0)
		return 0;
	if (audit(create, err->text, &unlogged) < 0)
		log_warn("that %s of '%s' failed is not in the audit log: %s", create->way->verb,
			 create->options->id, unlogged.text);
	return -1;
}

void creation_close(struct creation *create)
{
	cleanup_close(&create->launched.pidfd);
	cleanup_close(&create->launched.console_master);
	cleanup_close(&create->console_socket);
	handle_close(&create->handle);
	prepare_free(&create->prepared);
}

static const struct creation_way ordinary = { .verb = "create", .launch = launch };

int creation_run(struct creation *create, struct runtime *runtime,
		 const struct create_options *options, const struct creation_way *way,
		 bool foreground, struct error *err)
{
	int result = -1;

	*create = (struct creation){
		.runtime = runtime,
		.options = options,
		.way = way ?: &ordinary,
		.prepared = { .share = pod_share_none() },
		.console_socket = -1,
		.handle = { -1, -1, -1, -1, {} },
		.launched = { .pidfd = -1, .console_master = -1 },
	};
	if (judge(create, err) == 0 && terminal(create, foreground, err) == 0 &&
	    claim(create, err) == 0) {
		if (build(create, err) == 0)
			result = carry_out(create, err);
		if (result < 0)
			undo(create);
		lock_release(create->handle.dir);
	}
	if (result == 0)
		return 0;
	creation_close(create);
	return error_context(err, "cannot %s '%s'", create->way->verb, options->id);
}

int runtime_create(struct runtime *runtime, const struct create_options *options, struct error *err)
{
	struct creation creation;

	if (creation_run(&creation, runtime, options, NULL, false, err) < 0)
		return -1;
	creation_close(&creation);
	return 0;
}
