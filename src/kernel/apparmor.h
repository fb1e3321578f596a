/* kernel/apparmor.h: a profile on exec; apparmor(7)
 *
 * brig does not use libapparmor for this. aa_change_onexec(3) opens /proc/TID/attr by path, in
 * whatever the container has at /proc by then (the class of CVE-2019-16884), and a library that is
 * loaded after pivot_root(2) would be the image's. What it does is one write, which we do through a
 * procfs that was verified.
 */
#ifndef BRIG_KERNEL_APPARMOR_H
#define BRIG_KERNEL_APPARMOR_H

#include "base/error.h"

#include <stdbool.h>

/** apparmor_enabled() - does the kernel have AppArmor, and is it on? Not asked of securityfs, which Podman may have unmounted */
[[nodiscard]] bool apparmor_enabled(void);

enum apparmor_mode {
	APPARMOR_UNKNOWN,  /* no securityfs in sight, or no right to read the list */
	APPARMOR_ABSENT,   /* the kernel has no such profile */
	APPARMOR_ENFORCED, /* what it forbids is refused, or ends the process */
	APPARMOR_LAX,      /* complain, unconfined …: it has a name and forbids nothing */
};

/** apparmor_profile_mode() - of the profile @name in the kernel. Reads the list in securityfs: not for the child */
[[nodiscard]] enum apparmor_mode apparmor_profile_mode(const char *name);
/** apparmor_mode_in() - the same, from the text of such a list */
[[nodiscard]] enum apparmor_mode apparmor_mode_in(const char *list, const char *name);

/**
 * apparmor_on_exec() - the next execve(2) of this process puts it under @profile
 * Before no_new_privs, which can forbid a profile that grants more than the present one. Inherited by
 * fork(2): no hook may be started between this call and execve(2). Takes no memory.
 *
 * @proc: fd of a verified procfs (procfs_open())
 * @from: where the name comes from: "/process/apparmorProfile"
 * @err:  ERR_KERNEL; ENOENT if the profile is not loaded, with the remedy
 */
[[nodiscard]] int apparmor_on_exec(int proc, const char *profile, const char *from,
				   struct error *err);

#endif
