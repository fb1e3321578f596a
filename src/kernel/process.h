/* kernel/process.h: what a process is to the kernel besides its namespaces and capabilities
 *
 * Who calls: raising a hard limit and lowering oom_score_adj need CAP_SYS_RESOURCE over the initial
 * user namespace, which a container's first process has lost: those take a pid and are the parent's
 * business. The others act on the caller. None takes memory, prints or exits, so that all may be
 * called between clone3(2) and execve(2).
 */
#ifndef BRIG_KERNEL_PROCESS_H
#define BRIG_KERNEL_PROCESS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/** process_rlimit_name() - RLIMIT_NOFILE to "RLIMIT_NOFILE"; "RLIMIT_?" if unknown */
const char *process_rlimit_name(int resource);

/**
 * process_set_rlimit() - prlimit(2)
 * @pid:   the process; 0: the caller
 * @clamp: a default, not a wish of the config: lowered to the present hard limit rather than refused
 * @from:  JSON pointer or policy setting
 * @err:   ERR_KERNEL; EPERM (a raised hard limit without CAP_SYS_RESOURCE) with a remedy
 */
[[nodiscard]] int process_set_rlimit(pid_t pid, int resource, const struct rlimit *limit,
				     bool clamp, const char *from, struct error *err);

/**
 * process_set_oom_score_adj() - how soon the out-of-memory killer takes a process; proc(5)
 * @proc:  fd of a verified procfs (procfs_open())
 * @pid:   as that procfs counts; 0: the caller
 * @value: -1000 to 1000
 * @err:   ERR_KERNEL, where = "/process/oomScoreAdj"; EACCES (lowered without CAP_SYS_RESOURCE) with a remedy
 */
[[nodiscard]] int process_set_oom_score_adj(int proc, pid_t pid, int64_t value, struct error *err);

struct process_ids {
	uint32_t uid, gid; /* as the caller's user namespace counts */
	const gid_t *groups;
	size_t n_groups;
	bool keep_groups; /* leave the supplementary groups alone: also where setgroups(2) is denied */
};

/**
 * process_set_ids() - groups, group id, user id, in this order, each of which takes away the right to the one before
 * The permitted capabilities are kept (PR_SET_KEEPCAPS, which execve(2) clears), the effective ones are
 * cleared if the user id leaves 0: capability_apply() comes next. Clears the parent-death signal and
 * the dumpable flag: prctl(2).
 * @err: ERR_KERNEL, where = "/process/user…"; EINVAL for an id without a mapping
 */
[[nodiscard]] int process_set_ids(const struct process_ids *ids, struct error *err);

/** process_set_no_new_privs() - execve(2) grants nothing from here on; cannot be undone */
[[nodiscard]] int process_set_no_new_privs(struct error *err);

/**
 * process_set_dumpable() - may processes of the same ids attach, and read /proc/PID?
 * false while privileged descriptors are open. execve(2) sets it again.
 */
[[nodiscard]] int process_set_dumpable(bool dumpable, struct error *err);

/** process_set_personality() - personality(2); @domain: PER_… with flags */
[[nodiscard]] int process_set_personality(unsigned long domain, struct error *err);

/**
 * process_set_death_signal() - be sent @signal when the parent (the thread that made us) ends
 * A parent that ended before the call is not noticed: the caller finds out by end of file on its socket.
 */
[[nodiscard]] int process_set_death_signal(int signal, struct error *err);

/* Where the kernel finds the command line of this process, and of its copies: the strings of main()'s argv. */
struct process_title {
	char *start;
	size_t size; /* with the last NUL */
	void *moved; /* the copy that *argv points to: for free(3), or NULL */
};

/**
 * process_take_title() - move the strings of @argv elsewhere, and *@argv to them
 * The memory they were in is from then on nobody's but process_set_name()'s. Where they do not lie one
 * behind the other, nothing is moved, and the size is 0.
 */
struct process_title process_take_title(char ***argv);

/**
 * process_set_name() - what ps shows: "brig:[init]", cut to 15 bytes as comm
 * @title: written over, for every user of the host, and of the container, can read /proc/PID/cmdline,
 *         and brig's has paths of the host; size 0: left alone
 */
void process_set_name(const char *name, const struct process_title *title);

/** process_close_fds_from() - close every descriptor from @first on; close_range(2) */
[[nodiscard]] int process_close_fds_from(unsigned first, struct error *err);

/** process_open() - an owned pidfd; pidfd_open(2). -1 with code ESRCH if there is no such process */
[[nodiscard]] int process_open(pid_t pid, struct error *err);

/** process_signal() - pidfd_send_signal(2). -1 with code ESRCH if it has ended */
[[nodiscard]] int process_signal(int pidfd, int signal, struct error *err);

/** process_has_ended() - is the process of a pidfd a zombie or gone? Asked without waiting */
[[nodiscard]] bool process_has_ended(int pidfd);

#endif
