/* base/clock.h: points in time: as text, and to wait until */
#ifndef BRIG_BASE_CLOCK_H
#define BRIG_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

enum { CLOCK_TEXT_SIZE = 48 };

/**
 * clock_text() - @time as RFC 3339 in UTC with nanoseconds: 2026-01-31T23:59:59.000000000Z
 * gmtime_r(3) is not used: it reads /etc/localtime first, which costs a start-up several calls.
 *
 * Return: @ret
 */
const char *clock_text(struct timespec time, char ret[static CLOCK_TEXT_SIZE]);

/** clock_now() - the same for this moment */
const char *clock_now(char ret[static CLOCK_TEXT_SIZE]);

/** clock_ms() - milliseconds of a clock that only goes forward (CLOCK_MONOTONIC): for time limits */
[[nodiscard]] int64_t clock_ms(void);

#endif
