/* Real cgroups, below a directory of our own at the cgroup2 mount; skipped where that cannot be made. */
#include "kernel/cgroup.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/cgroup_internal.h"
#include "kernel/namespace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel_has.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

struct fixture {
	int root; /* of cgroup2; -1: no test can be made here */
	char top[64];
	pid_t children[8];
	size_t n_children;
	struct arena arena;
};

static char *path_of(struct fixture *f, const char *below)
{
	return arena_printf(&f->arena, "/%s%s", f->top, below);
}

static int setup(void **state)
{
	static struct fixture fixture;
	struct error err;

	fixture = (struct fixture){};
	snprintf(fixture.top, sizeof fixture.top, "brig-unit-%d", (int)getpid());
	fixture.root = cgroup_root(&fixture.arena, NULL, &err);
	*state = &fixture;
	if (fixture.root < 0)
		return 0;

	const bool made = mkdirat(fixture.root, fixture.top, 0755) == 0;
	autoclose int top = cgroup_open(fixture.root, path_of(&fixture, ""), &err);

	if (top < 0) { /* also where an emulator has no openat2(2) */
		if (made)
			(void)unlinkat(fixture.root, fixture.top, AT_REMOVEDIR);
		close(fixture.root);
		fixture.root = -1;
	}
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	struct error err = {};

	for (size_t i = 0; i < f->n_children; i++) {
		kill(f->children[i], SIGKILL);
		waitpid(f->children[i], NULL, 0);
	}
	if (f->root >= 0) {
		const char *top = path_of(f, "");
		autoclose int fd = cgroup_open(f->root, top, &err);

		if (fd >= 0 && cgroup_remove(f->root, top, 1, &err) < 0)
			fprintf(stderr, "left behind: %s: %s\n", top, err.text);
		close(f->root);
	}
	arena_free(&f->arena);
	return 0;
}

static struct fixture *need(void **state)
{
	struct fixture *f = *state;

	needs_call(openat2);
	if (f->root < 0)
		skip_because("no cgroup2 that we may make cgroups in");
	return f;
}

