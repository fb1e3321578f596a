/* container/checkpoint.c: the verb `checkpoint`: a container's processes, written to files by CRIU
 *
 *	may it?         running or paused, with a cgroup, pid and mount namespaces of its own
 *	record          brig.json: what a restore has to give back and to hand to CRIU
 *	criu            freezes the cgroup, writes the images, lets go, or ends the processes
 *	delete          as runc does it, unless the container is left running: its id is free for a
 *	                restore
 *
 * A brig that is killed on the way leaves images that are not whole, which a restore refuses (no
 * brig.json, also where there was one of earlier images), and a container that runs on: CRIU dies
 * with brig, and the kernel resumes what it had stopped. If it had frozen the cgroup, `resume` or
 * `delete --force` end that.
 */
#include "base/cleanup.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "container/act.h"
#include "container/checkpoint_learn.h"
#include "container/destroy.h"
#include "container/handle.h"
#include "container/image.h"
#include "container/lock.h"
#include "container/runtime.h"
#include "kernel/criu.h"
#include "kernel/process.h"
#include "kernel/procfs.h"
#include "kernel/sysctl.h"
#include "launch/criu.h"
#include "launch/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DUMP_LOG "dump.log"

struct dump {
	struct runtime *runtime;
	const struct checkpoint_options *options;
	struct handle handle;
	struct spec *spec;
	int images, work;
	const char *image_path, *work_path;
	struct image image;
};

/* --- may it? --- */

