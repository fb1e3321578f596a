/* policy/policy_file.c: policy files, read and merged
 *
 * What widens a container's rights is in these files alone, so nobody but root may be able to put
 * words into them: file and directory are examined through the descriptors that are then read.
 */
#include "policy/policy_file.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/table.h"
#include "policy/rules.h"
#include "policy/settings.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { POLICY_SIZE_MAX = 1 << 20, DROP_INS_MAX = 256 };

static const struct name_value action_names[] = {
	{ "allow", ACTION_ALLOW },
	{ "warn", ACTION_WARN },
	{ "harden", ACTION_HARDEN },
	{ "refuse", ACTION_REFUSE },
};

/* The members of a policy file. */
static const struct name_value members[] = { { "base", 0 }, { "rules", 0 }, { "settings", 0 } };

static int merge_rule(struct policy *policy, const char *what, const struct json *node,
		      struct error *err)
{
	const struct rule *const rule = rule_find(node->key);
	const char *const near = rule_nearest(node->key);
	const char *text;

	if (rule == NULL) {
		(void)json_error(node, err, "there is no rule '%.64s'", node->key);
		return near == NULL ? -1 : error_remedy(err, "did you mean '%s'?", near);
	}
	if (json_to_string(node, &text, err) < 0)
		return -1;

	const struct name_value *const action = table_find(action_names, text);

	if (action == NULL)
		return json_error(node, err, "must be allow, warn, harden or refuse");
	if (action->value == ACTION_HARDEN && !rule->hardens)
		return json_error(node, err,
				  "what it finds cannot be hardened: allow, warn or refuse");
	if (rule->always && action->value < ACTION_HARDEN)
		return json_error(node, err,
				  "brig always hardens this, whatever is asked: harden or refuse");
	policy->actions[rule_index(rule)] = (enum action)action->value;
	policy->set_by[rule_index(rule)] = what;
	return 0;
}

static int merge_rules(struct policy *policy, const char *what, const struct json *rules,
		       struct error *err)
{
	if (rules == NULL)
		return 0;
	if (rules->type != JSON_OBJECT)
		return json_error(rules, err, "must be an object");
	for (const struct json *node = rules->first; node != NULL; node = node->next) {
		if (merge_rule(policy, what, node, err) < 0)
			return -1;
	}
	return 0;
}

static int merge_settings(struct policy *policy, const char *what, const struct json *settings,
			  struct error *err)
{
	size_t n;
	const struct setting *const table = setting_table(&n);

	if (settings == NULL)
		return 0;
	if (settings->type != JSON_OBJECT)
		return json_error(settings, err, "must be an object");
	for (const struct json *node = settings->first; node != NULL; node = node->next) {
		const struct setting *const row = setting_find(node, err);

		if (row == NULL ||
		    setting_read(row, node, &policy->arena, &policy->settings, err) < 0)
			return -1;
		policy->settings_set_by[row - table] = what;
	}
	return 0;
}

static int merge_base(struct policy *policy, const struct json *base, bool drop_in,
		      struct error *err)
{
	const char *name;
	size_t n;
	const struct rule *const rules = rule_table(&n);

	if (base == NULL)
		return 0;
	if (drop_in)
		return json_error(base, err, "only policy.json can choose the base");
	if (json_to_string(base, &name, err) < 0)
		return -1;
	if (strcmp(name, "restricted") != 0 && strcmp(name, "baseline") != 0)
		return json_error(base, err, "must be restricted or baseline");
	policy->base = arena_strdup(&policy->arena, name);
	policy->settings = *settings_builtin(name);
	for (size_t i = 0; i < n; i++)
		policy->actions[i] = rule_default(&rules[i], name);
	return 0;
}

static int check_members(const struct json *top, struct error *err)
{
	if (top->type != JSON_OBJECT)
		return json_error(top, err, "must be an object");
	for (const struct json *node = top->first; node != NULL; node = node->next) {
		const char *const near = table_nearest(members, node->key);

		if (table_find(members, node->key) != NULL)
			continue;
		(void)json_error(node, err, "a policy has no '%.64s'", node->key);
		return near == NULL ? error_remedy(err, "it has base, rules and settings")
				    : error_remedy(err, "did you mean '%s'?", near);
	}
	return 0;
}

