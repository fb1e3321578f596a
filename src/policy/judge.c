/* policy/judge.c: run the rules
 *
 * Each rule reads the spec as it was written and changes a copy. The copy is shallow: an array is
 * copied when the first rule changes it, and keeps its length while rules still name its elements
 * by index.
 */
#include "base/cleanup.h"
#include "base/utf8.h"
#include "policy/rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct finding *new_finding(struct judge *judge, const struct rule *rule,
				   const char *pointer)
{
	if (judge->n == judge->room) {
		judge->room = judge->room > 0 ? judge->room * 2 : 32;
		judge->findings = arena_grow(judge->arena, judge->findings, judge->n, judge->room,
					     sizeof *judge->findings);
	}

	struct finding *const finding = &judge->findings[judge->n++];
	const size_t row = rule_index(rule);

	*finding = (struct finding){
		.rule = rule,
		.action = judge->policy->actions[row],
		.pointer = pointer,
		.fix = rule->fix,
		.allowed_by_policy =
			judge->policy->set_by[row] != NULL &&
			judge->policy->actions[row] < rule_default(rule, judge->policy->base),
	};
	return finding;
}

/*
 * A text holds words of the bundle: what is too long is cut between characters, so that it stays
 * UTF-8.
 */
[[gnu::format(printf, 2, 0)]] static const char *format_text(struct judge *judge, const char *fmt,
							     va_list args)
{
	char text[512];

	vsnprintf(text, sizeof text, fmt, args);
	return arena_strndup(judge->arena, text, utf8_cut(text, sizeof text - 1));
}

bool judge_found(struct judge *judge, const struct rule *rule, const char *pointer, const char *fmt,
		 ...)
{
	struct finding *const finding = new_finding(judge, rule, pointer);
	va_list args;

	va_start(args, fmt);
	finding->text = format_text(judge, fmt, args);
	va_end(args);
	return finding->action == ACTION_HARDEN;
}

void judge_found_hard(struct judge *judge, const struct rule *rule, const char *pointer,
		      const char *fmt, ...)
{
	struct finding *const finding = new_finding(judge, rule, pointer);
	va_list args;

	va_start(args, fmt);
	finding->text = format_text(judge, fmt, args);
	va_end(args);
	if (finding->action == ACTION_HARDEN)
		finding->action = ACTION_REFUSE;
}

void judge_allowed(struct judge *judge, const struct rule *rule, const char *pointer,
		   const char *fmt, ...)
{
	struct finding *const finding = new_finding(judge, rule, pointer);
	va_list args;

	va_start(args, fmt);
	finding->text = format_text(judge, fmt, args);
	va_end(args);
	finding->action = ACTION_ALLOW;
	finding->allowed_by_policy = true;
}

const char *judge_pointer(struct judge *judge, const char *fmt, ...)
{
	char text[128];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	return arena_strndup(judge->arena, text, utf8_cut(text, sizeof text - 1));
}

const char *judge_escape(struct judge *judge, const char *key)
{
	autobuf struct buf text = {};

	for (; *key != '\0'; key++) {
		if (*key == '~')
			buf_puts(&text, "~0");
		else if (*key == '/')
			buf_puts(&text, "~1");
		else
			buf_putc(&text, *key);
	}
	return arena_strdup(judge->arena, buf_text(&text));
}

struct spec_mount *judge_mount(struct judge *judge, size_t index)
{
	if (judge->mounts == NULL) {
		judge->mounts = arena_grow(judge->arena, judge->spec->mounts, judge->spec->n_mounts,
					   judge->spec->n_mounts, sizeof *judge->mounts);
		judge->hard->mounts = judge->mounts;
	}
	return &judge->mounts[index];
}

bool strings_have(const struct spec_strings *list, const char *word)
{
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->items[i], word) == 0)
			return true;
	}
	return false;
}

struct spec_strings strings_with(struct arena *arena, const struct spec_strings *list,
				 const char *word)
{
	const char **items =
		arena_grow(arena, list->items, list->n, list->n + 1, sizeof *list->items);

	items[list->n] = word;
	return (struct spec_strings){ .items = items, .n = list->n + 1 };
}

struct spec_strings strings_without(struct arena *arena, const struct spec_strings *list,
				    const char *word)
{
	const char **items = arena_array(arena, list->n, sizeof *list->items);
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->items[i], word) != 0)
			items[n++] = list->items[i];
	}
	return (struct spec_strings){ .items = items, .n = n };
}

