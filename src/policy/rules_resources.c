/* policy/rules_resources.c: how much of the machine the container may use
 *
 * Defaults for a missing limit stay in policy's settings: plan/ applies them as far as the host has
 * the controller. config-linux.md "Control groups" and "Sysctl".
 */
#include "base/table.h"
#include "policy/rules.h"

#include <fnmatch.h>
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { CPU_PERIOD_US = 100'000 }; /* the kernel's own: cgroup-v2.rst, "cpu.max" */

/*
 * Where a limit stands; a value below 1 means none (0 in pids.limit and cpu.quota, -1 everywhere).
 */
static struct opt_int *limit_of(struct spec_resources *resources, enum limit limit,
				const char **ret_pointer)
{
	static const char *const pointers[] = {
		[LIMIT_MEMORY] = "/linux/resources/memory/limit",
		[LIMIT_SWAP] = "/linux/resources/memory/swap",
		[LIMIT_PIDS] = "/linux/resources/pids/limit",
		[LIMIT_CPU] = "/linux/resources/cpu/quota",
	};

	*ret_pointer = pointers[limit];
	switch (limit) {
	case LIMIT_MEMORY:
		return &resources->memory.limit;
	case LIMIT_SWAP:
		return &resources->memory.swap;
	case LIMIT_PIDS:
		return &resources->pids_limit;
	case LIMIT_CPU:
		break;
	}
	return &resources->cpu.quota;
}

static bool has_default(const struct policy_settings *settings, enum limit limit)
{
	switch (limit) {
	case LIMIT_MEMORY:
		return settings->memory_max > 0;
	case LIMIT_SWAP:
		return settings->swap_limited;
	case LIMIT_PIDS:
		return settings->pids_max > 0;
	case LIMIT_CPU:
		break;
	}
	return settings->cpu_quota_us > 0;
}

/* A limit that policy has none to put in its place of is not hardened by that: policy allows it. */
static bool found_no_limit(struct judge *judge, const struct rule *rule, enum limit limit,
			   const char *pointer, const char *text)
{
	if (judge->policy->actions[rule_index(rule)] == ACTION_HARDEN &&
	    !has_default(&judge->policy->settings, limit)) {
		judge_allowed(judge, rule, pointer, "%s, and the settings of the policy have none",
			      text);
		return false;
	}
	return judge_found(judge, rule, pointer, "%s", text);
}

void check_limit_missing(struct judge *judge, const struct rule *rule)
{
	const enum limit limit = (enum limit)rule->subject;
	const char *pointer;

	/* Nothing to change: the default is in policy's settings. */
	if (!limit_of(&judge->hard->linux_.resources, limit, &pointer)->set)
		(void)found_no_limit(judge, rule, limit, pointer, "the config has no such limit");
}

/* A limit that the host cannot reach is none: of 64-bit numbers all but a few are. */
static bool is_beyond_host(const struct host *host, enum limit limit, uint64_t value,
			   uint64_t cpu_period)
{
	switch (limit) {
	case LIMIT_MEMORY:
		return host->memory > 0 && value >= host->memory;
	case LIMIT_SWAP: /* of memory and swap together */
		return host->memory > 0 && value >= host->memory + host->swap;
	case LIMIT_PIDS:
		return host->pid_max > 0 && value >= host->pid_max;
	case LIMIT_CPU: /* all of them is what a small host's policy gives */
		break;
	}
	return host->processors > 0 && value / (cpu_period ?: CPU_PERIOD_US) > host->processors;
}

void check_limit_unlimited(struct judge *judge, const struct rule *rule)
{
	const enum limit kind = (enum limit)rule->subject;
	const char *pointer;
	struct opt_int *const limit = limit_of(&judge->hard->linux_.resources, kind, &pointer);

	if (!limit->set || (rule->subject == LIMIT_SWAP && limit->value == 0))
		return;
	if (limit->value > 0 && !is_beyond_host(judge->host, kind, (uint64_t)limit->value,
						judge->spec->linux_.resources.cpu.period.value))
		return;
	if (found_no_limit(judge, rule, kind, pointer,
			   limit->value > 0 ? "the limit is more than the host has"
					    : "the config asks for no limit"))
		*limit = (struct opt_int){};
}

void check_oom_killer(struct judge *judge, const struct rule *rule)
{
	const struct opt_bool *const disable =
		&judge->spec->linux_.resources.memory.disable_oom_killer;

	if (!disable->set || !disable->value)
		return;
	if (judge_found(judge, rule, "/linux/resources/memory/disableOOMKiller",
			"the OOM killer is switched off"))
		judge->hard->linux_.resources.memory.disable_oom_killer = (struct opt_bool){};
}

static const char *unified_pointer(struct judge *judge, const char *key)
{
	return judge_pointer(judge, "/linux/resources/unified/%.64s", judge_escape(judge, key));
}

/*
 * Files that limit the container, or weigh it among those beside it: cgroup-v2.rst. The cgroup's own move,
 * freeze and kill; cpuset.cpus.partition takes processors away from all others, io.latency and
 * io.prio.class put the container before them. memory.min and memory.low, which the kubelet writes, protect no
 * more than memory.max.
 */
static const char *const unified_files[] = {
	"cpu.idle",         "cpu.max",
	"cpu.max.burst",    "cpu.uclamp.max",
	"cpu.weight",       "cpu.weight.nice",
	"cpuset.cpus",      "cpuset.mems",
	"dmem.max",         "hugetlb.*.max",
	"io.bfq.weight",    "io.max",
	"io.weight",        "memory.high",
	"memory.low",       "memory.max",
	"memory.min",       "memory.oom.group",
	"memory.swap.high", "memory.swap.max",
	"memory.zswap.max", "memory.zswap.writeback",
	"misc.max",         "pids.max",
	"rdma.max",
};

static bool may_be_unified(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(unified_files); i++) {
		if (fnmatch(unified_files[i], key, 0) == 0)
			return true;
	}
	return false;
}

