/* plan/plan_print.c: a plan for people, in the order in which things happen
 *
 * Everything that plan_json.c prints is here too, and only what differs from nothing: tests/golden/plan_dump.c
 * looks for each member. A bundle's strings are shown so that none of them looks like a line of the plan.
 */
#include "plan/plan.h"

#include "base/cleanup.h"
#include "base/utf8.h"
#include "kernel/mount_options.h"
#include "kernel/process.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

/* --- words --- */

static void show(const char *text, FILE *out)
{
	for (const char *at = text; *at; at++) {
		size_t hidden = utf8_invisible(at);

		if (*at == '\n')
			fputs("\\n", out);
		else if (*at == '\t')
			fputs("\\t", out);
		else if (hidden == 0)
			fputc(*at, out);
		else {
			fprintf(out, "\\x%02x", (unsigned char)*at);
			for (; hidden > 1; hidden--)
				fprintf(out, "\\x%02x", (unsigned char)*++at);
		}
	}
}

static void show_pair(const char *key, const char *value, FILE *out)
{
	show(key, out);
	if (value) {
		fputc('=', out);
		show(value, out);
	}
}

static void show_words(const char *const *list, size_t n, FILE *out)
{
	for (size_t i = 0; i < n; i++) {
		fputs(i == 0 ? "" : " ", out);
		show(list[i], out);
	}
}

static void name(const char *what, FILE *out)
{
	fprintf(out, "  %-12s ", what);
}

/* The first column of a line about a file. */
static void file_name(const char *path, FILE *out)
{
	fputs("  ", out);
	show(path, out);
	fprintf(out, "%*s ", strlen(path) < 20 ? 20 - (int)strlen(path) : 0, "");
}

/* --- lines --- */

[[gnu::format(printf, 3, 4)]] static void line(FILE *out, const char *what, const char *format, ...)
{
	va_list args;

	name(what, out);
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	fputc('\n', out);
}

/* If there is something to say. */
static void text_line(const char *what, const char *text, FILE *out)
{
	if (!text || !*text)
		return;
	name(what, out);
	show(text, out);
	fputc('\n', out);
}

static void flag_line(const char *what, bool flag, const char *text, FILE *out)
{
	text_line(what, flag ? text : NULL, out);
}

static void pair_line(const char *what, const char *key, const char *value, FILE *out)
{
	name(what, out);
	show_pair(key, value, out);
	fputc('\n', out);
}

static void text_lines(const char *what, const char *const *list, size_t n, FILE *out)
{
	for (size_t i = 0; i < n; i++)
		text_line(what, list[i], out);
}

static void path_lines(const struct plan_path *list, size_t n, const char *what, FILE *out)
{
	for (size_t i = 0; i < n; i++) {
		file_name(list[i].path, out);
		fprintf(out, "%s\n", what);
	}
}

static void id_lines(const char *what, const struct id_range *list, size_t n, FILE *out)
{
	for (size_t i = 0; i < n; i++)
		line(out, what, "%u..%u are %u..%u of the host", list[i].inside,
		     list[i].inside + list[i].count - 1, list[i].outside,
		     list[i].outside + list[i].count - 1);
}

static void capability_line(const char *what, uint64_t mask, FILE *out)
{
	char word[24];

	fprintf(out, "  %-12s", what);
	if (mask == 0)
		fputs(" none", out);
	for (int number = 0; number < 64; number++) {
		if (mask >> number & 1)
			fprintf(out, " %s", capability_to_name(number, word));
	}
	fputc('\n', out);
}

/* --- identity --- */

static void print_namespaces(const struct plan *plan, FILE *out)
{
	static const char *const how[] = {
		[PLAN_NS_NONE] = "none: the caller's",
		[PLAN_NS_NEW] = "new",
		[PLAN_NS_JOIN] = "joins ",
	};
	static const char *const clocks[] = { "monotonic", "boottime" };

	fputs("\nNamespaces\n", out);
	for (enum ns kind = 0; kind < NS_COUNT; kind++) {
		const struct plan_namespace *ns = &plan->namespaces[kind];

		name(ns_name(kind), out);
		fputs(how[ns->how], out);
		show(ns->path ?: "", out);
		fputc('\n', out);
	}
	flag_line("paths", plan->may_join_host, "may lead to namespaces of the host", out);
	for (size_t i = 0; plan->time_offsets && i < ARRAY_LEN(clocks); i++)
		line(out, clocks[i], "shifted by %" PRId64 " s and %u ns", plan->time_secs[i],
		     plan->time_nanosecs[i]);
	flag_line("network", plan->loopback_up, "loopback is up", out);
	for (size_t i = 0; i < plan->n_net_devices; i++)
		line(out, "interface", "%s of the host, as %s", plan->net_devices[i].host_name,
		     plan->net_devices[i].name ?: plan->net_devices[i].host_name);
}

