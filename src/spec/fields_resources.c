/* spec/fields_resources.c: config-linux.md, "Control groups" */
#include "spec/decode.h"

enum {
	MAJOR_MAX = (1 << 12) - 1, /* MINORBITS of linux/kdev_t.h is 20, of 32 bits */
	MINOR_MAX = (1 << 20) - 1,
	SWAPPINESS_MAX = 100,
	PERIOD_MAX_US =
		1'000'000, /* max_cfs_quota_period of kernel/sched/core.c; 0 stands for "not set" */
	ANY = -1,
	UNLIMITED = -1,
};

// clang-format off
static const struct name_value rule_types[] = { { "a", 'a' }, { "b", 'b' }, { "c", 'c' } };
// clang-format on

/* cgroup v1's word for what a rule speaks of: r, w and m in any order. */
static int decode_access(struct decoder *decoder, const struct field *field,
			 const struct json *node, void *object)
{
	struct spec_device_rule *rule = object;
	const char *text;

	if (json_to_string(node, &text, decoder->err) < 0)
		return -1;
	if (!field->text->accepts(text, node->len))
		return json_error(node, decoder->err, "must %s, not '%s'", field->text->must, text);
	for (; *text; text++) {
		rule->read |= *text == 'r';
		rule->write |= *text == 'w';
		rule->mknod |= *text == 'm';
	}
	return 0;
}

static int finish_device_rule(struct decoder *, const struct json *node, void *object)
{
	struct spec_device_rule *rule = object;

	if (rule->type == '\0')
		rule->type = 'a';
	if (!json_get(node, "access"))
		rule->read = rule->write = rule->mknod = true;
	return 0;
}

static int finish_cpu(struct decoder *decoder, const struct json *node, void *object)
{
	const struct spec_cpu *cpu = object;

	if (cpu->quota.set && cpu->quota.value > 0 && cpu->burst.set &&
	    cpu->burst.value > (uint64_t)cpu->quota.value)
		return json_error(decode_member(node, "burst"), decoder->err,
				  "must not be larger than the quota");
	return 0;
}

static int finish_weight_device(struct decoder *decoder, const struct json *node, void *object)
{
	const struct spec_block_device *device = object;

	if (!device->weight.set && !device->leaf_weight.set)
		return json_error(node, decoder->err, "must have weight or leafWeight");
	return 0;
}

static int finish_rdma(struct decoder *decoder, const struct json *node, void *object)
{
	const struct spec_rdma *rdma = object;

	if (!rdma->hca_handles.set && !rdma->hca_objects.set)
		return json_error(node, decoder->err, "must have hcaHandles or hcaObjects");
	return 0;
}

/* net_cls and net_prio exist in cgroup v1 only: checked, and known to be there, no more. */
struct network {
	uint32_t class_id;
	const struct network_priority *priorities;
	size_t n_priorities;
};
struct network_priority {
	const char *name;
	uint32_t priority;
};

static int decode_network(struct decoder *decoder, const struct field *field,
			  const struct json *node, void *object)
{
	struct spec_resources *resources = object;
	struct network network = {};

	if (decode_object(decoder, field->shape, node, &network) < 0)
		return -1;
	resources->network = network.class_id != 0 || network.n_priorities > 0;
	return 0;
}

// clang-format off
static const struct field device_rule_fields[] = {
	{ "allow",  IN(struct spec_device_rule, allow), .required = true },
	{ "type",   WORD_IN(struct spec_device_rule, type, rule_types), .empty_is_absent = true },
	{ "major",  IN(struct spec_device_rule, major), RANGE(ANY, MAJOR_MAX) },
	{ "minor",  IN(struct spec_device_rule, minor), RANGE(ANY, MINOR_MAX) },
	{ "access", .type = FIELD_CUSTOM, .decode = decode_access, .text = &text_device_access },
};
static const struct shape device_rule_shape = {
	ROWS(device_rule_fields), .size = sizeof(struct spec_device_rule), .finish = finish_device_rule,
	.section = "config-linux.md, \"Allowed Device list\"",
};

