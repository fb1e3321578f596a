/* kernel/idmap.c: which host ids stand behind the ids of a container
 *
 * Theory of operation
 *
 * A user namespace starts without mappings: every id in it reads as the overflow id. uid_map and
 * gid_map may be written once, in a single write(2), by a process with CAP_SETUID (CAP_SETGID) in
 * the parent namespace: user_namespaces(7). So the child waits while the parent writes. An ordinary
 * user may map only its own single id, after "deny" in setgroups; for more, newuidmap(1) and
 * newgidmap(1) write on its behalf what /etc/subuid grants.
 *
 * Files keep the owner they have on disk. A mount with MOUNT_ATTR_IDMAP, mount_setattr(2), shifts
 * owners as they pass through it, by the mappings of a user namespace given as an fd.
 */
#include "kernel/idmap.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/number.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int map_write(int proc, int pid, const char *file, const struct id_range *ranges, size_t n,
		     struct error *err)
{
	autobuf struct buf lines = {};
	char path[48];

	for (size_t i = 0; i < n; i++)
		buf_printf(&lines, "%u %u %u\n", ranges[i].inside, ranges[i].outside,
			   ranges[i].count);
	snprintf(path, sizeof path, "%d/%s", pid, file);
	if (fd_write_file(proc, path, buf_text(&lines), err) == 0)
		return 0;
	if (err->code == EPERM)
		(void)error_remedy(err,
				   "the mapping needs CAP_SETUID and CAP_SETGID over its outside "
				   "ids: run brig as root, or map only your own ids");
	return error_context(err, "%s", file);
}

int idmap_write(int proc, int pid, const struct idmap *map, bool setgroups, struct error *err)
{
	char path[48];

	snprintf(path, sizeof path, "%d/setgroups", pid);
	if (!setgroups && fd_write_file(proc, path, "deny", err) < 0)
		return -1;
	if (map_write(proc, pid, "uid_map", map->uids, map->n_uids, err) < 0)
		return -1;
	return map_write(proc, pid, "gid_map", map->gids, map->n_gids, err);
}

static int helper_run(const char *program, int pid, const struct id_range *ranges, size_t n,
		      struct error *err)
{
	enum { WORD = 12, ARGS_MAX = 2 + 3 * IDMAP_RANGES_MAX + 1 };
	char words[ARGS_MAX][WORD];
	char *args[ARGS_MAX + 1];
	size_t used = 0;
	int status;

	snprintf(words[used++], WORD, "%s", program);
	snprintf(words[used++], WORD, "%d", pid);
	for (size_t i = 0; i < n && i < IDMAP_RANGES_MAX; i++) {
		snprintf(words[used++], WORD, "%u", ranges[i].inside);
		snprintf(words[used++], WORD, "%u", ranges[i].outside);
		snprintf(words[used++], WORD, "%u", ranges[i].count);
	}
	for (size_t i = 0; i < used; i++)
		args[i] = words[i];
	args[used] = NULL;

	const pid_t helper = fork();

	if (helper < 0)
		return error_sys(err, NULL, "cannot start %s", program);
	if (helper == 0) {
		char *const env[] = { (char[]){ "PATH=/usr/bin:/bin" }, NULL };

		execvpe(program, args, env);
		_exit(127);
	}
	while (waitpid(helper, &status, 0) < 0) {
		if (errno != EINTR)
			return error_sys(err, NULL, "cannot wait for %s", program);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	(void)error_set(err, ERR_KERNEL, NULL, "%s refused the mapping (its message is above)",
			program);
	return error_remedy(err,
			    "grant the ids in /etc/subuid and /etc/subgid: usermod --add-subuids");
}

int idmap_write_helpers(int pid, const struct idmap *map, struct error *err)
{
	if (helper_run("newuidmap", pid, map->uids, map->n_uids, err) < 0)
		return -1;
	return helper_run("newgidmap", pid, map->gids, map->n_gids, err);
}

const char *idmap_line(const char *text, struct id_range *ret)
{
	uint64_t line[3];

	if (numbers_take(&text, UINT32_MAX, line, 3) != 3 || (*text && *text != '\n'))
		return NULL;
	*ret = (struct id_range){ (uint32_t)line[0], (uint32_t)line[1], (uint32_t)line[2] };
	return *text ? text + 1 : text;
}

static int map_read(int proc, int pid, const char *file, struct arena *arena,
		    const struct id_range **ret, size_t *ret_n, struct error *err)
{
	enum { LINE_MAX_BYTES = 3 * 11 };
	autobuf struct buf text = {};
	struct id_range *ranges = arena_array(arena, IDMAP_RANGES_MAX, sizeof *ranges);
	size_t n = 0;
	char path[48];

	snprintf(path, sizeof path, "%d/%s", pid, file);
	if (fd_read_file(proc, path, (size_t)IDMAP_RANGES_MAX * LINE_MAX_BYTES, &text, err) < 0)
		return -1;
	for (const char *at = buf_text(&text);
	     n < IDMAP_RANGES_MAX && (at = idmap_line(at, &ranges[n]));)
		n++;
	*ret = ranges;
	*ret_n = n;
	return 0;
}

int idmap_read(int proc, int pid, struct arena *arena, struct idmap *ret, struct error *err)
{
	if (map_read(proc, pid, "uid_map", arena, &ret->uids, &ret->n_uids, err) < 0)
		return -1;
	return map_read(proc, pid, "gid_map", arena, &ret->gids, &ret->n_gids, err);
}

static bool same_ranges(const struct id_range *a, size_t n_a, const struct id_range *b, size_t n_b)
{
	return n_a == n_b && (n_a == 0 || memcmp(a, b, n_a * sizeof *a) == 0);
}

bool idmap_equal(const struct idmap *a, const struct idmap *b)
{
	return same_ranges(a->uids, a->n_uids, b->uids, b->n_uids) &&
	       same_ranges(a->gids, a->n_gids, b->gids, b->n_gids);
}

bool idmap_outside(const struct id_range *ranges, size_t n, uint32_t inside, uint32_t *ret)
{
	for (size_t i = 0; i < n; i++) {
		if (inside >= ranges[i].inside && inside - ranges[i].inside < ranges[i].count) {
			*ret = ranges[i].outside + (inside - ranges[i].inside);
			return true;
		}
	}
	return false;
}

uint32_t idmap_first(const struct id_range *ranges, size_t n)
{
	uint32_t outside;

	return n == 0 || idmap_outside(ranges, n, 0, &outside) ? 0 : ranges[0].inside;
}

int idmap_userns(const struct idmap *map, struct error *err)
{
	autoclose int proc = fd_open("/proc", O_PATH | O_DIRECTORY, 0, err);
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	char path[48];
	int userns = -1;

	if (proc < 0)
		return -1;

	const pid_t holder = (pid_t)syscall(SYS_clone3, &args, sizeof args);

	if (holder < 0)
		return error_sys(err, NULL, "cannot create a user namespace for a mapping");
	if (holder == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	if (idmap_write(proc, holder, map, true, err) == 0) {
		snprintf(path, sizeof path, "/proc/%d/ns/user", holder);
		userns = fd_open(path, O_RDONLY, 0, err);
	}
	kill(holder, SIGKILL);
	while (waitpid(holder, NULL, 0) < 0 && errno == EINTR)
		;
	return userns;
}