void check_unified(struct judge *judge, const struct rule *rule)
{
	const struct spec_pairs *const pairs = &judge->spec->linux_.resources.unified;

	for (size_t i = 0; i < pairs->n; i++) {
		const char *const key = pairs->items[i].key;

		if (may_be_unified(key))
			continue;
		if (judge_found(judge, rule, unified_pointer(judge, key),
				"'%.64s' is none of the files that limit the container", key))
			judge->hard->linux_.resources.unified = pairs_without(
				judge->arena, &judge->hard->linux_.resources.unified, key);
	}
}

/* The files that lift a limit that the config or policy sets. */
static const struct file_row {
	const char *name;
	enum limit limit;
} limit_files[] = {
	{ "cpu.max", LIMIT_CPU },
	{ "memory.max", LIMIT_MEMORY },
	{ "memory.swap.max", LIMIT_SWAP },
	{ "pids.max", LIMIT_PIDS },
};

/* As the kernel reads it: any base, and the suffixes of memparse() in lib/cmdline.c. */
static uint64_t kernel_number(const char *text, char **end)
{
	static const char suffixes[] = { 'K', 'M', 'G', 'T', 'P', 'E' };
	uint64_t ret = strtoull(text, end, 0);
	const char *const suffix = memchr(suffixes, **end & ~('a' - 'A'), sizeof suffixes);

	for (const char *at = suffixes; suffix && at <= suffix; at++)
		ret = ret > UINT64_MAX >> 10 ? UINT64_MAX : ret << 10;
	return ret;
}

static bool lifts_limit(const struct host *host, const struct spec_pair *pair)
{
	const struct file_row *const file = table_find(limit_files, pair->key);
	const size_t skip = strspn(pair->value, " \t\n");
	uint64_t value;
	char *end;

	if (strcmp(pair->key, "memory.oom.group") == 0)
		return true;
	if (file == NULL || strncmp(pair->value + skip, "max", 3) == 0)
		return file != NULL;
	value = kernel_number(pair->value, &end);
	return is_beyond_host(host, file->limit, value, strtoull(end, NULL, 0));
}

