/* plan/plan_systemd.c: the container's cgroup as a systemd scope
 *
 * "slice:prefix:name" is the scope prefix-name.scope in that slice. A slice a-b.slice is below
 * a.slice, systemd.slice(5), so the names tell the path. A user's own service manager has it all
 * below its service.
 *
 * The limits are not given to systemd as properties of the scope, which it would write in its own
 * way and again at each daemon-reload: the scope is delegated, and in it is the cgroup `container`
 * with our limits, where nobody else writes. (CRI-O knows that name, and no other; so does crun.)
 * The annotation run.oci.systemd.subgroup gives another name; none at all cannot be had.
 */
#include "plan/plan_systemd.h"

#include "base/cleanup.h"
#include "base/table.h"
#include "kernel/cgroup_property.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { UNIT_NAME_MAX = 255 }; /* systemd.unit(5) */

static const char slice_suffix[] = ".slice";
static const char property_prefix[] = "org.systemd.property.";
static const char from_path[] = "/linux/cgroupsPath";

// clang-format off
/* Properties that change how the scope is stopped, shown and ordered. Others would let a bundle start and
 * stop the host's units (Conflicts=, Wants=, OnFailure=), or take more of the machine than its share. */
static const struct property_name {
	const char *name, *signature, *example;
} properties[] = {
	{ "After",               "as", "['network.target']" },
	{ "Before",              "as", "['network.target']" },
	{ "CollectMode",         "s",  "'inactive-or-failed'" },
	{ "DefaultDependencies", "b",  "true" },
	{ "Description",         "s",  "'a container'" },
	{ "FinalKillSignal",     "i",  "int32 9" },
	{ "KillMode",            "s",  "'mixed'" },
	{ "KillSignal",          "i",  "int32 15" },
	{ "RuntimeMaxUSec",      "t",  "uint64 60000000" },
	{ "SendSIGHUP",          "b",  "true" },
	{ "SendSIGKILL",         "b",  "true" },
	{ "TimeoutStopUSec",     "t",  "uint64 10000000" },
};
// clang-format on

static bool ends_with(const char *text, const char *suffix)
{
	const size_t len = strlen(text), suffix_len = strlen(suffix);

	return len > suffix_len && strcmp(text + len - suffix_len, suffix) == 0;
}

bool plan_is_systemd_path(const char *cgroups_path)
{
	const char *first = strchr(cgroups_path, ':');
	const char *second = first ? strchr(first + 1, ':') : NULL;

	return second && !strchr(second + 1, ':') && !strchr(cgroups_path, '/');
}

const char *plan_slice_path(struct arena *arena, const char *slice)
{
	const char *path = "";

	if (!ends_with(slice, slice_suffix) || strchr(slice, '/'))
		return NULL;
	if (strcmp(slice, "-.slice") == 0)
		return path;

	const size_t len = strlen(slice) - strlen(slice_suffix);

	/* Up to each dash it is the name of one slice above. */
	for (size_t end = 0, start = 0; end <= len; end++) {
		if (end < len && slice[end] != '-')
			continue;
		if (end == start)
			return NULL; /* "a--b", "-a", "a-" */
		path = arena_printf(arena, "%s/%.*s%s", path, (int)end, slice, slice_suffix);
		start = end + 1;
	}
	return path;
}

/* A unit's name has letters, digits and ":-_.\"; the rest as \xNN, systemd.unit(5). An id may have
 * a plus. */
static const char *escape(struct arena *arena, const char *name)
{
	char *ret = arena_alloc(arena, 4 * strlen(name) + 1), *end = ret;

	for (; *name; name++) {
		if (isalnum((unsigned char)*name) || strchr(":-_.", *name))
			*end++ = *name;
		else
			end += sprintf(end, "\\x%02x", (unsigned char)*name);
	}
	return ret;
}

/* --- the parts of cgroupsPath --- */

static int unit_of(struct plan *plan, const char *prefix, const char *name, struct error *err)
{
	if (!*name || ends_with(name, slice_suffix)) {
		(void)error_set(err, ERR_SPEC, from_path,
				"'%s' cannot be the name of a container's scope", name);
		return error_remedy(err, "give slice:prefix:name, with the container's id as name");
	}
	plan->cgroup.systemd.unit =
		arena_printf(&plan->arena, "%s%s%s.scope", escape(&plan->arena, prefix),
			     *prefix ? "-" : "", escape(&plan->arena, name));
	if (strlen(plan->cgroup.systemd.unit) > UNIT_NAME_MAX)
		return error_set(err, ERR_SPEC, from_path, "the name of the unit '%s' is too long",
				 plan->cgroup.systemd.unit);
	return 0;
}

