/* cli/policy_report.h: a policy, and the table of rules, for people and for programs */
#ifndef BRIG_CLI_POLICY_REPORT_H
#define BRIG_CLI_POLICY_REPORT_H

#include "base/buf.h"
#include "base/json.h"
#include "policy/policy.h"

/**
 * policy_report_text() - each rule with its action, each setting with its value, and which file set
 * it
 */
void policy_report_text(const struct policy *policy, struct buf *ret);
void policy_report_json(const struct policy *policy, struct json_out *out);

/**
 * policy_report_changes() - what the files of a policy change, a line each; what they widen is
 * marked
 */
void policy_report_changes(const struct policy *policy, struct buf *ret);

/** rules_report_text() - the rules, a line each; rules_report_json() - all of each */
void rules_report_text(struct buf *ret);
void rules_report_json(struct json_out *out);
/** rules_report_markdown() - docs/rules.md */
void rules_report_markdown(struct buf *ret);

#endif
