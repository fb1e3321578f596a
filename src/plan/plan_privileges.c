/* plan/plan_privileges.c: the process of a container: who it is, what it may do, when it runs
 *
 * The spec that comes in was hardened by policy already. The limits that hold whatever a rule did
 * are applied here once more (capabilities within what policy allows, no_new_privs), so that no
 * single mistake in a rule gives a workload more.
 */
#include "plan/plan.h"

#include "base/cleanup.h"
#include "kernel/compat.h"
#include "kernel/landlock.h"

#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

/* --- capabilities --- */

static int capset_mask(const struct spec_capabilities *capabilities, enum spec_cap_set which,
		       uint64_t *ret, struct error *err)
{
	const struct spec_strings *names = &capabilities->sets[which];
	uint64_t mask = 0;
	char where[96];

	for (size_t i = 0; i < names->n; i++) {
		const int number = capability_from_name(names->items[i]);

		if (number < 0) {
			snprintf(where, sizeof where, "/process/capabilities/%s/%zu",
				 capset_name(which), i);
			return error_set(err, ERR_SPEC, where, "'%s' is no capability",
					 names->items[i]);
		}
		mask |= UINT64_C(1) << number;
	}
	*ret = mask;
	return 0;
}

/* An absent object means no capabilities at all: brig gives nothing that nobody asked for. */
static int plan_capabilities(const struct plan_input *in, struct capabilities *ret,
			     struct error *err)
{
	uint64_t asked[CAPSET_COUNT] = {};

	for (enum spec_cap_set i = 0; i < CAPSET_COUNT; i++) {
		if (capset_mask(&in->spec->process.capabilities, i, &asked[i], err) < 0)
			return -1;
	}

	/* What the kernel itself would demand, capabilities(7), and the bounding set as the limit
	 * of all: capset(2) allows a permitted set that is wider, until the next execve(2). */
	ret->bounding = asked[CAPSET_BOUNDING] & in->policy->settings.capabilities;
	ret->permitted = asked[CAPSET_PERMITTED] & ret->bounding;
	ret->effective = asked[CAPSET_EFFECTIVE] & ret->permitted;
	ret->inheritable = asked[CAPSET_INHERITABLE] & ret->bounding;
	ret->ambient = asked[CAPSET_AMBIENT] & ret->permitted & ret->inheritable;
	return 0;
}

/* --- resource limits --- */

static bool has_rlimit(const struct plan_process *process, int resource)
{
	for (size_t i = 0; i < process->n_rlimits; i++) {
		if (process->rlimits[i].resource == resource)
			return true;
	}
	return false;
}

static int plan_rlimits(struct plan *plan, const struct plan_input *in, struct error *err)
{
	const struct policy_settings *settings = &in->policy->settings;
	const struct spec_process *spec = &in->spec->process;
	struct plan_process *process = &plan->process;
	// clang-format off
	const struct plan_rlimit defaults[] = {
		{ RLIMIT_NOFILE,  { settings->nofile_soft,  settings->nofile_hard  }, "policy: nofile_soft, nofile_hard", .is_default = true },
		{ RLIMIT_CORE,    { settings->core_hard,    settings->core_hard    }, "policy: core_hard",                .is_default = true },
		{ RLIMIT_MEMLOCK, { settings->memlock_hard, settings->memlock_hard }, "policy: memlock_hard",             .is_default = true },
		/* What the engine may itself is no reason for a container to run before the host's services. */
		{ RLIMIT_RTPRIO,  { 0, 0 },                                           "policy: realtime",                 .is_default = true },
		{ RLIMIT_NICE,    { 0, 0 },                                           "policy: nice",                     .is_default = true },
	};
	// clang-format on
	struct plan_rlimit *rlimits =
		arena_array(&plan->arena, spec->n_rlimits + ARRAY_LEN(defaults), sizeof *rlimits);

	process->rlimits = rlimits;
	process->n_rlimits = 0;
	for (size_t i = 0; i < spec->n_rlimits; i++) {
		const struct spec_rlimit *asked = &spec->rlimits[i];
		const char *from = arena_printf(&plan->arena, "/process/rlimits/%zu", i);

		if (has_rlimit(process, asked->resource))
			return error_set(err, ERR_SPEC, from, "this limit is set twice");
		if (asked->soft > asked->hard)
			return error_set(err, ERR_SPEC, from,
					 "the soft limit is above the hard limit");
		rlimits[process->n_rlimits++] = (struct plan_rlimit){
			.resource = asked->resource,
			.limit = { asked->soft, asked->hard },
			.from = from,
		};
	}
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++) {
		if (!has_rlimit(process, defaults[i].resource))
			rlimits[process->n_rlimits++] = defaults[i];
	}
	return 0;
}

