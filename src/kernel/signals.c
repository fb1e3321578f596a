/* kernel/signals.c: dispositions and masks */
#include "kernel/signals.h"

#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Not by sigaction(3): the C library keeps two real-time signals to itself, and a caller whose own
 * library is another may well have them ignored. A struct of zeroes is SIG_DFL in the kernel's form
 * of struct sigaction, on every architecture: rt_sigaction(2). */
void signals_reset(void)
{
	static const uint64_t by_default[8] = {};
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		syscall(SYS_rt_sigaction, number, by_default, NULL, (NSIG - 1) / 8);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
