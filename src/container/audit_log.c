/* container/audit_log.c: the append-only log of decisions, one JSON object a line */
#include "container/audit_log.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/sha256.h"
#include "policy/rules.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/*
 * So that nobody can fill the disk, or push a record out of the system log, with a bundle of many
 * mounts.
 */
enum { FINDINGS_MAX = 256, BRIEF_MAX = 16, WORDS_MAX = 64, PATH_SIZE = 4096 };

/* --- the record --- */

/* The login uid survives sudo and su: pam_loginuid(8). */
static void add_login(struct json_out *out)
{
	autobuf struct buf text = {};
	struct error ignored;

	if (fd_read_file(AT_FDCWD, "/proc/self/loginuid", 32, &text, &ignored) < 0)
		return;

	const unsigned long id = strtoul(buf_text(&text), NULL, 10);

	if (id != UINT32_MAX)
		json_out_uint(out, "loginuid", id);
}

static void add_caller(struct json_out *out)
{
	char link[64], path[PATH_SIZE];
	const pid_t parent = getppid();

	json_out_object(out, "caller");
	json_out_uint(out, "uid", getuid());
	add_login(out);
	json_out_int(out, "pid", parent);
	snprintf(link, sizeof link, "/proc/%d/exe", parent);

	const ssize_t len = readlink(link, path, sizeof path - 1);

	if (len > 0) {
		path[len] = '\0';
		json_out_string(out, "exe", path);
	}
	json_out_end_object(out);
}

static void add_command(struct json_out *out, const char *const *argv)
{
	json_out_array(out, "command");
	for (size_t i = 0; i < WORDS_MAX && argv[i] != NULL; i++)
		json_out_string(out, NULL, argv[i]);
	json_out_end_array(out);
}

static void add_policy(struct json_out *out, const struct policy *policy)
{
	json_out_object(out, "policy");
	json_out_string(out, "base", policy->base);
	json_out_array(out, "files");
	for (size_t i = 0; i < policy->n_files; i++)
		json_out_string(out, NULL, policy->files[i]);
	json_out_end_array(out);
	json_out_end_object(out);
}

static bool is_wanted(const struct finding *finding, bool brief)
{
	return !brief || finding->action == ACTION_REFUSE || finding->allowed_by_policy;
}

static void add_finding(struct json_out *out, const struct finding *finding)
{
	json_out_object(out, NULL);
	json_out_string(out, "rule", finding->rule->id);
	json_out_string(out, "action", action_name(finding->action));
	json_out_string(out, "severity", severity_name(finding->rule->severity));
	json_out_string(out, "pointer", finding->pointer);
	json_out_string(out, "text", finding->text);
	if (finding->allowed_by_policy)
		json_out_bool(out, "allowed_by_policy", true);
	json_out_end_object(out);
}

static void add_findings(struct json_out *out, const struct judgement *judgement, bool brief)
{
	const size_t max = brief ? BRIEF_MAX : FINDINGS_MAX;
	size_t written = 0, left_out = 0;

	json_out_array(out, "findings");
	/* What was refused or allowed comes first: nothing can push it over the limit's edge. */
	for (int pass = 0; pass < (brief ? 1 : 2); pass++) {
		for (size_t i = 0; i < judgement->n; i++) {
			const struct finding *const finding = &judgement->findings[i];

			if (is_wanted(finding, true) != (pass == 0))
				continue;
			if (written < max) {
				add_finding(out, finding);
				written++;
			} else {
				left_out++;
			}
		}
	}
	json_out_end_array(out);
	if (left_out > 0)
		json_out_uint(out, "findings_left_out", left_out);
}

static void add_ranges(struct json_out *out, const char *key, const struct id_range *ranges,
		       size_t n)
{
	json_out_array(out, key);
	for (size_t i = 0; i < n; i++) {
		json_out_object(out, NULL);
		json_out_uint(out, "inside", ranges[i].inside);
		json_out_uint(out, "outside", ranges[i].outside);
		json_out_uint(out, "count", ranges[i].count);
		json_out_end_object(out);
	}
	json_out_end_array(out);
}

static void add_outcome(struct json_out *out, const struct state *state)
{
	const struct state_protections *const protections = &state->protections;

	json_out_int(out, "pid", state->pid);
	add_ranges(out, "uids", state->ids.uids, state->ids.n_uids);
	add_ranges(out, "gids", state->ids.gids, state->ids.n_gids);
	if (state->cgroup.path != NULL)
		json_out_string(out, "cgroup", state->cgroup.path);
	json_out_object(out, "protections");
	json_out_string(out, "seccomp", protections->seccomp_profile);
	json_out_string(out, "seccomp_digest", protections->seccomp_digest);
	json_out_string(out, "apparmor", protections->apparmor);
	json_out_int(out, "landlock_abi", protections->landlock_abi);
	json_out_bool(out, "core_scheduling", protections->core_scheduling);
	json_out_array(out, "warnings");
	for (size_t i = 0; i < protections->warnings.n; i++)
		json_out_string(out, NULL, protections->warnings.items[i]);
	json_out_end_array(out);
	json_out_end_object(out);
}

static const char *decision(const struct audit_record *record)
{
	if (record->judgement != NULL && record->judgement->refused)
		return "refused";
	return record->failure != NULL ? "failed" : "done";
}

