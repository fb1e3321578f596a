/* kernel/landlock.c: a ruleset beneath all other protections; landlock(7)
 *
 * Theory of operation
 *
 * A ruleset lists the rights that it handles: all that the kernel knows. Rules then grant rights on
 * file hierarchies; what is handled and not granted is denied. A rule belongs to an inode, and an
 * access is allowed if one is found on the way from the file up to the root, through mount points.
 * So a rule on the container's "/" grants a file that is reached through the container's tree, and
 * no other: the way up from a file of the host does not pass there.
 *
 * Files without a place in any tree (pipes, sockets, memfd_create(2)) are not judged.
 */
#include "kernel/landlock.h"

#include "base/cleanup.h"
#include "kernel/compat.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Rights that a rule on something other than a directory may grant; landlock(7). */
static const uint64_t file_rights = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
				    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_TRUNCATE |
				    LANDLOCK_ACCESS_FS_IOCTL_DEV;

/* What no container needs: its devices are bound from the host, never made. */
static const uint64_t denied_rights = LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK;

// clang-format off
static const struct generation {
	int abi; /* from this one on */
	uint64_t rights;
} generations[] = {
	{ 1, LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |
	     LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
	     LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
	     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
	     LANDLOCK_ACCESS_FS_MAKE_SYM },
	{ 2, LANDLOCK_ACCESS_FS_REFER     }, /* why it is LANDLOCK_ABI_MIN */
	{ 3, LANDLOCK_ACCESS_FS_TRUNCATE  },
	{ 5, LANDLOCK_ACCESS_FS_IOCTL_DEV },
};
// clang-format on

int landlock_abi(void)
{
	const long abi =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi > 0 ? (int)abi : 0;
}

static uint64_t rights_of(int abi)
{
	uint64_t rights = 0;

	for (size_t i = 0; i < ARRAY_LEN(generations); i++) {
		if (abi >= generations[i].abi)
			rights |= generations[i].rights;
	}
	return rights;
}

static int grant(int ruleset, int fd, uint64_t rights)
{
	const struct landlock_path_beneath_attr rule = {
		.allowed_access = rights,
		.parent_fd = fd,
	};

	return (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

static int grant_root(int ruleset, uint64_t rights, struct error *err)
{
	autoclose int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || grant(ruleset, fd, rights) < 0)
		return error_sys(err, "landlock", "cannot grant '/'");
	return 0;
}

/* mq_open(3) reaches a message queue through a mount of mqueue that only the kernel sees, whose root
 * has the inode of /dev/mqueue: without a rule there it is refused. No mqueue there, no rule. */
static int grant_message_queues(int ruleset, uint64_t rights, struct error *err)
{
	autoclose int fd = open("/dev/mqueue", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs) < 0 || fs.f_type != MQUEUE_MAGIC)
		return 0;
	if (grant(ruleset, fd, rights) < 0)
		return error_sys(err, "landlock", "cannot grant '/dev/mqueue'");
	return 0;
}

static int grant_inherited(int ruleset, int fd, uint64_t rights, struct error *err)
{
	const int flags = fcntl(fd, F_GETFL);
	struct stat file;

	if (flags < 0 || fstat(fd, &file) < 0)
		return 0; /* not open: nothing to grant */

	if (!S_ISDIR(file.st_mode)) {
		rights &= file_rights;
		if ((flags & O_ACCMODE) == O_RDONLY)
			rights &= ~(uint64_t)(LANDLOCK_ACCESS_FS_WRITE_FILE |
					      LANDLOCK_ACCESS_FS_TRUNCATE);
		if ((flags & O_ACCMODE) == O_WRONLY)
			rights &= ~(uint64_t)LANDLOCK_ACCESS_FS_READ_FILE;
	}

	/* EBADFD: a pipe or socket, which Landlock does not judge and takes no rules for */
	if (grant(ruleset, fd, rights) < 0 && errno != EBADFD)
		return error_sys(err, "landlock", "cannot grant descriptor %d", fd);
	return 0;
}

static int create_ruleset(int abi, uint64_t rights, bool scope_abstract_sockets, struct error *err)
{
	const struct compat_landlock_ruleset_attr attr = {
		.handled_access_fs = rights,
		.scoped = scope_abstract_sockets && abi >= LANDLOCK_ABI_SCOPE
				  ? LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET
				  : 0,
	};
	/* an older kernel takes a longer struct while what it does not know is zero */
	const long fd = syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);

	if (fd < 0)
		return error_sys(err, "landlock", "cannot create a Landlock ruleset");
	return (int)fd;
}

int landlock_restrict(int abi, int n_fds, bool scope_abstract_sockets, struct error *err)
{
	const uint64_t handled = rights_of(abi), granted = handled & ~denied_rights;
	autoclose int ruleset = create_ruleset(abi, handled, scope_abstract_sockets, err);

	if (ruleset < 0 || grant_root(ruleset, granted, err) < 0 ||
	    grant_message_queues(ruleset, granted, err) < 0)
		return -1;
	for (int fd = 0; fd < n_fds; fd++) {
		if (grant_inherited(ruleset, fd, granted, err) < 0)
			return -1;
	}
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0) {
		(void)error_sys(err, "landlock", "cannot enter the Landlock domain");
		if (err->code == E2BIG)
			return error_remedy(err, "brig itself runs below 16 Landlock domains: "
						 "start it elsewhere, or set landlock to false in "
						 "the policy");
		return -1;
	}
	return 0;
}
