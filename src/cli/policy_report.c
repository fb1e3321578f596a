/* cli/policy_report.c: a policy, and the table of rules, for people and for programs */
#include "cli/policy_report.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "cli/print.h"
#include "policy/rules.h"
#include "policy/settings.h"

#include <string.h>

static const char *origin(const char *set_by)
{
	return set_by == NULL ? "built-in" : set_by;
}

/* --- a policy --- */

static void add_rules(const struct policy *policy, struct buf *ret)
{
	enum { COLUMNS = 4 };
	autoarena struct arena arena = {};
	size_t n;
	const struct rule *const rules = rule_table(&n);
	const char **cells = arena_array(&arena, (n + 1) * COLUMNS, sizeof *cells);
	static const char *const header[COLUMNS] = { "RULE", "ACTION", "SEVERITY", "SET BY" };

	memcpy(cells, header, sizeof header);
	for (size_t i = 0; i < n; i++) {
		const char **row = &cells[(i + 1) * COLUMNS];

		row[0] = rules[i].id;
		row[1] = action_name(policy->actions[i]);
		row[2] = severity_name(rules[i].severity);
		row[3] = origin(policy->set_by[i]);
	}
	print_table(ret, cells, COLUMNS, n + 1);
}

/* The value as it would stand in a policy file. */
static const char *value_text(const struct setting *row, const struct policy *policy,
			      struct arena *arena)
{
	autobuf struct buf text = {};
	struct json_out out = { .buf = &text };

	setting_print(row, &policy->settings, &out, NULL);
	return arena_strdup(arena, buf_text(&text));
}

static void add_settings(const struct policy *policy, struct buf *ret)
{
	enum { COLUMNS = 3 };
	autoarena struct arena arena = {};
	size_t n;
	const struct setting *const rows = setting_table(&n);
	const char **cells = arena_array(&arena, (n + 1) * COLUMNS, sizeof *cells);
	static const char *const header[COLUMNS] = { "SETTING", "SET BY", "VALUE" };

	memcpy(cells, header, sizeof header);
	for (size_t i = 0; i < n; i++) {
		const char **row = &cells[(i + 1) * COLUMNS];

		row[0] = rows[i].name;
		row[1] = origin(policy->settings_set_by[i]);
		row[2] = value_text(&rows[i], policy, &arena);
	}
	print_table(ret, cells, COLUMNS, n + 1);
}

void policy_report_text(const struct policy *policy, struct buf *ret)
{
	buf_printf(ret, "The policy starts from the built-in '%s'", policy->base);
	for (size_t i = 0; i < policy->n_files; i++)
		buf_printf(ret, "%s%s", i == 0 ? ", changed by " : ", ", policy->files[i]);
	buf_puts(ret, ".\n\n");
	add_rules(policy, ret);
	buf_putc(ret, '\n');
	add_settings(policy, ret);
}

void policy_report_json(const struct policy *policy, struct json_out *out)
{
	size_t n;
	const struct rule *const rules = rule_table(&n);

	json_out_object(out, NULL);
	json_out_string(out, "base", policy->base);
	json_out_array(out, "files");
	for (size_t i = 0; i < policy->n_files; i++)
		json_out_string(out, NULL, policy->files[i]);
	json_out_end_array(out);
	json_out_object(out, "rules");
	for (size_t i = 0; i < n; i++) {
		json_out_object(out, rules[i].id);
		json_out_string(out, "action", action_name(policy->actions[i]));
		json_out_string(out, "set_by", policy->set_by[i]);
		json_out_end_object(out);
	}
	json_out_end_object(out);

	const struct setting *const rows = setting_table(&n);

	json_out_object(out, "settings");
	for (size_t i = 0; i < n; i++) {
		json_out_object(out, rows[i].name);
		setting_print(&rows[i], &policy->settings, out, "value");
		json_out_string(out, "set_by", policy->settings_set_by[i]);
		json_out_end_object(out);
	}
	json_out_end_object(out);
	json_out_end_object(out);
}

/* A file that only names another base changes a lot by that. */
static void add_base(const struct policy *policy, struct buf *ret)
{
	size_t n, milder = 0;
	const struct rule *const rules = rule_table(&n);

	for (size_t i = 0; i < n; i++)
		milder += rule_default(&rules[i], policy->base) < rules[i].restricted;
	buf_printf(ret, "%s: starts from '%s'", policy->name, policy->base);
	if (milder > 0)
		buf_printf(ret,
			   ", which is milder than 'restricted' in %zu rules ('brig policy rules' "
			   "has both),",
			   milder);
	buf_puts(ret, " and changes\n");
}

void policy_report_changes(const struct policy *policy, struct buf *ret)
{
	autoarena struct arena arena = {};
	size_t n_rules, n_settings;
	const struct rule *const rules = rule_table(&n_rules);
	const struct setting *const rows = setting_table(&n_settings);

	add_base(policy, ret);

	const size_t before_changes = ret->len;

	for (size_t i = 0; i < n_rules; i++) {
		const enum action before = rule_default(&rules[i], policy->base);

		if (policy->set_by[i] != NULL && policy->actions[i] != before)
			buf_printf(ret, "  %-22s %s instead of %s%s\n", rules[i].id,
				   action_name(policy->actions[i]), action_name(before),
				   policy->actions[i] < before ? ": widens" : "");
	}
	for (size_t i = 0; i < n_settings; i++) {
		if (policy->settings_set_by[i] != NULL)
			buf_printf(ret, "  %-22s %s\n", rows[i].name,
				   value_text(&rows[i], policy, &arena));
	}
	if (ret->len == before_changes)
		buf_puts(ret, "  nothing else\n");
}

