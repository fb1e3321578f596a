/* plan/plan_devices.c: what stands in /dev, and which devices may be used at all
 *
 * These are two lists. Nodes are what the container sees: the default ones (config-linux.md,
 * "Default Devices") and linux.devices. Rules are what the cgroup lets it open: config-linux.md,
 * "Allowed Device list". They start with "nothing", go on with the default devices, and end with
 * the rules of the bundle: the last one that matches decides. Engines begin their rules with one
 * that denies all, and do not mean the default devices by it; so the rules of the bundle count from
 * behind its last one of that kind. One that denies a default device by its number is obeyed.
 *
 * A bundle that gives devices and no rules means to use those devices. Once it has rules, they are
 * all there is: a device in linux.devices does not widen them.
 *
 * No rule of ours lets mknod(2) pass: in a user namespace the kernel refuses it anyway, and the
 * nodes that we provide are binds.
 */
#include "plan/plan.h"

#include "base/cleanup.h"

#include <string.h>

enum {
	TTY_MAJOR = 5,   /* Documentation/admin-guide/devices.txt */
	PTS_MAJOR = 136, /* UNIX98_PTY_SLAVE_MAJOR, the first and, since Linux 2.6, only one */
	MODE_DEFAULT = 0666,
	MODE_MASK = 07777,
	ACCESS_ALL = DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD,
	ACCESS_USE = DEVICE_READ | DEVICE_WRITE,
};

// clang-format off
static const struct default_node {
	const char *path;
	uint32_t major, minor;
} default_nodes[] = {
	{ "/dev/null",    1, 3 },
	{ "/dev/zero",    1, 5 },
	{ "/dev/full",    1, 7 },
	{ "/dev/random",  1, 8 },
	{ "/dev/urandom", 1, 9 },
	{ "/dev/tty",     TTY_MAJOR, 0 },
};

/* Used besides the nodes above: what a terminal is made of. */
static const struct device_rule terminal_rules[] = {
	{ .allow = true, .type = 'c', .major = TTY_MAJOR, .minor = 1,  .access = ACCESS_USE }, /* console */
	{ .allow = true, .type = 'c', .major = TTY_MAJOR, .minor = 2,  .access = ACCESS_USE }, /* ptmx */
	{ .allow = true, .type = 'c', .major = PTS_MAJOR, .minor = -1, .access = ACCESS_USE }, /* pts */
};

/* config-linux.md, "Default Devices" and "Default File Systems": "/dev/fd", "/dev/stdin" … */
static const struct plan_link default_links[] = {
	{ "/dev/fd",     "/proc/self/fd"   },
	{ "/dev/stdin",  "/proc/self/fd/0" },
	{ "/dev/stdout", "/proc/self/fd/1" },
	{ "/dev/stderr", "/proc/self/fd/2" },
	{ "/dev/ptmx",   "pts/ptmx"        },
};
// clang-format on

/* --- nodes --- */

static bool is_in_devices(const struct spec_linux *linux_, const char *path)
{
	for (size_t i = 0; i < linux_->n_devices; i++) {
		if (strcmp(linux_->devices[i].path, path) == 0)
			return true;
	}
	return false;
}

/* A bind mount on /dev brings its own nodes, which are somebody's: nothing is made in it. */
static bool has_own_dev(const struct spec *spec)
{
	for (size_t i = 0; i < spec->n_mounts; i++) {
		const struct spec_mount *mount = &spec->mounts[i];

		if (strcmp(mount->destination, "/dev") != 0)
			continue;
		if (mount->type && strcmp(mount->type, "bind") == 0)
			return true;
		for (size_t j = 0; j < mount->options.n; j++) {
			if (strcmp(mount->options.items[j], "bind") == 0 ||
			    strcmp(mount->options.items[j], "rbind") == 0)
				return true;
		}
	}
	return false;
}

/* Is there a tmpfs at /dev that the parent makes, with nodes in it? Elsewhere the host's are
 * bound. */
static bool has_dev_mount(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_mounts; i++) {
		if (plan->mounts[i].with_devices)
			return true;
	}
	return false;
}

static struct plan_device from_default(const struct default_node *node)
{
	return (struct plan_device){
		.from = "config-linux.md, \"Default Devices\"",
		.path = node->path,
		.type = 'c',
		.major = node->major,
		.minor = node->minor,
		.mode = MODE_DEFAULT,
	};
}

static struct plan_device from_spec(struct arena *arena, const struct spec_device *device, size_t i)
{
	return (struct plan_device){
		.from = arena_printf(arena, "/linux/devices/%zu", i),
		.path = device->path,
		.type = device->type == 'u' ? 'c' : device->type, /* unbuffered: mknod(1) */
		.major = (uint32_t)device->major,
		.minor = (uint32_t)device->minor,
		.mode = device->file_mode.set ? (mode_t)device->file_mode.value & MODE_MASK
					      : MODE_DEFAULT,
		.uid = (uint32_t)device->uid.value,
		.gid = (uint32_t)device->gid.value,
	};
}

