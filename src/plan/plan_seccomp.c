/* plan/plan_seccomp.c: which system calls the workload may make
 *
 * The bundle's own profile, or the policy's: whether a bundle's may be laxer is judged by policy/,
 * here it is only compiled. A profile file is known to the cache by its bytes and not parsed again.
 */
#include "plan/plan.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/stat.h>

enum { PROFILE_SIZE_MAX = 1 << 20 };

// clang-format off
static const uint32_t actions[] = {
	[SECCOMP_ACT_KILL_THREAD]  = SECCOMP_RET_KILL_THREAD,
	[SECCOMP_ACT_KILL_PROCESS] = SECCOMP_RET_KILL_PROCESS,
	[SECCOMP_ACT_TRAP]         = SECCOMP_RET_TRAP,
	[SECCOMP_ACT_ERRNO]        = SECCOMP_RET_ERRNO,
	[SECCOMP_ACT_TRACE]        = SECCOMP_RET_TRACE,
	[SECCOMP_ACT_ALLOW]        = SECCOMP_RET_ALLOW,
	[SECCOMP_ACT_LOG]          = SECCOMP_RET_LOG,
	[SECCOMP_ACT_NOTIFY]       = SECCOMP_RET_USER_NOTIF,
};
static_assert(ARRAY_LEN(actions) == SECCOMP_ACT_NOTIFY + 1, "an action has no row in actions");

static const enum seccomp_compare compares[] = {
	[SECCOMP_OP_NE]        = CMP_NE,
	[SECCOMP_OP_LT]        = CMP_LT,
	[SECCOMP_OP_LE]        = CMP_LE,
	[SECCOMP_OP_EQ]        = CMP_EQ,
	[SECCOMP_OP_GE]        = CMP_GE,
	[SECCOMP_OP_GT]        = CMP_GT,
	[SECCOMP_OP_MASKED_EQ] = CMP_MASKED_EQ,
};
static_assert(ARRAY_LEN(compares) == CMP_COUNT, "an operator has no row in compares");
// clang-format on

static uint32_t action_of(enum spec_seccomp_action action, struct opt_uint number)
{
	const bool numbered = action == SECCOMP_ACT_ERRNO || action == SECCOMP_ACT_TRACE;
	const uint64_t data =
		number.set ? number.value : EPERM; /* config-linux.md: "The default is EPERM" */

	return actions[action] | (numbered ? (uint32_t)data & SECCOMP_RET_DATA : 0);
}

static const struct seccomp_arg *args_of(struct arena *arena, const struct spec_seccomp_rule *rule)
{
	struct seccomp_arg *args = arena_array(arena, rule->n_args, sizeof *args);

	for (size_t i = 0; i < rule->n_args; i++) {
		const struct spec_seccomp_arg *arg = &rule->args[i];

		args[i] = (struct seccomp_arg){ arg->index, compares[arg->op], arg->value,
						arg->value_two };
	}
	return args;
}

/* An allowing default is for calls that are not known, too; a tracer or an agent wants to see
 * them. */
static bool denies(uint32_t action)
{
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_KILL_PROCESS:
	case SECCOMP_RET_KILL_THREAD:
	case SECCOMP_RET_TRAP:
	case SECCOMP_RET_ERRNO:
		return true;
	default:
		return false;
	}
}

/* @at: of the profile: "/linux/seccomp", or "" in a file of its own */
static struct seccomp_profile profile_of(struct arena *arena, const struct spec_seccomp *seccomp,
					 const char *at)
{
	struct seccomp_profile profile = {
		.default_action = action_of(seccomp->default_action, seccomp->default_errno_ret),
		.flags = seccomp->flags,
		.architectures = seccomp->architectures.items,
		.n_architectures = seccomp->architectures.n,
	};
	struct seccomp_rule *rules;
	size_t n = 0;

	profile.enosys_for_unknown = denies(profile.default_action);
	for (size_t i = 0; i < seccomp->n_rules; i++)
		n += seccomp->rules[i].names.n;
	rules = arena_array(arena, n, sizeof *rules);
	for (size_t i = 0; i < seccomp->n_rules; i++) {
		const struct spec_seccomp_rule *rule = &seccomp->rules[i];
		const struct seccomp_rule common = {
			.action = action_of(rule->action, rule->errno_ret),
			.args = args_of(arena, rule),
			.n_args = rule->n_args,
			.from = arena_printf(arena, "%s/syscalls/%zu", at, i),
		};

		for (size_t j = 0; j < rule->names.n; j++) {
			rules[profile.n_rules] = common;
			rules[profile.n_rules++].syscall = rule->names.items[j];
		}
	}
	profile.rules = rules;
	return profile;
}

