/* A kernel that refuses: each mechanism says what it could not do, and what to do about it.
 *
 * A row is a system call, the error it is answered with, what is then tried, and what the error must
 * say. The call is refused by a seccomp filter in a child, so that it fails here as it would on a
 * machine that lacks the feature or the right. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/table.h"
#include "kernel/apparmor.h"
#include "kernel/capability.h"
#include "kernel/compat.h"
#include "kernel/device_bpf.h"
#include "kernel/idmap.h"
#include "kernel/keyring.h"
#include "kernel/landlock.h"
#include "kernel/mount.h"
#include "kernel/namespace.h"
#include "kernel/netlink.h"
#include "kernel/netlink_socket.h"
#include "kernel/process.h"
#include "kernel/procfs.h"
#include "kernel/root.h"
#include "kernel/scheduling.h"
#include "kernel/seccomp.h"
#include "kernel/self_exe.h"
#include "kernel/selinux.h"
#include "kernel/sysctl.h"
#include "kernel/uidmaps.h"
#include "refused_call.h"
#include "skip_because.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel_has.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int keyring(struct error *err)
{
	return keyring_join_new_session(err);
}

static int sysctl(struct error *err)
{
	static const struct sysctl list[] = { { "net/ipv4/ip_forward", "0", "/linux/sysctl/x" } };

	return sysctl_write(list, 1, &(struct idmap){}, process_open(getpid(), err), err);
}

static int netlink(struct error *err)
{
	struct netlink netlink;

	return netlink_open(-1, &netlink, err);
}

static int netlink_elsewhere(struct error *err)
{
	struct netlink netlink;

	return netlink_open(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), &netlink, err);
}

static int loopback(struct error *err)
{
	return link_loopback_up(err);
}

static int procfs(struct error *err)
{
	return procfs_open(err);
}

static int no_new_privs(struct error *err)
{
	return process_set_no_new_privs(err);
}

static int dumpable(struct error *err)
{
	return process_set_dumpable(true, err);
}

static int death_signal(struct error *err)
{
	return process_set_death_signal(9, err);
}

static int personality_of_linux(struct error *err)
{
	return process_set_personality(0, err);
}

static int ids(struct error *err)
{
	const gid_t group = 7;
	const struct process_ids ids = { 7, 7, &group, 1, false };

	return process_set_ids(&ids, err);
}

static int ids_without_groups(struct error *err)
{
	const struct process_ids ids = { 7, 7, NULL, 0, true };

	return process_set_ids(&ids, err);
}

static int close_fds(struct error *err)
{
	return process_close_fds_from(100, err);
}

static int capabilities(struct error *err)
{
	const struct capabilities none = {};

	return capability_apply(&none, err);
}

static int landlock(struct error *err)
{
	return landlock_restrict(LANDLOCK_ABI_MIN, 0, false, err);
}

static int device_program(struct error *err)
{
	static const struct device_rule rule = { true, 'c', 1, 3, DEVICE_READ };
	struct arena arena = {};
	size_t n;
	const struct bpf_insn *program = device_bpf_build(&arena, &rule, 1, &n);

	return device_bpf_attach(-1, program, n, err);
}

static int file_system(struct error *err)
{
	return mount_new("tmpfs", "tmpfs", NULL, 0, 0, err);
}

static int absent_file_system(struct error *err)
{
	return mount_new("brigfs", NULL, NULL, 0, 0, err);
}

static int absent_option(struct error *err)
{
	static const struct mount_option_value option = { "brig", "1" };

	return mount_new("tmpfs", NULL, &option, 1, 0, err);
}

static int clone_of_mount(struct error *err)
{
	return mount_clone(AT_FDCWD, "/proc", false, false, err);
}

static int attributes(struct error *err)
{
	return mount_set(mount_clone(AT_FDCWD, "/proc", false, false, err), 0, 0, 0, false, err);
}

static int idmapped(int mount, struct error *err)
{
	static const struct id_range range = { 0, 100'000, 1 };
	const struct idmap map = { &range, &range, 1, 1 };
	const int userns = idmap_userns(&map, err);

	return userns < 0 ? -1 : mount_idmap(mount, userns, false, err);
}

static int idmapped_proc(struct error *err)
{
	return idmapped(mount_clone(AT_FDCWD, "/proc", false, false, err), err);
}

static int idmapped_devtmpfs(struct error *err)
{
	const int tmpfs = mount_new("tmpfs", NULL, NULL, 0, 0, err);

	/* Before Linux 6.3 the two are alike. */
	if (idmapped(tmpfs, err) < 0)
		return error_set(err, ERR_KERNEL, NULL, "a devtmpfs has no id-mapped mounts");
	return idmapped(mount_new("devtmpfs", NULL, NULL, 0, 0, err), err);
}

