/* policy/rules.h: the rules, and what their checks work with
 *
 * rules.c holds the one table. Enforcement, `brig audit`, `brig policy rules` and docs/rules.md all
 * read it. A check looks at the spec as it was written, reports what it finds with judge_found(),
 * and, when that says so, changes the hardened spec. Checks never refuse, print or read policy's
 * actions themselves.
 */
#ifndef BRIG_POLICY_RULES_H
#define BRIG_POLICY_RULES_H

#include "policy/policy.h"

struct judge;
struct source;
struct host_inodes;

/* Which parts of a spec a rule looks at, apart from the whole. Of a process: all that plan_process()
 * and plan_seccomp() read. */
enum rule_part { RULE_PROCESS = 1, RULE_RESOURCES = 2, RULE_MAPPINGS = 4 };

struct rule {
	const char *id;     /* stable: policy files and logs name it */
	const char *title;  /* what is wrong when it finds something */
	const char *guards; /* what an attacker gains from it */
	const char *fix;    /* what to change in the bundle: one sentence, no full stop */
	enum severity severity;
	enum action restricted, baseline; /* in the two built-ins */
	bool hardens;                     /* can the check take away what it finds? */
	bool always;                      /* brig does so whatever policy says: nothing to allow */
	const char *pss;  /* Kubernetes Pod Security Standards: level and control; NULL */
	const char *cis;  /* CIS Docker Benchmark 1.6.0: number; NULL */
	const char *nist; /* NIST SP 800-190: section; NULL */
	void (*check)(struct judge *judge,
		      const struct rule *rule); /* NULL: asked by policy_action() */
	int subject; /* for checks that several rows share: which namespace, which kind of path … */
	unsigned parts; /* RULE_… */
};

/** rule_table() - all rows, in the order in which they run and are listed */
[[nodiscard]] const struct rule *rule_table(size_t *ret_n);
/** rule_find() - by id, or NULL; rule_nearest() - for "did you mean", or NULL */
[[nodiscard]] const struct rule *rule_find(const char *id);
[[nodiscard]] const char *rule_nearest(const char *id);
/** rule_index() - of a row of the table: into policy->actions and set_by */
[[nodiscard]] size_t rule_index(const struct rule *rule);
/** rule_default() - the action in the built-in @base */
[[nodiscard]] enum action rule_default(const struct rule *rule, const char *base);

/* A judgement on its way. */
struct judge {
	const struct policy *policy;
	const struct host *host;
	const struct spec *spec; /* as written */
	struct spec *hard;       /* hardened so far: &judgement->spec */
	int bundle;              /* directory fd that a relative root.path starts from */
	struct arena *arena;     /* of the judgement */
	struct finding *findings;
	size_t n, room;
	struct spec_mount
		*mounts; /* of hard, once judge_mount() has copied them; as many as in spec */
	struct source
		*sources; /* of the mounts, policy/sources.h; looked at when the first rule asks */
	size_t n_sources;
	struct host_inodes *inodes; /* policy/host_paths.h */
};

/**
 * judge_found() - report a finding; its action is the policy's for that rule
 * @pointer: into config.json; from judge->arena or a constant
 * Return: true if the check shall change judge->hard so that the finding no longer holds
 */
[[nodiscard, gnu::format(printf, 4, 5)]] bool judge_found(struct judge *judge,
							  const struct rule *rule,
							  const char *pointer, const char *fmt,
							  ...);
/** judge_found_hard() - a finding that cannot be taken away: `harden` refuses it */
[[gnu::format(printf, 4, 5)]] void judge_found_hard(struct judge *judge, const struct rule *rule,
						    const char *pointer, const char *fmt, ...);
/**
 * judge_allowed() - a finding that a list in the policy file allows: reported so that its use is
 * logged
 */
[[gnu::format(printf, 4, 5)]] void judge_allowed(struct judge *judge, const struct rule *rule,
						 const char *pointer, const char *fmt, ...);
/** judge_pointer() - format a JSON pointer */
[[nodiscard, gnu::returns_nonnull, gnu::format(printf, 2, 3)]] const char *
judge_pointer(struct judge *judge, const char *fmt, ...);
/** judge_escape() - @key as one token of a JSON pointer: ~ and / escaped, RFC 6901 */
[[nodiscard, gnu::returns_nonnull]] const char *judge_escape(struct judge *judge, const char *key);
/** judge_mount() - mount @index of the hardened spec, to change */
[[nodiscard, gnu::returns_nonnull]] struct spec_mount *judge_mount(struct judge *judge,
								   size_t index);

/* Lists of words, as hardening needs them. */
[[nodiscard]] bool strings_have(const struct spec_strings *list, const char *word);
[[nodiscard]] struct spec_strings strings_with(struct arena *arena, const struct spec_strings *list,
					       const char *word);
