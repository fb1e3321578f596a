/* policy/rules_namespaces.c: whose namespaces and ids the container would use
 *
 * A namespace is the host's when the list does not name its kind, or when the path given leads to
 * it. Paths are compared by device and inode: /run/docker/netns/default is a name for the host's
 * network namespace that nothing in the name gives away. namespaces(7), config-linux.md
 * "Namespaces".
 */
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/namespace.h"
#include "policy/host_paths.h"
#include "policy/rules.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The specification's kinds and the kernel module's are one list. */
static_assert((int)SPEC_NS_USER == (int)NS_USER && (int)SPEC_NS_MOUNT == (int)NS_MOUNT &&
		      (int)SPEC_NS_PID == (int)NS_PID && (int)SPEC_NS_NETWORK == (int)NS_NET &&
		      (int)SPEC_NS_IPC == (int)NS_IPC && (int)SPEC_NS_UTS == (int)NS_UTS &&
		      (int)SPEC_NS_CGROUP == (int)NS_CGROUP && (int)SPEC_NS_TIME == (int)NS_TIME &&
		      (int)SPEC_NS_COUNT == (int)NS_COUNT,
	      "the kinds of namespaces differ");

/*
 * Ids below belong to the host's own users on every distribution, and Kubernetes draws from here
 * up.
 */
enum { HOST_IDS = 65536, PASSWD_SIZE_MAX = 4 << 20 };

static const char *namespace_pointer(struct judge *judge, const struct spec_namespace *ns)
{
	return judge_pointer(judge, "/linux/namespaces/%zu/path", ns->index);
}

/* What the person typed of whom an engine has left a namespace out. */
static const char *const asked_as[SPEC_NS_COUNT] = {
	[SPEC_NS_NETWORK] = " (hostNetwork, --network=host)",
	[SPEC_NS_PID] = " (hostPID, --pid=host)",
	[SPEC_NS_IPC] = " (hostIPC, --ipc=host)",
};

void check_namespace_missing(struct judge *judge, const struct rule *rule)
{
	const enum spec_namespace_kind kind = (enum spec_namespace_kind)rule->subject;
	size_t listed = 0;

	if (judge->spec->linux_.namespaces[kind].listed)
		return;
	if (kind == SPEC_NS_TIME && !judge->host->time_namespace)
		return;
	if (!judge_found(judge, rule, "/linux/namespaces",
			 "no %s namespace is asked for, so it would be the host's%s",
			 ns_name((enum ns)kind), asked_as[kind] ?: ""))
		return;

	for (size_t i = 0; i < SPEC_NS_COUNT; i++)
		listed += judge->hard->linux_.namespaces[i].listed;
	judge->hard->linux_.set = true;
	judge->hard->linux_.namespaces[kind] =
		(struct spec_namespace){ .listed = true, .index = listed };
}

/*
 * Is it the namespace of brig itself, or of the host's init? An engine may run us in a namespace of
 * its own.
 */
int namespace_is_host(enum spec_namespace_kind of, const char *path, struct error *err)
{
	const enum ns kind = (enum ns)of;
	autoclose int fd = ns_open(kind, path, err);
	char init_path[32];
	struct error ignored;

	if (fd < 0)
		return -1;

	const int own = ns_is_own(kind, fd, err);

	if (own != 0)
		return own;

	/* Rootless, the init's namespaces cannot be opened, and cannot be joined either. */
	snprintf(init_path, sizeof init_path, "/proc/1/ns/%s", ns_proc(kind));
	autoclose int init = ns_open(kind, init_path, &ignored);

	return init >= 0 && ns_same(fd, init);
}

void check_namespace_host_path(struct judge *judge, const struct rule *rule)
{
	for (size_t kind = 0; kind < SPEC_NS_COUNT; kind++) {
		const struct spec_namespace *const ns = &judge->spec->linux_.namespaces[kind];
		const char *const name = ns_name((enum ns)kind);
		struct error cause;
		bool harden;

		if (!ns->listed || ns->path == NULL)
			continue;

		const int is_host =
			namespace_is_host((enum spec_namespace_kind)kind, ns->path, &cause);

		if (is_host == 0)
			continue;
		/* A path that cannot be opened now may lead to the host's when it is joined. */
		if (is_host < 0)
			harden = judge_found(judge, rule, namespace_pointer(judge, ns),
					     "nothing shows that it is not the host's: %.300s",
					     cause.text);
		else
			harden = judge_found(judge, rule, namespace_pointer(judge, ns),
					     "'%.200s' is the host's own %s namespace", ns->path,
					     name);
		if (harden)
			judge->hard->linux_.namespaces[kind].path = NULL;
	}
}

