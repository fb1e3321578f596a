/* policy/policy.h: what this host allows
 *
 * Built-in `restricted` (the default) and `baseline`, then /etc/brig/policy.json, then drop-ins
 * /etc/brig/policy.d/NAME.json in order of name. Each file must be a regular file owned by root and
 * not writable by others, in a directory of which the same holds; comments are allowed.
 */
#ifndef BRIG_POLICY_POLICY_H
#define BRIG_POLICY_POLICY_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "kernel/host.h"
#include "kernel/idmap.h"
#include "spec/spec.h"

#include <stdbool.h>
#include <stdint.h>

/* What happens when a rule finds something. */
enum action { ACTION_ALLOW, ACTION_WARN, ACTION_HARDEN, ACTION_REFUSE };
enum severity { SEVERITY_INFO, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };

/* Numbers and names that policy sets; each is a row of the settings table, policy/settings.h. */
struct policy_settings {
	uint32_t id_pool_first, id_pool_last; /* host ids to draw ranges from */
	uint32_t id_range_size;               /* 65536 */
	/*
	 * "idmap": id-mapped mounts or an error; "as-is": owners on disk are those of the mapping
	 */
	const char *rootfs_ids;
	uint64_t capabilities;        /* mask that a container may have at most */
	const char *seccomp_profile;  /* path, for a spec without a profile; "" for none */
	const char *apparmor_profile; /* "brig-default"; "" for none */
	bool landlock, core_scheduling, session_keyring;
	bool scope_abstract_sockets;          /* plan/plan_privileges.c */
	bool network_defaults;                /* plan/plan_sysctls.c */
	uint64_t memory_max;                  /* bytes, for a spec without a limit; 0: none */
	uint64_t swap_max;                    /* bytes, for a spec without a limit */
	bool swap_limited;                    /* apply swap_max at all */
	int64_t pids_max;                     /* for a spec without a limit; 0: none */
	uint64_t cpu_quota_us, cpu_period_us; /* for a spec without a limit; quota 0: none */
	bool memory_oom_group;
	uint64_t nofile_soft, nofile_hard, core_hard, memlock_hard; /* default rlimits */
	uint64_t pty_max; /* of a devpts that the container mounts */
	struct spec_strings masked_paths, readonly_paths; /* the rules add them to the spec's */
	/* Paths in lists are patterns: a component may hold *, what is below is meant too. */
	struct spec_strings bind_allow;   /* host paths to mount although a rule guards them */
	struct spec_strings root_allow;   /* the same of root file systems */
	struct spec_strings device_allow; /* "c 10:229 rw": devices besides the default set */
	struct spec_strings sysctl_allow; /* keys, with a trailing * */
	struct spec_strings namespace_paths_allow; /* namespaces below may be joined by path */
	struct spec_strings hooks_allow;     /* programs that a bundle may have run on the host */
	struct spec_strings hooks_env_allow; /* variables that it may give them */
	const char *audit_log;               /* "" for none */
	bool audit_syslog;
};

/* settings.audit_log of the built-ins */
#define POLICY_AUDIT_LOG "/var/log/brig/audit.jsonl"

struct rule; /* policy/rules.h */

struct policy {
	struct arena arena;
	const char *name; /* "restricted", or the path of the file */
	const char *base; /* the built-in it starts from */
	struct policy_settings settings;
	enum action *actions;         /* one for each row of the rule table */
	const char **set_by;          /* which file set it; NULL: the built-in */
	const char **settings_set_by; /* the same for each row of the settings table */
	const char *const *files;     /* that were read, in order */
	size_t n_files;
	const char
		*state_root; /* guarded like the default one; set by whoever got --root, or NULL */
};

/**
 * policy_load() - built-in, file and drop-ins
 * @path: NULL for the default places, where absent files mean the built-in; else this file alone,
 *        which must exist
 * Rootless, a file may also belong to the user who runs brig. Rules that are switched off take the
 * default that they would apply with them: `memory-limit: allow` leaves settings.memory_max 0, so
 * plan/ need only look at settings.
 * Return: an owned policy, or NULL with *err naming the file and the place in it
 */