/* A process that does nothing but wait for its end. */
static pid_t child_in(struct fixture *f, int cgroup)
{
	struct error err;
	const pid_t pid = fork();

	if (pid == 0) {
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	f->children[f->n_children++] = pid;
	assert_int_equal(cgroup_attach(cgroup, pid, &err), 0);
	return pid;
}

static int make(struct fixture *f, const char *below, unsigned *ret_made)
{
	struct error err = {};
	const int fd = cgroup_create(f->root, path_of(f, below), "", ret_made, &err);

	if (fd < 0)
		print_error("%s\n", err.text);
	assert_true(fd >= 0);
	return fd;
}

static bool exists(struct fixture *f, const char *below)
{
	return faccessat(f->root, path_of(f, below) + 1, F_OK, 0) == 0;
}

static void the_root_is_a_cgroup2_file_system(void **state)
{
	struct fixture *f = need(state);

	assert_int_equal(faccessat(f->root, "cgroup.controllers", F_OK, 0), 0);
}

static void creating_counts_the_components_that_were_missing(void **state)
{
	struct fixture *f = need(state);
	unsigned made = 99;

	close(make(f, "/a/b/c", &made));
	assert_int_equal(made, 3);
	close(make(f, "/a/b/d", &made));
	assert_int_equal(made, 1);
	close(make(f, "/a/b/d", &made)); /* there, and empty: taken over */
	assert_int_equal(made, 0);
}

static void a_populated_cgroup_is_refused(void **state)
{
	struct fixture *f = need(state);
	struct error err = {};
	unsigned made;
	autoclose int cgroup = make(f, "/used", &made);

	child_in(f, cgroup);
	assert_int_equal(cgroup_create(f->root, path_of(f, "/used"), "", &made, &err), -1);
	assert_int_equal(err.kind, ERR_STATE);
	assert_non_null(strstr(err.text, "has processes"));
}

static void dots_lead_nowhere(void **state)
{
	struct fixture *f = need(state);
	struct error err = {};
	unsigned made;

	assert_int_equal(cgroup_create(f->root, path_of(f, "/../x"), "", &made, &err), -1);
	assert_int_equal(cgroup_open(f->root, path_of(f, "/../../tmp"), &err), -1);
}

static void an_absent_cgroup_is_told_by_its_code(void **state)
{
	struct fixture *f = need(state);
	struct error err = {};

	assert_int_equal(cgroup_open(f->root, path_of(f, "/none"), &err), -1);
	assert_int_equal(err.code, ENOENT);
}

static void controllers_that_the_root_lacks_are_skipped(void **state)
{
	struct fixture *f = need(state);
	struct error err = {};
	unsigned made;
	autoclose int cgroup =
		cgroup_create(f->root, path_of(f, "/c/leaf"), "no-such-controller", &made, &err);

	assert_true(cgroup >= 0);
}

/* The name of some controller that the root offers; NULL if it has none. */
static const char *some_controller(struct fixture *f)
{
	autobuf struct buf text = {};
	struct error err;

	assert_int_equal(fd_read_file(f->root, "cgroup.controllers", 4096, &text, &err), 0);

	const size_t len = strcspn(buf_text(&text), " \n");

	return len ? arena_strndup(&f->arena, buf_text(&text), len) : NULL;
}

static void controllers_are_enabled_from_the_root_to_the_leaf(void **state)
{
	struct fixture *f = need(state);
	const char *controller = some_controller(f);
	autobuf struct buf text = {};
	struct error err = {};
	unsigned made;

	if (!controller) {
		print_message("skipped: the cgroup2 root has no controllers\n");
		skip();
	}

	autobuf struct buf before = {};

	assert_int_equal(fd_read_file(f->root, "cgroup.subtree_control", 4096, &before, &err), 0);

	autoclose int leaf = cgroup_create(f->root, path_of(f, "/x/leaf"), controller, &made, &err);

	assert_true(leaf >= 0);
	assert_int_equal(fd_read_file(leaf, "cgroup.controllers", 4096, &text, &err), 0);
	assert_non_null(strstr(buf_text(&text), controller));

	if (!strstr(buf_text(&before), controller)) { /* leave the root as it was */
		assert_int_equal(cgroup_remove(f->root, path_of(f, "/x/leaf"), 3, &err), 0);
		assert_int_equal(fd_write_file(f->root, "cgroup.subtree_control",
					       arena_printf(&f->arena, "-%s", controller), &err),
				 0);
	}
}

static void a_parent_with_processes_cannot_hand_down_controllers(void **state)
{
	struct fixture *f = need(state);
	const char *controller = some_controller(f);
	struct error err = {};
	unsigned made;

	if (!controller) {
		print_message("skipped: the cgroup2 root has no controllers\n");
		skip();
	}

	autobuf struct buf before = {};

	assert_int_equal(fd_read_file(f->root, "cgroup.subtree_control", 4096, &before, &err), 0);

	autoclose int parent = make(f, "/p", &made);

	child_in(f, parent);
	assert_int_equal(cgroup_create(f->root, path_of(f, "/p/leaf"), controller, &made, &err),
			 -1);
	assert_int_equal(err.code, EBUSY);
	assert_non_null(strstr(err.text, "has processes of its own"));
	assert_false(exists(f, "/p/leaf"));

	if (!strstr(buf_text(&before), controller)) { /* leave the root as it was */
		assert_int_equal(cgroup_kill(parent, 2000, &err), 0);
		assert_int_equal(cgroup_remove(f->root, path_of(f, "/p"), 2, &err), 0);
		assert_int_equal(fd_write_file(f->root, "cgroup.subtree_control",
					       arena_printf(&f->arena, "-%s", controller), &err),
				 0);
	}
}

static void a_default_without_its_file_is_named_and_goes_on(void **state)
{
	struct fixture *f = need(state);
	const struct cgroup_write writes[] = {
		{ .file = "nothing.max",
		  .value = "1",
		  .from = "policy: nothing",
		  .may_lack = true },
		{ .file = "cgroup.max.depth", .value = "7", .from = "/x" },
	};
	autobuf struct buf text = {};
	const char *missing = NULL;
	struct error err = {};
	unsigned made;
	autoclose int cgroup = make(f, "/limits", &made);

	assert_int_equal(cgroup_apply(cgroup, writes, 2, &f->arena, &missing, &err), 0);
	assert_string_equal(missing, "nothing.max (policy: nothing)");
	assert_int_equal(fd_read_file(cgroup, "cgroup.max.depth", 64, &text, &err), 0);
	assert_string_equal(buf_text(&text), "7\n");
}

static void a_limit_that_was_asked_for_and_has_no_file_is_an_error(void **state)
{
	struct fixture *f = need(state);
	const struct cgroup_write write = { .file = "nothing.max", .value = "1", .from = "/a/b" };
	struct error err = {};
	unsigned made;
	autoclose int cgroup = make(f, "/limits", &made);

	assert_int_equal(cgroup_apply(cgroup, &write, 1, &f->arena, NULL, &err), -1);
	assert_string_equal(err.where, "/a/b");
	assert_non_null(strstr(err.text, "'nothing'"));
	assert_true(*err.remedy);
}

static void the_second_file_stands_in_for_a_missing_first(void **state)
{
	struct fixture *f = need(state);
	const struct cgroup_write write = { .file = "io.bfq.nothing",
					    .value = "1",
					    .from = "/a",
					    .or_file = "cgroup.max.descendants",
					    .or_value = "9" };
	autobuf struct buf text = {};
	struct error err = {};
	unsigned made;
	autoclose int cgroup = make(f, "/limits", &made);

	assert_int_equal(cgroup_apply(cgroup, &write, 1, &f->arena, NULL, &err), 0);
	assert_int_equal(fd_read_file(cgroup, "cgroup.max.descendants", 64, &text, &err), 0);
	assert_string_equal(buf_text(&text), "9\n");
}

static void a_value_that_the_kernel_refuses_names_property_and_value(void **state)
{
	struct fixture *f = need(state);
	const struct cgroup_write write = { .file = "cgroup.max.depth",
					    .value = "many",
					    .from = "/linux/resources/unified/cgroup.max.depth" };
	struct error err = {};
	unsigned made;
	autoclose int cgroup = make(f, "/limits", &made);

	assert_int_equal(cgroup_apply(cgroup, &write, 1, &f->arena, NULL, &err), -1);
	assert_string_equal(err.where, write.from);
	assert_non_null(strstr(err.text, "'many'"));
	assert_int_equal(err.code, EINVAL);
}

static void freezing_is_confirmed_and_undone(void **state)
{
	struct fixture *f = need(state);
	struct error err = {};
	unsigned made;
	autoclose int cgroup = make(f, "/frozen", &made);

	child_in(f, cgroup);
	assert_int_equal(cgroup_is_frozen(cgroup, &err), 0);
	assert_int_equal(cgroup_freeze(cgroup, true, 2000, &err), 0);
	assert_int_equal(cgroup_is_frozen(cgroup, &err), 1);
	assert_int_equal(cgroup_freeze(cgroup, false, 2000, &err), 0);
	assert_int_equal(cgroup_is_frozen(cgroup, &err), 0);
}

static void a_thaw_below_a_frozen_cgroup_times_out_with_the_reason(void **state)
{
	struct fixture *f = need(state);
	struct error err = {};
	unsigned made;
	autoclose int above = make(f, "/above", &made);
	autoclose int below = make(f, "/above/below", &made);

	child_in(f, below);
	assert_int_equal(cgroup_freeze(above, true, 2000, &err), 0);
	assert_int_equal(cgroup_freeze(below, false, 50, &err), -1);
	assert_int_equal(err.code, ETIMEDOUT);
	assert_non_null(strstr(err.remedy, "above"));
	assert_int_equal(cgroup_freeze(above, false, 2000, &err), 0);
}

static void kill_ends_every_process_below_also_frozen_ones(void **state)
{
	struct fixture *f = need(state);
	struct error err = {};
	unsigned made;
	autoclose int top = make(f, "/kill", &made);
	autoclose int a = make(f, "/kill/a", &made);
	autoclose int b = make(f, "/kill/a/b", &made);

	child_in(f, top);
	child_in(f, a);
	child_in(f, b);
	assert_int_equal(cgroup_freeze(b, true, 2000, &err), 0);
	assert_int_equal(cgroup_is_populated(top, &err), 1);
	assert_int_equal(cgroup_kill(top, 5000, &err), 0);
	assert_int_equal(cgroup_is_populated(top, &err), 0);
}

static void pids_are_those_of_the_cgroup_and_all_below(void **state)
{
	struct fixture *f = need(state);
	struct error err = {};
	pid_t expected[3], *pids;
	unsigned made;
	size_t n;
	autoclose int top = make(f, "/pids", &made);
	autoclose int a = make(f, "/pids/a", &made);
	autoclose int c = make(f, "/pids/b/c/d", &made);

	expected[0] = child_in(f, top);
	expected[1] = child_in(f, a);
	expected[2] = child_in(f, c);
	assert_int_equal(cgroup_pids(top, &f->arena, &pids, &n, &err), 0);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < 3; i++) {
		bool found = false;

		for (size_t j = 0; j < n; j++)
			found |= pids[j] == expected[i];
		assert_true(found);
	}
}

