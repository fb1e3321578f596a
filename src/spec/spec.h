/* spec/spec.h: config.json as values, in the order of the OCI runtime specification 1.3
 *
 * One field for each property that the specification defines for Linux. No decision is made here:
 * names that the specification fixes become enums or kernel constants, ranges and patterns are
 * checked, everything else is kept as it was written. All memory belongs to the spec's arena.
 * An absent property is zero, NULL or `set == false`.
 *
 * Where an array is kept, the JSON pointer of element i is "<property>/<i>": whoever reports an
 * error about it can therefore always name the place.
 */
#ifndef BRIG_SPEC_SPEC_H
#define BRIG_SPEC_SPEC_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct opt_int {
	int64_t value;
	bool set;
};
struct opt_uint {
	uint64_t value;
	bool set;
};
struct opt_bool {
	bool value, set;
};
struct spec_strings {
	const char *const *items;
	size_t n;
};
struct spec_pair { /* a member of a map of strings: annotations, sysctl, unified */
	const char *key, *value;
};
struct spec_pairs {
	const struct spec_pair *items;
	size_t n;
};

/* --- config.md, "Root" and "Mounts" --- */

struct spec_root {
	const char *path; /* as written; relative to the bundle */
	bool readonly;
};

struct spec_id_mapping { /* config-linux.md, "User namespace mappings" */
	uint32_t container_id, host_id, size;
};
struct spec_id_mappings {
	const struct spec_id_mapping *items;
	size_t n;
};

struct spec_mount {
	const char *destination; /* absolute */
	const char *source;      /* NULL if absent */
	const char *type;        /* NULL if absent */
	struct spec_strings options;
	struct spec_id_mappings uid_mappings, gid_mappings;
};

/* --- config.md, "Process" --- */

struct spec_user {
	uint32_t uid, gid;
	struct opt_uint umask;
	const uint32_t *additional_gids;
	size_t n_additional_gids;
};

struct spec_rlimit {
	int resource; /* RLIMIT_… of getrlimit(2) */
	uint64_t soft, hard;
};

enum spec_cap_set {
	CAPSET_BOUNDING,
	CAPSET_EFFECTIVE,
	CAPSET_INHERITABLE,
	CAPSET_PERMITTED,
	CAPSET_AMBIENT,
	CAPSET_COUNT
};

struct spec_capabilities {
	bool set; /* the object is present */
	/* "CAP_…" as written; kernel/capability knows the names */
	struct spec_strings sets[CAPSET_COUNT];
};

struct spec_scheduler {
	bool set;
	int policy; /* SCHED_… */
	int32_t nice, priority;
	uint64_t flags;                     /* SCHED_FLAG_… */
	uint64_t runtime, deadline, period; /* ns */
};

struct spec_io_priority {
	bool set;
	int class; /* IOPRIO_CLASS_… */
	int32_t priority;
};

struct spec_process {
	bool set;
	bool terminal;
	struct {
		bool set;
		uint16_t height, width;
	} console_size;
	const char *cwd;
	struct spec_strings env, args;
	struct spec_user user;
	const struct spec_rlimit *rlimits;
	size_t n_rlimits;
	struct spec_capabilities capabilities;
	struct opt_bool no_new_privileges;
	struct opt_int oom_score_adj;
	const char *selinux_label, *apparmor_profile;
	struct spec_scheduler scheduler;
	struct spec_io_priority io_priority;
	struct {
		const char *initial, *final; /* cpu lists, cpuset(7) */
	} exec_cpu_affinity;
};

/* --- config.md, "POSIX-platform Hooks" --- */

enum hook_kind {
	HOOK_PRESTART,
	HOOK_CREATE_RUNTIME,
	HOOK_CREATE_CONTAINER,
	HOOK_START_CONTAINER,
	HOOK_POSTSTART,
	HOOK_POSTSTOP,
	HOOK_COUNT
};

struct spec_hook {
	const char *path; /* absolute */
	struct spec_strings args, env;
	uint32_t timeout; /* seconds; 0 = none */
};
struct spec_hooks {
	const struct spec_hook *items;
	size_t n;
};

