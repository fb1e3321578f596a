/* fuzz_policy: any bytes either are refused, with the place, or become a policy within its bounds,
 * under which every spec can be judged.
 */
#include "base/cleanup.h"
#include "policy/policy.h"
#include "policy/policy_file.h"
#include "policy/rules.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Something of each part that rules look at. */
static const char config[] =
	"{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"/etc\"},"
	"\"process\":{\"cwd\":\"/"
	"\",\"args\":[\"x\"],\"capabilities\":{\"bounding\":[\"CAP_SYS_ADMIN\"]},"
	"\"oomScoreAdj\":-5,\"apparmorProfile\":\"unconfined\"},"
	"\"hooks\":{\"poststop\":[{\"path\":\"/x\"}]},"
	"\"mounts\":[{\"destination\":\"/a\",\"type\":\"bind\",\"source\":\"/brig-none/"
	"b\",\"options\":[\"rbind\"]},"
	"{\"destination\":\"/s\",\"type\":\"sysfs\"}],"
	"\"linux\":{\"sysctl\":{\"kernel.panic\":\"1\"},\"seccomp\":{\"defaultAction\":\"SCMP_ACT_"
	"ALLOW\"},"
	"\"devices\":[{\"path\":\"/dev/x\",\"type\":\"c\",\"major\":10,\"minor\":229}],"
	"\"resources\":{\"devices\":[{\"allow\":true,\"access\":\"rwm\"}],\"pids\":{\"limit\":-1}}}"
	"}";

static void promise(bool kept)
{
	if (!kept)
		abort();
}

static void check_settings(const struct policy_settings *settings)
{
	promise(settings->id_pool_first >= 65536 && settings->id_range_size >= 65536 &&
		settings->id_pool_last >= settings->id_pool_first &&
		settings->id_pool_last < UINT32_MAX);
	promise(settings->cpu_period_us >= 1000 && settings->cpu_period_us <= 1000000);
	promise(settings->pids_max >= 0 && settings->nofile_soft <= settings->nofile_hard);
	for (size_t i = 0; i < settings->bind_allow.n; i++)
		promise(settings->bind_allow.items[i][0] == '/');
}

/*
 * What is allowed though the built-in would not, is marked; and a refusal is an error with a place.
 */
static void check_judgement(const struct policy *policy, const struct judgement *judgement)
{
	struct error err = {};

	for (size_t i = 0; i < judgement->n; i++) {
		const struct finding *finding = &judgement->findings[i];

		promise(finding->pointer[0] == '/' && finding->text[0] != '\0');
		if (finding->action < rule_default(finding->rule, policy->base))
			promise(finding->allowed_by_policy);
	}
	promise(judgement->refused == (policy_refusal(judgement, &err) != 0));
	promise(!judgement->refused || (err.kind == ERR_POLICY && err.where[0] != '\0'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct host host = { .time_namespace = true };
	struct error err = {};
	struct policy *policy = policy_builtin("restricted", &err);
	struct spec *spec = spec_parse(config, sizeof config - 1, &err);
	struct judgement judgement = {};

	promise(policy != NULL && spec != NULL);
	if (policy_merge(policy, "policy.json", (const char *)data, size, false, &err) == 0) {
		check_settings(&policy->settings);
		policy_judge(policy, spec, AT_FDCWD, &host, &judgement);
		check_judgement(policy, &judgement);
		judgement_free(&judgement);
	} else {
		promise(err.text[0] != '\0');
	}
	spec_free(spec);
	policy_free(policy);
	return 0;
}
