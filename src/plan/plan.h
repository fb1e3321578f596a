/* plan/plan.h: everything decided, nothing done
 *
 * A plan is a pure function of spec, policy, host, drawn ids and request. It holds numbers, not
 * names: flags, masks, a compiled filter, lines to write. Every item keeps `from`, the JSON pointer
 * or policy setting it came from, so that a call which fails at launch can still name the property.
 * Callers see it const. What `brig plan` prints is this value; what launch/ carries out is this
 * value.
 */
#ifndef BRIG_PLAN_PLAN_H
#define BRIG_PLAN_PLAN_H

#include "base/arena.h"
#include "base/error.h"
#include "kernel/capability.h"
#include "kernel/cgroup.h"
#include "kernel/device_bpf.h"
#include "kernel/host.h"
#include "kernel/idmap.h"
#include "kernel/mount.h"
#include "kernel/mount_options.h"
#include "kernel/namespace.h"
#include "kernel/overlay_options.h"
#include "kernel/seccomp.h"
#include "kernel/sysctl.h"
#include "policy/policy.h"
#include "spec/spec.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/types.h>

/* --- what the command adds to bundle and policy --- */

enum cgroup_manager { CGROUP_MANAGER_CGROUPFS, CGROUP_MANAGER_SYSTEMD, CGROUP_MANAGER_DISABLED };

struct plan_request {
	const char *id;
	const char *bundle; /* absolute path */
	const struct idmap
		*ids;          /* drawn; NULL: the spec's own mapping, or a joined user namespace */
	const char *user_path; /* user namespace of the pod, which has those ids; NULL: a new one */
	enum cgroup_manager cgroup_manager;
	bool no_new_keyring;   /* --no-new-keyring */
	int seccomp_cache;     /* directory fd or -1 */
	unsigned preserve_fds; /* --preserve-fds */
};

/* --- identity and namespaces --- */

enum plan_ns_how {
	PLAN_NS_NONE,
	PLAN_NS_NEW,
	PLAN_NS_JOIN
}; /* NONE: the kind stays the caller's, which only policy can allow */

struct plan_namespace {
	enum plan_ns_how how;
	const char *path; /* PLAN_NS_JOIN */
	const char *from;
};

/* --- file systems --- */

enum plan_mount_kind {
	PLAN_MOUNT_BIND, /* a clone of a host path, open_tree(2), prepared by the parent */
	PLAN_MOUNT_NEW,  /* a new file system, fsopen(2), made by the child in its user namespace */
	PLAN_MOUNT_OVERLAY, /* an overlay of host directories, made by the parent */
};

struct plan_mount {
	enum plan_mount_kind kind;
	const char *from;
	const char *target;  /* absolute, inside the root file system */
	const char *source;  /* bind: absolute host path; new: the "source" string, or NULL */
	const char *fs_type; /* new: "proc" */
	const struct mount_option_value *options;
	size_t n_options;
	const struct overlay_layers
		*overlay; /* what the options of an overlay say, absolute paths */
	struct mount_attrs attrs;
	uint64_t propagation, propagation_recursive; /* MS_PRIVATE …; one of them; 0: leave */
	bool recursive;                              /* rbind */
	bool copy_symlink;                           /* bind the link itself */
	bool copy_up;                /* tmpcopyup: start with a copy of what the mount hides */
	bool idmap;                  /* id-mapped with the container's user namespace */
	bool idmap_recursive;        /* ridmap */
	const struct idmap *own_ids; /* id-mapped with these instead (mounts[].uidMappings) */
	bool mode_of_target; /* a tmpfs without mode=: that of the directory it hides, if there is one */
	bool with_devices; /* the tmpfs at /dev: made by the parent, with the device nodes in it */
	bool holds_points; /* read-only bind: mount points are made in it, if it might be writable as well */
	const struct plan_mount
		*within; /* the earlier mount with holds_points that ours is made in; NULL */
	bool over_proc;  /* policy lets it lie over a file of /proc, or over any */
	bool of_joined; /* new: shows a namespace that is not made for the container, and only whoever
			   has rights over that one may mount it: made before the user namespace */
};
enum { PLAN_OF_JOINED_MAX = 4 }; /* mounts that are of_joined */