/* --- config-linux.md --- */

enum spec_namespace_kind {
	SPEC_NS_USER,
	SPEC_NS_MOUNT,
	SPEC_NS_PID,
	SPEC_NS_NETWORK,
	SPEC_NS_IPC,
	SPEC_NS_UTS,
	SPEC_NS_CGROUP,
	SPEC_NS_TIME,
	SPEC_NS_COUNT
};

struct spec_namespace {
	bool listed;
	const char *path; /* NULL: a new one */
	size_t index;     /* in linux.namespaces, for the pointer */
};

struct spec_time_offset {
	bool set;
	int64_t secs;
	uint32_t nanosecs;
};

struct spec_device {
	char type; /* c b u p */
	const char *path;
	int64_t major, minor;
	struct opt_uint file_mode, uid, gid;
};

struct spec_net_device {
	const char *host_name;
	const char *name; /* inside; host_name if absent */
};

struct spec_device_rule {
	bool allow;
	char type;                   /* a b c */
	struct opt_int major, minor; /* not set, or -1: any */
	bool read, write, mknod;     /* absent access means all three */
};

struct spec_memory {
	struct opt_int limit, reservation, swap, kernel, kernel_tcp; /* bytes; -1 unlimited */
	struct opt_uint swappiness;
	struct opt_bool disable_oom_killer, use_hierarchy, check_before_update;
};
struct spec_cpu {
	struct opt_uint shares, burst, period, realtime_period; /* shares; microseconds */
	struct opt_int quota, realtime_runtime, idle;
	const char *cpus, *mems;
};
struct spec_block_device { /* weightDevice and throttle…Device */
	int64_t major, minor;
	struct opt_uint weight, leaf_weight, rate;
};
struct spec_block_devices {
	const struct spec_block_device *items;
	size_t n;
};
struct spec_block_io {
	struct opt_uint weight, leaf_weight;
	struct spec_block_devices weight_device, read_bps, write_bps, read_iops, write_iops;
};
struct spec_hugepage_limit {
	const char *page_size; /* "2MB" */
	uint64_t limit;
};
struct spec_rdma {
	const char *device;
	struct opt_uint hca_handles, hca_objects;
};
struct spec_resources {
	const struct spec_device_rule *devices;
	size_t n_devices;
	struct spec_memory memory;
	struct spec_cpu cpu;
	struct spec_block_io block_io;
	const struct spec_hugepage_limit *hugepages;
	size_t n_hugepages;
	bool network; /* classID or priorities are present: cgroup v1 only */
	struct opt_int pids_limit;
	const struct spec_rdma *rdma;
	size_t n_rdma;
	struct spec_pairs unified;
};

struct spec_intel_rdt {
	bool set;
	const char *clos_id, *l3_cache_schema, *mem_bw_schema;
	struct spec_strings schemata;
	bool enable_monitoring;
};

struct spec_memory_policy {
	bool set;
	int mode;       /* MPOL_… */
	unsigned flags; /* MPOL_F_… */
	const char *nodes;
};

enum spec_seccomp_action {
	SECCOMP_ACT_KILL_THREAD,
	SECCOMP_ACT_KILL_PROCESS,
	SECCOMP_ACT_TRAP,
	SECCOMP_ACT_ERRNO,
	SECCOMP_ACT_TRACE,
	SECCOMP_ACT_ALLOW,
	SECCOMP_ACT_LOG,
	SECCOMP_ACT_NOTIFY
};
enum spec_seccomp_op {
	SECCOMP_OP_NE,
	SECCOMP_OP_LT,
	SECCOMP_OP_LE,
	SECCOMP_OP_EQ,
	SECCOMP_OP_GE,
	SECCOMP_OP_GT,
	SECCOMP_OP_MASKED_EQ
};

