/* kernel/process.c: what a process is to the kernel besides its namespaces and capabilities */
#include "kernel/process.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "kernel/compat.h"
#include "kernel/procfs.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <unistd.h>

// clang-format off
static const char *const rlimit_names[] = { /* getrlimit(2) */
	[RLIMIT_AS]         = "RLIMIT_AS",
	[RLIMIT_CORE]       = "RLIMIT_CORE",
	[RLIMIT_CPU]        = "RLIMIT_CPU",
	[RLIMIT_DATA]       = "RLIMIT_DATA",
	[RLIMIT_FSIZE]      = "RLIMIT_FSIZE",
	[RLIMIT_LOCKS]      = "RLIMIT_LOCKS",
	[RLIMIT_MEMLOCK]    = "RLIMIT_MEMLOCK",
	[RLIMIT_MSGQUEUE]   = "RLIMIT_MSGQUEUE",
	[RLIMIT_NICE]       = "RLIMIT_NICE",
	[RLIMIT_NOFILE]     = "RLIMIT_NOFILE",
	[RLIMIT_NPROC]      = "RLIMIT_NPROC",
	[RLIMIT_RSS]        = "RLIMIT_RSS",
	[RLIMIT_RTPRIO]     = "RLIMIT_RTPRIO",
	[RLIMIT_RTTIME]     = "RLIMIT_RTTIME",
	[RLIMIT_SIGPENDING] = "RLIMIT_SIGPENDING",
	[RLIMIT_STACK]      = "RLIMIT_STACK",
};
// clang-format on

const char *process_rlimit_name(int resource)
{
	if (resource < 0 || resource >= (int)ARRAY_LEN(rlimit_names) || !rlimit_names[resource])
		return "RLIMIT_?";
	return rlimit_names[resource];
}

static rlim_t smaller(rlim_t a, rlim_t b)
{
	return a < b ? a : b; /* RLIM_INFINITY is the largest number */
}

/* prlimit(2) of glibc has the enum in its prototype; the number is one that spec/ has checked. */
static int call_prlimit(pid_t pid, int resource, const struct rlimit *set, struct rlimit *ret)
{
	return prlimit(pid, (enum __rlimit_resource)resource, set, ret);
}

static int diagnose_rlimit(int resource, const struct rlimit *limit, const struct rlimit *present,
			   const char *from, struct error *err)
{
	(void)error_sys(err, from, "cannot set %s to %llu:%llu", process_rlimit_name(resource),
			(unsigned long long)limit->rlim_cur, (unsigned long long)limit->rlim_max);
	if (err->code == EPERM && limit->rlim_max > present->rlim_max)
		return error_remedy(err,
				    "ask for at most %llu, the hard limit that brig was started "
				    "with, or start brig with CAP_SYS_RESOURCE",
				    (unsigned long long)present->rlim_max);
	if (err->code == EPERM) /* the one other reason, setrlimit(2) */
		return error_remedy(err, "RLIMIT_NOFILE cannot exceed the sysctl fs.nr_open");
	if (err->code == EINVAL)
		return error_remedy(err, "the soft limit must not exceed the hard limit");
	return -1;
}

int process_set_rlimit(pid_t pid, int resource, const struct rlimit *limit, bool clamp,
		       const char *from, struct error *err)
{
	struct rlimit present, wanted = *limit;

	if (call_prlimit(pid, resource, NULL, &present) < 0)
		return error_sys(err, from, "cannot read %s", process_rlimit_name(resource));
	if (clamp) {
		wanted.rlim_max = smaller(wanted.rlim_max, present.rlim_max);
		wanted.rlim_cur = smaller(wanted.rlim_cur, wanted.rlim_max);
	}
	if (call_prlimit(pid, resource, &wanted, NULL) < 0)
		return diagnose_rlimit(resource, &wanted, &present, from, err);
	return 0;
}

int process_set_oom_score_adj(int proc, pid_t pid, int64_t value, struct error *err)
{
	char path[32] = "self/oom_score_adj", text[24];

	if (pid > 0)
		snprintf(path, sizeof path, "%d/oom_score_adj", pid);
	snprintf(text, sizeof text, "%lld", (long long)value);
	if (procfs_write(proc, path, text, err) == 0)
		return 0;

	errno = err->code;
	(void)error_sys(err, "/process/oomScoreAdj", "cannot set oom_score_adj to %s", text);
	if (err->code == EACCES || err->code == EPERM)
		return error_remedy(err, "ask for no less than brig's own oom_score_adj, or start "
					 "brig with CAP_SYS_RESOURCE");
	if (err->code == EINVAL)
		return error_remedy(err, "oom_score_adj goes from -1000 to 1000");
	return -1;
}

