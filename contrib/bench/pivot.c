/* contrib/bench/pivot.c: how long it takes to leave the host's tree, and nothing else; prints microseconds
 *
 * usage: pivot ROOTFS [pivot_root]
 *
 * As brig does it (kernel/root.c): by a mount namespace of the root alone where the kernel has
 * OPEN_TREE_NAMESPACE, else by pivot_root(2); or by pivot_root(2) in any case.
 */
#include "kernel/compat.h"

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static long long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* The old tree goes, too: with its namespace, or by umount2(2). */
static long change_root(bool copy)
{
	const int namespace =
		!copy ? -1
		      : (int)syscall(SYS_open_tree, AT_FDCWD, ".",
				     OPEN_TREE_NAMESPACE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	if (namespace >= 0)
		return setns(namespace, CLONE_NEWNS);
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return -1;
	return umount2(".", MNT_DETACH);
}

int main(int argc, char **argv)
{
	if (argc < 2 || unshare(CLONE_NEWNS) < 0 ||
	    mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(argv[1], argv[1], NULL, MS_BIND, NULL) < 0 || chdir(argv[1]) < 0) {
		perror("pivot");
		return 1;
	}

	const long long start = now_us();
	const long result = change_root(argc == 2);
	const long long end = now_us();

	if (result < 0) {
		perror("pivot_root");
		return 1;
	}
	printf("%lld\n", end - start);
	return 0;
}
