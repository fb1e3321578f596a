/* kernel/uidmaps.c: the host ids that live processes have mapped
 *
 * An update, in the order of uidmaps_update():
 *
 *	mark    where does the pid counter stand, how many forks were there? Taken first: who is
 *	        born while we look is younger than the mark, and is seen next time
 *	scan    uid_map and gid_map of processes younger than the old mark, of those which had no
 *	        mapping yet then, and of MARGIN pids before: a fork draws its pid some time before
 *	        it shows in /proc
 *	store   the new mark and all ranges
 */
#include "kernel/uidmaps.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/number.h"
#include "kernel/idmap.h"
#include "kernel/uidmaps_snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	MARGIN = 8,
	RESERVED_PIDS = 300, /* where pids go on after pid_max, kernel/pid.c */
	MAP_TEXT_STEP = 512,
	MAP_TEXT_MAX = 16'384,   /* 340 lines of 33 bytes, user_namespaces(7) */
	MAP_TEXT_WHOLE = 256,    /* procfs gives less than a page in one read(2) */
	STAT_TEXT_MAX = 1 << 20, /* /proc/stat grows with cpus and interrupts */
};

struct scan {
	int proc;
	struct uidmaps *maps;
	struct uidmaps_mark *mark; /* of this scan; its pending list is filled */
	struct buf text;           /* of the map being read */
};

/* --- ranges --- */

