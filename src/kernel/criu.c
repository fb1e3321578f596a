/* kernel/criu.c: CRIU, which writes a process tree to files and makes it anew from them
 *
 * Theory of operation
 *
 * A message in either direction is one SOCK_SEQPACKET packet. brig sends one request with its
 * options; CRIU answers with the result, after any number of notifications in between, to each of
 * which it waits for an answer. End of file before the result means that CRIU has died: its log says
 * why.
 */
#include "kernel/criu.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/guarded_path.h"
#include "kernel/protobuf.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* --- the call --- */

enum type { NUMBER, BOOLEAN, TEXT, DESCRIPTOR_FOR_KEY, CGROUP_PATH };

// clang-format off
/* rpc.proto, criu_opts */
static const struct field_row {
	const char *name;
	unsigned number;
	enum type type;
} rows[] = {
	[CRIU_IMAGES_DIR_FD]       = { "images_dir_fd",       1, NUMBER             },
	[CRIU_IMAGES_DIR]          = { "images_dir",         68, TEXT               },
	[CRIU_PID]                 = { "pid",                 2, NUMBER             },
	[CRIU_LEAVE_RUNNING]       = { "leave_running",       3, BOOLEAN            },
	[CRIU_EXT_UNIX_SK]         = { "ext_unix_sk",         4, BOOLEAN            },
	[CRIU_TCP_ESTABLISHED]     = { "tcp_established",     5, BOOLEAN            },
	[CRIU_SHELL_JOB]           = { "shell_job",           7, BOOLEAN            },
	[CRIU_FILE_LOCKS]          = { "file_locks",          8, BOOLEAN            },
	[CRIU_LOG_LEVEL]           = { "log_level",           9, NUMBER             },
	[CRIU_LOG_FILE]            = { "log_file",           10, TEXT               },
	[CRIU_NOTIFY_SCRIPTS]      = { "notify_scripts",     12, BOOLEAN            },
	[CRIU_ROOT]                = { "root",               13, TEXT               },
	[CRIU_PARENT_IMG]          = { "parent_img",         14, TEXT               },
	[CRIU_TRACK_MEM]           = { "track_mem",          15, BOOLEAN            },
	[CRIU_AUTO_DEDUP]          = { "auto_dedup",         16, BOOLEAN            },
	[CRIU_WORK_DIR_FD]         = { "work_dir_fd",        17, NUMBER             },
	[CRIU_CG_ROOT]             = { "cg_root",            25, CGROUP_PATH        },
	[CRIU_RST_SIBLING]         = { "rst_sibling",        26, BOOLEAN            },
	[CRIU_INHERIT_FD]          = { "inherit_fd",         27, DESCRIPTOR_FOR_KEY },
	[CRIU_MANAGE_CGROUPS_MODE] = { "manage_cgroups_mode", 34, NUMBER            },
	[CRIU_EXTERNAL]            = { "external",           37, TEXT               },
	[CRIU_EMPTY_NS]            = { "empty_ns",           38, NUMBER             },
	[CRIU_FREEZE_CGROUP]       = { "freeze_cgroup",      44, TEXT               },
	[CRIU_ORPHAN_PTS_MASTER]   = { "orphan_pts_master",  50, BOOLEAN            },
	[CRIU_TCP_CLOSE]           = { "tcp_close",          52, BOOLEAN            },
	[CRIU_LSM_PROFILE]         = { "lsm_profile",        53, TEXT               },
	[CRIU_CGROUP_YARD]         = { "cgroup_yard",        60, TEXT               },
	[CRIU_LSM_MOUNT_CONTEXT]   = { "lsm_mount_context",  63, TEXT               },
};
// clang-format on
static_assert(ARRAY_LEN(rows) == CRIU_FIELD_COUNT, "a field has no row");

/* criu_req, criu_resp and what is in them */
enum { REQ_TYPE = 1, REQ_OPTS = 2, REQ_NOTIFY_SUCCESS = 3 };
enum { RESP_TYPE = 1, RESP_SUCCESS = 2, RESP_RESTORE = 4, RESP_NOTIFY = 5, RESP_ERRMSG = 9 };
enum { RESTORE_PID = 1, NOTIFY_SCRIPT = 1, NOTIFY_PID = 2 };
enum { INHERIT_KEY = 1, INHERIT_FD = 2, CG_ROOT_CTRL = 1, CG_ROOT_PATH = 2 };
enum { TYPE_NOTIFY = 6 };

