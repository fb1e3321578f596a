/* container/state_json.c: struct state as JSON: state.json, and what `state` prints
 *
 * The rows below say what each part consists of, once, for the writer and the reader.
 */
#include "container/state.h"

#include "base/cleanup.h"
#include "container/id.h"
#include "container/id_reservation.h"

#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { LAYOUT = 1 }; /* of state.json; another number for one that this reader would misread */

enum field_type {
	TYPE_STRING,
	TYPE_BOOL,
	TYPE_INT,
	TYPE_UINT,
	TYPE_TIME,
	TYPE_STATUS,
	TYPE_MANAGER
};

struct field {
	const char *name;
	size_t offset;
	enum field_type type;
	bool optional; /* a string that may be NULL, and is left out then */
};

// clang-format off
#define STATE(member) offsetof(struct state, member)
static const struct field state_fields[] = {
	{ "ociVersion",  STATE(oci_version),  TYPE_STRING },
	{ "id",          STATE(id),           TYPE_STRING },
	{ "status",      STATE(status),       TYPE_STATUS },
	{ "pid",         STATE(pid),          TYPE_INT    },
	{ "startTime",   STATE(start_time),   TYPE_TIME   },
	{ "bundle",      STATE(bundle),       TYPE_STRING },
	{ "rootfs",      STATE(rootfs),       TYPE_STRING },
	{ "created",     STATE(created),      TYPE_STRING },
	{ "owner",       STATE(owner),        TYPE_UINT   },
	{ "rootless",    STATE(rootless),     TYPE_BOOL   },
	{ "preserveFds", STATE(preserve_fds), TYPE_UINT   },
	{ "reservation", STATE(reservation),  TYPE_STRING, .optional = true },
};

#define CGROUP(member) offsetof(struct state_cgroup, member)
static const struct field cgroup_fields[] = {
	{ "manager", CGROUP(manager), TYPE_MANAGER },
	{ "path",    CGROUP(path),    TYPE_STRING, .optional = true },
	{ "made",    CGROUP(made),    TYPE_UINT   },
	{ "unit",    CGROUP(unit),    TYPE_STRING, .optional = true },
};

#define PROTECTION(member) offsetof(struct state_protections, member)
static const struct field protection_fields[] = {
	{ "seccompDigest",  PROTECTION(seccomp_digest),  TYPE_STRING, .optional = true },
	{ "seccompProfile", PROTECTION(seccomp_profile), TYPE_STRING, .optional = true },
	{ "apparmor",       PROTECTION(apparmor),        TYPE_STRING, .optional = true },
	{ "landlockAbi",    PROTECTION(landlock_abi),    TYPE_INT    },
	{ "landlockScoped", PROTECTION(landlock_scoped), TYPE_BOOL   },
	{ "coreScheduling", PROTECTION(core_scheduling), TYPE_BOOL   },
};

static const char *const managers[] = {
	[CGROUP_MANAGER_CGROUPFS] = "cgroupfs",
	[CGROUP_MANAGER_SYSTEMD]  = "systemd",
	[CGROUP_MANAGER_DISABLED] = "disabled",
};
// clang-format on
static_assert(sizeof(unsigned) == sizeof(uint32_t) && sizeof(pid_t) == sizeof(int),
	      "TYPE_UINT and TYPE_INT are 32 bits");

/* --- writing --- */

static void write_field(const struct field *field, const void *base, struct json_out *out)
{
	const void *value = (const char *)base + field->offset;
	const char *text = NULL;

	switch (field->type) {
	case TYPE_STRING:
		text = *(const char *const *)value;
		break;
	case TYPE_STATUS:
		text = status_name(*(const enum container_status *)value);
		break;
	case TYPE_MANAGER:
		text = managers[*(const enum cgroup_manager *)value];
		break;
	case TYPE_BOOL:
		json_out_bool(out, field->name, *(const bool *)value);
		return;
	case TYPE_INT:
		json_out_int(out, field->name, *(const int *)value);
		return;
	case TYPE_UINT:
		json_out_uint(out, field->name, *(const uint32_t *)value);
		return;
	case TYPE_TIME:
		json_out_uint(out, field->name, *(const uint64_t *)value);
		return;
	}
	if (text || !field->optional)
		json_out_string(out, field->name, text ? text : "");
}

#define write_fields(fields, base, out) write_rows(fields, ARRAY_LEN(fields), base, out)
static void write_rows(const struct field *fields, size_t n, const void *base, struct json_out *out)
{
	for (size_t i = 0; i < n; i++)
		write_field(&fields[i], base, out);
}