void audit_log_format(const struct audit_record *record, const struct policy *policy, bool brief,
		      struct buf *ret)
{
	struct json_out out = { .buf = ret };
	char time[CLOCK_TEXT_SIZE], digest[SHA256_TEXT_SIZE];

	json_out_object(&out, NULL);
	json_out_string(&out, "time", clock_now(time));
	json_out_string(&out, "event", record->event);
	json_out_string(&out, "id", record->id);
	json_out_string(&out, "decision", decision(record));
	add_caller(&out);
	if (record->argv != NULL && !brief)
		add_command(&out, record->argv);
	if (record->bundle != NULL)
		json_out_string(&out, "bundle", record->bundle);
	if (record->config != NULL) {
		sha256_text(buf_text(record->config), record->config->len, digest);
		json_out_string(&out, "config_sha256", digest);
	}
	add_policy(&out, policy);
	if (record->judgement != NULL)
		add_findings(&out, record->judgement, brief);
	if (record->state != NULL)
		add_outcome(&out, record->state);
	if (record->failure != NULL)
		json_out_string(&out, "failure", record->failure);
	json_out_end_object(&out);
}

/* --- where it goes --- */

/* Make the directories of @path that do not exist, for us alone. */
static int make_parents(const char *path, struct error *err)
{
	char parent[PATH_SIZE];

	for (const char *slash = strchr(path + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		snprintf(parent, sizeof parent, "%.*s", (int)(slash - path), path);
		if (mkdir(parent, 0700) < 0 && errno != EEXIST)
			return error_sys(err, path, "cannot create '%s' for the audit log", parent);
	}
	return 0;
}

static int open_log(const char *path, struct error *err)
{
	/* O_NOFOLLOW, and O_NONBLOCK for a FIFO: the last component may not lead elsewhere. */
	static const int flags =
		O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	autoclose int fd = open(path, flags, 0600);
	struct stat status;

	if (fd < 0 && errno == ENOENT) {
		if (make_parents(path, err) < 0)
			return -1;
		fd = open(path, flags, 0600);
	}
	if (fd < 0 || fstat(fd, &status) < 0)
		return error_sys(err, path, "cannot open the audit log '%s'", path);
	if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() || status.st_nlink != 1 ||
	    (status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		(void)error_set(err, ERR_POLICY, path, "the audit log '%s' is not trusted", path);
		return error_remedy(err, "it must be a regular file, ours, with one name, and not "
					 "writable by others");
	}
	return fd_take(&fd);
}

static int write_file(const char *path, struct buf *line, struct error *err)
{
	autoclose int fd = open_log(path, err);

	if (fd < 0)
		return -1;
	buf_putc(line, '\n');

	const ssize_t written = write(fd, line->data, line->len);

	if (written == (ssize_t)line->len)
		return 0;
	if (written >= 0) {
		/* End the broken line, so that the next record is a line of its own. */
		(void)!write(fd, "\n", 1);
		errno = ENOSPC;
	}
	(void)error_sys(err, path, "cannot write the audit log '%s'", path);
	return error_remedy(err, "make room, or have root set "
				 "another audit_log in the policy file");
}

/*
 * Straight to the socket rather than by syslog(3), which does not tell when nobody took the
 * message.
 */
static int write_syslog(const struct buf *line, struct error *err)
{
	enum { AUTHPRIV_NOTICE = 10 << 3 | 5 }; /* RFC 5424, 6.2.1 */
	static const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	autoclose int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	autobuf struct buf message = {};

	buf_printf(&message, "<%d>brig[%d]: %s", AUTHPRIV_NOTICE, getpid(), buf_text(line));
	if (fd < 0 || sendto(fd, message.data, message.len, MSG_NOSIGNAL,
			     (const struct sockaddr *)&address, sizeof address) < 0) {
		(void)error_sys(err, "/dev/log", "cannot write to the system log");
		return error_remedy(err, "start it, or have root set audit_syslog to false in the "
					 "policy file");
	}
	return 0;
}

/* An ordinary user has a log of their own; "" where there is no place for one. */
static void log_path(const struct policy *policy, const struct host *host, char ret[PATH_SIZE])
{
	const bool chosen = strcmp(policy->settings.audit_log, POLICY_AUDIT_LOG) != 0;
	const char *const state = getenv("XDG_STATE_HOME"), *const home = getenv("HOME");

	ret[0] = '\0';
	if (!host->rootless || chosen)
		snprintf(ret, PATH_SIZE, "%s", policy->settings.audit_log);
	else if (state != NULL && state[0] == '/')
		snprintf(ret, PATH_SIZE, "%s/brig/audit.jsonl", state);
	else if (home != NULL && home[0] == '/')
		snprintf(ret, PATH_SIZE, "%s/.local/state/brig/audit.jsonl", home);
}

int audit_log_write(const struct audit_record *record, const struct policy *policy,
		    const struct host *host, struct error *err)
{
	char path[PATH_SIZE];

	log_path(policy, host, path);
	if (path[0] != '\0') {
		autobuf struct buf line = {};

		audit_log_format(record, policy, false, &line);
		if (write_file(path, &line, err) < 0)
			return -1;
	}
	if (policy->settings.audit_syslog) {
		autobuf struct buf line = {};

		audit_log_format(record, policy, true, &line);
		return write_syslog(&line, err);
	}
	return 0;
}
