/* launch/enter.c: what a process of a container does to itself just before execve(2)
 *
 * Each step takes something away, and none gives back what an earlier one took. What a step needs
 * decides its place: capabilities are needed to drop the bounding set and to change ids, LSM labels
 * are refused after no_new_privs, Landlock and seccomp want no_new_privs, and seccomp forbids calls
 * that all the others make.
 */
#include "launch/enter.h"

#include "base/cleanup.h"
#include "kernel/apparmor.h"
#include "kernel/keyring.h"
#include "kernel/landlock.h"
#include "kernel/process.h"
#include "kernel/scheduling.h"
#include "kernel/selinux.h"
#include "kernel/signals.h"
#include "launch/console.h"
#include "launch/listener.h"
#include "launch/program.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int session(const struct enter *enter, struct error *err)
{
	/* An engine kills by process group: the workload must not be in the engine's. */
	if (setsid() < 0 && errno != EPERM)
		return error_sys(err, NULL, "cannot start a session");
	return enter->console >= 0 ? console_take(enter->console, err) : 0;
}

static int keyring(const struct enter *enter, struct error *err)
{
	return enter->process->session_keyring ? keyring_join_new_session(err) : 0;
}

static int memory_policy(const struct enter *enter, struct error *err)
{
	const struct spec_memory_policy *policy = &enter->process->memory_policy;

	return policy->set ? scheduling_set_memory_policy(policy->mode, policy->flags,
							  policy->nodes, err)
			   : 0;
}

static int personality_of(const struct enter *enter, struct error *err)
{
	return enter->process->has_personality
		       ? process_set_personality(enter->process->personality, err)
		       : 0;
}

static int label(const struct enter *enter, struct error *err)
{
	const struct plan_process *process = enter->process;

	/* The files belong to the host's root while we are not dumpable, but anybody may write to those
	 * of the own process: tests/assumptions/procfs_descriptor.c. */
	if (process->apparmor &&
	    apparmor_on_exec(enter->proc, process->apparmor, "/process/apparmorProfile", err) < 0)
		return -1;
	return process->selinux ? selinux_on_exec(enter->proc, process->selinux, err) : 0;
}

/* The last hold on the host. */
static int proc_close(const struct enter *enter, struct error *)
{
	close(enter->proc);
	return 0;
}

static int working_directory_try(const struct enter *enter, struct error *err)
{
	/* Once as root of the container, for a directory that its user may not search to; the
	 * user's own try comes after the ids. */
	if (chdir(enter->process->cwd) < 0)
		return error_sys(err, "/process/cwd", "cannot enter the working directory '%s'",
				 enter->process->cwd);
	return 0;
}

static int bounding(const struct enter *enter, struct error *err)
{
	return capability_limit_bounding(enter->process->capabilities.bounding, err);
}

static int ids_set(const struct enter *enter, struct error *err)
{
	const struct plan_process *process = enter->process;
	const struct process_ids ids = {
		.uid = process->uid,
		.gid = process->gid,
		.groups = process->groups,
		.n_groups = process->n_groups,
		.keep_groups = process->keep_groups,
	};

	umask(process->umask);
	return process_set_ids(&ids, err);
}

static int capabilities(const struct enter *enter, struct error *err)
{
	return capability_apply(&enter->process->capabilities, err);
}

static int working_directory(const struct enter *enter, struct error *err)
{
	char path[PATH_MAX];

	if (chdir(enter->process->cwd) < 0 && errno != EACCES)
		return error_sys(err, "/process/cwd", "cannot enter the working directory '%s'",
				 enter->process->cwd);
	/* getcwd(2) answers "(unreachable)…" for a directory outside of our root: one that a leaked
	 * descriptor led to (CVE-2024-21626). */
	if (syscall(SYS_getcwd, path, sizeof path) < 0 || path[0] != '/')
		return error_set(err, ERR_SPEC, "/process/cwd",
				 "the working directory '%s' lies outside of the root file system",
				 enter->process->cwd);
	return 0;
}

static int no_new_privs(const struct enter *, struct error *err)
{
	return process_set_no_new_privs(err);
}

static int landlock(const struct enter *enter, struct error *err)
{
	const struct plan_process *process = enter->process;

	if (!process->landlock)
		return 0;
	return landlock_restrict(process->landlock_abi, 3 + (int)enter->preserve_fds,
				 process->landlock_abstract_sockets, err);
}

static int seccomp(const struct enter *enter, struct error *err)
{
	const struct plan_process *process = enter->process;

	if (process->seccomp.n == 0)
		return 0;
	if (process->listener_path)
		return listener_load(&process->seccomp, process->seccomp_flags, enter->report, err);
	return seccomp_load(process->seccomp.filter, process->seccomp.n, process->seccomp_flags,
			    NULL, err);
}

static int execute(const struct enter *enter, struct error *err)
{
	/* The arrays end in NULL, and execve(2) does not write to them. */
	execve(enter->program, (char *const *)(uintptr_t)enter->process->args,
	       (char *const *)(uintptr_t)enter->env);
	return program_exec_error(enter->process->args[0], enter->program, err);
}

struct step {
	const char *name;
	int (*run)(const struct enter *enter, struct error *err);
};

// clang-format off
static const struct step steps[] = {
	{ "session",        session               },
	{ "keyring",        keyring               }, /* the engine's keys stay with the engine */
	{ "memory policy",  memory_policy         },
	{ "personality",    personality_of        },
	{ "label",          label                 }, /* before no_new_privs, which can forbid it */
	{ "procfs",         proc_close            },
	{ "cwd",            working_directory_try },
	{ "bounding set",   bounding              }, /* before the ids: it needs CAP_SETPCAP */
	{ "ids",            ids_set               },
	{ "capabilities",   capabilities          }, /* after the ids, which need CAP_SETUID and CAP_SETGID */
	{ "working dir",    working_directory     }, /* with the rights of the user */
	{ "no_new_privs",   no_new_privs          }, /* before Landlock and seccomp, which need it */
	{ "landlock",       landlock              },
	{ "seccomp",        seccomp               }, /* last: the others need calls that it forbids */
	{ "execve",         execute               },
};
// clang-format on

const char *enter_step_name(size_t i)
{
	return i < ARRAY_LEN(steps) ? steps[i].name : NULL;
}

int enter_run(const struct enter *enter, struct error *err)
{
	signals_reset();
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		if (steps[i].run(enter, err) < 0)
			return -1;
	}
	return error_set(err, ERR_KERNEL, NULL, "execve returned"); /* execute() never returns 0 */
}