void check_unified_limits(struct judge *judge, const struct rule *rule)
{
	const struct spec_pairs *const pairs = &judge->spec->linux_.resources.unified;

	for (size_t i = 0; i < pairs->n; i++) {
		const struct spec_pair *const pair = &pairs->items[i];

		if (!lifts_limit(judge->host, pair))
			continue;
		if (judge_found(judge, rule, unified_pointer(judge, pair->key),
				"'%.64s' lifts a limit", pair->key))
			judge->hard->linux_.resources.unified = pairs_without(
				judge->arena, &judge->hard->linux_.resources.unified, pair->key);
	}
}

void check_cgroups_path(struct judge *judge, const struct rule *rule)
{
	const char *const path = judge->spec->linux_.cgroups_path;

	if (path == NULL || *path == '\0')
		return;
	/* The root of the tree: every process that is in no cgroup below it. */
	if (path[strspn(path, "/.")] == '\0')
		judge_found_hard(judge, rule, "/linux/cgroupsPath",
				 "'%.200s' is not a cgroup of the container's own", path);
}

/*
 * The properties that engines set; others start, stop or widen what is the host's: OnFailure,
 * Conflicts, MemoryMax …
 */
static const struct property_row {
	const char *name;
} unit_properties[] = {
	{ "After" },       { "Before" },     { "CollectMode" },     { "DefaultDependencies" },
	{ "Description" }, { "KillSignal" }, { "TimeoutStopUSec" },
};

void check_systemd_property(struct judge *judge, const struct rule *rule)
{
	static const char prefix[] = "org.systemd.property.";
	const struct spec_pairs *const pairs = &judge->spec->annotations;

	for (size_t i = 0; i < pairs->n; i++) {
		const char *const key = pairs->items[i].key;

		if (strncmp(key, prefix, sizeof prefix - 1) != 0 ||
		    table_find(unit_properties, key + sizeof prefix - 1) != NULL ||
		    strcmp(key + sizeof prefix - 1, "TimeoutStopSec") == 0)
			continue;
		if (!judge_found(
			    judge, rule,
			    judge_pointer(judge, "/annotations/%.100s", judge_escape(judge, key)),
			    "the property %.64s of the systemd unit is set",
			    key + sizeof prefix - 1))
			continue;
		judge->hard->annotations =
			pairs_without(judge->arena, &judge->hard->annotations, key);
	}
}

/*
 * Which sysctls belong to which namespace; everything else is the host's. Those that the Pod Security
 * Standards (Baseline, "Sysctls") call safe may also be set in a namespace that the container joins: there
 * they reach the pod that it belongs to, and nothing beyond.
 */
// clang-format off
static const struct sysctl_row {
	const char *name;
	enum spec_namespace_kind kind;
	bool safe;
} namespaced_sysctls[] = {
	{ "kernel.shm_rmid_forced",              SPEC_NS_IPC,     true },
	{ "net.ipv4.ip_local_port_range",        SPEC_NS_NETWORK, true },
	{ "net.ipv4.ip_local_reserved_ports",    SPEC_NS_NETWORK, true },
	{ "net.ipv4.ip_unprivileged_port_start", SPEC_NS_NETWORK, true },
	{ "net.ipv4.ping_group_range",           SPEC_NS_NETWORK, true },
	{ "net.ipv4.tcp_fin_timeout",            SPEC_NS_NETWORK, true },
	{ "net.ipv4.tcp_keepalive_intvl",        SPEC_NS_NETWORK, true },
	{ "net.ipv4.tcp_keepalive_probes",       SPEC_NS_NETWORK, true },
	{ "net.ipv4.tcp_keepalive_time",         SPEC_NS_NETWORK, true },
	{ "net.ipv4.tcp_rmem",                   SPEC_NS_NETWORK, true },
	{ "net.ipv4.tcp_syncookies",             SPEC_NS_NETWORK, true },
	{ "net.ipv4.tcp_wmem",                   SPEC_NS_NETWORK, true },
	{ "fs.mqueue.*",                         SPEC_NS_IPC,     false },
	{ "kernel.msg*",                         SPEC_NS_IPC,     false },
	{ "kernel.sem",                          SPEC_NS_IPC,     false },
	{ "kernel.shm*",                         SPEC_NS_IPC,     false },
	{ "net.*",                               SPEC_NS_NETWORK, false },
};
// clang-format on

