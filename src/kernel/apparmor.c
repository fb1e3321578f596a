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

static enum apparmor_mode mode_of(const char *word, size_t len)
{
	/* aa_profile_mode_names of security/apparmor/policy.c; those that it may get are not known to confine */
	static const char *const enforced[] = { "enforce", "kill" };

	for (size_t i = 0; i < ARRAY_LEN(enforced); i++) {
		if (strlen(enforced[i]) == len && memcmp(enforced[i], word, len) == 0)
			return APPARMOR_ENFORCED;
	}
	return APPARMOR_LAX;
}

enum apparmor_mode apparmor_mode_in(const char *list, const char *name)
{
	const size_t len = strlen(name);

	/* one line a profile: NAME (MODE); names may hold spaces */
	for (const char *line = list; *line;) {
		const char *end = strchrnul(line, '\n');
		const char *mode = line + len + 2;

		if (strncmp(line, name, len) == 0 && strncmp(line + len, " (", 2) == 0 &&
		    !memchr(mode, ' ', (size_t)(end - mode)))
			return mode_of(mode, strcspn(mode, ")\n"));
		line = *end ? end + 1 : end;
	}
	return APPARMOR_ABSENT;
}

enum apparmor_mode apparmor_profile_mode(const char *name)
{
	enum { LIST_SIZE_MAX = 4 << 20 };
	autobuf struct buf list = {};
	struct error ignored;

	if (fd_read_file(AT_FDCWD, "/sys/kernel/security/apparmor/profiles", LIST_SIZE_MAX, &list,
			 &ignored) < 0)
		return APPARMOR_UNKNOWN;
	return apparmor_mode_in(buf_text(&list), name);
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
