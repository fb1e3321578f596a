#include "kernel/landlock.h"

#include "base/cleanup.h"
#include "kernel/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "in_child.h"
#include "skip_because.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

enum { SKIP = 77 };

static void run(void (*check)(void))
{
	const int status = landlock_abi() == 0 ? SKIP << 8 : in_child(check);

	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIP)
		skip_because("no Landlock here, or no right to mount");
	assert_int_equal(status, 0);
}

static void restrict_self(bool scope_abstract_sockets)
{
	struct error err;

	CHECK(process_set_no_new_privs(&err) == 0);
	if (landlock_restrict(landlock_abi(), 3, scope_abstract_sockets, &err) < 0) {
		dprintf(STDERR_FILENO, "%s\n", err.text);
		_exit(1);
	}
}

/* A directory of our own, gone with the process. */
static void scratch(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/mnt", "tmpfs", 0, NULL) < 0 || chdir("/mnt") < 0)
		_exit(SKIP);
}

static void live(void)
{
	struct stat file;
	char path[32];

	scratch();
	restrict_self(false);

	const int fd = open("file", O_CREAT | O_RDWR, 0700);

	CHECK(fd >= 0 && ftruncate(fd, 10) == 0 && truncate("file", 5) == 0);
	CHECK(mkdir("a", 0700) == 0 && mkdir("b", 0700) == 0);
	CHECK(rename("file", "a/file") == 0 && rename("a/file", "b/file") == 0);
	CHECK(link("b/file", "a/other") == 0 && symlink("other", "a/link") == 0);
	CHECK(unlink("a/other") == 0 && unlink("a/link") == 0 && rmdir("a") == 0);
	CHECK(mknod("fifo", S_IFIFO | 0600, 0) == 0 && stat("fifo", &file) == 0);
	CHECK(open(".", O_TMPFILE | O_RDWR, 0600) >= 0);

	const int memory = memfd_create("memory", 0);

	snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
	CHECK(memory >= 0 && open(path, O_RDWR) >= 0);

	const pid_t child = fork();

	if (child == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}

	int status;

	CHECK(waitpid(child, &status, 0) == child && status == 0);
}

static void ordinary_work_on_files_is_not_hindered(void **)
{
	run(live);
}

static void make_devices(void)
{
	scratch();
	restrict_self(false);
	CHECK(mknod("null", S_IFCHR | 0600, makedev(1, 3)) == -1 && errno == EACCES);
	CHECK(mknod("disk", S_IFBLK | 0600, makedev(7, 0)) == -1 && errno == EACCES);
	CHECK(mount("tmpfs", "/mnt", "tmpfs", 0, NULL) == -1 && errno == EPERM);
}

static void device_nodes_and_mounts_are_denied(void **)
{
	run(make_devices);
}

static void leave_the_root(void)
{
	scratch();
	CHECK(mkdir("root", 0700) == 0);

	const int outside = open("/etc", O_RDONLY | O_DIRECTORY);
	const int above = open("/mnt", O_PATH);

	CHECK(chroot("root") == 0 && chdir("/") == 0);
	restrict_self(false);
	CHECK(openat(outside, "passwd", O_RDONLY) == -1 && errno == EACCES);
	CHECK(openat(above, "new", O_CREAT | O_WRONLY, 0600) == -1 && errno == EACCES);
	CHECK(open("new", O_CREAT | O_WRONLY, 0600) >= 0);
}

static void a_directory_outside_the_root_leads_nowhere(void **)
{
	run(leave_the_root);
}

static void reopen(void)
{
	scratch();

	const int out = open("/mnt/out", O_CREAT | O_WRONLY, 0600);
	const int in = open("/mnt/in", O_CREAT | O_RDONLY, 0600);

	CHECK(out >= 0 && in >= 0 && mkdir("root", 0700) == 0 && mkdir("root/proc", 0700) == 0);
	CHECK(mount("/proc", "root/proc", NULL, MS_BIND | MS_REC, NULL) == 0);
	CHECK(dup2(in, 0) == 0 && dup2(out, 1) == 1);
	CHECK(chroot("root") == 0 && chdir("/") == 0);
	restrict_self(false);
	CHECK(open("/proc/self/fd/1", O_WRONLY | O_APPEND) >= 0);
	CHECK(open("/proc/self/fd/0", O_RDONLY) >= 0);
	/* not with more than it came with */
	CHECK(open("/proc/self/fd/0", O_RDWR) == -1 && errno == EACCES);
	CHECK(open("/proc/self/fd/1", O_RDONLY) == -1 && errno == EACCES);
}

static void standard_streams_can_be_opened_again_as_they_are(void **)
{
	run(reopen);
}

static void queue_messages(void)
{
	scratch();
	if (unshare(CLONE_NEWIPC) < 0)
		_exit(SKIP);
	CHECK(mkdir("root", 0700) == 0 && mkdir("root/dev", 0700) == 0);
	CHECK(mkdir("root/dev/mqueue", 0700) == 0);
	CHECK(mount("mqueue", "root/dev/mqueue", "mqueue", 0, NULL) == 0);
	CHECK(chroot("root") == 0 && chdir("/") == 0);
	restrict_self(false);
	CHECK(mq_open("/queue", O_CREAT | O_RDWR, 0600, NULL) >= 0);
}

static void message_queues_work_where_mqueue_is_mounted(void **)
{
	run(queue_messages);
}

/* From a child in the domain, connect to an abstract socket of the parent, which is in none. */
static int connect_abstract(bool scoped)
{
	const struct sockaddr_un name = { .sun_family = AF_UNIX,
					  .sun_path = "\0brig-test-landlock" };
	const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int status;

	CHECK(bind(listener, (const struct sockaddr *)&name, sizeof name) == 0);
	CHECK(listen(listener, 1) == 0);

	const pid_t child = fork();

	if (child == 0) {
		const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

		restrict_self(scoped);
		_exit(connect(fd, (const struct sockaddr *)&name, sizeof name) == 0 ? 0 : errno);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
	close(listener);
	return WEXITSTATUS(status);
}

static void connect_both_ways(void)
{
	if (unshare(CLONE_NEWNET) < 0) /* the name is ours alone there */
		_exit(SKIP);
	CHECK(connect_abstract(false) == 0);
	CHECK(connect_abstract(true) == (landlock_abi() >= 6 ? EPERM : 0));
}

static void abstract_sockets_are_scoped_only_on_request(void **)
{
	run(connect_both_ways);
}

static void signal_outside(void)
{
	restrict_self(true);
	CHECK(kill(getppid(), 0) == 0);
}

static void signals_are_not_scoped(void **)
{
	run(signal_outside);
}

static void without_no_new_privs(void)
{
	struct error err;

	if (geteuid() == 0 && setresuid(1, 1, 1) < 0) /* CAP_SYS_ADMIN would do as well */
		_exit(SKIP);
	CHECK(landlock_restrict(landlock_abi(), 3, false, &err) == -1);
	CHECK(err.code == EPERM && strcmp(err.where, "landlock") == 0);
}

static void no_new_privs_comes_first(void **)
{
	run(without_no_new_privs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_work_on_files_is_not_hindered),
		cmocka_unit_test(device_nodes_and_mounts_are_denied),
		cmocka_unit_test(a_directory_outside_the_root_leads_nowhere),
		cmocka_unit_test(standard_streams_can_be_opened_again_as_they_are),
		cmocka_unit_test(message_queues_work_where_mqueue_is_mounted),
		cmocka_unit_test(abstract_sockets_are_scoped_only_on_request),
		cmocka_unit_test(signals_are_not_scoped),
		cmocka_unit_test(no_new_privs_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
