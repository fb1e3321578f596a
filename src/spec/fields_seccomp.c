/* spec/fields_seccomp.c: config-linux.md, "Seccomp" */
#include "spec/decode.h"

#include <linux/bpf_common.h>
#include <linux/seccomp.h>

enum {
	SYSCALL_ARG_LAST = 5,   /* a system call has six arguments: syscall(2) */
	ERRNO_MAX = 4094,       /* seccomp(3) takes less than MAX_ERRNO, the 4095 of seccomp(2) */
	TRACE_MAX = UINT16_MAX, /* SECCOMP_RET_DATA */
	NAMES_MAX = BPF_MAXINSNS,
};

// clang-format off
static const struct name_value actions[] = {
	{ "SCMP_ACT_KILL",         SECCOMP_ACT_KILL_THREAD  }, /* as libseccomp defines it */
	{ "SCMP_ACT_KILL_PROCESS", SECCOMP_ACT_KILL_PROCESS },
	{ "SCMP_ACT_KILL_THREAD",  SECCOMP_ACT_KILL_THREAD  },
	{ "SCMP_ACT_TRAP",         SECCOMP_ACT_TRAP         },
	{ "SCMP_ACT_ERRNO",        SECCOMP_ACT_ERRNO        },
	{ "SCMP_ACT_TRACE",        SECCOMP_ACT_TRACE        },
	{ "SCMP_ACT_ALLOW",        SECCOMP_ACT_ALLOW        },
	{ "SCMP_ACT_LOG",          SECCOMP_ACT_LOG          },
	{ "SCMP_ACT_NOTIFY",       SECCOMP_ACT_NOTIFY       },
};

static const struct name_value operators[] = {
	{ "SCMP_CMP_NE",        SECCOMP_OP_NE        },
	{ "SCMP_CMP_LT",        SECCOMP_OP_LT        },
	{ "SCMP_CMP_LE",        SECCOMP_OP_LE        },
	{ "SCMP_CMP_EQ",        SECCOMP_OP_EQ        },
	{ "SCMP_CMP_GE",        SECCOMP_OP_GE        },
	{ "SCMP_CMP_GT",        SECCOMP_OP_GT        },
	{ "SCMP_CMP_MASKED_EQ", SECCOMP_OP_MASKED_EQ },
};

static const struct name_value filter_flags[] = { /* seccomp(2) */
	{ "SECCOMP_FILTER_FLAG_TSYNC",              SECCOMP_FILTER_FLAG_TSYNC              },
	{ "SECCOMP_FILTER_FLAG_LOG",                SECCOMP_FILTER_FLAG_LOG                },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW",         SECCOMP_FILTER_FLAG_SPEC_ALLOW         },
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV },
};

/* Kept as names, so the values are of no use: libseccomp resolves them. */
static const struct name_value architectures[] = {
	{ "SCMP_ARCH_X86",       0 }, { "SCMP_ARCH_X86_64",      0 }, { "SCMP_ARCH_X32",         0 },
	{ "SCMP_ARCH_ARM",       0 }, { "SCMP_ARCH_AARCH64",     0 }, { "SCMP_ARCH_MIPS",        0 },
	{ "SCMP_ARCH_MIPS64",    0 }, { "SCMP_ARCH_MIPS64N32",   0 }, { "SCMP_ARCH_MIPSEL",      0 },
	{ "SCMP_ARCH_MIPSEL64",  0 }, { "SCMP_ARCH_MIPSEL64N32", 0 }, { "SCMP_ARCH_PPC",         0 },
	{ "SCMP_ARCH_PPC64",     0 }, { "SCMP_ARCH_PPC64LE",     0 }, { "SCMP_ARCH_S390",        0 },
	{ "SCMP_ARCH_S390X",     0 }, { "SCMP_ARCH_PARISC",      0 }, { "SCMP_ARCH_PARISC64",    0 },
	{ "SCMP_ARCH_RISCV64",   0 }, { "SCMP_ARCH_LOONGARCH64", 0 }, { "SCMP_ARCH_M68K",        0 },
	{ "SCMP_ARCH_SH",        0 }, { "SCMP_ARCH_SHEB",        0 },
};
// clang-format on

static int decode_architectures(struct decoder *decoder, const struct field *field,
				const struct json *node, void *object)
{
	struct spec_seccomp *seccomp = object;
	const char **names;
	size_t n = 0;
	long unused;

	if (node->type != JSON_ARRAY)
		return json_error(node, decoder->err, "must be an array of strings");
	names = arena_array(decoder->arena, node->len, sizeof(*names));
	for (const struct json *child = node->first; child; child = child->next) {
		if (decode_word(decoder, field, child, &unused) < 0)
			return -1;
		names[n++] = child->text;
	}
	seccomp->architectures = (struct spec_strings){ names, n };
	return 0;
}