struct spec_pairs pairs_without(struct arena *arena, const struct spec_pairs *pairs,
				const char *key)
{
	struct spec_pair *items = arena_array(arena, pairs->n, sizeof *items);
	size_t n = 0;

	for (size_t i = 0; i < pairs->n; i++) {
		if (strcmp(pairs->items[i].key, key) != 0)
			items[n++] = pairs->items[i];
	}
	return (struct spec_pairs){ .items = items, .n = n };
}

/* What policy took away, or allows anyway, is no danger that is left. */
static void weigh(struct judgement *judgement)
{
	for (size_t i = 0; i < judgement->n; i++) {
		const struct finding *const finding = &judgement->findings[i];

		if (finding->action == ACTION_REFUSE)
			judgement->refused = true;
		if ((finding->action == ACTION_REFUSE || finding->action == ACTION_WARN ||
		     finding->allowed_by_policy) &&
		    finding->rule->severity > judgement->worst)
			judgement->worst = finding->rule->severity;
	}
}

static void judge_part(const struct policy *policy, const struct spec *spec, int bundle,
		       const struct host *host, unsigned part, struct judgement *ret)
{
	size_t n_rules;
	const struct rule *const rules = rule_table(&n_rules);

	*ret = (struct judgement){ .spec = *spec };
	ret->spec.arena = (struct arena){}; /* still belongs to @spec */

	struct judge judge = {
		.policy = policy,
		.host = host,
		.spec = spec,
		.hard = &ret->spec,
		.bundle = bundle,
		.arena = &ret->arena,
	};

	for (size_t i = 0; i < n_rules; i++) {
		if (rules[i].check != NULL && (part == 0 || (rules[i].parts & part) != 0))
			rules[i].check(&judge, &rules[i]);
	}
	ret->findings = judge.findings;
	ret->n = judge.n;
	weigh(ret);
}

void policy_judge(const struct policy *policy, const struct spec *spec, int bundle,
		  const struct host *host, struct judgement *ret)
{
	judge_part(policy, spec, bundle, host, 0, ret);
}

void policy_judge_process(const struct policy *policy, const struct spec *spec,
			  const struct host *host, struct judgement *ret)
{
	judge_part(policy, spec, -1, host, RULE_PROCESS, ret);
}

void policy_judge_resources(const struct policy *policy, const struct spec *spec,
			    const struct host *host, struct judgement *ret)
{
	judge_part(policy, spec, -1, host, RULE_RESOURCES, ret);
}

static struct spec_id_mappings mappings_from(struct arena *arena, const struct id_range *ranges,
					     size_t n)
{
	struct spec_id_mapping *items = arena_array(arena, n, sizeof *items);

	for (size_t i = 0; i < n; i++)
		items[i] = (struct spec_id_mapping){ ranges[i].inside, ranges[i].outside,
						     ranges[i].count };
	return (struct spec_id_mappings){ items, n };
}

int policy_check_mapping(const struct policy *policy, const struct idmap *ids, struct error *err)
{
	const struct host roots = {};
	struct judgement judgement;
	autoarena struct arena arena = {};
	struct spec spec = {};

	spec.linux_.uid_mappings = mappings_from(&arena, ids->uids, ids->n_uids);
	spec.linux_.gid_mappings = mappings_from(&arena, ids->gids, ids->n_gids);
	judge_part(policy, &spec, -1, &roots, RULE_MAPPINGS, &judgement);

	const int result = policy_refusal(&judgement, err);

	judgement_free(&judgement);
	return result;
}

int policy_refusal(const struct judgement *judgement, struct error *err)
{
	const struct finding *first = NULL;
	autobuf struct buf text = {};
	size_t left_out = 0;

	for (size_t i = 0; i < judgement->n; i++) {
		const struct finding *const finding = &judgement->findings[i];
		autobuf struct buf one = {};

		if (finding->action != ACTION_REFUSE)
			continue;
		buf_printf(&one, "%s (%s at %s)", finding->text, finding->rule->id,
			   finding->pointer);
		/* An error has room for some; a finding that is cut off says nothing. */
		if (first != NULL && text.len + one.len > sizeof err->text - 160) {
			left_out++;
			continue;
		}
		buf_printf(&text, "%s%s", first != NULL ? "; " : "", buf_text(&one));
		if (first == NULL)
			first = finding;
	}
	if (first == NULL)
		return 0;
	if (left_out > 0)
		buf_printf(&text, "; and %zu more: see brig audit", left_out);
	(void)error_set(err, ERR_POLICY, first->rule->id, "refused by policy: %s", buf_text(&text));
	return error_remedy(err, "%s, or have root write \"%s\": \"allow\" in the policy file",
			    first->fix, first->rule->id);
}

void judgement_free(struct judgement *judgement)
{
	arena_free(&judgement->arena);
}
