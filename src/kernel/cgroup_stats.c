/* kernel/cgroup_stats.c: what the processes of a cgroup have used
 *
 * Files of three shapes, cgroup-v2.rst, "Format": one value; "KEY VALUE" lines, which a table places
 * by key; and "NAME KEY=VALUE KEY=VALUE" lines. A file that does not exist belongs to a controller
 * that is not enabled, or to a newer kernel; what it would have said stays zero.
 */
#include "kernel/cgroup_stats.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX_SIZE = 4 << 20, NS_PER_US = 1000 };

/* What a key of a flat file fills. */
struct key {
	const char *name;
	size_t offset;
	uint64_t unit; /* is multiplied by */
};

struct reading {
	int cgroup;
	struct arena *arena;
	struct error *err;
};

/* --- files --- */

/* The whole file as text of the arena; NULL without it. *ret_failed if it is there and cannot be read. */
static char *read_file(struct reading *reading, const char *file, bool *ret_failed)
{
	autobuf struct buf text = {};
	struct error err = {};

	if (fd_read_file(reading->cgroup, file, FILE_MAX_SIZE, &text, &err) == 0)
		return arena_strndup(reading->arena, buf_text(&text), text.len);

	/* EOPNOTSUPP: pressure information is switched off */
	if (err.code != ENOENT && err.code != EOPNOTSUPP) {
		*reading->err = err;
		*ret_failed = true;
	}
	return NULL;
}

static uint64_t parse_number(const char *text)
{
	return strncmp(text, "max", 3) == 0 ? CGROUP_UNLIMITED : strtoull(text, NULL, 10);
}

/* 1: @ret is set; 0: there is no such file; -1 with the error filled */
static int read_number(struct reading *reading, const char *file, uint64_t *ret)
{
	bool failed = false;
	const char *text = read_file(reading, file, &failed);

	if (!text)
		return failed ? -1 : 0;
	*ret = parse_number(text);
	return 1;
}

static int read_keys(struct reading *reading, const char *file, const struct key *keys, size_t n,
		     void *ret)
{
	bool failed = false;
	char *text = read_file(reading, file, &failed), *state = NULL;

	if (!text)
		return failed ? -1 : 0;

	for (char *line = strtok_r(text, "\n", &state); line; line = strtok_r(NULL, "\n", &state)) {
		char *value = strchr(line, ' ');

		if (!value)
			continue;
		*value++ = '\0';
		for (size_t i = 0; i < n; i++) {
			if (strcmp(keys[i].name, line) == 0)
				*(uint64_t *)(void *)((char *)ret + keys[i].offset) =
					parse_number(value) * keys[i].unit;
		}
	}
	return 1;
}

/* The value behind "KEY=" in a line of words. */
static const char *word_value(char *line, const char *key)
{
	const size_t len = strlen(key);

	for (char *at = strchr(line, ' '); at; at = strchr(at, ' ')) {
		at++;
		if (strncmp(at, key, len) == 0 && at[len] == '=')
			return at + len + 1;
	}
	return NULL;
}

static uint64_t word_number(char *line, const char *key)
{
	const char *value = word_value(line, key);

	return value ? parse_number(value) : 0;
}

/* --- pressure --- */

static const char *word_text(struct arena *arena, char *line, const char *key)
{
	const char *value = word_value(line, key);

	return value ? arena_strndup(arena, value, strspn(value, "0123456789.")) : "0";
}

static int read_pressure(struct reading *reading, const char *file, struct cgroup_pressure *ret)
{
	bool failed = false;
	char *text = read_file(reading, file, &failed), *state = NULL;

	for (char *line = text ? strtok_r(text, "\n", &state) : NULL; line;
	     line = strtok_r(NULL, "\n", &state)) {
		struct cgroup_pressure_line *to =
			strncmp(line, "some ", 5) == 0 ? &ret->some : &ret->full;

		*to = (struct cgroup_pressure_line){
			.avg10 = word_text(reading->arena, line, "avg10"),
			.avg60 = word_text(reading->arena, line, "avg60"),
			.avg300 = word_text(reading->arena, line, "avg300"),
			.total = word_number(line, "total"),
		};
		ret->set = true;
	}
	/* Linux before 5.13 has no "full" for cpu; a reader of JSON wants numbers all the same. */
	if (ret->set && !ret->full.avg10)
		ret->full = (struct cgroup_pressure_line){ "0", "0", "0", 0 };
	return failed ? -1 : 0;
}

/* --- the controllers --- */

