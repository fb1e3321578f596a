/* plan/plan_resources.c: which lines are written into a cgroup
 *
 * What linux.resources asks for (plan_convert.c), then `unified`, whose files the bundle names
 * itself, then the policy's defaults for what the bundle says nothing about. At the end the lines
 * whose controller this host has not got are taken out: a default is told, a limit that was asked
 * for is an error.
 */
#include "plan/plan_resources.h"

#include "base/cleanup.h"
#include "base/table.h"
#include "plan/plan_limits.h"

#include <inttypes.h>
#include <string.h>

struct file_name {
	const char *name;
};

// clang-format off
/* The controllers of cgroup-v2.rst. The core's own files, "cgroup.…", are not for a bundle, but those
 * that can only tighten: cgroup.procs would draw host processes in, cgroup.subtree_control takes
 * controllers away from what is below. */
static const struct file_name controllers[] = {
	{ "cpu" }, { "cpuset" }, { "dmem" }, { "hugetlb" }, { "io" }, { "memory" }, { "misc" }, { "pids" }, { "rdma" },
};
static const struct file_name core_files[] = {
	{ "cgroup.max.depth" }, { "cgroup.max.descendants" },
};
// clang-format on

/* --- gathering --- */

struct cgroup_write *limits_add(struct limits *limits, const char *file, const char *from,
				const char *value)
{
	if (limits->n == limits->room) {
		limits->room = limits->room ? 2 * limits->room : 16;
		limits->items = arena_grow(limits->arena, limits->items, limits->n, limits->room,
					   sizeof *limits->items);
	}

	struct cgroup_write *write = &limits->items[limits->n++];

	*write = (struct cgroup_write){ .file = file, .value = value, .from = from };
	return write;
}

static const char *number(struct arena *arena, uint64_t value)
{
	return arena_printf(arena, "%" PRIu64, value);
}

struct cgroup_write *limits_add_number(struct limits *limits, const char *file, const char *from,
				       uint64_t value)
{
	return limits_add(limits, file, from, number(limits->arena, value));
}

/* --- unified: the bundle names the file --- */

static bool is_for_bundles(const char *file, const char *controller)
{
	if (table_find(core_files, file))
		return true;
	return file[strlen(controller)] == '.' && !strchr(file, '/') &&
	       table_find(controllers, controller);
}

static int add_unified(struct limits *limits, const struct spec_resources *resources)
{
	char names[128];

	for (size_t i = 0; i < resources->unified.n; i++) {
		const struct spec_pair *pair = &resources->unified.items[i];
		const char *from = arena_printf(limits->arena, "%s/%s", AT("/unified"), pair->key);
		const char *controller =
			arena_strndup(limits->arena, pair->key, strcspn(pair->key, "."));

		if (!is_for_bundles(pair->key, controller)) {
			(void)error_set(limits->err, ERR_SPEC, from,
					"'%s' is not a file that a bundle may name", pair->key);
			return error_remedy(limits->err,
					    "name a file of one of these controllers: %s",
					    table_names(controllers, names, sizeof names));
		}
		limits_add(limits, pair->key, from, pair->value);
	}
	return 0;
}

/* --- the policy's defaults --- */

/* The last line about @file, which is the one that counts. */
static struct cgroup_write *find(const struct limits *limits, const char *file)
{
	for (size_t i = limits->n; i-- > 0;) {
		if (strcmp(limits->items[i].file, file) == 0)
			return &limits->items[i];
	}
	return NULL;
}

/* For what the bundle says nothing about, or, of the limits that every container has, "max" in
 * `unified`. An update only has the latter: what it does not name stays as it is. */
