/* kernel/cgroup_watch.c: freeze, kill, signal and count what is in a cgroup
 *
 * Theory of operation
 *
 * Writing cgroup.freeze, cgroup.kill only asks; the processes follow when they next run. The answer
 * is in cgroup.events: "frozen 1" when every process below stands still, "populated 0" when none is
 * left. The kernel notifies of changes of that file by POLLPRI on a descriptor that has read it:
 * Documentation/admin-guide/cgroup-v2.rst, "[Un]populated Notification". Reading first and polling
 * then leaves no gap, since a change after the read makes the poll return at once.
 */
#include "kernel/cgroup.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "kernel/cgroup_internal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
	EVENTS_SIZE = 256,  /* of cgroup.events: two lines */
	PIDS_MAX = 4 << 20, /* PID_MAX_LIMIT, proc(5) */
	PIDS_TEXT_MAX = 32 << 20,
	SIGNAL_FREEZE_MS = 200, /* a process in an uninterruptible wait must not hold up a signal */
};

/* --- small files --- */

static int read_text(int fd, char *ret, size_t size)
{
	const ssize_t n = pread(fd, ret, size - 1, 0);

	if (n < 0)
		return -1;
	ret[n] = '\0';
	if (n > 0 && ret[n - 1] == '\n')
		ret[n - 1] = '\0';
	return 0;
}

int cgroup_read(int cgroup, const char *file, char *ret, size_t size)
{
	autoclose int fd = openat(cgroup, file, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : read_text(fd, ret, size);
}

bool cgroup_has_word(const char *words, const char *word, size_t len)
{
	for (const char *at = words + strspn(words, " "); *at; at += strspn(at, " ")) {
		const size_t here = strcspn(at, " ");

		if (here == len && strncmp(at, word, len) == 0)
			return true;
		at += here;
	}
	return false;
}

/* --- cgroup.events --- */

/* "populated 1\nfrozen 0": 0, 1, or -1 with errno */
static int event_in(int events, const char *key)
{
	const size_t len = strlen(key);
	char text[EVENTS_SIZE];

	if (read_text(events, text, sizeof text) < 0)
		return -1;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, len) == 0 && line[len] == ' ')
			return line[len + 1] == '1';
	}
	errno = ENOENT; /* `frozen` came with Linux 5.2 */
	return -1;
}

static int open_events(int cgroup)
{
	return openat(cgroup, "cgroup.events", O_RDONLY | O_CLOEXEC);
}

int cgroup_event(int cgroup, const char *key)
{
	autoclose int events = open_events(cgroup);

	return events < 0 ? -1 : event_in(events, key);
}

/* @events was opened before what is waited for was asked. */
static int await(int events, const char *key, bool wanted, int timeout_ms)
{
	const int64_t end = clock_ms() + timeout_ms;

	for (;;) {
		const int value = event_in(events, key);

		if (value < 0)
			return -1;
		if (value == wanted)
			return 1;

		const int64_t left = end - clock_ms();
		struct pollfd poll_events = { .fd = events, .events = POLLPRI };

		if (left <= 0)
			return 0;
		if (poll(&poll_events, 1, (int)left) < 0 && errno != EINTR)
			return -1;
	}
}

int cgroup_await(int cgroup, const char *key, bool wanted, int timeout_ms)
{
	autoclose int events = open_events(cgroup);

	return events < 0 ? -1 : await(events, key, wanted, timeout_ms);
}

int cgroup_is_frozen(int cgroup, struct error *err)
{
	const int frozen = cgroup_event(cgroup, "frozen");

	if (frozen < 0)
		return error_sys(err, /* where = */ NULL, "cannot read 'frozen' of cgroup.events");
	return frozen;
}

int cgroup_is_populated(int cgroup, struct error *err)
{
	const int populated = cgroup_event(cgroup, "populated");

	if (populated < 0)
		return error_sys(err, /* where = */ NULL,
				 "cannot read 'populated' of cgroup.events");
	return populated;
}

/* --- asking, and waiting for the answer --- */

/* Every cgroup has cgroup.procs, the root too; one that was removed has no files any more. */
static bool is_removed(int cgroup)
{
	return faccessat(cgroup, "cgroup.procs", F_OK, 0) < 0 && errno == ENOENT;
}

/* Write "0" or "1" to @file and wait. Return: 1, 0 on a time-out, -1 with *err filled */
static int ask(int cgroup, const char *file, bool value, const char *key, bool wanted,
	       int timeout_ms, struct error *err)
{
	autoclose int events = open_events(cgroup);
	int done = -1;

	if (events < 0)
		(void)error_sys(err, /* where = */ NULL, "cannot open cgroup.events");
	else if (fd_write_file(cgroup, file, value ? "1" : "0", err) == 0 &&
		 (done = await(events, key, wanted, timeout_ms)) < 0)
		(void)error_sys(err, /* where = */ NULL, "cannot watch cgroup.events");

	/* systemd removes a scope's cgroups with the last process. Then it is neither frozen nor populated. */
	return done < 0 && !wanted && is_removed(cgroup) ? 1 : done;
}

