/* kernel/apparmor.c: a profile on exec; apparmor(7)
 *
 * "exec NAME" in /proc/self/attr/apparmor/exec is what aa_change_onexec(3) writes. The directory
 * came with Linux 5.8; where several LSMs share attr/exec, it is the one that is surely AppArmor's.
 */
#include "kernel/apparmor.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

bool apparmor_enabled(void)
{
	autoclose int fd = open("/sys/module/apparmor/parameters/enabled", O_RDONLY | O_CLOEXEC);
	char answer = 'N';

	return fd >= 0 && read(fd, &answer, 1) == 1 && answer == 'Y';
}

int apparmor_profile_loaded(const char *name)
{
	enum { LIST_SIZE_MAX = 4 << 20 };
	autobuf struct buf list = {};
	struct error ignored;

	if (fd_read_file(AT_FDCWD, "/sys/kernel/security/apparmor/profiles", LIST_SIZE_MAX, &list,
			 &ignored) < 0)
		return -1;

	/* one line a profile: NAME (MODE); names may hold spaces */
	const size_t len = strlen(name);

	for (const char *line = buf_text(&list); *line;) {
		const char *end = strchrnul(line, '\n');

		if (strncmp(line, name, len) == 0 && strncmp(line + len, " (", 2) == 0 &&
		    !memchr(line + len + 2, ' ', (size_t)(end - line) - len - 2))
			return 1;
		line = *end ? end + 1 : end;
	}
	return 0;
}

int apparmor_on_exec(int proc, const char *profile, const char *from, struct error *err)
{
	char command[512];
	const int len = snprintf(command, sizeof command, "exec %s", profile);

	if (len >= (int)sizeof command)
		return error_set(err, ERR_SPEC, from,
				 "the name of the AppArmor profile is too long");
	if (procfs_write(proc, "self/attr/apparmor/exec", command, err) == 0)
		return 0;

	const int code = err->code;

	errno = code;
	(void)error_sys(err, from, "cannot use the AppArmor profile '%s'", profile);
	switch (code) {
	case ENOENT:
		return error_remedy(
			err, "load the profile with apparmor_parser -r; aa-status lists what "
			     "is loaded");
	case EPERM:
	case EACCES:
		return error_remedy(err,
				    "the profile that brig itself runs under must allow "
				    "change_profile -> %s",
				    profile);
	default:
		return -1;
	}
}
