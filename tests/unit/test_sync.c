/* Both columns of sync.h over a socket pair. A column is a list of what is sent and awaited; either
 * side is cut off at each of its lines, and the other one must say so.
 */
#include "launch/sync.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { TIMEOUT_S = 20, DIES = 3 };

struct line {
	bool from_child;
	enum sync message;
	bool with_fd;
};

/* In the order of the drawing, with two mounts and a terminal. */
static const struct line create[] = {
	{ false, SYNC_MAPPED, false }, { false, SYNC_MOUNT, true },  { false, SYNC_MOUNT, true },
	{ true, SYNC_CONSOLE, true },  { true, SYNC_ROOTFS, false }, { false, SYNC_HOOKED, false },
	{ true, SYNC_READY, false },
};

static void pair(int *ret_a, int *ret_b)
{
	int sockets[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
	*ret_a = sockets[0];
	*ret_b = sockets[1];
}

static int column_line(int socket, const struct line *line, bool child, struct error *err)
{
	autoclose int fd = -1;

	if (line->from_child == child) {
		fd = line->with_fd ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
		return sync_send(socket, line->message, fd, 7, err);
	}
	return sync_wait(socket, line->message, line->with_fd ? &fd : NULL, NULL, err);
}

/* Go through the first @n lines. Return: 0, or -1 with *err. */
static int column(int socket, size_t n, bool child, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		if (column_line(socket, &create[i], child, err) < 0)
			return -1;
	}
	return 0;
}

/* A child that goes as far as line @n, then dies: silently, or with FAILED. */
static pid_t child_until(int ours, int theirs, size_t n, const struct error *last_words)
{
	const pid_t pid = fork();

	if (pid != 0) {
		close(theirs);
		return pid;
	}

	struct error err = {};

	close(ours);
	alarm(TIMEOUT_S);
	if (column(theirs, n, true, &err) < 0)
		_exit(1);
	if (last_words)
		sync_fail(theirs, last_words);
	_exit(DIES);
}

static void reap(pid_t pid, int expected)
{
	int status = -1;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), expected);
}

static void both_columns_meet_at_every_line(void **)
{
	struct error err = {};
	int ours, theirs;

	pair(&ours, &theirs);

	const pid_t pid = child_until(ours, theirs, ARRAY_LEN(create), NULL);

	if (column(ours, ARRAY_LEN(create), false, &err) < 0)
		fail_msg("%s", err.text);
	reap(pid, DIES);
	close(ours);
}

static void a_child_that_dies_at_any_line_is_noticed_at_that_line(void **)
{
	for (size_t i = 0; i < ARRAY_LEN(create); i++) {
		struct error err = {};
		int ours, theirs;

		pair(&ours, &theirs);

		const pid_t pid = child_until(ours, theirs, i, NULL);

		assert_int_equal(column(ours, ARRAY_LEN(create), false, &err), -1);
		assert_string_not_equal(err.text, "");
		if (create[i].from_child)
			assert_non_null(strstr(err.text, "the other side died before"));
		reap(pid, DIES);
		close(ours);
	}
}

/* Also while messages of ours are waiting for it unread: the kernel then reports a reset first. */
static void what_a_child_fails_with_reaches_the_parent_from_any_line(void **)
{
	const struct error cause = { .kind = ERR_SPEC,
				     .code = ENOENT,
				     .where = "/mounts/1",
				     .text = "mounting /data: it is not there",
				     .remedy = "make it" };

	for (size_t i = 0; i < ARRAY_LEN(create); i++) {
		struct error err = {};
		int ours, theirs;

		pair(&ours, &theirs);

		const pid_t pid = child_until(ours, theirs, i, &cause);

		/* Dead before we say anything: the worst case for what we send. */
		if (i == 0)
			reap(pid, DIES);
		assert_int_equal(column(ours, ARRAY_LEN(create), false, &err), -1);
		assert_int_equal(err.kind, ERR_SPEC);
		assert_int_equal(err.code, ENOENT);
		assert_string_equal(err.where, "/mounts/1");
		assert_string_equal(err.text, cause.text);
		assert_string_equal(err.remedy, "make it");
		if (i > 0)
			reap(pid, DIES);
		close(ours);
	}
}

