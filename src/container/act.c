/* container/act.c: a line in the audit log for what is done to a container without a judgement */
#include "container/act.h"

#include "base/log.h"
#include "container/audit_log.h"

#include <errno.h>

int act_log(const struct runtime *runtime, const char *event, const char *id, int result,
	    const struct error *err)
{
	const struct audit_record record = {
		.event = event,
		.id = id,
		.argv = runtime->options.argv,
		.failure = result < 0 ? err->text : NULL,
	};
	struct error problem;
	struct policy *policy;

	/* No container of that name: state_open(). A file that an act did not find has the same code. */
	if (result < 0 &&
	    (err->kind == ERR_USAGE || (err->kind == ERR_STATE && err->code == ENOENT)))
		return result;
	policy = policy_load(runtime->options.policy_path, &runtime->host, &problem);
	if (!policy || audit_log_write(&record, policy, &runtime->host, &problem) < 0)
		log_warn("%s of '%s' is not in the audit log: %s", event, id, problem.text);
	policy_free(policy);
	return result;
}
