/* cli/stats_print.c: the statistics of a container as `events` prints them */
#include "cli/stats_print.h"

#include <stdlib.h>
#include <string.h>

/* A number of the kernel's, as it wrote it. */
static void print_decimal(struct json_out *out, const char *key, const char *text)
{
	const struct json number = { .type = JSON_NUMBER, .text = text, .len = strlen(text) };

	json_out_node(out, key, &number);
}

static void print_pressure_line(struct json_out *out, const char *key,
				const struct cgroup_pressure_line *line)
{
	json_out_object(out, key);
	print_decimal(out, "avg10", line->avg10 ? line->avg10 : "0");
	print_decimal(out, "avg60", line->avg60 ? line->avg60 : "0");
	print_decimal(out, "avg300", line->avg300 ? line->avg300 : "0");
	json_out_uint(out, "total", line->total);
	json_out_end_object(out);
}

static void print_pressure(struct json_out *out, const struct cgroup_pressure *pressure)
{
	if (!pressure->set)
		return;
	json_out_object(out, "psi");
	print_pressure_line(out, "some", &pressure->some);
	print_pressure_line(out, "full", &pressure->full);
	json_out_end_object(out);
}

static void print_cpu(struct json_out *out, const struct cgroup_cpu_stats *cpu)
{
	json_out_object(out, "cpu");
	json_out_object(out, "usage");
	json_out_uint(out, "total", cpu->usage);
	json_out_uint(out, "kernel", cpu->system);
	json_out_uint(out, "user", cpu->user);
	json_out_end_object(out);
	json_out_object(out, "throttling");
	json_out_uint(out, "periods", cpu->periods);
	json_out_uint(out, "throttledPeriods", cpu->throttled_periods);
	json_out_uint(out, "throttledTime", cpu->throttled);
	json_out_end_object(out);
	print_pressure(out, &cpu->pressure);
	json_out_end_object(out);
}

/* "0-3,7" of cpuset(7), which the kernel wrote, as [0,1,2,3,7]. */
static void print_list(struct json_out *out, const char *key, const char *list)
{
	json_out_array(out, key);
	for (const char *at = list; *at;) {
		char *end;
		const unsigned long first = strtoul(at, &end, 10);
		const unsigned long last = *end == '-' ? strtoul(end + 1, &end, 10) : first;

		for (unsigned long number = first; number <= last; number++)
			json_out_uint(out, NULL, number);
		if (*end != ',')
			break;
		at = end + 1;
	}
	json_out_end_array(out);
}

static void print_cpuset(struct json_out *out, const struct cgroup_stats *stats)
{
	if (!stats->cpus || !stats->mems)
		return;
	json_out_object(out, "cpuset");
	print_list(out, "cpus", stats->cpus);
	print_list(out, "mems", stats->mems);
	json_out_end_object(out);
}

static void print_usage(struct json_out *out, const char *key,
			const struct cgroup_memory_usage *usage)
{
	json_out_object(out, key);
	json_out_uint(out, "limit", usage->limit);
	json_out_uint(out, "usage", usage->usage);
	json_out_uint(out, "max", usage->max);
	json_out_uint(out, "failcnt", usage->failures);
	json_out_end_object(out);
}

static void print_memory(struct json_out *out, const struct cgroup_memory_stats *memory)
{
	if (!memory->set)
		return;
	json_out_object(out, "memory");
	json_out_uint(out, "cache", memory->cache);
	print_usage(out, "usage", &memory->usage);
	print_usage(out, "swap", &memory->swap);
	print_usage(out, "kernel", &memory->kernel);
	json_out_object(out, "raw");
	for (size_t i = 0; i < memory->n_raw; i++)
		json_out_uint(out, memory->raw[i].name, memory->raw[i].value);
	json_out_end_object(out);
	print_pressure(out, &memory->pressure);
	json_out_end_object(out);
}

static void print_pids(struct json_out *out, const struct cgroup_pids_stats *pids)
{
	if (!pids->set)
		return;
	json_out_object(out, "pids");
	json_out_uint(out, "current", pids->current);
	/* As in runc: 0 stands for no limit. */
	json_out_uint(out, "limit", pids->limit == CGROUP_UNLIMITED ? 0 : pids->limit);
	json_out_end_object(out);
}

static void print_io_entries(struct json_out *out, const char *key,
			     const struct cgroup_io_entries *entries)
{
	json_out_array(out, key);
	for (size_t i = 0; i < entries->n; i++) {
		const struct cgroup_io_entry *entry = &entries->items[i];

		json_out_object(out, NULL);
		json_out_uint(out, "major", entry->major);
		json_out_uint(out, "minor", entry->minor);
		json_out_string(out, "op", entry->op);
		json_out_uint(out, "value", entry->value);
		json_out_end_object(out);
	}
	json_out_end_array(out);
}

static void print_io(struct json_out *out, const struct cgroup_io_stats *io)
{
	if (!io->set)
		return;
	json_out_object(out, "blkio");
	print_io_entries(out, "ioServiceBytesRecursive", &io->bytes);
	print_io_entries(out, "ioServicedRecursive", &io->operations);
	print_pressure(out, &io->pressure);
	json_out_end_object(out);
}

static void print_hugetlb(struct json_out *out, const struct cgroup_stats *stats)
{
	json_out_object(out, "hugetlb");
	for (size_t i = 0; i < stats->n_hugetlb; i++) {
		const struct cgroup_hugetlb_stats *pages = &stats->hugetlb[i];

		json_out_object(out, pages->page_size);
		json_out_uint(out, "usage", pages->usage);
		json_out_uint(out, "limit", pages->limit);
		json_out_uint(out, "failcnt", pages->failures);
		json_out_end_object(out);
	}
	json_out_end_object(out);
}

static void print_rdma(struct json_out *out, const struct cgroup_stats *stats)
{
	if (stats->n_rdma == 0)
		return;
	json_out_object(out, "rdma");
	for (size_t i = 0; i < stats->n_rdma; i++) {
		json_out_object(out, stats->rdma[i].device);
		json_out_uint(out, "hcaHandles", stats->rdma[i].hca_handles);
		json_out_uint(out, "hcaObjects", stats->rdma[i].hca_objects);
		json_out_end_object(out);
	}
	json_out_end_object(out);
}

void stats_print(const struct cgroup_stats *stats, struct json_out *out)
{
	json_out_object(out, "data");
	print_cpu(out, &stats->cpu);
	print_cpuset(out, stats);
	print_memory(out, &stats->memory);
	print_pids(out, &stats->pids);
	print_io(out, &stats->io);
	print_hugetlb(out, stats);
	print_rdma(out, stats);
	json_out_end_object(out);
}
