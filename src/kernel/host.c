/* kernel/host.c: what this machine offers
 *
 * Probed at every create, so each question is one or two system calls: together some 40 µs. What
 * depends on the kernel's version and cannot be asked without trying is read off the version.
 */
#include "kernel/host.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/number.h"
#include "kernel/apparmor.h"
#include "kernel/capability.h"
#include "kernel/cgroup.h"
#include "kernel/landlock.h"
#include "kernel/namespace.h"
#include "kernel/scheduling.h"
#include "kernel/selinux.h"

#include <assert.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

// clang-format off
static const struct {
	const char *name;
	enum { FIELD_BOOL, FIELD_UINT32, FIELD_UINT64, FIELD_INT, FIELD_STRING } type;
	size_t offset;
} fields[] = {
	{ "kernelMajor",       FIELD_UINT32, offsetof(struct host, kernel_major)       },
	{ "kernelMinor",       FIELD_UINT32, offsetof(struct host, kernel_minor)       },
	{ "machine",           FIELD_STRING, offsetof(struct host, machine)            },
	{ "uid",               FIELD_UINT32, offsetof(struct host, uid)                },
	{ "gid",               FIELD_UINT32, offsetof(struct host, gid)                },
	{ "rootless",          FIELD_BOOL,   offsetof(struct host, rootless)           },
	{ "capabilities",      FIELD_UINT64, offsetof(struct host, capabilities)       },
	{ "apparmor",          FIELD_BOOL,   offsetof(struct host, apparmor)           },
	{ "selinux",           FIELD_BOOL,   offsetof(struct host, selinux)            },
	{ "landlockAbi",       FIELD_INT,    offsetof(struct host, landlock_abi)       },
	{ "coreScheduling",    FIELD_BOOL,   offsetof(struct host, core_scheduling)    },
	{ "cgroupMount",       FIELD_STRING, offsetof(struct host, cgroup_mount)       },
	{ "cgroupControllers", FIELD_STRING, offsetof(struct host, cgroup_controllers) },
	{ "cgroupHybrid",      FIELD_BOOL,   offsetof(struct host, cgroup_hybrid)      },
	{ "systemd",           FIELD_BOOL,   offsetof(struct host, systemd)            },
	{ "timeNamespace",     FIELD_BOOL,   offsetof(struct host, time_namespace)     },
	{ "hasNewidmap",       FIELD_BOOL,   offsetof(struct host, has_newidmap)       },
	{ "memory",            FIELD_UINT64, offsetof(struct host, memory)             },
	{ "swap",              FIELD_UINT64, offsetof(struct host, swap)               },
	{ "processors",        FIELD_UINT32, offsetof(struct host, processors)         },
	{ "pidMax",            FIELD_UINT32, offsetof(struct host, pid_max)            },
};
// clang-format on

static_assert(sizeof(unsigned) == sizeof(uint32_t), "the kernel's version is FIELD_UINT32");

static void probe_cgroup(struct arena *arena, struct host *host)
{
	char list[512];
	struct error ignored; /* a host without cgroup2 is one */
	autoclose int root = cgroup_root(arena, &host->cgroup_mount, &ignored);

	if (root < 0)
		return;
	host->cgroup_hybrid = strcmp(host->cgroup_mount, "/sys/fs/cgroup") != 0;

	autoclose int fd = openat(root, "cgroup.controllers", O_RDONLY | O_CLOEXEC);
	const ssize_t len = fd < 0 ? -1 : read(fd, list, sizeof list);

	host->cgroup_controllers = arena_strndup(arena, list, len > 0 ? (size_t)len - 1 : 0);
}

static void probe_size(struct host *host)
{
	static const char pid_max[] = "/proc/sys/kernel/pid_max";
	const int processors = get_nprocs();
	autobuf struct buf text = {};
	struct error ignored;
	struct sysinfo info;
	uint64_t number;

	host->processors = processors > 0 ? (uint32_t)processors : 0;
	if (sysinfo(&info) == 0) {
		host->memory = (uint64_t)info.totalram * info.mem_unit;
		host->swap = (uint64_t)info.totalswap * info.mem_unit;
	}
	if (fd_read_file(AT_FDCWD, pid_max, 32, &text, &ignored) < 0)
		return;

	const char *at = buf_text(&text);

	if (numbers_take(&at, UINT32_MAX, &number, 1) == 1)
		host->pid_max = (uint32_t)number;
}

