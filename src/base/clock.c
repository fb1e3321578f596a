/* base/clock.c: points in time: as text, and to wait until */
#include "base/clock.h"

#include <stdio.h>

enum {
	DAY_S = 24 * 60 * 60,
	DAYS_400_YEARS = 146097, /* after which the Gregorian calendar repeats itself */
	DAYS_100_YEARS = 36524,
	DAYS_4_YEARS = 1461,
	DAYS_TO_1970 = 719468, /* from 0000-03-01 */
};

struct date {
	int64_t year;
	unsigned month, day;
};

/* Years are counted from the first of March, so that the leap day is the last day of a year. */
static struct date date_of(int64_t days_since_1970)
{
	const int64_t days = days_since_1970 + DAYS_TO_1970;
	const int64_t cycle = (days >= 0 ? days : days - (DAYS_400_YEARS - 1)) / DAYS_400_YEARS;
	const unsigned day_of_cycle = (unsigned)(days - cycle * DAYS_400_YEARS);
	const unsigned year_of_cycle =
		(day_of_cycle - day_of_cycle / (DAYS_4_YEARS - 1) + day_of_cycle / DAYS_100_YEARS -
		 day_of_cycle / (DAYS_400_YEARS - 1)) /
		365;
	const unsigned day_of_year =
		day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
	const unsigned march_month = (5 * day_of_year + 2) / 153; /* five months have 153 days */
	const unsigned month = march_month < 10 ? march_month + 3 : march_month - 9;

	return (struct date){
		.year = cycle * 400 + year_of_cycle + (month <= 2 ? 1 : 0),
		.month = month,
		.day = day_of_year - (153 * march_month + 2) / 5 + 1,
	};
}

const char *clock_text(struct timespec time, char ret[static CLOCK_TEXT_SIZE])
{
	const int64_t s = time.tv_sec;
	const int64_t days = (s >= 0 ? s : s - (DAY_S - 1)) / DAY_S;
	const unsigned second = (unsigned)(s - days * DAY_S);
	const struct date date = date_of(days);

	snprintf(ret, CLOCK_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%09uZ",
		 (unsigned)(date.year % 10'000), date.month % 100, date.day % 100, second / 3600,
		 second / 60 % 60, second % 60, (unsigned)time.tv_nsec % 1'000'000'000);
	return ret;
}

const char *clock_now(char ret[static CLOCK_TEXT_SIZE])
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return clock_text(now, ret);
}

int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}
