/* cli/cmd_events.c: brig events
 *
 * The kernel wakes whoever polls memory.events and cgroup.events when they change, cgroup-v2.rst; so
 * an end for lack of memory is told when it happens, and the end of the container ends the command.
 */
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/stats_print.h"
#include "kernel/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

struct events_options {
	bool stats;
	struct cli_number interval;
};

enum { INTERVAL_DEFAULT_MS = 5000, INTERVAL_MAX_MS = 24 * 3600 * 1000 };

// clang-format off
static const struct cli_option options[] = {
	{ "stats",    0, OPTION_FLAG, offsetof(struct events_options, stats),    NULL,   "print the statistics once, and nothing else"            },
	{ "interval", 0, OPTION_TIME, offsetof(struct events_options, interval), "TIME", "time between two statistics: 500ms, 5s (default: 5s)"   },
};
// clang-format on

/* One container that is watched. */
struct watch {
	const char *id;
	int cgroup;
	struct pollfd changes[2]; /* cgroup.events, memory.events; -1 without that controller */
	uint64_t oom_kills;       /* told so far */
};

/* --- what is printed --- */

static int print_event(const char *type, const char *id, const struct cgroup_stats *stats,
		       struct error *err)
{
	autobuf struct buf line = {};
	struct json_out out = { .buf = &line };

	json_out_object(&out, NULL);
	json_out_string(&out, "type", type);
	json_out_string(&out, "id", id);
	if (stats)
		stats_print(stats, &out);
	json_out_end_object(&out);
	buf_putc(&line, '\n');
	return cli_output(&line, err);
}

/* The statistics, before them an event for each process that was killed for lack of memory.
 * @with_stats: false: only those */
static int print_news(struct watch *watch, bool with_stats, struct error *err)
{
	autoarena struct arena arena = {};
	struct cgroup_stats stats;

	if (cgroup_stats_read(watch->cgroup, &arena, &stats, err) != 0)
		return -1;
	for (; watch->oom_kills < stats.memory.oom_kills; watch->oom_kills++) {
		if (print_event("oom", watch->id, NULL, err) != 0)
			return -1;
	}
	return with_stats ? print_event("stats", watch->id, &stats, err) : 0;
}

/* --- when --- */

/* Reading a file arms the next poll(2) of it. */
static void rearm(const struct pollfd *change)
{
	char text[512];

	if (change->fd >= 0 && pread(change->fd, text, sizeof text, 0) < 0)
		return; /* the cgroup is gone: poll says so as well */
}

/* Return: 1 when something changed, 0 when @deadline has come, -1 with *err filled */
static int wait_for_change(struct watch *watch, int64_t deadline, struct error *err)
{
	const int64_t left = deadline - clock_ms();
	const int n = poll(watch->changes, ARRAY_LEN(watch->changes), left > 0 ? (int)left : 0);

	if (n < 0 && errno != EINTR)
		return error_sys(err, NULL, "poll");
	if (n <= 0)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(watch->changes); i++)
		rearm(&watch->changes[i]);
	return 1;
}

/* The container has ended when no process is left in its cgroup, or the cgroup itself is gone. */
static bool has_ended(const struct watch *watch)
{
	struct error unused;

	return cgroup_is_populated(watch->cgroup, &unused) != 1;
}

static int follow(struct watch *watch, int64_t interval, struct error *err)
{
	int64_t deadline = clock_ms();

	while (!has_ended(watch)) {
		const bool is_due = clock_ms() >= deadline;

		if (print_news(watch, is_due, err) != 0)
			return has_ended(watch) ? 0 : -1;
		if (is_due)
			deadline = clock_ms() + interval;
		if (wait_for_change(watch, deadline, err) < 0)
			return -1;
	}

	/* The last process may have been killed for lack of memory; or the cgroup is gone with it. */
	struct error unused;

	(void)!print_news(watch, /* with_stats = */ false, &unused);
	return 0;
}

static int follow_container(struct watch *watch, int64_t interval, struct error *err)
{
	autoclose const int populated =
		openat(watch->cgroup, "cgroup.events", O_RDONLY | O_CLOEXEC);
	autoclose const int memory = openat(watch->cgroup, "memory.events", O_RDONLY | O_CLOEXEC);
	autoarena struct arena arena = {};
	struct cgroup_stats before;

	if (populated < 0)
		return error_sys(err, watch->id, "cannot watch the cgroup");
	watch->changes[0] = (struct pollfd){ .fd = populated, .events = POLLPRI };
	watch->changes[1] = (struct pollfd){ .fd = memory, .events = POLLPRI };
	for (size_t i = 0; i < ARRAY_LEN(watch->changes); i++)
		rearm(&watch->changes[i]);
	if (cgroup_stats_read(watch->cgroup, &arena, &before, err) != 0)
		return -1;
	watch->oom_kills = before.memory.oom_kills;
	return follow(watch, interval, err);
}

/* --- the command --- */

static int events(const struct cli_call *call, struct error *err)
{
	const struct events_options *given = call->options;
	const int64_t interval = given->interval.set ? given->interval.value : INTERVAL_DEFAULT_MS;
	autoruntime struct runtime runtime = RUNTIME_CLOSED;

	if (interval <= 0 || interval > INTERVAL_MAX_MS)
		return error_set(err, ERR_USAGE, NULL,
				 "events: --interval must be more than 0 and at most 24h");
	if (call_open_runtime(call, &runtime, err) != 0)
		return -1;

	autoclose const int cgroup = runtime_cgroup(&runtime, call->args[0], err);
	/* With --stats nothing that happened before is told. */
	struct watch watch = { .id = call->args[0], .cgroup = cgroup, .oom_kills = UINT64_MAX };

	if (cgroup < 0)
		return -1;
	return given->stats ? print_news(&watch, /* with_stats = */ true, err)
			    : follow_container(&watch, interval, err);
}

const struct cli_command cmd_events = {
	.options = options,
	.n_options = ARRAY_LEN(options),
	.options_size = sizeof(struct events_options),
	.min_args = 1,
	.max_args = 1,
	.notes = "Ends with the container. Times are in nanoseconds, sizes in bytes.",
	.run = events,
};