void criu_call_print(const struct criu_call *call, struct buf *ret)
{
	for (size_t i = 0; i < call->n; i++) {
		const struct criu_value *value = &call->values[i];
		const struct field_row *row = &rows[value->field];

		buf_printf(ret, "%s: ", row->name);
		switch (row->type) {
		case NUMBER:
			buf_printf(ret, "%" PRId64 "\n", value->number);
			break;
		case BOOLEAN:
			buf_puts(ret, value->number ? "true\n" : "false\n");
			break;
		case TEXT:
		case CGROUP_PATH:
			buf_printf(ret, "%s\n", value->text);
			break;
		case DESCRIPTOR_FOR_KEY:
			buf_printf(ret, "%s from fd %" PRId64 "\n", value->text, value->number);
			break;
		}
	}
}

static void put_text(struct buf *message, unsigned number, const char *text)
{
	protobuf_put_bytes(message, number, text, strlen(text));
}

static void put_value(struct buf *message, const struct criu_value *value)
{
	const struct field_row *row = &rows[value->field];
	autobuf struct buf inner = {};

	switch (row->type) {
	case NUMBER:
	case BOOLEAN:
		protobuf_put_number(message, row->number, value->number);
		return;
	case TEXT:
		put_text(message, row->number, value->text);
		return;
	case DESCRIPTOR_FOR_KEY:
		put_text(&inner, INHERIT_KEY, value->text);
		protobuf_put_number(&inner, INHERIT_FD, value->number);
		break;
	case CGROUP_PATH:
		put_text(&inner, CG_ROOT_CTRL, ""); /* cgroup2 has no name */
		put_text(&inner, CG_ROOT_PATH, value->text);
		break;
	}
	protobuf_put_bytes(message, row->number, inner.data, inner.len);
}

void criu_call_encode(const struct criu_call *call, struct buf *ret)
{
	autobuf struct buf opts = {};

	for (size_t i = 0; i < call->n; i++)
		put_value(&opts, &call->values[i]);
	protobuf_put_number(ret, REQ_TYPE, call->request);
	protobuf_put_bytes(ret, REQ_OPTS, opts.data, opts.len);
}

/* --- the program --- */

/* Not by PATH: engines call without one, and it must not be a bundle's or a user's to say. */
static const char *const places[] = { "/usr/sbin", "/usr/local/sbin", "/usr/bin",
				      "/usr/local/bin" };

int criu_program(struct error *err)
{
	struct stat st;

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		autoclose int dir = guarded_path_open(places[i], err);
		autoclose int program = dir < 0 ? -1 : openat(dir, "criu", O_PATH | O_CLOEXEC);

		if (program < 0 || fstat(program, &st) < 0)
			continue;
		if (S_ISREG(st.st_mode) && st.st_uid == 0 && !(st.st_mode & (S_IWGRP | S_IWOTH)))
			return fd_take(&program);
	}
	(void)error_set(err, ERR_KERNEL, NULL,
			"there is no program criu in /usr/sbin, /usr/bin or below /usr/local");
	return error_remedy(err, "install CRIU (package criu), version 4.0 or later");
}

/* --- the conversation --- */

enum { MESSAGE_MAX = 64 << 10, SCRIPT_MAX = 64 };

/* One answer of CRIU's, as far as brig reads it. */
struct answer {
	int64_t type, success;
	pid_t pid;
	char script[SCRIPT_MAX];
	char errmsg[256];
};

static void copy_text(char *ret, size_t size, const struct protobuf_field *field)
{
	const size_t len = field->len < size ? field->len : size - 1;

	memcpy(ret, field->data, len);
	ret[len] = '\0';
}

static int read_inner(const struct protobuf_field *outer, unsigned pid_number,
		      struct answer *answer)
{
	struct protobuf_reader reader = { outer->data, outer->data + outer->len };
	struct protobuf_field field;
	int more;