[[nodiscard]] struct policy *policy_load(const char *path, const struct host *host,
					 struct error *err);
/** policy_builtin() - "restricted" or "baseline" */
[[nodiscard]] struct policy *policy_builtin(const char *name, struct error *err);
void policy_free(struct policy *policy);
/**
 * policy_action() - what policy makes of the rule @id: for what is asked for outside config.json
 * (`no-pivot`)
 */
[[nodiscard]] enum action policy_action(const struct policy *policy, const char *id);
/** action_name() - "refuse"; severity_name() - "high" */
const char *action_name(enum action action);
const char *severity_name(enum severity severity);

/* One thing that a rule found. */
struct finding {
	const struct rule *rule;
	enum action action;     /* what policy makes of it */
	const char *pointer;    /* JSON pointer in config.json */
	const char *text;       /* what is the case: "namespace network is the host's" */
	const char *fix;        /* what to change in the bundle, one sentence */
	bool allowed_by_policy; /* an allow in the policy file widened this: logged */
};

struct judgement {
	struct arena arena;
	const struct finding *findings;
	size_t n;
	struct spec spec; /* hardened; shares memory with the judged spec, which outlives it */
	bool refused;
	enum severity worst; /* of what is refused, warned about or allowed by a file */
};

/**
 * policy_judge() - run all rules over a spec
 * @bundle: directory fd that a relative root.path starts from
 * Pure, but for looking at what paths in the spec stand for: the root file system, namespaces,
 * sources of mounts. Every rule runs, also after a refusal, so that one report names all. What the
 * hardened spec then asks for is all that plan/ grants; defaults of limits, seccomp and LSM
 * profiles, which a host may lack, stay in settings.
 * It cannot fail: what cannot be looked at is a finding. @ret is owned: judgement_free().
 */
void policy_judge(const struct policy *policy, const struct spec *spec, int bundle,
		  const struct host *host, struct judgement *ret);
/** policy_judge_process() - the rules over spec->process and the filter, for one more: for exec */
void policy_judge_process(const struct policy *policy, const struct spec *spec,
			  const struct host *host, struct judgement *ret);
/** policy_judge_resources() - the rules over spec->linux_.resources alone: for update */
void policy_judge_resources(const struct policy *policy, const struct spec *spec,
			    const struct host *host, struct judgement *ret);
/**
 * policy_check_mapping() - may these be the ids of a container of the host's root?
 * @ids: of a user namespace that was joined by path: what stands in it is seen only from within
 * Return: 0, or -1 with *err filled: ERR_POLICY
 */
[[nodiscard]] int policy_check_mapping(const struct policy *policy, const struct idmap *ids,
				       struct error *err);
/**
 * policy_check_source() - is this open file or directory one that a mount may come from?
 * @pointer: of the mount, or "/root/path" for the root file system
 * policy_judge() looked at a path; a symlink on it may have been changed since. Whoever opens the
 * source asks again for the descriptor that is then mounted.
 * Return: 0, or -1 with *err filled: ERR_POLICY
 */
[[nodiscard]] int policy_check_source(const struct policy *policy, int fd, const char *pointer,
				      bool writable, struct error *err);
/** policy_source_is_free() - may a mount come from it that is writable, without a word of any rule? */
[[nodiscard]] bool policy_source_is_free(const struct policy *policy, int fd);

/**
 * policy_check_submount() - may this be in the container, too? It is mounted below a source or root
 * file system, and cloned with it.
 * @fd: -1: it cannot be opened, and its name @point decides
 * Return: 0, or -1 with *err filled: ERR_POLICY
 */
[[nodiscard]] int policy_check_submount(const struct policy *policy, int fd, const char *point,
					const char *pointer, bool writable, struct error *err);
/**
 * policy_refusal() - the error of a refused judgement: ERR_POLICY, where = rule id, text = the
 * first refusals, remedy = fix and the policy key
 */
[[nodiscard]] int policy_refusal(const struct judgement *judgement, struct error *err);
void judgement_free(struct judgement *judgement);

#endif