static int read_cpu(struct reading *reading, struct cgroup_stats *ret)
{
	// clang-format off
	static const struct key keys[] = {
		{ "usage_usec",     offsetof(struct cgroup_cpu_stats, usage),             NS_PER_US },
		{ "user_usec",      offsetof(struct cgroup_cpu_stats, user),              NS_PER_US },
		{ "system_usec",    offsetof(struct cgroup_cpu_stats, system),            NS_PER_US },
		{ "nr_periods",     offsetof(struct cgroup_cpu_stats, periods),           1 },
		{ "nr_throttled",   offsetof(struct cgroup_cpu_stats, throttled_periods), 1 },
		{ "throttled_usec", offsetof(struct cgroup_cpu_stats, throttled),         NS_PER_US },
	};
	// clang-format on

	/* cpu.stat is there without the controller too; cpu.max is not. */
	ret->cpu.set = faccessat(reading->cgroup, "cpu.max", F_OK, 0) == 0;
	if (read_keys(reading, "cpu.stat", keys, ARRAY_LEN(keys), &ret->cpu) < 0)
		return -1;
	return read_pressure(reading, "cpu.pressure", &ret->cpu.pressure);
}

static int read_memory_raw(struct reading *reading, struct cgroup_memory_stats *ret)
{
	bool failed = false;
	char *text = read_file(reading, "memory.stat", &failed), *state = NULL;
	struct cgroup_stat_value *values = NULL;
	size_t n = 0, room = 0;

	for (char *line = text ? strtok_r(text, "\n", &state) : NULL; line;
	     line = strtok_r(NULL, "\n", &state)) {
		char *value = strchr(line, ' ');

		if (!value)
			continue;
		*value++ = '\0';
		if (n == room) {
			room = room ? 2 * room : 64;
			values = arena_grow(reading->arena, values, n, room, sizeof *values);
		}
		values[n++] = (struct cgroup_stat_value){ line, parse_number(value) };
		if (strcmp(line, "file") == 0)
			ret->cache = parse_number(value);
		if (strcmp(line, "kernel") == 0)
			ret->kernel.usage = parse_number(value);
	}
	ret->raw = values;
	ret->n_raw = n;
	return failed ? -1 : 0;
}

/* cgroup v1 counts memory and swap together, and that is what a reader of this output expects. */
static void add_memory_to_swap(struct cgroup_memory_stats *memory)
{
	memory->swap.usage += memory->usage.usage;
	memory->swap.max += memory->usage.max;
	if (memory->usage.limit == CGROUP_UNLIMITED)
		memory->swap.limit = CGROUP_UNLIMITED;
	else if (memory->swap.limit != CGROUP_UNLIMITED)
		memory->swap.limit += memory->usage.limit;
}

static int read_memory(struct reading *reading, struct cgroup_stats *ret)
{
	// clang-format off
	static const struct key events[] = {
		{ "max",      offsetof(struct cgroup_memory_stats, usage.failures), 1 },
		{ "oom",      offsetof(struct cgroup_memory_stats, oom),            1 },
		{ "oom_kill", offsetof(struct cgroup_memory_stats, oom_kills),      1 },
	};
	static const struct key swap_events[] = {
		{ "max",      offsetof(struct cgroup_memory_stats, swap.failures),  1 },
	};
	static const struct key numbers[] = { /* one file each */
		{ "memory.max",          offsetof(struct cgroup_memory_stats, usage.limit), 1 },
		{ "memory.peak",         offsetof(struct cgroup_memory_stats, usage.max),   1 }, /* Linux 5.19 */
		{ "memory.swap.current", offsetof(struct cgroup_memory_stats, swap.usage),  1 },
		{ "memory.swap.max",     offsetof(struct cgroup_memory_stats, swap.limit),  1 },
		{ "memory.swap.peak",    offsetof(struct cgroup_memory_stats, swap.max),    1 }, /* Linux 6.5 */
	};
	// clang-format on
	struct cgroup_memory_stats *memory = &ret->memory;
	const int found = read_number(reading, "memory.current", &memory->usage.usage);

	if (read_pressure(reading, "memory.pressure", &memory->pressure) < 0 || found < 0)
		return -1;
	if (found == 0)
		return 0;

	memory->set = true;
	memory->kernel.limit = CGROUP_UNLIMITED;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		uint64_t *to = (uint64_t *)(void *)((char *)memory + numbers[i].offset);

		if (read_number(reading, numbers[i].name, to) < 0)
			return -1;
	}
	if (read_keys(reading, "memory.events", events, ARRAY_LEN(events), memory) < 0 ||
	    read_keys(reading, "memory.swap.events", swap_events, ARRAY_LEN(swap_events), memory) <
		    0)
		return -1;
	add_memory_to_swap(memory);
	return read_memory_raw(reading, memory);
}

static int read_pids(struct reading *reading, struct cgroup_stats *ret)
{
	const int found = read_number(reading, "pids.current", &ret->pids.current);

	ret->pids.set = found > 0;
	return found > 0 ? read_number(reading, "pids.max", &ret->pids.limit) : found;
}

static void add_io(struct reading *reading, char *line, const char *const keys[3],
		   struct cgroup_io_entries *entries)
{
	static const char *const ops[3] = { "Read", "Write", "Discard" };
	struct cgroup_io_entry *items = arena_grow(reading->arena, entries->items, entries->n,
						   entries->n + 3, sizeof *items);
	char *end;
	const uint64_t major = strtoull(line, &end, 10);
	const uint64_t minor = *end == ':' ? strtoull(end + 1, NULL, 10) : 0;

