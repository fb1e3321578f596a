/* plan/plan_json.c: a plan as JSON: for `brig plan --format json` and the golden tests */
#include "plan/plan.h"

#include "base/cleanup.h"
#include "base/json.h"
#include "kernel/mount_options.h"
#include "kernel/process.h"

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

/* "key=value", or "key": what may come twice is no object. */
static void word(struct json_out *out, const char *key, const char *value)
{
	autobuf struct buf text = {};

	buf_printf(&text, "%s%s%s", key, value ? "=" : "", value ?: "");
	json_out_string(out, NULL, buf_text(&text));
}

static void true_if(struct json_out *out, const char *key, bool value)
{
	if (value)
		json_out_bool(out, key, true);
}

static void pairs(struct json_out *out, const char *key, const struct spec_pairs *list)
{
	json_out_object(out, key);
	for (size_t i = 0; i < list->n; i++)
		json_out_string(out, list->items[i].key, list->items[i].value);
	json_out_end_object(out);
}

static void id_map(struct json_out *out, const struct idmap *ids)
{
	ranges(out, "uids", ids->uids, ids->n_uids);
	ranges(out, "gids", ids->gids, ids->n_gids);
}

/* --- identity --- */

static void clocks(const struct plan *plan, struct json_out *out)
{
	static const char *const names[] = { "monotonic", "boottime" };

	if (!plan->time_offsets)
		return;
	json_out_object(out, "timeOffsets");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		json_out_object(out, names[i]);
		json_out_int(out, "secs", plan->time_secs[i]);
		json_out_uint(out, "nanosecs", plan->time_nanosecs[i]);
		json_out_end_object(out);
	}
	json_out_end_object(out);
}

static void network(const struct plan *plan, struct json_out *out)
{
	json_out_bool(out, "loopbackUp", plan->loopback_up);
	json_out_object(out, "netDevices");
	for (size_t i = 0; i < plan->n_net_devices; i++) {
		const struct spec_net_device *device = &plan->net_devices[i];

		json_out_string(out, device->host_name, device->name ?: device->host_name);
	}
	json_out_end_object(out);
}

static void identity(const struct plan *plan, struct json_out *out)
{
	static const char *const how[] = {
		[PLAN_NS_NONE] = "none",
		[PLAN_NS_NEW] = "new",
		[PLAN_NS_JOIN] = "join",
	};

	json_out_object(out, "namespaces");
	for (enum ns kind = 0; kind < NS_COUNT; kind++) {
		json_out_object(out, ns_name(kind));
		json_out_string(out, "how", how[plan->namespaces[kind].how]);
		string_if(out, "path", plan->namespaces[kind].path);
		json_out_end_object(out);
	}
	json_out_end_object(out);
	true_if(out, "mayJoinHost", plan->may_join_host);
	json_out_bool(out, "idsDrawn", plan->ids_drawn);
	id_map(out, &plan->ids);
	true_if(out, "idsByHelpers", plan->ids_helpers);
	json_out_bool(out, "setgroups", plan->setgroups);
	clocks(plan, out);
	string_if(out, "hostname", plan->hostname);
	string_if(out, "domainname", plan->domainname);
	network(plan, out);
}

/* --- file systems --- */

static void attributes(struct json_out *out, const char *key, uint64_t attr)
{
	char words[96];

	if (attr)
		json_out_string(out, key, mount_attr_words(attr, words));
}

static void mount(const struct plan_mount *mount, struct json_out *out)
{
	json_out_object(out, NULL);
	json_out_string(out, "from", mount->from);
	json_out_string(out, "target", mount->target);
	json_out_string(out, "kind", mount->kind == PLAN_MOUNT_BIND ? "bind" : mount->fs_type);
	string_if(out, "source", mount->source);
	if (mount->n_options > 0) {
		json_out_array(out, "options");
		for (size_t i = 0; i < mount->n_options; i++)
			word(out, mount->options[i].key, mount->options[i].value);
		json_out_end_array(out);
	}
	attributes(out, "set", mount->attrs.set);
	attributes(out, "clear", mount->attrs.clear);
	attributes(out, "setRecursive", mount->attrs.set_recursive);
	attributes(out, "clearRecursive", mount->attrs.clear_recursive);
	string_if(out, "propagation", mount_propagation_word(mount->propagation));
	string_if(out, "propagationRecursive",
		  mount_propagation_word(mount->propagation_recursive));
	true_if(out, "recursive", mount->recursive);
	true_if(out, "copySymlink", mount->copy_symlink);
	true_if(out, "copyUp", mount->copy_up);
	true_if(out, "idmap", mount->idmap);
	true_if(out, "idmapRecursive", mount->idmap_recursive && (mount->idmap || mount->own_ids));
	if (mount->own_ids)
		id_map(out, mount->own_ids);
	true_if(out, "modeOfTarget", mount->mode_of_target);
	true_if(out, "withDevices", mount->with_devices);
	true_if(out, "ofJoined", mount->of_joined);
	true_if(out, "holdsPoints", mount->holds_points);
	true_if(out, "overProc", mount->over_proc);
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
	string_if(out, "propagation", mount_propagation_word(plan->root.propagation));
	json_out_end_object(out);
	true_if(out, "childMakesSources", plan->child_makes_sources);
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
	json_out_object(out, "links");
	for (size_t i = 0; i < plan->n_links; i++)
		json_out_string(out, plan->links[i].path, plan->links[i].target);
	json_out_end_object(out);
	paths(out, "hidden", plan->masked, plan->n_masked);
	paths(out, "readonly", plan->readonly, plan->n_readonly);
	json_out_array(out, "sysctls");
	for (size_t i = 0; i < plan->n_sysctls; i++)
		word(out, plan->sysctls[i].path, plan->sysctls[i].value);
	json_out_end_array(out);
}