static void print_identity(const struct plan *plan, FILE *out)
{
	fprintf(out, "\nIdentity%s\n",
		!plan->ids_drawn                                ? ""
		: plan->namespaces[NS_USER].how == PLAN_NS_JOIN ? " (of the pod)"
								: " (drawn anew at each create)");
	id_lines("uids", plan->ids.uids, plan->ids.n_uids, out);
	id_lines("gids", plan->ids.gids, plan->ids.n_gids, out);
	flag_line("written by", plan->ids_helpers, "newuidmap and newgidmap", out);
	flag_line("setgroups", plan->setgroups, "allowed", out);
	text_line("host name", plan->hostname, out);
	text_line("domain name", plan->domainname, out);
}

/* --- the control group --- */

static void print_write(const struct cgroup_write *write, FILE *out)
{
	fprintf(out, "  %-24s", write->file);
	show(write->value, out);
	if (write->or_file)
		fprintf(out, ", or %s %s", write->or_file, write->or_value ?: "");
	fprintf(out, "  (%s%s%s)\n", write->from ?: "",
		write->may_lack ? ", if the host has the controller" : "",
		write->above_usage ? ", not below what is in use" : "");
}

/* A number of a device rule; -1 stands for all. */
static void device_number(int64_t number, FILE *out)
{
	if (number < 0)
		fputc('*', out);
	else
		fprintf(out, "%" PRId64, number);
}

static void print_device_rule(const struct device_rule *rule, FILE *out)
{
	name("device", out);
	fprintf(out, "%s %c ", rule->allow ? "allow" : "deny", rule->type);
	device_number(rule->major, out);
	fputc(':', out);
	device_number(rule->minor, out);
	fprintf(out, " %s%s%s\n", rule->access & DEVICE_READ ? "r" : "",
		rule->access & DEVICE_WRITE ? "w" : "", rule->access & DEVICE_MKNOD ? "m" : "");
}

static void print_cgroup(const struct plan_cgroup *cgroup, FILE *out)
{
	static const char *const managers[] = {
		[CGROUP_MANAGER_CGROUPFS] = "cgroupfs",
		[CGROUP_MANAGER_SYSTEMD] = "systemd",
		[CGROUP_MANAGER_DISABLED] = "disabled",
	};

	fprintf(out, "\nControl group (%s)\n", managers[cgroup->manager]);
	text_line("path", cgroup->path ?: "none", out);
	text_line("controllers", cgroup->controllers, out);
	if (cgroup->systemd.unit) {
		text_line("slice", cgroup->systemd.slice, out);
		text_line("unit", cgroup->systemd.unit, out);
		text_line("below it", cgroup->systemd.subgroup, out);
	}
	for (size_t i = 0; i < cgroup->systemd.n_properties; i++)
		pair_line("property", cgroup->systemd.properties[i].key,
			  cgroup->systemd.properties[i].value, out);
	for (size_t i = 0; i < cgroup->n_writes; i++)
		print_write(&cgroup->writes[i], out);
	for (size_t i = 0; i < cgroup->n_device_rules; i++)
		print_device_rule(&cgroup->device_rules[i], out);
	flag_line("device rules", cgroup->n_device_program == 0, "not enforced", out);
	flag_line("files", cgroup->delegate, "delegated to the process's user", out);
}

static void print_intel_rdt(const struct plan_intel_rdt *rdt, FILE *out)
{
	if (!rdt->set)
		return;
	fputs("\nShare of the processor's cache\n", out);
	text_line("class", rdt->clos_id, out);
	text_line("schemata", rdt->schemata, out);
	flag_line("", rdt->clos_exists_required, "must exist", out);
	flag_line("", rdt->monitoring, "monitored", out);
}

/* --- file systems --- */

static void attribute_words(uint64_t attr, const char *prefix, FILE *out)
{
	char words[96];
	const char *word = mount_attr_words(attr, words);

	for (size_t len; *word; word += len + (word[len] == ',')) {
		len = strcspn(word, ",");
		fprintf(out, " %s%.*s", prefix, (int)len, word);
	}
}

