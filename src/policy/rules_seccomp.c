/* policy/rules_seccomp.c: does the bundle's profile keep what brig's own would?
 *
 * A profile in config.json is honoured: engines inline theirs. These rules say where it gives more
 * than a service needs. config-linux.md "Seccomp", seccomp(2).
 */
#include "base/buf.h"
#include "base/table.h"
#include "policy/rules.h"

#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	NEW_NAMESPACES = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
			 CLONE_NEWNET | CLONE_NEWCGROUP,
};

/*
 * Calls behind most escapes and kernel bugs of the last ten years, and the namespace calls that
 * open more of the kernel. The caller chooses all arguments, those that a call does not have too, and
 * several rules for one call add up: so a condition makes none of them harmless, but for flags of the
 * first argument that must not be set.
 */
static const struct call_row {
	const char *name;
	uint64_t harmless_without; /* 0: never harmless */
} dangerous_calls[] = {
	{ "acct" },
	{ "add_key" },
	{ "bpf" },
	{ "clock_adjtime" },
	{ "clock_settime" },
	{ "clone", NEW_NAMESPACES },
	{ "clone3" },
	{ "delete_module" },
	{ "finit_module" },
	{ "fsconfig" },
	{ "fsmount" },
	{ "fsopen" },
	{ "fspick" },
	{ "init_module" },
	{ "io_uring_enter" },
	{ "io_uring_register" },
	{ "io_uring_setup" },
	{ "ioperm" },
	{ "iopl" },
	{ "kcmp" },
	{ "kexec_file_load" },
	{ "kexec_load" },
	{ "keyctl" },
	{ "lookup_dcookie" },
	{ "mount" },
	{ "mount_setattr" },
	{ "move_mount" },
	{ "name_to_handle_at" },
	{ "nfsservctl" },
	{ "open_by_handle_at" },
	{ "open_tree" },
	{ "perf_event_open" },
	{ "pivot_root" },
	{ "process_madvise" },
	{ "process_vm_readv" },
	{ "process_vm_writev" },
	{ "ptrace" },
	{ "quotactl" },
	{ "quotactl_fd" },
	{ "reboot" },
	{ "request_key" },
	{ "setns" },
	{ "settimeofday" },
	{ "swapoff" },
	{ "swapon" },
	{ "syslog" },
	{ "umount2" },
	{ "unshare", NEW_NAMESPACES },
	{ "uselib" },
	{ "userfaultfd" },
	{ "vm86" },
	{ "vm86old" },
};

/*
 * Report; hardening puts the default profile in the place of the bundle's, by dropping that: plan/
 * uses the default for a spec that has none. Where policy has no default that would be no filter at
 * all.
 */
[[gnu::format(printf, 4, 5)]] static void replace_profile(struct judge *judge,
							  const struct rule *rule,
							  const char *pointer, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	if (judge->policy->settings.seccomp_profile[0] == '\0')
		judge_found_hard(judge, rule, pointer, "%s", text);
	else if (judge_found(judge, rule, pointer, "%s", text))
		judge->hard->linux_.seccomp = (struct spec_seccomp){};
}

/* Does a call with this action get to the kernel, or may it? A workload that traces its own child
 * decides what becomes of that one's calls, and so does whoever has the descriptor of a listener. */
static bool gives(enum spec_seccomp_action action)
{
	switch (action) {
	case SECCOMP_ACT_ALLOW:
	case SECCOMP_ACT_LOG:
	case SECCOMP_ACT_TRACE:
	case SECCOMP_ACT_NOTIFY:
		return true;
	case SECCOMP_ACT_KILL_THREAD:
	case SECCOMP_ACT_KILL_PROCESS:
	case SECCOMP_ACT_TRAP:
	case SECCOMP_ACT_ERRNO:
		return false;
	}
	return true;
}

/* Do the conditions keep the first argument free of these flags? Of several on one argument either is
 * enough: brig-seccomp(7). */
static bool keeps_out(const struct spec_seccomp_rule *row, uint64_t flags)
{
	bool ret = false;

	for (size_t i = 0; i < row->n_args; i++) {
		const struct spec_seccomp_arg *const arg = &row->args[i];

		if (arg->index != 0)
			continue;
		if (arg->op != SECCOMP_OP_MASKED_EQ || (arg->value & flags) != flags ||
		    (arg->value_two & flags) != 0)
			return false;
		ret = true;
	}
	return ret;
}

void check_seccomp_missing(struct judge *judge, const struct rule *rule)
{
	if (judge->spec->linux_.seccomp.set)
		return;
	if (judge->policy->actions[rule_index(rule)] == ACTION_HARDEN &&
	    judge->policy->settings.seccomp_profile[0] == '\0')
		judge_allowed(judge, rule, "/linux/seccomp",
			      "the config has no filter, and the settings of the policy have none");
	else
		(void)judge_found(judge, rule, "/linux/seccomp", "the config has no filter");
}

void check_seccomp_default(struct judge *judge, const struct rule *rule)
{
	const struct spec_seccomp *const seccomp = &judge->spec->linux_.seccomp;

	if (!seccomp->set || !gives(seccomp->default_action))
		return;
	replace_profile(judge, rule, "/linux/seccomp/defaultAction",
			"every call that the profile does not name is allowed, or may be");
}

void check_seccomp_dangerous(struct judge *judge, const struct rule *rule)
{
	const struct spec_seccomp *const seccomp = &judge->spec->linux_.seccomp;
	autobuf struct buf text = {};

	for (size_t i = 0; seccomp->set && i < seccomp->n_rules; i++) {
		const struct spec_seccomp_rule *const row = &seccomp->rules[i];

		if (!gives(row->action))
			continue;
		for (size_t name = 0; name < row->names.n; name++) {
			const struct call_row *const call =
				table_find(dangerous_calls, row->names.items[name]);

			if (call != NULL && !(call->harmless_without != 0 &&
					      keeps_out(row, call->harmless_without)))
				buf_printf(&text, "%s%s", text.len > 0 ? ", " : "", call->name);
		}
	}
	if (text.len > 0)
		replace_profile(judge, rule, "/linux/seccomp/syscalls", "the profile allows %s",
				text.data);
}

void check_seccomp_flags(struct judge *judge, const struct rule *rule)
{
	if ((judge->spec->linux_.seccomp.flags & SECCOMP_FILTER_FLAG_SPEC_ALLOW) == 0)
		return;
	if (judge_found(judge, rule, "/linux/seccomp/flags",
			"SECCOMP_FILTER_FLAG_SPEC_ALLOW switches mitigations off"))
		judge->hard->linux_.seccomp.flags &= ~(unsigned)SECCOMP_FILTER_FLAG_SPEC_ALLOW;
}

void check_seccomp_listener(struct judge *judge, const struct rule *rule)
{
	const char *const path = judge->spec->linux_.seccomp.listener_path;

	if (path != NULL)
		judge_found_hard(judge, rule, "/linux/seccomp/listenerPath",
				 "system calls are decided by the program behind '%.200s'", path);
}
