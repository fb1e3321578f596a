/* launch/child.c: the container's init, from clone3(2) to execve(2)
 *
 * It starts as a copy of brig in new namespaces, blocked on the socket. It becomes root of its user
 * namespace, builds the file system from mounts that the parent hands over and from new ones of its
 * own (child_rootfs.c), leaves the host's tree, and waits for `brig start`. What it does to itself
 * after that is enter.c. No step makes a decision: all are in the plan.
 */
#include "launch/child.h"

#include "base/cleanup.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/table.h"
#include "kernel/compat.h"
#include "kernel/mount.h"
#include "kernel/netlink.h"
#include "kernel/process.h"
#include "kernel/root.h"
#include "kernel/scheduling.h"
#include "launch/child_rootfs.h"
#include "launch/console.h"
#include "launch/descriptors.h"
#include "launch/enter.h"
#include "launch/hooks.h"
#include "launch/privileged.h"
#include "launch/program.h"
#include "launch/spawn.h"
#include "launch/sync.h"

#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

static int fds_close(struct child *child, struct error *err)
{
	int *keep[3 + PLAN_OF_JOINED_MAX] = { &child->sync, &child->start, &child->proc };
	size_t n = 3;

	for (size_t i = 0; i < PLAN_OF_JOINED_MAX; i++) {
		if (child->of_joined[i] >= 0)
			keep[n++] = &child->of_joined[i];
	}
	return descriptors_keep(3 + child->plan->preserve_fds, keep, n, err);
}

static int namespaces_make(struct child *child, struct error *err)
{
	return spawn_unshare(child->plan, err);
}

static int ids_await(struct child *child, struct error *err)
{
	int *const clocks = child_sets_clocks(child->plan) ? &child->clocks : NULL;

	if (sync_wait(child->sync, SYNC_MAPPED, clocks, NULL, err) < 0)
		return -1;
	if (child->plan->namespaces[NS_USER].how == PLAN_NS_NONE)
		return 0;

	/* Root of the namespace, to own what is made in it. A mapping without 0 has a first id at
	 * least. */
	const struct idmap *map = &child->plan->ids;
	const struct process_ids root = { .uid = idmap_first(map->uids, map->n_uids),
					  .gid = idmap_first(map->gids, map->n_gids),
					  .keep_groups = true };

	return process_set_ids(&root, err);
}

static int cgroup_namespace(struct child *child, struct error *err)
{
	/* Only now: clone3(2) would root it in the cgroup of the parent, cgroup_namespaces(7). */
	if (child->plan->namespaces[NS_CGROUP].how == PLAN_NS_NEW && unshare(CLONE_NEWCGROUP) < 0)
		return error_sys(err, "/linux/namespaces", "cannot create a cgroup namespace");
	return 0;
}

bool child_sets_clocks(const struct plan *plan)
{
	return plan->namespaces[NS_TIME].how == PLAN_NS_NEW &&
	       ((plan->time_secs[0] | plan->time_secs[1]) != 0 ||
		(plan->time_nanosecs[0] | plan->time_nanosecs[1]) != 0);
}

static int time_namespace(struct child *child, struct error *err)
{
	const struct plan *plan = child->plan;

	if (plan->namespaces[NS_TIME].how != PLAN_NS_NEW)
		return 0;
	/* The change of ids has made us undumpable, and our own timens_offsets the host root's: the parent
	 * has opened it. The host's tree is in reach, and others of a pod may see our pid. */
	const int result = ns_time_enter_new(child->proc, child->clocks, plan->time_secs,
					     plan->time_nanosecs, err);

	cleanup_close(&child->clocks);
	return result;
}

/* Inherited by all that the container will ever start; `exec` takes it from us. */
static int core_create(struct child *child, struct error *err)
{
	return child->plan->process.core_scheduling ? scheduling_create_core(0, err) : 0;
}

/* Other processes of a shared pid namespace must not look at us from now on, prctl(2). */
static int undumpable(struct child *, struct error *err)
{
	return process_set_dumpable(false, err);
}

