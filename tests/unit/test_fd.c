#include "base/fd.h"

#include "base/cleanup.h"
#include "skip_because.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel_has.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct place {
	char path[32];
	int dir;
};

static int place_make(void **state)
{
	struct place *place = calloc(1, sizeof *place);

	strcpy(place->path, "/tmp/brig-fd.XXXXXX");
	if (!mkdtemp(place->path))
		return -1;
	place->dir = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = place;
	return place->dir < 0 ? -1 : 0;
}

static int place_remove(void **state)
{
	struct place *place = *state;
	char command[64];

	snprintf(command, sizeof command, "rm -rf -- '%s'", place->path);
	close(place->dir);
	free(place);
	return system(command);
}

static size_t entries(int dir)
{
	DIR *stream = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY));
	size_t n = 0;

	while (readdir(stream))
		n++;
	closedir(stream);
	return n - 2; /* . and .. */
}

static bool is_cloexec(int fd)
{
	return fcntl(fd, F_GETFD) & FD_CLOEXEC;
}

static void a_file_is_read_back_as_it_was_written(void **state)
{
	const struct place *place = *state;
	autobuf struct buf buf = {};
	struct error err = {};
	char data[100'000];

	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (char)i;
	assert_int_equal(
		fd_replace_file(place->dir, "f", data, sizeof data, 0640, /* sync = */ true, &err),
		0);
	buf_puts(&buf, "before ");
	assert_int_equal(fd_read_file(place->dir, "f", sizeof data, &buf, &err), 0);
	assert_int_equal(buf.len, 7 + sizeof data);
	assert_memory_equal(buf.data, "before ", 7);
	assert_memory_equal(buf.data + 7, data, sizeof data);
	assert_int_equal(buf.data[buf.len], '\0');
}

static void a_file_above_the_limit_is_refused(void **state)
{
	const struct place *place = *state;
	struct error err = {};

	assert_int_equal(fd_replace_file(place->dir, "f", "12345", 5, 0600, false, &err), 0);
	for (size_t limit = 0; limit < 8; limit++) {
		autobuf struct buf buf = {};

		assert_int_equal(fd_read_file(place->dir, "f", limit, &buf, &err),
				 limit < 5 ? -1 : 0);
	}

	autobuf struct buf buf = {};

	assert_int_equal(fd_read_file(place->dir, "f", 4, &buf, &err), -1);
	assert_int_equal(err.kind, ERR_SPEC);
	assert_int_equal(err.code, EFBIG);
	assert_string_equal(err.text, "f is larger than 4 bytes");
	assert_string_equal(err.where, "f");
}

static void an_endless_file_is_read_no_further_than_the_limit(void **)
{
	autobuf struct buf buf = {};
	struct error err = {};

	assert_int_equal(fd_read_file(AT_FDCWD, "/dev/zero", 1'000'000, &buf, &err), -1);
	assert_int_equal(err.code, EFBIG);
	assert_true(buf.len <= 1'000'001);
}

static void files_of_the_kernel_are_read_though_their_size_is_zero(void **)
{
	autobuf struct buf buf = {};
	struct error err = {};

	assert_int_equal(fd_read_file(AT_FDCWD, "/proc/self/status", 1 << 20, &buf, &err), 0);
	assert_non_null(strstr(buf_text(&buf), "\nNoNewPrivs:"));
}

static void a_pipe_is_read_to_its_end(void **)
{
	autobuf struct buf buf = {};
	struct error err = {};
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(fd_write_all(ends[1], "one", 3, &err), 0);
	close(ends[1]);
	assert_int_equal(fd_read_all(ends[0], 10, &buf, &err), 0);
	assert_string_equal(buf_text(&buf), "one");
	close(ends[0]);
}

static void a_failure_names_path_and_cause(void **state)
{
	const struct place *place = *state;
	autobuf struct buf buf = {};
	struct error err = {};

	assert_int_equal(fd_read_file(place->dir, "none", 10, &buf, &err), -1);
	assert_string_equal(err.text, "cannot open 'none': No such file or directory");
	assert_string_equal(err.where, "none");
	assert_int_equal(err.code, ENOENT);
	assert_int_equal(fd_read_file(place->dir, ".", 10, &buf, &err), -1);
	assert_int_equal(err.code, EISDIR);
	assert_int_equal(fd_open("/nowhere/x", O_RDONLY, 0, &err), -1);
	assert_string_equal(err.where, "/nowhere/x");
}

static void a_link_in_the_root_cannot_lead_out_of_it(void **state)
{
	const struct place *place = *state;
	struct error err = {};

	needs_call(openat2);
	assert_int_equal(mkdirat(place->dir, "etc", 0700), 0);
	assert_int_equal(fd_replace_file(place->dir, "etc/passwd", "inside", 6, 0600, false, &err),
			 0);
	assert_int_equal(symlinkat("/etc/passwd", place->dir, "absolute"), 0);
	assert_int_equal(symlinkat("../../../../../etc/passwd", place->dir, "relative"), 0);
	assert_int_equal(symlinkat("/proc/self/root/etc/passwd", place->dir, "magic"), 0);

	static const char *const ways[] = { "absolute", "relative", "/etc/passwd",
					    "../../etc/passwd" };

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		autobuf struct buf buf = {};
		autoclose int fd = fd_open_in(place->dir, ways[i], O_RDONLY, 0, &err);

		assert_true(fd >= 0);
		assert_true(is_cloexec(fd));
		assert_int_equal(fd_read_all(fd, 100, &buf, &err), 0);
		assert_string_equal(buf_text(&buf), "inside");
	}
	assert_int_equal(fd_open_in(place->dir, "magic", O_RDONLY, 0, &err), -1);
	assert_string_equal(err.where, "magic");
}