/* "When the action doesn't support an errno, the runtime MUST print and error and fail." */
static int check_errno(struct decoder *decoder, const struct json *node, const char *property,
		       enum spec_seccomp_action action, struct opt_uint number)
{
	const struct json *place = decode_member(node, property);

	if (!number.set)
		return 0;
	if (action != SECCOMP_ACT_ERRNO && action != SECCOMP_ACT_TRACE)
		return json_error(place, decoder->err,
				  "only SCMP_ACT_ERRNO and SCMP_ACT_TRACE take a number");
	if (action == SECCOMP_ACT_ERRNO && number.value > ERRNO_MAX)
		return json_error(place, decoder->err,
				  "must be at most %d, the largest that libseccomp takes",
				  ERRNO_MAX);
	return 0;
}

static int finish_rule(struct decoder *decoder, const struct json *node, void *object)
{
	const struct spec_seccomp_rule *rule = object;

	if (rule->names.n == 0)
		return json_error(decode_member(node, "names"), decoder->err,
				  "must name at least one system call");
	return check_errno(decoder, node, "errnoRet", rule->action, rule->errno_ret);
}

bool spec_seccomp_notifies(const struct spec_seccomp *seccomp)
{
	bool notify = seccomp->default_action == SECCOMP_ACT_NOTIFY;

	for (size_t i = 0; i < seccomp->n_rules; i++)
		notify = notify || seccomp->rules[i].action == SECCOMP_ACT_NOTIFY;
	return notify;
}

static int finish_seccomp(struct decoder *decoder, const struct json *node, void *object)
{
	const struct spec_seccomp *seccomp = object;
	size_t n_names = 0;

	/* Each takes an instruction at least, and BPF_MAXINSNS is the kernel's limit; the work of compiling
	 * grows with the square. */
	for (size_t i = 0; i < seccomp->n_rules; i++)
		n_names += seccomp->rules[i].names.n;
	if (n_names > NAMES_MAX)
		return json_error(decode_member(node, "syscalls"), decoder->err,
				  "must have at most %d names: a filter holds no more", NAMES_MAX);
	if (seccomp->listener_metadata && !seccomp->listener_path)
		return json_error(decode_member(node, "listenerMetadata"), decoder->err,
				  "must not be set without listenerPath");
	if (spec_seccomp_notifies(seccomp) && !seccomp->listener_path) {
		(void)!json_error(node, decoder->err,
				  "SCMP_ACT_NOTIFY is used, but no agent would be told");
		return error_remedy(decoder->err, "set listenerPath to the agent's socket");
	}
	return check_errno(decoder, node, "defaultErrnoRet", seccomp->default_action,
			   seccomp->default_errno_ret);
}

// clang-format off
static const struct field arg_fields[] = {
	{ "index",    IN(struct spec_seccomp_arg, index), RANGE(0, SYSCALL_ARG_LAST), .required = true },
	{ "value",    IN(struct spec_seccomp_arg, value), .required = true },
	{ "valueTwo", IN(struct spec_seccomp_arg, value_two) },
	{ "op",       WORD_IN(struct spec_seccomp_arg, op, operators), .required = true },
};
static const struct shape arg_shape = {
	ROWS(arg_fields), .size = sizeof(struct spec_seccomp_arg), .section = "config-linux.md, \"Seccomp\"",
};

static const struct field rule_fields[] = {
	{ "names",    IN(struct spec_seccomp_rule, names), .text = &text_syscall, .required = true },
	{ "action",   WORD_IN(struct spec_seccomp_rule, action, actions), .required = true },
	{ "errnoRet", IN(struct spec_seccomp_rule, errno_ret), RANGE(0, TRACE_MAX) },
	{ "args",     ARRAY_IN(struct spec_seccomp_rule, args, arg_shape) },
};
static const struct shape rule_shape = {
	ROWS(rule_fields), .size = sizeof(struct spec_seccomp_rule), .finish = finish_rule,
	.section = "config-linux.md, \"Seccomp\"",
};

static const struct field seccomp_fields[] = {
	{ "defaultAction",    WORD_IN(struct spec_seccomp, default_action, actions), .required = true },
	{ "defaultErrnoRet",  IN(struct spec_seccomp, default_errno_ret), RANGE(0, TRACE_MAX) },
	{ "architectures",    .type = FIELD_CUSTOM, .decode = decode_architectures, WORDS_OF(architectures) },
	{ "flags",            FLAGS_IN(struct spec_seccomp, flags, filter_flags) },
	{ "listenerPath",     IN(struct spec_seccomp, listener_path), .text = &text_socket_path, .empty_is_absent = true },
	{ "listenerMetadata", IN(struct spec_seccomp, listener_metadata), .empty_is_absent = true },
	{ "syscalls",         ARRAY_IN(struct spec_seccomp, rules, rule_shape) },
};
const struct shape shape_seccomp = {
	ROWS(seccomp_fields), .has_set = true, .finish = finish_seccomp, .section = "config-linux.md, \"Seccomp\"",
};
// clang-format on