static void write_ranges(const struct id_range *ranges, size_t n, const char *key,
			 struct json_out *out)
{
	json_out_array(out, key);
	for (size_t i = 0; i < n; i++) {
		json_out_object(out, /* key = */ NULL);
		json_out_uint(out, "containerID", ranges[i].inside);
		json_out_uint(out, "hostID", ranges[i].outside);
		json_out_uint(out, "size", ranges[i].count);
		json_out_end_object(out);
	}
	json_out_end_array(out);
}

static void write_namespaces(const struct state *state, struct json_out *out)
{
	json_out_array(out, "namespaces");
	for (enum ns kind = 0; kind < NS_COUNT; kind++) {
		if (state->namespaces[kind].how == PLAN_NS_NONE)
			continue;
		json_out_object(out, /* key = */ NULL);
		json_out_string(out, "type", ns_name(kind));
		if (state->namespaces[kind].how == PLAN_NS_JOIN)
			json_out_string(out, "path", state->namespaces[kind].path);
		json_out_end_object(out);
	}
	json_out_end_array(out);
}

static void write_annotations(const struct state *state, struct json_out *out)
{
	json_out_object(out, "annotations");
	for (size_t i = 0; i < state->annotations.n; i++)
		json_out_string(out, state->annotations.items[i].key,
				state->annotations.items[i].value);
	json_out_end_object(out);
}

/* What `state` shows as "brig" and state.json has at its top. */
static void write_details(const struct state *state, struct json_out *out)
{
	write_ranges(state->ids.uids, state->ids.n_uids, "uidMappings", out);
	write_ranges(state->ids.gids, state->ids.n_gids, "gidMappings", out);
	write_namespaces(state, out);

	json_out_object(out, "cgroup");
	write_fields(cgroup_fields, &state->cgroup, out);
	json_out_end_object(out);

	json_out_object(out, "protections");
	write_fields(protection_fields, &state->protections, out);
	json_out_array(out, "warnings");
	for (size_t i = 0; i < state->protections.warnings.n; i++)
		json_out_string(out, /* key = */ NULL, state->protections.warnings.items[i]);
	json_out_end_array(out);
	json_out_end_object(out);
}

void state_write(const struct state *state, struct buf *ret)
{
	struct json_out out = { .buf = ret };

	json_out_object(&out, /* key = */ NULL);
	json_out_uint(&out, "layout", LAYOUT);
	write_fields(state_fields, state, &out);
	write_details(state, &out);
	write_annotations(state, &out);
	plan_hooks_print_json(state->hooks, &out);
	json_out_end_object(&out);
	buf_putc(ret, '\n');
}

void state_print(const struct state *state, struct json_out *out, bool full)
{
	char owner[16] = "root"; /* as runc names a user that it cannot look up: "#1000" */

	if (state->owner != 0)
		snprintf(owner, sizeof owner, "#%u", state->owner);

	json_out_object(out, /* key = */ NULL);
	json_out_string(out, "ociVersion", state->oci_version);
	json_out_string(out, "id", state->id);
	json_out_int(out, "pid", state->status == STATUS_STOPPED ? 0 : state->pid);
	json_out_string(out, "status", status_name(state->status));
	json_out_string(out, "bundle", state->bundle);
	json_out_string(out, "rootfs", state->rootfs);
	json_out_string(out, "created", state->created);
	if (state->annotations.n > 0)
		write_annotations(state, out);
	json_out_string(out, "owner", owner);
	if (full) {
		json_out_object(out, "brig");
		write_details(state, out);
		json_out_end_object(out);
	}
	json_out_end_object(out);
}

/* --- reading --- */

/* The member @key, or an error that names its parent. */
static const struct json *member(const struct json *object, const char *key, enum json_type type,
				 struct error *err)
{
	const struct json *node = json_get(object, key);

	if (node && node->type == type)
		return node;
	(void)json_error(node ? node : object, err,
			 node ? "is of another type than '%s' has" : "lacks '%s'", key);
	return NULL;
}

static int read_name(const struct json *node, const char *const *names, size_t n, unsigned *ret,
		     struct error *err)
{
	const char *text;

	if (json_to_string(node, &text, err) < 0)
		return -1;
	for (unsigned i = 0; i < n; i++) {
		if (strcmp(names[i], text) != 0)
			continue;
		*ret = i;
		return 0;
	}
	return json_error(node, err, "has no such value: '%.64s'", text);
}

static int read_status(const struct json *node, enum container_status *ret, struct error *err)
{
	const char *text;

	if (json_to_string(node, &text, err) < 0)
		return -1;
	return status_parse(text, ret) ? 0 : json_error(node, err, "is no status: '%.64s'", text);
}