/* Index of the first range that ends at @id or later. */
static size_t find(const struct uidmaps *maps, uint32_t id)
{
	size_t low = 0, high = maps->n;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (maps->ranges[middle].last < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct uidmaps_range *uidmaps_overlap(const struct uidmaps *maps, uint32_t first,
					    uint32_t last)
{
	const size_t i = find(maps, first);

	return i < maps->n && maps->ranges[i].first <= last ? &maps->ranges[i] : NULL;
}

static void add_range(struct uidmaps *maps, uint32_t first, uint32_t last)
{
	const size_t from = find(maps, first);
	size_t to = from;

	if (from < maps->n && maps->ranges[from].first <= first && last <= maps->ranges[from].last)
		return;

	for (; to < maps->n && maps->ranges[to].first <= last; to++) {
		if (maps->ranges[to].first < first)
			first = maps->ranges[to].first;
		if (maps->ranges[to].last > last)
			last = maps->ranges[to].last;
	}
	if (to == from)
		maps->ranges = xrealloc(maps->ranges, (maps->n + 1) * sizeof *maps->ranges);
	if (to != from + 1)
		memmove(&maps->ranges[from + 1], &maps->ranges[to],
			(maps->n - to) * sizeof *maps->ranges);
	maps->n = maps->n + 1 - (to - from);
	maps->ranges[from] = (struct uidmaps_range){ first, last };
}

void uidmaps_add(struct uidmaps *maps, const char *text)
{
	struct id_range range;

	while ((text = idmap_line(text, &range))) {
		if (range.count == 0 || range.count - 1 > UINT32_MAX - range.outside)
			continue;
		if (range.inside == range.outside && range.count > UINT32_MAX / 2)
			continue;
		add_range(maps, range.outside, range.outside + range.count - 1);
	}
}

/* --- one process --- */

/* Did the process end between the listing and now? EINVAL is what proc_id_map_open() of
 * fs/proc/base.c says then. Or does /proc hide it from us (hidepid)? */
static bool is_gone(int error)
{
	return error == ENOENT || error == ESRCH || error == EINVAL || error == EACCES ||
	       error == EPERM;
}

/* From the file to its end. Return: 0, or -1 with errno */
static int read_text(int fd, struct buf *ret)
{
	ssize_t n;

	buf_reset(ret);
	do {
		buf_reserve(ret, MAP_TEXT_STEP);
		n = read(fd, ret->data + ret->len, MAP_TEXT_STEP);
		if (n < 0)
			return -1;
		ret->len += (size_t)n;
		ret->data[ret->len] = '\0';
	} while (n > 0 && ret->len > MAP_TEXT_WHOLE && ret->len < MAP_TEXT_MAX);
	return 0;
}

/* Return: 1 with the text in scan->text, 0 if the process is gone, -1 with *err filled */
static int read_map(struct scan *scan, uint32_t pid, const char *file, struct error *err)
{
	char path[32];

	snprintf(path, sizeof path, "%" PRIu32 "/%s", pid, file);

	autoclose int fd = openat(scan->proc, path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read_text(fd, &scan->text) == 0)
		return 1;
	if (is_gone(errno))
		return 0;
	return error_sys(err, /* where = */ NULL, "cannot read /proc/%s", path);
}

/* A mapping is still to be written: the next update looks again. A full list forgets; whoever fills
 * it on purpose hides a process until the next full scan, no longer. */
static void add_pending(struct uidmaps_mark *mark, uint32_t pid)
{
	for (size_t i = 0; i < mark->n_pending; i++) {
		if (mark->pending[i] == pid)
			return;
	}
	if (mark->n_pending < UIDMAPS_PENDING_MAX)
		mark->pending[mark->n_pending++] = pid;
}

static int look_at(struct scan *scan, uint32_t pid, struct error *err)
{
	static const char initial[] = "         0          0 4294967295\n";
	static const char *const files[] = { "uid_map", "gid_map" };

	scan->maps->scanned++;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		const int there = read_map(scan, pid, files[i], err);

		if (there <= 0)
			return there;
		if (i == 0 && strcmp(buf_text(&scan->text), initial) == 0)
			return 0; /* nearly everybody */
		uidmaps_add(scan->maps, buf_text(&scan->text));
		if (scan->text.len == 0)
			add_pending(scan->mark, pid);
	}
	return 0;
}

/* --- many processes --- */

static uint32_t tgid_of(const char *name)
{
	uint32_t tgid = 0;

	for (; *name >= '0' && *name <= '9'; name++)
		tgid = tgid * 10 + (uint32_t)(*name - '0');
	return *name == '\0' ? tgid : 0;
}

/* How directory positions relate to tgids, as far as seen. */
struct positions {
	uint32_t bias;
	bool seen, broken;
};

static void learn_position(struct positions *positions, off_t position, uint32_t tgid)
{
	const off_t bias = position - (off_t)tgid;

	if (bias <= 0 || bias > INT_MAX || (positions->seen && bias != (off_t)positions->bias))
		positions->broken = true;
	else
		positions->bias = (uint32_t)bias;
	positions->seen = true;
}

/*
 * Look at every tgid of @from to @to, beginning at the directory position @start. @expected: how
 * many there may be; one getdents64(2) returns not many more, since each entry costs an inode.
 */
static int scan_tgids(struct scan *scan, off_t start, uint32_t from, uint32_t to, size_t expected,
		      struct positions *positions, struct error *err)
{
	enum { ENTRY_SIZE = 32, ENTRIES_MIN = 8, ENTRIES_MAX = 128 };
	alignas(struct dirent64) char buffer[ENTRIES_MAX * ENTRY_SIZE];
	size_t size = ENTRY_SIZE * (expected < ENTRIES_MIN ? ENTRIES_MIN : expected);
	autoclose int dir = openat(scan->proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (size > sizeof buffer)
		size = sizeof buffer;
	if (dir < 0 || lseek(dir, start, SEEK_SET) < 0)
		return error_sys(err, "/proc", "cannot list processes");

	for (;;) {
		const ssize_t n = getdents64(dir, buffer, size);

		if (n < 0)
			return error_sys(err, "/proc", "cannot list processes");
		if (n == 0)
			return 0;

		/* Of the first entry of a buffer the position is not known: the one that the last
		 * buffer ended with may belong to a process that has ended meanwhile. */
		const struct dirent64 *entry;
		off_t position = -1;

		for (ssize_t i = 0; i < n; i += entry->d_reclen) {
			entry = (const struct dirent64 *)(const void *)(buffer + i);

			const uint32_t tgid = tgid_of(entry->d_name);

			/* d_off of an entry is the position of the one that follows. */
			if (tgid != 0 && position >= 0)
				learn_position(positions, position, tgid);
			position = (off_t)entry->d_off;
			if (tgid > to)
				return 0;
			if (tgid >= from && tgid > 0 && look_at(scan, tgid, err) < 0)
				return -1;
			if (tgid == to)
				return 0;
		}
	}
}

static int scan_all(struct scan *scan, struct error *err)
{
	struct positions positions = {};

	scan->maps->full = true;
	scan->mark->full_s = scan->mark->time_s;
	scan->mark->n_pending = 0;
	if (scan_tgids(scan, 0, 1, UINT32_MAX, SIZE_MAX / 64, &positions, err) < 0)
		return -1;
	scan->mark->bias = positions.seen && !positions.broken ? positions.bias : 0;
	return 0;
}

/* Return: 1 done, 0 if positions are not what they were, -1 on error */
static int scan_new(struct scan *scan, const struct uidmaps_mark *old, struct error *err)
{
	const uint32_t to = scan->mark->last_pid;
	const uint32_t from = old->last_pid > MARGIN ? old->last_pid - MARGIN : 1;
	struct positions positions = { .bias = old->bias, .seen = true };

	for (size_t i = 0; i < old->n_pending; i++) {
		if (look_at(scan, old->pending[i], err) < 0)
			return -1;
	}
	if (to >= old->last_pid) {
		if (scan_tgids(scan, from + old->bias, from, to, to - from + 1, &positions, err) <
		    0)
			return -1;
	} else { /* the counter has passed pid_max once */
		if (scan_tgids(scan, from + old->bias, from, UINT32_MAX, SIZE_MAX / 64, &positions,
			       err) < 0 ||
		    scan_tgids(scan, (off_t)old->bias + 1, 1, to, to, &positions, err) < 0)
			return -1;
	}
	return !positions.broken;
}

/* --- the mark --- */

/* One read(2) of a small file of procfs, without its newline. */
static int read_line(int proc, const char *path, char *ret, size_t size, struct error *err)
{
	autoclose int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	const ssize_t n = fd < 0 ? -1 : read(fd, ret, size - 1);

	if (n < 0)
		return error_sys(err, /* where = */ NULL, "cannot read /proc/%s", path);
	ret[n] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	return 0;
}

static int read_forks(int proc, uint64_t *ret, struct error *err)
{
	autobuf struct buf text = {};

	if (fd_read_file(proc, "stat", STAT_TEXT_MAX, &text, err) < 0)
		return error_context(err, "cannot count processes");

	static const char label[] = "\nprocesses ";
	const char *line = strstr(buf_text(&text), label);
	const char *at = line ? line + strlen(label) : "";

	if (numbers_take(&at, UINT64_MAX, ret, 1) != 1)
		return error_set(err, ERR_KERNEL, "/proc/stat", "/proc/stat lacks 'processes'");
	return 0;
}

static int take_mark(int proc, struct uidmaps_mark *ret, struct error *err)
{
	struct timespec now;
	struct stat pid_ns, user_ns;
	char text[128];

	if (read_line(proc, "sys/kernel/random/boot_id", ret->boot_id, sizeof ret->boot_id, err) <
		    0 ||
	    read_forks(proc, &ret->forks, err) < 0 ||
	    read_line(proc, "loadavg", text, sizeof text, err) < 0)
		return -1;

	/* "0.07 0.05 0.01 1/139 2811": three loads, those that run/that exist, the last pid */
	const char *slash = strchr(text, '/'), *at = slash ? slash + 1 : "";
	uint64_t counts[2];

	if (numbers_take(&at, UINT32_MAX, counts, 2) != 2)
		return error_set(err, ERR_KERNEL, "/proc/loadavg", "/proc/loadavg is odd: '%s'",
				 text);
	ret->threads = (uint32_t)counts[0];
	ret->last_pid = (uint32_t)counts[1];
	if (fstatat(proc, "self/ns/pid", &pid_ns, 0) < 0 ||
	    fstatat(proc, "self/ns/user", &user_ns, 0) < 0)
		return error_sys(err, "/proc/self/ns", "cannot find our namespaces");
	clock_gettime(CLOCK_BOOTTIME, &now);
	ret->pid_ns = pid_ns.st_ino;
	ret->user_ns = user_ns.st_ino;
	ret->time_s = (uint64_t)now.tv_sec;
	return 0;
}

static int read_pid_max(int proc, struct uidmaps_mark *ret, struct error *err)
{
	char text[32];

	if (read_line(proc, "sys/kernel/pid_max", text, sizeof text, err) < 0)
		return -1;
	ret->pid_max = (uint32_t)strtoul(text, /* end = */ NULL, 10);
	return 0;
}

/* May what was seen at @old be completed by the processes that are younger? */
static bool may_go_on(const struct uidmaps_mark *old, const struct uidmaps_mark *now)
{
	if (strcmp(old->boot_id, now->boot_id) != 0 || old->pid_ns != now->pid_ns ||
	    old->user_ns != now->user_ns || old->bias == 0 || now->time_s < old->full_s ||
	    now->time_s - old->full_s > UIDMAPS_FULL_SCAN_S || now->forks < old->forks)
		return false;

	/* Each fork moves the counter on by one, and over pids in use: those of then, and those
	 * forked since. Only below one whole round of it do the two last pids say who is new. */
	const uint64_t steps = 2 * (now->forks - old->forks) + old->threads;

	return steps + RESERVED_PIDS + MARGIN < old->pid_max;
}

/* Scan what is new, or all. Return: 0, or -1 with *err filled */
static int scan(struct scan *scan, const struct uidmaps_mark *old, struct error *err)
{
	if (old) {
		scan->mark->full_s = old->full_s;
		scan->mark->pid_max = old->pid_max;
		scan->mark->bias = old->bias;

		const int done = scan_new(scan, old, err);

		if (done != 0)
			return done < 0 ? -1 : 0;
	}
	uidmaps_free(scan->maps);
	return read_pid_max(scan->proc, scan->mark, err) < 0 ? -1 : scan_all(scan, err);
}

int uidmaps_update(int proc, int snapshot, struct uidmaps *ret, struct error *err)
{
	struct uidmaps_mark old = {}, mark = {};
	struct uidmaps maps = {};
	struct scan all = { .proc = proc, .maps = &maps, .mark = &mark };

	if (take_mark(proc, &mark, err) < 0)
		return -1;

	const bool known = snapshot >= 0 && uidmaps_snapshot_load(snapshot, &old, &maps) &&
			   may_go_on(&old, &mark);
	const int scanned = scan(&all, known ? &old : NULL, err);

	buf_free(&all.text);
	if (scanned < 0) {
		uidmaps_free(&maps);
		return -1;
	}
	if (snapshot >= 0)
		uidmaps_snapshot_store(snapshot, &mark, &maps);
	*ret = maps;
	return 0;
}

void uidmaps_free(struct uidmaps *maps)
{
	free(maps->ranges);
	*maps = (struct uidmaps){};
}
