/* plan/plan_json.c: a plan as JSON: for `brig plan --format json` and the golden tests */
#include "plan/plan.h"

#include "base/cleanup.h"
#include "base/json.h"

#include <stdio.h>

static void strings(struct json_out *out, const char *key, const char *const *list)
{
	json_out_array(out, key);
	for (; list && *list; list++)
		json_out_string(out, NULL, *list);
	json_out_end_array(out);
}

static void string_if(struct json_out *out, const char *key, const char *value)
{
	if (value)
		json_out_string(out, key, value);
}

static void hex(struct json_out *out, const char *key, uint64_t value)
{
	char text[24];

	if (value == 0)
		return;
	snprintf(text, sizeof text, "0x%llx", (unsigned long long)value);
	json_out_string(out, key, text);
}

static void ranges(struct json_out *out, const char *key, const struct id_range *list, size_t n)
{
	json_out_array(out, key);
	for (size_t i = 0; i < n; i++) {
		json_out_object(out, NULL);
		json_out_uint(out, "inside", list[i].inside);
		json_out_uint(out, "outside", list[i].outside);
		json_out_uint(out, "count", list[i].count);
		json_out_end_object(out);
	}
	json_out_end_array(out);
}

static void identity(const struct plan *plan, struct json_out *out)
{
	static const char *const how[] = { "none", "new", "join" };

	json_out_object(out, "namespaces");
	for (enum ns kind = 0; kind < NS_COUNT; kind++) {
		json_out_object(out, ns_name(kind));
		json_out_string(out, "how", how[plan->namespaces[kind].how]);
		string_if(out, "path", plan->namespaces[kind].path);
		json_out_end_object(out);
	}
	json_out_end_object(out);
	json_out_bool(out, "idsDrawn", plan->ids_drawn);
	ranges(out, "uids", plan->ids.uids, plan->ids.n_uids);
	ranges(out, "gids", plan->ids.gids, plan->ids.n_gids);
	string_if(out, "hostname", plan->hostname);
	string_if(out, "domainname", plan->domainname);
}

static void mount(const struct plan_mount *mount, struct json_out *out)
{
	json_out_object(out, NULL);
	json_out_string(out, "from", mount->from);
	json_out_string(out, "target", mount->target);
	json_out_string(out, "kind", mount->kind == PLAN_MOUNT_BIND ? "bind" : mount->fs_type);
	string_if(out, "source", mount->source);
	for (size_t i = 0; i < mount->n_options; i++) {
		if (i == 0)
			json_out_object(out, "options");
		json_out_string(out, mount->options[i].key, mount->options[i].value);
		if (i == mount->n_options - 1)
			json_out_end_object(out);
	}
	hex(out, "attrSet", mount->attr_set);
	hex(out, "attrClear", mount->attr_clear);
	hex(out, "attrSetRecursive", mount->attr_set_recursive);
	hex(out, "attrClearRecursive", mount->attr_clear_recursive);
	hex(out, "propagation", mount->propagation);
	hex(out, "propagationRecursive", mount->propagation_recursive);
	json_out_bool(out, "recursive", mount->recursive);
	json_out_bool(out, "idmap", mount->idmap);
	if (mount->own_ids)
		ranges(out, "ownUids", mount->own_ids->uids, mount->own_ids->n_uids);
	json_out_bool(out, "withDevices", mount->with_devices);
	json_out_end_object(out);
}

static void paths(struct json_out *out, const char *key, const struct plan_path *list, size_t n)
{
	json_out_array(out, key);
	for (size_t i = 0; i < n; i++)
		json_out_string(out, NULL, list[i].path);
	json_out_end_array(out);
}

static void files(const struct plan *plan, struct json_out *out)
{
	json_out_object(out, "root");
	json_out_string(out, "path", plan->root.path);
	json_out_bool(out, "readonly", plan->root.readonly);
	json_out_bool(out, "idmap", plan->root.idmap);
	hex(out, "propagation", plan->root.propagation);
	json_out_end_object(out);
	json_out_array(out, "mounts");
	for (size_t i = 0; i < plan->n_mounts; i++)
		mount(&plan->mounts[i], out);
	json_out_end_array(out);
	json_out_array(out, "devices");
	for (size_t i = 0; i < plan->n_devices; i++) {
		const struct plan_device *device = &plan->devices[i];
		char text[160];

		snprintf(text, sizeof text, "%s %c %u:%u %04o %u:%u%s", device->path, device->type,
			 device->major, device->minor, device->mode, device->uid, device->gid,
			 device->in_dev_mount ? "" : " (bound)");
		json_out_string(out, NULL, text);
	}
	json_out_end_array(out);
	paths(out, "hidden", plan->masked, plan->n_masked);
	paths(out, "readonly", plan->readonly, plan->n_readonly);
	json_out_object(out, "sysctls");
	for (size_t i = 0; i < plan->n_sysctls; i++)
		json_out_string(out, plan->sysctls[i].path, plan->sysctls[i].value);
	json_out_end_object(out);
}

