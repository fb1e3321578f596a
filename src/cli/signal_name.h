/* cli/signal_name.h: signals by number or name */
#ifndef BRIG_CLI_SIGNAL_NAME_H
#define BRIG_CLI_SIGNAL_NAME_H

#include "base/error.h"

/**
 * signal_parse() - "9", "KILL", "SIGKILL", "RTMIN+3", in any case
 * Return: the number, 0 … SIGRTMAX, or -1 with *err filled
 */
[[nodiscard]] int signal_parse(const char *text, struct error *err);

#endif