static void a_signal_reaches_every_process_below(void **state)
{
	struct fixture *f = need(state);
	struct error err = {};
	unsigned made;
	autoclose int top = make(f, "/signal", &made);
	autoclose int a = make(f, "/signal/a", &made);
	const pid_t pids[] = { child_in(f, top), child_in(f, a) };

	assert_int_equal(cgroup_signal(top, SIGTERM, &err), 0);
	assert_int_equal(cgroup_is_frozen(top, &err), 0);
	for (size_t i = 0; i < 2; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	}
	f->n_children = 0;
}

static void a_process_knows_its_cgroup(void **state)
{
	struct fixture *f = need(state);
	autoclose int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *path;
	struct error err = {};
	unsigned made;
	autoclose int cgroup = make(f, "/home", &made);
	const pid_t pid = child_in(f, cgroup);

	assert_int_equal(cgroup_path_of(proc, pid, &f->arena, &path, &err), 0);
	assert_string_equal(path, path_of(f, "/home"));
}

static void removing_takes_what_the_workload_made_below(void **state)
{
	struct fixture *f = need(state);
	struct error err = {};
	unsigned made;

	close(make(f, "/r", &made));
	for (char name = 'a'; name <= 'j'; name++) {
		char below[64];

		snprintf(below, sizeof below, "/r/%c/x/y/%c/z", name, name);
		close(make(f, below, &made));
		snprintf(below, sizeof below, "/r/%c/w", name);
		close(make(f, below, &made));
	}
	assert_int_equal(cgroup_remove(f->root, path_of(f, "/r"), 1, &err), 0);
	assert_false(exists(f, "/r"));
}

