/* plan/plan_convert.c: what a property of linux.resources is in cgroup v2
 *
 *   property                     file of cgroup v2       how
 *   memory.limit                 memory.max              as it is
 *   memory.reservation           memory.low              as it is
 *   memory.swap                  memory.swap.max         less memory.limit: v1's limit is of memory and swap together
 *   memory.checkBeforeUpdate     -                       memory.max is not set below memory.current
 *   cpu.shares                   cpu.weight              plan_cpu_weight()
 *   cpu.quota, cpu.period        cpu.max                 "QUOTA PERIOD"
 *   cpu.burst                    cpu.max.burst           after cpu.max, which it must not exceed
 *   cpu.idle                     cpu.idle                as it is; an idle group has no weight
 *   cpu.cpus, cpu.mems           cpuset.cpus, .mems      as they are
 *   blockIO.weight[Device]       io.bfq.weight           as it is; without BFQ io.weight by plan_io_weight()
 *   blockIO.throttle…Device      io.max                  rbps=, wbps=, riops=, wiops=
 *   hugepageLimits               hugetlb.SIZE.max        as they are, and the same for reservations (.rsvd.max)
 *   pids.limit                   pids.max                as it is
 *   rdma                         rdma.max                hca_handle=, hca_object=
 *
 * That is how crun(1), "CGROUP v2", has it. 0 stands for "not set", as engines send it; -1 for "no
 * limit", which becomes the policy's default where it has one: a bundle can ask for less than that,
 * not for none at all.
 *
 * Accepted without effect: memory.useHierarchy (v2 always counts hierarchically) and
 * memory.disableOOMKiller false. Refused: what v2 cannot do, see refuse_v1_only().
 */
#include "plan/plan_limits.h"

#include "base/cleanup.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	SHARES_MIN = 2,
	SHARES_MAX = 262144, /* cgroup v1: MAX_SHARES of kernel/sched/core.c */
	WEIGHT_MAX = 10000,  /* CGROUP_WEIGHT_MAX */
	BLKIO_MIN = 10,
	BLKIO_MAX = 1000,
	LOG2_BITS = 50,
	QUOTA_MIN_US = 1000, /* min_cfs_quota_period of kernel/sched/core.c */
};

/* A limit, or its absence: the policy's default, which is 0 if there is none. */
static struct cgroup_write *add_limit(struct limits *limits, const char *file, const char *from,
				      int64_t value, uint64_t fallback, const char *fallback_from)
{
	if (value > 0)
		return limits_add_number(limits, file, from, (uint64_t)value);

	struct cgroup_write *write =
		fallback > 0 ? limits_add_number(limits, file, fallback_from, fallback)
			     : limits_add(limits, file, from, "max");

	write->may_lack = true;
	return write;
}

static bool asks(struct opt_int value)
{
	return value.set && value.value != 0;
}

/* --- memory --- */

static int add_swap(struct limits *limits, const struct spec_memory *memory)
{
	const char *from = AT("/memory/swap");

	if (!asks(memory->swap))
		return 0;
	if (memory->swap.value < 0) {
		limits_add(limits, "memory.swap.max", from, "max");
		return 0;
	}
	if (!memory->limit.set || memory->limit.value <= 0) {
		(void)error_set(limits->err, ERR_SPEC, from,
				"swap is a limit of memory and swap together, and there is no "
				"memory limit to take from it");
		return error_remedy(limits->err, "set memory.limit too");
	}
	if (memory->swap.value < memory->limit.value) {
		(void)error_set(limits->err, ERR_SPEC, from,
				"swap (memory and swap together, %" PRId64
				") is below the memory limit (%" PRId64 ")",
				memory->swap.value, memory->limit.value);
		return error_remedy(limits->err, "set it to the memory limit for no swap at all");
	}
	limits_add_number(limits, "memory.swap.max", from,
			  (uint64_t)(memory->swap.value - memory->limit.value));
	return 0;
}

static int add_memory(struct limits *limits, const struct spec_resources *resources)
{
	const struct spec_memory *memory = &resources->memory;

	if (asks(memory->limit)) {
		/* A new cgroup uses nothing yet: only an update can be below what is in use. */
		add_limit(limits, "memory.max", AT("/memory/limit"), memory->limit.value,
			  limits->settings->memory_max, "policy: memory_max")
			->above_usage = limits->update && memory->check_before_update.value;
	}
	if (asks(memory->reservation))
		add_limit(limits, "memory.low", AT("/memory/reservation"),
			  memory->reservation.value, /* fallback = */ 0,
			  /* fallback_from = */ NULL);
	return add_swap(limits, memory);
}

