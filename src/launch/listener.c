/* launch/listener.c: load a filter whose notifications somebody else answers */
#include "launch/listener.h"

#include "base/cleanup.h"
#include "launch/sync.h"

#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>

struct handover {
	int socket;
	atomic_int listener; /* -1 until the filter is on, -2 if it could not be loaded */
	atomic_bool done;
	bool failed;
	struct error error;
};

static int sender(void *argument)
{
	struct handover *handover = argument;
	int fd;

	while ((fd = atomic_load(&handover->listener)) == -1)
		sched_yield();
	if (fd >= 0)
		handover->failed =
			sync_send(handover->socket, SYNC_LISTENER, fd, 0, &handover->error) < 0;
	atomic_store(&handover->done, true);
	syscall(SYS_exit, 0); /* this thread only */
	return 0;
}

int listener_load(const struct seccomp_program *program, unsigned flags, int socket,
		  struct error *err)
{
	enum { STACK = 64 << 10 };
	const int share =
		CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
	struct handover handover = { .socket = socket, .listener = -1 };
	char *stack = xmalloc(STACK);
	int listener = -2;

	if (clone(sender, stack + STACK, share, &handover) < 0)
		return error_sys(err, "/linux/seccomp/listenerPath",
				 "cannot start the sender of the listener");

	const int loaded = seccomp_load(program->filter, program->n,
					flags | SECCOMP_FILTER_FLAG_NEW_LISTENER, &listener, err);

	atomic_store(&handover.listener, listener);
	while (!atomic_load(&handover.done))
		;
	if (loaded == 0 && handover.failed) {
		*err = handover.error;
		return -1;
	}
	return loaded;
}
