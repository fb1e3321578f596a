/* The relay runs in a process of its own, between two pipes and a pseudo-terminal. */
#include "launch/console.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "in_child.h"
#include "kernel/process.h"
#include "kernel_has.h"
#include "skip_because.h"
#include "test_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>

enum { TIMEOUT_S = 30, BIG = 1'500'000 };

typedef int workload(void); /* what runs in the terminal; its exit status */

struct session {
	pid_t relay;
	int input, output; /* our ends */
};

static int terminal_open(int *ret_slave)
{
	const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int locked = 0;

	if (master < 0 || ioctl(master, TIOCSPTLCK, &locked) < 0)
		return -1;
	*ret_slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return *ret_slave < 0 ? -1 : master;
}

[[gnu::noreturn]] static void workload_run(workload *run, int slave)
{
	struct error err = {};

	alarm(TIMEOUT_S);
	setsid();
	if (slave >= 0 && console_take(slave, &err) < 0)
		_exit(99);
	_exit(run());
}

/* Its exit status is what console_relay() says. */
[[gnu::noreturn]] static void relay_run(workload *run, bool terminal)
{
	struct error err = {};
	int slave = -1, status = -1;
	const int master = terminal ? terminal_open(&slave) : -1;
	const pid_t pid = fork();

	if (pid == 0)
		workload_run(run, slave);
	if (slave >= 0)
		close(slave);

	const int pidfd = process_open(pid, &err);

	CHECK(pidfd >= 0);
	CHECK(console_relay(master, pid, pidfd, &status, &err) == 0);
	_exit(status);
}

static struct session session_start(workload *run, bool terminal)
{
	int input[2], output[2];

	assert_int_equal(pipe2(input, O_CLOEXEC), 0);
	assert_int_equal(pipe2(output, O_CLOEXEC), 0);

	const pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* it forwards all other signals */
		dup2(input[0], STDIN_FILENO);
		dup2(output[1], STDOUT_FILENO);
		close(input[0]);
		close(input[1]);
		close(output[0]);
		close(output[1]);
		relay_run(run, terminal);
	}
	close(input[0]);
	close(output[1]);
	return (struct session){ pid, input[1], output[0] };
}

static int session_status(struct session *session)
{
	int status = -1;

	assert_int_equal(waitpid(session->relay, &status, 0), session->relay);
	assert_true(WIFEXITED(status));
	close(session->output);
	if (session->input >= 0)
		close(session->input);
	return WEXITSTATUS(status);
}

/* All output; gives up with the alarm. */
static size_t session_read(const struct session *session, char *ret, size_t size)
{
	size_t total = 0;
	ssize_t n;

	while (total < size && (n = read(session->output, ret + total, size - total)) > 0)
		total += (size_t)n;
	return total;
}

static void terminal_raw(void)
{
	struct termios terminal;

	tcgetattr(STDIN_FILENO, &terminal);
	cfmakeraw(&terminal);
	tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
}

static bool write_big(int fd)
{
	static char data[BIG];
	struct error err;

	memset(data, 'x', sizeof data);
	return fd_write_all(fd, data, sizeof data, &err) == 0;
}

/* --- the relay --- */

static int exits_with_7(void)
{
	return 7;
}

static void the_exit_status_is_that_of_the_process(void **)
{
	for (int terminal = 0; terminal < 2; terminal++) {
		struct session session = session_start(exits_with_7, terminal);

		assert_int_equal(session_status(&session), 7);
	}
}

static int is_killed(void)
{
	raise(SIGKILL);
	return 0;
}

static void death_by_a_signal_is_128_and_its_number(void **)
{
	struct session session = session_start(is_killed, true);

	assert_int_equal(session_status(&session), 128 + SIGKILL);
}

static int writes_and_ends(void)
{
	terminal_raw();
	return write_big(STDOUT_FILENO) ? 0 : 1;
}

static void what_a_process_wrote_before_its_end_still_arrives(void **)
{
	static char data[BIG + 1];
	struct session session = session_start(writes_and_ends, true);

	assert_int_equal(session_read(&session, data, sizeof data), BIG);
	assert_int_equal(session_status(&session), 0);
}

/* Sees end of file after "abc": what is typed in the middle of a line comes first. */
static int reads_to_the_end(void)
{
	char data[64] = {};
	size_t total = 0;
	ssize_t n;

	while ((n = read(STDIN_FILENO, data + total, sizeof data - 1 - total)) > 0)
		total += (size_t)n;
	if (n < 0)
		return 99;
	return strcmp(data, "abc") == 0 ? 3 : strcmp(data, "abc\n") == 0 ? 4 : 98;
}

