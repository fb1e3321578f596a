/* fuzz_plan: any config.json that is one at all is judged, hardened and planned without harm, on a host
 * that has everything; also where policy would refuse it. The plan keeps its promises, and what is
 * printed of it is JSON. Filters are another target's: libseccomp takes too long for this one.
 */
#include "base/cleanup.h"
#include "kernel/compat.h"
#include "plan/plan.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void promise(bool kept)
{
	if (!kept)
		abort();
}

static void check_mount(const struct plan_mount *mount)
{
	promise(mount->target[0] == '/' && mount->from);
	promise(mount->kind == PLAN_MOUNT_BIND ? mount->source && mount->source[0] == '/'
					       : mount->fs_type != NULL);
	promise(!mount->idmap || mount->kind != PLAN_MOUNT_NEW);
	promise((mount->kind == PLAN_MOUNT_OVERLAY) == (mount->overlay != NULL));
	promise(!(mount_attrs_here(&mount->attrs) & MOUNT_ATTR_IDMAP));
	promise(!mount->with_devices || strcmp(mount->target, "/dev") == 0);
	promise(!mount->copy_up || strcmp(mount->fs_type, "tmpfs") == 0);
}

static void check_process(const struct plan_process *process, uint64_t allowed)
{
	const struct capabilities *sets = &process->capabilities;

	promise(process->args && process->args[0] && process->cwd[0] == '/');
	promise(!(sets->bounding & ~allowed) && !(sets->permitted & ~sets->bounding));
	promise(!(sets->effective & ~sets->permitted) && !(sets->ambient & ~sets->permitted));
	promise(!(sets->inheritable & ~sets->bounding));
	for (size_t i = 0; i < process->n_rlimits; i++)
		promise(process->rlimits[i].limit.rlim_cur <= process->rlimits[i].limit.rlim_max);
}

static void check_cgroup(const struct plan_cgroup *cgroup)
{
	if (cgroup->manager == CGROUP_MANAGER_DISABLED)
		return;
	promise(cgroup->path && cgroup->path[0] == '/' && cgroup->path[1]);
	promise(!strstr(cgroup->path, "/../") && cgroup->n_device_program > 0);
	for (size_t i = 0; i < cgroup->n_writes; i++)
		promise(!strchr(cgroup->writes[i].file, '/'));
}

static void check_print(const struct plan *plan)
{
	autoarena struct arena arena = {};
	autobuf struct buf text = {};
	struct json_out out = { .buf = &text };
	struct error err;

	plan_print_json(plan, /* overlays = */ NULL, /* steps = */ NULL, &out);
	promise(json_parse(&arena, "plan", text.data, text.len, (struct json_limits){}, &err));
}

static void check(const struct plan *plan, const struct policy *policy)
{
	for (size_t i = 0; i < plan->n_mounts; i++)
		check_mount(&plan->mounts[i]);
	for (size_t i = 0; i < plan->n_devices; i++)
		promise(plan->devices[i].path[0] == '/' && strchr("cbp", plan->devices[i].type));
	for (size_t i = 0; i < plan->n_sysctls; i++)
		promise(!strstr(plan->sysctls[i].path, ".."));
	promise(plan->namespaces[NS_USER].how != PLAN_NS_NEW ||
		(plan->ids.n_uids > 0 && plan->ids.n_gids > 0));
	promise(!plan->root.idmap || plan->ids_drawn);
	check_process(&plan->process, policy->settings.capabilities);
	check_cgroup(&plan->cgroup);
	check_print(plan);
}

/* As container/prepare.c: ids are drawn for whoever has no others. */
static const struct idmap *ids_of(const struct spec *spec)
{
	static const struct id_range range = { 0, 268435456, 65536 };
	static const struct idmap drawn = { &range, &range, 1, 1 };
	const struct spec_linux *linux_ = &spec->linux_;

	return linux_->namespaces[SPEC_NS_USER].listed && linux_->uid_mappings.n == 0 &&
			       linux_->gid_mappings.n == 0
		       ? &drawn
		       : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct host host = {
		.kernel_major = 6,
		.kernel_minor = 18,
		.machine = "x86_64",
		.capabilities = UINT64_MAX,
		.apparmor = true,
		.landlock_abi = 7,
		.core_scheduling = true,
		.cgroup_mount = "/sys/fs/cgroup",
		.cgroup_controllers = "cpu cpuset io memory hugetlb pids rdma misc",
		.systemd = true,
		.time_namespace = true,
	};
	struct error err = {};
	struct spec *spec = spec_parse((const char *)data, size, &err);
	struct policy *policy = policy_builtin(size % 2 ? "restricted" : "baseline", &err);
	struct judgement judgement;

	if (!spec) {
		policy_free(policy);
		return 0;
	}
	policy->settings.seccomp_profile = "";
	policy_judge(policy, spec, AT_FDCWD, &host, &judgement);
	judgement.spec.linux_.seccomp.set = false;

	const struct plan_request request = {
		.id = "fuzz",
		.bundle = "/bundle",
		.ids = ids_of(&judgement.spec),
		.cgroup_manager = size % 3 ? CGROUP_MANAGER_SYSTEMD : CGROUP_MANAGER_CGROUPFS,
		.seccomp_cache = -1,
	};
	struct plan *plan = plan_build(&judgement.spec, policy, &host, &request, &err);

	if (plan)
		check(plan, policy);
	else
		promise(err.text[0] && err.where[0]);
	plan_free(plan);
	judgement_free(&judgement);
	policy_free(policy);
	spec_free(spec);
	return 0;
}
