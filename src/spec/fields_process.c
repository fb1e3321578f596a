/* spec/fields_process.c: config.md, "Process", and "POSIX-platform Hooks" */
#include "spec/decode.h"

#include <assert.h>
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <sys/resource.h>

enum {
	UID_LAST = UINT32_MAX - 1, /* (uid_t)-1 means "no change" in chown(2) and setresuid(2) */
	UMASK_MAX = 0777,
	NICE_MIN = -20,
	NICE_MAX = 19,
	RT_PRIORITY_MAX = 99,
	IO_PRIORITY_MAX = 7,
	OOM_SCORE_MAX = 1000,
	SCHED_ISO_RESERVED = 4, /* named in the specification, in no kernel: linux/sched.h */
};

// clang-format off
static const struct name_value rlimit_names[] = { /* getrlimit(2) */
	{ "RLIMIT_AS",         RLIMIT_AS         },
	{ "RLIMIT_CORE",       RLIMIT_CORE       },
	{ "RLIMIT_CPU",        RLIMIT_CPU        },
	{ "RLIMIT_DATA",       RLIMIT_DATA       },
	{ "RLIMIT_FSIZE",      RLIMIT_FSIZE      },
	{ "RLIMIT_LOCKS",      RLIMIT_LOCKS      },
	{ "RLIMIT_MEMLOCK",    RLIMIT_MEMLOCK    },
	{ "RLIMIT_MSGQUEUE",   RLIMIT_MSGQUEUE   },
	{ "RLIMIT_NICE",       RLIMIT_NICE       },
	{ "RLIMIT_NOFILE",     RLIMIT_NOFILE     },
	{ "RLIMIT_NPROC",      RLIMIT_NPROC      },
	{ "RLIMIT_RSS",        RLIMIT_RSS        },
	{ "RLIMIT_RTPRIO",     RLIMIT_RTPRIO     },
	{ "RLIMIT_RTTIME",     RLIMIT_RTTIME     },
	{ "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING },
	{ "RLIMIT_STACK",      RLIMIT_STACK      },
};

static const struct name_value scheduler_policies[] = { /* sched(7) */
	{ "SCHED_OTHER",    SCHED_NORMAL       },
	{ "SCHED_FIFO",     SCHED_FIFO         },
	{ "SCHED_RR",       SCHED_RR           },
	{ "SCHED_BATCH",    SCHED_BATCH        },
	{ "SCHED_ISO",      SCHED_ISO_RESERVED },
	{ "SCHED_IDLE",     SCHED_IDLE         },
	{ "SCHED_DEADLINE", SCHED_DEADLINE     },
};

static const struct name_value scheduler_flags[] = { /* sched_setattr(2) */
	{ "SCHED_FLAG_RESET_ON_FORK",  SCHED_FLAG_RESET_ON_FORK  },
	{ "SCHED_FLAG_RECLAIM",        SCHED_FLAG_RECLAIM        },
	{ "SCHED_FLAG_DL_OVERRUN",     SCHED_FLAG_DL_OVERRUN     },
	{ "SCHED_FLAG_KEEP_POLICY",    SCHED_FLAG_KEEP_POLICY    },
	{ "SCHED_FLAG_KEEP_PARAMS",    SCHED_FLAG_KEEP_PARAMS    },
	{ "SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN },
	{ "SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX },
};

static const struct name_value io_classes[] = { /* ioprio_set(2) */
	{ "IOPRIO_CLASS_RT",   IOPRIO_CLASS_RT   },
	{ "IOPRIO_CLASS_BE",   IOPRIO_CLASS_BE   },
	{ "IOPRIO_CLASS_IDLE", IOPRIO_CLASS_IDLE },
};
// clang-format on

static int finish_rlimit(struct decoder *decoder, const struct json *node, void *object)
{
	const struct spec_rlimit *limit = object;

	if (limit->soft > limit->hard)
		return json_error(decode_member(node, "soft"), decoder->err,
				  "the soft limit must not be above the hard limit");
	return 0;
}

static int finish_scheduler(struct decoder *decoder, const struct json *node, void *object)
{
	const struct spec_scheduler *scheduler = object;

	if (scheduler->policy != SCHED_ISO_RESERVED)
		return 0;
	(void)!json_error(decode_member(node, "policy"), decoder->err,
			  "SCHED_ISO is reserved, no Linux kernel implements it");
	return error_remedy(decoder->err, "use SCHED_OTHER or SCHED_BATCH");
}

/* "If `rlimits` contains duplicated entries with same `type`, the runtime MUST generate an error."
 */
static int refuse_same_rlimit(struct decoder *decoder, const struct json *list,
			      const struct spec_process *process)
{
	const struct json *node = list ? list->first : NULL;
	unsigned seen = 0;

	for (size_t i = 0; node; i++, node = node->next) {
		const unsigned bit = 1U << process->rlimits[i].resource;

		if (seen & bit)
			return json_error(decode_member(node, "type"), decoder->err,
					  "this resource has a limit already");
		seen |= bit;
	}
	return 0;
}

static int finish_process(struct decoder *decoder, const struct json *node, void *object)
{
	struct spec_process *process = object;

	/* "Runtimes MUST ignore consoleSize if terminal is false or unset." */
	if (!process->terminal)
		process->console_size.set = false;
	if (process->args.n == 0)
		return json_error(decode_member(node, "args"), decoder->err,
				  "must have the program to run as its first element");
	return refuse_same_rlimit(decoder, json_get(node, "rlimits"), process);
}

typedef typeof(((struct spec_process *)0)->console_size) console_size;
typedef typeof(((struct spec_process *)0)->exec_cpu_affinity) cpu_affinity;

// clang-format off
static const struct field console_size_fields[] = {
	{ "height", IN(console_size, height), .required = true },
	{ "width",  IN(console_size, width),  .required = true },
};
static const struct shape console_size_shape = {
	ROWS(console_size_fields), .has_set = true, .section = "config.md, \"Process\"",
};

static const struct field user_fields[] = {
	{ "uid",            IN(struct spec_user, uid), RANGE(0, UID_LAST), .required = true },
	{ "gid",            IN(struct spec_user, gid), RANGE(0, UID_LAST), .required = true },
	{ "umask",          IN(struct spec_user, umask), RANGE(0, UMASK_MAX) },
	{ "additionalGids", IN(struct spec_user, additional_gids), RANGE(0, UID_LAST) },
};
static const struct shape user_shape = {
	ROWS(user_fields), .section = "config.md, \"POSIX-platform User\"",
};

static const struct field rlimit_fields[] = {
	{ "type", WORD_IN(struct spec_rlimit, resource, rlimit_names), .required = true },
	{ "soft", IN(struct spec_rlimit, soft), .required = true },
	{ "hard", IN(struct spec_rlimit, hard), .required = true },
};
static const struct shape rlimit_shape = {
	ROWS(rlimit_fields), .size = sizeof(struct spec_rlimit), .finish = finish_rlimit,
	.section = "config.md, \"POSIX process\"",
};

static const struct field capability_fields[] = {
	[CAPSET_BOUNDING]    = { "bounding",    IN(struct spec_capabilities, sets[CAPSET_BOUNDING]),    .text = &text_one_line },
	[CAPSET_EFFECTIVE]   = { "effective",   IN(struct spec_capabilities, sets[CAPSET_EFFECTIVE]),   .text = &text_one_line },
	[CAPSET_INHERITABLE] = { "inheritable", IN(struct spec_capabilities, sets[CAPSET_INHERITABLE]), .text = &text_one_line },
	[CAPSET_PERMITTED]   = { "permitted",   IN(struct spec_capabilities, sets[CAPSET_PERMITTED]),   .text = &text_one_line },
	[CAPSET_AMBIENT]     = { "ambient",     IN(struct spec_capabilities, sets[CAPSET_AMBIENT]),     .text = &text_one_line },
};
static const struct shape capabilities_shape = {
	ROWS(capability_fields), .has_set = true, .section = "config.md, \"Linux Process\"",
};

static const struct field scheduler_fields[] = {
	{ "policy",   WORD_IN(struct spec_scheduler, policy, scheduler_policies), .required = true },
	{ "nice",     IN(struct spec_scheduler, nice), RANGE(NICE_MIN, NICE_MAX) },
	{ "priority", IN(struct spec_scheduler, priority), RANGE(0, RT_PRIORITY_MAX) },
	{ "flags",    FLAGS_IN(struct spec_scheduler, flags, scheduler_flags) },
	{ "runtime",  IN(struct spec_scheduler, runtime) },
	{ "deadline", IN(struct spec_scheduler, deadline) },
	{ "period",   IN(struct spec_scheduler, period) },
};
static const struct shape scheduler_shape = {
	ROWS(scheduler_fields), .has_set = true, .finish = finish_scheduler,
	.section = "config.md, \"Linux Process\"",
};

static const struct field io_priority_fields[] = {
	{ "class",    WORD_IN(struct spec_io_priority, class, io_classes), .required = true },
	{ "priority", IN(struct spec_io_priority, priority), RANGE(0, IO_PRIORITY_MAX), .required = true },
};
static const struct shape io_priority_shape = {
	ROWS(io_priority_fields), .has_set = true, .section = "config.md, \"Linux Process\"",
};

static const struct field cpu_affinity_fields[] = {
	{ "initial", IN(cpu_affinity, initial), .text = &text_cpu_list, .empty_is_absent = true },
	{ "final",   IN(cpu_affinity, final),   .text = &text_cpu_list, .empty_is_absent = true },
};
static const struct shape cpu_affinity_shape = {
	ROWS(cpu_affinity_fields), .section = "config.md, \"Linux Process\"",
};

#define LINUX_PROCESS .section = "config.md, \"Linux Process\""
static const struct field process_fields[] = {
	{ "terminal",        IN(struct spec_process, terminal) },
	{ "consoleSize",     OBJECT_IN(struct spec_process, console_size, console_size_shape) },
	{ "cwd",             IN(struct spec_process, cwd), .text = &text_absolute_path, .required = true },
	{ "env",             IN(struct spec_process, env), .text = &text_environment },
	{ "args",            IN(struct spec_process, args), .required = true },
	{ "rlimits",         ARRAY_IN(struct spec_process, rlimits, rlimit_shape), .section = "config.md, \"POSIX process\"" },
	{ "apparmorProfile", IN(struct spec_process, apparmor_profile), .text = &text_one_line, .empty_is_absent = true, LINUX_PROCESS },
	{ "capabilities",    OBJECT_IN(struct spec_process, capabilities, capabilities_shape), LINUX_PROCESS },
	{ "noNewPrivileges", IN(struct spec_process, no_new_privileges), LINUX_PROCESS },
	{ "oomScoreAdj",     IN(struct spec_process, oom_score_adj), RANGE(-OOM_SCORE_MAX, OOM_SCORE_MAX), LINUX_PROCESS },
	{ "scheduler",       OBJECT_IN(struct spec_process, scheduler, scheduler_shape), LINUX_PROCESS },
	{ "selinuxLabel",    IN(struct spec_process, selinux_label), .text = &text_label, .empty_is_absent = true, LINUX_PROCESS },
	{ "ioPriority",      OBJECT_IN(struct spec_process, io_priority, io_priority_shape), LINUX_PROCESS },
	{ "execCPUAffinity", OBJECT_IN(struct spec_process, exec_cpu_affinity, cpu_affinity_shape), LINUX_PROCESS },
	{ "user",            OBJECT_IN(struct spec_process, user, user_shape), .section = "config.md, \"User\"" },
};
const struct shape shape_process = {
	ROWS(process_fields), .has_set = true, .finish = finish_process, .section = "config.md, \"Process\"",
};

static const struct field hook_fields[] = {
	{ "path",    IN(struct spec_hook, path), .text = &text_absolute_path, .required = true },
	{ "args",    IN(struct spec_hook, args) },
	{ "env",     IN(struct spec_hook, env), .text = &text_environment },
	{ "timeout", IN(struct spec_hook, timeout), RANGE(1, UINT32_MAX) },
};
static const struct shape hook_shape = {
	ROWS(hook_fields), .size = sizeof(struct spec_hook), .section = "config.md, \"POSIX-platform Hooks\"",
};

static const struct field hooks_fields[] = { /* fills struct spec */
	[HOOK_PRESTART]         = { "prestart",        ARRAY_IN(struct spec, hooks[HOOK_PRESTART], hook_shape) },
	[HOOK_CREATE_RUNTIME]   = { "createRuntime",   ARRAY_IN(struct spec, hooks[HOOK_CREATE_RUNTIME], hook_shape) },
	[HOOK_CREATE_CONTAINER] = { "createContainer", ARRAY_IN(struct spec, hooks[HOOK_CREATE_CONTAINER], hook_shape) },
	[HOOK_START_CONTAINER]  = { "startContainer",  ARRAY_IN(struct spec, hooks[HOOK_START_CONTAINER], hook_shape) },
	[HOOK_POSTSTART]        = { "poststart",       ARRAY_IN(struct spec, hooks[HOOK_POSTSTART], hook_shape) },
	[HOOK_POSTSTOP]         = { "poststop",        ARRAY_IN(struct spec, hooks[HOOK_POSTSTOP], hook_shape) },
};
const struct shape shape_hooks = {
	ROWS(hooks_fields), .section = "config.md, \"POSIX-platform Hooks\"",
};
// clang-format on
static_assert(ARRAY_LEN(capability_fields) == CAPSET_COUNT, "a set of capabilities has no name");
static_assert(ARRAY_LEN(hooks_fields) == HOOK_COUNT, "a kind of hook has no name");

const char *capset_name(enum spec_cap_set set)
{
	return capability_fields[set].name;
}

const char *hook_kind_name(enum hook_kind kind)
{
	return hooks_fields[kind].name;
}
