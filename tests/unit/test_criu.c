#include "kernel/criu.h"
#include "kernel/protobuf.h"
#include "plan/plan_criu.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* --- protocol buffers --- */

static void fields_are_read_as_they_were_written(void **)
{
	autobuf struct buf message = {};
	struct protobuf_field field;

	protobuf_put_number(&message, 1, 300);
	protobuf_put_number(&message, 2, -1);
	protobuf_put_bytes(&message, 68, "text", 4);

	struct protobuf_reader reader = { message.data, message.data + message.len };

	assert_memory_equal(message.data, "\x08\xac\x02", 3); /* the encoding's own example */
	assert_int_equal(protobuf_next(&reader, &field), 1);
	assert_int_equal(field.number, 1);
	assert_int_equal(field.value, 300);
	assert_int_equal(protobuf_next(&reader, &field), 1);
	assert_int_equal(field.value, -1);
	assert_int_equal(protobuf_next(&reader, &field), 1);
	assert_int_equal(field.number, 68);
	assert_true(field.is_bytes);
	assert_memory_equal(field.data, "text", 4);
	assert_int_equal(protobuf_next(&reader, &field), 0);
}

static void what_is_no_message_is_an_error(void **)
{
	static const struct {
		const char *data;
		size_t len;
	} bad[] = {
		{ "\x08", 1 },     /* a number without its bytes */
		{ "\x08\x80", 2 }, /* one that does not end */
		{ "\x0a\x05"
		  "abc",
		  5 },             /* text that is longer than the message */
		{ "\x00\x01", 2 }, /* field 0 */
		{ "\x0b", 1 },     /* a group */
		{ "\x0d\x01", 2 }, /* half a fixed32 */
		{ "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12 },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct protobuf_reader reader = { bad[i].data, bad[i].data + bad[i].len };
		struct protobuf_field field;

		assert_int_equal(protobuf_next(&reader, &field), -1);
	}
}

/* --- the call --- */

static void lines_of(const struct plan_criu_request *request, struct buf *ret)
{
	autoarena struct arena arena = {};
	const struct criu_call call = plan_criu(request, &arena);

	criu_call_print(&call, ret);
}

static void a_checkpoint_asks_criu_for_what_was_asked_for(void **)
{
	static const char *const externals[] = { "mnt[/dev]:/dev" };
	const struct criu_flags flags = { .leave_running = true,
					  .file_locks = true,
					  .parent_path = "../one" };
	const struct plan_criu_request request = {
		.request = CRIU_DUMP,
		.flags = &flags,
		.images = 5,
		.work = 6,
		.log = "dump.log",
		.pid = 77,
		.root = "/proc/77/root",
		.freeze = "/proc/1/fd/9",
		.externals = externals,
		.n_externals = 1,
	};
	autobuf struct buf text = {};

	lines_of(&request, &text);
	assert_string_equal(buf_text(&text), "images_dir_fd: 5\n"
					     "work_dir_fd: 6\n"
					     "log_file: dump.log\n"
					     "pid: 77\n"
					     "root: /proc/77/root\n"
					     "leave_running: true\n"
					     "file_locks: true\n"
					     "log_level: 4\n"
					     "orphan_pts_master: true\n"
					     "manage_cgroups_mode: 3\n"
					     "freeze_cgroup: /proc/1/fd/9\n"
					     "parent_img: ../one\n"
					     "external: mnt[/dev]:/dev\n");
}

static void a_pre_dump_tracks_memory_and_is_not_told_to_leave_running(void **)
{
	const struct criu_flags flags = { .leave_running = true };
	const struct plan_criu_request request = { .request = CRIU_PRE_DUMP,
						   .flags = &flags,
						   .log = "l" };
	autobuf struct buf text = {};

	lines_of(&request, &text);
	assert_non_null(strstr(buf_text(&text), "track_mem: true\n"));
	assert_null(strstr(buf_text(&text), "leave_running"));
}

static void a_restore_is_notified_and_hands_each_stream_over_once(void **)
{
	static const char *const streams[] = { "file[18:4]", "pipe:[33]", "file[18:4]" };
	const struct criu_flags flags = { .leave_running = true,
					  .tcp_close = true,
					  .cgroups = CGROUPS_STRICT,
					  .parent_path = "x" };
	const struct plan_criu_request request = {
		.request = CRIU_RESTORE,
		.flags = &flags,
		.log = "restore.log",
		.lsm_profile = "apparmor:brig-default",
		.streams = streams,
		.n_streams = 3,
	};
	autobuf struct buf text = {};

	lines_of(&request, &text);
	assert_string_equal(buf_text(&text), "images_dir_fd: 0\n"
					     "work_dir_fd: 0\n"
					     "log_file: restore.log\n"
					     "tcp_close: true\n"
					     "log_level: 4\n"
					     "notify_scripts: true\n"
					     "orphan_pts_master: true\n"
					     "rst_sibling: true\n"
					     "manage_cgroups_mode: 4\n"
					     "lsm_profile: apparmor:brig-default\n"
					     "inherit_fd: file[18:4] from fd 0\n"
					     "inherit_fd: pipe:[33] from fd 1\n");
}

static void a_stream_of_nothing_is_not_handed_over(void **)
{
	static const char *const streams[] = { "", "", "" };
	const struct criu_flags flags = {};
	const struct plan_criu_request request = { .request = CRIU_RESTORE,
						   .flags = &flags,
						   .log = "l",
						   .streams = streams,
						   .n_streams = 3 };
	autobuf struct buf text = {};

	lines_of(&request, &text);
	assert_null(strstr(buf_text(&text), "inherit_fd"));
}

static void a_call_is_encoded_as_rpc_proto_has_it(void **)
{
	static const struct criu_value values[] = {
		{ .field = CRIU_IMAGES_DIR_FD, .number = 3 },
		{ .field = CRIU_ROOT, .text = "/r" },
		{ .field = CRIU_INHERIT_FD, .text = "k", .number = 2 },
		{ .field = CRIU_CG_ROOT, .text = "/c" },
	};
	const struct criu_call call = { CRIU_RESTORE, values, ARRAY_LEN(values) };
	autobuf struct buf message = {};
	/* type 2; opts: images_dir_fd 3, root "/r", inherit_fd { key "k", fd 2 }, cg_root { ctrl "", path "/c" } */
	static const char expected[] = "\x08\x02"
				       "\x12\x17"
				       "\x08\x03"
				       "\x6a\x02/r"
				       "\xda\x01\x05\x0a\x01k\x10\x02"
				       "\xca\x01\x06\x0a\x00\x12\x02/c";

	criu_call_encode(&call, &message);
	assert_int_equal(message.len, sizeof expected - 1);
	assert_memory_equal(message.data, expected, sizeof expected - 1);
}

/* --- the conversation --- */

struct heard {
	char scripts[256];
	pid_t pid;
	int refuse_at;
};

static int hear(void *context, const char *script, pid_t pid, int, struct error *err)
{
	struct heard *heard = context;

	strcat(strcat(heard->scripts, script), " ");
	if (pid > 0)
		heard->pid = pid;
	if (heard->refuse_at > 0 && --heard->refuse_at == 0)
		return error_set(err, ERR_STATE, "here", "no");
	return 0;
}

static void notification(struct buf *ret, const char *script, pid_t pid)
{
	autobuf struct buf notify = {};

	protobuf_put_bytes(&notify, 1, script, strlen(script));
	protobuf_put_number(&notify, 2, pid);
	protobuf_put_number(ret, 1, 6);
	protobuf_put_number(ret, 2, 1);
	protobuf_put_bytes(ret, 5, notify.data, notify.len);
}

static void result(struct buf *ret, bool success, pid_t pid, const char *text)
{
	autobuf struct buf restore = {};

	protobuf_put_number(&restore, 1, pid);
	protobuf_put_number(ret, 1, CRIU_RESTORE);
	protobuf_put_number(ret, 2, success);
	protobuf_put_bytes(ret, 4, restore.data, restore.len);
	if (text)
		protobuf_put_bytes(ret, 9, text, strlen(text));
}

/* What a criu would have said is in the socket before it is read. */
static int conversation(struct heard *heard, bool success, const char *text, pid_t *ret_pid,
			struct error *err)
{
	static const struct criu_call call = { .request = CRIU_RESTORE };
	const struct criu_notify notify = { hear, heard };
	autobuf struct buf first = {}, second = {}, last = {};
	int sockets[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
	notification(&first, "setup-namespaces", 42);
	notification(&second, "pre-resume", 0);
	result(&last, success, 42, text);
	assert_int_equal(fd_send(sockets[1], first.data, first.len, NULL, 0, err), 0);
	assert_int_equal(fd_send(sockets[1], second.data, second.len, NULL, 0, err), 0);
	assert_int_equal(fd_send(sockets[1], last.data, last.len, NULL, 0, err), 0);

	const int answer = criu_converse(sockets[0], &call, &notify, ret_pid, err);

	close(sockets[0]);
	close(sockets[1]);
	return answer;
}

static void what_criu_tells_is_answered_in_order(void **)
{
	struct heard heard = {};
	struct error err = {};
	pid_t pid = 0;

	assert_int_equal(conversation(&heard, true, NULL, &pid, &err), 0);
	assert_string_equal(heard.scripts, "setup-namespaces pre-resume ");
	assert_int_equal(heard.pid, 42);
	assert_int_equal(pid, 42);
}

static void a_refusal_of_ours_is_the_error_even_if_criu_goes_on(void **)
{
	struct heard heard = { .refuse_at = 2 };
	struct error err = {};

	assert_int_equal(conversation(&heard, true, NULL, NULL, &err), -1);
	assert_string_equal(err.text, "no");
	assert_string_equal(err.where, "here");
}

static void a_failure_of_criu_is_told_in_its_words(void **)
{
	struct heard heard = {};
	struct error err = {};

	assert_int_equal(conversation(&heard, false, "Error (x.c:1): why", NULL, &err), -1);
	assert_non_null(strstr(err.text, "Error (x.c:1): why"));
}

static void a_criu_that_dies_is_an_error(void **)
{
	static const struct criu_call call = { .request = CRIU_DUMP };
	struct error err = {};
	int sockets[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
	assert_int_equal(shutdown(sockets[1], SHUT_WR), 0);
	assert_int_equal(criu_converse(sockets[0], &call, NULL, NULL, &err), -1);
	assert_non_null(strstr(err.text, "criu has ended"));
	close(sockets[0]);
	close(sockets[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_read_as_they_were_written),
		cmocka_unit_test(what_is_no_message_is_an_error),
		cmocka_unit_test(a_checkpoint_asks_criu_for_what_was_asked_for),
		cmocka_unit_test(a_pre_dump_tracks_memory_and_is_not_told_to_leave_running),
		cmocka_unit_test(a_restore_is_notified_and_hands_each_stream_over_once),
		cmocka_unit_test(a_stream_of_nothing_is_not_handed_over),
		cmocka_unit_test(a_call_is_encoded_as_rpc_proto_has_it),
		cmocka_unit_test(what_criu_tells_is_answered_in_order),
		cmocka_unit_test(a_refusal_of_ours_is_the_error_even_if_criu_goes_on),
		cmocka_unit_test(a_failure_of_criu_is_told_in_its_words),
		cmocka_unit_test(a_criu_that_dies_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