static void a_failure_is_heard_although_messages_lie_unread(void **)
{
	const struct error cause = { .kind = ERR_KERNEL, .text = "no such file system" };

	/* One message more of ours is unread in each round; then we send, or wait. */
	for (int round = 0; round < 6; round++) {
		struct error err = {};
		int ours, theirs;

		pair(&ours, &theirs);
		for (int i = 0; i < round / 2; i++)
			assert_int_equal(sync_send(ours, SYNC_MAPPED, -1, 0, &err), 0);
		sync_fail(theirs, &cause);
		close(theirs);
		if (round % 2)
			assert_int_equal(sync_send(ours, SYNC_MAPPED, -1, 0, &err), -1);
		else
			assert_int_equal(sync_wait(ours, SYNC_ROOTFS, NULL, NULL, &err), -1);
		assert_string_equal(err.text, cause.text);
		close(ours);
	}
}

static void a_parent_that_dies_at_any_line_ends_the_child(void **)
{
	for (size_t i = 0; i < ARRAY_LEN(create); i++) {
		struct error err = {};
		int ours, theirs;

		pair(&ours, &theirs);

		const pid_t pid = child_until(ours, theirs, ARRAY_LEN(create), NULL);

		assert_int_equal(column(ours, i, false, &err), 0);
		close(ours);

		int status = -1;

		assert_int_equal(waitpid(pid, &status, 0), pid);
		/* What it had to send last may have gone before we died. */
		assert_true(WIFEXITED(status));
		assert_true(WEXITSTATUS(status) == 1 ||
			    (WEXITSTATUS(status) == DIES && i == ARRAY_LEN(create) - 1));
	}
}

static void a_message_out_of_turn_is_an_error_that_names_what_was_due(void **)
{
	struct error err = {};
	int ours, theirs;

	pair(&ours, &theirs);
	assert_int_equal(sync_send(theirs, SYNC_READY, -1, 0, &err), 0);
	assert_int_equal(sync_wait(ours, SYNC_ROOTFS, NULL, NULL, &err), -1);
	assert_non_null(strstr(err.text, "ROOTFS"));
	close(ours);
	close(theirs);
}

static void a_descriptor_that_nobody_asked_for_is_an_error_and_does_not_stay(void **)
{
	struct error err = {};
	int ours, theirs;
	autoclose int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	autoclose int before = dup(null);

	pair(&ours, &theirs);

	const int next = dup(null);

	close(next);
	assert_int_equal(sync_send(theirs, SYNC_ROOTFS, null, 0, &err), 0);
	assert_int_equal(sync_wait(ours, SYNC_ROOTFS, NULL, NULL, &err), -1);
	assert_non_null(strstr(err.text, "with a descriptor"));
	assert_int_equal(fcntl(next, F_GETFD), -1);
	close(ours);
	close(theirs);
}

static void a_message_without_its_descriptor_is_an_error(void **)
{
	struct error err = {};
	int ours, theirs, fd = -1;

	pair(&ours, &theirs);
	assert_int_equal(sync_send(theirs, SYNC_MOUNT, -1, 0, &err), 0);
	assert_int_equal(sync_wait(ours, SYNC_MOUNT, &fd, NULL, &err), -1);
	assert_non_null(strstr(err.text, "without a descriptor"));
	assert_int_equal(fd, -1);
	close(ours);
	close(theirs);
}

static void two_descriptors_with_one_message_are_an_error(void **)
{
	const struct {
		enum sync what;
		int value;
	} message = { SYNC_MOUNT, 0 };
	autoclose int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const int both[2] = { null, null };
	struct error err = {};
	int ours, theirs, fd = -1;

	pair(&ours, &theirs);
	assert_int_equal(fd_send(theirs, &message, sizeof message, both, 2, &err), 0);
	assert_int_equal(sync_wait(ours, SYNC_MOUNT, &fd, NULL, &err), -1);
	assert_int_equal(fd, -1);
	close(ours);
	close(theirs);
}

static void bytes_that_are_no_message_are_an_error(void **)
{
	static const char *const texts[] = { "x", "GET / HTTP/1.1\r\n\r\n" };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct error err = {};
		int ours, theirs;

		pair(&ours, &theirs);
		assert_int_equal(fd_send(theirs, texts[i], strlen(texts[i]), NULL, 0, &err), 0);
		assert_int_equal(sync_wait(ours, SYNC_START, NULL, NULL, &err), -1);
		assert_non_null(strstr(err.text, "nobody sends"));
		close(ours);
		close(theirs);
	}
}