/* --- the process --- */

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
	true_if(out, "landlockAbstractSockets", process->landlock_abstract_sockets);
	json_out_bool(out, "coreScheduling", process->core_scheduling);
	json_out_bool(out, "sessionKeyring", process->session_keyring);
	json_out_object(out, "seccomp");
	json_out_uint(out, "instructions", process->seccomp.n);
	if (process->seccomp.n) {
		string_if(out, "from", process->seccomp_from);
		json_out_string(out, "digest", process->seccomp.digest);
		hex(out, "flags", process->seccomp_flags);
	}
	string_if(out, "listener", process->listener_path);
	string_if(out, "listenerMetadata", process->listener_metadata);
	json_out_end_object(out);
}

static void rlimits(const struct plan_process *process, struct json_out *out)
{
	json_out_array(out, "rlimits");
	for (size_t i = 0; i < process->n_rlimits; i++) {
		const struct plan_rlimit *limit = &process->rlimits[i];

		json_out_object(out, NULL);
		json_out_string(out, "type", process_rlimit_name(limit->resource));
		json_out_uint(out, "soft", limit->limit.rlim_cur);
		json_out_uint(out, "hard", limit->limit.rlim_max);
		json_out_string(out, "from", limit->from);
		json_out_end_object(out);
	}
	json_out_end_array(out);
}

/* When and where it runs: what the spec asks for, if it asks. */
static void scheduling(const struct plan_process *process, struct json_out *out)
{
	const struct spec_scheduler *scheduler = &process->scheduler;

	if (scheduler->set) {
		json_out_object(out, "scheduler");
		json_out_int(out, "policy", scheduler->policy);
		json_out_int(out, "nice", scheduler->nice);
		json_out_int(out, "priority", scheduler->priority);
		hex(out, "flags", scheduler->flags);
		json_out_uint(out, "runtime", scheduler->runtime);
		json_out_uint(out, "deadline", scheduler->deadline);
		json_out_uint(out, "period", scheduler->period);
		json_out_end_object(out);
	}
	if (process->io_priority.set) {
		json_out_object(out, "ioPriority");
		json_out_int(out, "class", process->io_priority.class);
		json_out_int(out, "priority", process->io_priority.priority);
		json_out_end_object(out);
	}
	if (process->memory_policy.set) {
		json_out_object(out, "memoryPolicy");
		json_out_int(out, "mode", process->memory_policy.mode);
		hex(out, "flags", process->memory_policy.flags);
		string_if(out, "nodes", process->memory_policy.nodes);
		json_out_end_object(out);
	}
	string_if(out, "affinityInitial", process->affinity_initial);
	string_if(out, "affinityFinal", process->affinity_final);
	if (process->has_personality)
		json_out_uint(out, "personality", process->personality);
}

static void process_part(const struct plan_process *process, struct json_out *out)
{
	json_out_object(out, "process");
	strings(out, "args", process->args);
	strings(out, "env", process->env);
	string_if(out, "cwd", process->cwd);
	json_out_bool(out, "terminal", process->terminal);
	if (process->rows) {
		json_out_uint(out, "rows", process->rows);
		json_out_uint(out, "columns", process->columns);
	}
	json_out_uint(out, "uid", process->uid);
	json_out_uint(out, "gid", process->gid);
	json_out_array(out, "groups");
	for (size_t i = 0; i < process->n_groups; i++)
		json_out_uint(out, NULL, process->groups[i]);
	json_out_end_array(out);
	true_if(out, "keepGroups", process->keep_groups);
	json_out_uint(out, "umask", process->umask);
	privileges(process, out);
	rlimits(process, out);
	if (process->oom_score_adj.set)
		json_out_int(out, "oomScoreAdj", process->oom_score_adj.value);
	scheduling(process, out);
	json_out_end_object(out);
}

/* --- resources --- */

