/* cli/cmd_update.c: brig update
 *
 * The options of a person become the JSON that an engine would have sent, so that there is one way
 * to change a limit.
 */
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/json.h"
#include "cli/call.h"
#include "cli/commands.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct update_options {
	const char *resources;
	struct cli_number blkio_weight, cpu_period, cpu_quota, cpu_burst, cpu_share, cpu_idle;
	struct cli_number memory, memory_reservation, memory_swap, pids_limit;
	const char *cpuset_cpus, *cpuset_mems;
};

// clang-format off
#define AT(member) offsetof(struct update_options, member)
static const struct cli_option options[] = {
	{ "resources",          'r', OPTION_TEXT,   AT(resources),          "FILE",   "linux.resources of the OCI specification as JSON; - for stdin" },
	{ "blkio-weight",       0,   OPTION_NUMBER, AT(blkio_weight),       "N",      "share of the block devices, 10 to 1000"                        },
	{ "cpu-period",         0,   OPTION_NUMBER, AT(cpu_period),         "USEC",   "period of the CPU limit, in microseconds"                      },
	{ "cpu-quota",          0,   OPTION_NUMBER, AT(cpu_quota),          "USEC",   "CPU time in each period, in microseconds; -1 for no limit"     },
	{ "cpu-burst",          0,   OPTION_NUMBER, AT(cpu_burst),          "USEC",   "CPU time that may be saved up, in microseconds"                },
	{ "cpu-share",          0,   OPTION_NUMBER, AT(cpu_share),          "N",      "share of the CPUs, 2 to 262144"                                },
	{ "cpu-shares",         0,   OPTION_NUMBER, AT(cpu_share),          "N",      "the same as --cpu-share"                                       },
	{ "cpu-idle",           0,   OPTION_NUMBER, AT(cpu_idle),           "0|1",    "run only when the CPUs have nothing else to do"                },
	{ "cpuset-cpus",        0,   OPTION_TEXT,   AT(cpuset_cpus),        "LIST",   "CPUs to run on: 0-3,7"                                         },
	{ "cpuset-mems",        0,   OPTION_TEXT,   AT(cpuset_mems),        "LIST",   "memory nodes to use"                                           },
	{ "memory",             'm', OPTION_SIZE,   AT(memory),             "SIZE",   "memory limit: 64m; -1 for no limit"                            },
	{ "memory-reservation", 0,   OPTION_SIZE,   AT(memory_reservation), "SIZE",   "memory to protect from reclaim"                                },
	{ "memory-swap",        0,   OPTION_SIZE,   AT(memory_swap),        "SIZE",   "limit of memory and swap together; -1 for no limit"            },
	{ "pids-limit",         0,   OPTION_NUMBER, AT(pids_limit),         "N",      "how many processes and threads; -1 for no limit"               },
};

/* Where each option stands in linux.resources, config-linux.md; the rows of a group stand together. */
static const struct place {
	const char *group, *key;
	size_t offset;
	bool is_text;
} places[] = {
	{ "memory",  "limit",       AT(memory),             false },
	{ "memory",  "reservation", AT(memory_reservation), false },
	{ "memory",  "swap",        AT(memory_swap),        false },
	{ "cpu",     "shares",      AT(cpu_share),          false },
	{ "cpu",     "quota",       AT(cpu_quota),          false },
	{ "cpu",     "burst",       AT(cpu_burst),          false },
	{ "cpu",     "period",      AT(cpu_period),         false },
	{ "cpu",     "idle",        AT(cpu_idle),           false },
	{ "cpu",     "cpus",        AT(cpuset_cpus),        true  },
	{ "cpu",     "mems",        AT(cpuset_mems),        true  },
	{ "pids",    "limit",       AT(pids_limit),         false },
	{ "blockIO", "weight",      AT(blkio_weight),       false },
};
#undef AT
// clang-format on

static bool is_given(const struct update_options *given, const struct place *place)
{
	const void *member = (const char *)given + place->offset;

	return place->is_text ? *(const char *const *)member != NULL
			      : ((const struct cli_number *)member)->set;
}

static void print_place(struct json_out *out, const struct update_options *given,
			const struct place *place)
{
	const void *member = (const char *)given + place->offset;

	if (place->is_text)
		json_out_string(out, place->key, *(const char *const *)member);
	else
		json_out_int(out, place->key, ((const struct cli_number *)member)->value);
}

/* Return: how many options were given */
static size_t resources_of_options(const struct update_options *given, struct buf *ret)
{
	struct json_out out = { .buf = ret };
	const char *open = NULL;
	size_t n = 0;

	json_out_object(&out, NULL);
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		const struct place *place = &places[i];

		if (!is_given(given, place))
			continue;
		if (!open || strcmp(open, place->group) != 0) {
			if (open)
				json_out_end_object(&out);
			json_out_object(&out, place->group);
			open = place->group;
		}
		print_place(&out, given, place);
		n++;
	}
	if (open)
		json_out_end_object(&out);
	json_out_end_object(&out);
	return n;
}

static int read_resources(const char *path, struct buf *ret, struct error *err)
{
	if (strcmp(path, "-") == 0)
		return fd_read_all(STDIN_FILENO, JSON_SIZE_MAX, ret, err);
	return fd_read_file(AT_FDCWD, path, JSON_SIZE_MAX, ret, err);
}

static int update(const struct cli_call *call, struct error *err)
{
	const struct update_options *given = call->options;
	autoruntime struct runtime runtime = RUNTIME_CLOSED;
	autobuf struct buf resources = {};
	const size_t n = resources_of_options(given, &resources);

	if (given->resources && n > 0)
		return error_set(err, ERR_USAGE, NULL,
				 "update: --resources and single limits exclude each other");
	if (!given->resources && n == 0)
		return error_set(
			err, ERR_USAGE, NULL,
			"update: nothing to change was named, neither a limit nor --resources");
	if (given->resources) {
		buf_reset(&resources);
		if (read_resources(given->resources, &resources, err) != 0)
			return error_context(err, "--resources");
	}
	if (call_open_runtime(call, &runtime, err) != 0)
		return -1;
	return runtime_update(&runtime, call->args[0], buf_text(&resources), resources.len, err);
}

const struct cli_command cmd_update = {
	.options = options,
	.n_options = ARRAY_LEN(options),
	.options_size = sizeof(struct update_options),
	.min_args = 1,
	.max_args = 1,
	.notes = "Zero leaves a limit as it is. The devices of a container cannot be changed.",
	.run = update,
};