static void the_end_of_our_input_is_the_end_of_the_terminals(void **)
{
	static const struct {
		const char *input;
		int status;
	} rows[] = { { "abc", 3 }, { "abc\n", 4 } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct session session = session_start(reads_to_the_end, true);
		const ssize_t len = (ssize_t)strlen(rows[i].input);

		assert_int_equal(write(session.input, rows[i].input, (size_t)len), len);
		close(session.input);
		session.input = -1;
		assert_int_equal(session_status(&session), rows[i].status);
	}
}

static int writes_before_it_reads(void)
{
	static char data[BIG];
	size_t total = 0;
	ssize_t n;

	terminal_raw();
	(void)!write(STDOUT_FILENO, "!", 1); /* raw from here on */
	sleep(1);
	if (!write_big(STDOUT_FILENO))
		return 1;
	while (total < BIG && (n = read(STDIN_FILENO, data, sizeof data)) > 0)
		total += (size_t)n;
	return total == BIG ? 5 : 6;
}

static void much_input_does_not_hold_up_the_output(void **)
{
	static char data[BIG + 2];
	struct session session = session_start(writes_before_it_reads, true);
	char ready;

	assert_int_equal(read(session.output, &ready, 1), 1);

	const pid_t writer = fork(); /* a terminal takes no more than some kilobytes at a time */

	if (writer == 0)
		_exit(!write_big(session.input));
	assert_int_equal(session_read(&session, data, BIG), BIG);
	assert_int_equal(session_status(&session), 5);
	assert_int_equal(waitpid(writer, NULL, 0), writer);
}

static volatile sig_atomic_t caught;

static void catch (int number)
{
	caught = number;
}

static int ends_at_usr1(void)
{
	signal(SIGUSR1, catch);

	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	(void)!write(STDOUT_FILENO, "!", 1);
	while (!caught)
		usleep(1000);
	return caught == SIGUSR1 ? 8 : 9;
}