struct plan_device { /* a node in /dev, which a user namespace cannot make */
	const char *from;
	const char *path; /* inside */
	char type;        /* 'c', 'b', 'p' */
	uint32_t major, minor;
	mode_t mode;       /* permissions */
	uint32_t uid, gid; /* inside */
	bool in_dev_mount; /* made in the mount with_devices, not bound from the host */
};

struct plan_link { /* /dev/fd → /proc/self/fd … */
	const char *path, *target;
};

struct plan_path { /* maskedPaths, readonlyPaths */
	const char *path, *from;
};

struct plan_root {
	const char *path; /* absolute host path */
	bool readonly;
	bool idmap;           /* id-mapped with the container's user namespace */
	uint64_t propagation; /* of "/" at the end: MS_PRIVATE, MS_SLAVE, …; with MS_REC */
};

/* --- the process --- */

struct plan_rlimit {
	int resource;
	struct rlimit limit;
	const char *from;
	bool is_default; /* of policy: lowered to the present hard limit if need be */
};

struct plan_process {
	const char *const *args; /* NULL-terminated */
	const char *const *env;  /* NULL-terminated */
	const char *cwd;
	bool terminal;
	uint16_t rows, columns; /* 0: not set */
	uint32_t uid, gid;      /* inside */
	const gid_t *groups;
	size_t n_groups;
	bool keep_groups; /* annotation run.oci.keep_original_groups: skip setgroups(2) */
	mode_t umask;
	struct capabilities capabilities;
	const struct plan_rlimit *rlimits;
	size_t n_rlimits;
	struct opt_int oom_score_adj;
	const char *apparmor; /* profile on exec; NULL: none */
	bool apparmor_named;  /* the config named it: absence is an error */
	const char *selinux;  /* label on exec; NULL */
	struct spec_scheduler scheduler;
	struct spec_io_priority io_priority;
	const char *affinity_initial, *affinity_final; /* exec only; cpu lists */
	struct spec_memory_policy memory_policy;
	bool has_personality;
	unsigned long personality;
	bool landlock;
	int landlock_abi;
	bool landlock_abstract_sockets; /* scope them: the network namespace is shared */
	bool core_scheduling;
	bool session_keyring;
	struct seccomp_program seccomp; /* n == 0: none, which only policy can allow */
	unsigned seccomp_flags;
	const char *listener_path, *listener_metadata;
	const char *seccomp_from; /* "/linux/seccomp" or the path of the default profile */
};

/* --- resources --- */

struct plan_cgroup {
	enum cgroup_manager manager;
	const char *path;        /* below the cgroup2 root; NULL with CGROUP_MANAGER_DISABLED */
	const char *controllers; /* wanted in the leaf */
	const struct cgroup_write *writes;
	size_t n_writes;
	const struct bpf_insn *device_program;
	size_t n_device_program;
	const struct device_rule *device_rules; /* what the program was built from, for printing */
	size_t n_device_rules;
	bool delegate; /* it may write to its cgroup mount: chown to the container's root */
	struct {       /* CGROUP_MANAGER_SYSTEMD */
		const char *slice, *unit;
		const char *subgroup; /* made below the scope: the last component of path */
		const struct cgroup_property
			*properties; /* org.systemd.property.*: name, GVariant text */
		size_t n_properties;
	} systemd;
};

struct plan_intel_rdt {
	bool set;
	const char *clos_id;
	const char *schemata;      /* lines to write; NULL */
	bool clos_exists_required; /* closID given without schemata */
	bool monitoring;
};

struct plan {
	struct arena arena;
	const char *id, *bundle;
	const char *oci_version;
	struct plan_namespace namespaces[NS_COUNT];
	bool may_join_host; /* policy lets a path lead to a namespace of the host */
	struct idmap ids;   /* empty when the user namespace is joined by path */
	bool ids_drawn;     /* by brig, rather than the spec's */
	bool ids_helpers;   /* rootless: newuidmap */
	bool setgroups;
	int64_t time_secs[2]; /* monotonic, boottime */
	uint32_t time_nanosecs[2];
	bool time_offsets;
	const char *hostname, *domainname;
	struct plan_root root;
	bool child_makes_sources; /* ordinary user: the right to mount is in its namespaces */
	const struct plan_mount *mounts;
	size_t n_mounts;
	const struct plan_device *devices;
	size_t n_devices;
	const struct plan_link *links;
	size_t n_links;
	const struct plan_path *masked, *readonly;
	size_t n_masked, n_readonly;
	const struct sysctl *sysctls;
	size_t n_sysctls;
	const struct spec_net_device *net_devices;
	size_t n_net_devices;
	bool loopback_up;
	struct plan_process process;
	struct plan_cgroup cgroup;
	struct plan_intel_rdt intel_rdt;
	struct spec_hooks hooks[HOOK_COUNT];
	struct spec_pairs annotations;
	const char *const *warnings; /* default protections that this host lacks */
	size_t n_warnings;
	unsigned preserve_fds;
};