struct spec_seccomp_arg {
	uint32_t index;
	uint64_t value, value_two;
	enum spec_seccomp_op op;
};
struct spec_seccomp_rule {
	struct spec_strings names;
	enum spec_seccomp_action action;
	struct opt_uint errno_ret;
	const struct spec_seccomp_arg *args;
	size_t n_args;
};
struct spec_seccomp {
	bool set;
	enum spec_seccomp_action default_action;
	struct opt_uint default_errno_ret;
	struct spec_strings
		architectures; /* SCMP_ARCH_…, checked against the specification's list */
	unsigned flags;        /* SECCOMP_FILTER_FLAG_… of seccomp(2) */
	const char *listener_path, *listener_metadata;
	const struct spec_seccomp_rule *rules; /* linux.seccomp.syscalls */
	size_t n_rules;
};

struct spec_personality {
	bool set;
	unsigned long domain; /* PER_… of personality(2) */
};

struct spec_linux {
	bool set;
	struct spec_namespace namespaces[SPEC_NS_COUNT];
	struct spec_id_mappings uid_mappings, gid_mappings;
	struct spec_time_offset monotonic, boottime;
	const struct spec_device *devices;
	size_t n_devices;
	const struct spec_net_device *net_devices;
	size_t n_net_devices;
	const char *cgroups_path;
	struct spec_resources resources;
	struct spec_intel_rdt intel_rdt;
	struct spec_memory_policy memory_policy;
	struct spec_pairs sysctl;
	struct spec_seccomp seccomp;
	const char *rootfs_propagation; /* private, shared, slave, unbindable; NULL */
	struct spec_strings masked_paths, readonly_paths;
	const char *mount_label;
	struct spec_personality personality;
};

struct spec {
	struct arena arena;
	const char *oci_version;
	struct spec_root root;
	const struct spec_mount *mounts;
	size_t n_mounts;
	struct spec_process process;
	const char *hostname, *domainname; /* NULL if absent */
	struct spec_hooks hooks[HOOK_COUNT];
	struct spec_pairs annotations;
	struct spec_pairs
		misspelt; /* ignored, but near a name that is known: pointer and that name */
	struct spec_linux linux_; /* `linux` is a macro of the compiler's gnu dialect */
};

/**
 * spec_parse() - JSON text to a spec
 * @text: config.json; at most JSON_SIZE_MAX bytes
 * @err:  ERR_SPEC with the JSON pointer
 *
 * Unknown properties are ignored, as the specification demands ("Extensibility", config.md); what
 * belongs to other platforms (windows, solaris, vm, zos, freebsd) too.
 * Return: an owned spec, or NULL
 */
[[nodiscard]] struct spec *spec_parse(const char *text, size_t len, struct error *err);

/** spec_read() - the same from config.json in the directory @bundle; @ret_text (may be NULL) gets
 * the bytes for the digest */
[[nodiscard]] struct spec *spec_read(int bundle, struct buf *ret_text, struct error *err);

/** spec_parse_process() - a bare process object: `exec --process`; the result has only
 * spec->process */
[[nodiscard]] struct spec *spec_parse_process(const char *text, size_t len, struct error *err);

/** spec_parse_resources() - a bare linux.resources object: `update --resources`; only
 * spec->linux_.resources */
[[nodiscard]] struct spec *spec_parse_resources(const char *text, size_t len, struct error *err);

/** spec_parse_seccomp() - a bare linux.seccomp object: a file of seccomp-profiles/; only
 * spec->linux_.seccomp */
[[nodiscard]] struct spec *spec_parse_seccomp(const char *text, size_t len, struct error *err);

void spec_free(struct spec *spec);

/** capset_name() - "bounding"; hook_kind_name() - "prestart": as the specification calls them */
const char *capset_name(enum spec_cap_set set);
const char *hook_kind_name(enum hook_kind kind);

/** spec_seccomp_notifies() - is a call left to whoever listens? */
bool spec_seccomp_notifies(const struct spec_seccomp *seccomp);

/** spec_annotation() - the value of an annotation, or NULL */
const char *spec_annotation(const struct spec *spec, const char *key);

#endif
