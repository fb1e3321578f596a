/* calls: system calls that a workload should not get through
 *
 * usage: calls NAME[=ARGUMENT]…
 *
 * Makes each call in a process of its own and prints "NAME ok" if it went through, else "NAME" and
 * the errno as a name: who forbids a call often shows in which error it gives. What a name does
 * stands in the table at the end. Exit status 0 whatever the calls did; 2 for an unknown name.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static long mount_tmpfs(const char *path)
{
	return mount("attack", path, "tmpfs", 0, NULL);
}

static long mount_proc(const char *path)
{
	return mount("attack", path, "proc", 0, NULL);
}

static long mount_sysfs(const char *path)
{
	return mount("attack", path, "sysfs", 0, NULL);
}

static long mount_cgroup1(const char *path)
{
	return mount("attack", path, "cgroup", 0, "rdma");
}

/* As CVE-2022-0492 did: from namespaces of one's own, whose root has every capability over them. */
static long nested(const char *type, const char *path, const char *data)
{
	return unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWCGROUP) < 0
		       ? -1
		       : mount("attack", path, type, 0, data);
}

static long nested_tmpfs(const char *path)
{
	return nested("tmpfs", path, NULL);
}

static long nested_cgroup1(const char *path)
{
	return nested("cgroup", path, "rdma");
}

/* A cgroup namespace of our own, and its tree: the root of the host's has no cgroup.type. */
static long cgroup_above(const char *path)
{
	char type[128];

	snprintf(type, sizeof type, "%s/cgroup.type", path);
	if (unshare(CLONE_NEWCGROUP) < 0 || mount("attack", path, "cgroup2", 0, NULL) < 0)
		return -1;

	const bool below = access(type, F_OK) == 0;

	(void)umount2(path, MNT_DETACH);
	errno = ENOTDIR;
	return below ? -1 : 0;
}

static long mount_bind(const char *path)
{
	return mount("/", path, NULL, MS_BIND | MS_REC, NULL);
}

static long remount_rw(const char *path)
{
	return mount(NULL, path, NULL, MS_REMOUNT | MS_BIND, NULL);
}

static long setattr_rw(const char *path)
{
	struct mount_attr attr = { .attr_clr = MOUNT_ATTR_RDONLY };

	return syscall(SYS_mount_setattr, AT_FDCWD, path, 0, &attr, sizeof attr);
}

static long detach(const char *path)
{
	return umount2(path, MNT_DETACH);
}

static long open_tree_clone(const char *path)
{
	return syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE);
}

static long fs_open(const char *type)
{
	return syscall(SYS_fsopen, type, 0);
}

static long pivot(const char *path)
{
	return syscall(SYS_pivot_root, path, path);
}

/* chroot(2) below, then climb: the oldest way out, for who has CAP_SYS_CHROOT. */
static long climb(const char *path)
{
	struct stat own, top;

	if (stat("/", &own) < 0 || chroot(path) < 0)
		return -1;
	for (int i = 0; i < 64; i++)
		(void)!chdir("..");
	if (chroot(".") < 0 || stat("/", &top) < 0)
		return -1;
	if (own.st_dev != top.st_dev || own.st_ino != top.st_ino)
		return 0;
	errno = ENOTDIR; /* no way beyond our own root */
	return -1;
}

/* The host's tree may still lie under our root: take that off, and enter the namespace anew. */
static long rejoin(const char *)
{
	const int own = open("/proc/self/ns/mnt", O_RDONLY);
	struct stat before, after;

	if (own < 0 || stat("/", &before) < 0)
		return -1;
	(void)umount2("/", MNT_DETACH);
	if (setns(own, CLONE_NEWNS) < 0 || stat("/", &after) < 0)
		return -1;
	if (before.st_dev != after.st_dev || before.st_ino != after.st_ino)
		return 0;
	errno = ENOTDIR;
	return -1;
}

/* The root directory of most file systems has inode 2: ext4's is enough for this machine. */
static long root_by_handle(const char *path)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + 8];
	} root = { .handle = { .handle_bytes = 8, .handle_type = 1 } };
	const uint32_t numbers[2] = { 2, 0 };
	const int mount = open(path, O_RDONLY | O_DIRECTORY);

	memcpy(root.handle.f_handle, numbers, sizeof numbers);
	return mount < 0 ? -1 : open_by_handle_at(mount, &root.handle, O_RDONLY);
}

