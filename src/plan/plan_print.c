/* plan/plan_print.c: a plan for people, in the order in which things happen */
#include "plan/plan.h"

#include "kernel/mount_options.h"

#include <string.h>

/* --- words for numbers --- */

static void attribute_words(uint64_t attr, const char *prefix, FILE *out)
{
	char words[96];
	const char *word = mount_attr_words(attr, words);

	for (size_t len; *word; word += len + (word[len] == ',')) {
		len = strcspn(word, ",");
		fprintf(out, " %s%.*s", prefix, (int)len, word);
	}
}

static void capability_words(uint64_t mask, FILE *out)
{
	char name[24];

	if (mask == 0)
		fputs(" none", out);
	for (int number = 0; number < 64; number++) {
		if (mask >> number & 1)
			fprintf(out, " %s", capability_to_name(number, name));
	}
}

/* --- the parts --- */

static void print_ids(const char *what, const struct id_range *list, size_t n, FILE *out)
{
	for (size_t i = 0; i < n; i++)
		fprintf(out, "  %-12s%u..%u are %u..%u of the host\n", what, list[i].inside,
			list[i].inside + list[i].count - 1, list[i].outside,
			list[i].outside + list[i].count - 1);
}

static void print_identity(const struct plan *plan, FILE *out)
{
	fputs("\nNamespaces\n", out);
	for (enum ns kind = 0; kind < NS_COUNT; kind++) {
		const struct plan_namespace *ns = &plan->namespaces[kind];

		if (ns->how == PLAN_NS_JOIN)
			fprintf(out, "  %-12sjoins %s\n", ns_name(kind), ns->path);
		else
			fprintf(out, "  %-12s%s\n", ns_name(kind),
				ns->how == PLAN_NS_NEW ? "new" : "the caller's");
	}
	fprintf(out, "\nIdentity%s\n",
		!plan->ids_drawn                                ? ""
		: plan->namespaces[NS_USER].how == PLAN_NS_JOIN ? " (of the pod)"
								: " (drawn anew at each create)");
	print_ids("uids", plan->ids.uids, plan->ids.n_uids, out);
	print_ids("gids", plan->ids.gids, plan->ids.n_gids, out);
	if (plan->hostname)
		fprintf(out, "  %-12s%s\n", "host name", plan->hostname);
}

/* A number of a device rule; -1 stands for all. */
static void device_number(int64_t number, FILE *out)
{
	if (number < 0)
		fputc('*', out);
	else
		fprintf(out, "%lld", (long long)number);
}

static void print_cgroup(const struct plan_cgroup *cgroup, FILE *out)
{
	fprintf(out, "\nControl group  %s\n", cgroup->path ?: "none");
	for (size_t i = 0; i < cgroup->n_writes; i++)
		fprintf(out, "  %-24s%-20s%s\n", cgroup->writes[i].file, cgroup->writes[i].value,
			cgroup->writes[i].from ?: "");
	for (size_t i = 0; i < cgroup->n_device_rules; i++) {
		const struct device_rule *rule = &cgroup->device_rules[i];

		fprintf(out, "  device %-6s %c ", rule->allow ? "allow" : "deny", rule->type);
		device_number(rule->major, out);
		fputc(':', out);
		device_number(rule->minor, out);
		fprintf(out, " %s%s%s\n", rule->access & DEVICE_READ ? "r" : "",
			rule->access & DEVICE_WRITE ? "w" : "",
			rule->access & DEVICE_MKNOD ? "m" : "");
	}
}

static void print_mount(const struct plan_mount *mount, FILE *out)
{
	fprintf(out, "  %-20s", mount->target);
	if (mount->kind == PLAN_MOUNT_BIND)
		fprintf(out, " %s of %s", mount->recursive ? "rbind" : "bind", mount->source);
	else
		fprintf(out, " %s", mount->fs_type);
	for (size_t i = 0; i < mount->n_options; i++)
		fprintf(out, " %s%s%s", mount->options[i].key, mount->options[i].value ? "=" : "",
			mount->options[i].value ?: "");
	attribute_words(mount->attrs.set, "", out);
	attribute_words(mount->attrs.set_recursive, "r", out);
	fprintf(out, "%s%s%s%s\n", mount->idmap || mount->own_ids ? " id-mapped" : "",
		mount->mode_of_target ? " (mode of the directory there)" : "",
		mount->with_devices ? " (with device nodes)" : "",
		mount->of_joined ? " (of a joined namespace)" : "");
}

static void print_files(const struct plan *plan, FILE *out)
{
	fprintf(out, "\nFile systems\n  %-20s %s%s%s\n", "/", plan->root.path,
		plan->root.readonly ? " ro" : "", plan->root.idmap ? " id-mapped" : "");
	for (size_t i = 0; i < plan->n_mounts; i++)
		print_mount(&plan->mounts[i], out);
	for (size_t i = 0; i < plan->n_devices; i++)
		fprintf(out, "  %-20s %c %u:%u %04o\n", plan->devices[i].path,
			plan->devices[i].type, plan->devices[i].major, plan->devices[i].minor,
			plan->devices[i].mode);
	for (size_t i = 0; i < plan->n_masked; i++)
		fprintf(out, "  %-20s hidden\n", plan->masked[i].path);
	for (size_t i = 0; i < plan->n_readonly; i++)
		fprintf(out, "  %-20s read-only\n", plan->readonly[i].path);
	for (size_t i = 0; i < plan->n_sysctls; i++)
		fprintf(out, "  sysctl %s = %s\n", plan->sysctls[i].path, plan->sysctls[i].value);
}

static void print_process(const struct plan_process *process, FILE *out)
{
	fputs("\nProcess\n  command    ", out);
	for (const char *const *arg = process->args; arg && *arg; arg++)
		fprintf(out, " %s", *arg);
	fprintf(out, "\n  user        %u:%u, umask %04o\n  capabilities", process->uid,
		process->gid, process->umask);
	capability_words(process->capabilities.permitted, out);
	fputs("\n  bounding    ", out);
	capability_words(process->capabilities.bounding, out);
	fprintf(out, "\n  apparmor    %s\n", process->apparmor ?: "none");
	fputs("  no_new_privs always\n", out);
	if (process->landlock)
		fprintf(out, "  landlock    ABI %d\n", process->landlock_abi);
	else
		fputs("  landlock    none\n", out);
	if (process->seccomp.n)
		fprintf(out, "  seccomp     %s, %u instructions, %.12s\n", process->seccomp_from,
			process->seccomp.n, process->seccomp.digest);
	else
		fputs("  seccomp     none\n", out);
}

void plan_print(const struct plan *plan, const struct plan_overlays *overlays, FILE *out)
{
	fprintf(out, "Plan of %s\n", plan->bundle);
	print_identity(plan, out);
	print_cgroup(&plan->cgroup, out);
	print_files(plan, out);
	if (overlays)
		plan_overlays_print(overlays, out);
	print_process(&plan->process, out);
	for (size_t i = 0; i < plan->n_warnings; i++)
		fprintf(out, "%s  %s\n", i == 0 ? "\nThis host cannot enforce\n" : "",
			plan->warnings[i]);
}