static int names_set(struct child *child, struct error *err)
{
	const char *host = child->plan->hostname, *domain = child->plan->domainname;

	if (host && sethostname(host, strlen(host)) < 0)
		return error_sys(err, "/hostname", "cannot set the host name");
	if (domain && setdomainname(domain, strlen(domain)) < 0)
		return error_sys(err, "/domainname", "cannot set the domain name");
	return 0;
}

static int loopback(struct child *child, struct error *err)
{
	return child->plan->loopback_up ? link_loopback_up(err) : 0;
}

/* What the engine's groups open on the host is no hook's of the container; until here they may be needed to
 * reach what an ordinary user mounts. enter.c sets those of the process. */
static int groups_drop(struct child *child, struct error *err)
{
	const struct plan *plan = child->plan;
	const bool are_fixed = plan->namespaces[NS_USER].how == PLAN_NS_NEW && !plan->setgroups;

	if (plan->process.keep_groups || are_fixed || setgroups(0, NULL) == 0)
		return 0;
	return error_sys(err, "/process/user", "cannot give up the supplementary groups");
}

static int hooks_create_container(struct child *child, struct error *err)
{
	if (!privileged_pause(child->plan))
		return 0;
	if (sync_send(child->sync, SYNC_ROOTFS, -1, 0, err) < 0)
		return -1;
	if (sync_wait(child->sync, SYNC_HOOKED, NULL, NULL, err) < 0)
		return -1;
	return hooks_run(child->plan, HOOK_CREATE_CONTAINER, (int)getpid(), "creating", err);
}

/* Into a mount namespace of the root alone? Not out of one that the container is to share, and not
 * with an unbindable mount, which a copy leaves out. */
static bool root_can_be_copied(const struct plan *plan)
{
	bool can = plan->namespaces[NS_MOUNT].how == PLAN_NS_NEW;

	for (size_t i = 0; can && i < plan->n_mounts; i++) {
		const struct plan_mount *mount = &plan->mounts[i];

		can = mount->propagation != MS_UNBINDABLE &&
		      mount->propagation_recursive != MS_UNBINDABLE;
	}
	return can;
}

static int pivot(struct child *child, struct error *err)
{
	const struct plan *plan = child->plan;

	if (root_enter(&child->root, root_can_be_copied(plan), err) < 0)
		return -1;
	if (plan->root.propagation == MS_PRIVATE)
		return 0;
	return mount_set(child->root, 0, 0, plan->root.propagation, true, err);
}

static int program(struct child *child, struct error *err)
{
	child->program = program_find(&child->plan->process, &child->arena, err);
	if (!child->program)
		return -1;
	child->env = program_env(&child->plan->process, &child->arena);
	return 0;
}

/* Every descriptor that gives a hold on the host goes before any code of the image can run; only
 * procfs stays until the label is set (enter.c), close-on-exec and in a process that is not
 * dumpable. */
static int host_leave(struct child *child, struct error *)
{
	int *const holds[] = { &child->root, &child->covers };

	for (size_t i = 0; i < child->n_late_readonly; i++)
		close(child->late_readonly[i]);
	for (size_t i = 0; i < ARRAY_LEN(holds); i++) {
		if (*holds[i] >= 0)
			close(fd_take(holds[i]));
	}
	return 0;
}

/* Before the wait: who called create may read what it prints to its end, which does not come while we hold
 * that pipe, and start the container after (containerd's shim does). */
static int terminal(struct child *child, struct error *err)
{
	if (child->console < 0)
		return 0;
	if (setsid() < 0)
		return error_sys(err, NULL, "cannot start a session");
	if (console_take(child->console, err) < 0)
		return -1;
	close(fd_take(&child->console));
	return 0;
}