/* --- cpu --- */

/* log2 of a whole number above 0: each squaring yields the next bit behind the point */
static double log2_of(uint64_t number)
{
	const int whole = 63 - __builtin_clzll(number);
	double rest = (double)number / (double)(UINT64_C(1) << whole), result = whole, bit = 1;

	for (int i = 0; i < LOG2_BITS; i++) {
		bit /= 2;
		rest *= rest;
		if (rest >= 2) {
			rest /= 2;
			result += bit;
		}
	}
	return result;
}

/* 10 to the power of @exponent, 0 to 4, by the series of e^x halved until it is small */
static double power_of_10(double exponent)
{
	const double x = exponent * 2.302585092994045684 / 16; /* ln 10 */
	double term = 1, sum = 1;

	for (int i = 1; i < 20; i++) {
		term *= x / i;
		sum += term;
	}
	for (int i = 0; i < 4; i++)
		sum *= sum;
	return sum;
}

/* The formula of runc 1.3.2 and crun 1.23 (opencontainers/cgroups,
 * ConvertCPUSharesToCgroupV2Value): a curve in the logarithms through the least, the default and
 * the greatest of both: 2 to 1, 1024 to 100, 262144 to 10000. The straight line of before gave a
 * container with default shares (1024) a weight of 39, and so less than half of what any process
 * outside containers gets. libm would be one more library to load, for this alone. */
uint64_t plan_cpu_weight(uint64_t shares)
{
	if (shares <= SHARES_MIN)
		return 1;
	if (shares >= SHARES_MAX)
		return WEIGHT_MAX;

	const double log = log2_of(shares);
	const double weight = power_of_10((log * log + 125 * log) / 612 - 7.0 / 34);
	const uint64_t floor = (uint64_t)(weight + 1e-9); /* 100 may come out as 99.9999999999 */

	return weight - (double)floor > 1e-9 ? floor + 1 : floor;
}

static void add_cpu_max(struct limits *limits, const struct spec_cpu *cpu)
{
	const struct policy_settings *settings = limits->settings;
	const uint64_t period = cpu->period.value ? cpu->period.value : CPU_PERIOD_DEFAULT_US;
	const char *from = AT("/cpu/quota");

	if (!asks(cpu->quota) && !cpu->period.value)
		return;
	if (asks(cpu->quota) && cpu->quota.value > 0) {
		limits_add(limits, "cpu.max", from,
			   arena_printf(limits->arena, "%" PRId64 " %" PRIu64, cpu->quota.value,
					period));
		return;
	}
	if (settings->cpu_quota_us > 0 && settings->cpu_period_us > 0) {
		/* the policy's share of the processors, in the period that was asked for */
		const double share =
			(double)settings->cpu_quota_us / (double)settings->cpu_period_us;
		const uint64_t quota = (uint64_t)(share * (double)period);

		limits_add(limits, "cpu.max", "policy: cpu_quota_us",
			   arena_printf(limits->arena, "%" PRIu64 " %" PRIu64,
					quota < QUOTA_MIN_US ? QUOTA_MIN_US : quota, period));
		return;
	}
	limits_add(limits, "cpu.max", from, arena_printf(limits->arena, "max %" PRIu64, period));
}

static int add_cpu(struct limits *limits, const struct spec_resources *resources)
{
	const struct spec_cpu *cpu = &resources->cpu;
	const char *burst = AT("/cpu/burst");

	/* The kernel refuses a weight for an idle group, which has the least there is:
	 * sched_group_set_shares() of kernel/sched/fair.c. */
	if (cpu->idle.set)
		limits_add_number(limits, "cpu.idle", AT("/cpu/idle"), (uint64_t)cpu->idle.value);
	if (cpu->shares.value && cpu->idle.value != 1)
		limits_add_number(limits, "cpu.weight", AT("/cpu/shares"),
				  plan_cpu_weight(cpu->shares.value));

	/* A quota below the burst that is in force would be refused. */
	if (limits->update && cpu->burst.value && asks(cpu->quota))
		limits_add(limits, "cpu.max.burst", burst, "0");
	add_cpu_max(limits, cpu);
	if (cpu->burst.value)
		limits_add_number(limits, "cpu.max.burst", burst, cpu->burst.value);

	if (cpu->cpus)
		limits_add(limits, "cpuset.cpus", AT("/cpu/cpus"), cpu->cpus);
	if (cpu->mems)
		limits_add(limits, "cpuset.mems", AT("/cpu/mems"), cpu->mems);
	return 0;
}

