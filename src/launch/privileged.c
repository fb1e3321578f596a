/* launch/privileged.c: what the parent does to a container's process from outside */
#include "launch/privileged.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/apparmor.h"
#include "kernel/netlink.h"
#include "kernel/owner.h"
#include "kernel/process.h"
#include "kernel/scheduling.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static int limits_set(const struct plan_process *process, pid_t pid, struct error *err)
{
	for (size_t i = 0; i < process->n_rlimits; i++) {
		const struct plan_rlimit *limit = &process->rlimits[i];

		if (process_set_rlimit(pid, limit->resource, &limit->limit, limit->is_default,
				       limit->from, err) < 0)
			return -1;
	}
	return 0;
}

/* prlimit(2) wants CAP_SYS_RESOURCE over the user namespace of the process: a root that has not got it
 * has it as the owner. */
static int limits(const struct plan_process *process, int proc, pid_t pid, struct error *err)
{
	struct owner owner;
	uid_t uid;

	if (limits_set(process, pid, err) == 0)
		return 0;
	if (err->code != EPERM || !owner_of(proc, pid, &uid) || !owner_become(uid, &owner))
		return -1;

	const int result = limits_set(process, pid, err);

	owner_leave(&owner);
	return result;
}

static int scheduler(const struct plan_process *process, pid_t pid, struct error *err)
{
	const struct spec_scheduler *asked = &process->scheduler;
	const struct scheduling scheduling = {
		.policy = asked->policy,
		.nice = asked->nice,
		.priority = asked->priority,
		.flags = asked->flags,
		.runtime = asked->runtime,
		.deadline = asked->deadline,
		.period = asked->period,
	};

	return asked->set ? scheduling_set(pid, &scheduling, err) : 0;
}

static int io_priority(const struct plan_process *process, pid_t pid, struct error *err)
{
	const struct spec_io_priority *asked = &process->io_priority;

	return asked->set ? scheduling_set_io_priority(pid, asked->class, asked->priority, err) : 0;
}

int privileged_profile(const struct plan_process *process, struct error *err)
{
	/* What cannot be known from here, the child's own attempt tells. */
	if (!process->apparmor || apparmor_profile_mode(process->apparmor) != APPARMOR_ABSENT)
		return 0;
	(void)error_set(err, ERR_KERNEL, "/process/apparmorProfile",
			"AppArmor profile '%s' is not loaded", process->apparmor);
	return error_remedy(err,
			    "load it with apparmor_parser -r; brig-default is in /etc/apparmor.d");
}

int privileged_attributes(const struct plan_process *process, int proc, pid_t pid,
			  struct error *err)
{
	if (process->oom_score_adj.set &&
	    process_set_oom_score_adj(proc, pid, process->oom_score_adj.value, err) < 0)
		return -1;
	if (scheduler(process, pid, err) < 0 || io_priority(process, pid, err) < 0)
		return -1;
	return limits(process, proc, pid, err);
}

bool privileged_pause(const struct plan *plan)
{
	return plan->n_net_devices > 0 || plan->n_sysctls > 0 || plan->hooks[HOOK_PRESTART].n > 0 ||
	       plan->hooks[HOOK_CREATE_RUNTIME].n > 0 || plan->hooks[HOOK_CREATE_CONTAINER].n > 0;
}

int privileged_network(const struct plan *plan, pid_t pid, struct error *err)
{
	char path[48];

	if (plan->n_net_devices == 0)
		return 0;
	snprintf(path, sizeof path, "/proc/%d/ns/net", pid);

	autoclose int netns = fd_open(path, O_RDONLY, 0, err);

	if (netns < 0)
		return -1;
	for (size_t i = 0; i < plan->n_net_devices; i++) {
		const struct spec_net_device *device = &plan->net_devices[i];

		if (link_move(device->host_name, netns, device->name ?: device->host_name, err) < 0)
			return error_context(err, "network device '%s'", device->host_name);
	}
	return 0;
}

int privileged_stdio(const struct plan_process *process, const struct idmap *ids, struct error *err)
{
	uint32_t uid, gid;

	if (process->terminal || !idmap_outside(ids->uids, ids->n_uids, process->uid, &uid) ||
	    !idmap_outside(ids->gids, ids->n_gids, process->gid, &gid))
		return 0;
	for (int fd = 0; fd <= 2; fd++) {
		struct statfs fs;

		/* Only what lives in memory alone: no file of the host's may come to belong to a
		 * container's id. */
		if (fstatfs(fd, &fs) == 0 && fs.f_type == PIPEFS_MAGIC &&
		    fchown(fd, uid, gid) < 0 && errno != EPERM)
			return error_sys(err, NULL,
					 "cannot give a standard stream to the container's user");
	}
	return 0;
}