static void magic_links_are_never_followed(void **)
{
	autoclose int root = open("/", O_PATH | O_CLOEXEC);
	struct error err = {};

	needs_call(openat2);
	assert_int_equal(fd_open_in(root, "proc/self/exe", O_RDONLY, 0, &err), -1);
	assert_int_equal(err.code, ELOOP);
}

static void below_a_directory_of_brigs_own_no_link_is_followed(void **state)
{
	const struct place *place = *state;
	struct error err = {};

	needs_call(openat2);
	assert_int_equal(mkdirat(place->dir, "a", 0700), 0);
	assert_int_equal(fd_replace_file(place->dir, "a/f", "x", 1, 0600, false, &err), 0);
	assert_int_equal(symlinkat("a", place->dir, "link"), 0);

	autoclose int fd = fd_open_beneath(place->dir, "a/f", O_RDONLY, 0, &err);

	assert_true(fd >= 0);
	assert_true(is_cloexec(fd));
	assert_int_equal(fd_open_beneath(place->dir, "link/f", O_RDONLY, 0, &err), -1);
	assert_int_equal(err.code, ELOOP);
	assert_true(err.remedy[0] != '\0');
	assert_int_equal(fd_open_beneath(place->dir, "a/../../x", O_RDONLY, 0, &err), -1);
	assert_int_equal(err.code, EXDEV);
	assert_int_equal(fd_open_beneath(place->dir, "/etc/passwd", O_RDONLY, 0, &err), -1);
	assert_int_equal(err.code, EXDEV);
}

static void replacing_leaves_one_file_and_never_a_part(void **state)
{
	const struct place *place = *state;
	autobuf struct buf buf = {};
	struct error err = {};
	struct stat old, new;

	assert_int_equal(fd_replace_file(place->dir, "f", "old", 3, 0600, false, &err), 0);
	assert_int_equal(fstatat(place->dir, "f", &old, 0), 0);

	autoclose int reader = openat(place->dir, "f", O_RDONLY | O_CLOEXEC);

	assert_int_equal(fd_replace_file(place->dir, "f", "newer", 5, 0600, true, &err), 0);
	assert_int_equal(fstatat(place->dir, "f", &new, 0), 0);
	assert_true(old.st_ino != new.st_ino);
	assert_int_equal(fd_read_all(reader, 10, &buf, &err), 0);
	assert_string_equal(buf_text(&buf), "old");
	assert_int_equal(entries(place->dir), 1);
}