static void a_signal_to_us_is_a_signal_to_the_process(void **)
{
	for (int terminal = 0; terminal < 2; terminal++) {
		struct session session = session_start(ends_at_usr1, terminal);
		char ready;

		assert_int_equal(read(session.output, &ready, 1), 1);
		/* The relay may not listen yet: its own default would be to die. */
		usleep(100'000);
		kill(session.relay, SIGUSR1);
		assert_int_equal(session_status(&session), 8);
	}
}

/* --- with a terminal of our own --- */

static int waits_for_size(void)
{
	struct winsize size = {};

	for (int i = 0; i < 2000 && size.ws_row != 33; i++) {
		ioctl(STDIN_FILENO, TIOCGWINSZ, &size);
		usleep(1000);
	}
	return size.ws_row == 33 && size.ws_col == 99 ? 12 : 13;
}

static void a_change_of_our_terminals_size_is_passed_on(void **)
{
	const struct winsize size = { .ws_row = 33, .ws_col = 99 };
	struct termios before, after;
	int slave = -1, status = -1;
	const int master = terminal_open(&slave);

	assert_true(master >= 0);
	assert_int_equal(tcgetattr(slave, &before), 0);

	const pid_t pid = fork();

	if (pid == 0) {
		dup2(slave, STDIN_FILENO);
		relay_run(waits_for_size, true);
	}
	usleep(100'000);
	assert_int_equal(ioctl(master, TIOCSWINSZ, &size), 0);
	kill(pid, SIGWINCH); /* which the terminal would send to its foreground group */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 12);
	assert_int_equal(tcgetattr(slave, &after), 0);
	assert_int_equal(before.c_lflag, after.c_lflag); /* out of raw mode again */
	close(master);
	close(slave);
}

/* --- taking a terminal --- */

static void has_terminal(void)
{
	struct error err = {};
	int slave = -1;
	struct stat st, each;
	const int master = terminal_open(&slave);

	CHECK(master >= 0 && setsid() > 0);
	CHECK(console_take(slave, &err) == 0);
	CHECK(fstat(slave, &st) == 0);
	for (int fd = 0; fd <= 1; fd++)
		CHECK(fstat(fd, &each) == 0 && each.st_rdev == st.st_rdev);
	CHECK(tcgetsid(STDIN_FILENO) == getpid());
}

static void a_slave_becomes_the_controlling_terminal_and_standard_streams(void **)
{
	needs_kernel("tcgetsid(3)");
	passes(has_terminal);
}

static void opening_a_terminal_wants_a_devpts(void **state)
{
	const struct test_dir *dir = *state;
	const struct plan_process process = {};
	struct error err = {};
	int master = -1, slave = -1;

	needs_call(openat2);
	assert_int_equal(console_open(dir->fd, &process, &master, &slave, &err), -1);
	assert_non_null(strstr(err.remedy, "devpts"));
	assert_int_equal(mkdirat(dir->fd, "dev", 0700), 0);
	assert_int_equal(mkdirat(dir->fd, "dev/pts", 0700), 0);
	assert_int_equal(test_dir_write(dir->fd, "dev/pts/ptmx", "no terminal"), 0);
	assert_int_equal(console_open(dir->fd, &process, &master, &slave, &err), -1);
	assert_string_equal(err.where, "/process/terminal");
	assert_int_equal(master, -1);
	assert_int_equal(slave, -1);
}

static void a_terminal_opens_with_its_size(void **)
{
	const struct plan_process process = { .rows = 24, .columns = 80, .uid = geteuid() };
	autoclose int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct winsize size = {};
	struct error err = {};
	int master = -1, slave = -1;

	needs_call(openat2);
	if (access("/dev/pts/ptmx", R_OK | W_OK) < 0)
		skip_because("ptmxmode=000, and we are not root");
	if (console_open(root, &process, &master, &slave, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(ioctl(slave, TIOCGWINSZ, &size), 0);
	assert_int_equal(size.ws_row, 24);
	assert_int_equal(size.ws_col, 80);
	assert_int_equal(fcntl(master, F_GETFD) & fcntl(slave, F_GETFD), FD_CLOEXEC);
	close(master);
	close(slave);
}

/* --- the engine's socket --- */

static void a_descriptor_reaches_the_engine_in_one_message(void **state)
{
	const struct test_dir *dir = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	autoclose int engine = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct error err = {};
	char text[64] = {};
	size_t n_fds = 1;
	int fd = -1;

	snprintf(address.sun_path, sizeof address.sun_path, "%s/console", dir->path);
	assert_int_equal(bind(engine, (const struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(engine, 1), 0);

	autoclose int ours = console_connect(address.sun_path, &err);

	assert_true(ours >= 0);
	/* Engines accept only after brig has returned. */
	assert_int_equal(console_send(ours, STDERR_FILENO, "/dev/ptmx", &err), 0);

	autoclose int theirs = accept(engine, NULL, NULL);

	assert_int_equal(fd_receive(theirs, text, sizeof text, &fd, &n_fds, &err), 9);
	assert_string_equal(text, "/dev/ptmx");
	assert_int_equal(n_fds, 1);
	close(fd);
}

static void a_socket_that_is_not_there_is_named(void **state)
{
	const struct test_dir *dir = *state;
	struct error err = {};
	char path[200];

	snprintf(path, sizeof path, "%s/absent", dir->path);
	assert_int_equal(console_connect(path, &err), -1);
	assert_int_equal(err.code, ENOENT);
	assert_string_equal(err.where, path);
	memset(path, 'a', sizeof path);
	path[0] = '/';
	path[sizeof path - 1] = '\0';
	assert_int_equal(console_connect(path, &err), -1);
	assert_int_equal(err.kind, ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_exit_status_is_that_of_the_process),
		cmocka_unit_test(death_by_a_signal_is_128_and_its_number),
		cmocka_unit_test(what_a_process_wrote_before_its_end_still_arrives),
		cmocka_unit_test(the_end_of_our_input_is_the_end_of_the_terminals),
		cmocka_unit_test(much_input_does_not_hold_up_the_output),
		cmocka_unit_test(a_signal_to_us_is_a_signal_to_the_process),
		cmocka_unit_test(a_change_of_our_terminals_size_is_passed_on),
		cmocka_unit_test(a_slave_becomes_the_controlling_terminal_and_standard_streams),
		cmocka_unit_test_setup_teardown(opening_a_terminal_wants_a_devpts, test_dir_make,
						test_dir_remove),
		cmocka_unit_test(a_terminal_opens_with_its_size),
		cmocka_unit_test_setup_teardown(a_descriptor_reaches_the_engine_in_one_message,
						test_dir_make, test_dir_remove),
		cmocka_unit_test_setup_teardown(a_socket_that_is_not_there_is_named, test_dir_make,
						test_dir_remove),
	};

	signal(SIGPIPE, SIG_IGN); /* as in brig */
	alarm(TIMEOUT_S);
	return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
