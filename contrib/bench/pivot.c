/* contrib/bench/pivot.c: how long pivot_root(2) takes, and nothing else; prints microseconds
 *
 * usage: pivot ROOTFS
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
	if (argc != 2 || unshare(CLONE_NEWNS) < 0 ||
	    mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(argv[1], argv[1], NULL, MS_BIND, NULL) < 0 || chdir(argv[1]) < 0) {
		perror("pivot");
		return 1;
	}

	const long long start = now_us();
	const long result = syscall(SYS_pivot_root, ".", ".");
	const long long end = now_us();

	if (result < 0) {
		perror("pivot_root");
		return 1;
	}
	printf("%lld\n", end - start);
	return 0;
}