int policy_merge(struct policy *policy, const char *what, const char *text, size_t len,
		 bool drop_in, struct error *err)
{
	const struct json_limits limits = { .size = POLICY_SIZE_MAX, .comments = true };
	autoarena struct arena arena = {};
	const struct json *const top = json_parse(&arena, what, text, len, limits, err);
	const char *const name = arena_strdup(&policy->arena, what);

	if (top == NULL)
		return -1;
	if (check_members(top, err) < 0 ||
	    merge_base(policy, json_get(top, "base"), drop_in, err) < 0 ||
	    merge_rules(policy, name, json_get(top, "rules"), err) < 0 ||
	    merge_settings(policy, name, json_get(top, "settings"), err) < 0 ||
	    settings_check(&policy->settings, err) < 0)
		return error_context(err, "%s", what);

	policy->files = arena_grow(&policy->arena, policy->files, policy->n_files,
				   policy->n_files + 1, sizeof *policy->files);
	((const char **)(uintptr_t)policy->files)[policy->n_files++] = name;
	return 0;
}

static bool owner_counts(const struct stat *status, const struct policy_trust *trust)
{
	return status->st_uid == 0 || (trust->user != 0 && status->st_uid == trust->user) ||
	       (trust->unknown != 0 && status->st_uid == trust->unknown);
}

static int check_trust(int fd, const char *path, mode_t type, const struct policy_trust *trust,
		       struct error *err)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return error_sys(err, path, "cannot examine '%s'", path);
	if ((status.st_mode & S_IFMT) != type)
		return error_set(err, ERR_POLICY, path, "'%s' is not a %s", path,
				 type == S_IFDIR ? "directory" : "regular file");
	if (!owner_counts(&status, trust)) {
		(void)error_set(err, ERR_POLICY, path,
				"the policy '%s' is not trusted: it belongs to user %u", path,
				status.st_uid);
		return error_remedy(err, "chown root '%s'", path);
	}
	if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		(void)error_set(err, ERR_POLICY, path,
				"the policy '%s' is not trusted: its mode %04o lets others write",
				path, (unsigned)(status.st_mode & 07777));
		return error_remedy(err, "chmod go-w '%s'", path);
	}
	return 0;
}

int policy_read_file(struct policy *policy, int dir, const char *dir_path, const char *name,
		     bool drop_in, const struct policy_trust *trust, struct error *err)
{
	const char *const path = arena_printf(&policy->arena, "%s/%s", dir_path, name);
	/* O_NONBLOCK: a FIFO would hold us. */
	autoclose int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	autobuf struct buf text = {};

	if (fd < 0 && errno == ENOENT)
		return 1;
	if (fd < 0)
		return error_sys(err, path, "cannot open the policy '%s'", path);
	if (check_trust(dir, dir_path, S_IFDIR, trust, err) < 0 ||
	    check_trust(fd, path, S_IFREG, trust, err) < 0)
		return -1;
	if (fd_read_all(fd, POLICY_SIZE_MAX, &text, err) < 0)
		return error_context(err, "%s", path);
	return policy_merge(policy, path, buf_text(&text), text.len, drop_in, err);
}

static int is_drop_in(const struct dirent *entry)
{
	const size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name); /* not alphasort(3), which follows the locale */
}

static int read_drop_ins(struct policy *policy, int parent, const char *parent_path,
			 const struct policy_trust *trust, struct error *err)
{
	const char *const path = arena_printf(&policy->arena, "%s/policy.d", parent_path);
	autoclose int dir =
		openat(parent, "policy.d", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent **entries = NULL;
	int result = 0;

	if (dir < 0 && errno == ENOENT)
		return 0;
	if (dir < 0)
		return error_sys(err, path, "cannot open '%s'", path);
	if (check_trust(dir, path, S_IFDIR, trust, err) < 0)
		return -1;

	const int n = scandirat(dir, ".", &entries, is_drop_in, by_name);

	if (n < 0)
		return error_sys(err, path, "cannot list '%s'", path);
	if (n > DROP_INS_MAX)
		result = error_set(err, ERR_POLICY, path, "'%s' holds more than %d files", path,
				   DROP_INS_MAX);
	for (int i = 0; i < n; i++) {
		if (result == 0)
			result = policy_read_file(policy, dir, path, entries[i]->d_name, true,
						  trust, err);
		free(entries[i]);
	}
	free(entries);
	if (result == 1)
		return error_set(err, ERR_POLICY, path, "a file of '%s' vanished", path);
	return result;
}

int policy_read_directory(struct policy *policy, const char *path, const struct policy_trust *trust,
			  struct error *err)
{
	autoclose int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0 && errno == ENOENT)
		return 0;
	if (dir < 0)
		return error_sys(err, path, "cannot open '%s'", path);
	/* Also without a file in it: whoever can write here could have taken it away. */
	if (check_trust(dir, path, S_IFDIR, trust, err) < 0)
		return -1;
	if (policy_read_file(policy, dir, path, "policy.json", false, trust, err) < 0)
		return -1;
	return read_drop_ins(policy, dir, path, trust, err);
}
