/* kernel/selinux.c: a label on exec; selinux(8)
 *
 * The label goes to /proc/self/attr/exec, as setexeccon(3) of libselinux would write it. AppArmor
 * and SELinux are never both active, so the file is SELinux's when selinux_enabled().
 */
#include "kernel/selinux.h"

#include "kernel/compat.h"
#include "kernel/procfs.h"

#include <errno.h>
#include <sys/vfs.h>

bool selinux_enabled(void)
{
	struct statfs fs;

	return statfs("/sys/fs/selinux", &fs) == 0 && (unsigned long)fs.f_type == SELINUX_MAGIC;
}

int selinux_on_exec(int proc, const char *label, struct error *err)
{
	if (procfs_write(proc, "self/attr/exec", label, err) == 0)
		return 0;
	errno = err->code;
	(void)error_sys(err, "/process/selinuxLabel", "cannot use the SELinux label '%s'", label);
	return error_remedy(err, "the loaded SELinux policy must know the label, and must let brig "
				 "start programs with it");
}