static bool sysctl_matches(const char *pattern, const char *key)
{
	const size_t len = strlen(pattern);

	if (len > 0 && pattern[len - 1] == '*')
		return strncmp(key, pattern, len - 1) == 0;
	return strcmp(key, pattern) == 0;
}

static const struct sysctl_row *sysctl_row(const char *dotted)
{
	for (size_t i = 0; i < ARRAY_LEN(namespaced_sysctls); i++) {
		if (sysctl_matches(namespaced_sysctls[i].name, dotted))
			return &namespaced_sysctls[i];
	}
	return NULL;
}

/* Why the container may not set it, or NULL. */
static const char *sysctl_objection(const struct judge *judge, const char *dotted)
{
	const struct sysctl_row *const row = sysctl_row(dotted);
	struct error ignored;

	if (row == NULL)
		return "it belongs to no namespace";

	const struct spec_namespace *const ns = &judge->hard->linux_.namespaces[row->kind];

	if (ns->listed && ns->path == NULL)
		return NULL;
	if (ns->listed && row->safe && namespace_is_host(row->kind, ns->path, &ignored) == 0)
		return NULL;
	return "its namespace is not the container's own";
}

void check_sysctl(struct judge *judge, const struct rule *rule)
{
	const struct spec_pairs *const sysctls = &judge->spec->linux_.sysctl;
	const struct spec_strings *const listed = &judge->policy->settings.sysctl_allow;

	for (size_t i = 0; i < sysctls->n; i++) {
		const char *const key = sysctls->items[i].key;
		const char *pointer, *objection;
		char dotted[128];
		size_t at;

		/* sysctl(8) takes "/" for "." as well. */
		snprintf(dotted, sizeof dotted, "%s", key);
		for (char *c = dotted; *c != '\0'; c++)
			*c = *c == '/' ? '.' : *c;
		objection = sysctl_objection(judge, dotted);
		if (objection == NULL)
			continue;
		pointer = judge_pointer(judge, "/linux/sysctl/%.100s", judge_escape(judge, key));
		for (at = 0; at < listed->n && !sysctl_matches(listed->items[at], dotted); at++)
			;
		if (at < listed->n)
			judge_allowed(judge, rule, pointer, "'%.100s' is in sysctl_allow", key);
		else if (judge_found(judge, rule, pointer, "'%.100s' is set: %s", key, objection))
			judge->hard->linux_.sysctl =
				pairs_without(judge->arena, &judge->hard->linux_.sysctl, key);
	}
}

void check_oom_score(struct judge *judge, const struct rule *rule)
{
	const struct opt_int *const score = &judge->spec->process.oom_score_adj;

	if (!score->set || score->value >= 0)
		return;
	if (judge_found(judge, rule, "/process/oomScoreAdj",
			"%lld: other processes of the host are killed first",
			(long long)score->value))
		judge->hard->process.oom_score_adj.value = 0;
}

enum { NICE_LIMIT_MAX = 20 }; /* getrlimit(2): 20 less the least nice value, here 0 */

