/* cli/audit_report.c: a judgement, for people and for programs */
#include "cli/audit_report.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "cli/print.h"
#include "cli/version.h"
#include "policy/rules.h"

#include <string.h>

/* What became of a finding, in the order in which a person wants to know. */
static const char *const outcomes[] = {
	[ACTION_ALLOW] = "allowed",
	[ACTION_WARN] = "warned about",
	[ACTION_HARDEN] = "hardened",
	[ACTION_REFUSE] = "refused",
};

/* Is something left to do about it? */
static bool is_open(const struct finding *finding)
{
	return finding->action == ACTION_REFUSE || finding->action == ACTION_WARN ||
	       finding->allowed_by_policy;
}

static void count(const struct judgement *judgement, size_t counts[ACTION_REFUSE + 1])
{
	for (size_t i = 0; i < judgement->n; i++)
		counts[judgement->findings[i].action]++;
}

/* --- for people --- */

struct entry {
	const struct finding *finding;
};

static int compare(const void *a, const void *b)
{
	const struct finding *const one = ((const struct entry *)a)->finding;
	const struct finding *const other = ((const struct entry *)b)->finding;

	if (is_open(one) != is_open(other))
		return is_open(one) ? -1 : 1;
	if (one->rule->severity != other->rule->severity)
		return one->rule->severity > other->rule->severity ? -1 : 1;
	return one < other ? -1 : one > other; /* the order of the rules */
}

static void add_line(struct buf *ret, const char *label, const char *text)
{
	buf_printf(ret, "          %-7s ", label);
	buf_put_visible(ret, text);
	buf_putc(ret, '\n');
}

static void add_references(struct buf *ret, const struct rule *rule)
{
	const char *separator = "";

	if (rule->pss == NULL && rule->cis == NULL && rule->nist == NULL)
		return;
	buf_puts(ret, "          see     ");
	if (rule->pss != NULL) {
		buf_printf(ret, "Pod Security Standards %s", rule->pss);
		separator = "; ";
	}
	if (rule->cis != NULL) {
		buf_printf(ret, "%sCIS Docker Benchmark %s", separator, rule->cis);
		separator = "; ";
	}
	if (rule->nist != NULL)
		buf_printf(ret, "%sNIST SP 800-190 %s", separator, rule->nist);
	buf_putc(ret, '\n');
}

static bool is_alike(const struct finding *a, const struct finding *b)
{
	return a->rule == b->rule && a->action == b->action &&
	       a->allowed_by_policy == b->allowed_by_policy;
}

/* Findings of one rule that came out alike, of which there may be one a mount, in one paragraph. */
static void add_findings(struct buf *ret, const struct entry *entries, size_t n)
{
	const struct finding *const first = entries[0].finding;

	buf_printf(ret, "%-8s  %s, %s%s\n", severity_name(first->rule->severity), first->rule->id,
		   outcomes[first->action], first->allowed_by_policy ? " by the policy file" : "");
	for (size_t i = 0; i < n; i++) {
		add_line(ret, "at", entries[i].finding->pointer);
		add_line(ret, "found", entries[i].finding->text);
	}
	add_line(ret, "gains", first->rule->guards);
	if (first->action != ACTION_HARDEN)
		add_line(ret, "fix", first->fix);
	add_references(ret, first->rule);
	buf_putc(ret, '\n');
}

void audit_report_text(const struct judgement *judgement, const char *subject, struct buf *ret)
{
	autoarena struct arena arena = {};
	struct entry *sorted = arena_array(&arena, judgement->n, sizeof *sorted);
	size_t counts[ACTION_REFUSE + 1] = {};

	for (size_t i = 0; i < judgement->n; i++)
		sorted[i].finding = &judgement->findings[i];
	if (judgement->n > 0)
		qsort(sorted, judgement->n, sizeof *sorted, compare);
	for (size_t i = 0, n; i < judgement->n; i += n) {
		for (n = 1;
		     i + n < judgement->n && is_alike(sorted[i].finding, sorted[i + n].finding);
		     n++)
			;
		add_findings(ret, &sorted[i], n);
	}

	count(judgement, counts);
	buf_put_visible(ret, subject);
	buf_printf(ret, ": %zu refused, %zu warned about, %zu hardened, %zu allowed. ",
		   counts[ACTION_REFUSE], counts[ACTION_WARN], counts[ACTION_HARDEN],
		   counts[ACTION_ALLOW]);
	buf_puts(ret, judgement->refused ? "The policy refuses it.\n" : "The policy accepts it.\n");
}

/* --- for programs --- */

static void add_json_finding(struct json_out *out, const struct finding *finding)
{
	const struct rule *const rule = finding->rule;

	json_out_object(out, NULL);
	json_out_string(out, "rule", rule->id);
	json_out_string(out, "title", rule->title);
	json_out_string(out, "severity", severity_name(rule->severity));
	json_out_string(out, "action", action_name(finding->action));
	json_out_bool(out, "allowed_by_policy", finding->allowed_by_policy);
	json_out_string(out, "pointer", finding->pointer);
	json_out_string(out, "text", finding->text);
	json_out_string(out, "gains", rule->guards);
	json_out_string(out, "fix", finding->fix);
	json_out_object(out, "references");
	json_out_string(out, "pod_security_standards", rule->pss);
	json_out_string(out, "cis_docker", rule->cis);
	json_out_string(out, "nist_sp_800_190", rule->nist);
	json_out_end_object(out);
	json_out_end_object(out);
}

