/* base/fault_kill.c: the build of the fault tests: brig dies, or halts, at the step they name
 *
 * A container's init is process 1 of its namespace and takes no signal from there, not even
 * SIGKILL: pid_namespaces(7). It leaves, or waits, by calls of its own instead.
 */
#include "base/fault.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void die(void)
{
	kill(getpid(), SIGKILL);
	_exit(128 + SIGKILL);
}

static void halt(void)
{
	kill(getpid(), SIGSTOP);
	if (getpid() == 1)
		pause();
}

void fault_point(const char *name)
{
	const char *wanted = getenv("BRIG_FAULT");
	const size_t len = strlen(name);

	if (!wanted || strncmp(wanted, name, len) != 0)
		return;
	if (wanted[len] == '\0')
		die();
	else if (strcmp(wanted + len, ":stop") == 0)
		halt();
}
