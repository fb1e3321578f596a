/* nothing: the workload of the benchmark
 *
 * usage: nothing       ends at once
 *        nothing wait  waits to be killed
 *        nothing burn  keeps a processor busy until it is killed
 */
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "burn") == 0) {
		for (volatile unsigned long n = 0;;)
			n++;
	}
	if (argc > 1)
		pause();
	return 0;
}
