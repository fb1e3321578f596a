/* bind: mount(2) with MS_BIND and nothing more
 *
 * usage: bind SOURCE TARGET
 *
 * mount(8) resolves its source first, and so cannot bind what lies behind a magic link of /proc.
 */
#include <stdio.h>
#include <sys/mount.h>

int main(int argc, char **argv)
{
	if (argc != 3 || mount(argv[1], argv[2], NULL, MS_BIND, NULL) < 0) {
		perror("bind");
		return 1;
	}
	return 0;
}