static int diagnose_ids(const char *from, const char *what, uint32_t id, struct error *err)
{
	(void)error_sys(err, from, "cannot become %s %u", what, id);
	if (err->code == EINVAL)
		return error_remedy(err,
				    "the container's user namespace has no mapping for it: see "
				    "/linux/uidMappings and /linux/gidMappings");
	return -1;
}

int process_set_ids(const struct process_ids *ids, struct error *err)
{
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return error_sys(err, "/process/user", "cannot keep capabilities");
	if (!ids->keep_groups && setgroups(ids->n_groups, ids->groups) < 0) {
		(void)error_sys(err, "/process/user/additionalGids", "cannot set %zu groups",
				ids->n_groups);
		if (err->code == EINVAL)
			return error_remedy(err,
					    "each group needs a mapping in /linux/gidMappings");
		return -1;
	}
	if (setresgid(ids->gid, ids->gid, ids->gid) < 0)
		return diagnose_ids("/process/user/gid", "group", ids->gid, err);
	if (setresuid(ids->uid, ids->uid, ids->uid) < 0)
		return diagnose_ids("/process/user/uid", "user", ids->uid, err);
	return 0;
}

int process_set_no_new_privs(struct error *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_sys(err, "/process/noNewPrivileges", "cannot set no_new_privs");
	return 0;
}

int process_set_dumpable(bool dumpable, struct error *err)
{
	if (prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0) < 0)
		return error_sys(err, NULL, "cannot set the dumpable flag");
	return 0;
}

int process_set_personality(unsigned long domain, struct error *err)
{
	if (personality(domain) < 0)
		return error_sys(err, "/linux/personality", "cannot set the personality 0x%lx",
				 domain);
	return 0;
}

int process_set_death_signal(int signal, struct error *err)
{
	if (prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) < 0)
		return error_sys(err, NULL, "cannot ask for signal %d at the parent's end", signal);
	return 0;
}

struct process_title process_take_title(char ***argv)
{
	struct process_title title = { .start = (*argv)[0] };
	size_t n = 0;

	/* execve(2) puts them one behind the other. */
	for (; (*argv)[n] && (*argv)[n] == title.start + title.size; n++)
		title.size += strlen((*argv)[n]) + 1;
	if (n == 0 || (*argv)[n])
		return (struct process_title){};

	char **copy = title.moved = xmalloc((n + 1) * sizeof *copy + title.size);
	char *text = (char *)(copy + n + 1);

	memcpy(text, title.start, title.size);
	for (size_t i = 0; i < n; i++)
		copy[i] = text + ((*argv)[i] - title.start);
	copy[n] = NULL;
	*argv = copy;
	return title;
}

void process_set_name(const char *name, const struct process_title *title)
{
	(void)prctl(PR_SET_NAME, name, 0, 0, 0); /* only for the eyes of who reads ps(1) */
	if (title->size == 0)
		return;
	memset(title->start, 0, title->size);
	memcpy(title->start, name, strnlen(name, title->size - 1));
}

int process_close_fds_from(unsigned first, struct error *err)
{
	if (close_range(first, UINT_MAX, 0) < 0)
		return error_sys(err, NULL, "cannot close the descriptors from %u on", first);
	return 0;
}

int process_open(pid_t pid, struct error *err)
{
	const int fd = pidfd_open(pid, 0);

	if (fd < 0)
		return error_sys(err, NULL, "cannot open process %d", pid);
	return fd;
}

int process_signal(int pidfd, int signal, struct error *err)
{
	if (pidfd_send_signal(pidfd, signal, NULL, 0) < 0)
		return error_sys(err, NULL, "cannot send signal %d", signal);
	return 0;
}

bool process_has_ended(int pidfd)
{
	struct pollfd ended = { .fd = pidfd, .events = POLLIN }; /* pidfd_open(2), "poll" */

	return poll(&ended, 1, 0) == 1 && (ended.revents & POLLIN) != 0;
}
