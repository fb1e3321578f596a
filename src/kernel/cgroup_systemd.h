/* kernel/cgroup_systemd.h: a cgroup that systemd makes: a transient scope unit
 *
 * By D-Bus (org.freedesktop.systemd1(5)), through libsystemd, which is loaded only then.
 *
 * How it goes together, for the caller: the process exists and waits; cgroup_scope_start() moves it
 * into the new scope; the cgroup of the scope is cgroup_path_of() that process; in it, since it is
 * delegated, cgroup_create() makes a cgroup with the limits, and cgroup_attach() moves the process.
 */
#ifndef BRIG_KERNEL_CGROUP_SYSTEMD_H
#define BRIG_KERNEL_CGROUP_SYSTEMD_H

#include "base/arena.h"
#include "base/error.h"
#include "kernel/cgroup.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct cgroup_scope {
	const char *unit;        /* "prefix-name.scope" */
	const char *slice;       /* "system.slice" */
	const char *description; /* "brig container ID" */
	const struct cgroup_property *properties;
	size_t n_properties;
	bool user; /* the calling user's service manager rather than the system's */
};

/**
 * cgroup_scope_start() - have systemd make the scope, with @pid in it, and wait until it has
 * A unit of that name that is left over in state failed is reset first.
 * Return: 0; -1 with *err filled: ERR_STATE with code EEXIST if such a unit is there and active
 */
[[nodiscard]] int cgroup_scope_start(const struct cgroup_scope *scope, pid_t pid,
				     struct error *err);

/** cgroup_scope_stop() - stop the unit, wait, and reset its failed state; a unit that is not there is success */
[[nodiscard]] int cgroup_scope_stop(const char *unit, bool user, struct error *err);

#endif