/**
 * plan_build() - all that can be decided before a process exists
 * @spec:   hardened: judgement->spec
 * Return: an owned plan, or NULL. It keeps pointers into @spec and @policy, which must outlive it.
 */
[[nodiscard]] struct plan *plan_build(const struct spec *spec, const struct policy *policy,
				      const struct host *host, const struct plan_request *request,
				      struct error *err);
/**
 * plan_build_process() - the same for one more process of a container: only plan->process, ids and
 * what they need
 */
[[nodiscard]] struct plan *plan_build_process(const struct spec *spec, const struct policy *policy,
					      const struct host *host,
					      const struct plan_request *request,
					      struct error *err);
void plan_free(struct plan *plan);

/* What the plan's host paths turn out to be when they are looked at: mounted overlays, of which the
 * container gets another one of the same layers. No part of the plan, which looks at nothing. */
struct plan_overlay {
	const char *from, *path;
	struct overlay_layers layers;
};
struct plan_overlays {
	const struct plan_overlay *items;
	size_t n;
};
void plan_overlays_print(const struct plan_overlays *overlays, FILE *out);
void plan_overlays_print_json(const struct plan_overlays *overlays, struct json_out *out);

/**
 * plan_shows_namespace() - a file system that shows a namespace, and belongs to the user namespace that
 * owns it: @fs_type "sysfs" or "mqueue"
 */
[[nodiscard]] bool plan_shows_namespace(const char *fs_type, enum ns *ret);

/** plan_print() - for people, in the order in which things happen; @overlays NULL: left out */
void plan_print(const struct plan *plan, const struct plan_overlays *overlays, FILE *out);
/**
 * plan_print_json() - the same value as JSON
 * @overlays: NULL: left out
 * @steps: names of the steps that carry it out, NULL-terminated; NULL: left out
 */
void plan_print_json(const struct plan *plan, const struct plan_overlays *overlays,
		     const char *const *steps, struct json_out *out);

/** plan_hooks_print_json() - one member "hooks", as in config.json; @hooks: HOOK_COUNT of them */
void plan_hooks_print_json(const struct spec_hooks *hooks, struct json_out *out);

/* The parts of plan_build(), one file each; each fills its fields of *plan from plan->arena. */
struct plan_input {
	const struct spec *spec;
	const struct policy *policy;
	const struct host *host;
	const struct plan_request *request;
};
[[nodiscard]] int plan_ids(struct plan *plan, const struct plan_input *in,
			   struct error *err); /* plan_ids.c: ids, namespaces, time, names */
[[nodiscard]] int
plan_mounts(struct plan *plan, const struct plan_input *in,
	    struct error *err); /* plan_mounts.c: root, mounts, masked, readonly */
[[nodiscard]] int plan_sysctls(struct plan *plan, const struct plan_input *in,
			       struct error *err); /* plan_sysctls.c */
[[nodiscard]] int
plan_devices(struct plan *plan, const struct plan_input *in,
	     struct error *err); /* plan_devices.c: nodes, links, device rules and program */
[[nodiscard]] int
plan_cgroup(struct plan *plan, const struct plan_input *in,
	    struct error *err); /* plan_cgroup.c: path, writes, systemd, intelRdt */
/**
 * plan_process() - also used by exec, with the process of the command: privileges, rlimits,
 * scheduling …
 */
[[nodiscard]] int plan_process(struct plan *plan, const struct plan_input *in,
			       struct error *err); /* plan_privileges.c */
[[nodiscard]] int
plan_seccomp(struct plan *plan, const struct plan_input *in,
	     struct error *err); /* plan_seccomp.c: fills plan->process.seccomp… */
/** plan_warn() - add a warning about a default protection that this host lacks */
[[gnu::format(printf, 2, 3)]] void plan_warn(struct plan *plan, const char *fmt, ...);

#endif