int cgroup_freeze(int cgroup, bool frozen, int timeout_ms, struct error *err)
{
	const int done = ask(cgroup, "cgroup.freeze", frozen, "frozen", frozen, timeout_ms, err);

	if (done != 0)
		return done < 0 ? -1 : 0;

	if (frozen) { /* half of the processes standing still is a state that nobody asked for */
		struct error ignored;

		(void)!fd_write_file(cgroup, "cgroup.freeze", "0", &ignored);
	}
	(void)error_set(err, ERR_STATE, /* where = */ NULL, "the cgroup was not %s within %d ms",
			frozen ? "frozen" : "thawed", timeout_ms);
	err->code = ETIMEDOUT;
	return error_remedy(err, frozen ? "a process in an uninterruptible wait (state D in ps) "
					  "holds it up: try again when that has ended"
					: "a cgroup above it is frozen: thaw that one");
}

int cgroup_kill(int cgroup, int timeout_ms, struct error *err)
{
	const int done = ask(cgroup, "cgroup.kill", true, "populated", false, timeout_ms, err);

	if (done != 0)
		return done < 0 ? -1 : 0;

	(void)error_set(err, ERR_STATE, /* where = */ NULL,
			"killed processes were still there after %d ms", timeout_ms);
	err->code = ETIMEDOUT;
	return error_remedy(err, "a process in an uninterruptible wait (state D in ps) dies when "
				 "that has ended: try again then");
}

/* --- who is in it --- */

struct pids {
	struct arena *arena;
	pid_t *items;
	size_t n, room;
};

static int add_pid(struct pids *pids, long pid)
{
	if (pid <= 0) /* 0: a process that our pid namespace does not show */
		return 0;
	if (pids->n >= PIDS_MAX)
		return -1;
	if (pids->n == pids->room) {
		pids->room = pids->room ? 2 * pids->room : 64;
		pids->items = arena_grow(pids->arena, pids->items, pids->n, pids->room,
					 sizeof *pids->items);
	}
	pids->items[pids->n++] = (pid_t)pid;
	return 0;
}

/* A cgroup_visitor. */
static int add_pids_of(int dir, void *data, struct error *err)
{
	struct pids *pids = data;
	autobuf struct buf text = {};

	if (fd_read_file(dir, "cgroup.procs", PIDS_TEXT_MAX, &text, err) < 0)
		/* gone; or threaded, and then the processes are listed by the cgroup above */
		return err->code == ENOENT || err->code == ENODEV || err->code == EOPNOTSUPP ? 0
											     : -1;

	const char *at = buf_text(&text);

	while (*at) {
		char *end;
		const long pid = strtol(at, &end, 10);

		if (end == at || add_pid(pids, pid) < 0)
			return error_set(err, ERR_KERNEL, "cgroup.procs",
					 "cgroup.procs cannot be understood");
		at = end + strspn(end, "\n");
	}
	return 0;
}

int cgroup_pids(int cgroup, struct arena *arena, pid_t **ret, size_t *ret_n, struct error *err)
{
	struct pids pids = { .arena = arena };

	if (cgroup_walk(cgroup, add_pids_of, &pids, err) < 0)
		return -1;
	*ret = pids.items;
	*ret_n = pids.n;
	return 0;
}

/* SIGKILL has cgroup.kill, which misses nobody, frozen or not. */
int cgroup_signal(int cgroup, int signal, struct error *err)
{
	autoarena struct arena arena = {};
	struct error ignored;
	pid_t *pids;
	size_t n;

	if (signal == SIGKILL)
		return fd_write_file(cgroup, "cgroup.kill", "1", err);

	const int was_frozen = cgroup_is_frozen(cgroup, err);

	if (was_frozen < 0)
		return -1;

	/* Frozen processes neither fork nor exit, so the list is whole and no number in it is used
	 * again. If one cannot be frozen in time, the others still get the signal. */
	if (!was_frozen)
		(void)!cgroup_freeze(cgroup, true, SIGNAL_FREEZE_MS, &ignored);

	int result = cgroup_pids(cgroup, &arena, &pids, &n, err);

	for (size_t i = 0; result == 0 && i < n; i++) {
		if (kill(pids[i], signal) < 0 && errno != ESRCH)
			result = error_sys(err, /* where = */ NULL, "cannot signal process %d",
					   (int)pids[i]);
	}

	if (!was_frozen)
		(void)!fd_write_file(cgroup, "cgroup.freeze", "0", &ignored);
	return result;
}