static const struct field memory_fields[] = {
	{ "limit",             IN(struct spec_memory, limit),       RANGE(UNLIMITED, INT64_MAX) },
	{ "reservation",       IN(struct spec_memory, reservation), RANGE(UNLIMITED, INT64_MAX) },
	{ "swap",              IN(struct spec_memory, swap),        RANGE(UNLIMITED, INT64_MAX) },
	{ "kernel",            IN(struct spec_memory, kernel),      RANGE(UNLIMITED, INT64_MAX) },
	{ "kernelTCP",         IN(struct spec_memory, kernel_tcp),  RANGE(UNLIMITED, INT64_MAX) },
	{ "swappiness",        IN(struct spec_memory, swappiness),  RANGE(0, SWAPPINESS_MAX) },
	{ "disableOOMKiller",  IN(struct spec_memory, disable_oom_killer) },
	{ "useHierarchy",      IN(struct spec_memory, use_hierarchy) },
	{ "checkBeforeUpdate", IN(struct spec_memory, check_before_update) },
};
static const struct shape memory_shape = { ROWS(memory_fields), .section = "config-linux.md, \"Memory\"" };

static const struct field cpu_fields[] = {
	{ "shares",          IN(struct spec_cpu, shares) },
	{ "quota",           IN(struct spec_cpu, quota), RANGE(UNLIMITED, INT64_MAX) },
	{ "burst",           IN(struct spec_cpu, burst) },
	{ "period",          IN(struct spec_cpu, period), RANGE(0, PERIOD_MAX_US) },
	{ "realtimeRuntime", IN(struct spec_cpu, realtime_runtime), RANGE(UNLIMITED, INT64_MAX) },
	{ "realtimePeriod",  IN(struct spec_cpu, realtime_period) },
	{ "cpus",            IN(struct spec_cpu, cpus), .text = &text_cpu_list, .empty_is_absent = true },
	{ "mems",            IN(struct spec_cpu, mems), .text = &text_cpu_list, .empty_is_absent = true },
	{ "idle",            IN(struct spec_cpu, idle), RANGE(0, 1) },
};
static const struct shape cpu_shape = {
	ROWS(cpu_fields), .finish = finish_cpu, .section = "config-linux.md, \"CPU\"",
};

static const struct field weight_device_fields[] = {
	{ "major",      IN(struct spec_block_device, major), RANGE(0, MAJOR_MAX), .required = true },
	{ "minor",      IN(struct spec_block_device, minor), RANGE(0, MINOR_MAX), .required = true },
	{ "weight",     IN(struct spec_block_device, weight), RANGE(0, UINT16_MAX) },
	{ "leafWeight", IN(struct spec_block_device, leaf_weight), RANGE(0, UINT16_MAX) },
};
static const struct shape weight_device_shape = {
	ROWS(weight_device_fields), .size = sizeof(struct spec_block_device), .finish = finish_weight_device,
	.section = "config-linux.md, \"Block IO\"",
};

static const struct field throttle_fields[] = {
	{ "major", IN(struct spec_block_device, major), RANGE(0, MAJOR_MAX), .required = true },
	{ "minor", IN(struct spec_block_device, minor), RANGE(0, MINOR_MAX), .required = true },
	{ "rate",  IN(struct spec_block_device, rate), .required = true },
};
static const struct shape throttle_shape = {
	ROWS(throttle_fields), .size = sizeof(struct spec_block_device), .section = "config-linux.md, \"Block IO\"",
};

