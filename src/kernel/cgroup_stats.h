/* kernel/cgroup_stats.h: what the processes of a cgroup have used
 *
 * Units are those of the `events` output of runc, which engines' libraries parse: bytes, nanoseconds,
 * counts. A controller that is not enabled leaves its part zero, with `set` false.
 */
#ifndef BRIG_KERNEL_CGROUP_STATS_H
#define BRIG_KERNEL_CGROUP_STATS_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CGROUP_UNLIMITED UINT64_MAX /* a limit of "max" */

/* Pressure stall information: Documentation/accounting/psi.rst */
struct cgroup_pressure_line {
	const char *avg10, *avg60, *avg300; /* per cent, as the kernel writes them: "0.12" */
	uint64_t total;                     /* microseconds */
};
struct cgroup_pressure {
	bool set;
	struct cgroup_pressure_line some, full;
};

struct cgroup_cpu_stats {
	bool set; /* of throttling: the controller is enabled. The usage is always there */
	uint64_t usage, user, system;                   /* ns */
	uint64_t periods, throttled_periods, throttled; /* count, count, ns */
	struct cgroup_pressure pressure;
};

struct cgroup_memory_usage {
	uint64_t usage, limit;
	uint64_t max;      /* the most there ever was */
	uint64_t failures; /* times at the limit */
};
struct cgroup_stat_value {
	const char *name;
	uint64_t value;
};
struct cgroup_memory_stats {
	bool set;
	uint64_t cache;
	struct cgroup_memory_usage usage;
	struct cgroup_memory_usage swap;   /* memory and swap together, as cgroup v1 has it */
	struct cgroup_memory_usage kernel; /* only usage; limit CGROUP_UNLIMITED */
	uint64_t oom, oom_kills;
	const struct cgroup_stat_value *raw; /* memory.stat */
	size_t n_raw;
	struct cgroup_pressure pressure;
};

struct cgroup_pids_stats {
	bool set;
	uint64_t current, limit;
};

struct cgroup_io_entry {
	uint64_t major, minor;
	const char *op; /* "Read", "Write", "Discard" */
	uint64_t value;
};
struct cgroup_io_entries {
	const struct cgroup_io_entry *items;
	size_t n;
};
struct cgroup_io_stats {
	bool set;
	struct cgroup_io_entries bytes,
		operations; /* ioServiceBytesRecursive, ioServicedRecursive */
	struct cgroup_pressure pressure;
};

struct cgroup_hugetlb_stats {
	const char *page_size; /* "2MB" */
	uint64_t usage, limit, failures;
};

struct cgroup_rdma_stats {
	const char *device;
	uint64_t hca_handles, hca_objects;
};

struct cgroup_stats {
	struct cgroup_cpu_stats cpu;
	struct cgroup_memory_stats memory;
	struct cgroup_pids_stats pids;
	struct cgroup_io_stats io;
	const struct cgroup_hugetlb_stats *hugetlb;
	size_t n_hugetlb;
	const struct cgroup_rdma_stats *rdma;
	size_t n_rdma;
	const char *cpus,
		*mems; /* cpuset.cpus.effective, cpuset.mems.effective; NULL without that controller */
};

/** cgroup_stats_read() - all of it; texts and arrays are taken from @arena */
[[nodiscard]] int cgroup_stats_read(int cgroup, struct arena *arena, struct cgroup_stats *ret,
				    struct error *err);

#endif