/* A process may take what its limit says at any time: by that it asks for no less than by the scheduler. */
static void check_priority_limit(struct judge *judge, const struct rule *rule, int resource,
				 uint64_t max, const char *text)
{
	const struct spec_process *const process = &judge->spec->process;

	for (size_t i = 0; i < process->n_rlimits; i++) {
		if (process->rlimits[i].resource != resource || process->rlimits[i].hard <= max ||
		    !judge_found(judge, rule, judge_pointer(judge, "/process/rlimits/%zu/hard", i),
				 "%s", text))
			continue;

		struct spec_process *const hard = &judge->hard->process;
		struct spec_rlimit *const limits =
			arena_grow(judge->arena, hard->rlimits, hard->n_rlimits, hard->n_rlimits,
				   sizeof *limits);

		limits[i].hard = max;
		limits[i].soft = limits[i].soft < max ? limits[i].soft : max;
		hard->rlimits = limits;
	}
}

void check_scheduler_realtime(struct judge *judge, const struct rule *rule)
{
	const struct spec_scheduler *const scheduler = &judge->spec->process.scheduler;

	if (scheduler->set &&
	    (scheduler->policy == SCHED_FIFO || scheduler->policy == SCHED_RR ||
	     scheduler->policy == SCHED_DEADLINE) &&
	    judge_found(judge, rule, "/process/scheduler/policy",
			"the process runs before every ordinary process of the host"))
		judge->hard->process.scheduler = (struct spec_scheduler){};
	check_priority_limit(
		judge, rule, RLIMIT_RTPRIO, 0,
		"RLIMIT_RTPRIO lets the process run before every ordinary one of the host");
}

void check_nice(struct judge *judge, const struct rule *rule)
{
	const struct spec_scheduler *const scheduler = &judge->spec->process.scheduler;

	if (scheduler->set && scheduler->nice < 0 &&
	    judge_found(judge, rule, "/process/scheduler/nice", "nice %d", scheduler->nice))
		judge->hard->process.scheduler.nice = 0;
	check_priority_limit(judge, rule, RLIMIT_NICE, NICE_LIMIT_MAX,
			     "RLIMIT_NICE lets the process go below nice 0");
}

void check_io_realtime(struct judge *judge, const struct rule *rule)
{
	const struct spec_io_priority *const priority = &judge->spec->process.io_priority;

	if (!priority->set || priority->class != IOPRIO_CLASS_RT)
		return;
	if (judge_found(judge, rule, "/process/ioPriority/class",
			"the process is served before every other user of a disk"))
		judge->hard->process.io_priority = (struct spec_io_priority){};
}

void check_rlimits(struct judge *judge, const struct rule *rule)
{
	const struct policy_settings *const settings = &judge->policy->settings;
	const struct {
		int resource;
		uint64_t max;
		const char *name;
	} bounds[] = {
		{ RLIMIT_NOFILE, settings->nofile_hard, "RLIMIT_NOFILE" },
		{ RLIMIT_CORE, settings->core_hard, "RLIMIT_CORE" },
		{ RLIMIT_MEMLOCK, settings->memlock_hard, "RLIMIT_MEMLOCK" },
	};

	for (size_t i = 0; i < judge->spec->process.n_rlimits; i++) {
		const struct spec_rlimit *const limit = &judge->spec->process.rlimits[i];

		for (size_t row = 0; row < ARRAY_LEN(bounds); row++) {
			if (limit->resource == bounds[row].resource &&
			    limit->hard > bounds[row].max)
				judge_found_hard(
					judge, rule,
					judge_pointer(judge, "/process/rlimits/%zu/hard", i),
					"%s is above policy's default", bounds[row].name);
		}
	}
}

void check_intel_rdt(struct judge *judge, const struct rule *rule)
{
	if (!judge->spec->linux_.intel_rdt.set)
		return;
	if (judge_found(judge, rule, "/linux/intelRdt",
			"the container gets a part of the processor's cache to itself"))
		judge->hard->linux_.intel_rdt = (struct spec_intel_rdt){};
}

void check_memory_policy(struct judge *judge, const struct rule *rule)
{
	if (!judge->spec->linux_.memory_policy.set)
		return;
	if (judge_found(judge, rule, "/linux/memoryPolicy", "memory is taken from chosen nodes"))
		judge->hard->linux_.memory_policy = (struct spec_memory_policy){};
}