static void print_flags(const struct plan_mount *mount, FILE *out)
{
	const bool idmap = mount->idmap || mount->own_ids;

	attribute_words(mount->attrs.set, "", out);
	attribute_words(mount->attrs.clear, "not-", out);
	attribute_words(mount->attrs.set_recursive, "r", out);
	attribute_words(mount->attrs.clear_recursive, "rnot-", out);
	if (mount->propagation)
		fprintf(out, " %s", mount_propagation_word(mount->propagation));
	if (mount->propagation_recursive)
		fprintf(out, " r%s", mount_propagation_word(mount->propagation_recursive));
	fprintf(out, "%s%s%s%s%s%s%s%s%s", idmap ? " id-mapped" : "",
		idmap && mount->idmap_recursive ? " with mounts below" : "",
		mount->copy_symlink ? " (the link itself)" : "",
		mount->copy_up ? " (begins as a copy of what it hides)" : "",
		mount->mode_of_target ? " (mode of the directory there)" : "",
		mount->with_devices ? " (with device nodes)" : "",
		mount->of_joined ? " (of a joined namespace)" : "",
		mount->holds_points ? " (mount points are made in it, if it might be writable)"
				    : "",
		mount->over_proc ? " (may lie over /proc)" : "");
}

static void print_mount(const struct plan_mount *mount, FILE *out)
{
	file_name(mount->target, out);
	if (mount->kind == PLAN_MOUNT_BIND)
		fputs(mount->recursive ? "rbind" : "bind", out);
	else
		fputs(mount->fs_type, out);
	if (mount->source) {
		fputs(" of ", out);
		show(mount->source, out);
	}
	for (size_t i = 0; i < mount->n_options; i++) {
		fputc(' ', out);
		show_pair(mount->options[i].key, mount->options[i].value, out);
	}
	print_flags(mount, out);
	fprintf(out, "  (%s)\n", mount->from);
	if (!mount->own_ids)
		return;
	id_lines("  its uids", mount->own_ids->uids, mount->own_ids->n_uids, out);
	id_lines("  its gids", mount->own_ids->gids, mount->own_ids->n_gids, out);
}

static void print_device(const struct plan_device *device, FILE *out)
{
	name("device", out);
	show(device->path, out);
	fprintf(out, " %c %u:%u %04o %u:%u%s\n", device->type, device->major, device->minor,
		device->mode, device->uid, device->gid, device->in_dev_mount ? "" : " (bound)");
}

static void print_files(const struct plan *plan, FILE *out)
{
	fprintf(out, "\nFile systems%s\n",
		plan->child_makes_sources ? " (opened from within the user namespace)" : "");
	file_name("/", out);
	show(plan->root.path, out);
	fprintf(out, "%s%s %s\n", plan->root.readonly ? " ro" : "",
		plan->root.idmap ? " id-mapped" : "",
		mount_propagation_word(plan->root.propagation) ?: "");
	for (size_t i = 0; i < plan->n_mounts; i++)
		print_mount(&plan->mounts[i], out);
	for (size_t i = 0; i < plan->n_devices; i++)
		print_device(&plan->devices[i], out);
	for (size_t i = 0; i < plan->n_links; i++) {
		file_name(plan->links[i].path, out);
		fprintf(out, "link to %s\n", plan->links[i].target);
	}
	path_lines(plan->masked, plan->n_masked, "hidden", out);
	path_lines(plan->readonly, plan->n_readonly, "read-only", out);
	for (size_t i = 0; i < plan->n_sysctls; i++)
		pair_line("sysctl", plan->sysctls[i].path, plan->sysctls[i].value, out);
}

/* --- the process --- */

static void print_seccomp(const struct plan_process *process, FILE *out)
{
	if (process->seccomp.n == 0) {
		text_line("seccomp", "none", out);
		return;
	}
	line(out, "seccomp", "%s, %u instructions, %.12s", process->seccomp_from,
	     process->seccomp.n, process->seccomp.digest);
	if (process->seccomp_flags)
		line(out, "", "flags 0x%x", process->seccomp_flags);
	text_line("listener", process->listener_path, out);
	text_line("", process->listener_metadata, out);
}

static void print_privileges(const struct plan_process *process, FILE *out)
{
	const struct capabilities *sets = &process->capabilities;

	capability_line("capabilities", sets->permitted, out);
	if (sets->effective != sets->permitted)
		capability_line("effective", sets->effective, out);
	capability_line("bounding", sets->bounding, out);
	if (sets->inheritable)
		capability_line("inheritable", sets->inheritable, out);
	if (sets->ambient)
		capability_line("ambient", sets->ambient, out);
	text_line("apparmor", process->apparmor ?: "none", out);
	text_line("selinux", process->selinux, out);
	text_line("no_new_privs", "always", out);
	if (process->landlock)
		line(out, "landlock", "ABI %d%s", process->landlock_abi,
		     process->landlock_abstract_sockets ? ", abstract sockets too" : "");
	else
		text_line("landlock", "none", out);
	flag_line("cores", process->core_scheduling, "scheduled apart from others", out);
	flag_line("keyring", process->session_keyring, "a session keyring of its own", out);
	print_seccomp(process, out);
}