static int attached(struct error *err)
{
	return mount_attach(mount_new("tmpfs", NULL, NULL, 0, 0, err), AT_FDCWD, err);
}

static int memory_policy(struct error *err)
{
	return scheduling_set_memory_policy(0, 0, NULL, err);
}

static int affinity(struct error *err)
{
	return scheduling_set_affinity(0, "0", "/linux/resources/cpu/cpus", err);
}

static int own_core(struct error *err)
{
	return scheduling_create_core(0, err);
}

static int shared_core(struct error *err)
{
	return scheduling_share_core(getpid(), err);
}

static int time_namespace(struct error *err)
{
	return ns_time_enter_new(procfs_open(err), -1, (int64_t[2]){}, (uint32_t[2]){}, err);
}

static int closed_namespace(struct error *err)
{
	return ns_is_own(NS_NET, -1, err);
}

static int helpers(struct error *err)
{
	static const struct id_range range = { 0, 100'000, 1 };
	const struct idmap map = { &range, &range, 1, 1 };

	return idmap_write_helpers(0, &map, err);
}

static int user_namespace(struct error *err)
{
	static const struct id_range range = { 0, 100'000, 1 };
	const struct idmap map = { &range, &range, 1, 1 };

	return idmap_userns(&map, err);
}

static int sealed(struct error *err)
{
	static const char *const argv[] = { "test", NULL };

	return self_exe_seal(argv, err);
}

static int filter(struct error *err)
{
	static const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

	return seccomp_load(&allow, 1, 0, NULL, err);
}

static int selinux_label(struct error *err)
{
	return selinux_on_exec(procfs_open(err), "no:such:label", err);
}

static int apparmor_profile(struct error *err)
{
	return apparmor_on_exec(procfs_open(err), "brig-no-such-profile",
				"/process/apparmorProfile", err);
}

static int bounding_set(struct error *err)
{
	return capability_limit_bounding(0, err);
}

static int unknown_capability(struct error *err)
{
	const struct capabilities all = { .permitted = UINT64_MAX };

	return capability_apply(&all, err);
}

static int root_over(struct error *err)
{
	return root_attach_over(mount_new("tmpfs", NULL, NULL, 0, 0, err), err);
}

static int covers(struct error *err)
{
	return root_covers(err);
}

static int hidden(struct error *err)
{
	const int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return root_hide(root, root_covers(err), "/proc", err);
}

static int protected(struct error *err)
{
	return root_protect(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), "/proc", err);
}

static int pivot(struct error *err)
{
	return root_pivot(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), err);
}

static int pivot_without_a_copy(struct error *err)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return root_enter(&root, true, err);
}

static int resource_limit(struct error *err)
{
	const struct rlimit limit = { 1, 1 };

	return process_set_rlimit(0, RLIMIT_CORE, &limit, false, "/process/rlimits/0", err);
}

static int signalled(struct error *err)
{
	return process_signal(process_open(getpid(), err), 0, err);
}

static int opened(struct error *err)
{
	return process_open(getpid(), err) < 0 ? -1 : 0;
}

static int mapped_ids(struct error *err)
{
	struct uidmaps maps;
	char snapshot[] = "/tmp/brig-snapshot-XXXXXX";
	const int fd = mkstemp(snapshot);

	unlink(snapshot);
	return uidmaps_update(procfs_open(err), fd, &maps, err);
}

enum { NOTHING = 0xFFFF }; /* no call has this number: what is tried fails by itself */