[[nodiscard]] struct spec_strings
strings_without(struct arena *arena, const struct spec_strings *list, const char *word);
[[nodiscard]] struct spec_pairs pairs_without(struct arena *arena, const struct spec_pairs *pairs,
					      const char *key);

/* The checks; rules_namespaces.c */
void check_namespace_missing(struct judge *judge, const struct rule *rule);
void check_namespace_host_path(struct judge *judge, const struct rule *rule);
void check_namespace_joined(struct judge *judge, const struct rule *rule);
void check_namespace_place(struct judge *judge, const struct rule *rule);
/** namespace_is_host() - does the path lead to the host's own? -1: that cannot be seen */
[[nodiscard]] int namespace_is_host(enum spec_namespace_kind kind, const char *path,
				    struct error *err);
void check_mapping_host_ids(struct judge *judge, const struct rule *rule);
void check_mapping_pool(struct judge *judge, const struct rule *rule);
void check_time_offsets(struct judge *judge, const struct rule *rule);
void check_net_devices(struct judge *judge, const struct rule *rule);

/* rules_privileges.c */
void check_capability_unknown(struct judge *judge, const struct rule *rule);
void check_capability_beyond(struct judge *judge, const struct rule *rule);
void check_capability_inheritable(struct judge *judge, const struct rule *rule);
void check_no_new_privileges(struct judge *judge, const struct rule *rule);
void check_apparmor_unconfined(struct judge *judge, const struct rule *rule);
void check_selinux_absent(struct judge *judge, const struct rule *rule);
void check_selinux_unconfined(struct judge *judge, const struct rule *rule);
void check_user_root(struct judge *judge, const struct rule *rule);
void check_groups_root(struct judge *judge, const struct rule *rule);
void check_keep_groups(struct judge *judge, const struct rule *rule);
void check_personality(struct judge *judge, const struct rule *rule);
void check_annotations(struct judge *judge, const struct rule *rule);

/* rules_hooks.c */
void check_hooks(struct judge *judge, const struct rule *rule);

/* rules_seccomp.c */
void check_seccomp_missing(struct judge *judge, const struct rule *rule);
void check_seccomp_default(struct judge *judge, const struct rule *rule);
void check_seccomp_dangerous(struct judge *judge, const struct rule *rule);
void check_seccomp_flags(struct judge *judge, const struct rule *rule);
void check_seccomp_listener(struct judge *judge, const struct rule *rule);

/*
 * rules_binds.c: where mounts and the root file system come from; the subject is an enum path_guard
 */
void check_root_place(struct judge *judge, const struct rule *rule);
void check_source_place(struct judge *judge, const struct rule *rule);
void check_source_kind(struct judge *judge, const struct rule *rule);

/* rules_spec.c */
void check_misspelt(struct judge *judge, const struct rule *rule);

/* rules_filesystem.c */
void check_root_writable(struct judge *judge, const struct rule *rule);
void check_root_propagation(struct judge *judge, const struct rule *rule);
void check_mount_propagation(struct judge *judge, const struct rule *rule);
void check_mount_type(struct judge *judge, const struct rule *rule);
void check_mount_over_proc(struct judge *judge, const struct rule *rule);
void check_mount_unmasked(struct judge *judge, const struct rule *rule);
void check_mount_flag(struct judge *judge,
		      const struct rule *rule); /* subject: enum mount_flag_wanted */
void check_mount_writable(struct judge *judge, const struct rule *rule);
void check_masked_paths(struct judge *judge, const struct rule *rule);
void check_readonly_paths(struct judge *judge, const struct rule *rule);

/* rules_devices.c */
void check_devices(struct judge *judge, const struct rule *rule);
void check_device_rules(struct judge *judge, const struct rule *rule);

/* rules_resources.c */
void check_limit_missing(struct judge *judge, const struct rule *rule); /* subject: enum limit */
void check_limit_unlimited(struct judge *judge, const struct rule *rule);
void check_oom_killer(struct judge *judge, const struct rule *rule);
void check_unified(struct judge *judge, const struct rule *rule);
void check_unified_limits(struct judge *judge, const struct rule *rule);
void check_cgroups_path(struct judge *judge, const struct rule *rule);
void check_systemd_property(struct judge *judge, const struct rule *rule);
void check_sysctl(struct judge *judge, const struct rule *rule);
void check_oom_score(struct judge *judge, const struct rule *rule);
void check_scheduler_realtime(struct judge *judge, const struct rule *rule);
void check_nice(struct judge *judge, const struct rule *rule);
void check_io_realtime(struct judge *judge, const struct rule *rule);
void check_rlimits(struct judge *judge, const struct rule *rule);
void check_intel_rdt(struct judge *judge, const struct rule *rule);
void check_memory_policy(struct judge *judge, const struct rule *rule);

enum limit { LIMIT_MEMORY, LIMIT_SWAP, LIMIT_PIDS, LIMIT_CPU };
enum mount_flag_wanted { MOUNT_NOSUID, MOUNT_NODEV };

#endif
