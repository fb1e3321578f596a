/* cli/call.c: what most commands do with their call */
#include "cli/call.h"

int call_open_runtime(const struct cli_call *call, struct runtime *ret, struct error *err)
{
	const struct cli_globals *globals = call->globals;
	const struct runtime_options options = {
		.root = globals->root,
		.policy_path = globals->policy,
		.cgroup_manager = globals->systemd_cgroup
					  ? CGROUP_MANAGER_SYSTEMD
					  : (enum cgroup_manager)globals->cgroup_manager,
		.argv = call->words,
		.title = *call->title,
	};

	if (runtime_open(&options, ret, err) != 0)
		return -1;
	if (globals->rootless == ROOTLESS_FALSE && ret->host.rootless) {
		(void)error_set(err, ERR_USAGE, NULL,
				"--rootless=false, but brig has no privilege over the host");
		return error_remedy(err, "run brig as root, or leave the option out");
	}
	if (globals->rootless == ROOTLESS_TRUE)
		ret->host.rootless = true;
	return 0;
}

int call_unsigned(const char *name, struct cli_number number, unsigned max, unsigned *ret,
		  struct error *err)
{
	if (!number.set)
		return 0;
	if (number.value < 0 || number.value > max)
		return error_set(err, ERR_USAGE, NULL,
				 "option '--%s' must be between 0 and %u, not %lld", name, max,
				 (long long)number.value);
	*ret = (unsigned)number.value;
	return 0;
}

/* More descriptors than this no engine passes, and no process has by default. */
enum { PRESERVE_FDS_MAX = 1000 };

int call_create_options(const struct cli_call *call, struct create_options *ret, struct error *err)
{
	const struct call_create *given = call->options;
	unsigned preserve_fds = 0;

	if (call_unsigned("preserve-fds", given->preserve_fds, PRESERVE_FDS_MAX, &preserve_fds,
			  err) != 0)
		return -1;
	*ret = (struct create_options){
		.id = call->args[0],
		.bundle = given->bundle ? given->bundle : ".",
		.pid_file = given->pid_file,
		.console_socket = given->console_socket,
		.pidfd_socket = given->pidfd_socket,
		.preserve_fds = preserve_fds,
		.no_new_keyring = given->no_new_keyring,
		.no_pivot = given->no_pivot,
		.detach = given->detach,
		.keep = given->keep,
	};
	return 0;
}