	for (size_t i = 0; i < 3; i++)
		items[entries->n++] = (struct cgroup_io_entry){ major, minor, ops[i],
								word_number(line, keys[i]) };
	entries->items = items;
}

static int read_io(struct reading *reading, struct cgroup_stats *ret)
{
	static const char *const bytes[3] = { "rbytes", "wbytes", "dbytes" };
	static const char *const operations[3] = { "rios", "wios", "dios" };
	bool failed = false;
	char *text = read_file(reading, "io.stat", &failed), *state = NULL;

	ret->io.set = text != NULL;
	for (char *line = text ? strtok_r(text, "\n", &state) : NULL; line;
	     line = strtok_r(NULL, "\n", &state)) {
		add_io(reading, line, bytes, &ret->io.bytes);
		add_io(reading, line, operations, &ret->io.operations);
	}
	return failed ? -1 : read_pressure(reading, "io.pressure", &ret->io.pressure);
}

/* hugetlb.SIZE.max and its siblings: which sizes there are, the directory tells. */
static int read_page_size(struct reading *reading, const char *size,
			  struct cgroup_hugetlb_stats *ret)
{
	static const struct key events[] = {
		{ "max", offsetof(struct cgroup_hugetlb_stats, failures), 1 },
	};
	const char *stem = arena_printf(reading->arena, "hugetlb.%s", size);

	ret->page_size = size;
	if (read_number(reading, arena_printf(reading->arena, "%s.current", stem), &ret->usage) <
		    0 ||
	    read_number(reading, arena_printf(reading->arena, "%s.max", stem), &ret->limit) < 0)
		return -1;
	return read_keys(reading, arena_printf(reading->arena, "%s.events", stem), events,
			 ARRAY_LEN(events), ret);
}

static int read_hugetlb(struct reading *reading, struct cgroup_stats *ret)
{
	DIR *dir = fd_list(reading->cgroup);
	struct cgroup_hugetlb_stats *sizes = NULL;
	const struct dirent *entry;
	int result = 0;
	size_t n = 0;

	if (!dir)
		return error_sys(reading->err, /* where = */ NULL, "cannot list the cgroup");
	while (result >= 0 && (entry = readdir(dir))) {
		char size[32], rest[32];

		/* "hugetlb.2MB.max", but not "hugetlb.2MB.rsvd.max" */
		if (sscanf(entry->d_name, "hugetlb.%31[^.].%31s", size, rest) != 2 ||
		    strcmp(rest, "max") != 0)
			continue;
		sizes = arena_grow(reading->arena, sizes, n, n + 1, sizeof *sizes);
		result = read_page_size(reading, arena_strdup(reading->arena, size), &sizes[n++]);
	}
	closedir(dir);
	ret->hugetlb = sizes;
	ret->n_hugetlb = n;
	return result;
}

static int read_rdma(struct reading *reading, struct cgroup_stats *ret)
{
	bool failed = false;
	char *text = read_file(reading, "rdma.current", &failed), *state = NULL;
	struct cgroup_rdma_stats *devices = NULL;
	size_t n = 0;

	for (char *line = text ? strtok_r(text, "\n", &state) : NULL; line;
	     line = strtok_r(NULL, "\n", &state)) {
		devices = arena_grow(reading->arena, devices, n, n + 1, sizeof *devices);
		devices[n++] = (struct cgroup_rdma_stats){
			.device = arena_strndup(reading->arena, line, strcspn(line, " ")),
			.hca_handles = word_number(line, "hca_handle"),
			.hca_objects = word_number(line, "hca_object"),
		};
	}
	ret->rdma = devices;
	ret->n_rdma = n;
	return failed ? -1 : 0;
}

static int read_cpuset(struct reading *reading, struct cgroup_stats *ret)
{
	bool failed = false;
	char *cpus = read_file(reading, "cpuset.cpus.effective", &failed);
	char *mems = read_file(reading, "cpuset.mems.effective", &failed);

	if (cpus)
		cpus[strcspn(cpus, "\n")] = '\0';
	if (mems)
		mems[strcspn(mems, "\n")] = '\0';
	ret->cpus = cpus;
	ret->mems = mems;
	return failed ? -1 : 0;
}

typedef int reader(struct reading *reading, struct cgroup_stats *ret);

static reader *const readers[] = {
	read_cpu, read_memory, read_pids, read_io, read_hugetlb, read_rdma, read_cpuset,
};

int cgroup_stats_read(int cgroup, struct arena *arena, struct cgroup_stats *ret, struct error *err)
{
	struct reading reading = { cgroup, arena, err };
	struct cgroup_stats stats = {};

	for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
		if (readers[i](&reading, &stats) < 0)
			return error_context(err, "cannot read the statistics of the cgroup");
	}
	*ret = stats;
	return 0;
}
