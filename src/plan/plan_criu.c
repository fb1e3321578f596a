/* plan/plan_criu.c: what CRIU is going to be asked for, as a value */
#include "plan/plan_criu.h"

#include "base/cleanup.h"
#include "kernel/compat.h"

#include <sched.h>
#include <stddef.h>
#include <string.h>

enum { DUMPS = 1 << CRIU_DUMP | 1 << CRIU_PRE_DUMP, RESTORES = 1 << CRIU_RESTORE };
enum { LOG_LEVEL = 4 }; /* as runc: what one wants to read when it has failed */

#define FLAG(member) offsetof(struct criu_flags, member)
// clang-format off
static const struct flag_row {
	size_t offset;
	enum criu_field field;
	int64_t value;
	int requests;
} flag_rows[] = {
	{ FLAG(leave_running),   CRIU_LEAVE_RUNNING,   1,            1 << CRIU_DUMP   },
	{ FLAG(tcp_established), CRIU_TCP_ESTABLISHED, 1,            DUMPS | RESTORES },
	{ FLAG(tcp_close),       CRIU_TCP_CLOSE,       1,            RESTORES         },
	{ FLAG(ext_unix_sk),     CRIU_EXT_UNIX_SK,     1,            DUMPS | RESTORES },
	{ FLAG(shell_job),       CRIU_SHELL_JOB,       1,            DUMPS | RESTORES },
	{ FLAG(file_locks),      CRIU_FILE_LOCKS,      1,            DUMPS | RESTORES },
	{ FLAG(auto_dedup),      CRIU_AUTO_DEDUP,      1,            DUMPS            },
	{ FLAG(empty_network),   CRIU_EMPTY_NS,        CLONE_NEWNET, DUMPS | RESTORES },
};

/* What goes without saying, by request. */
static const struct constant_row {
	enum criu_field field;
	int64_t value;
	int requests;
} constant_rows[] = {
	{ CRIU_LOG_LEVEL,         LOG_LEVEL, DUMPS | RESTORES   },
	{ CRIU_NOTIFY_SCRIPTS,    1,         RESTORES           },
	{ CRIU_ORPHAN_PTS_MASTER, 1,         DUMPS | RESTORES   }, /* the terminal's master is the engine's */
	{ CRIU_RST_SIBLING,       1,         RESTORES           }, /* our child, as a created init is */
	{ CRIU_TRACK_MEM,         1,         1 << CRIU_PRE_DUMP },
};

/* A restore's own cgroup is there before CRIU runs, and strict would refuse that one. Whether it was there
 * before brig is known to brig (restore.c); below a new one there are no others. */
static const struct cgroups_row {
	enum criu_cgroup_mode dump, restore;
} cgroups_rows[] = {
	[CGROUPS_SOFT]   = { CRIU_CGROUP_SOFT,   CRIU_CGROUP_SOFT },
	[CGROUPS_FULL]   = { CRIU_CGROUP_FULL,   CRIU_CGROUP_FULL },
	[CGROUPS_STRICT] = { CRIU_CGROUP_STRICT, CRIU_CGROUP_FULL },
	[CGROUPS_IGNORE] = { CRIU_CGROUP_IGNORE, CRIU_CGROUP_SOFT }, /* not of a restore: call_criu.c */
};
// clang-format on

struct filling {
	struct criu_value *values;
	size_t n;
};

static void put_number(struct filling *call, enum criu_field field, int64_t value)
{
	call->values[call->n++] = (struct criu_value){ .field = field, .number = value };
}

static void put_text(struct filling *call, enum criu_field field, const char *text)
{
	if (text)
		call->values[call->n++] = (struct criu_value){ .field = field, .text = text };
}

static void put_flags(struct filling *call, const struct plan_criu_request *request)
{
	const int bit = 1 << request->request;

	for (size_t i = 0; i < ARRAY_LEN(flag_rows); i++) {
		const struct flag_row *row = &flag_rows[i];
		bool given;

		memcpy(&given, (const char *)request->flags + row->offset, sizeof given);
		if (given && (row->requests & bit))
			put_number(call, row->field, row->value);
	}
	for (size_t i = 0; i < ARRAY_LEN(constant_rows); i++) {
		if (constant_rows[i].requests & bit)
			put_number(call, constant_rows[i].field, constant_rows[i].value);
	}
}

/* Two streams may be one file: it is handed over once. */
static bool is_handed_over(const struct plan_criu_request *request, size_t stream)
{
	for (size_t i = 0; i < stream; i++) {
		if (strcmp(request->streams[i], request->streams[stream]) == 0)
			return true;
	}
	return request->streams[stream][0] == '\0';
}

static void put_streams(struct filling *call, const struct plan_criu_request *request)
{
	for (size_t i = 0; i < request->n_streams; i++) {
		if (!is_handed_over(request, i))
			call->values[call->n++] =
				(struct criu_value){ .field = CRIU_INHERIT_FD,
						     .number = (int64_t)i,
						     .text = request->streams[i] };
	}
}

struct criu_call plan_criu(const struct plan_criu_request *request, struct arena *arena)
{
	const bool is_restore = request->request == CRIU_RESTORE;
	const size_t room = CRIU_FIELD_COUNT + ARRAY_LEN(flag_rows) + ARRAY_LEN(constant_rows) +
			    request->n_externals + request->n_streams;
	const struct cgroups_row *cgroups = &cgroups_rows[request->flags->cgroups];
	struct filling call = { arena_array(arena, room, sizeof *call.values), 0 };

	put_number(&call, CRIU_IMAGES_DIR_FD, request->images);
	put_text(&call, CRIU_IMAGES_DIR, request->images_path);
	put_number(&call, CRIU_WORK_DIR_FD, request->work);
	put_text(&call, CRIU_LOG_FILE, request->log);
	if (!is_restore)
		put_number(&call, CRIU_PID, request->pid);
	put_text(&call, CRIU_ROOT, request->root);
	put_flags(&call, request);
	put_number(&call, CRIU_MANAGE_CGROUPS_MODE, is_restore ? cgroups->restore : cgroups->dump);
	put_text(&call, CRIU_FREEZE_CGROUP, request->freeze);
	put_text(&call, CRIU_CG_ROOT, request->cgroup_root);
	put_text(&call, CRIU_CGROUP_YARD, request->cgroup_yard);
	put_text(&call, CRIU_PARENT_IMG, is_restore ? NULL : request->flags->parent_path);
	put_text(&call, CRIU_LSM_PROFILE, request->lsm_profile);
	put_text(&call, CRIU_LSM_MOUNT_CONTEXT,
		 is_restore ? request->flags->lsm_mount_context : NULL);
	for (size_t i = 0; i < request->n_externals; i++)
		put_text(&call, CRIU_EXTERNAL, request->externals[i]);
	put_streams(&call, request);
	return (struct criu_call){ request->request, call.values, call.n };
}