// clang-format off
static const struct row {
	const char *name;
	long call;
	int code;
	int (*attempt)(struct error *err);
	const char *text, *remedy;
} rows[] = {
	{ "keyring, quota",       SYS_keyctl, EDQUOT,                  keyring,              "cannot create a session keyring", "maxkeys" },
	{ "keyring",              SYS_keyctl, EACCES,                  keyring,              "cannot create a session keyring", "" },
	{ "sysctl, sockets",      SYS_socketpair, EMFILE,              sysctl,               "cannot make a socket pair", "" },
	{ "sysctl, namespaces",   SYS_setns, EPERM,                    sysctl,               "cannot join the container's namespaces", "" },
	{ "netlink, socket",      SYS_socket, EMFILE,                  netlink,              "cannot open a netlink socket", "" },
	{ "netlink, bind",        SYS_bind, EACCES,                    netlink,              "cannot bind a netlink socket", "" },
	{ "netlink, namespace",   SYS_setns, EPERM,                    netlink_elsewhere,    "cannot visit the network namespace", "" },
	{ "loopback",             SYS_ioctl, EPERM,                    loopback,             "cannot turn on the loopback device", "" },
	{ "procfs",               SYS_fstatfs, EIO,                    procfs,               "cannot examine /proc", "mount a procfs" },
	{ "no_new_privs",         SYS_prctl, EINVAL,                   no_new_privs,         "cannot set no_new_privs", "" },
	{ "dumpable",             SYS_prctl, EINVAL,                   dumpable,             "cannot set the dumpable flag", "" },
	{ "death signal",         SYS_prctl, EINVAL,                   death_signal,         "cannot ask for signal 9", "" },
	{ "personality",          SYS_personality, EPERM,              personality_of_linux, "cannot set the personality 0x0", "" },
	{ "ids, capabilities",    SYS_prctl, EPERM,                    ids,                  "cannot keep capabilities", "" },
	{ "ids, unmapped groups", SYS_setgroups, EINVAL,               ids,                  "cannot set 1 groups", "gidMappings" },
	{ "ids, groups",          SYS_setgroups, EPERM,                ids,                  "cannot set 1 groups", "" },
	{ "ids, unmapped group",  SYS_setresgid, EINVAL,               ids_without_groups,   "cannot become group 7", "gidMappings" },
	{ "ids, user",            SYS_setresuid, EPERM,                ids_without_groups,   "cannot become user 7", "" },
	{ "descriptors",          SYS_close_range, EPERM,              close_fds,            "cannot close the descriptors from 100 on", "" },
	{ "capabilities",         SYS_capset, EPERM,                   capabilities,         "cannot set the capabilities", "within what brig itself holds" },
	{ "capabilities, odd",    SYS_capset, EFAULT,                  capabilities,         "cannot set the capabilities", "" },
	{ "Landlock, ruleset",    SYS_landlock_create_ruleset, ENOSYS, landlock,             "cannot create a Landlock ruleset", "" },
	{ "Landlock, rule",       SYS_landlock_add_rule, ENOMEM,       landlock,             "cannot grant '/'", "" },
	{ "Landlock, domains",    SYS_landlock_restrict_self, E2BIG,   landlock,             "cannot enter the Landlock domain", "16 Landlock domains" },
	{ "Landlock, domain",     SYS_landlock_restrict_self, EPERM,   landlock,             "cannot enter the Landlock domain", "" },
	{ "device program",       SYS_bpf, EPERM,                      device_program,       "cannot load the device program", "CAP_BPF" },
	{ "device program, odd",  SYS_bpf, ENOMEM,                     device_program,       "cannot load the device program", "" },
	{ "device program, where", NOTHING, 0,                         device_program,       "cannot attach the device program", "" },
	{ "file system",          SYS_fsopen, EPERM,                   file_system,          "file system 'tmpfs'", "" },
	{ "file system, source",  SYS_fsconfig, EINVAL,                file_system,          "option 'source' of a 'tmpfs' file system", "" },
	{ "file system, mount",   SYS_fsmount, EPERM,                  file_system,          "mount of a 'tmpfs' file system", "" },
	{ "no file system",       NOTHING, 0,                          absent_file_system,   "the kernel has no file system 'brigfs'", "load its module" },
	{ "no option",            NOTHING, 0,                          absent_option,        "option 'brig' of a 'tmpfs' file system", "" },
	{ "clone of a mount",     SYS_open_tree, EPERM,                clone_of_mount,       "cannot clone the mount of '/proc'", "" },
	{ "mount's attributes",   SYS_mount_setattr, EPERM,            attributes,           "cannot set the attributes of the mount", "" },
	{ "id-mapped mount",      SYS_mount_setattr, EPERM,            idmapped_proc,        "cannot id-map the mount (file system 'proc')", "" },
	{ "no id-mapped mounts",  NOTHING, 0,                          idmapped_proc,        "'proc' has no id-mapped mounts", "rootfs_ids" },
	{ "no id-mapped devices", NOTHING, 0,                          idmapped_devtmpfs,    "a devtmpfs has no id-mapped mounts", "" },
	{ "mount's place",        SYS_move_mount, EPERM,               attached,             "cannot attach the mount", "" },
	{ "no memory policy",     SYS_set_mempolicy, ENOSYS,           memory_policy,        "cannot set the memory policy", "CONFIG_NUMA" },
	{ "memory policy, mode",  SYS_set_mempolicy, EINVAL,           memory_policy,        "cannot set the memory policy", "known to this kernel" },
	{ "memory policy",        SYS_set_mempolicy, EPERM,            memory_policy,        "cannot set the memory policy", "" },
	{ "processors, cpuset",   SYS_sched_setaffinity, EINVAL,       affinity,             "cannot run on the processors '0' only", "cpuset" },
	{ "processors",           SYS_sched_setaffinity, EPERM,        affinity,             "cannot run on the processors '0' only", "" },
	{ "cores of its own",     SYS_prctl, EINVAL,                   own_core,             "cannot get processor cores of our own", "" },
	{ "cores of another",     SYS_prctl, EINVAL,                   shared_core,          "cannot share the processor cores of process", "" },
	{ "time namespace",       SYS_unshare, EPERM,                  time_namespace,       "cannot create a time namespace", "" },
	{ "time namespace, entry", SYS_setns, EPERM,                   time_namespace,       "cannot enter the new time namespace", "" },
	{ "closed namespace",     NOTHING, 0,                          closed_namespace,     "cannot examine a network namespace", "" },
	{ "id helpers",           NOTHING, 0,                          helpers,              "newuidmap refused the mapping", "/etc/subuid" },
	{ "id helpers, fork",     SYS_clone, EAGAIN,                   helpers,              "cannot start newuidmap", "" },
	{ "user namespace",       SYS_clone3, ENOSPC,                  user_namespace,       "cannot create a user namespace", "" },
	{ "sealed copy",          SYS_memfd_create, EMFILE,            sealed,               "cannot make a sealed copy of brig", "" },
	{ "sealed copy, seals",   SYS_fcntl, EPERM,                    sealed,               "cannot make a sealed copy of brig", "" },
	{ "sealed copy, exec",    SYS_execveat, EACCES,                sealed,               "cannot run the sealed copy of brig", "memfd_noexec" },
	{ "bounding set",         SYS_prctl, EPERM,                    bounding_set,         "cannot drop", "" },
	{ "capabilities, unknown", NOTHING, 0,                         unknown_capability,   "a capability is unknown to this kernel", "" },
	{ "root mount",           SYS_move_mount, EPERM,               root_over,            "cannot attach the root file system", "" },
	{ "covers",               SYS_fsopen, EPERM,                   covers,               "file system 'tmpfs'", "" },
	{ "covers, files",        SYS_mknodat, EROFS,                  covers,               "cannot make the covers", "" },
	{ "hidden path, clone",   SYS_open_tree, EPERM,                hidden,               "cannot clone the mount of", "" },
	{ "read-only path",       SYS_mount_setattr, EPERM,            protected,            "cannot set the attributes", "" },
	{ "pivot",                SYS_pivot_root, EPERM,               pivot,                "pivot_root", "" },
	{ "pivot, no copy",       SYS_open_tree, EPERM,                pivot_without_a_copy, "pivot_root: Device or resource busy", "" },
	{ "pivot, entry",         SYS_fchdir, EACCES,                  pivot,                "cannot enter the root file system", "" },
	{ "limit",                SYS_prlimit64, EPERM,                resource_limit,       "cannot read RLIMIT_CORE", "" },
	{ "signal",               SYS_pidfd_send_signal, EPERM,        signalled,            "cannot send signal 0", "" },
	{ "process",              SYS_pidfd_open, EMFILE,              opened,               "cannot open process", "" },
	{ "mapped ids",           SYS_getdents64, EIO,                 mapped_ids,           "cannot list processes", "" },
	{ "seccomp",              SYS_seccomp, ENOMEM,                 filter,               "seccomp", "" },
	{ "SELinux label",        NOTHING, 0,                          selinux_label,        "cannot use the SELinux label 'no:such:label'", "policy must know" },
	{ "AppArmor profile",     NOTHING, 0,                          apparmor_profile,     "cannot use the AppArmor profile 'brig-no-such-profile'", "" },
};
// clang-format on

