/* kernel/host.h: what this machine offers
 *
 * Probed once a command; an argument of policy and plan, which are therefore pure functions. Can be
 * written as JSON and read back, so that plans are tested for any machine on any machine.
 */
#ifndef BRIG_KERNEL_HOST_H
#define BRIG_KERNEL_HOST_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

#include <stdbool.h>
#include <stdint.h>

struct host {
	unsigned kernel_major, kernel_minor; /* uname(2) */
	const char *machine;                 /* "x86_64" */
	uint32_t uid, gid;                   /* effective, of brig */
	bool rootless;                       /* not root of the initial user namespace */
	uint64_t capabilities;               /* effective mask of brig */
	bool apparmor, selinux;
	int landlock_abi;               /* 0: none */
	bool core_scheduling;           /* prctl(PR_SCHED_CORE) */
	const char *cgroup_mount;       /* NULL: no cgroup2 mounted */
	const char *cgroup_controllers; /* of its root, space separated */
	bool cgroup_hybrid;             /* v1 controllers beside it */
	bool systemd;                   /* /run/systemd/system exists */
	bool time_namespace;
	bool has_newidmap; /* newuidmap and newgidmap are installed */
	/* How much there is: a limit beyond is none. 0: not known */
	uint64_t memory, swap; /* bytes */
	uint32_t processors, pid_max;
};

/**
 * host_is_ordinary() - is brig an ordinary user's, who has rights over a container from inside of its
 * user namespace alone? Rootless and yet no ordinary user is the root of another user namespace, as
 * rootless Podman runs brig: over what is made in that one it has the rights of root.
 */
static inline bool host_is_ordinary(const struct host *host)
{
	return host->rootless && host->uid != 0;
}

/** host_probe() - the facts of this machine, from @arena; ERR_KERNEL on a kernel that is too old for brig */
[[nodiscard]] int host_probe(struct arena *arena, struct host *ret, struct error *err);
/** host_at_least() - is the running kernel this version or newer? */
[[nodiscard]] bool host_at_least(const struct host *host, unsigned major, unsigned minor);
void host_print(const struct host *host, struct json_out *out, const char *key);
[[nodiscard]] int host_parse(struct arena *arena, const struct json *object, struct host *ret,
			     struct error *err);

#endif