/* --- block devices --- */

uint64_t plan_io_weight(uint64_t weight)
{
	return 1 + (weight - BLKIO_MIN) * (WEIGHT_MAX - 1) / (BLKIO_MAX - BLKIO_MIN);
}

/* The pointer of element @i of an array below linux.resources. */
static const char *at_element(struct limits *limits, const char *array, size_t i)
{
	return arena_printf(limits->arena, "%s/%zu", array, i);
}

static int add_weight(struct limits *limits, uint64_t weight, const char *device, const char *from)
{
	if (weight == 0)
		return 0;
	if (weight < BLKIO_MIN || weight > BLKIO_MAX)
		return error_set(limits->err, ERR_SPEC, from, "a weight must be from %d to %d",
				 BLKIO_MIN, BLKIO_MAX);

	struct cgroup_write *write =
		limits_add(limits, "io.bfq.weight", from,
			   arena_printf(limits->arena, "%s%" PRIu64, device, weight));

	write->or_file = "io.weight";
	write->or_value = arena_printf(limits->arena, "%s%" PRIu64, device, plan_io_weight(weight));
	return 0;
}

static int add_weight_devices(struct limits *limits, const struct spec_block_devices *devices)
{
	for (size_t i = 0; i < devices->n; i++) {
		const struct spec_block_device *device = &devices->items[i];
		const char *from = at_element(limits, AT("/blockIO/weightDevice"), i);
		const char *number = arena_printf(limits->arena, "%" PRId64 ":%" PRId64 " ",
						  device->major, device->minor);

		if (device->leaf_weight.value)
			return error_set(limits->err, ERR_SPEC, from,
					 "leafWeight exists in cgroup v1 only");
		if (add_weight(limits, device->weight.value, number, from) < 0)
			return -1;
	}
	return 0;
}

static void add_throttles(struct limits *limits, const struct spec_block_devices *devices,
			  const char *array, const char *key)
{
	for (size_t i = 0; i < devices->n; i++) {
		const struct spec_block_device *device = &devices->items[i];
		/* 0 takes a limit away in v1; v2 has a word for that */
		const char *rate = device->rate.value ? arena_printf(limits->arena, "%" PRIu64,
								     device->rate.value)
						      : "max";

		limits_add(limits, "io.max", at_element(limits, array, i),
			   arena_printf(limits->arena, "%" PRId64 ":%" PRId64 " %s=%s",
					device->major, device->minor, key, rate));
	}
}

static int add_block_io(struct limits *limits, const struct spec_resources *resources)
{
	const struct spec_block_io *io = &resources->block_io;

	if (add_weight(limits, io->weight.value, /* device = */ "", AT("/blockIO/weight")) < 0 ||
	    add_weight_devices(limits, &io->weight_device) < 0)
		return -1;
	add_throttles(limits, &io->read_bps, AT("/blockIO/throttleReadBpsDevice"), "rbps");
	add_throttles(limits, &io->write_bps, AT("/blockIO/throttleWriteBpsDevice"), "wbps");
	add_throttles(limits, &io->read_iops, AT("/blockIO/throttleReadIOPSDevice"), "riops");
	add_throttles(limits, &io->write_iops, AT("/blockIO/throttleWriteIOPSDevice"), "wiops");
	return 0;
}

/* --- the others --- */

/* "2048KB" as the kernel names the file: "2MB", hugetlb_cgroup.c, mem_fmt() */
static const char *page_size(struct arena *arena, const char *text)
{
	static const char units[] = "KMG";
	char *end;
	uint64_t number = strtoull(text, &end, 10);
	const char *unit = strchr(units, *end);

	while (unit && unit[1] && number >= 1024 && number % 1024 == 0) {
		number /= 1024;
		unit++;
	}
	return unit && *unit ? arena_printf(arena, "%" PRIu64 "%cB", number, *unit) : text;
}