/* seccomp(2): the flags that go with a listener, and those that are an error without one */
static unsigned flags_of(unsigned asked, bool notify)
{
	/* Nobody receives, so nobody waits: with EINVAL the flag would stop a container for nothing. */
	if (!notify)
		return asked & ~(unsigned)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	/* With TSYNC the filter would reach the thread that sends the listener. When the program
	 * begins, its process has one thread: there is nothing to synchronise. */
	return (asked & ~(unsigned)SECCOMP_FILTER_FLAG_TSYNC) | SECCOMP_FILTER_FLAG_NEW_LISTENER;
}

static int from_spec(struct plan *plan, const struct plan_input *in, struct error *err)
{
	const struct spec_seccomp *seccomp = &in->spec->linux_.seccomp;
	struct plan_process *process = &plan->process;
	struct seccomp_profile profile = profile_of(&plan->arena, seccomp, "/linux/seccomp");
	const bool notify = spec_seccomp_notifies(seccomp);

	profile.flags = flags_of(seccomp->flags, notify);
	if (profile.flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV &&
	    !host_at_least(in->host, 5, 19)) {
		(void)error_set(err, ERR_SPEC, "/linux/seccomp/flags",
				"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs Linux 5.19");
		return error_remedy(err, "remove the flag, or use a newer kernel");
	}
	process->seccomp_from = "/linux/seccomp";
	if (notify) {
		process->listener_path = seccomp->listener_path;
		process->listener_metadata = seccomp->listener_metadata;
	}
	return seccomp_program_get(&profile, in->request->seccomp_cache, &plan->arena,
				   &process->seccomp, err);
}

static int parse_file(struct plan *plan, const char *path, const struct buf *text,
		      struct spec **ret, struct seccomp_profile *ret_profile, struct error *err)
{
	struct spec *spec = spec_parse_seccomp(buf_text(text), text->len, err);

	if (!spec)
		return error_context(err, "seccomp profile '%s'", path);
	*ret = spec;
	*ret_profile = profile_of(&plan->arena, &spec->linux_.seccomp, path);
	if (spec_seccomp_notifies(&spec->linux_.seccomp)) {
		(void)error_set(err, ERR_POLICY, path,
				"SCMP_ACT_NOTIFY in the default profile: the agent's socket is "
				"for a bundle to name");
		return error_remedy(err, "use another action in the profile");
	}
	ret_profile->flags = flags_of(ret_profile->flags, false);
	return 0;
}

static int read_file(const char *path, struct buf *ret, struct error *err)
{
	struct stat status;
	autoclose const int file = fd_open(path, O_RDONLY | O_NOCTTY, 0, err);

	if (file < 0) {
		(void)error_context(err, "the default seccomp profile");
		return error_remedy(err, "install brig's profiles, or set seccomp_profile in the "
					 "policy to the path of one");
	}
	if (fstat(file, &status) < 0)
		return error_sys(err, path, "cannot read '%s'", path);
	if (!S_ISREG(status.st_mode) || status.st_mode & S_IWOTH) {
		(void)error_set(err, ERR_POLICY, path,
				"the default seccomp profile is not a regular file, or anyone may "
				"write to it");
		return error_remedy(err, "chmod o-w '%s'", path);
	}
	return fd_read_all(file, PROFILE_SIZE_MAX, ret, err);
}

static int from_policy(struct plan *plan, const struct plan_input *in, struct error *err)
{
	const char *path = in->policy->settings.seccomp_profile;
	const int cache = in->request->seccomp_cache;
	struct plan_process *process = &plan->process;
	struct seccomp_profile profile;
	char digest[SHA256_TEXT_SIZE];
	struct spec *spec = NULL;
	autobuf struct buf text = {};

	process->seccomp_from = path;
	if (read_file(path, &text, err) < 0)
		return -1;
	seccomp_digest_text(buf_text(&text), text.len, digest);
	if (seccomp_cached(cache, digest, &plan->arena, &process->seccomp))
		return 0;

	int result = parse_file(plan, path, &text, &spec, &profile, err);

	if (result == 0)
		result = seccomp_compile_as(&profile, digest, cache, &plan->arena,
					    &process->seccomp, err);
	spec_free(spec);
	return result;
}

int plan_seccomp(struct plan *plan, const struct plan_input *in, struct error *err)
{
	const char *path = in->policy->settings.seccomp_profile;

	if (in->spec->linux_.seccomp.set) {
		if (from_spec(plan, in, err) < 0)
			return -1;
	} else if (path && *path) {
		if (from_policy(plan, in, err) < 0)
			return -1;
	}
	plan->process.seccomp_flags = plan->process.seccomp.flags;
	return 0;
}
