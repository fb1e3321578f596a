/* container/audit_log.h: the append-only log of decisions, one JSON object a line
 *
 * Who (uid, login uid, process and its program) did what (command, container), when, by which
 * policy; what the rules found; the digest of config.json; which ids and profiles came of it. A
 * decision that cannot be logged does not happen: who writes first and acts then fails closed. Acts that
 * decide nothing are act.h's.
 */
#ifndef BRIG_CONTAINER_AUDIT_LOG_H
#define BRIG_CONTAINER_AUDIT_LOG_H

#include "base/buf.h"
#include "base/error.h"
#include "container/state.h"
#include "kernel/host.h"
#include "policy/policy.h"

#include <stdbool.h>

struct audit_record {
	const char *event;        /* "create", "exec" … */
	const char *id;           /* of the container */
	const char *const *argv;  /* the command line as called, NULL-terminated; or NULL */
	const char *bundle;       /* absolute path, or NULL */
	const struct buf *config; /* the bytes of config.json, for the digest; or NULL */
	const struct judgement *judgement; /* or NULL: nothing was judged */
	const struct state *state;         /* ids and protections that came of it; or NULL */
	const char *failure; /* why it was not done, when that was not a rule; or NULL */
};

/**
 * audit_log_write() - append a record, as settings.audit_log and audit_syslog say
 * The file is made if need be, 0600 below a directory 0700; one that others may write is refused.
 * Each record is one write(2) with O_APPEND: records of concurrent commands do not mix. Rootless,
 * the file is $XDG_STATE_HOME/brig/audit.jsonl (or below ~/.local/state) unless the policy file
 * names one.
 * Return: 0, or -1 with *err (where = the file): what was to be done must not be done
 */
[[nodiscard]] int audit_log_write(const struct audit_record *record, const struct policy *policy,
				  const struct host *host, struct error *err);

/**
 * audit_log_format() - the line of a record, without the newline; @brief leaves out what policy
 * hardened
 */
void audit_log_format(const struct audit_record *record, const struct policy *policy, bool brief,
		      struct buf *ret);

#endif