/* The second write(2) is beyond the limit and ends the child: setrlimit(2), RLIMIT_FSIZE. */
static void a_kill_while_a_new_file_is_written_leaves_nothing(void **state)
{
	const struct place *place = *state;
	struct error err = {};
	int status = 0;
	autoclose int probe = openat(place->dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

	if (probe < 0)
		skip_because("no O_TMPFILE in the file system of the tests");

	const pid_t child = fork();

	if (child == 0) {
		const struct rlimit limit = { 1, 1 }, no_core = {};

		setrlimit(RLIMIT_CORE, &no_core);
		setrlimit(RLIMIT_FSIZE, &limit);
		_exit(fd_replace_file(place->dir, "f", "12345", 5, 0600, false, &err));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ);
	assert_int_equal(entries(place->dir), 0);
}

static void a_failed_replacement_leaves_nothing_behind(void **state)
{
	const struct place *place = *state;
	struct error err = {};

	assert_int_equal(mkdirat(place->dir, "d", 0700), 0);
	assert_int_equal(fd_replace_file(place->dir, "d", "x", 1, 0600, false, &err), -1);
	assert_int_equal(err.code, EISDIR);
	assert_string_equal(err.where, "d");
	assert_int_equal(entries(place->dir), 1);
	assert_int_equal(fd_replace_file(place->dir, "no/f", "x", 1, 0600, false, &err), -1);
	assert_int_equal(err.code, ENOENT);
}

static void a_replacement_does_not_write_through_a_link(void **state)
{
	const struct place *place = *state;
	struct error err = {};
	struct stat st;

	assert_int_equal(fd_replace_file(place->dir, "target", "t", 1, 0600, false, &err), 0);
	assert_int_equal(symlinkat("target", place->dir, "f"), 0);
	assert_int_equal(fd_replace_file(place->dir, "f", "changed", 7, 0600, false, &err), 0);
	assert_int_equal(fstatat(place->dir, "target", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_size, 1);
	assert_int_equal(fstatat(place->dir, "f", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void a_value_is_written_into_an_existing_file_only(void **state)
{
	const struct place *place = *state;
	struct error err = {};

	assert_int_equal(fd_write_file(place->dir, "new", "1", &err), -1);
	assert_int_equal(err.code, ENOENT);
	assert_int_equal(fd_write_file(AT_FDCWD, "/dev/full", "1", &err), -1);
	assert_int_equal(err.code, ENOSPC);
	assert_string_equal(err.text, "cannot write '1' to /dev/full: No space left on device");
	assert_int_equal(fd_write_file(AT_FDCWD, "/dev/null", "1", &err), 0);
}

static void descriptors_travel_over_a_socket(void **state)
{
	const struct place *place = *state;
	struct error err = {};
	int ends[2], received[3] = { -1, -1, -1 };
	size_t n = 3;
	char data[16] = "";
	struct stat sent, got;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(fd_send(ends[0], "hello", 5, (int[]){ place->dir, ends[0] }, 2, &err), 0);
	assert_int_equal(fd_receive(ends[1], data, sizeof data, received, &n, &err), 5);
	assert_string_equal(data, "hello");
	assert_int_equal(n, 2);
	assert_int_equal(received[2], -1);
	assert_true(is_cloexec(received[0]));
	fstat(place->dir, &sent);
	fstat(received[0], &got);
	assert_true(sent.st_ino == got.st_ino && sent.st_dev == got.st_dev);
	close(received[0]);
	close(received[1]);

	close(ends[0]);
	n = 3;
	assert_int_equal(fd_receive(ends[1], data, sizeof data, received, &n, &err), 0);
	assert_int_equal(n, 0);
	assert_int_equal(fd_send(ends[1], "x", 1, NULL, 0, &err), -1); /* and no SIGPIPE */
	assert_int_equal(err.code, EPIPE);
	close(ends[1]);
}

static void unwanted_descriptors_are_closed_and_the_message_refused(void **)
{
	struct error err = {};
	int ends[2], received[2];
	char data[4];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	for (size_t room = 0; room < 3; room++) {
		const int lowest = dup(0);
		size_t n = room;

		close(lowest);
		assert_int_equal(fd_send(ends[0], "x", 1, (int[]){ 0, 1, 2 }, 3, &err), 0);
		assert_int_equal(fd_receive(ends[1], data, sizeof data, received, &n, &err), -1);
		assert_int_equal(err.code, EMSGSIZE);
		assert_int_equal(n, room);

		const int lowest_now = dup(0);

		close(lowest_now);
		assert_int_equal(lowest_now, lowest); /* so nothing stayed open */
	}
	assert_int_equal(fd_send(ends[0], "x", 1, (int[]){ 0 }, 1, &err), 0);
	assert_int_equal(fd_receive(ends[1], data, sizeof data, NULL, NULL, &err), -1);
	assert_int_equal(fd_send(ends[0], "12345", 5, NULL, 0, &err), 0);
	assert_int_equal(fd_receive(ends[1], data, sizeof data, NULL, NULL, &err), -1);
	assert_int_equal(fd_send(ends[0], "x", 1, received, 65, &err), -1);
	close(ends[0]);
	close(ends[1]);
}

static void more_descriptors_than_the_kernel_could_hand_over_are_an_error(void **)
{
	enum { SENT = 100 };
	struct error err = {};
	int ends[2], received[64];
	size_t n = 64;
	char data = 'x';
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(SENT * sizeof(int))];
	} control = { .header = { CMSG_LEN(SENT * sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct iovec part = { &data, 1 };
	const struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control,
	};

	needs_kernel("recvmsg(2) with too little room");
	memset(CMSG_DATA(&control.header), 0, SENT * sizeof(int)); /* a hundred times fd 0 */
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(sendmsg(ends[0], &message, 0), 1);
	assert_int_equal(fd_receive(ends[1], &data, 1, received, &n, &err), -1);
	assert_int_equal(err.code, EMSGSIZE);
	close(ends[0]);
	close(ends[1]);
}

static void sixty_four_descriptors_fit_in_one_message(void **)
{
	struct error err = {};
	int ends[2], fds[64], received[64];
	size_t n = 64;
	char data;

	for (size_t i = 0; i < 64; i++)
		fds[i] = STDERR_FILENO;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(fd_send(ends[0], "x", 1, fds, 64, &err), 0);
	assert_int_equal(fd_receive(ends[1], &data, 1, received, &n, &err), 1);
	assert_int_equal(n, 64);
	for (size_t i = 0; i < n; i++)
		close(received[i]);
	close(ends[0]);
	close(ends[1]);
}

static void a_stream_takes_more_than_it_holds_at_once(void **)
{
	enum { SIZE = 4 << 20 };
	struct error err = {};
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);

	const pid_t child = fork();

	if (child == 0) {
		autofree char *data = calloc(1, SIZE);

		_exit(fd_send(ends[0], data, SIZE, &ends[0], 1, &err) == 0 ? 0 : 1);
	}
	close(ends[0]);

	size_t total = 0, fds_seen = 0;

	while (total < SIZE) {
		char part[65536];
		int fd = -1;
		size_t n = 1;
		const ssize_t got = fd_receive(ends[1], part, sizeof part, &fd, &n, &err);

		assert_true(got > 0);
		total += (size_t)got;
		fds_seen += n;
		if (n > 0)
			close(fd);
	}
	assert_int_equal(total, SIZE);
	assert_int_equal(fds_seen, 1);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(ends[1]);
}

static void cleanup_closes_and_handing_on_does_not(void **)
{
	int kept, closed;

	{
		autoclose int a = open("/dev/null", O_RDONLY | O_CLOEXEC);
		autoclose int b = open("/dev/null", O_RDONLY | O_CLOEXEC);

		closed = a;
		kept = fd_take(&b);
		assert_int_equal(b, -1);
		errno = ENOTTY;
	}
	assert_int_equal(errno, ENOTTY);
	assert_int_equal(fcntl(closed, F_GETFD), -1);
	assert_true(fcntl(kept, F_GETFD) >= 0);
	close(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_is_read_back_as_it_was_written, place_make,
						place_remove),
		cmocka_unit_test_setup_teardown(a_file_above_the_limit_is_refused, place_make,
						place_remove),
		cmocka_unit_test(an_endless_file_is_read_no_further_than_the_limit),
		cmocka_unit_test(files_of_the_kernel_are_read_though_their_size_is_zero),
		cmocka_unit_test(a_pipe_is_read_to_its_end),
		cmocka_unit_test_setup_teardown(a_failure_names_path_and_cause, place_make,
						place_remove),
		cmocka_unit_test_setup_teardown(a_link_in_the_root_cannot_lead_out_of_it,
						place_make, place_remove),
		cmocka_unit_test(magic_links_are_never_followed),
		cmocka_unit_test_setup_teardown(below_a_directory_of_brigs_own_no_link_is_followed,
						place_make, place_remove),
		cmocka_unit_test_setup_teardown(replacing_leaves_one_file_and_never_a_part,
						place_make, place_remove),
		cmocka_unit_test_setup_teardown(a_kill_while_a_new_file_is_written_leaves_nothing,
						place_make, place_remove),
		cmocka_unit_test_setup_teardown(a_failed_replacement_leaves_nothing_behind,
						place_make, place_remove),
		cmocka_unit_test_setup_teardown(a_replacement_does_not_write_through_a_link,
						place_make, place_remove),
		cmocka_unit_test_setup_teardown(a_value_is_written_into_an_existing_file_only,
						place_make, place_remove),
		cmocka_unit_test_setup_teardown(descriptors_travel_over_a_socket, place_make,
						place_remove),
		cmocka_unit_test(unwanted_descriptors_are_closed_and_the_message_refused),
		cmocka_unit_test(more_descriptors_than_the_kernel_could_hand_over_are_an_error),
		cmocka_unit_test(sixty_four_descriptors_fit_in_one_message),
		cmocka_unit_test(a_stream_takes_more_than_it_holds_at_once),
		cmocka_unit_test(cleanup_closes_and_handing_on_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
