/* cli/stats_print.h: the statistics of a container as `events` prints them */
#ifndef BRIG_CLI_STATS_PRINT_H
#define BRIG_CLI_STATS_PRINT_H

#include "base/json.h"
#include "kernel/cgroup_stats.h"

/**
 * stats_print() - the member "data" of an event: the names and units of runc, which go-runc parses
 * What a controller would tell that is not enabled is left out.
 */
void stats_print(const struct cgroup_stats *stats, struct json_out *out);

#endif
