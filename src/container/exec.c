/* container/exec.c: the verb `exec`
 *
 * The process is judged and planned like the container's own, by the same rules, from the saved
 * config, its filter with it: its privileges can never exceed what policy gives a container now.
 */
#include "launch/exec.h"
#include "base/cleanup.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "container/audit_log.h"
#include "container/exec_user.h"
#include "container/handle.h"
#include "container/pid_file.h"
#include "container/root.h"
#include "container/runtime.h"
#include "container/start.h"
#include "kernel/capability.h"
#include "kernel/cgroup.h"
#include "kernel/process.h"
#include "kernel/self_exe.h"
#include "launch/console.h"
#include "launch/privileged.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

enum { PROCESS_SIZE_MAX = 1 << 20 };

/* --- which process --- */

static struct spec_strings strings_of(const char *const *list)
{
	struct spec_strings ret = { list, 0 };

	while (list[ret.n])
		ret.n++;
	return ret;
}

static struct spec_strings joined(struct arena *arena, const struct spec_strings *a,
				  const struct spec_strings *b)
{
	const char **items = arena_grow(arena, a->items, a->n, a->n + b->n, sizeof *items);

	memcpy(items + a->n, b->items, b->n * sizeof *items);
	return (struct spec_strings){ items, a->n + b->n };
}

static void caps_add(struct arena *arena, const char *const *names,
		     struct spec_capabilities *capabilities)
{
	static const enum spec_cap_set sets[] = { CAPSET_BOUNDING, CAPSET_EFFECTIVE,
						  CAPSET_PERMITTED };
	const struct spec_strings more = strings_of(names);

	capabilities->set = true;
	for (size_t i = 0; i < ARRAY_LEN(sets); i++)
		capabilities->sets[sets[i]] = joined(arena, &capabilities->sets[sets[i]], &more);
}

/* The options over the container's own process. */
static int process_from_options(struct arena *arena, const struct exec_options *options,
				struct spec_process *process, struct error *err)
{
	if (options->args)
		process->args = strings_of(options->args);
	if (options->cwd)
		process->cwd = options->cwd;
	if (options->user && exec_user_parse(options->user, &process->user, err) < 0)
		return -1;
	if (options->additional_gids &&
	    exec_groups_parse(arena, options->additional_gids, &process->user, err) < 0)
		return -1;
	if (options->env) {
		const struct spec_strings more = strings_of(options->env);

		for (size_t i = 0; i < more.n; i++) {
			if (more.items[i][0] == '=' || !strchr(more.items[i], '='))
				return error_set(err, ERR_USAGE, "--env", "'%s' is no NAME=VALUE",
						 more.items[i]);
		}

		process->env = joined(arena, &process->env, &more);
	}
	if (options->caps)
		caps_add(arena, options->caps, &process->capabilities);
	if (options->apparmor)
		process->apparmor_profile = options->apparmor;
	if (options->process_label)
		process->selinux_label = options->process_label;
	process->terminal = options->tty;
	process->set = true;
	return 0;
}

/* Read to its end before anything else: the engine removes the file when we return. */
static struct spec *process_file_read(const char *path, struct error *err)
{
	autobuf struct buf text = {};

	if (fd_read_file(AT_FDCWD, path, PROCESS_SIZE_MAX, &text, err) < 0)
		return NULL;
	return spec_parse_process(buf_text(&text), text.len, err);
}

/* --- the plan --- */

struct visit {
	struct runtime *runtime;
	const struct exec_options *options;
	struct handle handle;
	struct spec *config;  /* of the container */
	struct spec *process; /* --process, or NULL */
	struct policy *policy;
	struct judgement judgement;
	struct plan *plan;
	struct launched launched;
};

static int visit_process(struct visit *visit, struct error *err)
{
	visit->config = handle_config(&visit->handle, err);
	if (!visit->config)
		return -1;
	if (!visit->options->process_file)
		return process_from_options(&visit->config->arena, visit->options,
					    &visit->config->process, err);
	visit->process = process_file_read(visit->options->process_file, err);
	if (!visit->process)
		return -1;
	visit->config->process = visit->process->process;
	visit->config->process.terminal |= visit->options->tty;
	return 0;
}

