/* plan/plan_criu.h: what CRIU is going to be asked for, as a value */
#ifndef BRIG_PLAN_PLAN_CRIU_H
#define BRIG_PLAN_PLAN_CRIU_H

#include "base/arena.h"
#include "kernel/criu.h"

#include <stdbool.h>

/* --manage-cgroups-mode, and what becomes of it: plan_criu.c */
enum cgroups_mode { CGROUPS_SOFT, CGROUPS_FULL, CGROUPS_STRICT, CGROUPS_IGNORE };

/* What `checkpoint` and `restore` take and CRIU gets, each by its row of plan_criu.c. */
struct criu_flags {
	bool leave_running, tcp_established, tcp_close, ext_unix_sk, shell_job, file_locks;
	bool auto_dedup, empty_network;
	enum cgroups_mode cgroups;
	const char *parent_path;       /* of a dump; relative to the images; NULL */
	const char *lsm_mount_context; /* of a restore; NULL */
};

/* What the container makes of it. */
struct plan_criu_request {
	enum criu_request request;
	const struct criu_flags *flags;
	int images, work;        /* descriptors, of this process */
	const char *images_path; /* as CRIU's own mount namespace has it; @images is -1 then */
	const char *log;         /* a name in @work */
	pid_t pid;               /* of the container's init: a dump's */
	const char *root;        /* where CRIU finds the container's root directory */
	const char *freeze;      /* cgroup to freeze for a dump; NULL */
	const char *cgroup_root; /* what the root of the images' cgroups is now; NULL */
	const char *cgroup_yard; /* directory with the cgroup2 mount as `unified`: a restore's */
	const char *lsm_profile; /* "apparmor:brig-default"; NULL */
	const char *const *externals;
	size_t n_externals;
	const char *const *streams; /* names of what descriptors 0 and up stand for; "": nothing */
	size_t n_streams;
};

/** plan_criu() - the call, from @arena; borrows the strings of @request */
[[nodiscard]] struct criu_call plan_criu(const struct plan_criu_request *request,
					 struct arena *arena);

#endif
