/* kernel/process.c changes ids first and kernel/capability.c lowers the sets after that. Relied on:
 * with PR_SET_KEEPCAPS the permitted set outlives the change of user ids while the effective one and
 * the dumpable flag do not; execve(2) then gives a user other than 0 its ambient capabilities, and
 * user 0 the inheritable and the bounding ones, whatever was permitted before. */
#include "assume.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { NOBODY = 65534 };

static struct __user_cap_data_struct held(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	HOLDS(syscall(SYS_capget, &header, data) == 0);
	return data[0];
}

static void set(unsigned effective, unsigned permitted, unsigned inheritable)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct data[2] = { { effective, permitted, inheritable } };

	HOLDS(syscall(SYS_capset, &header, data) == 0);
}

static void keep(void)
{
	const unsigned before = held().permitted;

	HOLDS(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 && prctl(PR_GET_DUMPABLE) == 1);
	HOLDS(setresuid(NOBODY, NOBODY, NOBODY) == 0);
	HOLDS(held().permitted == before && held().effective == 0);
	HOLDS(prctl(PR_GET_DUMPABLE) != 1);
}

static void limit_bounding(unsigned kept)
{
	for (int number = 0; prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0; number++) {
		if (number >= 32 || !(kept >> number & 1))
			HOLDS(prctl(PR_CAPBSET_DROP, number, 0, 0, 0) == 0);
	}
}

/* The program again, as what it has become: it compares CapEff with the argument. */
static void exec_expecting(unsigned capabilities)
{
	char text[16];

	snprintf(text, sizeof text, "%x", capabilities);
	execl("/proc/self/exe", "ids_and_capabilities", text, (char *)NULL);
	HOLDS(errno == 0); /* back here: execve(2) failed */
}

enum { CHOWN = 1 << CAP_CHOWN, KILL = 1 << CAP_KILL, FOWNER = 1 << CAP_FOWNER };

static void exec_as_nobody(void)
{
	limit_bounding(CHOWN | KILL | FOWNER);
	HOLDS(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0);
	HOLDS(setresuid(NOBODY, NOBODY, NOBODY) == 0);
	set(CHOWN | KILL, CHOWN | KILL, CHOWN);
	HOLDS(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0) == 0);
	exec_expecting(CHOWN);
}

static void exec_as_root(void)
{
	limit_bounding(CHOWN | KILL | FOWNER);
	set(CHOWN, CHOWN, 0);
	exec_expecting(CHOWN | KILL | FOWNER);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return held().effective == strtoul(argv[1], NULL, 16) ? 0 : 1;
	NEEDS(geteuid() == 0, "needs root");
	NEEDS(held().effective >> CAP_SETPCAP & 1, "needs CAP_SETPCAP");
	HOLDS(in_child(keep) == 0);
	HOLDS(in_child(exec_as_nobody) == 0);
	HOLDS(in_child(exec_as_root) == 0);
	return 0;
}