void check_namespace_joined(struct judge *judge, const struct rule *rule)
{
	const struct spec_namespace *const ns = &judge->spec->linux_.namespaces[rule->subject];

	if (ns->listed && ns->path != NULL)
		judge_found_hard(judge, rule, namespace_pointer(judge, ns),
				 "the container joins the %s namespace '%.200s'",
				 ns_name((enum ns)rule->subject), ns->path);
}

void check_namespace_place(struct judge *judge, const struct rule *rule)
{
	const struct spec_strings *const places = &judge->policy->settings.namespace_paths_allow;

	for (size_t kind = 0; kind < SPEC_NS_COUNT; kind++) {
		const struct spec_namespace *const ns = &judge->spec->linux_.namespaces[kind];

		if (ns->listed && ns->path != NULL &&
		    !host_path_listed(places, host_path_plain(ns->path, judge->arena)))
			judge_found_hard(judge, rule, namespace_pointer(judge, ns),
					 "'%.200s' is not below a path of namespace_paths_allow",
					 ns->path);
	}
}

static bool overlaps(const struct spec_id_mapping *map, uint64_t first, uint64_t last)
{
	return map->size > 0 && map->host_id <= last &&
	       (uint64_t)map->host_id + map->size - 1 >= first;
}

/*
 * The @field-th field (2: user id, 3: group id) of a line of passwd(5); of group(5) the second too.
 */
static bool line_id(const char *line, const char *end, unsigned field, uint32_t *ret)
{
	uint64_t id = 0;
	const char *at = line;

	for (; field > 0; field--) {
		at = memchr(at, ':', (size_t)(end - at));
		if (at == NULL)
			return false;
		at++;
	}
	if (at == end || *at < '0' || *at > '9')
		return false;
	for (; at < end && *at >= '0' && *at <= '9' && id <= UINT32_MAX; at++)
		id = id * 10 + (uint64_t)(*at - '0');
	*ret = (uint32_t)id;
	return id <= UINT32_MAX;
}

/*
 * Does a mapping reach an account's id? Read directly: NSS would load libraries and ask the
 * network.
 */
static bool maps_account(const struct spec_id_mappings *maps, const struct buf *accounts,
			 uint32_t *ret_id)
{
	const char *line = buf_text(accounts);

	while (*line != '\0') {
		const char *const end = strchrnul(line, '\n');
		uint32_t id;

		if (line_id(line, end, 2, &id)) {
			for (size_t i = 0; i < maps->n; i++) {
				if (overlaps(&maps->items[i], id, id)) {
					*ret_id = id;
					return true;
				}
			}
		}
		line = *end == '\0' ? end : end + 1;
	}
	return false;
}

/* Where the ids of a kind are mapped, and which accounts of the host they must not meet. */
static const struct id_kind {
	const char *property, *mount_property, *accounts, *what;
} id_kinds[] = {
	{ "/linux/uidMappings", "/uidMappings", "/etc/passwd", "user" },
	{ "/linux/gidMappings", "/gidMappings", "/etc/group", "group" },
};

/* With a namespace joined by path the mappings are not written: they say nothing, and those that are
 * found in it are judged when it is joined, policy_check_mapping(). */
static bool mappings_count(const struct spec *spec)
{
	return spec->linux_.namespaces[SPEC_NS_USER].path == NULL;
}

static const struct spec_id_mappings *mappings_of(const struct spec *spec, size_t kind)
{
	return kind == 0 ? &spec->linux_.uid_mappings : &spec->linux_.gid_mappings;
}

void check_mapping_host_ids(struct judge *judge, const struct rule *rule)
{
	/* An ordinary user can map nothing but itself and what newuidmap(1) grants. */
	if (judge->host->rootless || !mappings_count(judge->spec))
		return;

	for (size_t kind = 0; kind < ARRAY_LEN(id_kinds); kind++) {
		const struct spec_id_mappings *const maps = mappings_of(judge->spec, kind);
		autobuf struct buf accounts = {};
		struct error cause;
		uint32_t id;
		size_t i;

		for (i = 0; i < maps->n && !overlaps(&maps->items[i], 0, HOST_IDS - 1); i++)
			;
		if (i < maps->n) {
			judge_found_hard(
				judge, rule,
				judge_pointer(judge, "%s/%zu/hostID", id_kinds[kind].property, i),
				"the container's %s %u is %s %u of the host", id_kinds[kind].what,
				maps->items[i].container_id, id_kinds[kind].what,
				maps->items[i].host_id);
			continue;
		}
		if (maps->n == 0)
			continue;
		if (fd_read_file(AT_FDCWD, id_kinds[kind].accounts, PASSWD_SIZE_MAX, &accounts,
				 &cause) < 0)
			judge_found_hard(judge, rule, id_kinds[kind].property,
					 "nothing shows that no %s of the host is mapped: %.300s",
					 id_kinds[kind].what, cause.text);
		else if (maps_account(maps, &accounts, &id))
			judge_found_hard(judge, rule, id_kinds[kind].property,
					 "the mapping reaches %s %u of %s", id_kinds[kind].what, id,
					 id_kinds[kind].accounts);
	}
}