static int add_hugepages(struct limits *limits, const struct spec_resources *resources)
{
	/* A reservation that is not limited too would end in SIGBUS at the first touch. */
	static const char *const suffixes[] = { "max", "rsvd.max" };

	for (size_t i = 0; i < resources->n_hugepages; i++) {
		const struct spec_hugepage_limit *limit = &resources->hugepages[i];
		const char *size = page_size(limits->arena, limit->page_size);

		for (size_t j = 0; j < ARRAY_LEN(suffixes); j++)
			limits_add_number(
				limits,
				arena_printf(limits->arena, "hugetlb.%s.%s", size, suffixes[j]),
				at_element(limits, AT("/hugepageLimits"), i), limit->limit);
	}
	return 0;
}

static int add_pids(struct limits *limits, const struct spec_resources *resources)
{
	const int64_t fallback = limits->settings->pids_max;

	if (asks(resources->pids_limit))
		add_limit(limits, "pids.max", AT("/pids/limit"), resources->pids_limit.value,
			  fallback > 0 ? (uint64_t)fallback : 0, "policy: pids_max");
	return 0;
}

static int add_rdma(struct limits *limits, const struct spec_resources *resources)
{
	for (size_t i = 0; i < resources->n_rdma; i++) {
		const struct spec_rdma *rdma = &resources->rdma[i];
		const char *value = rdma->device;

		if (rdma->hca_handles.set)
			value = arena_printf(limits->arena, "%s hca_handle=%" PRIu64, value,
					     rdma->hca_handles.value);
		if (rdma->hca_objects.set)
			value = arena_printf(limits->arena, "%s hca_object=%" PRIu64, value,
					     rdma->hca_objects.value);
		limits_add(limits, "rdma.max",
			   arena_printf(limits->arena, "%s/%s", AT("/rdma"), rdma->device), value);
	}
	return 0;
}

/* --- what cgroup v2 cannot do --- */

static int refuse_v1_only(struct limits *limits, const struct spec_resources *resources)
{
	const struct spec_memory *memory = &resources->memory;
	const struct spec_cpu *cpu = &resources->cpu;
	const struct {
		bool asked;
		const char *pointer, *reason, *remedy;
	} rows[] = {
		/* -1, no limit beside that of all memory, is what there is */
		{ memory->kernel.value > 0, AT("/memory/kernel"),
		  "cgroup v2 has no limit of kernel memory alone",
		  "remove it: memory.limit counts kernel memory too" },
		{ memory->kernel_tcp.value > 0, AT("/memory/kernelTCP"),
		  "cgroup v2 has no limit of TCP buffers alone",
		  "remove it: memory.limit counts TCP buffers too" },
		/* 0, no swapping, is what the default for memory.swap.max does */
		{ memory->swappiness.value != 0, AT("/memory/swappiness"),
		  "cgroup v2 has no swappiness", "remove it, and limit swap with memory.swap" },
		{ memory->disable_oom_killer.value, AT("/memory/disableOOMKiller"),
		  "cgroup v2 cannot disable the OOM killer",
		  "remove it, and set process.oomScoreAdj" },
		{ asks(cpu->realtime_runtime), AT("/cpu/realtimeRuntime"),
		  "cgroup v2 has no group scheduling of realtime processes",
		  "remove it, and set process.scheduler" },
		{ cpu->realtime_period.value != 0, AT("/cpu/realtimePeriod"),
		  "cgroup v2 has no group scheduling of realtime processes",
		  "remove it, and set process.scheduler" },
		{ resources->block_io.leaf_weight.value != 0, AT("/blockIO/leafWeight"),
		  "leafWeight exists in cgroup v1 only", "remove it, and set blockIO.weight" },
		{ resources->network, AT("/network"),
		  "classID and priorities exist in cgroup v1 only (net_cls, net_prio)",
		  "remove them, and mark packets with nftables by cgroup path" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!rows[i].asked)
			continue;
		(void)error_set(limits->err, ERR_SPEC, rows[i].pointer, "%s", rows[i].reason);
		return error_remedy(limits->err, "%s", rows[i].remedy);
	}
	return 0;
}

typedef int converter(struct limits *limits, const struct spec_resources *resources);

/* In this order they are written. */
static converter *const converters[] = {
	refuse_v1_only, add_memory, add_cpu, add_block_io, add_hugepages, add_pids, add_rdma,
};

int limits_convert(struct limits *limits, const struct spec_resources *resources)
{
	for (size_t i = 0; i < ARRAY_LEN(converters); i++) {
		if (converters[i](limits, resources) < 0)
			return -1;
	}
	return 0;
}
