/* spec/fields_linux.c: config-linux.md, but for resources and seccomp */
#include "spec/decode.h"

#include <assert.h>
#include <linux/mempolicy.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/stat.h>

enum {
	MAJOR_MAX = (1 << 12) - 1, /* MINORBITS of linux/kdev_t.h is 20, of 32 bits */
	MINOR_MAX = (1 << 20) - 1,
	ID_LAST = UINT32_MAX - 1, /* (uid_t)-1 means "no change" in chown(2) */
	NET_DEVICES_MAX = 1024,   /* each is compared with the others */
	NANOSECONDS_LAST = 999'999'999,
	MPOL_WEIGHTED_INTERLEAVE_6_9 = 6, /* Linux 6.9, newer than the headers of Debian 12 */
};

// clang-format off
static const struct name_value namespace_kinds[] = {
	{ "user",    SPEC_NS_USER    },
	{ "mount",   SPEC_NS_MOUNT   },
	{ "pid",     SPEC_NS_PID     },
	{ "network", SPEC_NS_NETWORK },
	{ "ipc",     SPEC_NS_IPC     },
	{ "uts",     SPEC_NS_UTS     },
	{ "cgroup",  SPEC_NS_CGROUP  },
	{ "time",    SPEC_NS_TIME    },
};
static_assert(ARRAY_LEN(namespace_kinds) == SPEC_NS_COUNT, "a namespace has no row");

static const struct name_value device_types[] = { /* mknod(1): u is c, unbuffered */
	{ "c", 'c' }, { "b", 'b' }, { "u", 'u' }, { "p", 'p' },
};

static const struct name_value memory_modes[] = { /* set_mempolicy(2) */
	{ "MPOL_DEFAULT",             MPOL_DEFAULT                 },
	{ "MPOL_BIND",                MPOL_BIND                    },
	{ "MPOL_INTERLEAVE",          MPOL_INTERLEAVE              },
	{ "MPOL_WEIGHTED_INTERLEAVE", MPOL_WEIGHTED_INTERLEAVE_6_9 },
	{ "MPOL_PREFERRED",           MPOL_PREFERRED               },
	{ "MPOL_PREFERRED_MANY",      MPOL_PREFERRED_MANY          },
	{ "MPOL_LOCAL",               MPOL_LOCAL                   },
};
static const struct name_value memory_flags[] = {
	{ "MPOL_F_NUMA_BALANCING", MPOL_F_NUMA_BALANCING },
	{ "MPOL_F_RELATIVE_NODES", MPOL_F_RELATIVE_NODES },
	{ "MPOL_F_STATIC_NODES",   MPOL_F_STATIC_NODES   },
};

/* The value says whether the word is the recursive form, which Docker, Podman and containerd write:
 * how far the change reaches is no question at the root, of which all other mounts are children. */
static const struct name_value propagations[] = {
	{ "private",  false }, { "shared",  false }, { "slave",  false }, { "unbindable",  false },
	{ "rprivate", true  }, { "rshared", true  }, { "rslave", true  }, { "runbindable", true  },
};

static const struct name_value personalities[] = { /* personality(2) */
	{ "LINUX",   PER_LINUX   },
	{ "LINUX32", PER_LINUX32 },
};
// clang-format on

struct namespace_entry {
	int kind;
	const char *path;
};

static int decode_namespaces(struct decoder *decoder, const struct field *field,
			     const struct json *node, void *object)
{
	struct spec_linux *spec = object;
	const struct json *child = node->first;
	struct {
		const struct namespace_entry *items;
		size_t n;
	} entries;

	if (decode_array(decoder, field, node, &entries) < 0)
		return -1;
	for (size_t i = 0; i < entries.n; i++, child = child->next) {
		struct spec_namespace *ns = &spec->namespaces[entries.items[i].kind];

		if (ns->listed)
			return json_error(decode_member(child, "type"), decoder->err,
					  "'%s' is listed already, as element %zu",
					  namespace_kinds[entries.items[i].kind].name, ns->index);
		*ns = (struct spec_namespace){ true, entries.items[i].path, i };
	}
	return 0;
}

static int decode_propagation(struct decoder *decoder, const struct field *field,
			      const struct json *node, void *object)
{
	struct spec_linux *spec = object;
	long recursive;

	if (decode_word(decoder, field, node, &recursive) < 0)
		return -1;
	spec->rootfs_propagation = node->text + (recursive ? strlen("r") : 0);
	return 0;
}

/* "Currently no flag values are supported." */
static int decode_personality_flags(struct decoder *decoder, const struct field *,
				    const struct json *node, void *)
{
	if (node->type != JSON_ARRAY)
		return json_error(node, decoder->err, "must be an array of strings");
	if (node->len > 0)
		return json_error(node, decoder->err,
				  "must be empty: the specification defines no flags");
	return 0;
}

