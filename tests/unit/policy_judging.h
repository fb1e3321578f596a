/* tests/unit/policy_judging.h: a config.json in a test, judged */
#ifndef BRIG_TESTS_POLICY_JUDGING_H
#define BRIG_TESTS_POLICY_JUDGING_H

#include "policy/policy.h"
#include "policy/rules.h"
#include "spec_text.h"

#include <fcntl.h>
#include <stdio.h>

struct judging {
	struct spec *spec;
	struct policy *policy;
	struct judgement judgement;
};

static const struct host plain_host = { .time_namespace = true };

/*
 * A service that asks for nothing special; @members go into the object, @linux_members into linux,
 * @process_members into process.
 */
static inline struct judging judge_members_on(const struct host *host, const char *base,
					      const char *members, const char *linux_members,
					      const char *process_members)
{
	autofree char *json = NULL;
	struct error err = {};
	struct judging ret = {};

	assert_true(asprintf(&json,
			     "{'ociVersion':'1.3.0','root':{'path':'rootfs','readonly':true}%s,"
			     "'process':{'cwd':'/','args':['sh'],'user':{'uid':1000,'gid':1000}%s},"
			     "'linux':{'x':0%s}}",
			     members, process_members, linux_members) > 0);
	ret.spec = accepted(spec_parse, json);
	ret.policy = policy_builtin(base, &err);
	assert_non_null(ret.policy);
	policy_judge(ret.policy, ret.spec, AT_FDCWD, host, &ret.judgement);
	return ret;
}

static inline struct judging judge_members(const char *members, const char *linux_members,
					   const char *process_members)
{
	return judge_members_on(&plain_host, "restricted", members, linux_members, process_members);
}

static inline void judging_free(struct judging *judging)
{
	judgement_free(&judging->judgement);
	policy_free(judging->policy);
	spec_free(judging->spec);
}
#define autojudging [[gnu::cleanup(judging_free)]]

static inline const struct finding *finding_of(const struct judgement *judgement, const char *rule)
{
	for (size_t i = 0; i < judgement->n; i++) {
		if (strcmp(judgement->findings[i].rule->id, rule) == 0)
			return &judgement->findings[i];
	}
	return NULL;
}

static inline bool is_allowed_by_policy(const struct judgement *judgement, const char *rule)
{
	const struct finding *finding = finding_of(judgement, rule);

	return finding != NULL && finding->allowed_by_policy;
}

static inline void assert_found(const struct judgement *judgement, const char *rule,
				enum action action, const char *pointer)
{
	const struct finding *finding = finding_of(judgement, rule);

	if (finding == NULL) {
		fail_msg("%s was not found", rule);
		return;
	}
	assert_string_equal(finding->pointer, pointer);
	assert_int_equal(finding->action, action);
	assert_true(finding->text[0] != '\0');
}

static inline void assert_not_found(const struct judgement *judgement, const char *rule)
{
	const struct finding *finding = finding_of(judgement, rule);

	if (finding != NULL)
		fail_msg("%s was found at %s: %s", rule, finding->pointer, finding->text);
}

#endif