static int check(const struct dump *dump, struct error *err)
{
	const struct state *state = &dump->handle.state;
	static const enum ns own[] = { NS_PID, NS_MOUNT };
	static const enum ns never_joined[] = { NS_CGROUP, NS_TIME };

	if (lifecycle_check(COMMAND_CHECKPOINT, state->status, state->id, err) < 0)
		return -1;
	if (state->rootless || dump->runtime->host.rootless)
		return checkpoint_cannot(err, "CRIU needs the host's root",
					 "checkpoint containers of root's");
	if (handle_cgroup(&dump->handle, "freeze", err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(own); i++) {
		if (state->namespaces[own[i]].how != PLAN_NS_NEW)
			return checkpoint_cannot(
				err, "its pid or mount namespace is not its own",
				"let the container have pid and mount namespaces of its own");
	}
	for (size_t i = 0; i < ARRAY_LEN(never_joined); i++) {
		if (state->namespaces[never_joined[i]].how == PLAN_NS_JOIN)
			return checkpoint_cannot(
				err,
				"it has joined a cgroup or time namespace, which CRIU knows "
				"of a container's own only",
				"let the container have cgroup and time namespaces of its "
				"own");
	}
	if (state->protections.landlock_scoped)
		return checkpoint_cannot(
			err,
			"Landlock keeps it from the abstract sockets of others in the network "
			"namespace that it has joined, and CRIU talks to it by one",
			"create it under a policy with settings.scope_abstract_sockets set to "
			"false");
	if (dump->spec->linux_.seccomp.listener_path)
		return checkpoint_cannot(err,
					 "its seccomp filter asks a listener, and CRIU knows none",
					 "use a profile without SCMP_ACT_NOTIFY");
	return 0;
}

/* --- criu --- */

static const char **externals_of(const struct dump *dump, size_t *ret_n)
{
	struct arena *arena = &dump->runtime->arena;
	const struct image *image = &dump->image;
	const char **list = arena_array(arena, image->n_mounts + IMAGE_STREAMS, sizeof *list);
	size_t n = 0;

	for (size_t i = 0; i < image->n_mounts; i++) {
		const char *point = image->mounts[i].point;

		if (image->mounts[i].external)
			list[n++] = arena_printf(arena, "mnt[%s]:%s", point, point);
	}
	for (size_t i = 0; i < IMAGE_STREAMS; i++) {
		if (strncmp(image->streams[i], "file[", strlen("file[")) == 0)
			list[n++] = image->streams[i];
	}
	*ret_n = n;
	return list;
}

static struct criu_call call_of(const struct dump *dump)
{
	struct arena *arena = &dump->runtime->arena;
	struct plan_criu_request request = {
		.request = dump->options->pre_dump ? CRIU_PRE_DUMP : CRIU_DUMP,
		.flags = &dump->options->flags,
		.images = dump->images,
		.work = dump->work,
		.log = DUMP_LOG,
		.pid = dump->handle.state.pid,
		.root = arena_printf(arena, "/proc/%d/root", dump->handle.state.pid),
		.freeze = arena_printf(arena, "/proc/%d/fd/%d", getpid(), dump->handle.cgroup),
	};

	request.externals = externals_of(dump, &request.n_externals);
	return plan_criu(&request, arena);
}

/* What the container has joined, as its init has it: the path may lead elsewhere by now. Not the user
 * namespace, which is dumped from outside. */
static int joined_open(const struct dump *dump, int ret[NS_COUNT], struct error *err)
{
	char path[48];

	for (enum ns kind = 0; kind < NS_COUNT; kind++)
		ret[kind] = -1;
	for (enum ns kind = 0; kind < NS_COUNT; kind++) {
		if (kind == NS_USER || !dump->image.joined[kind])
			continue;
		snprintf(path, sizeof path, "/proc/%d/ns/%s", dump->handle.state.pid,
			 ns_proc(kind));
		ret[kind] = ns_open(kind, path, err);
		if (ret[kind] < 0) {
			spawn_close_joined(ret);
			return -1;
		}
	}
	return 0;
}

static void tell(const struct criu_call *call)
{
	autobuf struct buf text = {};

	criu_call_print(call, &text);
	log_debug("criu:\n%s", buf_text(&text));
}

static int converse(const struct dump *dump, struct error *err)
{
	autoclose int program = criu_program(err);
	const struct criu_call call = call_of(dump);
	int joined[NS_COUNT];
	const struct launch_criu request = {
		.program = program,
		.cgroup = -1,
		.joins = joined,
		.title = &dump->runtime->options.title,
	};
	struct criu_process process;

	if (program < 0 || joined_open(dump, joined, err) < 0)
		return -1;
	tell(&call);

	const int launched = launch_criu(&request, &process, err);

	spawn_close_joined(joined);
	if (launched < 0)
		return -1;
	fault_point("checkpoint-spawned");

	const int result = criu_converse(process.socket, &call, NULL, NULL, err);

	criu_end(&process);
	if (result < 0)
		return criu_log_error(
			dump->work, DUMP_LOG,
			arena_printf(&dump->runtime->arena, "%s/" DUMP_LOG, dump->work_path), err);
	return 0;
}

/* CRIU writes down the groups that may ping as the host counts them, and cannot write them back from
 * within the container's user namespace. So none may, meanwhile, and a restore sets what the bundle says. */
static int ping_groups(const struct dump *dump, bool put_back, struct error *err)
{
	static const char path[] = "net/ipv4/ping_group_range";
	const struct spec_pairs *asked = &dump->spec->linux_.sysctl;
	const struct state *state = &dump->handle.state;

	if (state->namespaces[NS_NET].how != PLAN_NS_NEW)
		return 0; /* nothing of it is written */

	autoclose int pidfd = process_open(state->pid, err);

	for (size_t i = 0; pidfd >= 0 && i < asked->n; i++) {
		const struct sysctl sysctl = {
			.path = path,
			.value = put_back ? asked->items[i].value : "1 0",
			.from = "/linux/sysctl",
			.groups = put_back,
		};

		if (strcmp(asked->items[i].key, "net.ipv4.ping_group_range") == 0)
			return sysctl_write(&sysctl, 1, &state->ids, pidfd, err);
	}
	return pidfd < 0 ? -1 : 0;
}

static int write_images(const struct dump *dump, struct error *err)
{
	const bool ends = !dump->options->flags.leave_running && !dump->options->pre_dump;
	struct error later;

	/* Before CRIU ends anything: a full disk is found out while the container lives. */
	if (image_write(dump->images, &dump->image, err) < 0 || ping_groups(dump, false, err) < 0)
		return -1;

	const int result = converse(dump, err);

	if ((result < 0 || !ends) && ping_groups(dump, true, &later) < 0)
		log_warn("%s", later.text);
	if (result < 0)
		return -1;
	fault_point("checkpoint-dumped");
	/* Last: images without it are not whole. */
	return dump->options->pre_dump ? 0 : image_commit(dump->images, err);
}

/* --- the verb --- */

static int directories_open(struct dump *dump, struct error *err)
{
	const struct checkpoint_options *options = dump->options;
	struct arena *arena = &dump->runtime->arena;
	const char *images = options->image_path ?: "checkpoint";

	dump->images = image_directory(images, true, arena, &dump->image_path, err);
	if (dump->images < 0)
		return -1;
	dump->work =
		image_directory(options->work_path ?: images, true, arena, &dump->work_path, err);
	if (dump->work < 0)
		return -1;
	if (options->flags.parent_path && options->flags.parent_path[0] == '/')
		return error_set(
			err, ERR_USAGE, "--parent-path",
			"the path must be relative to the images, so that both can be moved");
	return image_check_files(dump->images, dump->image_path, err);
}

/* While it lives. Images are evidence, too: what goes on running may be dumped all the same. */
static int warn_of_restore(const struct dump *dump, struct error *err)
{
	struct error ignored;
	const struct stage_mount *odd = checkpoint_unnamed(&dump->image, dump->spec);
	struct policy *policy =
		policy_load(dump->runtime->options.policy_path, &dump->runtime->host, &ignored);
	const bool refused = policy && policy_action(policy, "restore-weaker") == ACTION_REFUSE;

	policy_free(policy);
	if (refused && !dump->options->pre_dump)
		log_warn("this host's policy refuses to restore containers: rule restore-weaker");
	if (!odd)
		return 0;
	if (dump->options->flags.leave_running || dump->options->pre_dump || refused) {
		log_warn("a restore of these images will be refused: no destination of the bundle "
			 "is %s",
			 odd->point);
		return 0;
	}
	(void)error_set(err, ERR_STATE, "/mounts",
			"it could not be restored: no destination of the bundle is %s", odd->point);
	return error_remedy(err,
			    "name destinations without links, and each mount below a recursive "
			    "bind; or checkpoint it with --leave-running");
}

/* All that brig opens is close-on-exec; what was handed over is not. */
static int status_check(int fd, struct error *err)
{
	const int flags = fd < 0 ? 0 : fcntl(fd, F_GETFD);

	if (flags >= 0 && (flags & FD_CLOEXEC) == 0)
		return 0;
	return error_set(err, ERR_USAGE, "--status-fd", "no descriptor %d was handed over", fd);
}

/* Before a directory is made for what it cannot write. */
static int criu_is_there(struct error *err)
{
	autoclose int program = criu_program(err);

	return program < 0 ? -1 : 0;
}

/* What is said afterwards changes nothing any more: the images are whole. */
static void status_tell(int fd)
{
	struct error err;

	if (fd >= 0 && fd_write_all(fd, "", 1, &err) < 0)
		log_warn("--status-fd: %s", err.text);
}

static int finish(struct dump *dump, struct error *err)
{
	const bool ends = !dump->options->flags.leave_running && !dump->options->pre_dump;
	struct plan plan;

	status_tell(dump->options->status_fd);
	if (!ends)
		return 0;
	hook_plan(&dump->handle.state, &plan);
	lock_release(dump->handle.dir);
	return container_delete(dump->runtime, &dump->handle, &plan, dump->spec, err);
}

static int checkpoint(struct runtime *runtime, const struct checkpoint_options *options,
		      struct error *err)
{
	autohandle struct handle handle = { -1, -1, -1, -1, {} };
	struct dump dump = { .runtime = runtime, .options = options, .images = -1, .work = -1 };
	int result = -1;

	if (handle_open(runtime, options->id, true, &handle, err) < 0)
		return -1;
	dump.spec = handle_config(&handle, err);
	if (!dump.spec)
		return -1;
	dump.handle = handle;
	if (status_check(options->status_fd, err) == 0 && criu_is_there(err) == 0 &&
	    check(&dump, err) == 0 && directories_open(&dump, err) == 0 &&
	    checkpoint_learn(&handle, dump.spec, &runtime->arena, &dump.image, err) == 0 &&
	    warn_of_restore(&dump, err) == 0 && write_images(&dump, err) == 0)
		result = finish(&dump, err);
	if (result < 0 && err->kind != ERR_USAGE)
		(void)error_context(err, "cannot checkpoint '%s'", options->id);
	spec_free(dump.spec);
	cleanup_close(&dump.images);
	cleanup_close(&dump.work);
	return result;
}

int runtime_checkpoint(struct runtime *runtime, const struct checkpoint_options *options,
		       struct error *err)
{
	return act_log(runtime, "checkpoint", options->id, checkpoint(runtime, options, err), err);
}