static int start_await(struct child *child, struct error *err)
{
	/* Who has read READY may go, at once: its end must not be ours any more. If it has gone before,
	 * the socket says so. */
	if (process_set_death_signal(0, err) < 0)
		return -1;
	fault_point("init-ready");
	if (sync_send(child->sync, SYNC_READY, -1, 0, err) < 0)
		return -1;
	close(fd_take(&child->sync));

	const int connection = accept4(child->start, NULL, NULL, SOCK_CLOEXEC);

	if (connection < 0)
		_exit(1);
	child->sync = connection;
	close(fd_take(&child->start));
	return sync_wait(child->sync, SYNC_START, NULL, NULL, err);
}

static int hooks_start_container(struct child *child, struct error *err)
{
	return hooks_run(child->plan, HOOK_START_CONTAINER, (int)getpid(), "created", err);
}

static int enter(struct child *child, struct error *err)
{
	const struct enter enter = {
		.process = &child->plan->process,
		.program = child->program,
		.env = child->env,
		.report = child->sync,
		.console = -1, /* taken already */
		.proc = child->proc,
		.preserve_fds = child->plan->preserve_fds,
	};

	fault_point("init-enter");
	return enter_run(&enter, err);
}

struct step {
	const char *name;
	int (*run)(struct child *child, struct error *err);
};

// clang-format off
static const struct step steps[] = {
	{ "fds",               fds_close              }, /* before anything can hold on to what is the engine's */
	{ "namespaces",        namespaces_make        }, /* while the parent writes the maps and prepares mounts */
	{ "id maps",           ids_await              }, /* before any file is touched: who are we? */
	{ "cgroup namespace",  cgroup_namespace       }, /* before the cgroup mount, which shows its root */
	{ "time namespace",    time_namespace         },
	{ "not dumpable",      undumpable             }, /* where the change of ids has not made us so */
	{ "core scheduling",   core_create            },
	{ "names",             names_set              },
	{ "loopback",          loopback               },
	{ "root",              rootfs_root            },
	{ "mounts",            rootfs_mounts          },
	{ "devices",           rootfs_devices         }, /* after the mount of /dev */
	{ "links",             rootfs_links             },
	{ "cwd",               rootfs_cwd }, /* before the root becomes read-only */
	{ "console",           rootfs_console           }, /* after /dev/pts */
	{ "hidden paths",      rootfs_hide             }, /* after the mounts they hide */
	{ "read-only paths",   rootfs_protect          }, /* after everything that writes */
	{ "groups",            groups_drop            }, /* before any hook runs with them */
	{ "create hooks",      hooks_create_container }, /* may still mount: the old root is in reach */
	{ "pivot",             pivot                  }, /* or a mount namespace of the root alone: kernel/root.c */
	{ "program",           program                }, /* in the new root, before `create` returns */
	{ "leave the host",    host_leave             }, /* before any code of the image can run */
	{ "terminal",          terminal               }, /* nobody's output waits for `start` */
	{ "start",             start_await            },
	{ "start hooks",       hooks_start_container  }, /* with the privileges that the container has not got */
	{ "enter",             enter                  }, /* enter.c: gives up all privilege; never returns 0 */
};
// clang-format on

const char *child_step_name(size_t i)
{
	return i < ARRAY_LEN(steps) ? steps[i].name : NULL;
}

void child_run(const struct plan *plan, const struct child_inherits *inherits)
{
	struct child child = { .plan = plan,
			       .sync = inherits->sync,
			       .start = inherits->start,
			       .proc = inherits->proc,
			       .clocks = -1,
			       .root = -1,
			       .covers = -1,
			       .console = -1 };
	struct submounts submounts = {}; /* ends with the process */
	struct error err = {};

	child.sources =
		(struct sources){ plan, inherits->policy, &plan->ids, -1, NULL, &submounts };
	memcpy(child.of_joined, inherits->of_joined, sizeof child.of_joined);
	process_set_name("brig:[init]", inherits->title);
	(void)!process_set_death_signal(SIGKILL,
					&err); /* end of file on the socket says the same, later */
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		if (steps[i].run(&child, &err) < 0)
			break;
	}
	sync_fail(child.sync, &err);
	_exit(1);
}