/* --- the table of rules --- */

void rules_report_text(struct buf *ret)
{
	enum { COLUMNS = 5 };
	autoarena struct arena arena = {};
	size_t n;
	const struct rule *const rules = rule_table(&n);
	const char **cells = arena_array(&arena, (n + 1) * COLUMNS, sizeof *cells);
	static const char *const header[COLUMNS] = { "RULE", "SEVERITY", "RESTRICTED", "BASELINE",
						     "TITLE" };

	memcpy(cells, header, sizeof header);
	for (size_t i = 0; i < n; i++) {
		const char **row = &cells[(i + 1) * COLUMNS];

		row[0] = rules[i].id;
		row[1] = severity_name(rules[i].severity);
		row[2] = action_name(rules[i].restricted);
		row[3] = action_name(rules[i].baseline);
		row[4] = rules[i].title;
	}
	print_table(ret, cells, COLUMNS, n + 1);
}

void rules_report_json(struct json_out *out)
{
	size_t n;
	const struct rule *const rules = rule_table(&n);

	json_out_array(out, NULL);
	for (size_t i = 0; i < n; i++) {
		json_out_object(out, NULL);
		json_out_string(out, "id", rules[i].id);
		json_out_string(out, "title", rules[i].title);
		json_out_string(out, "severity", severity_name(rules[i].severity));
		json_out_string(out, "restricted", action_name(rules[i].restricted));
		json_out_string(out, "baseline", action_name(rules[i].baseline));
		json_out_bool(out, "hardens", rules[i].hardens);
		json_out_string(out, "gains", rules[i].guards);
		json_out_string(out, "fix", rules[i].fix);
		json_out_string(out, "pod_security_standards", rules[i].pss);
		json_out_string(out, "cis_docker", rules[i].cis);
		json_out_string(out, "nist_sp_800_190", rules[i].nist);
		json_out_end_object(out);
	}
	json_out_end_array(out);
}

static void add_markdown_rule(const struct rule *rule, struct buf *ret)
{
	buf_printf(ret, "\n## %s\n\n%s.\n\n", rule->id, rule->title);
	buf_printf(ret, "- Severity: %s\n", severity_name(rule->severity));
	buf_printf(ret, "- Action: %s in `restricted`, %s in `baseline`%s\n",
		   action_name(rule->restricted), action_name(rule->baseline),
		   rule->always    ? "; always hardened, cannot be allowed"
		   : rule->hardens ? ""
				   : "; cannot be hardened");
	buf_printf(ret, "- What an attacker gains: %s\n", rule->guards);
	buf_printf(ret, "- Fix: %s\n", rule->fix);
	if (rule->pss != NULL)
		buf_printf(ret, "- Pod Security Standards: %s\n", rule->pss);
	if (rule->cis != NULL)
		buf_printf(ret, "- CIS Docker Benchmark 1.6.0: %s\n", rule->cis);
	if (rule->nist != NULL)
		buf_printf(ret, "- NIST SP 800-190: %s\n", rule->nist);
}

static void add_markdown_settings(struct buf *ret)
{
	struct error ignored;
	size_t n;
	const struct setting *const rows = setting_table(&n);
	struct policy *const policy = policy_builtin("restricted", &ignored);

	buf_puts(ret, "\n# Settings\n\nThe values are those of `restricted`.\n\n"
		      "| setting | default | what it does |\n|---|---|---|\n");
	for (size_t i = 0; policy != NULL && i < n; i++)
		buf_printf(ret, "| `%s` | `%s` | %s |\n", rows[i].name,
			   value_text(&rows[i], policy, &policy->arena), rows[i].doc);
	policy_free(policy);
}

void rules_report_markdown(struct buf *ret)
{
	size_t n;
	const struct rule *const rules = rule_table(&n);

	buf_puts(ret,
		 "<!-- Written by `brig policy rules --format markdown`; make lint compares. -->\n"
		 "# Rules\n\n"
		 "Each row of brig's table of rules. The same rows decide at `create` and print "
		 "the report of "
		 "`brig audit`.\n"
		 "`refuse` ends the create, `harden` takes away what was found, `warn` tells, "
		 "`allow` only "
		 "records. Root changes an\n"
		 "action in `/etc/brig/policy.json`; see brig-policy(5).\n\n"
		 "| rule | severity | restricted | baseline |\n|---|---|---|---|\n");
	for (size_t i = 0; i < n; i++)
		buf_printf(ret, "| [%s](#%s) | %s | %s | %s |\n", rules[i].id, rules[i].id,
			   severity_name(rules[i].severity), action_name(rules[i].restricted),
			   action_name(rules[i].baseline));
	for (size_t i = 0; i < n; i++)
		add_markdown_rule(&rules[i], ret);
	add_markdown_settings(ret);
}
