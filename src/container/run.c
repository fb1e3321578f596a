/* container/run.c: the verb `run`: create, start, and unless detached, stay until the end */
#include "base/cleanup.h"
#include "container/create.h"
#include "container/runtime.h"
#include "launch/console.h"

int runtime_run(struct runtime *runtime, const struct create_options *options, int *ret_status,
		struct error *err)
{
	struct launched launched = { .pidfd = -1, .console_master = -1 };
	struct error ignored;

	*ret_status = 0;
	if (container_create(runtime, options, !options->detach, &launched, err) < 0)
		return -1;

	int result = runtime_start(runtime, options->id, err);

	if (result == 0 && !options->detach)
		result = console_relay(launched.console_master, launched.pid, launched.pidfd,
				       ret_status, err);
	cleanup_close(&launched.pidfd);
	cleanup_close(&launched.console_master);
	if (result < 0) {
		(void)!runtime_delete(runtime, options->id, true, &ignored);
		return -1;
	}
	if (options->detach || options->keep)
		return 0;
	return runtime_delete(runtime, options->id, true, err);
}