void audit_report_json(const struct judgement *judgement, const char *subject, struct json_out *out)
{
	size_t counts[ACTION_REFUSE + 1] = {};

	count(judgement, counts);
	json_out_object(out, NULL);
	json_out_string(out, "subject", subject);
	json_out_bool(out, "refused", judgement->refused);
	json_out_string(out, "worst", severity_name(judgement->worst));
	json_out_object(out, "counts");
	for (int action = ACTION_REFUSE; action >= 0; action--)
		json_out_uint(out, action_name((enum action)action), counts[action]);
	json_out_end_object(out);
	json_out_array(out, "findings");
	for (size_t i = 0; i < judgement->n; i++)
		add_json_finding(out, &judgement->findings[i]);
	json_out_end_array(out);
	json_out_end_object(out);
}

/* SARIF 2.1.0, 3.27.10; and the score by which GitHub's code scanning sorts, as a CVSS number. */
static const struct sarif_severity {
	const char *level, *score;
} sarif_severities[] = {
	[SEVERITY_INFO] = { "note", "0.0" },      [SEVERITY_LOW] = { "note", "3.0" },
	[SEVERITY_MEDIUM] = { "warning", "5.5" }, [SEVERITY_HIGH] = { "error", "8.0" },
	[SEVERITY_CRITICAL] = { "error", "9.5" },
};

static void add_text(struct json_out *out, const char *key, const char *text)
{
	json_out_object(out, key);
	json_out_string(out, "text", text);
	json_out_end_object(out);
}

static void add_sarif_rule(struct json_out *out, const struct rule *rule)
{
	json_out_object(out, NULL);
	json_out_string(out, "id", rule->id);
	add_text(out, "shortDescription", rule->title);
	add_text(out, "fullDescription", rule->guards);
	add_text(out, "help", rule->fix);
	json_out_object(out, "defaultConfiguration");
	json_out_string(out, "level", sarif_severities[rule->severity].level);
	json_out_end_object(out);
	json_out_object(out, "properties");
	json_out_string(out, "security-severity", sarif_severities[rule->severity].score);
	json_out_array(out, "tags");
	json_out_string(out, NULL, "security");
	json_out_end_array(out);
	json_out_end_object(out);
	json_out_end_object(out);
}

static void add_sarif_result(struct json_out *out, const struct finding *finding)
{
	json_out_object(out, NULL);
	json_out_string(out, "ruleId", finding->rule->id);
	json_out_uint(out, "ruleIndex", rule_index(finding->rule));
	json_out_string(out, "level",
			is_open(finding) ? sarif_severities[finding->rule->severity].level
					 : "note");
	add_text(out, "message", finding->text);
	json_out_array(out, "locations");
	json_out_object(out, NULL);
	json_out_object(out, "physicalLocation");
	json_out_object(out, "artifactLocation");
	json_out_string(out, "uri", "config.json");
	json_out_string(out, "uriBaseId", "BUNDLE");
	json_out_end_object(out);
	json_out_end_object(out);
	json_out_array(out, "logicalLocations");
	json_out_object(out, NULL);
	json_out_string(out, "fullyQualifiedName", finding->pointer);
	json_out_string(out, "kind", "value");
	json_out_end_object(out);
	json_out_end_array(out);
	json_out_end_object(out);
	json_out_end_array(out);
	json_out_object(out, "properties");
	json_out_string(out, "action", action_name(finding->action));
	json_out_bool(out, "allowedByPolicy", finding->allowed_by_policy);
	json_out_end_object(out);
	json_out_end_object(out);
}

/* "file:///srv/a%20b/": what RFC 3986 does not take as it is goes as %XX. */
static void add_directory_uri(struct buf *ret, const char *path)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";

	buf_puts(ret, "file://");
	for (; *path != '\0'; path++) {
		if (strchr(plain, *path) != NULL)
			buf_putc(ret, *path);
		else
			buf_printf(ret, "%%%02X", (unsigned char)*path);
	}
	buf_putc(ret, '/');
}

static void add_sarif_tool(struct json_out *out)
{
	size_t n;
	const struct rule *const rules = rule_table(&n);

	json_out_object(out, "tool");
	json_out_object(out, "driver");
	json_out_string(out, "name", "brig");
	json_out_string(out, "semanticVersion", version_number());
	json_out_array(out, "rules");
	for (size_t i = 0; i < n; i++)
		add_sarif_rule(out, &rules[i]);
	json_out_end_array(out);
	json_out_end_object(out);
	json_out_end_object(out);
}

void audit_report_sarif(const struct judgement *judgement, const char *directory,
			struct json_out *out)
{
	autobuf struct buf uri = {};

	add_directory_uri(&uri, directory);
	json_out_object(out, NULL);
	json_out_string(out, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	json_out_string(out, "version", "2.1.0");
	json_out_array(out, "runs");
	json_out_object(out, NULL);
	add_sarif_tool(out);
	json_out_object(out, "originalUriBaseIds");
	json_out_object(out, "BUNDLE");
	json_out_string(out, "uri", buf_text(&uri));
	json_out_end_object(out);
	json_out_end_object(out);
	json_out_array(out, "results");
	for (size_t i = 0; i < judgement->n; i++)
		add_sarif_result(out, &judgement->findings[i]);
	json_out_end_array(out);
	json_out_end_object(out);
	json_out_end_array(out);
	json_out_end_object(out);
}

int audit_report_status(const struct judgement *judgement, bool strict)
{
	enum severity worst = judgement->worst;

	for (size_t i = 0; strict && i < judgement->n; i++) {
		const struct finding *const finding = &judgement->findings[i];

		if (finding->action == ACTION_HARDEN && finding->rule->severity > worst)
			worst = finding->rule->severity;
	}
	return worst < SEVERITY_MEDIUM ? 0 : (int)worst;
}
