/* kernel/sysctl.c: kernel parameters of a container's namespaces
 *
 * ping_group_range takes groups as they are counted in the user namespace of who writes them
 * (ipv4_ping_group_range() of net/ipv4/sysctl_net_ipv4.c). A bundle means its container's.
 */
#include "kernel/sysctl.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/number.h"
#include "kernel/namespace.h"
#include "kernel/procfs.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Who may write differs: net.* asks for a capability, which the host's root has everywhere, but
 * kernel.shm* and their like ask for the root of the ipc namespace's owner since Linux 5.19, and
 * for the host's before that (ipc_permissions() in ipc/ipc_sysctl.c). So one is tried, then the
 * other. */
static int become_owner(int pidfd, struct error *err)
{
	if (setns(pidfd, CLONE_NEWUSER) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return error_sys(err, "/linux/sysctl",
				 "cannot become the container's root to write kernel parameters");
	return 0;
}

/* An ordinary user has no rights over the namespaces but through the user namespace that owns them. */
static int join(int pidfd, bool *ret_owner, struct error *err)
{
	const int kinds = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;

	*ret_owner = false;
	if (setns(pidfd, kinds) == 0)
		return 0;
	*ret_owner = true;
	if (errno != EPERM || setns(pidfd, kinds | CLONE_NEWUSER) < 0)
		return error_sys(err, "/linux/sysctl", "cannot join the container's namespaces");
	return 0;
}

/* Does the kernel's default still stand there? */
static bool is_untouched(int proc, const char *path, const char *untouched)
{
	char value[64] = "";
	struct error ignored;

	if (procfs_read(proc, path, value, sizeof value, &ignored) < 0)
		return false;
	value[strcspn(value, "\n")] = '\0';
	return strcmp(value, untouched) == 0;
}

/* --- groups --- */

static bool groups_read(const char *text, uint64_t ret[2])
{
	char line[64];

	snprintf(line, sizeof line, "%s", text);
	for (char *c = line; *c; c++) {
		if (*c == '\t' || *c == '\n')
			*c = ' ';
	}

	const char *at = line;

	return numbers_take(&at, UINT32_MAX, ret, 2) == 2 && at[strspn(at, " ")] == '\0';
}

/* The host's groups behind @first and as many of those up to @last as follow it there, too. */
static bool groups_outside(const struct idmap *ids, const uint64_t inside[2], uint64_t ret[2])
{
	for (size_t i = 0; i < ids->n_gids; i++) {
		const struct id_range *range = &ids->gids[i];
		const uint64_t end = (uint64_t)range->inside + range->count;

		if (inside[0] < range->inside || inside[0] >= end)
			continue;
		ret[0] = range->outside + (inside[0] - range->inside);
		ret[1] = range->outside + ((inside[1] < end ? inside[1] : end - 1) - range->inside);
		return true;
	}
	return false;
}

int sysctl_groups(const char *value, const char *present, const struct idmap *ids,
		  char ret[SYSCTL_GROUPS_SIZE], struct error *err)
{
	uint64_t groups[2], others[2];

	if (!groups_read(value, groups))
		return error_set(err, ERR_SPEC, NULL, "'%.64s' is not two groups", value);
	/* None at all, which is said with the first behind the last: 1 0. */
	if (ids->n_gids > 0 && groups[0] <= groups[1]) {
		if (!groups_outside(ids, groups, groups))
			return error_set(err, ERR_SPEC, NULL, "the container has no group %" PRIu64,
					 groups[0]);
		if (present && groups_read(present, others) && others[0] <= others[1]) {
			groups[0] = others[0] < groups[0] ? others[0] : groups[0];
			groups[1] = others[1] > groups[1] ? others[1] : groups[1];
		}
	}
	snprintf(ret, SYSCTL_GROUPS_SIZE, "%" PRIu32 " %" PRIu32, (uint32_t)groups[0],
		 (uint32_t)groups[1]);
	return 0;
}

/* --- writing --- */

/* @ids: NULL when the writer counts groups as the container does. */
static int write_value(const struct sysctl *sysctl, const struct idmap *ids, int proc,
		       const char *path, struct error *err)
{
	char groups[SYSCTL_GROUPS_SIZE], present[64];

	if (!sysctl->groups || !ids)
		return procfs_write(proc, path, sysctl->value, err);
	if (procfs_read(proc, path, present, sizeof present, err) < 0)
		return -1;
	/* In another user namespace "1 0" reads as 65534 65534: neither has an id there. */
	if (sysctl_groups(sysctl->value, ns_is_initial_user() ? present : NULL, ids, groups, err) <
	    0)
		return -1;
	return procfs_write(proc, path, groups, err);
}

static int write_one(const struct sysctl *sysctl, const struct idmap *ids, int proc,
		     struct error *err)
{
	char path[256];

	snprintf(path, sizeof path, "sys/%s", sysctl->path);
	if (sysctl->unless_not && !is_untouched(proc, path, sysctl->unless_not))
		return 0;
	if (write_value(sysctl, ids, proc, path, err) == 0)
		return 0;
	snprintf(err->where, sizeof err->where, "%s", sysctl->from);
	return error_context(err, "kernel parameter '%s'", sysctl->path);
}

/* As the host's root all that it may; what is left, as the owner, who has no way back. */
static int write_all(const struct sysctl *list, size_t n, const struct idmap *ids, int pidfd,
		     struct error *err)
{
	autofree bool *left = xmalloc(n * sizeof *left);
	autoclose int proc = procfs_open(err);
	autoclose int own = proc < 0 ? -1 : ns_open(NS_NET, "/proc/self/ns/net", err);
	bool owner, any_left = false;

	if (own < 0 || join(pidfd, &owner, err) < 0)
		return -1;

	const bool shared = ns_is_own(NS_NET, own, err) != 0;

	for (size_t i = 0; i < n; i++) {
		left[i] = false;
		if ((list[i].unless_not && shared) ||
		    write_one(&list[i], owner ? NULL : ids, proc, err) == 0)
			continue;
		if (owner || err->code != EACCES)
			return -1;
		left[i] = any_left = true;
	}
	if (any_left && become_owner(pidfd, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (left[i] && write_one(&list[i], NULL, proc, err) < 0)
			return -1;
	}
	return 0;
}

int sysctl_write(const struct sysctl *list, size_t n, const struct idmap *ids, int pidfd,
		 struct error *err)
{
	int sockets[2];
	struct error result = {};

	if (n == 0)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return error_sys(err, "/linux/sysctl", "cannot make a socket pair");

	autoclose int ours = sockets[0], theirs = sockets[1];
	const pid_t writer = fork();

	if (writer < 0)
		return error_sys(err, "/linux/sysctl", "cannot start the writer");
	if (writer == 0) {
		const bool failed = write_all(list, n, ids, pidfd, &result) < 0;

		if (failed)
			(void)!write(theirs, &result, sizeof result);
		_exit(failed);
	}
	close(fd_take(&theirs));

	const ssize_t received = read(ours, &result, sizeof result);
	int status = 0;

	while (waitpid(writer, &status, 0) < 0 && errno == EINTR)
		;
	if (received == (ssize_t)sizeof result) {
		*err = result;
		return -1;
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return error_set(err, ERR_KERNEL, "/linux/sysctl",
				 "the writer of kernel parameters died");
	return 0;
}