/* --- labels and domains --- */

static int plan_labels(struct plan *plan, const struct plan_input *in, struct error *err)
{
	const struct spec_process *spec = &in->spec->process;
	const char *named = spec->apparmor_profile, *label = spec->selinux_label;
	const char *profile = in->policy->settings.apparmor_profile;

	plan->process.apparmor_named = named && *named;
	if (plan->process.apparmor_named)
		profile = named;
	if (profile && *profile && in->host->apparmor) {
		plan->process.apparmor = profile;
	} else if (plan->process.apparmor_named && strcmp(named, "unconfined") != 0) {
		(void)error_set(err, ERR_KERNEL, "/process/apparmorProfile",
				"the profile '%s' cannot be used: this kernel has no AppArmor",
				named);
		return error_remedy(err, "boot with apparmor=1 security=apparmor, or take the "
					 "property out of the bundle");
	} else if (profile && *profile) {
		plan_warn(plan, "AppArmor: this kernel has none, the profile '%s' is not applied",
			  profile);
	}

	if (label && *label && !in->host->selinux) {
		(void)error_set(err, ERR_KERNEL, "/process/selinuxLabel",
				"the label '%s' cannot be used: SELinux is not active", label);
		return error_remedy(err,
				    "boot with SELinux, or take the property out of the bundle");
	}
	plan->process.selinux = label && *label ? label : NULL;
	return 0;
}

/* Default protections, each left out with a warning where this host has none. */
static void plan_domains(struct plan *plan, const struct plan_input *in)
{
	const struct policy_settings *settings = &in->policy->settings;
	const struct spec_namespace *network = &in->spec->linux_.namespaces[SPEC_NS_NETWORK];
	struct plan_process *process = &plan->process;
	const bool has_landlock = in->host->landlock_abi >= LANDLOCK_ABI_MIN;
	const bool may_mount = process->capabilities.bounding & UINT64_C(1) << CAP_SYS_ADMIN;

	process->landlock = settings->landlock && has_landlock && !may_mount;
	process->landlock_abi = process->landlock ? in->host->landlock_abi : 0;
	/* Where the path may lead to the host's own, whatever else policy says: CVE-2020-15257. */
	process->landlock_abstract_sockets =
		process->landlock && network->path != NULL &&
		(settings->scope_abstract_sockets || plan->may_join_host);
	if (settings->landlock && !has_landlock)
		plan_warn(plan, "Landlock: this kernel has it not, or in a version before Linux "
				"5.19, or not in its lsm= list");
	else if (settings->landlock && may_mount)
		plan_warn(plan, "Landlock: left out, since it would forbid the mounts that "
				"CAP_SYS_ADMIN is for");

	process->core_scheduling = settings->core_scheduling && in->host->core_scheduling;
	if (settings->core_scheduling && !process->core_scheduling)
		plan_warn(plan, "core scheduling: this kernel has none (CONFIG_SCHED_CORE)");

	process->session_keyring = settings->session_keyring && !in->request->no_new_keyring;
}

/* --- when and where it runs --- */

/* set_mempolicy(2) says EINVAL to all of these: here there is still a name for each. */
static int plan_memory_policy(struct plan_process *process, const struct spec_memory_policy *policy,
			      struct error *err)
{
	static const char nodes[] = "/linux/memoryPolicy/nodes";
	const bool has_nodes = policy->nodes && *policy->nodes;
	const bool is_local = policy->mode == MPOL_DEFAULT || policy->mode == MPOL_LOCAL;
	const bool may_be_empty = is_local || policy->mode == MPOL_PREFERRED;

	process->memory_policy = *policy;
	if (!policy->set)
		return 0;
	if (has_nodes && is_local)
		return error_set(err, ERR_SPEC, nodes, "this mode of memory policy takes no nodes");
	if (!has_nodes && !may_be_empty)
		return error_set(err, ERR_SPEC, nodes, "this mode of memory policy needs nodes");
	return 0;
}

