/* nothing: the workload of the benchmark: ends at once, or with any argument waits to be killed */
#include <unistd.h>

int main(int argc, char **)
{
	if (argc > 1)
		pause();
	return 0;
}