/* One descriptor for each level would run out here: the limit of this process is lower. */
static void removing_needs_no_descriptor_for_each_level(void **state)
{
	enum { DEPTH = 120, FDS = 16 };
	struct fixture *f = need(state);
	struct error err = {};
	char *below = arena_alloc(&f->arena, 3 * DEPTH + 8);
	struct rlimit old, few;
	unsigned made;

	strcpy(below, "/deep");
	for (int i = 0; i < DEPTH; i++)
		strcat(below, "/d");
	close(make(f, below, &made));

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = old;
	few.rlim_cur = FDS;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);

	const int removed = cgroup_remove(f->root, path_of(f, "/deep"), 1, &err);

	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(removed, 0);
	assert_false(exists(f, "/deep"));
}

static void removing_waits_for_processes_that_are_about_to_leave(void **state)
{
	struct fixture *f = need(state);
	const struct timespec moment = { .tv_nsec = 50'000'000 };
	struct error err = {};
	unsigned made;
	autoclose int cgroup = make(f, "/leave/below", &made);
	const pid_t pid = child_in(f, cgroup), killer = fork();

	if (killer == 0) {
		nanosleep(&moment, NULL);
		kill(pid, SIGKILL);
		_exit(0);
	}
	assert_int_equal(cgroup_remove(f->root, path_of(f, "/leave"), 1, &err), 0);
	assert_false(exists(f, "/leave"));
	waitpid(killer, NULL, 0);
}