static int plan_scheduling(struct plan *plan, const struct plan_input *in, struct error *err)
{
	const struct spec_process *spec = &in->spec->process;
	const struct spec_personality *personality = &in->spec->linux_.personality;
	struct plan_process *process = &plan->process;

	process->scheduler = spec->scheduler;
	process->io_priority = spec->io_priority;
	process->affinity_initial = spec->exec_cpu_affinity.initial;
	process->affinity_final = spec->exec_cpu_affinity.final;
	process->has_personality = personality->set;
	process->personality = personality->domain;

	return plan_memory_policy(process, &in->spec->linux_.memory_policy, err);
}

/* --- the rest --- */

static const char *const *terminated(struct plan *plan, const struct spec_strings *strings)
{
	const char **copy = arena_array(&plan->arena, strings->n + 1, sizeof *copy);

	for (size_t i = 0; i < strings->n; i++)
		copy[i] = strings->items[i];
	return copy;
}

static int plan_program(struct plan *plan, const struct spec_process *spec, struct error *err)
{
	struct plan_process *process = &plan->process;

	if (!spec->set)
		return error_set(err, ERR_SPEC, "/process", "the property is missing");
	if (spec->args.n == 0 || spec->args.items[0][0] == '\0')
		return error_set(err, ERR_SPEC, "/process/args", "there is no program to run");
	if (!spec->cwd || spec->cwd[0] != '/')
		return error_set(err, ERR_SPEC, "/process/cwd",
				 "the working directory must be an absolute path");
	process->args = terminated(plan, &spec->args);
	process->env = terminated(plan, &spec->env);
	process->cwd = spec->cwd;
	process->terminal = spec->terminal;
	if (spec->terminal && spec->console_size.set) {
		process->rows = spec->console_size.height;
		process->columns = spec->console_size.width;
	}
	return 0;
}

/* Buildah sets the annotation always. It is for an ordinary user whose groups give access to shared
 * files; with root as the engine's user it would hand root's groups to the workload, and is
 * ignored: the container then has fewer rights than asked for, not more. */
static bool keeps_groups(const struct plan_input *in)
{
	const char *value = spec_annotation(in->spec, "run.oci.keep_original_groups");

	return in->host->rootless && value && strcmp(value, "1") == 0;
}

/* An ordinary user who maps one id without help gives up setgroups(2) for it, user_namespaces(7):
 * the groups of the caller stay. */
static bool groups_are_fixed(const struct plan *plan, const struct plan_input *in)
{
	const struct idmap *ids = plan->ids.n_uids > 0 ? &plan->ids : in->request->ids;

	return in->host->rootless && ids && ids->n_uids == 1 && ids->uids[0].count == 1;
}

static void plan_user(struct plan *plan, const struct plan_input *in)
{
	const mode_t umask_default =
		022; /* the engine's own umask says nothing about a container */
	const struct spec_user *user = &in->spec->process.user;
	struct plan_process *process = &plan->process;

	process->uid = user->uid;
	process->gid = user->gid;
	process->groups = user->additional_gids;
	process->n_groups = user->n_additional_gids;
	process->keep_groups = keeps_groups(in);
	if (process->n_groups == 0 && !process->keep_groups && groups_are_fixed(plan, in)) {
		process->keep_groups = true;
		plan_warn(plan, "the caller's supplementary groups stay: without ranges in "
				"/etc/subuid and /etc/subgid they cannot be given up");
	}
	process->umask = user->umask.set ? (mode_t)user->umask.value & 0777 : umask_default;
}

int plan_process(struct plan *plan, const struct plan_input *in, struct error *err)
{
	if (plan_program(plan, &in->spec->process, err) < 0)
		return -1;
	plan_user(plan, in);
	if (plan_capabilities(in, &plan->process.capabilities, err) < 0)
		return -1;
	if (plan_rlimits(plan, in, err) < 0)
		return -1;
	plan->process.oom_score_adj = in->spec->process.oom_score_adj;
	if (plan_labels(plan, in, err) < 0)
		return -1;
	plan_domains(plan, in);
	return plan_scheduling(plan, in, err);
}