static void capability_set(struct json_out *out, const char *key, uint64_t mask)
{
	char name[24];

	json_out_array(out, key);
	for (int number = 0; number < 64; number++) {
		if (mask >> number & 1)
			json_out_string(out, NULL, capability_to_name(number, name));
	}
	json_out_end_array(out);
}

static void privileges(const struct plan_process *process, struct json_out *out)
{
	json_out_object(out, "capabilities");
	capability_set(out, "bounding", process->capabilities.bounding);
	capability_set(out, "effective", process->capabilities.effective);
	capability_set(out, "permitted", process->capabilities.permitted);
	capability_set(out, "inheritable", process->capabilities.inheritable);
	capability_set(out, "ambient", process->capabilities.ambient);
	json_out_end_object(out);
	json_out_bool(out, "noNewPrivileges", true);
	string_if(out, "apparmor", process->apparmor);
	string_if(out, "selinux", process->selinux);
	json_out_int(out, "landlockAbi", process->landlock ? process->landlock_abi : 0);
	json_out_bool(out, "coreScheduling", process->core_scheduling);
	json_out_bool(out, "sessionKeyring", process->session_keyring);
	json_out_object(out, "seccomp");
	json_out_uint(out, "instructions", process->seccomp.n);
	if (process->seccomp.n) {
		string_if(out, "from", process->seccomp_from);
		json_out_string(out, "digest", process->seccomp.digest);
	}
	string_if(out, "listener", process->listener_path);
	json_out_end_object(out);
}

static void process_part(const struct plan_process *process, struct json_out *out)
{
	json_out_object(out, "process");
	strings(out, "args", process->args);
	strings(out, "env", process->env);
	string_if(out, "cwd", process->cwd);
	json_out_bool(out, "terminal", process->terminal);
	json_out_uint(out, "uid", process->uid);
	json_out_uint(out, "gid", process->gid);
	json_out_array(out, "groups");
	for (size_t i = 0; i < process->n_groups; i++)
		json_out_uint(out, NULL, process->groups[i]);
	json_out_end_array(out);
	json_out_uint(out, "umask", process->umask);
	privileges(process, out);
	json_out_array(out, "rlimits");
	for (size_t i = 0; i < process->n_rlimits; i++) {
		json_out_object(out, NULL);
		json_out_int(out, "resource", process->rlimits[i].resource);
		json_out_uint(out, "soft", process->rlimits[i].limit.rlim_cur);
		json_out_uint(out, "hard", process->rlimits[i].limit.rlim_max);
		json_out_string(out, "from", process->rlimits[i].from);
		json_out_end_object(out);
	}
	json_out_end_array(out);
	if (process->oom_score_adj.set)
		json_out_int(out, "oomScoreAdj", process->oom_score_adj.value);
	json_out_end_object(out);
}

static void cgroup_part(const struct plan_cgroup *cgroup, struct json_out *out)
{
	static const char *const managers[] = { "cgroupfs", "systemd", "disabled" };

	json_out_object(out, "cgroup");
	json_out_string(out, "manager", managers[cgroup->manager]);
	string_if(out, "path", cgroup->path);
	string_if(out, "unit", cgroup->systemd.unit);
	json_out_array(out, "writes");
	for (size_t i = 0; i < cgroup->n_writes; i++) {
		json_out_object(out, NULL);
		json_out_string(out, "file", cgroup->writes[i].file);
		json_out_string(out, "value", cgroup->writes[i].value);
		string_if(out, "from", cgroup->writes[i].from);
		json_out_end_object(out);
	}
	json_out_end_array(out);
	json_out_array(out, "devices");
	for (size_t i = 0; i < cgroup->n_device_rules; i++) {
		const struct device_rule *rule = &cgroup->device_rules[i];
		char text[64];

		snprintf(text, sizeof text, "%s %c %lld:%lld %s%s%s",
			 rule->allow ? "allow" : "deny", rule->type, (long long)rule->major,
			 (long long)rule->minor, rule->access & DEVICE_READ ? "r" : "",
			 rule->access & DEVICE_WRITE ? "w" : "",
			 rule->access & DEVICE_MKNOD ? "m" : "");
		json_out_string(out, NULL, text);
	}
	json_out_end_array(out);
	json_out_end_object(out);
}

void plan_print_json(const struct plan *plan, struct json_out *out)
{
	json_out_object(out, NULL);
	json_out_string(out, "id", plan->id);
	json_out_string(out, "bundle", plan->bundle);
	identity(plan, out);
	files(plan, out);
	process_part(&plan->process, out);
	cgroup_part(&plan->cgroup, out);
	json_out_array(out, "warnings");
	for (size_t i = 0; i < plan->n_warnings; i++)
		json_out_string(out, NULL, plan->warnings[i]);
	json_out_end_array(out);
	json_out_end_object(out);
}