static void removing_gives_up_on_a_process_that_stays(void **state)
{
	struct fixture *f = need(state);
	struct error err = {};
	unsigned made;
	autoclose int cgroup = make(f, "/stay", &made);

	child_in(f, cgroup);
	assert_int_equal(cgroup_remove(f->root, path_of(f, "/stay"), 1, &err), -1);
	assert_int_equal(err.kind, ERR_STATE);
	assert_int_equal(err.code, EBUSY);
	assert_true(exists(f, "/stay"));
	assert_int_equal(cgroup_kill(cgroup, 2000, &err), 0);
}

/* systemd does that, as soon as the last process has died. */
static void killing_what_another_has_removed_is_success(void **state)
{
	struct fixture *f = need(state);
	struct error err = {};
	unsigned made;
	autoclose int cgroup = make(f, "/removed", &made);

	assert_int_equal(cgroup_remove(f->root, path_of(f, "/removed"), 1, &err), 0);
	assert_int_equal(cgroup_kill(cgroup, 2000, &err), 0);
	assert_int_equal(cgroup_freeze(cgroup, true, 2000, &err), -1);
}

static void removing_takes_the_parents_that_were_made_and_are_empty(void **state)
{
	struct fixture *f = need(state);
	struct error err = {};
	unsigned made, other;

	close(make(f, "/m/n/o", &made));
	close(make(f, "/m/p", &other));
	assert_int_equal(cgroup_remove(f->root, path_of(f, "/m/n/o"), made, &err), 0);
	assert_false(exists(f, "/m/n"));
	assert_true(exists(f, "/m/p")); /* used by another */
	assert_int_equal(cgroup_remove(f->root, path_of(f, "/m/p"), other, &err), 0);
	assert_true(exists(f, "/m"));
}

static void removing_what_is_gone_is_success(void **state)
{
	struct fixture *f = need(state);
	struct error err = {};

	assert_int_equal(cgroup_remove(f->root, path_of(f, "/never"), 1, &err), 0);
	assert_int_equal(cgroup_remove(f->root, path_of(f, "/never/was"), 2, &err), 0);
	assert_int_equal(cgroup_remove(f->root, "/", 1, &err), -1);
}

static void delegating_gives_the_directory_and_the_files_that_are_safe(void **state)
{
	struct fixture *f = need(state);
	struct error err = {};
	struct stat st;
	unsigned made;
	autoclose int cgroup = make(f, "/given", &made);

	if (getuid() != 0) {
		print_message("skipped: only root may give files away\n");
		skip();
	}
	assert_int_equal(cgroup_delegate(cgroup, 12345, 12346, &err), 0);
	assert_int_equal(fstatat(cgroup, "", &st, AT_EMPTY_PATH), 0);
	assert_int_equal(st.st_uid, 12345);
	assert_int_equal(fstatat(cgroup, "cgroup.procs", &st, 0), 0);
	assert_int_equal(st.st_gid, 12346);
	assert_int_equal(fstatat(cgroup, "cgroup.max.depth", &st, 0), 0);
	assert_int_equal(st.st_uid, 0); /* a limit stays ours */
	assert_int_equal(fstatat(cgroup, "cgroup.kill", &st, 0), 0);
	assert_int_equal(st.st_uid, 0);
}

static void a_mark_tells_whose_cgroup_it_is(void **state)
{
	struct fixture *f = need(state);
	struct error err = {};
	unsigned made;
	autoclose int cgroup = make(f, "/mine", &made);

	assert_false(cgroup_is_marked(cgroup, "c1 today"));
	assert_int_equal(cgroup_mark(cgroup, "c1 today", &err), 0);
	assert_true(cgroup_is_marked(cgroup, "c1 today"));
	assert_false(cgroup_is_marked(cgroup, "c1"));
	assert_false(cgroup_is_marked(cgroup, "c2 today"));
	assert_int_equal(cgroup_mark(cgroup, "c2 today", &err), 0);
	assert_false(cgroup_is_marked(cgroup, "c1 today"));
}