static void a_value_and_a_descriptor_arrive_with_their_message(void **)
{
	autoclose int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct error err = {};
	int ours, theirs, fd = -1, value = 0;

	pair(&ours, &theirs);
	assert_int_equal(sync_send(theirs, SYNC_JOINED, null, 4711, &err), 0);
	assert_int_equal(sync_wait(ours, SYNC_JOINED, &fd, &value, &err), 0);
	assert_int_equal(value, 4711);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	close(fd);
	close(ours);
	close(theirs);
}

static int keep(void *context, pid_t pid, int listener, struct error *)
{
	int *kept = context;

	assert_int_equal(pid, 4711);
	*kept = dup(listener);
	return 0;
}

static void the_end_of_the_file_is_success_at_the_end(void **)
{
	struct error err = {};
	int ours, theirs, listener = -1;
	const struct sync_listener to = { keep, &listener };

	pair(&ours, &theirs);
	close(theirs);
	assert_int_equal(sync_end(ours, &to, 4711, &err), 0);
	assert_int_equal(listener, -1);
	close(ours);
}

static void a_listener_may_come_before_the_end(void **)
{
	autoclose int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct error err = {};
	int ours, theirs, listener = -1;
	const struct sync_listener to = { keep, &listener };

	pair(&ours, &theirs);
	assert_int_equal(sync_send(theirs, SYNC_LISTENER, null, 0, &err), 0);
	close(theirs);
	assert_int_equal(sync_end(ours, &to, 4711, &err), 0);
	assert_true(listener >= 0);
	close(listener);
	close(ours);
}

static void another_message_at_the_end_is_an_error(void **)
{
	struct error err = {};
	int ours, theirs;

	pair(&ours, &theirs);
	assert_int_equal(sync_send(theirs, SYNC_READY, -1, 0, &err), 0);
	close(theirs);
	assert_int_equal(sync_end(ours, NULL, 0, &err), -1);
	assert_non_null(strstr(err.text, "where the end was due"));
	close(ours);
}

static void a_failure_at_the_end_is_the_error(void **)
{
	const struct error cause = { .kind = ERR_KERNEL, .text = "exec: permission denied" };
	struct error err = {};
	int ours, theirs;

	pair(&ours, &theirs);
	/* START is still unread when it dies. */
	assert_int_equal(sync_send(ours, SYNC_START, -1, 0, &err), 0);
	sync_fail(theirs, &cause);
	close(theirs);
	assert_int_equal(sync_end(ours, NULL, 0, &err), -1);
	assert_string_equal(err.text, cause.text);
	close(ours);
}

static void a_listener_that_nobody_expects_is_an_error(void **)
{
	autoclose int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct error err = {};
	int ours, theirs;

	pair(&ours, &theirs);
	assert_int_equal(sync_send(theirs, SYNC_LISTENER, null, 0, &err), 0);
	close(theirs);
	assert_int_equal(sync_end(ours, NULL, 0, &err), -1);
	close(ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_columns_meet_at_every_line),
		cmocka_unit_test(a_child_that_dies_at_any_line_is_noticed_at_that_line),
		cmocka_unit_test(what_a_child_fails_with_reaches_the_parent_from_any_line),
		cmocka_unit_test(a_failure_is_heard_although_messages_lie_unread),
		cmocka_unit_test(a_parent_that_dies_at_any_line_ends_the_child),
		cmocka_unit_test(a_message_out_of_turn_is_an_error_that_names_what_was_due),
		cmocka_unit_test(a_descriptor_that_nobody_asked_for_is_an_error_and_does_not_stay),
		cmocka_unit_test(a_message_without_its_descriptor_is_an_error),
		cmocka_unit_test(two_descriptors_with_one_message_are_an_error),
		cmocka_unit_test(bytes_that_are_no_message_are_an_error),
		cmocka_unit_test(a_value_and_a_descriptor_arrive_with_their_message),
		cmocka_unit_test(the_end_of_the_file_is_success_at_the_end),
		cmocka_unit_test(a_listener_may_come_before_the_end),
		cmocka_unit_test(another_message_at_the_end_is_an_error),
		cmocka_unit_test(a_listener_that_nobody_expects_is_an_error),
		cmocka_unit_test(a_failure_at_the_end_is_the_error),
	};

	alarm(TIMEOUT_S);
	return cmocka_run_group_tests_name("sync", tests, NULL, NULL);
}