static void scope(const struct plan_cgroup *cgroup, struct json_out *out)
{
	if (!cgroup->systemd.unit)
		return;
	json_out_object(out, "systemd");
	json_out_string(out, "slice", cgroup->systemd.slice);
	json_out_string(out, "unit", cgroup->systemd.unit);
	json_out_string(out, "subgroup", cgroup->systemd.subgroup);
	json_out_array(out, "properties");
	for (size_t i = 0; i < cgroup->systemd.n_properties; i++)
		word(out, cgroup->systemd.properties[i].key, cgroup->systemd.properties[i].value);
	json_out_end_array(out);
	json_out_end_object(out);
}

static void device_rules(const struct plan_cgroup *cgroup, struct json_out *out)
{
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
	json_out_bool(out, "devicesEnforced", cgroup->n_device_program > 0);
}

static void cgroup_part(const struct plan_cgroup *cgroup, struct json_out *out)
{
	static const char *const managers[] = {
		[CGROUP_MANAGER_CGROUPFS] = "cgroupfs",
		[CGROUP_MANAGER_SYSTEMD] = "systemd",
		[CGROUP_MANAGER_DISABLED] = "disabled",
	};

	json_out_object(out, "cgroup");
	json_out_string(out, "manager", managers[cgroup->manager]);
	string_if(out, "path", cgroup->path);
	scope(cgroup, out);
	string_if(out, "controllers", cgroup->controllers);
	json_out_array(out, "writes");
	for (size_t i = 0; i < cgroup->n_writes; i++) {
		const struct cgroup_write *write = &cgroup->writes[i];

		json_out_object(out, NULL);
		json_out_string(out, "file", write->file);
		json_out_string(out, "value", write->value);
		string_if(out, "orFile", write->or_file);
		string_if(out, "orValue", write->or_value);
		string_if(out, "from", write->from);
		true_if(out, "mayLack", write->may_lack);
		true_if(out, "aboveUsage", write->above_usage);
		json_out_end_object(out);
	}
	json_out_end_array(out);
	device_rules(cgroup, out);
	json_out_bool(out, "delegate", cgroup->delegate);
	json_out_end_object(out);
}

static void intel_rdt(const struct plan_intel_rdt *rdt, struct json_out *out)
{
	if (!rdt->set)
		return;
	json_out_object(out, "intelRdt");
	json_out_string(out, "closID", rdt->clos_id);
	string_if(out, "schemata", rdt->schemata);
	json_out_bool(out, "existsRequired", rdt->clos_exists_required);
	json_out_bool(out, "monitoring", rdt->monitoring);
	json_out_end_object(out);
}

/* --- hooks --- */

static void hook(const struct spec_hook *hook, struct json_out *out)
{
	json_out_object(out, NULL);
	json_out_string(out, "path", hook->path);
	json_out_array(out, "args");
	for (size_t i = 0; i < hook->args.n; i++)
		json_out_string(out, NULL, hook->args.items[i]);
	json_out_end_array(out);
	json_out_array(out, "env");
	for (size_t i = 0; i < hook->env.n; i++)
		json_out_string(out, NULL, hook->env.items[i]);
	json_out_end_array(out);
	json_out_uint(out, "timeout", hook->timeout);
	json_out_end_object(out);
}

void plan_hooks_print_json(const struct spec_hooks *hooks, struct json_out *out)
{
	json_out_object(out, "hooks");
	for (enum hook_kind kind = 0; kind < HOOK_COUNT; kind++) {
		if (hooks[kind].n == 0)
			continue;
		json_out_array(out, hook_kind_name(kind));
		for (size_t i = 0; i < hooks[kind].n; i++)
			hook(&hooks[kind].items[i], out);
		json_out_end_array(out);
	}
	json_out_end_object(out);
}

static void step_names(const char *const *steps, struct json_out *out)
{
	if (!steps)
		return;
	json_out_array(out, "steps");
	for (; *steps; steps++)
		json_out_string(out, NULL, *steps);
	json_out_end_array(out);
}

void plan_print_json(const struct plan *plan, const struct plan_overlays *overlays,
		     const char *const *steps, struct json_out *out)
{
	json_out_object(out, NULL);
	json_out_string(out, "id", plan->id);
	json_out_string(out, "bundle", plan->bundle);
	string_if(out, "ociVersion", plan->oci_version);
	identity(plan, out);
	files(plan, out);
	if (overlays)
		plan_overlays_print_json(overlays, out);
	process_part(&plan->process, out);
	json_out_uint(out, "preserveFds", plan->preserve_fds);
	cgroup_part(&plan->cgroup, out);
	intel_rdt(&plan->intel_rdt, out);
	plan_hooks_print_json(plan->hooks, out);
	pairs(out, "annotations", &plan->annotations);
	step_names(steps, out);
	json_out_array(out, "warnings");
	for (size_t i = 0; i < plan->n_warnings; i++)
		json_out_string(out, NULL, plan->warnings[i]);
	json_out_end_array(out);
	json_out_end_object(out);
}
