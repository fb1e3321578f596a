/* base/number.c: decimal numbers in the kernel's files and in ours */
#include "base/number.h"

size_t numbers_take(const char **at, uint64_t max, uint64_t *ret, size_t n)
{
	for (size_t taken = 0; taken < n; taken++) {
		const char *c = *at;
		uint64_t number = 0;

		while (*c == ' ')
			c++;

		const char *digits = c;

		for (; *c >= '0' && *c <= '9'; c++) {
			if (__builtin_mul_overflow(number, 10, &number) ||
			    __builtin_add_overflow(number, (uint64_t)(*c - '0'), &number) ||
			    number > max)
				return taken;
		}
		if (c == digits)
			return taken;
		ret[taken] = number;
		*at = c;
	}
	return n;
}