static dev_t device(const char *argument, char *ret_path, size_t size)
{
	unsigned major = 1, minor = 1;

	snprintf(ret_path, size, "/tmp/node");
	sscanf(argument, "%u:%u", &major, &minor);
	return makedev(major, minor);
}

static long make_char(const char *argument)
{
	char path[64];
	const dev_t number = device(argument, path, sizeof path);

	return mknod(path, S_IFCHR | 0666, number);
}

static long make_block(const char *argument)
{
	char path[64];
	const dev_t number = device(argument, path, sizeof path);

	return mknod(path, S_IFBLK | 0666, number);
}

static long open_device(const char *path)
{
	return open(path, O_RDWR | O_NONBLOCK);
}

static long unshare_user(const char *)
{
	return unshare(CLONE_NEWUSER);
}

static long clone_user(const char *)
{
	const long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0);

	if (pid == 0)
		_exit(0);
	return pid;
}

static long clone3_user(const char *)
{
	uint64_t args[8] = { [0] = CLONE_NEWUSER, [4] = SIGCHLD };
	const long pid = syscall(SYS_clone3, args, sizeof args);

	if (pid == 0)
		_exit(0);
	return pid;
}

static long enter_namespace(const char *path)
{
	const int fd = open(path, O_RDONLY);

	return fd < 0 ? -1 : setns(fd, 0);
}

static long seize(const char *pid)
{
	return ptrace(PTRACE_SEIZE, atoi(pid), 0, 0);
}

/* Of a process of our own: what no filter but seccomp has a reason to refuse. */
static pid_t child_that_waits(void)
{
	const pid_t parent = getpid(), pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == parent)
			pause();
		_exit(0);
	}
	return pid;
}

static long seize_child(const char *)
{
	return ptrace(PTRACE_SEIZE, child_that_waits(), 0, 0);
}

static long read_memory(const char *)
{
	static char own[8];
	const struct iovec here = { own, sizeof own };

	return process_vm_readv(child_that_waits(), &here, 1, &here, 1, 0);
}

static long take_descriptor(const char *pid)
{
	const int pidfd = (int)syscall(SYS_pidfd_open, *pid ? atoi(pid) : child_that_waits(), 0);

	return pidfd < 0 ? -1 : syscall(SYS_pidfd_getfd, pidfd, STDOUT_FILENO, 0);
}

static long send_signal(const char *pid)
{
	return kill(atoi(pid), 0);
}

/* Who shares a session keyring shares its serial number: 0 stands for "none of ours to see". */
static long session_key(const char *serial)
{
	const long own =
		syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0, 0, 0);

	if (own < 0)
		return -1;
	if (own != atol(serial)) {
		errno = ENOKEY;
		return -1;
	}
	return own;
}

static long read_key(const char *serial)
{
	char data[64];

	return syscall(SYS_keyctl, KEYCTL_READ, atol(serial), data, sizeof data, 0);
}

static long search_key(const char *name)
{
	return syscall(SYS_request_key, "user", name, NULL, 0);
}

static long add_key(const char *)
{
	return syscall(SYS_add_key, "user", "brig-attack", "x", 1, KEY_SPEC_PROCESS_KEYRING);
}

/* The keyring of the user, which all sessions of one user id share. */
static long user_keys(const char *)
{
	return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1, 0, 0);
}

static long type_ahead(const char *path)
{
	const int fd = *path ? open(path, O_RDWR | O_NOCTTY) : STDIN_FILENO;

	return fd < 0 ? -1 : ioctl(fd, TIOCSTI, "#");
}

static long steal_terminal(const char *)
{
	(void)setsid();
	return ioctl(STDIN_FILENO, TIOCSCTTY, 1);
}

static long abstract_socket(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const size_t len = strnlen(name, sizeof address.sun_path - 1);
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path + 1, name, len);
	return connect(fd, (struct sockaddr *)&address,
		       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len));
}

static long bpf_load(const char *)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1
	};

	return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr);
}

static long uring(const char *)
{
	uint64_t params[16] = {};

	return syscall(SYS_io_uring_setup, 1, params);
}