static void print_limits(const struct plan_process *process, FILE *out)
{
	for (size_t i = 0; i < process->n_rlimits; i++) {
		const struct plan_rlimit *limit = &process->rlimits[i];

		fprintf(out, "  %-20s %" PRIu64 " to %" PRIu64 "  (%s)\n",
			process_rlimit_name(limit->resource), (uint64_t)limit->limit.rlim_cur,
			(uint64_t)limit->limit.rlim_max, limit->from);
	}
	if (process->oom_score_adj.set)
		line(out, "OOM score", "%" PRId64, process->oom_score_adj.value);
}

static void print_scheduling(const struct plan_process *process, FILE *out)
{
	const struct spec_scheduler *scheduler = &process->scheduler;
	const struct spec_memory_policy *memory = &process->memory_policy;

	if (scheduler->set) {
		line(out, "scheduler", "policy %d, nice %d, priority %d, flags 0x%" PRIx64,
		     scheduler->policy, scheduler->nice, scheduler->priority, scheduler->flags);
		line(out, "", "runtime %" PRIu64 ", deadline %" PRIu64 ", period %" PRIu64 " ns",
		     scheduler->runtime, scheduler->deadline, scheduler->period);
	}
	if (process->io_priority.set)
		line(out, "io priority", "class %d, priority %d", process->io_priority.class,
		     process->io_priority.priority);
	if (memory->set) {
		line(out, "memory", "policy %d, flags 0x%x", memory->mode, memory->flags);
		text_line("  nodes", memory->nodes, out);
	}
	text_line("processors", process->affinity_initial, out);
	text_line("  then", process->affinity_final, out);
	if (process->has_personality)
		line(out, "personality", "%lu", process->personality);
}

static size_t count(const char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

static void print_process(const struct plan_process *process, FILE *out)
{
	fputs("\nProcess\n", out);
	name("command", out);
	show_words(process->args, count(process->args), out);
	fputc('\n', out);
	text_lines("environment", process->env, count(process->env), out);
	text_line("directory", process->cwd, out);
	flag_line("terminal", process->terminal, "of its own", out);
	if (process->rows)
		line(out, "", "%u rows, %u columns", process->rows, process->columns);
	line(out, "user", "%u:%u, umask %04o", process->uid, process->gid, process->umask);
	for (size_t i = 0; i < process->n_groups; i++)
		line(out, "group", "%u", process->groups[i]);
	flag_line("groups", process->keep_groups, "those of the caller stay", out);
	print_privileges(process, out);
	print_limits(process, out);
	print_scheduling(process, out);
}

/* --- the rest --- */

static void print_hook(const struct spec_hook *hook, enum hook_kind kind, FILE *out)
{
	text_line(hook_kind_name(kind), hook->path, out);
	name("  as", out);
	show_words(hook->args.items, hook->args.n, out);
	fputc('\n', out);
	text_lines("  with", hook->env.items, hook->env.n, out);
	if (hook->timeout)
		line(out, "  for", "%u s at most", hook->timeout);
}

static void print_hooks(const struct plan *plan, FILE *out)
{
	bool any = false;

	for (enum hook_kind kind = 0; kind < HOOK_COUNT; kind++) {
		for (size_t i = 0; i < plan->hooks[kind].n; i++) {
			fputs(any ? "" : "\nHooks\n", out);
			any = true;
			print_hook(&plan->hooks[kind].items[i], kind, out);
		}
	}
}

static void print_annotations(const struct spec_pairs *annotations, FILE *out)
{
	fputs(annotations->n > 0 ? "\nAnnotations\n" : "", out);
	for (size_t i = 0; i < annotations->n; i++) {
		fputs("  ", out);
		show_pair(annotations->items[i].key, annotations->items[i].value, out);
		fputc('\n', out);
	}
}

void plan_print(const struct plan *plan, const struct plan_overlays *overlays, FILE *out)
{
	fputs("Plan of ", out);
	show(plan->bundle, out);
	fputc('\n', out);
	text_line("container", plan->id, out);
	text_line("written for", plan->oci_version, out);
	print_namespaces(plan, out);
	print_identity(plan, out);
	print_cgroup(&plan->cgroup, out);
	print_intel_rdt(&plan->intel_rdt, out);
	print_files(plan, out);
	if (overlays)
		plan_overlays_print(overlays, out);
	print_process(&plan->process, out);
	if (plan->preserve_fds)
		line(out, "descriptors", "%u from 3 on are handed over", plan->preserve_fds);
	print_hooks(plan, out);
	print_annotations(&plan->annotations, out);
	for (size_t i = 0; i < plan->n_warnings; i++)
		fprintf(out, "%s  %s\n", i == 0 ? "\nThis host cannot enforce\n" : "",
			plan->warnings[i]);
}
