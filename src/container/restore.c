/* container/restore.c: the verb `restore`: a container made of a bundle and the images of a checkpoint
 *
 * The bundle is read, judged and planned as for a create, by the policy of now. What CRIU then makes
 * has to be what the plan says:
 *
 *	images          root's alone; brig.json says what they need          (image.h)
 *	admit           the same filter, profile and ids as the plan; the    rule restore-weaker
 *	                same range of ids is reserved again
 *	cgroup          made and marked, as yet without limits
 *	[criu]          born in it, in the namespaces that are joined and a  (stage.h)
 *	                mount namespace with the root file system and binds,
 *	                id-mapped, as a create makes them
 *	setup-namespaces  the init has a pid: noted; hooks
 *	pre-resume      every process is restored, and stopped by CRIU: CRIU leaves the cgroup, which
 *	                is frozen. What CRIU lets go does not run
 *	check           what each thread has, from the kernel                (restored.h)
 *	limits          and the device program
 *	thaw            the first instruction of the workload
 *	announce        state and pid file                                   (create.c)
 *
 * Whatever fails ends the container. What a killed restore leaves is found as after a killed create: by
 * the state directory, the reservation that names it, the marked cgroup, in which all processes
 * are from birth, CRIU itself too. There are no mounts to undo: they stand in CRIU's own mount
 * namespace.
 */
#include "base/cleanup.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "container/cgroup_place.h"
#include "container/create.h"
#include "container/destroy.h"
#include "container/image.h"
#include "container/lock.h"
#include "container/rdt_place.h"
#include "container/restore_admit.h"
#include "container/restored.h"
#include "kernel/cgroup.h"
#include "kernel/criu.h"
#include "kernel/process.h"
#include "kernel/process_id.h"
#include "kernel/procfs.h"
#include "kernel/sysctl.h"
#include "launch/console.h"
#include "launch/criu.h"
#include "launch/hooks.h"
#include "launch/privileged.h"
#include "launch/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RESTORE_LOG "restore.log"

