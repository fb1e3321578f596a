/* policy/policy.c: what this host allows */
#include "policy/policy.h"

#include "base/cleanup.h"
#include "policy/policy_file.h"
#include "policy/rules.h"
#include "policy/settings.h"

#include <fcntl.h>
#include <string.h>

/* Where a user namespace does not map root, root's files show this id: user_namespaces(7). */
enum { OVERFLOW_ID = 65534 };

static const char *const action_words[] = {
	[ACTION_ALLOW] = "allow",
	[ACTION_WARN] = "warn",
	[ACTION_HARDEN] = "harden",
	[ACTION_REFUSE] = "refuse",
};
static const char *const severity_words[] = {
	[SEVERITY_INFO] = "info", [SEVERITY_LOW] = "low",           [SEVERITY_MEDIUM] = "medium",
	[SEVERITY_HIGH] = "high", [SEVERITY_CRITICAL] = "critical",
};

const char *action_name(enum action action)
{
	return action_words[action];
}

const char *severity_name(enum severity severity)
{
	return severity_words[severity];
}

static struct policy *new_policy(const char *base)
{
	struct policy *const policy = xmalloc(sizeof *policy);
	size_t n_rules, n_settings;
	const struct rule *const rules = rule_table(&n_rules);

	(void)setting_table(&n_settings);
	*policy =
		(struct policy){ .name = base, .base = base, .settings = *settings_builtin(base) };
	policy->actions = arena_array(&policy->arena, n_rules, sizeof *policy->actions);
	policy->set_by = arena_array(&policy->arena, n_rules, sizeof *policy->set_by);
	policy->settings_set_by =
		arena_array(&policy->arena, n_settings, sizeof *policy->settings_set_by);
	for (size_t i = 0; i < n_rules; i++)
		policy->actions[i] = rule_default(&rules[i], base);
	return policy;
}

static bool is_off(const struct policy *policy, const char *id)
{
	return policy_action(policy, id) < ACTION_HARDEN;
}

/* A rule that is switched off takes with it what it would apply: plan/ looks at settings alone. */
static void settle(struct policy *policy)
{
	struct policy_settings *const settings = &policy->settings;

	if (is_off(policy, "capability-beyond"))
		settings->capabilities = UINT64_MAX;
	if (is_off(policy, "seccomp-missing"))
		settings->seccomp_profile = "";
	if (is_off(policy, "memory-limit"))
		settings->memory_max = 0;
	if (is_off(policy, "swap-limit"))
		settings->swap_limited = false;
	if (is_off(policy, "pids-limit"))
		settings->pids_max = 0;
	if (is_off(policy, "cpu-limit"))
		settings->cpu_quota_us = 0;
}

struct policy *policy_builtin(const char *name, struct error *err)
{
	if (strcmp(name, "restricted") != 0 && strcmp(name, "baseline") != 0) {
		(void)error_set(err, ERR_POLICY, NULL, "there is no built-in policy '%s'", name);
		(void)error_remedy(err, "the built-in policies are restricted and baseline");
		return NULL;
	}

	struct policy *const policy =
		new_policy(strcmp(name, "baseline") == 0 ? "baseline" : "restricted");

	settle(policy);
	return policy;
}

/* A file that was named: it must be there. */
static int read_named(struct policy *policy, const char *path, const struct policy_trust *trust,
		      struct error *err)
{
	const char *const slash = strrchr(path, '/');
	const char *const name = slash == NULL ? path : slash + 1;
	const char *dir_path = ".";

	if (slash == path)
		dir_path = "/";
	else if (slash != NULL)
		dir_path = arena_strndup(&policy->arena, path, (size_t)(slash - path));

	autoclose int dir = open(dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return error_sys(err, path, "cannot open the policy '%s'", path);

	const int result = policy_read_file(policy, dir, dir_path, name, false, trust, err);

	if (result == 1)
		return error_set(err, ERR_POLICY, path, "there is no policy '%s'", path);
	policy->name = arena_strdup(&policy->arena, path);
	return result;
}

struct policy *policy_load(const char *path, const struct host *host, struct error *err)
{
	struct policy *policy = new_policy("restricted");
	const struct policy_trust trust = {
		.user = host->rootless ? host->uid : 0,
		.unknown = host->rootless && path == NULL ? OVERFLOW_ID : 0,
	};
	const int result =
		path != NULL ? read_named(policy, path, &trust, err)
			     : policy_read_directory(policy, BRIG_SYSCONF "/brig", &trust, err);

	if (result < 0) {
		policy_free(policy);
		return NULL;
	}
	if (policy->n_files > 0)
		policy->name = policy->files[0];
	else
		policy->name = policy->base;
	settle(policy);
	return policy;
}

void policy_free(struct policy *policy)
{
	if (policy == NULL)
		return;
	arena_free(&policy->arena);
	free(policy);
}

enum action policy_action(const struct policy *policy, const char *id)
{
	const struct rule *const rule = rule_find(id);

	/* A name that the table lacks is our mistake; refusing is the safe answer. */
	return rule == NULL ? ACTION_REFUSE : policy->actions[rule_index(rule)];
}