enum { AS_IT_SHOULD, CANNOT_REFUSE, SAYS_SOMETHING_ELSE };

static int attempt(const struct row *row)
{
	struct error err = {};

	/* First: what is mounted on the way to a refusal must not be the machine's. */
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return SAYS_SOMETHING_ELSE;
	if (refuse_call(row->call, row->code) < 0)
		return CANNOT_REFUSE;
	if (row->attempt(&err) == -1 && strstr(err.text, row->text) &&
	    (*row->remedy == '\0' || strstr(err.remedy, row->remedy)))
		return AS_IT_SHOULD;
	dprintf(STDERR_FILENO, "%s: says '%s', remedy '%s'\n", row->name, err.text, err.remedy);
	return SAYS_SOMETHING_ELSE;
}

static void the_error_says_what_was_refused(void **state)
{
	const struct row *row = *state;
	int status = -1;

	if (geteuid() != 0)
		skip_because("needs root");
	needs_kernel("it is the one that refuses");

	const pid_t child = fork();

	if (child == 0)
		_exit(attempt(row));
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_REFUSE)
		skip_because("no seccomp here");
	assert_int_equal(status, 0);
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_LEN(rows)];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		tests[i] = (struct CMUnitTest){
			.name = rows[i].name,
			.test_func = the_error_says_what_was_refused,
			.initial_state = (void *)(uintptr_t)&rows[i],
		};
	}
	return cmocka_run_group_tests_name("refused calls", tests, NULL, NULL);
}
