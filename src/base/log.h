/* base/log.h: what brig tells its caller besides its output
 *
 * One sink, set once in main(). Text to stderr, or JSON lines {"level","msg","time"} (RFC 3339) to
 * the --log file (opened O_APPEND, never truncated). Engines read that file: containerd takes the
 * last line of level "error" as the reason of a failure, Podman wants a single line; so a call
 * that succeeds never logs an error, and warnings go to the file only under --debug, while the
 * audit log and the state carry them always.
 */
#ifndef BRIG_BASE_LOG_H
#define BRIG_BASE_LOG_H

#include "base/error.h"

#include <stdbool.h>

struct log_options {
	const char *path; /* --log; NULL for none */
	bool json;        /* --log-format json */
	bool debug;       /* --debug */
};

[[nodiscard]] int log_open(const struct log_options *options, struct error *err);
[[gnu::format(printf, 1, 2)]] void log_debug(const char *fmt, ...);
/** log_warn() - on a terminal, or with --debug, or text without --log: one line on stderr; never in
 * a create's JSON log unless --debug */
[[gnu::format(printf, 1, 2)]] void log_warn(const char *fmt, ...);
/** log_note() - for whoever sits at a terminal, reads a --log in text, or says --debug. Engines, who read
 * stderr and a JSON log of one object at most, get nothing */
[[gnu::format(printf, 1, 2)]] void log_note(const char *fmt, ...);
/** log_error() - the failure of this command: one line on stderr (with where and remedy on further
 * lines if stderr is a terminal), and in the --log file */
void log_error(const struct error *err);

#endif