static int read_field(const struct field *field, const struct json *object, void *base,
		      struct error *err)
{
	const struct json *node = json_get(object, field->name);
	void *value = (char *)base + field->offset;
	uint64_t natural = 0;
	int64_t integer = 0;

	if (!node && field->optional)
		return 0;
	if (!node)
		return json_error(object, err, "lacks '%s'", field->name);

	switch (field->type) {
	case TYPE_STRING:
		return json_to_string(node, value, err);
	case TYPE_STATUS:
		return read_status(node, value, err);
	case TYPE_MANAGER:
		return read_name(node, managers, ARRAY_LEN(managers), value, err);
	case TYPE_BOOL:
		return json_to_bool(node, value, err);
	case TYPE_INT: /* a pid below 0 would mean a process group to kill(2) */
		if (json_to_int(node, 0, INT_MAX, &integer, err) < 0)
			return -1;
		*(int *)value = (int)integer;
		return 0;
	case TYPE_UINT:
		if (json_to_uint(node, UINT32_MAX, &natural, err) < 0)
			return -1;
		*(uint32_t *)value = (uint32_t)natural;
		return 0;
	case TYPE_TIME:
		return json_to_uint(node, UINT64_MAX, value, err);
	}
	return -1;
}

#define read_fields(fields, object, base, err)                                                     \
	read_rows(fields, ARRAY_LEN(fields), object, base, err)
static int read_rows(const struct field *fields, size_t n, const struct json *object, void *base,
		     struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		if (read_field(&fields[i], object, base, err) < 0)
			return -1;
	}
	return 0;
}

// clang-format off
#define RANGE(member) offsetof(struct id_range, member)
static const struct field range_fields[] = {
	{ "containerID", RANGE(inside),  TYPE_UINT },
	{ "hostID",      RANGE(outside), TYPE_UINT },
	{ "size",        RANGE(count),   TYPE_UINT },
};
// clang-format on

static int read_ranges(const struct json *top, const char *key, struct arena *arena,
		       const struct id_range **ret, size_t *ret_n, struct error *err)
{
	const struct json *array = member(top, key, JSON_ARRAY, err);
	struct id_range *ranges;
	size_t n = 0;

	if (!array)
		return -1;
	if (array->len > IDMAP_RANGES_MAX)
		return json_error(array, err, "has more than %d entries", IDMAP_RANGES_MAX);

	ranges = arena_array(arena, array->len + 1, sizeof *ranges);
	for (const struct json *node = array->first; node; node = node->next) {
		if (read_fields(range_fields, node, &ranges[n++], err) < 0)
			return -1;
	}
	*ret = ranges;
	*ret_n = n;
	return 0;
}

static int read_namespaces(const struct json *top, struct state *ret, struct error *err)
{
	const struct json *array = member(top, "namespaces", JSON_ARRAY, err);
	const char *names[NS_COUNT];

	if (!array)
		return -1;
	for (enum ns kind = 0; kind < NS_COUNT; kind++)
		names[kind] = ns_name(kind);

	for (const struct json *node = array->first; node; node = node->next) {
		const struct json *type = member(node, "type", JSON_STRING, err);
		const struct json *path = json_get(node, "path");
		unsigned kind;

		if (!type || read_name(type, names, NS_COUNT, &kind, err) < 0)
			return -1;
		ret->namespaces[kind].how = path ? PLAN_NS_JOIN : PLAN_NS_NEW;
		if (path && json_to_string(path, &ret->namespaces[kind].path, err) < 0)
			return -1;
	}
	return 0;
}

static int read_annotations(const struct json *top, struct arena *arena, struct spec_pairs *ret,
			    struct error *err)
{
	const struct json *object = member(top, "annotations", JSON_OBJECT, err);
	struct spec_pair *pairs;
	size_t n = 0;

	if (!object)
		return -1;
	pairs = arena_array(arena, object->len + 1, sizeof *pairs);
	for (const struct json *node = object->first; node; node = node->next) {
		pairs[n].key = node->key;
		if (json_to_string(node, &pairs[n++].value, err) < 0)
			return -1;
	}
	*ret = (struct spec_pairs){ pairs, n };
	return 0;
}

static int read_strings(const struct json *object, const char *key, struct arena *arena,
			struct spec_strings *ret, struct error *err)
{
	const struct json *array = member(object, key, JSON_ARRAY, err);
	const char **items;
	size_t n = 0;