static void add_nodes(struct plan *plan, const struct spec *spec, bool own_dev)
{
	const struct spec_linux *linux_ = &spec->linux_;
	struct plan_device *nodes = arena_array(
		&plan->arena, ARRAY_LEN(default_nodes) + linux_->n_devices, sizeof *nodes);
	const bool makes_nodes = has_dev_mount(plan);
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(default_nodes) && !own_dev; i++) {
		if (!is_in_devices(linux_, default_nodes[i].path))
			nodes[n++] = from_default(&default_nodes[i]);
	}
	for (size_t i = 0; i < linux_->n_devices; i++)
		nodes[n++] = from_spec(&plan->arena, &linux_->devices[i], i);
	for (size_t i = 0; i < n; i++)
		nodes[i].in_dev_mount =
			makes_nodes && strncmp(nodes[i].path, "/dev/", strlen("/dev/")) == 0;
	plan->devices = nodes;
	plan->n_devices = n;
}

static void add_links(struct plan *plan, const struct spec *spec, bool own_dev)
{
	struct plan_link *links =
		arena_array(&plan->arena, ARRAY_LEN(default_links), sizeof *links);
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(default_links) && !own_dev; i++) {
		if (!is_in_devices(&spec->linux_, default_links[i].path))
			links[n++] = default_links[i];
	}
	plan->links = links;
	plan->n_links = n;
}

/* --- rules --- */

static unsigned access_of(const struct spec_device_rule *rule)
{
	return (rule->read ? DEVICE_READ : 0U) | (rule->write ? DEVICE_WRITE : 0U) |
	       (rule->mknod ? DEVICE_MKNOD : 0U);
}

static bool is_any(struct opt_int number)
{
	return !number.set || number.value < 0;
}

static bool denies_all(const struct spec_device_rule *rule)
{
	return !rule->allow && rule->type == 'a' && is_any(rule->major) && is_any(rule->minor) &&
	       access_of(rule) == ACCESS_ALL;
}

/* The first rule behind the last one that denies all. */
static size_t first_that_counts(const struct spec_resources *resources)
{
	for (size_t i = resources->n_devices; i-- > 0;) {
		if (denies_all(&resources->devices[i]))
			return i + 1;
	}
	return 0;
}

static struct device_rule rule_of_spec(const struct spec_device_rule *rule)
{
	return (struct device_rule){
		.allow = rule->allow,
		.type = rule->type,
		.major = is_any(rule->major) ? -1 : rule->major.value,
		.minor = is_any(rule->minor) ? -1 : rule->minor.value,
		.access = access_of(rule),
	};
}

static struct device_rule allow_use(char type, int64_t major, int64_t minor)
{
	return (struct device_rule){
		.allow = true, .type = type, .major = major, .minor = minor, .access = ACCESS_USE
	};
}

static void add_rules(struct plan *plan, const struct spec_linux *linux_)
{
	const struct spec_resources *resources = &linux_->resources;
	struct device_rule *rules =
		arena_array(&plan->arena,
			    1 + ARRAY_LEN(default_nodes) + ARRAY_LEN(terminal_rules) +
				    linux_->n_devices + resources->n_devices,
			    sizeof *rules);
	size_t n = 0;

	rules[n++] = (struct device_rule){
		.allow = false, .type = 'a', .major = -1, .minor = -1, .access = ACCESS_ALL
	};
	for (size_t i = 0; i < ARRAY_LEN(default_nodes); i++)
		rules[n++] = allow_use('c', default_nodes[i].major, default_nodes[i].minor);
	for (size_t i = 0; i < ARRAY_LEN(terminal_rules); i++)
		rules[n++] = terminal_rules[i];
	for (size_t i = 0; i < linux_->n_devices && resources->n_devices == 0; i++) {
		const struct spec_device *device = &linux_->devices[i];

		if (device->type != 'p')
			rules[n++] = allow_use(device->type == 'b' ? 'b' : 'c', device->major,
					       device->minor);
	}
	for (size_t i = first_that_counts(resources); i < resources->n_devices; i++)
		rules[n++] = rule_of_spec(&resources->devices[i]);
	plan->cgroup.device_rules = rules;
	plan->cgroup.n_device_rules = n;
}

int plan_devices(struct plan *plan, const struct plan_input *in, struct error *)
{
	const bool own_dev = has_own_dev(in->spec);

	add_nodes(plan, in->spec, own_dev);
	add_links(plan, in->spec, own_dev);
	add_rules(plan, &in->spec->linux_);
	plan->cgroup.device_program =
		device_bpf_build(&plan->arena, plan->cgroup.device_rules,
				 plan->cgroup.n_device_rules, &plan->cgroup.n_device_program);
	return 0;
}