static long userfault(const char *)
{
	return syscall(SYS_userfaultfd, 1); /* UFFD_USER_MODE_ONLY */
}

static long perf(const char *)
{
	uint64_t attr[16] = { [0] = UINT64_C(64) << 32 | 1 };

	return syscall(SYS_perf_event_open, attr, 0, -1, -1, 0);
}

static long load_module(const char *)
{
	return syscall(SYS_init_module, "", 0, "");
}

static long load_kernel(const char *)
{
	return syscall(SYS_kexec_load, 0, 0, NULL, 0);
}

static long restart(const char *)
{
	return reboot(RB_DISABLE_CAD);
}

static long kernel_log(const char *)
{
	return syscall(SYS_syslog, 10, NULL, 0); /* SYSLOG_ACTION_SIZE_BUFFER */
}

static long raw_socket(const char *)
{
	return socket(AF_INET, SOCK_RAW, 1);
}

static long packet_socket(const char *)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static long become_root(const char *)
{
	return setresuid(0, 0, 0);
}

// clang-format off
static const struct attempt {
	const char *name;
	long (*call)(const char *argument);
} attempts[] = {
	{ "mount-tmpfs",     mount_tmpfs     }, { "mount-proc",      mount_proc      },
	{ "mount-sysfs",     mount_sysfs     }, { "mount-cgroup1",   mount_cgroup1   },
	{ "mount-bind",      mount_bind      }, { "remount-rw",      remount_rw      },
	{ "nested-tmpfs",    nested_tmpfs    }, { "nested-cgroup1",  nested_cgroup1  },
	{ "cgroup-above",    cgroup_above    },
	{ "setattr-rw",      setattr_rw      }, { "umount",          detach          },
	{ "open-tree",       open_tree_clone }, { "fsopen",          fs_open         },
	{ "pivot-root",      pivot           }, { "climb",           climb           },
	{ "root-by-handle",  root_by_handle  }, { "rejoin",          rejoin          },
	{ "mknod-char",      make_char       }, { "mknod-block",     make_block      },
	{ "open-device",     open_device     },
	{ "unshare-user",    unshare_user    }, { "clone-user",      clone_user      },
	{ "clone3-user",     clone3_user     }, { "setns",           enter_namespace },
	{ "seize",           seize           }, { "signal",          send_signal     },
	{ "session-key",     session_key     }, { "read-key",        read_key        },
	{ "search-key",      search_key      }, { "user-keys",       user_keys       },
	{ "add-key",         add_key         }, { "seize-child",     seize_child     },
	{ "process-vm",      read_memory     }, { "pidfd-getfd",     take_descriptor },
	{ "tiocsti",         type_ahead      }, { "tiocsctty",       steal_terminal  },
	{ "abstract-socket", abstract_socket },
	{ "bpf",             bpf_load        }, { "io-uring",        uring           },
	{ "userfaultfd",     userfault       }, { "perf",            perf            },
	{ "init-module",     load_module     }, { "kexec",           load_kernel     },
	{ "reboot",          restart         }, { "syslog",          kernel_log      },
	{ "raw-socket",      raw_socket      }, { "packet-socket",   packet_socket   },
	{ "become-root",     become_root     },
};
// clang-format on

static void attempt_make(const struct attempt *attempt, const char *argument)
{
	const pid_t pid = fork();

	if (pid == 0) {
		errno = 0;
		const long result = attempt->call(argument);

		printf("%s %s\n", attempt->name, result >= 0 ? "ok" : strerrorname_np(errno));
		fflush(stdout);
		_exit(0);
	}

	int status = 0;

	waitpid(pid, &status, 0);
	if (!WIFEXITED(status))
		printf("%s killed\n", attempt->name);
}

int main(int, char **argv)
{
	while (*++argv) {
		const char *argument = strchrnul(*argv, '=');
		const size_t len = (size_t)(argument - *argv);
		size_t i = 0;

		while (i < LENGTH(attempts) && (strncmp(attempts[i].name, *argv, len) != 0 ||
						attempts[i].name[len] != '\0'))
			i++;
		if (i == LENGTH(attempts)) {
			fprintf(stderr, "calls: no attempt '%s'\n", *argv);
			return 2;
		}
		attempt_make(&attempts[i], argument + (*argument == '='));
		fflush(stdout);
	}
	return 0;
}