/* Before it is done: what cannot be logged does not happen. */
static int audit(const struct visit *visit, const char *failure, struct error *err)
{
	const struct audit_record record = {
		.event = "exec",
		.id = visit->options->id,
		.argv = visit->runtime->options.argv,
		.bundle = visit->handle.state.bundle,
		.judgement = &visit->judgement,
		.state = failure ? NULL : &visit->handle.state,
		.failure = failure,
	};

	return audit_log_write(&record, visit->policy, &visit->runtime->host, err);
}

/* What was typed is not taken away in silence, as what an engine writes into every config is. */
static int caps_check(const char *const *names, const struct policy *policy, struct error *err)
{
	for (; *names; names++) {
		const int number = capability_from_name(*names);

		if (number < 0)
			return error_set(err, ERR_USAGE, "--cap",
					 "there is no capability '%s' (CAP_NET_RAW is one)",
					 *names);
		if (policy->settings.capabilities >> number & 1)
			continue;
		(void)error_set(err, ERR_POLICY, "capability-beyond", "refused by policy: %s",
				*names);
		return error_remedy(err, "let policy have it in settings.capabilities");
	}
	return 0;
}

static int visit_judge(struct visit *visit, struct error *err)
{
	struct error refusal;

	visit->policy =
		policy_load(visit->runtime->options.policy_path, &visit->runtime->host, err);
	if (!visit->policy)
		return -1;
	if (visit->options->caps && caps_check(visit->options->caps, visit->policy, err) < 0)
		return -1;
	policy_judge_process(visit->policy, visit->config, &visit->runtime->host,
			     &visit->judgement);
	if (!visit->judgement.refused)
		return audit(visit, NULL, err);
	(void)policy_refusal(&visit->judgement, &refusal);
	if (audit(visit, refusal.text, err) == 0)
		*err = refusal;
	return -1;
}

static int visit_plan(struct visit *visit, struct error *err)
{
	struct error ignored;
	autoclose int cache = root_open_cache(&ignored);
	const struct plan_request request = {
		.id = visit->options->id,
		.bundle = visit->handle.state.bundle,
		.ids = &visit->handle.state.ids,
		.cgroup_manager = visit->handle.state.cgroup.manager,
		.seccomp_cache = cache,
		.preserve_fds = visit->options->preserve_fds,
	};

	visit->plan = plan_build_process(&visit->judgement.spec, visit->policy,
					 &visit->runtime->host, &request, err);
	if (!visit->plan)
		return -1;
	if (!visit->plan->process.args)
		return error_set(err, ERR_USAGE, NULL, "exec needs a command or --process");
	return 0;
}

/* --- start and wait --- */

static unsigned namespaces_of(const struct state *state)
{
	unsigned flags = 0;

	for (enum ns kind = 0; kind < NS_COUNT; kind++) {
		if (state->namespaces[kind].how != PLAN_NS_NONE)
			flags |= ns_flag(kind);
	}
	return flags;
}

static int visit_cgroup(const struct visit *visit, struct error *err)
{
	const int own = handle_cgroup(&visit->handle, "put the process into", err);

	if (own < 0)
		return -1;
	return fd_open_beneath(own, visit->options->cgroup ?: ".", O_PATH | O_DIRECTORY, 0, err);
}

/* A workload that has handed controllers down to cgroups below its own cannot have processes in that
 * one, cgroups(7), "No internal processes": then where its init is, which must be further down. */
static int init_cgroup(const struct visit *visit, struct error *err)
{
	const struct handle *handle = &visit->handle;
	const char *const own = handle->state.cgroup.path;
	const size_t len = strlen(own);
	const char *path;

	if (cgroup_path_of(handle->proc, handle->state.pid, &visit->runtime->arena, &path, err) < 0)
		return -1;
	if (strncmp(path, own, len) != 0 || path[len] != '/')
		return error_set(err, ERR_STATE, path,
				 "the init has left the cgroup '%s' of the container", own);
	return cgroup_open(handle->cgroup_root, path, err);
}

static int console_of(const struct visit *visit, struct error *err)
{
	const char *socket = visit->options->console_socket;
	const bool wanted = visit->plan->process.terminal;

	if (socket && !wanted)
		return error_set(err, ERR_USAGE, "--console-socket",
				 "a console socket for a process without a terminal");
	if (wanted && !socket && visit->options->detach)
		return error_set(err, ERR_USAGE, "/terminal",
				 "a detached process with a terminal needs a --console-socket");
	return socket ? console_connect(socket, err) : -2;
}

