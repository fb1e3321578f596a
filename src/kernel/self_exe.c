/* kernel/self_exe.c: a brig binary that the workload cannot change */
#include "kernel/self_exe.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/compat.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

static bool is_sealed(int exe)
{
	const int seals = fcntl(exe, F_GET_SEALS);

	return seals >= 0 && (seals & SEALS) == SEALS;
}

bool self_exe_is_guarded(void)
{
	autoclose int exe = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (exe < 0 || fstat(exe, &st) < 0)
		return false;
	return is_sealed(exe) || (st.st_uid == 0 && (st.st_mode & 022) == 0);
}

static int copy_sealed(int exe, struct error *err)
{
	enum { CHUNK = 1 << 30 };
	autoclose int copy = memfd_create("brig", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	ssize_t n;

	if (copy < 0 && errno == EINVAL) /* MFD_EXEC came with Linux 6.3 */
		copy = memfd_create("brig", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (copy < 0)
		return error_sys(err, NULL, "cannot make a sealed copy of brig");
	while ((n = sendfile(copy, exe, NULL, CHUNK)) > 0)
		;
	if (n < 0 || fcntl(copy, F_ADD_SEALS, SEALS) < 0)
		return error_sys(err, NULL, "cannot make a sealed copy of brig");
	return fd_take(&copy);
}

int self_exe_seal(const char *const *argv, struct error *err)
{
	autoclose int exe = fd_open("/proc/self/exe", O_RDONLY, 0, err);

	if (exe < 0)
		return -1;
	if (is_sealed(exe))
		return 0;

	autoclose int copy = copy_sealed(exe, err);

	if (copy < 0)
		return -1;
	/* execveat(2) does not write to its arrays. */
	execveat(copy, "", (char *const *)(uintptr_t)argv, environ, AT_EMPTY_PATH);
	(void)error_sys(err, NULL, "cannot run the sealed copy of brig");
	return error_remedy(err, "allow executable memfds: sysctl vm.memfd_noexec must be below 2");
}