static int finish_device(struct decoder *decoder, const struct json *node, void *object)
{
	struct spec_device *device = object;

	if (device->type != 'p' && (!json_get(node, "major") || !json_get(node, "minor")))
		return json_error(node, decoder->err,
				  "major and minor are required for a device of type '%c'",
				  device->type);
	/* Some engines send st_mode as it is, with the type of the file in it. */
	device->file_mode.value &= ~(uint64_t)S_IFMT;
	return 0;
}

/* Two devices with one name: the second move would fail when the first has been done. */
static int name_net_devices(struct decoder *decoder, const struct json *node,
			    struct spec_linux *spec)
{
	struct spec_net_device *devices =
		arena_grow(decoder->arena, spec->net_devices, spec->n_net_devices,
			   spec->n_net_devices, sizeof(*devices));
	const struct json *child = node->first;

	if (spec->n_net_devices > NET_DEVICES_MAX)
		return json_error(node, decoder->err, "more than %d devices", NET_DEVICES_MAX);
	for (size_t i = 0; i < spec->n_net_devices; i++, child = child->next) {
		struct spec_net_device *device = &devices[i];

		if (!device->name)
			device->name = device->host_name;
		for (size_t j = 0; j < i && !strstr(device->name, "%d"); j++) {
			if (strcmp(device->name, devices[j].name) == 0)
				return json_error(child, decoder->err,
						  "'%s' will be the name of '%s' already",
						  device->name, devices[j].host_name);
		}
	}
	spec->net_devices = devices;
	return 0;
}

static int finish_linux(struct decoder *decoder, const struct json *node, void *object)
{
	struct spec_linux *spec = object;

	if (spec->n_net_devices == 0)
		return 0;
	return name_net_devices(decoder, json_get(node, "netDevices"), spec);
}

static int finish_memory_policy(struct decoder *decoder, const struct json *node, void *object)
{
	const struct spec_memory_policy *policy = object;
	const unsigned exclusive = MPOL_F_RELATIVE_NODES | MPOL_F_STATIC_NODES;
	const bool no_nodes = policy->mode == MPOL_DEFAULT || policy->mode == MPOL_LOCAL;

	if (no_nodes && policy->nodes)
		return json_error(decode_member(node, "nodes"), decoder->err,
				  "MPOL_DEFAULT and MPOL_LOCAL take no nodes");
	if (!no_nodes && policy->mode != MPOL_PREFERRED && !policy->nodes)
		return json_error(node, decoder->err, "this mode needs nodes");
	if ((policy->flags & exclusive) == exclusive)
		return json_error(
			decode_member(node, "flags"), decoder->err,
			"MPOL_F_RELATIVE_NODES and MPOL_F_STATIC_NODES exclude each other");
	return 0;
}

// clang-format off
static const struct field namespace_fields[] = {
	{ "type", WORD_IN(struct namespace_entry, kind, namespace_kinds), .required = true },
	{ "path", IN(struct namespace_entry, path), .text = &text_absolute_path, .empty_is_absent = true },
};
static const struct shape namespace_shape = {
	ROWS(namespace_fields), .size = sizeof(struct namespace_entry),
	.section = "config-linux.md, \"Namespaces\"",
};

static const struct field time_offset_fields[] = {
	{ "secs",     IN(struct spec_time_offset, secs) },
	{ "nanosecs", IN(struct spec_time_offset, nanosecs), RANGE(0, NANOSECONDS_LAST) },
};
static const struct shape time_offset_shape = {
	ROWS(time_offset_fields), .has_set = true, .section = "config-linux.md, \"Offset for Time Namespace\"",
};
static const struct field time_offsets_fields[] = { /* fills struct spec_linux */
	{ "monotonic", OBJECT_IN(struct spec_linux, monotonic, time_offset_shape) },
	{ "boottime",  OBJECT_IN(struct spec_linux, boottime, time_offset_shape) },
};
static const struct shape time_offsets_shape = { /* a clock that is not there would silently stay as it is */
	ROWS(time_offsets_fields), .members = "clocks", .section = "config-linux.md, \"Offset for Time Namespace\"",
};

static const struct field device_fields[] = {
	{ "type",     WORD_IN(struct spec_device, type, device_types), .required = true },
	{ "path",     IN(struct spec_device, path), .text = &text_absolute_path, .required = true },
	{ "major",    IN(struct spec_device, major), RANGE(0, MAJOR_MAX) },
	{ "minor",    IN(struct spec_device, minor), RANGE(0, MINOR_MAX) },
	{ "fileMode", IN(struct spec_device, file_mode), RANGE(0, S_IFMT | 07777) },
	{ "uid",      IN(struct spec_device, uid), RANGE(0, ID_LAST) },
	{ "gid",      IN(struct spec_device, gid), RANGE(0, ID_LAST) },
};
static const struct shape device_shape = {
	ROWS(device_fields), .size = sizeof(struct spec_device), .finish = finish_device,
	.section = "config-linux.md, \"Devices\"",
};

static const struct field net_device_fields[] = {
	{ "name", IN(struct spec_net_device, name), .text = &text_interface, .empty_is_absent = true },
};
static const struct shape net_device_shape = {
	ROWS(net_device_fields), .size = sizeof(struct spec_net_device),
	.section = "config-linux.md, \"Network Devices\"",
};