	if (!array)
		return -1;
	items = arena_array(arena, array->len + 1, sizeof *items);
	for (const struct json *node = array->first; node; node = node->next) {
		if (json_to_string(node, &items[n++], err) < 0)
			return -1;
	}
	*ret = (struct spec_strings){ items, n };
	return 0;
}

// clang-format off
#define HOOK(member) offsetof(struct spec_hook, member)
static const struct field hook_fields[] = {
	{ "path",    HOOK(path),    TYPE_STRING },
	{ "timeout", HOOK(timeout), TYPE_UINT   },
};
// clang-format on

static int read_hooks_of(const struct json *array, struct arena *arena, struct spec_hooks *ret,
			 struct error *err)
{
	struct spec_hook *hooks = arena_array(arena, array->len, sizeof *hooks);
	size_t n = 0;

	for (const struct json *node = array->first; node; node = node->next, n++) {
		if (read_fields(hook_fields, node, &hooks[n], err) < 0 ||
		    read_strings(node, "args", arena, &hooks[n].args, err) < 0 ||
		    read_strings(node, "env", arena, &hooks[n].env, err) < 0)
			return -1;
	}
	*ret = (struct spec_hooks){ hooks, n };
	return 0;
}

static int read_hooks(const struct json *top, struct arena *arena, struct spec_hooks *ret,
		      struct error *err)
{
	const struct json *object = member(top, "hooks", JSON_OBJECT, err);

	for (enum hook_kind kind = 0; object && kind < HOOK_COUNT; kind++) {
		const char *name = hook_kind_name(kind);

		if (!json_get(object, name))
			continue;

		const struct json *array = member(object, name, JSON_ARRAY, err);

		if (!array || read_hooks_of(array, arena, &ret[kind], err) < 0)
			return -1;
	}
	return object ? 0 : -1;
}

static int read_parts(const struct json *top, struct arena *arena, struct state *ret,
		      struct error *err)
{
	const struct json *cgroup = member(top, "cgroup", JSON_OBJECT, err);
	const struct json *protections =
		cgroup ? member(top, "protections", JSON_OBJECT, err) : NULL;

	if (!protections || read_fields(cgroup_fields, cgroup, &ret->cgroup, err) < 0 ||
	    read_fields(protection_fields, protections, &ret->protections, err) < 0 ||
	    read_strings(protections, "warnings", arena, &ret->protections.warnings, err) < 0 ||
	    read_ranges(top, "uidMappings", arena, &ret->ids.uids, &ret->ids.n_uids, err) < 0 ||
	    read_ranges(top, "gidMappings", arena, &ret->ids.gids, &ret->ids.n_gids, err) < 0 ||
	    read_namespaces(top, ret, err) < 0)
		return -1;
	if (read_annotations(top, arena, &ret->annotations, err) < 0)
		return -1;
	return read_hooks(top, arena, ret->hooks, err);
}

/* Does a path have a component ".."? */
static bool leads_up(const char *path)
{
	for (const char *found = path; (found = strstr(found, "..")); found += 2) {
		if ((found == path || found[-1] == '/') && (found[2] == '/' || found[2] == '\0'))
			return true;
	}
	return false;
}

/* What becomes a file name, or the name of something to remove, must be one that we would write. */
static int check_names(const struct json *top, const struct state *state, struct error *err)
{
	if (!id_is_valid(state->id))
		return json_error(json_get(top, "id"), err, "is no container ID");
	if (state->reservation && !id_reservation_is_name(state->reservation))
		return json_error(json_get(top, "reservation"), err, "is no id reservation");
	if (state->cgroup.path && (state->cgroup.path[0] != '/' || leads_up(state->cgroup.path)))
		return json_error(json_get(json_get(top, "cgroup"), "path"), err,
				  "is no path of a cgroup");
	return 0;
}

int state_parse(const char *text, size_t len, struct arena *arena, struct state *ret,
		struct error *err)
{
	const struct json *top =
		json_parse(arena, STATE_FILE, text, len, (struct json_limits){}, err);
	struct state found = {};
	const struct json *layout;
	uint64_t number;

	if (!top)
		return -1;
	layout = member(top, "layout", JSON_NUMBER, err);
	if (!layout || json_to_uint(layout, UINT32_MAX, &number, err) < 0)
		return -1;
	if (number != LAYOUT) {
		(void)json_error(layout, err, "is %" PRIu64 ": written by another version of brig",
				 number);
		return error_remedy(err, "use that version to delete the container");
	}
	if (read_fields(state_fields, top, &found, err) < 0 ||
	    read_parts(top, arena, &found, err) < 0 || check_names(top, &found, err) < 0)
		return -1;
	*ret = found;
	return 0;
}
