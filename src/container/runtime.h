/* container/runtime.h: what a command can do to a container; one function a verb of runtime.md
 *
 * Each verb opens what it needs, holds the container's lock while it changes it, and leaves either
 * the change or nothing behind. Only cli/ prints what comes back.
 */
#ifndef BRIG_CONTAINER_RUNTIME_H
#define BRIG_CONTAINER_RUNTIME_H

#include "base/arena.h"
#include "base/error.h"
#include "container/state.h"
#include "kernel/host.h"
#include "kernel/process.h"
#include "plan/plan.h"
#include "plan/plan_criu.h"
#include "policy/policy.h"

#include <stdbool.h>
#include <sys/types.h>

struct runtime_options {
	const char *root;        /* --root, or NULL for the default */
	const char *policy_path; /* --policy, or NULL */
	enum cgroup_manager cgroup_manager;
	const char *const *argv; /* as called: for the audit log */
	struct process_title title;
};

struct runtime {
	struct arena arena;
	struct runtime_options options;
	struct host host;
	const char *root; /* path of the state root */
	int root_fd;      /* -1 until first needed */
};

/**
 * runtime_open() - probe the host, find the state root; cheap: policy and cgroup are opened by the
 * verbs that need them
 */
[[nodiscard]] int runtime_open(const struct runtime_options *options, struct runtime *ret,
			       struct error *err);
void runtime_close(struct runtime *runtime);

struct create_options {
	const char *id;
	const char *bundle;         /* default "." */
	const char *pid_file;       /* or NULL; relative to the caller's working directory */
	const char *console_socket; /* or NULL */
	const char *pidfd_socket;   /* or NULL */
	unsigned preserve_fds;
	bool no_new_keyring, no_pivot;
	bool detach;             /* run: return once started */
	bool keep;               /* run: the state stays after exit */
	const struct idmap *ids; /* restore: reserve these rather than draw some; NULL */
};

[[nodiscard]] int runtime_create(struct runtime *runtime, const struct create_options *options,
				 struct error *err);
[[nodiscard]] int runtime_start(struct runtime *runtime, const char *id, struct error *err);
/**
 * runtime_run() - create, start, and unless detached: relay terminal and signals, wait, delete.
 * @ret_status: exit code, 128+signal
 */
[[nodiscard]] int runtime_run(struct runtime *runtime, const struct create_options *options,
			      int *ret_status, struct error *err);

struct checkpoint_options {
	const char *id;
	const char *image_path; /* NULL: "checkpoint" in the working directory */
	const char *work_path;  /* for dump.log; NULL: the same */
	struct criu_flags flags;
	bool pre_dump; /* memory alone, and the container goes on */
	int status_fd; /* gets a NUL byte when the images are written; -1 */
};
/**
 * runtime_checkpoint() - write a running container to files; without leave_running and pre_dump it
 * is ended and deleted
 */
[[nodiscard]] int runtime_checkpoint(struct runtime *runtime,
				     const struct checkpoint_options *options, struct error *err);

struct restore_options {
	struct create_options create; /* id, bundle, pid file, console socket, detach */
	const char *image_path;       /* as above */
	const char *work_path;        /* for restore.log */
	const char *lsm_profile;      /* "apparmor:NAME" or "selinux:LABEL"; NULL */
	struct criu_flags flags;
};
/**
 * runtime_restore() - create a container from a bundle and images; unless detached, stay until it ends
 * @ret_status: exit code, 128+signal
 */
[[nodiscard]] int runtime_restore(struct runtime *runtime, const struct restore_options *options,
				  int *ret_status, struct error *err);

struct exec_options {
	const char *id;
	const char *process_file; /* --process; NULL: the container's own, and the fields below */
	const char *const *args;  /* NULL-terminated; or NULL */
	const char *cwd;          /* or NULL */
	const char *user;         /* "uid[:gid]" or NULL */
	const char *const *env;   /* NULL-terminated additions, or NULL */
	const char *const *caps;  /* names to add within policy, or NULL */
	const char *additional_gids; /* "1,2" or NULL */
	const char *apparmor;        /* or NULL */
	const char *process_label;   /* or NULL */
	const char *pid_file, *console_socket, *pidfd_socket;
	const char *cgroup; /* sub-cgroup of the container, or NULL */
	unsigned preserve_fds;
	bool tty, detach, no_new_privs, ignore_paused;
};

[[nodiscard]] int runtime_exec(struct runtime *runtime, const struct exec_options *options,
			       int *ret_status, struct error *err);

[[nodiscard]] int runtime_kill(struct runtime *runtime, const char *id, int signal, bool all,
			       struct error *err);
[[nodiscard]] int runtime_delete(struct runtime *runtime, const char *id, bool force,
				 struct error *err);
[[nodiscard]] int runtime_pause(struct runtime *runtime, const char *id, struct error *err);
[[nodiscard]] int runtime_resume(struct runtime *runtime, const char *id, struct error *err);
/**
 * runtime_update() - @resources: a linux.resources object; its `devices` are ignored, zero leaves
 * alone
 */
[[nodiscard]] int runtime_update(struct runtime *runtime, const char *id, const char *resources,
				 size_t len, struct error *err);

/**
 * runtime_state() - what is known of a container, its status derived now; owned by @runtime's arena
 */
[[nodiscard]] int runtime_state(struct runtime *runtime, const char *id, const struct state **ret,
				struct error *err);
/** runtime_list() - ids of all containers below the root; broken ones too */
[[nodiscard]] int runtime_list(struct runtime *runtime, const char *const **ret, size_t *ret_n,
			       struct error *err);
/** runtime_pids() - host pids of the container */
[[nodiscard]] int runtime_pids(struct runtime *runtime, const char *id, pid_t **ret, size_t *ret_n,
			       struct error *err);
/**
 * runtime_cgroup() - an owned fd of the container's cgroup: for events; ERR_STATE if it does not
 * run, or has none
 */
[[nodiscard]] int runtime_cgroup(struct runtime *runtime, const char *id, struct error *err);

/* What `plan` and `audit` show; freed by runtime_preview_free(). */
struct runtime_preview {
	struct buf config;
	struct spec *spec;
	struct policy *policy;
	struct judgement judgement;
	struct plan *plan; /* NULL if refused, or with judge_only */
	struct plan_overlays overlays;
};
/**
 * runtime_preview() - read, judge and plan a bundle without doing anything; ids are drawn but not
 * reserved. A refusal is not an error here.
 */
[[nodiscard]] int runtime_preview(struct runtime *runtime, const char *bundle, const char *id,
				  bool judge_only, struct runtime_preview *ret, struct error *err);
void runtime_preview_free(struct runtime_preview *preview);

#endif