/* --- mappings of a mount's own, which say what the disk gets --- */

/* Does @shift leave an id of @ids (of the host) as one from @first to @last on the disk? */
static bool reaches_disk(const struct spec_id_mapping *shift, const struct spec_id_mapping *ids,
			 uint64_t first, uint64_t last)
{
	const uint64_t shift_end = (uint64_t)shift->host_id + shift->size;
	const uint64_t ids_end = (uint64_t)ids->host_id + ids->size;
	const uint64_t from = shift->host_id > ids->host_id ? shift->host_id : ids->host_id;
	const uint64_t end = shift_end < ids_end ? shift_end : ids_end;

	return from < end && shift->container_id + (from - shift->host_id) <= last &&
	       shift->container_id + (end - 1 - shift->host_id) >= first;
}

/* Files that belong to an id of the pool are the next container's that draws it. The ids that the
 * container has are known where an engine chose them; those that are drawn, or found in a namespace,
 * may be any. */
static void check_mounts_pool(struct judge *judge, const struct rule *rule, size_t kind)
{
	static const struct spec_id_mapping any = { .size = UINT32_MAX };
	static const struct spec_id_mappings all = { &any, 1 };
	const struct policy_settings *const settings = &judge->policy->settings;
	const struct spec_id_mappings *const chosen = mappings_of(judge->spec, kind);
	/* More than the kernel takes are an error of the plan's. */
	const bool known =
		mappings_count(judge->spec) && chosen->n > 0 && chosen->n <= IDMAP_RANGES_MAX;
	const struct spec_id_mappings *const ids = known ? chosen : &all;

	for (size_t i = 0; i < judge->spec->n_mounts; i++) {
		const struct spec_mount *const mount = &judge->spec->mounts[i];
		const struct spec_id_mappings *const maps =
			kind == 0 ? &mount->uid_mappings : &mount->gid_mappings;

		for (size_t n = 0; n < maps->n * ids->n; n++) {
			const struct spec_id_mapping *const map = &maps->items[n / ids->n];

			if (!reaches_disk(map, &ids->items[n % ids->n], settings->id_pool_first,
					  settings->id_pool_last))
				continue;
			judge_found_hard(judge, rule,
					 judge_pointer(judge, "/mounts/%zu%s/%zu", i,
						       id_kinds[kind].mount_property, n / ids->n),
					 "the mount leaves files that belong to ids of the pool "
					 "from which brig draws those of other containers");
			break;
		}
	}
}

void check_mapping_pool(struct judge *judge, const struct rule *rule)
{
	const struct policy_settings *const settings = &judge->policy->settings;

	if (judge->host->rootless)
		return;
	for (size_t kind = 0; kind < ARRAY_LEN(id_kinds); kind++) {
		const struct spec_id_mappings *const maps = mappings_of(judge->spec, kind);

		check_mounts_pool(judge, rule, kind);
		for (size_t i = 0; i < maps->n && mappings_count(judge->spec); i++) {
			if (overlaps(&maps->items[i], settings->id_pool_first,
				     settings->id_pool_last))
				judge_found_hard(judge, rule,
						 judge_pointer(judge, "%s/%zu/hostID",
							       id_kinds[kind].property, i),
						 "%u ids from %u are in the pool from which brig "
						 "draws the ids of other containers",
						 maps->items[i].size, maps->items[i].host_id);
		}
	}
}

void check_time_offsets(struct judge *judge, const struct rule *rule)
{
	const struct spec_linux *const linux_ = &judge->spec->linux_;

	if (!linux_->monotonic.set && !linux_->boottime.set)
		return;
	if (judge_found(judge, rule, "/linux/timeOffsets",
			"the container's clocks since boot are shifted")) {
		judge->hard->linux_.monotonic = (struct spec_time_offset){};
		judge->hard->linux_.boottime = (struct spec_time_offset){};
	}
}

void check_net_devices(struct judge *judge, const struct rule *rule)
{
	const struct spec_linux *const linux_ = &judge->spec->linux_;

	for (size_t i = 0; i < linux_->n_net_devices; i++) {
		const char *const name = linux_->net_devices[i].host_name;

		if (judge_found(
			    judge, rule,
			    judge_pointer(judge, "/linux/netDevices/%s", judge_escape(judge, name)),
			    "the host's network interface '%.64s' is moved into the container",
			    name))
			judge->hard->linux_.n_net_devices = 0;
	}
}