static int visit_launch(struct visit *visit, struct error *err)
{
	const struct handle *handle = &visit->handle;
	/* One that cannot be opened is no reason to go without its limits and its device program. */
	const bool has_cgroup = handle->state.cgroup.path || visit->options->cgroup;
	autoclose int init = process_open(handle->state.pid, err);

	/* The pidfd is open: from here on the init cannot become another process. Was it still
	 * itself? */
	if (init >= 0 && !state_is_alive(handle->proc, &handle->state))
		return error_set(err, ERR_STATE, NULL, "container not running");

	const int console = init < 0 ? -1 : console_of(visit, err);

	if (console == -1)
		return -1;

	autoclose int console_socket = console == -2 ? -1 : console;
	autoclose int cgroup = has_cgroup ? visit_cgroup(visit, err) : -1;
	struct listener_delivery delivery = { handle, visit->plan,
					      &visit->judgement.spec.linux_.seccomp };
	const struct sync_listener to = { listener_deliver, &delivery };
	struct launch_target target = {
		.listener = &to,
		.user_first = host_is_ordinary(&visit->runtime->host),
		.init = init,
		.init_pid = handle->state.pid,
		.namespaces = namespaces_of(&handle->state),
		.cgroup = cgroup,
		.proc = handle->proc,
		.console_socket = console_socket,
		.title = &visit->runtime->options.title,
	};

	if (has_cgroup && cgroup < 0)
		return -1;
	if (privileged_stdio(&visit->plan->process, &visit->plan->ids, err) < 0)
		return -1;
	if (launch_exec(visit->plan, &target, &visit->launched, err) == 0)
		return 0;
	if (err->code != EBUSY || cgroup < 0 || visit->options->cgroup)
		return -1;

	autoclose int below = init_cgroup(visit, err);

	target.cgroup = below;
	return below < 0 ? -1 : launch_exec(visit->plan, &target, &visit->launched, err);
}

static int visit_announce(struct visit *visit, struct error *err)
{
	const struct exec_options *options = visit->options;
	const struct launched *launched = &visit->launched;

	if (options->pidfd_socket &&
	    pidfd_announce(options->pidfd_socket, launched->pidfd, "setns", err) < 0)
		return -1;
	return options->pid_file ? pid_file_write(options->pid_file, launched->pid, err) : 0;
}

/* Ids that brig has drawn are nobody's on the host: no one in the container can write to our
 * binary. */
static int visit_guard(const struct visit *visit, struct error *err)
{
	const struct state *state = &visit->handle.state;

	if (state->reservation && !state->rootless && self_exe_is_guarded())
		return 0;
	return self_exe_seal(visit->runtime->options.argv, err);
}

static int visit_run(struct visit *visit, int *ret_status, struct error *err)
{
	const struct exec_options *options = visit->options;

	if (handle_open(visit->runtime, options->id, false, &visit->handle, err) < 0)
		return -1;
	if (lifecycle_check(options->ignore_paused ? COMMAND_EXEC_PAUSED : COMMAND_EXEC,
			    visit->handle.state.status, options->id, err) < 0)
		return -1;
	if (visit_guard(visit, err) < 0 || visit_process(visit, err) < 0 ||
	    visit_judge(visit, err) < 0 || visit_plan(visit, err) < 0)
		return -1;
	fault_point("exec-planned");
	log_debug("exec '%s' in '%s'", visit->plan->process.args[0], options->id);
	if (visit_launch(visit, err) < 0)
		return -1;
	if (visit_announce(visit, err) < 0) {
		struct error ignored;

		(void)!process_signal(visit->launched.pidfd, SIGKILL, &ignored);
		return -1;
	}
	if (options->detach)
		return 0;
	return console_relay(visit->launched.console_master, visit->launched.pid,
			     visit->launched.pidfd, ret_status, err);
}

int runtime_exec(struct runtime *runtime, const struct exec_options *options, int *ret_status,
		 struct error *err)
{
	struct visit visit = { .runtime = runtime,
			       .options = options,
			       .handle = { -1, -1, -1, -1, {} },
			       .launched = { .pidfd = -1, .console_master = -1 } };

	*ret_status = 0;

	const int result = visit_run(&visit, ret_status, err);

	cleanup_close(&visit.launched.pidfd);
	cleanup_close(&visit.launched.console_master);
	handle_close(&visit.handle);
	plan_free(visit.plan);
	judgement_free(&visit.judgement);
	policy_free(visit.policy);
	spec_free(visit.process);
	spec_free(visit.config);
	return result;
}