/* "6.1.0-18-amd64" */
static bool read_version(const char *release, struct host *host)
{
	uint64_t major, minor;

	if (numbers_take(&release, UINT32_MAX, &major, 1) != 1 || *release++ != '.' ||
	    numbers_take(&release, UINT32_MAX, &minor, 1) != 1)
		return false;
	host->kernel_major = (uint32_t)major;
	host->kernel_minor = (uint32_t)minor;
	return true;
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* mount_setattr(2) with id mapping is of 5.12, cgroup.kill of 5.14, and 5.15 the oldest that is maintained. What
 * an older kernel lacks has no substitute here: so no command begins to do without. */
enum { OLDEST_MAJOR = 5, OLDEST_MINOR = 15 };

int host_probe(struct arena *arena, struct host *ret, struct error *err)
{
	struct utsname name;
	struct host host = {
		.uid = geteuid(),
		.gid = getegid(),
		.capabilities = capability_held(),
		.apparmor = apparmor_enabled(),
		.selinux = selinux_enabled(),
		.landlock_abi = landlock_abi(),
		.core_scheduling = scheduling_has_cores(),
		.systemd = exists("/run/systemd/system"), /* sd_booted(3) */
		.time_namespace = exists("/proc/self/ns/time"),
		.has_newidmap = exists("/usr/bin/newuidmap") && exists("/usr/bin/newgidmap"),
	};

	if (uname(&name) < 0 || !read_version(name.release, &host))
		return error_set(err, ERR_KERNEL, NULL, "cannot understand the kernel's version");
	if (!host_at_least(&host, OLDEST_MAJOR, OLDEST_MINOR)) {
		(void)error_set(err, ERR_KERNEL, NULL, "Linux %u.%u is too old for brig",
				host.kernel_major, host.kernel_minor);
		return error_remedy(err, "run Linux %d.%d or later", OLDEST_MAJOR, OLDEST_MINOR);
	}
	host.machine = arena_strdup(arena, name.machine);
	host.rootless = host.uid != 0 || !ns_is_initial_user();
	probe_cgroup(arena, &host);
	probe_size(&host);
	*ret = host;
	return 0;
}

bool host_at_least(const struct host *host, unsigned major, unsigned minor)
{
	return host->kernel_major > major ||
	       (host->kernel_major == major && host->kernel_minor >= minor);
}

void host_print(const struct host *host, struct json_out *out, const char *key)
{
	json_out_object(out, key);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		const char *field = (const char *)host + fields[i].offset;
		const char *name = fields[i].name;

		switch (fields[i].type) {
		case FIELD_BOOL:
			json_out_bool(out, name, *(const bool *)field);
			break;
		case FIELD_UINT32:
			json_out_uint(out, name, *(const uint32_t *)(const void *)field);
			break;
		case FIELD_UINT64:
			json_out_uint(out, name, *(const uint64_t *)(const void *)field);
			break;
		case FIELD_INT:
			json_out_int(out, name, *(const int *)(const void *)field);
			break;
		case FIELD_STRING:
			json_out_string(out, name, *(const char *const *)(const void *)field);
			break;
		}
	}
	json_out_end_object(out);
}

static int parse_field(size_t i, const struct json *value, char *field, struct error *err)
{
	uint64_t unsigned_value = 0;
	int64_t signed_value = 0;

	switch (fields[i].type) {
	case FIELD_BOOL:
		return json_to_bool(value, (bool *)field, err);
	case FIELD_UINT32:
		if (json_to_uint(value, UINT32_MAX, &unsigned_value, err) < 0)
			return -1;
		*(uint32_t *)(void *)field = (uint32_t)unsigned_value;
		return 0;
	case FIELD_UINT64:
		return json_to_uint(value, UINT64_MAX, (uint64_t *)(void *)field, err);
	case FIELD_INT:
		if (json_to_int(value, INT32_MIN, INT32_MAX, &signed_value, err) < 0)
			return -1;
		*(int *)(void *)field = (int)signed_value;
		return 0;
	case FIELD_STRING:
		return json_to_string(value, (const char **)(void *)field, err);
	}
	return -1;
}

int host_parse(struct arena *arena, const struct json *object, struct host *ret, struct error *err)
{
	struct host host = {};

	if (object->type != JSON_OBJECT)
		return json_error(object, err, "a description of a host must be an object");
	for (const struct json *member = object->first; member; member = member->next) {
		size_t i = 0;

		while (i < ARRAY_LEN(fields) && strcmp(fields[i].name, member->key) != 0)
			i++;
		if (i == ARRAY_LEN(fields))
			return json_error(member, err, "no such property of a host");
		if (member->type != JSON_NULL &&
		    parse_field(i, member, (char *)&host + fields[i].offset, err) < 0)
			return -1;
	}

	/* the strings outlive the document that they were parsed from */
	const char **const strings[] = { &host.machine, &host.cgroup_mount,
					 &host.cgroup_controllers };

	for (size_t i = 0; i < ARRAY_LEN(strings); i++) {
		if (*strings[i])
			*strings[i] = arena_strdup(arena, *strings[i]);
	}
	*ret = host;
	return 0;
}
