/* A descriptor of a host directory that leaked into a container leads nowhere under the ruleset of
 * kernel/landlock.c, which grants everything below the container's "/" only. Relied on: openat(2)
 * below such a descriptor is refused, while the tree of the root, with what is mounted in it, works,
 * and so do pipes. */
#include "assume.h"
#include "kernel/compat.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

static void grant_root_only(void)
{
	const uint64_t rights = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
				LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_MAKE_REG;
	const struct compat_landlock_ruleset_attr attr = { .handled_access_fs = rights };
	const long ruleset = syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
	const struct landlock_path_beneath_attr rule = {
		.allowed_access = rights,
		.parent_fd = open("/", O_PATH | O_CLOEXEC),
	};

	NEEDS(ruleset >= 0, "no Landlock in this kernel");
	HOLDS(syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0);
	HOLDS(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	HOLDS(syscall(SYS_landlock_restrict_self, ruleset, 0) == 0);
}

int main(void)
{
	int ends[2];
	char path[64];

	NEEDS(unshare(CLONE_NEWNS) == 0, "cannot make a mount namespace");
	NEEDS(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "cannot make mounts private");
	NEEDS(mount("tmpfs", "/mnt", "tmpfs", 0, NULL) == 0, "cannot mount a tmpfs");
	HOLDS(mkdir("/mnt/root", 0755) == 0 && mkdir("/mnt/root/data", 0755) == 0);
	HOLDS(mkdir("/mnt/root/proc", 0755) == 0);
	HOLDS(mount("tmpfs", "/mnt/root/data", "tmpfs", 0, NULL) == 0);
	HOLDS(mount("/proc", "/mnt/root/proc", NULL, MS_BIND | MS_REC, NULL) == 0);

	const int leaked = open("/etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	HOLDS(leaked >= 0 && pipe(ends) == 0);
	HOLDS(chroot("/mnt/root") == 0 && chdir("/") == 0);
	HOLDS(openat(leaked, "passwd", O_RDONLY) >= 0); /* the attack, before the defence */
	grant_root_only();

	HOLDS(openat(leaked, "passwd", O_RDONLY) == -1 && errno == EACCES);
	HOLDS(openat(leaked, "../etc/passwd", O_RDONLY) == -1 && errno == EACCES);
	HOLDS(openat(leaked, ".", O_RDONLY | O_DIRECTORY) == -1 && errno == EACCES);
	HOLDS(open("/data/file", O_CREAT | O_RDWR, 0600) >= 0);
	snprintf(path, sizeof path, "/proc/self/fd/%d", ends[1]);
	HOLDS(open(path, O_WRONLY) >= 0);
	return 0;
}
