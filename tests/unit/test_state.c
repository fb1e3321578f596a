#include "container/state.h"

#include "base/cleanup.h"
#include "container/lock.h"
#include "container/root.h"
#include "kernel/process_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_dir.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* A child that goes when the test program does, also if that fails before it could end it. */
static pid_t fork_bound(void)
{
	const pid_t child = fork();

	if (child == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return child;
}

static const struct id_range ranges[] = { { 0, 1'310'720, 65'536 }, { 70'000, 5, 1 } };
static const char *const warnings[] = { "no AppArmor", "memory.max: no controller" };
static const struct spec_pair annotations[] = { { "a/b", "1" }, { "", "\"quoted\"\n" } };

static const char *const hook_args[] = { "sh", "-c", "echo \"\n\"" };
static const char *const hook_env[] = { "A=b" };
static const struct spec_hook hooks[] = { { "/bin/sh", { hook_args, 3 }, { hook_env, 1 }, 5 },
					  { "/bin/true", {}, {}, 0 } };

static struct state example(void)
{
	struct state state = {
		.oci_version = "1.3.0",
		.id = "web-1",
		.bundle = "/srv/bundle",
		.rootfs = "/srv/bundle/rootfs",
		.created = "2026-01-31T23:59:59.000000001Z",
		.status = STATUS_CREATED,
		.pid = 4711,
		.start_time = 18'446'744'073'709'551'615U,
		.owner = 1000,
		.rootless = true,
		.preserve_fds = 3,
		.cgroup = { CGROUP_MANAGER_SYSTEMD, "/brig/web-1", 2, "brig-web-1.scope" },
		.ids = { ranges, ranges, 2, 1 },
		.reservation = "1310720",
		.protections = { "abc",
				 "/etc/p.json",
				 "brig-default",
				 7,
				 true,
				 true,
				 { warnings, 2 } },
		.annotations = { annotations, 2 },
	};

	state.namespaces[NS_NET] = (struct state_namespace){ PLAN_NS_JOIN, "/run/netns/x" };
	state.namespaces[NS_USER] = (struct state_namespace){ PLAN_NS_NEW, NULL };
	state.hooks[HOOK_POSTSTOP] = (struct spec_hooks){ hooks, 2 };
	return state;
}

static void assert_same(const struct state *a, const struct state *b)
{
	autobuf struct buf text_a = {}, text_b = {};

	state_write(a, &text_a);
	state_write(b, &text_b);
	assert_string_equal(buf_text(&text_a), buf_text(&text_b));
}

static void a_state_is_read_back_as_it_was_saved(void **data)
{
	const struct test_dir *root = *data;
	const struct state saved = example();
	autoarena struct arena arena = {};
	struct state state;
	struct error err;
	autoclose int dir = state_claim(root->fd, "web-1", &err);

	assert_int_equal(state_save(dir, &saved, &err), 0);
	assert_int_equal(state_load(dir, "web-1", &arena, &state, &err), 0);
	assert_same(&saved, &state);
	assert_int_equal(state.pid, 4711);
	assert_true(state.start_time == UINT64_MAX);
	assert_int_equal(state.cgroup.manager, CGROUP_MANAGER_SYSTEMD);
	assert_int_equal(state.cgroup.made, 2);
	assert_int_equal(state.ids.n_uids, 2);
	assert_int_equal(state.ids.uids[1].inside, 70'000);
	assert_int_equal(state.ids.n_gids, 1);
	assert_int_equal(state.namespaces[NS_NET].how, PLAN_NS_JOIN);
	assert_string_equal(state.namespaces[NS_NET].path, "/run/netns/x");
	assert_int_equal(state.namespaces[NS_USER].how, PLAN_NS_NEW);
	assert_int_equal(state.namespaces[NS_PID].how, PLAN_NS_NONE);
	assert_string_equal(state.annotations.items[1].value, "\"quoted\"\n");
	assert_string_equal(state.protections.warnings.items[1], warnings[1]);
	assert_int_equal(state.hooks[HOOK_POSTSTART].n, 0);
	assert_int_equal(state.hooks[HOOK_POSTSTOP].n, 2);

	const struct spec_hook *hook = &state.hooks[HOOK_POSTSTOP].items[0];

	assert_string_equal(hook->path, "/bin/sh");
	assert_int_equal(hook->args.n, 3);
	assert_string_equal(hook->args.items[2], hook_args[2]);
	assert_string_equal(hook->env.items[0], "A=b");
	assert_int_equal(hook->timeout, 5);
	assert_int_equal(hook[1].args.n, 0);
}

static void an_id_can_be_claimed_once(void **data)
{
	const struct test_dir *root = *data;
	struct error err;
	autoclose int first = state_claim(root->fd, "one", &err);

	assert_true(first >= 0);
	assert_int_equal(state_claim(root->fd, "one", &err), -1);
	assert_int_equal(err.kind, ERR_STATE);
	assert_int_equal(err.code, EEXIST);
	assert_non_null(strstr(err.text, "container with given ID already exists"));
}

static void an_absent_container_does_not_exist(void **data)
{
	const struct test_dir *root = *data;
	struct error err;

	assert_int_equal(state_open(root->fd, "nobody", &err), -1);
	assert_non_null(strstr(err.text, "container does not exist"));
	assert_int_equal(err.code, ENOENT);
	assert_int_equal(lock_take(root->fd, "nobody", 0, &err), -1);
	assert_non_null(strstr(err.text, "container does not exist"));
	assert_int_equal(state_remove(root->fd, "nobody", -1, &err), 0);
}

static void a_name_that_is_no_id_never_reaches_the_file_system(void **data)
{
	const struct test_dir *root = *data;
	struct error err;

	assert_int_equal(mkdirat(root->fd, "inner", 0700), 0);
	autoclose int inner = openat(root->fd, "inner", O_RDONLY | O_DIRECTORY);

	assert_int_equal(mkdirat(root->fd, "victim", 0700), 0);
	assert_int_equal(state_open(inner, "../victim", &err), -1);
	assert_int_equal(err.kind, ERR_USAGE);
	assert_int_equal(state_remove(inner, "../victim", -1, &err), -1);
	assert_int_equal(faccessat(root->fd, "victim", F_OK, 0), 0);
}

static void a_link_in_place_of_a_container_is_not_followed(void **data)
{
	const struct test_dir *root = *data;
	struct error err;

	assert_int_equal(symlinkat("/etc", root->fd, "sly"), 0);
	assert_int_equal(state_open(root->fd, "sly", &err), -1);
}

static void a_damaged_state_is_refused_with_its_place_and_can_still_be_removed(void **data)
{
	static const struct {
		const char *text, *where;
	} cases[] = {
		{ "", NULL },
		{ "{", NULL },
		{ "[]", "" },
		{ "{\"layout\":2}", "/layout" },
		{ "{\"layout\":\"1\"}", "/layout" },
		{ "{\"layout\":1}", "" },
	};
	const struct test_dir *root = *data;
	struct error err;
	autoclose int dir = state_claim(root->fd, "web-1", &err);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autoarena struct arena arena = {};
		struct state state;

		assert_int_equal(test_dir_write(dir, STATE_FILE, cases[i].text), 0);
		assert_int_equal(state_load(dir, "web-1", &arena, &state, &err), -1);
		assert_int_equal(err.kind, ERR_STATE);
		assert_non_null(strstr(err.text, "damaged"));
		assert_non_null(strstr(err.remedy, "brig") ? strstr(err.remedy, "brig")
							   : strstr(err.remedy, "delete --force"));
		if (cases[i].where)
			assert_string_equal(err.where, cases[i].where);
	}
	assert_int_equal(state_remove(root->fd, "web-1", -1, &err), 0);
	assert_int_equal(faccessat(root->fd, "web-1", F_OK, 0), -1);
}

/* Replace @from by @to in a good state.json, and say where the reader objects. */
static void assert_refused(const char *from, const char *to, const char *where)
{
	const struct state good = example();
	autoarena struct arena arena = {};
	autobuf struct buf text = {}, changed = {};
	struct state state;
	struct error err;

	state_write(&good, &text);

	const char *found = strstr(text.data, from);

	assert_non_null(found);
	buf_add(&changed, text.data, (size_t)(found - text.data));
	buf_puts(&changed, to);
	buf_puts(&changed, found + strlen(from));
	assert_int_equal(state_parse(changed.data, changed.len, &arena, &state, &err), -1);
	assert_string_equal(err.where, where);
}

static void values_that_would_reach_beyond_the_container_are_refused(void **)
{
	assert_refused("\"pid\":4711", "\"pid\":-1", "/pid"); /* kill(-1) is everybody */
	assert_refused("\"pid\":4711", "\"pid\":4294967297", "/pid");
	assert_refused("\"id\":\"web-1\"", "\"id\":\"../x\"", "/id");
	assert_refused("\"reservation\":\"1310720\"", "\"reservation\":\"../x\"", "/reservation");
	assert_refused("\"path\":\"/brig/web-1\"", "\"path\":\"/brig/../..\"", "/cgroup/path");
	assert_refused("\"path\":\"/brig/web-1\"", "\"path\":\"x\"", "/cgroup/path");
	assert_refused("\"size\":65536", "\"size\":4294967296", "/uidMappings/0/size");
	assert_refused("\"status\":\"created\"", "\"status\":\"frozen\"", "/status");
	assert_refused("\"manager\":\"systemd\"", "\"manager\":\"none\"", "/cgroup/manager");
	assert_refused("\"type\":\"network\"", "\"type\":\"net\"", "/namespaces/1/type");
	assert_refused("\"a/b\":\"1\"", "\"a/b\":1", "/annotations/a~1b");
	assert_refused("\"rootless\":true", "\"rootless\":1", "/rootless");
	assert_refused("\"timeout\":5", "\"timeout\":-5", "/hooks/poststop/0/timeout");
	assert_refused("\"args\":[\"sh\"", "\"args\":[1", "/hooks/poststop/0/args/0");
	assert_refused("\"bundle\"", "\"bumble\"", "");
}

static void a_state_of_another_container_is_refused(void **data)
{
	const struct test_dir *root = *data;
	const struct state saved = example();
	autoarena struct arena arena = {};
	struct state state;
	struct error err;
	autoclose int dir = state_claim(root->fd, "other", &err);

	assert_int_equal(state_save(dir, &saved, &err), 0);
	assert_int_equal(state_load(dir, "other", &arena, &state, &err), -1);
	assert_non_null(strstr(err.text, "web-1"));
}

static void containers_are_listed_in_order_also_broken_ones(void **data)
{
	const struct test_dir *root = *data;
	autoarena struct arena arena = {};
	const char *const *ids;
	struct error err;
	size_t n;

	assert_int_equal(state_list(root->fd, &arena, &ids, &n, &err), 0);
	assert_int_equal(n, 0);
	assert_int_equal(mkdirat(root->fd, "b", 0700), 0);
	assert_int_equal(mkdirat(root->fd, "a", 0700), 0);
	assert_int_equal(mkdirat(root->fd, ".not-an-id", 0700), 0);
	assert_int_equal(test_dir_write(root->fd, "a-file", "x"), 0);
	assert_int_equal(state_list(root->fd, &arena, &ids, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_string_equal(ids[0], "a");
	assert_string_equal(ids[1], "b");
}

/* --- the status --- */

static void put_socket(int dir, bool present)
{
	if (present)
		assert_int_equal(test_dir_write(dir, STATE_SOCKET, ""), 0);
	else
		assert_int_equal(unlinkat(dir, STATE_SOCKET, 0), 0);
}

static enum container_status derived_by(bool locked, int dir, int proc, struct state state)
{
	struct error err;

	assert_int_equal(state_derive(dir, proc, /* cgroup = */ -1, locked, &state, &err), 0);
	return state.status;
}

static enum container_status derived(int dir, int proc, struct state state)
{
	return derived_by(/* locked = */ false, dir, proc, state);
}

static void a_create_that_is_gone_is_stopped_also_for_who_holds_the_lock(void **data)
{
	const struct test_dir *root = *data;
	struct state state = example();
	struct error err;
	autoclose int proc = open("/proc", O_RDONLY | O_DIRECTORY);
	autoclose int dir = state_claim(root->fd, "web-1", &err);

	state.status = STATUS_CREATING;
	state.pid = 0;
	assert_int_equal(derived(dir, proc, state), STATUS_CREATING);
	assert_int_equal(derived_by(/* locked = */ true, dir, proc, state), STATUS_STOPPED);
}

static void the_status_follows_the_process_whatever_was_saved(void **data)
{
	const struct test_dir *root = *data;
	struct state state = example();
	struct error err;
	autoclose int proc = open("/proc", O_RDONLY | O_DIRECTORY);
	autoclose int dir = state_claim(root->fd, "web-1", &err);
	const pid_t child = fork_bound();

	if (child == 0) {
		for (;;)
			pause();
	}
	state.pid = child;
	assert_true(process_start_time(proc, child, &state.start_time));

	put_socket(dir, true);
	assert_int_equal(derived(dir, proc, state), STATUS_CREATED);
	put_socket(dir, false); /* start has succeeded; the status was never saved */
	assert_int_equal(derived(dir, proc, state), STATUS_RUNNING);

	/* Another process has the pid now: it started later. */
	state.start_time--;
	assert_int_equal(derived(dir, proc, state), STATUS_STOPPED);
	state.start_time++;

	/* A zombie is stopped, though the pid exists. */
	kill(child, SIGKILL);
	siginfo_t info;

	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(kill(child, 0), 0);
	assert_int_equal(derived(dir, proc, state), STATUS_STOPPED);
	waitpid(child, NULL, 0);
	assert_int_equal(derived(dir, proc, state), STATUS_STOPPED);
}

static void a_create_that_died_left_a_stopped_container(void **data)
{
	const struct test_dir *root = *data;
	struct state state = example();
	struct error err;
	autoclose int proc = open("/proc", O_RDONLY | O_DIRECTORY);
	autoclose int dir = state_claim(root->fd, "web-1", &err);

	state.status = STATUS_CREATING;
	state.pid = 0;
	assert_int_equal(derived(dir, proc, state), STATUS_CREATING); /* we hold the lock */
	lock_release(dir);
	assert_int_equal(derived(dir, proc, state), STATUS_STOPPED);
}

static void the_printed_state_has_what_engines_read(void **)
{
	struct state state = example();
	autobuf struct buf text = {};
	struct json_out out = { .buf = &text };

	state_print(&state, &out, false);
	assert_string_equal(text.data, "{\"ociVersion\":\"1.3.0\",\"id\":\"web-1\",\"pid\":4711,"
				       "\"status\":\"created\",\"bundle\":\"/srv/bundle\","
				       "\"rootfs\":\"/srv/bundle/rootfs\","
				       "\"created\":\"2026-01-31T23:59:59.000000001Z\","
				       "\"annotations\":{\"a/b\":\"1\",\"\":\"\\\"quoted\\\"\\n\"},"
				       "\"owner\":\"#1000\"}");

	/* CRI-O decodes over its old value: a pid that is left out would stay. */
	buf_reset(&text);
	out = (struct json_out){ .buf = &text };
	state.status = STATUS_STOPPED;
	state_print(&state, &out, true);
	assert_non_null(strstr(text.data, "\"pid\":0"));
	assert_non_null(strstr(text.data, "\"brig\":{\"uidMappings\""));
}

/* --- the lock --- */

static void the_lock_has_one_holder_and_ends_with_it(void **data)
{
	const struct test_dir *root = *data;
	struct error err;
	int ready[2];
	autoclose int made = state_claim(root->fd, "web-1", &err);

	lock_release(made);
	assert_int_equal(pipe(ready), 0);

	const pid_t child = fork_bound();

	if (child == 0) {
		const int dir = lock_take(root->fd, "web-1", 0, &err);

		if (dir < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	char byte;

	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_true(lock_is_held(made));
	assert_int_equal(lock_take(root->fd, "web-1", 0, &err), -1);
	assert_int_equal(err.code, EWOULDBLOCK);
	assert_int_equal(lock_take(root->fd, "web-1", 20, &err), -1);

	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_false(lock_is_held(made));
	autoclose int dir = lock_take(root->fd, "web-1", 0, &err);

	assert_true(dir >= 0);
	close(ready[0]);
	close(ready[1]);
}

/* The holder deletes the container while we wait, and the id is claimed anew. */
static void a_waiter_never_holds_the_lock_of_a_deleted_container(void **data)
{
	const struct test_dir *root = *data;
	struct error err;
	autoclose int old = state_claim(root->fd, "web-1", &err);
	const pid_t child = fork_bound();

	if (child == 0) {
		struct stat held, named;
		const int dir = lock_take(root->fd, "web-1", -1, &err);

		if (dir < 0)
			_exit(err.code == ENOENT ? 2 : 1);
		_exit(fstat(dir, &held) == 0 && fstatat(root->fd, "web-1", &named, 0) == 0 &&
				      held.st_ino == named.st_ino
			      ? 3
			      : 4);
	}

	usleep(20'000); /* it waits now; if not, the test passes without having tested much */
	assert_int_equal(state_remove(root->fd, "web-1", -1, &err), 0);
	lock_release(old);

	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 2);
}

static void a_copy_of_the_lock_in_a_child_does_not_keep_it(void **data)
{
	const struct test_dir *root = *data;
	struct error err;
	autoclose int dir = state_claim(root->fd, "web-1", &err);
	const pid_t child = fork_bound();

	if (child == 0) {
		for (;;)
			pause();
	}
	lock_release(dir);
	autoclose int again = lock_take(root->fd, "web-1", 0, &err);

	assert_true(again >= 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* --- the root --- */

static void the_state_root_is_made_for_us_alone(void **data)
{
	const struct test_dir *dir = *data;
	autoarena struct arena arena = {};
	const char *path = NULL;
	struct error err;
	struct stat st;
	char option[128];

	snprintf(option, sizeof option, "%s//a/b/", dir->path);
	autoclose int root = root_open(option, &arena, &path, &err);

	assert_true(root >= 0);
	assert_int_equal(fstat(root, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	snprintf(option, sizeof option, "%s/a/b", dir->path);
	assert_string_equal(path, option);
}

static void a_root_that_others_can_change_is_refused(void **data)
{
	const struct test_dir *dir = *data;
	autoarena struct arena arena = {};
	struct error err;
	char option[128];

	snprintf(option, sizeof option, "%s/root", dir->path);
	assert_int_equal(mkdir(option, 0700), 0);
	assert_int_equal(chmod(option, 0770), 0);
	assert_int_equal(root_open(option, &arena, NULL, &err), -1);
	assert_non_null(strstr(err.text, "writable by others"));

	snprintf(option, sizeof option, "%s/link", dir->path);
	assert_int_equal(symlink("/etc", option), 0);
	assert_int_equal(root_open(option, &arena, NULL, &err), -1);
	assert_true(err.remedy[0] != '\0');
}

static void a_root_of_another_user_is_refused(void **data)
{
	const struct test_dir *dir = *data;
	autoarena struct arena arena = {};
	struct error err;
	char option[128];

	if (geteuid() != 0)
		skip();
	snprintf(option, sizeof option, "%s/root", dir->path);
	assert_int_equal(mkdir(option, 0700), 0);
	assert_int_equal(chown(option, 12'345, 0), 0);
	assert_int_equal(root_open(option, &arena, NULL, &err), -1);
	assert_non_null(strstr(err.text, "12345"));
}

static void root_of_the_host_has_one_default_whatever_the_environment(void **)
{
	autoarena struct arena arena = {};
	const char *path = NULL;
	struct error err;

	if (!root_is_system())
		skip();
	for (int i = 0; i < 3; i++) {
		if (i == 0)
			unsetenv("XDG_RUNTIME_DIR");
		else
			setenv("XDG_RUNTIME_DIR", i == 1 ? "" : "/tmp", 1);
		autoclose int root = root_open(NULL, &arena, &path, &err);

		assert_true(root >= 0);
		assert_string_equal(path, "/run/brig");
	}
	unsetenv("XDG_RUNTIME_DIR");
}

#define with_dir(test) cmocka_unit_test_setup_teardown(test, test_dir_make, test_dir_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_dir(a_state_is_read_back_as_it_was_saved),
		with_dir(an_id_can_be_claimed_once),
		with_dir(an_absent_container_does_not_exist),
		with_dir(a_name_that_is_no_id_never_reaches_the_file_system),
		with_dir(a_link_in_place_of_a_container_is_not_followed),
		with_dir(a_damaged_state_is_refused_with_its_place_and_can_still_be_removed),
		cmocka_unit_test(values_that_would_reach_beyond_the_container_are_refused),
		with_dir(a_state_of_another_container_is_refused),
		with_dir(containers_are_listed_in_order_also_broken_ones),
		with_dir(the_status_follows_the_process_whatever_was_saved),
		with_dir(a_create_that_died_left_a_stopped_container),
		with_dir(a_create_that_is_gone_is_stopped_also_for_who_holds_the_lock),
		cmocka_unit_test(the_printed_state_has_what_engines_read),
		with_dir(the_lock_has_one_holder_and_ends_with_it),
		with_dir(a_waiter_never_holds_the_lock_of_a_deleted_container),
		with_dir(a_copy_of_the_lock_in_a_child_does_not_keep_it),
		with_dir(the_state_root_is_made_for_us_alone),
		with_dir(a_root_that_others_can_change_is_refused),
		with_dir(a_root_of_another_user_is_refused),
		cmocka_unit_test(root_of_the_host_has_one_default_whatever_the_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
