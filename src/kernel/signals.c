/* kernel/signals.c: dispositions and masks */
#include "kernel/signals.h"

#include <signal.h>

void signals_reset(void)
{
	sigset_t none;

	/* The C library keeps two real-time signals to itself and refuses them: they are default anyway. */
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