	while ((more = protobuf_next(&reader, &field)) > 0) {
		if (field.number == pid_number && !field.is_bytes)
			answer->pid = (pid_t)field.value;
		else if (pid_number == NOTIFY_PID && field.number == NOTIFY_SCRIPT &&
			 field.is_bytes)
			copy_text(answer->script, sizeof answer->script, &field);
	}
	return more;
}

static int read_answer(const char *data, size_t len, struct answer *ret)
{
	struct protobuf_reader reader = { data, data + len };
	struct protobuf_field field;
	int more;

	*ret = (struct answer){};
	while ((more = protobuf_next(&reader, &field)) > 0) {
		if (field.number == RESP_TYPE && !field.is_bytes)
			ret->type = field.value;
		else if (field.number == RESP_SUCCESS && !field.is_bytes)
			ret->success = field.value;
		else if (field.number == RESP_RESTORE && field.is_bytes)
			more = read_inner(&field, RESTORE_PID, ret);
		else if (field.number == RESP_NOTIFY && field.is_bytes)
			more = read_inner(&field, NOTIFY_PID, ret);
		else if (field.number == RESP_ERRMSG && field.is_bytes)
			copy_text(ret->errmsg, sizeof ret->errmsg, &field);
		if (more < 0)
			break;
	}
	return more;
}

static int reply(int socket, bool go_on, struct error *err)
{
	autobuf struct buf message = {};

	protobuf_put_number(&message, REQ_TYPE, TYPE_NOTIFY);
	protobuf_put_number(&message, REQ_NOTIFY_SUCCESS, go_on);
	return fd_send(socket, message.data, message.len, NULL, 0, err);
}

static int receive(int socket, struct answer *ret, int *ret_fd, struct error *err)
{
	autobuf struct buf message = {};
	size_t n_fds = 1;

	buf_reserve(&message, MESSAGE_MAX);

	const ssize_t len = fd_receive(socket, message.data, MESSAGE_MAX, ret_fd, &n_fds, err);

	if (n_fds == 0)
		*ret_fd = -1;
	if (len < 0)
		return -1;
	if (len == 0)
		return error_set(err, ERR_KERNEL, NULL, "criu has ended without an answer");
	if (read_answer(message.data, (size_t)len, ret) < 0)
		return error_set(err, ERR_KERNEL, NULL, "criu's answer cannot be read");
	return 0;
}

int criu_converse(int socket, const struct criu_call *call, const struct criu_notify *notify,
		  pid_t *ret_pid, struct error *err)
{
	autobuf struct buf message = {};
	struct error refusal = {};
	struct answer answer = {};

	criu_call_encode(call, &message);
	if (fd_send(socket, message.data, message.len, NULL, 0, err) < 0)
		return -1;
	for (;;) {
		autoclose int fd = -1;

		if (receive(socket, &answer, &fd, err) < 0)
			break;
		if (answer.type != TYPE_NOTIFY) {
			if (answer.success && !*refusal.text) {
				if (ret_pid)
					*ret_pid = answer.pid;
				return 0;
			}
			(void)error_set(err, ERR_KERNEL, NULL, "%s",
					*answer.errmsg ? answer.errmsg : "criu failed");
			break;
		}

		const bool go_on = !notify || notify->told(notify->context, answer.script,
							   answer.pid, fd, &refusal) == 0;

		if (reply(socket, go_on, err) < 0)
			break;
	}
	if (*refusal.text)
		*err = refusal;
	return -1;
}

/* --- the log --- */

enum { LOG_MAX = 64 << 20 };

int criu_log_error(int work, const char *log, const char *path, struct error *err)
{
	autobuf struct buf text = {};
	struct error ignored;
	const char *first = NULL;

	/* Not the last one: "Restoring FAILED", or what could not be tidied up after it. */
	if (fd_read_file(work, log, LOG_MAX, &text, &ignored) == 0)
		first = strstr(buf_text(&text), "Error (");
	if (first)
		(void)error_set(err, ERR_KERNEL, path, "criu: %.*s", (int)strcspn(first, "\n"),
				first);
	else
		(void)error_context(err, "criu");
	snprintf(err->where, sizeof err->where, "%s", path);
	return error_remedy(err,
			    "that is its log: what comes before and after this line says more");
}