enum { FREEZE_MS = 10'000 };

struct restoring {
	const struct restore_options *options;
	struct creation *creation;
	struct image image;
	int images, work;
	const char *image_path, *work_path;
	const char *lsm_profile; /* for CRIU */
	int userns;
	int joined[NS_COUNT]; /* -1: not joined */
	bool stopped;         /* all of it was frozen before CRIU let go */
	struct criu_process criu;
};

static int admit(struct creation *create, struct error *err)
{
	struct restoring *self = create->way->context;

	return restore_admit(create, &self->image, self->options->lsm_profile, &self->lsm_profile,
			     err);
}

/* --- criu --- */

static int externals_of(const struct restoring *self, const struct stage *stage, const char ***ret,
			size_t *ret_n, struct error *err)
{
	struct arena *arena = &self->creation->runtime->arena;
	const char **list = arena_array(arena, stage->n, sizeof *list);
	size_t n = 0;

	for (size_t i = 0; i < stage->n; i++) {
		const struct stage_mount *mount = &stage->mounts[i];
		const char *source = mount->external ? stage_source(stage, i, arena) : NULL;

		if (mount->external && !source) {
			(void)error_set(err, ERR_SPEC, "/mounts",
					"the image has a mount at %s, and the bundle has none",
					mount->point);
			return error_remedy(err, "restore it with the bundle it was created from");
		}
		if (source)
			list[n++] = arena_printf(arena, "mnt[%s]:%s", mount->point, source);
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

static int call_of(const struct restoring *self, const struct stage *stage, struct criu_call *ret,
		   struct error *err)
{
	const char *cgroup = self->creation->handle.state.cgroup.path;
	struct plan_criu_request request = {
		.request = CRIU_RESTORE,
		.flags = &self->options->flags,
		.images = -1,
		.images_path = STAGE_IMAGES,
		.work = self->work,
		.log = RESTORE_LOG,
		.root = STAGE_ROOT,
		.cgroup_yard = STAGE_CGROUPS,
		.lsm_profile = self->lsm_profile,
		.cgroup_root = strcmp(cgroup, self->image.cgroup ?: "") == 0 ? NULL : cgroup,
		.streams = self->image.streams,
		.n_streams = IMAGE_STREAMS,
	};
	const char **externals = NULL;

	if (externals_of(self, stage, &externals, &request.n_externals, err) < 0)
		return -1;
	request.externals = externals;
	*ret = plan_criu(&request, &self->creation->runtime->arena);
	return 0;
}

/* launch_criu.placed: what is restored is in the cgroup from birth, by whichever manager makes it. */
static int placed(void *context, pid_t pid, struct error *err)
{
	struct restoring *self = context;
	struct creation *create = self->creation;

	if (create->prepared.plan->cgroup.manager != CGROUP_MANAGER_SYSTEMD)
		return 0;
	if (cgroup_place_init(create->runtime, create->prepared.plan, &create->handle, pid, err) <
	    0)
		return -1;
	return state_save(create->handle.dir, &create->handle.state, err);
}

/* --- what CRIU tells --- */

static int sysctls(const struct creation *create, struct error *err)
{
	const struct plan *plan = create->prepared.plan;

	return sysctl_write(plan->sysctls, plan->n_sysctls, &plan->ids, create->launched.pidfd,
			    err);
}

static int on_namespaces(struct restoring *self, pid_t pid, int, struct error *err)
{
	struct creation *create = self->creation;
	struct state *state = &create->handle.state;

	state->pid = pid;
	if (!process_start_time(create->handle.proc, pid, &state->start_time))
		return error_set(err, ERR_STATE, NULL, "the container's first process has ended");
	create->launched.pid = pid;
	create->launched.ids = create->prepared.plan->ids;
	create->launched.pidfd = process_open(pid, err);
	if (create->launched.pidfd < 0 || state_save(create->handle.dir, state, err) < 0 ||
	    rdt_place_init(create->prepared.plan, pid, err) < 0)
		return -1;
	fault_point("restore-namespaces");
	/* In a network that an engine has made anew its sockets need what the first one had: to listen on
	 * port 80. What is CRIU's to make gets its parameters from the images, and ours at the end. */
	if (create->prepared.plan->namespaces[NS_NET].how == PLAN_NS_JOIN &&
	    sysctls(create, err) < 0)
		return -1;
	if (hooks_run(create->prepared.plan, HOOK_PRESTART, pid, "created", err) < 0)
		return -1;
	return hooks_run(create->prepared.plan, HOOK_CREATE_RUNTIME, pid, "creating", err);
}

static int on_terminal(struct restoring *self, pid_t, int fd, struct error *err)
{
	struct creation *create = self->creation;

	if (create->console_socket >= 0)
		return console_send(create->console_socket, fd, "/dev/ptmx", err);
	create->launched.console_master = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return create->launched.console_master < 0
		       ? error_sys(err, NULL, "cannot keep the terminal")
		       : 0;
}

/* CRIU goes back to where we are; what stays in the cgroup is the container. */
static int criu_leaves(struct restoring *self, struct error *err)
{
	struct creation *create = self->creation;
	const char *path;

	if (cgroup_path_of(create->handle.proc, getpid(), &create->runtime->arena, &path, err) < 0)
		return -1;

	autoclose int own = cgroup_open(create->handle.cgroup_root, path, err);

	return own < 0 ? -1 : cgroup_attach(own, self->criu.pid, err);
}

static int on_resume(struct restoring *self, pid_t, int, struct error *err)
{
	if (criu_leaves(self, err) < 0 ||
	    cgroup_freeze(self->creation->handle.cgroup, true, FREEZE_MS, err) < 0)
		return -1;
	self->stopped = true;
	fault_point("restore-frozen");
	return 0;
}

static const struct told_row {
	const char *name;
	int (*act)(struct restoring *self, pid_t pid, int fd, struct error *err);
} told_rows[] = {
	{ "setup-namespaces", on_namespaces },
	{ "orphan-pts-master", on_terminal },
	{ "pre-resume", on_resume },
};

/* CRIU goes on after a "no" to pre-resume: so the container ends here, before it is let go. */
static int told(void *context, const char *script, pid_t pid, int fd, struct error *err)
{
	struct restoring *self = context;
	struct error ignored;

	log_debug("criu: %s", script);
	for (size_t i = 0; i < ARRAY_LEN(told_rows); i++) {
		if (strcmp(told_rows[i].name, script) != 0)
			continue;
		if (told_rows[i].act(self, pid, fd, err) == 0)
			return 0;
		if (self->creation->launched.pidfd >= 0)
			(void)!process_signal(self->creation->launched.pidfd, SIGKILL, &ignored);
		return -1;
	}
	return 0;
}

/* --- launch --- */

static int converse(struct restoring *self, const struct stage *stage, const struct criu_call *call,
		    struct error *err)
{
	struct creation *create = self->creation;
	autoclose int program = criu_program(err);
	const bool is_scope = create->prepared.plan->cgroup.manager == CGROUP_MANAGER_SYSTEMD;
	const struct launch_criu request = {
		.program = program,
		.cgroup = is_scope ? -1 : create->handle.cgroup,
		.joins = self->joined,
		.stage = stage,
		.placed = placed,
		.context = self,
		.title = &create->runtime->options.title,
	};
	const struct criu_notify notify = { told, self };
	pid_t pid = 0;

	if (program < 0 || launch_criu(&request, &self->criu, err) < 0)
		return -1;
	fault_point("restore-spawned");
	if (criu_converse(self->criu.socket, call, &notify, &pid, err) < 0) {
		/* What one of ours has said is known better than what CRIU makes of it. */
		if (*err->where || *err->remedy)
			return -1;
		return criu_log_error(
			self->work, RESTORE_LOG,
			arena_printf(&create->runtime->arena, "%s/" RESTORE_LOG, self->work_path),
			err);
	}
	if (pid != create->handle.state.pid)
		return error_set(err, ERR_KERNEL, NULL, "criu names another process than before");
	return 0;
}

static int run_criu(struct restoring *self, struct error *err)
{
	struct creation *create = self->creation;
	const struct plan *plan = create->prepared.plan;
	const struct overlay_notes notes = { creation_leaves, create };
	const char *below = NULL;

	struct criu_call call;

	if (plan->namespaces[NS_USER].how == PLAN_NS_NEW) {
		self->userns = idmap_userns(&plan->ids, err);
		if (self->userns < 0)
			return -1;
	}

	autoclose int images =
		image_mapped(self->image_path, self->userns, &create->runtime->arena, &below, err);

	if (images < 0)
		return -1;

	autosubmounts struct submounts submounts = {};
	const struct sources sources = { plan,       create->prepared.policy,
					 &plan->ids, self->userns,
					 &notes,     &submounts };
	const struct stage stage = { &sources, self->image.mounts, self->image.n_mounts, images,
				     below };

	if (call_of(self, &stage, &call, err) < 0)
		return -1;

	autobuf struct buf text = {};

	criu_call_print(&call, &text);
	log_debug("criu:\n%s", buf_text(&text));

	return converse(self, &stage, &call, err);
}

/* CRIU gives every tree a time namespace, so that its clocks go on where they were: `exec` has to
 * join that, too. */
static void note_time_namespace(struct handle *handle)
{
	char path[48];
	struct error ignored;

	snprintf(path, sizeof path, "/proc/%d/ns/time", handle->state.pid);

	autoclose int fd = fd_open(path, O_RDONLY, 0, &ignored);

	if (fd >= 0 && ns_is_own(NS_TIME, fd, &ignored) == 0)
		handle->state.namespaces[NS_TIME].how = PLAN_NS_NEW;
}

static int check_and_thaw(struct restoring *self, struct error *err)
{
	struct creation *create = self->creation;
	struct handle *handle = &create->handle;
	const struct plan *plan = create->prepared.plan;

	if (!self->stopped || cgroup_is_frozen(handle->cgroup, err) != 1) {
		(void)error_set(err, ERR_KERNEL, NULL,
				"criu has let the container run before it was checked");
		return error_remedy(err, "use CRIU 4.0 or later, which tells before it does");
	}
	if (restored_check(plan, create->prepared.policy->settings.capabilities, handle,
			   &self->image, self->joined, err) < 0)
		return -1;
	fault_point("restore-checked");
	if (sysctls(create, err) < 0)
		return -1;
	if (cgroup_place_limits(create->runtime, plan, handle, err) < 0)
		return -1;
	note_time_namespace(handle);
	return cgroup_freeze(handle->cgroup, false, FREEZE_MS, err);
}

/* --manage-cgroups-mode strict: the scope of systemd is always a new one. */
static int is_strict(const struct restoring *self, struct error *err)
{
	const struct state_cgroup *cgroup = &self->creation->handle.state.cgroup;

	if (self->options->flags.cgroups != CGROUPS_STRICT || cgroup->made > 0 ||
	    cgroup->manager == CGROUP_MANAGER_SYSTEMD)
		return 0;
	(void)error_set(err, ERR_STATE, "--manage-cgroups-mode",
			"the cgroup '%s' was there before the restore", cgroup->path);
	return error_remedy(err, "remove it, or leave 'strict' out");
}

static int restore_launch(struct creation *create, struct error *err)
{
	struct restoring *self = create->way->context;
	const struct buf *config = &create->prepared.config;

	create->handle.proc = procfs_open(err);
	if (create->handle.proc < 0 ||
	    privileged_profile(&create->prepared.plan->process, err) < 0 ||
	    privileged_stdio(&create->prepared.plan->process, &create->prepared.plan->ids, err) < 0)
		return -1;
	if (state_save_config(create->handle.dir, config->data, config->len, err) < 0 ||
	    creation_audit(create, err) < 0)
		return -1;
	if (cgroup_place_make(create->runtime, create->prepared.plan, &create->handle, err) < 0 ||
	    is_strict(self, err) < 0 ||
	    spawn_open_joined(create->prepared.plan, create->prepared.share.joins, self->joined,
			      err) < 0)
		return -1;

	const int result = run_criu(self, err);

	criu_end(&self->criu);
	return result < 0 ? -1 : check_and_thaw(self, err);
}

/* --- the verb --- */

static int directories_open(struct restoring *self, struct runtime *runtime, struct error *err)
{
	const char *images = self->options->image_path ?: "checkpoint";

	self->images = image_directory(images, false, &runtime->arena, &self->image_path, err);
	if (self->images < 0)
		return -1;
	self->work = image_directory(self->options->work_path ?: images, true, &runtime->arena,
				     &self->work_path, err);
	if (self->work < 0 || image_check_files(self->images, self->image_path, err) < 0)
		return -1;
	return image_read(self->images, &runtime->arena, &self->image, err);
}

static int stay(struct creation *creation, int *ret_status, struct error *err)
{
	const struct launched *launched = &creation->launched;

	if (console_relay(launched->console_master, launched->pid, launched->pidfd, ret_status,
			  err) < 0)
		return -1;
	creation->handle.state.pid = 0;
	return container_delete(creation->runtime, &creation->handle, creation->prepared.plan,
				creation->prepared.spec, err);
}

static int restore(struct runtime *runtime, struct restoring *self, int *ret_status,
		   struct error *err)
{
	const struct restore_options *options = self->options;
	struct create_options create_options = options->create;
	const struct creation_way way = { "restore", admit, restore_launch, self };
	struct creation creation;
	struct error ignored;
	int result;

	if (runtime->host.rootless)
		return error_set(err, ERR_USAGE, NULL,
				 "CRIU needs the host's root to restore a container");
	if (directories_open(self, runtime, err) < 0)
		return error_context(err, "cannot restore '%s'", create_options.id);
	create_options.ids = &self->image.ids;
	// cppcheck-suppress autoVariables // creation_close() comes before it ends
	self->creation = &creation;
	if (creation_run(&creation, runtime, &create_options, &way, !create_options.detach, err) <
	    0)
		return -1;
	creation.handle.state.status = STATUS_RUNNING;
	result = hooks_run(creation.prepared.plan, HOOK_POSTSTART, creation.launched.pid, "running",
			   err);
	if (result == 0 && !create_options.detach)
		result = stay(&creation, ret_status, err);
	if (result < 0) {
		(void)!process_signal(creation.launched.pidfd, SIGKILL, &ignored);
		/* As `run`: who stays sees to its end. */
		if (!create_options.detach)
			(void)!container_delete(runtime, &creation.handle, creation.prepared.plan,
						creation.prepared.spec, &ignored);
	}
	creation_close(&creation);
	return result;
}

int runtime_restore(struct runtime *runtime, const struct restore_options *options, int *ret_status,
		    struct error *err)
{
	struct restoring self = { .options = options,
				  .images = -1,
				  .work = -1,
				  .userns = -1,
				  .criu = { .pidfd = -1, .socket = -1 } };

	*ret_status = 0;
	for (enum ns kind = 0; kind < NS_COUNT; kind++)
		self.joined[kind] = -1;

	const int result = restore(runtime, &self, ret_status, err);

	cleanup_close(&self.images);
	cleanup_close(&self.work);
	cleanup_close(&self.userns);
	spawn_close_joined(self.joined);
	return result;
}