static void a_cgroup_is_found_by_what_its_mark_begins_with(void **state)
{
	struct fixture *f = need(state);
	autoarena struct arena arena = {};
	struct cgroup_found found = {};
	struct error err = {};
	unsigned made;
	autoclose int other = make(f, "/a/other", &made), cgroup = make(f, "/a/mine", &made);

	assert_int_equal(cgroup_find(f->root, "c1 5:7 ", &arena, &found, &err), 0);
	assert_int_equal(cgroup_mark(other, "c1 5:77 today", &err), 0);
	assert_int_equal(cgroup_mark(cgroup, "c1 5:7 today", &err), 0);
	assert_int_equal(cgroup_find(f->root, "c1 5:7 ", &arena, &found, &err), 1);
	assert_string_equal(strstr(found.path, "/a/"), "/a/mine");
	assert_string_equal(found.owner, "c1 5:7 today");
}

static void a_mark_that_a_workload_can_forge_does_not_count_for_root(void **state)
{
	struct fixture *f = need(state);
	autoarena struct arena arena = {};
	struct cgroup_found found = {};
	struct error err = {};
	unsigned made;
	autoclose int forged = make(f, "/forged", &made);
	autoclose int dir = openat(forged, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (geteuid() != 0 || !ns_is_initial_user())
		skip_because("only the host's root can tell them apart");
	assert_int_equal(fsetxattr(dir, "user.brig", "c1 5:7 today", 12, 0), 0);
	assert_false(cgroup_is_marked(forged, "c1 5:7 today"));
	assert_false(cgroup_has_mark(forged));
	assert_int_equal(cgroup_find(f->root, "c1 5:7 ", &arena, &found, &err), 0);
}

struct visits {
	struct fixture *f;
	int n;
};

static int remove_the_second(int, void *data, struct error *)
{
	struct visits *visits = data;

	if (++visits->n == 2)
		return unlinkat(visits->f->root, path_of(visits->f, "/a") + 1, AT_REMOVEDIR);
	return 0;
}

static void a_walk_goes_on_when_a_cgroup_is_removed_under_its_feet(void **state)
{
	struct visits visits = { .f = need(state) };
	struct error err = {};
	unsigned made;

	close(make(visits.f, "/a", &made));
	autoclose int top = cgroup_open(visits.f->root, path_of(visits.f, ""), &err);

	if (cgroup_walk(top, remove_the_second, &visits, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(visits.n, 2);
	assert_false(exists(visits.f, "/a"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_root_is_a_cgroup2_file_system),
		TEST(creating_counts_the_components_that_were_missing),
		TEST(a_populated_cgroup_is_refused),
		TEST(dots_lead_nowhere),
		TEST(an_absent_cgroup_is_told_by_its_code),
		TEST(controllers_that_the_root_lacks_are_skipped),
		TEST(controllers_are_enabled_from_the_root_to_the_leaf),
		TEST(a_parent_with_processes_cannot_hand_down_controllers),
		TEST(a_default_without_its_file_is_named_and_goes_on),
		TEST(a_limit_that_was_asked_for_and_has_no_file_is_an_error),
		TEST(the_second_file_stands_in_for_a_missing_first),
		TEST(a_value_that_the_kernel_refuses_names_property_and_value),
		TEST(freezing_is_confirmed_and_undone),
		TEST(a_thaw_below_a_frozen_cgroup_times_out_with_the_reason),
		TEST(kill_ends_every_process_below_also_frozen_ones),
		TEST(pids_are_those_of_the_cgroup_and_all_below),
		TEST(a_signal_reaches_every_process_below),
		TEST(a_process_knows_its_cgroup),
		TEST(removing_takes_what_the_workload_made_below),
		TEST(removing_needs_no_descriptor_for_each_level),
		TEST(removing_waits_for_processes_that_are_about_to_leave),
		TEST(removing_gives_up_on_a_process_that_stays),
		TEST(killing_what_another_has_removed_is_success),
		TEST(removing_takes_the_parents_that_were_made_and_are_empty),
		TEST(removing_what_is_gone_is_success),
		TEST(a_mark_tells_whose_cgroup_it_is),
		TEST(a_cgroup_is_found_by_what_its_mark_begins_with),
		TEST(a_mark_that_a_workload_can_forge_does_not_count_for_root),
		TEST(delegating_gives_the_directory_and_the_files_that_are_safe),
		TEST(a_walk_goes_on_when_a_cgroup_is_removed_under_its_feet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
