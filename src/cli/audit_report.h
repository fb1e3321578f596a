/* cli/audit_report.h: a judgement, for people and for programs */
#ifndef BRIG_CLI_AUDIT_REPORT_H
#define BRIG_CLI_AUDIT_REPORT_H

#include "base/buf.h"
#include "base/json.h"
#include "policy/policy.h"

/**
 * audit_report_text() - most severe first, each with what an attacker gains, the fix and the
 * references
 */
void audit_report_text(const struct judgement *judgement, const char *subject, struct buf *ret);

/**
 * audit_report_json() - one object: subject, refused, worst, counts, findings in the order of the
 * rules
 */
void audit_report_json(const struct judgement *judgement, const char *subject,
		       struct json_out *out);

/**
 * audit_report_sarif() - the same as SARIF 2.1.0, for code scanning and editors
 * @directory: absolute path of the directory with config.json
 * A result's level is its severity where something is left to do, and "note" where policy hardens
 * or allows.
 */
void audit_report_sarif(const struct judgement *judgement, const char *directory,
			struct json_out *out);

/**
 * audit_report_status() - exit status: 0, or 2 for medium, 3 for high, 4 for critical
 * @strict: what policy hardens counts too. 1 stays what it is everywhere: brig could not do its
 * work.
 */
[[nodiscard]] int audit_report_status(const struct judgement *judgement, bool strict);

#endif