/* Engines leave the slice out for the default one. */
static int split(struct plan *plan, const char *asked, const char *default_slice, struct error *err)
{
	struct arena *arena = &plan->arena;

	if (!asked) {
		plan->cgroup.systemd.slice = default_slice;
		return unit_of(plan, "brig", plan->id, err);
	}

	const char *prefix = strchr(asked, ':') + 1, *name = strchr(prefix, ':') + 1;
	const char *slice = arena_strndup(arena, asked, (size_t)(prefix - asked) - 1);

	plan->cgroup.systemd.slice = *slice ? slice : default_slice;
	return unit_of(plan, arena_strndup(arena, prefix, (size_t)(name - prefix) - 1), name, err);
}

static int subgroup_of(struct plan *plan, const struct spec *spec, struct error *err)
{
	static const char annotation[] = "run.oci.systemd.subgroup";
	const char *name = spec_annotation(spec, annotation);

	if (!name || !*name)
		name = "container";
	if (strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    strncmp(name, "cgroup.", strlen("cgroup.")) == 0)
		return error_set(err, ERR_SPEC, "/annotations/run.oci.systemd.subgroup",
				 "'%s' cannot be the name of a cgroup", name);
	plan->cgroup.systemd.subgroup = name;
	return 0;
}

/* --- annotations as properties --- */

/* runc takes a time in seconds, "TimeoutStopSec", for the property in microseconds. */
static int to_microseconds(struct arena *arena, const char **name, const char **value)
{
	struct cgroup_property_value parsed;
	uint64_t number;

	if (!ends_with(*name, "Sec") || ends_with(*name, "USec"))
		return 0;
	if (cgroup_property_parse(*value, arena, &parsed) < 0 || !strchr("ti", *parsed.signature) ||
	    __builtin_mul_overflow(parsed.number, UINT64_C(1'000'000), &number))
		return -1;
	*name = arena_printf(arena, "%.*sUSec", (int)(strlen(*name) - strlen("Sec")), *name);
	*value = arena_printf(arena, "uint64 %" PRIu64, number);
	return 0;
}

static int property(struct plan *plan, const struct spec_pair *annotation,
		    struct cgroup_property *ret, struct error *err)
{
	struct arena *arena = &plan->arena;
	const char *name = annotation->key + strlen(property_prefix), *value = annotation->value;
	const char *from = arena_printf(arena, "/annotations/%s", annotation->key);
	const int converted = to_microseconds(arena, &name, &value);
	const struct property_name *row = table_find(properties, name);
	struct cgroup_property_value parsed;

	if (!row) {
		char names[256];

		(void)error_set(err, ERR_SPEC, from,
				"a bundle may not set the property '%s' of a unit", name);
		return error_remedy(err, "these it may: %s",
				    table_names(properties, names, sizeof names));
	}
	if (converted < 0 || cgroup_property_parse(value, arena, &parsed) < 0 ||
	    strcmp(parsed.signature, row->signature) != 0) {
		(void)error_set(err, ERR_SPEC, from, "'%s' is not a value for %s", value, name);
		return error_remedy(err, "write it as GVariant text, such as %s", row->example);
	}
	*ret = (struct cgroup_property){ .key = name, .value = value, .from = from };
	return 0;
}

static int properties_of(struct plan *plan, const struct spec *spec, struct error *err)
{
	struct cgroup_property *list = arena_array(&plan->arena, spec->annotations.n, sizeof *list);
	size_t n = 0;

	for (size_t i = 0; i < spec->annotations.n; i++) {
		const struct spec_pair *annotation = &spec->annotations.items[i];

		if (strncmp(annotation->key, property_prefix, strlen(property_prefix)) != 0)
			continue;
		if (property(plan, annotation, &list[n], err) < 0)
			return -1;
		n++;
	}
	plan->cgroup.systemd.properties = list;
	plan->cgroup.systemd.n_properties = n;
	return 0;
}

int plan_systemd(struct plan *plan, const struct plan_input *in, struct error *err)
{
	struct arena *arena = &plan->arena;
	struct plan_cgroup *cgroup = &plan->cgroup;
	const struct host *host = in->host;

	if (!host->systemd) {
		(void)error_set(err, ERR_KERNEL, "--systemd-cgroup",
				"systemd is not the service manager of this host");
		return error_remedy(err, "use --cgroup-manager cgroupfs");
	}
	if (split(plan, in->spec->linux_.cgroups_path,
		  host->rootless ? "user.slice" : "system.slice", err) < 0 ||
	    subgroup_of(plan, in->spec, err) < 0 || properties_of(plan, in->spec, err) < 0)
		return -1;

	const char *slices = plan_slice_path(arena, cgroup->systemd.slice);

	if (!slices) {
		(void)error_set(err, ERR_SPEC, from_path, "'%s' is not the name of a slice",
				cgroup->systemd.slice);
		return error_remedy(err, "give a name such as system.slice or a-b.slice");
	}
	if (host->rootless)
		slices = arena_printf(
			arena, "/user.slice/user-%" PRIu32 ".slice/user@%" PRIu32 ".service%s",
			host->uid, host->uid, slices);
	cgroup->path = arena_printf(arena, "%s/%s/%s", slices, cgroup->systemd.unit,
				    cgroup->systemd.subgroup);
	return 0;
}
