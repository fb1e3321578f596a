/* container/run.c: the verb `run`: create, start, and unless detached, stay until the end
 *
 * What create has read and opened is used to the end: nothing is looked up a second time.
 */
#include "base/cleanup.h"
#include "container/create.h"
#include "container/destroy.h"
#include "container/lock.h"
#include "container/start.h"
#include "launch/console.h"

static int start_and_stay(struct creation *creation, int *ret_status, struct error *err)
{
	struct handle *handle = &creation->handle;
	const struct launched *launched = &creation->launched;

	if (lock_directory(handle->dir, LOCK_WAIT_MS, err) < 0)
		return -1;

	const int started = container_start(handle, creation->prepared.plan,
					    &creation->prepared.judgement.spec.linux_.seccomp, err);

	lock_release(handle->dir);
	if (started < 0 || creation->options->detach)
		return started;
	if (console_relay(launched->console_master, launched->pid, launched->pidfd, ret_status,
			  err) < 0)
		return -1;
	handle->state.pid = 0; /* reaped: the number may be another process's by now */
	return 0;
}

int runtime_run(struct runtime *runtime, const struct create_options *options, int *ret_status,
		struct error *err)
{
	struct creation creation;
	struct error ignored;

	*ret_status = 0;
	if (creation_run(&creation, runtime, options, NULL, !options->detach, err) < 0)
		return -1;

	int result = start_and_stay(&creation, ret_status, err);

	if (result < 0 || !(options->detach || options->keep)) {
		if (container_delete(runtime, &creation.handle, creation.prepared.plan,
				     creation.prepared.spec, result < 0 ? &ignored : err) < 0)
			result = -1;
	}
	creation_close(&creation);
	return result;
}
