/* cli/signal_name.c: signals by number or name; signal(7) */
#include "cli/signal_name.h"

#include "base/table.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// clang-format off
static const struct name_value signals[] = {
	{ "HUP",    SIGHUP    }, { "INT",  SIGINT  }, { "QUIT", SIGQUIT }, { "ILL",    SIGILL    }, { "TRAP",  SIGTRAP  },
	{ "ABRT",   SIGABRT   }, { "IOT",  SIGIOT  }, { "BUS",  SIGBUS  }, { "FPE",    SIGFPE    }, { "KILL",  SIGKILL  },
	{ "USR1",   SIGUSR1   }, { "SEGV", SIGSEGV }, { "USR2", SIGUSR2 }, { "PIPE",   SIGPIPE   }, { "ALRM",  SIGALRM  },
	{ "TERM",   SIGTERM   }, { "CHLD", SIGCHLD }, { "CLD",  SIGCHLD }, { "CONT",   SIGCONT   }, { "STOP",  SIGSTOP  },
	{ "TSTP",   SIGTSTP   }, { "TTIN", SIGTTIN }, { "TTOU", SIGTTOU }, { "URG",    SIGURG    }, { "XCPU",  SIGXCPU  },
	{ "XFSZ",   SIGXFSZ   }, { "PROF", SIGPROF }, { "IO",   SIGIO   }, { "POLL",   SIGPOLL   }, { "WINCH", SIGWINCH },
	{ "VTALRM", SIGVTALRM }, { "PWR",  SIGPWR  }, { "SYS",  SIGSYS  }, { "STKFLT", SIGSTKFLT },
};
// clang-format on

/* Decimal digits only, at most @max; -1 for anything else. */
static int parse_decimal(const char *text, int max)
{
	int value = 0;

	if (text[0] == '\0')
		return -1;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		value = 10 * value + (*text - '0');
		if (value > max)
			return -1;
	}
	return value;
}

/* RTMIN, RTMIN+n, RTMAX, RTMAX-n: glibc keeps the first real-time signals to itself. */
static int parse_realtime(const char *name)
{
	const int span = SIGRTMAX - SIGRTMIN;
	const bool from_min = strncmp(name, "RTMIN", 5) == 0;

	if (!from_min && strncmp(name, "RTMAX", 5) != 0)
		return -1;
	if (name[5] == '\0')
		return from_min ? SIGRTMIN : SIGRTMAX;
	if (name[5] != (from_min ? '+' : '-'))
		return -1;

	const int distance = parse_decimal(name + 6, span);

	if (distance < 0)
		return -1;
	return from_min ? SIGRTMIN + distance : SIGRTMAX - distance;
}

int signal_parse(const char *text, struct error *err)
{
	char upper[16] = {};
	const int number = parse_decimal(text, SIGRTMAX);

	if (number >= 0)
		return number;
	for (size_t i = 0; i < sizeof upper - 1 && text[i]; i++)
		upper[i] = (char)(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 'a' + 'A' : text[i]);

	const char *name = strncmp(upper, "SIG", 3) == 0 ? upper + 3 : upper;
	const struct name_value *row =
		strlen(text) < sizeof upper ? table_find(signals, name) : NULL;
	const int realtime = row ? (int)row->value : parse_realtime(name);

	if (realtime >= 0)
		return realtime;

	const char *nearest = table_nearest(signals, name);

	(void)error_set(err, ERR_USAGE, NULL,
			nearest ? "unknown signal '%s': did you mean '%s'?" : "unknown signal '%s'",
			text, nearest);
	return error_remedy(err, "a name as TERM or SIGTERM, RTMIN+3, or a number from 0 to %d",
			    SIGRTMAX);
}