static const struct field block_io_fields[] = {
	{ "weight",                  IN(struct spec_block_io, weight), RANGE(0, UINT16_MAX) },
	{ "leafWeight",              IN(struct spec_block_io, leaf_weight), RANGE(0, UINT16_MAX) },
	{ "weightDevice",            ARRAY_IN(struct spec_block_io, weight_device, weight_device_shape) },
	{ "throttleReadBpsDevice",   ARRAY_IN(struct spec_block_io, read_bps, throttle_shape) },
	{ "throttleWriteBpsDevice",  ARRAY_IN(struct spec_block_io, write_bps, throttle_shape) },
	{ "throttleReadIOPSDevice",  ARRAY_IN(struct spec_block_io, read_iops, throttle_shape) },
	{ "throttleWriteIOPSDevice", ARRAY_IN(struct spec_block_io, write_iops, throttle_shape) },
};
static const struct shape block_io_shape = { ROWS(block_io_fields), .section = "config-linux.md, \"Block IO\"" };

static const struct field hugepage_fields[] = {
	{ "pageSize", IN(struct spec_hugepage_limit, page_size), .text = &text_page_size, .required = true },
	{ "limit",    IN(struct spec_hugepage_limit, limit), .required = true },
};
static const struct shape hugepage_shape = {
	ROWS(hugepage_fields), .size = sizeof(struct spec_hugepage_limit),
	.section = "config-linux.md, \"Huge page limits\"",
};

static const struct field network_priority_fields[] = {
	{ "name",     IN(struct network_priority, name), .text = &text_interface, .required = true },
	{ "priority", IN(struct network_priority, priority), .required = true },
};
static const struct shape network_priority_shape = {
	ROWS(network_priority_fields), .size = sizeof(struct network_priority),
	.section = "config-linux.md, \"Network\"",
};
static const struct field network_fields[] = {
	{ "classID",    IN(struct network, class_id) },
	{ "priorities", ARRAY_IN(struct network, priorities, network_priority_shape) },
};
static const struct shape network_shape = { ROWS(network_fields), .section = "config-linux.md, \"Network\"" };

static const struct field pids_fields[] = { /* fills struct spec_resources */
	{ "limit", IN(struct spec_resources, pids_limit), RANGE(UNLIMITED, INT64_MAX) },
};
static const struct shape pids_shape = { ROWS(pids_fields), .section = "config-linux.md, \"PIDs\"" };

static const struct field rdma_fields[] = {
	{ "hcaHandles", IN(struct spec_rdma, hca_handles), RANGE(0, UINT32_MAX) },
	{ "hcaObjects", IN(struct spec_rdma, hca_objects), RANGE(0, UINT32_MAX) },
};
static const struct shape rdma_shape = {
	ROWS(rdma_fields), .size = sizeof(struct spec_rdma), .finish = finish_rdma,
	.section = "config-linux.md, \"RDMA\"",
};

static const struct field resources_fields[] = {
	{ "devices",        ARRAY_IN(struct spec_resources, devices, device_rule_shape), .section = "config-linux.md, \"Allowed Device list\"" },
	{ "memory",         OBJECT_IN(struct spec_resources, memory, memory_shape), .section = "config-linux.md, \"Memory\"" },
	{ "cpu",            OBJECT_IN(struct spec_resources, cpu, cpu_shape), .section = "config-linux.md, \"CPU\"" },
	{ "blockIO",        OBJECT_IN(struct spec_resources, block_io, block_io_shape), .section = "config-linux.md, \"Block IO\"" },
	{ "hugepageLimits", ARRAY_IN(struct spec_resources, hugepages, hugepage_shape), .section = "config-linux.md, \"Huge page limits\"" },
	{ "network",        .type = FIELD_CUSTOM, .decode = decode_network, .shape = &network_shape, .section = "config-linux.md, \"Network\"" },
	{ "pids",           GROUP(pids_shape), .section = "config-linux.md, \"PIDs\"" },
	{ "rdma",           MAP_IN(struct spec_resources, rdma, rdma_shape), .key = &text_rdma_device, .section = "config-linux.md, \"RDMA\"" },
	{ "unified",        IN(struct spec_resources, unified), .key = &text_cgroup_file, .section = "config-linux.md, \"Unified\"" },
};
const struct shape shape_resources = { ROWS(resources_fields), .section = "config-linux.md, \"Control groups\"" };
// clang-format on