static const struct field intel_rdt_fields[] = {
	{ "closID",           IN(struct spec_intel_rdt, clos_id), .text = &text_clos_id, .empty_is_absent = true },
	{ "l3CacheSchema",    IN(struct spec_intel_rdt, l3_cache_schema), .text = &text_one_line, .empty_is_absent = true },
	{ "memBwSchema",      IN(struct spec_intel_rdt, mem_bw_schema), .text = &text_memory_bandwidth, .empty_is_absent = true },
	{ "schemata",         IN(struct spec_intel_rdt, schemata), .text = &text_one_line },
	{ "enableMonitoring", IN(struct spec_intel_rdt, enable_monitoring) },
};
static const struct shape intel_rdt_shape = {
	ROWS(intel_rdt_fields), .has_set = true, .section = "config-linux.md, \"IntelRdt\"",
};

static const struct field memory_policy_fields[] = {
	{ "mode",  WORD_IN(struct spec_memory_policy, mode, memory_modes), .required = true },
	{ "nodes", IN(struct spec_memory_policy, nodes), .text = &text_cpu_list, .empty_is_absent = true },
	{ "flags", FLAGS_IN(struct spec_memory_policy, flags, memory_flags) },
};
static const struct shape memory_policy_shape = {
	ROWS(memory_policy_fields), .has_set = true, .finish = finish_memory_policy,
	.section = "config-linux.md, \"Memory policy\"",
};

static const struct field personality_fields[] = {
	{ "domain", WORD_IN(struct spec_personality, domain, personalities), .required = true },
	{ "flags",  .type = FIELD_CUSTOM, .decode = decode_personality_flags },
};
static const struct shape personality_shape = {
	ROWS(personality_fields), .has_set = true, .section = "config-linux.md, \"Personality\"",
};

static const struct field linux_fields[] = {
	{ "namespaces",        .type = FIELD_CUSTOM, .decode = decode_namespaces, .shape = &namespace_shape, .section = "config-linux.md, \"Namespaces\"" },
	{ "uidMappings",       ARRAY_IN(struct spec_linux, uid_mappings, shape_id_mapping), .section = "config-linux.md, \"User namespace mappings\"" },
	{ "gidMappings",       ARRAY_IN(struct spec_linux, gid_mappings, shape_id_mapping), .section = "config-linux.md, \"User namespace mappings\"" },
	{ "timeOffsets",       GROUP(time_offsets_shape), .section = "config-linux.md, \"Offset for Time Namespace\"" },
	{ "devices",           ARRAY_IN(struct spec_linux, devices, device_shape), .section = "config-linux.md, \"Devices\"" },
	{ "netDevices",        MAP_IN(struct spec_linux, net_devices, net_device_shape), .key = &text_interface, .section = "config-linux.md, \"Network Devices\"" },
	{ "cgroupsPath",       IN(struct spec_linux, cgroups_path), .text = &text_cgroup_path, .empty_is_absent = true, .section = "config-linux.md, \"Cgroups Path\"" },
	{ "resources",         OBJECT_IN(struct spec_linux, resources, shape_resources), .section = "config-linux.md, \"Control groups\"" },
	{ "intelRdt",          OBJECT_IN(struct spec_linux, intel_rdt, intel_rdt_shape), .section = "config-linux.md, \"IntelRdt\"" },
	{ "memoryPolicy",      OBJECT_IN(struct spec_linux, memory_policy, memory_policy_shape), .section = "config-linux.md, \"Memory policy\"" },
	{ "sysctl",            IN(struct spec_linux, sysctl), .key = &text_sysctl_key, .section = "config-linux.md, \"Sysctl\"" },
	{ "seccomp",           OBJECT_IN(struct spec_linux, seccomp, shape_seccomp), .section = "config-linux.md, \"Seccomp\"" },
	{ "rootfsPropagation", .type = FIELD_CUSTOM, .decode = decode_propagation, WORDS_OF(propagations), .empty_is_absent = true, .section = "config-linux.md, \"Rootfs Mount Propagation\"" },
	{ "maskedPaths",       IN(struct spec_linux, masked_paths), .text = &text_absolute_path, .section = "config-linux.md, \"Masked Paths\"" },
	{ "readonlyPaths",     IN(struct spec_linux, readonly_paths), .text = &text_absolute_path, .section = "config-linux.md, \"Readonly Paths\"" },
	{ "mountLabel",        IN(struct spec_linux, mount_label), .text = &text_label, .empty_is_absent = true, .section = "config-linux.md, \"Mount Label\"" },
	{ "personality",       OBJECT_IN(struct spec_linux, personality, personality_shape), .section = "config-linux.md, \"Personality\"" },
};
const struct shape shape_linux = {
	ROWS(linux_fields), .has_set = true, .finish = finish_linux,
	.section = "config-linux.md, \"Linux Container Configuration\"",
};
// clang-format on