static void add_defaults(struct limits *limits)
{
	const struct policy_settings *settings = limits->settings;
	const char *cpu_max = arena_printf(
		limits->arena, "%" PRIu64 " %" PRIu64, settings->cpu_quota_us,
		settings->cpu_period_us ? settings->cpu_period_us : CPU_PERIOD_DEFAULT_US);
	const uint64_t pids_max = settings->pids_max > 0 ? (uint64_t)settings->pids_max : 0;
	const struct {
		bool wanted, not_max;
		const char *file, *value, *from;
	} rows[] = {
		{ settings->memory_max > 0, true, "memory.max",
		  number(limits->arena, settings->memory_max), "policy: memory_max" },
		{ settings->swap_limited, false, "memory.swap.max",
		  number(limits->arena, settings->swap_max), "policy: swap_max" },
		{ settings->memory_oom_group, false, "memory.oom.group", "1",
		  "policy: memory_oom_group" },
		{ pids_max > 0, true, "pids.max", number(limits->arena, pids_max),
		  "policy: pids_max" },
		{ settings->cpu_quota_us > 0, true, "cpu.max", cpu_max, "policy: cpu_quota_us" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct cgroup_write *write = find(limits, rows[i].file);
		const bool lifted =
			write && rows[i].not_max && strncmp(write->value, "max", 3) == 0;

		if (!rows[i].wanted || (write ? !lifted : limits->update))
			continue;
		if (!write)
			write = limits_add(limits, rows[i].file, /* from = */ NULL,
					   /* value = */ NULL);
		write->value = rows[i].value;
		write->from = rows[i].from;
		write->may_lack = true;
	}
}

/* --- what this host can enforce --- */

static bool has_word(const char *words, const char *word)
{
	const size_t len = strlen(word);

	for (const char *at = words; (at = strstr(at, word)); at += len) {
		if ((at == words || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
	}
	return false;
}

static int refuse_unenforceable(const struct limits *limits, const struct cgroup_write *write,
				const char *controller, const struct host *host)
{
	(void)error_set(limits->err, ERR_SPEC, write->from,
			"%s cannot be set: cgroup v2 on this host has no controller '%s'",
			write->file, controller);
	if (host->cgroup_hybrid)
		return error_remedy(limits->err,
				    "boot with cgroup_no_v1=all, which takes the controllers from "
				    "cgroup v1, or remove the limit");
	return error_remedy(limits->err, "use a kernel with that controller, or remove the limit");
}

/* Keep the writes whose controller the host has; a default that goes is named in @ret. */
static int keep_enforceable(struct limits *limits, const struct host *host, const char **ret)
{
	const char *lacking = NULL;
	size_t kept = 0;

	for (size_t i = 0; i < limits->n; i++) {
		const struct cgroup_write *write = &limits->items[i];
		const char *controller =
			arena_strndup(limits->arena, write->file, strcspn(write->file, "."));

		if (table_find(core_files, write->file) ||
		    has_word(host->cgroup_controllers, controller)) {
			limits->items[kept++] = *write;
			continue;
		}
		if (!write->may_lack)
			return refuse_unenforceable(limits, write, controller, host);
		if (strcmp(write->value, "max") == 0)
			continue; /* nothing to enforce */
		lacking = lacking ? arena_printf(limits->arena, "%s, %s", lacking, write->file)
				  : write->file;
	}
	limits->n = kept;
	*ret = lacking;
	return 0;
}

/* The controllers of the files, and those whose accounting engines read: conmon watches
 * memory.events, `events` and `ps` want the others. Only what the host has: an enabled controller
 * costs each start. */
static const char *wanted_controllers(const struct limits *limits, const struct host *host)
{
	static const char *const always[] = { "cpu", "memory", "pids" };
	const char *wanted = "";

	for (size_t i = 0; i < ARRAY_LEN(controllers); i++) {
		const char *name = controllers[i].name;
		const size_t len = strlen(name);
		bool used = false;

		for (size_t j = 0; j < ARRAY_LEN(always); j++)
			used |= strcmp(name, always[j]) == 0;
		for (size_t j = 0; j < limits->n; j++)
			used |= strncmp(limits->items[j].file, name, len) == 0 &&
				limits->items[j].file[len] == '.';
		if (used && (!host->cgroup_controllers || has_word(host->cgroup_controllers, name)))
			wanted =
				*wanted ? arena_printf(limits->arena, "%s %s", wanted, name) : name;
	}
	return wanted;
}

static int convert(struct limits *limits, const struct spec_resources *resources,
		   const struct host *host, struct plan_limits *ret)
{
	const char *lacking = NULL;

	if (limits_convert(limits, resources) < 0 || add_unified(limits, resources) < 0)
		return -1;
	add_defaults(limits);
	if (host->cgroup_controllers && keep_enforceable(limits, host, &lacking) < 0)
		return -1;
	*ret = (struct plan_limits){
		.writes = limits->items,
		.n = limits->n,
		.controllers = wanted_controllers(limits, host),
		.lacking = lacking,
	};
	return 0;
}

int plan_resources(const struct spec_resources *resources, const struct policy_settings *settings,
		   const struct host *host, struct arena *arena, struct plan_limits *ret,
		   struct error *err)
{
	struct limits limits = { .arena = arena, .settings = settings, .err = err };

	return convert(&limits, resources, host, ret);
}

int plan_cgroup_update(const struct spec_resources *resources,
		       const struct policy_settings *settings, const struct host *host,
		       struct arena *arena, struct plan_limits *ret, struct error *err)
{
	struct limits limits = { .arena = arena, .settings = settings, .update = true, .err = err };

	return convert(&limits, resources, host, ret);
}
