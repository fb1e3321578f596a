/* fuzz_process: any process.json of `exec --process` is judged and planned like the process of a
 * container's config.json, and gets no more than policy gives to any. The first byte chooses the
 * policy and the host; filters are another target's.
 */
#include "base/cleanup.h"
#include "plan/plan.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The container's, of which the process is replaced; as container/exec.c does. */
static const char config[] =
	"{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"rootfs\"},"
	"\"process\":{\"cwd\":\"/\",\"args\":[\"x\"],\"apparmorProfile\":\"brig-default\"},"
	"\"mounts\":[{\"destination\":\"/proc\",\"type\":\"proc\"}],"
	"\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"mount\"},{\"type\":\"user\"},"
	"{\"type\":\"network\"},{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"cgroup\"}]}}";

static void promise(bool kept)
{
	if (!kept)
		abort();
}

static void check(const struct plan_process *process, const struct policy *policy)
{
	const struct capabilities *sets = &process->capabilities;

	promise(!process->args || (process->args[0] && process->cwd[0] == '/'));
	promise(!(sets->bounding & ~policy->settings.capabilities));
	promise(!(sets->permitted & ~sets->bounding) && !(sets->effective & ~sets->permitted));
	promise(!(sets->ambient & ~sets->permitted) && !(sets->inheritable & ~sets->bounding));
	for (size_t i = 0; i < process->n_rlimits; i++)
		promise(process->rlimits[i].limit.rlim_cur <= process->rlimits[i].limit.rlim_max);
}

static void plan(const struct policy *policy, const struct judgement *judgement,
		 const struct host *host)
{
	static const struct id_range range = { 0, 268435456, 65536 };
	static const struct idmap ids = { &range, &range, 1, 1 };
	const struct plan_request request = {
		.id = "fuzz",
		.bundle = "/bundle",
		.ids = &ids,
		.seccomp_cache = -1,
	};
	struct error err = {};
	struct plan *made = plan_build_process(&judgement->spec, policy, host, &request, &err);

	if (made && !judgement->refused)
		check(&made->process, policy);
	promise(made || (err.text[0] && err.where[0]));
	plan_free(made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct host host = {
		.kernel_major = 6,
		.kernel_minor = 18,
		.machine = "x86_64",
		.capabilities = UINT64_MAX,
		.apparmor = size > 0 && data[0] & 1,
		.landlock_abi = 7,
		.core_scheduling = size > 0 && data[0] & 2,
	};
	struct error err = {};
	struct spec *process =
		size > 0 ? spec_parse_process((const char *)data + 1, size - 1, &err) : NULL;

	if (!process)
		return 0;

	struct spec *container = spec_parse(config, sizeof config - 1, &err);
	struct policy *policy = policy_builtin(data[0] & 4 ? "restricted" : "baseline", &err);
	struct judgement judgement;

	policy->settings.seccomp_profile = "";
	container->process = process->process;
	policy_judge_process(policy, container, &host, &judgement);
	judgement.spec.linux_.seccomp.set = false;
	plan(policy, &judgement, &host);
	judgement_free(&judgement);
	policy_free(policy);
	spec_free(container);
	spec_free(process);
	return 0;
}
