#include "kernel/process.h"

#include "base/cleanup.h"
#include "kernel/procfs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "in_child.h"
#include "kernel_has.h"
#include "skip_because.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static void drop_effective(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {};

	CHECK(syscall(SYS_capset, &header, data) == 0);
}

static void set_limits(void)
{
	struct error err;
	struct rlimit limit = { 100, 200 }, now;

	CHECK(process_set_rlimit(0, RLIMIT_NOFILE, &limit, false, "/process/rlimits/0", &err) == 0);
	CHECK(getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_cur == 100 && now.rlim_max == 200);

	drop_effective();
	limit = (struct rlimit){ 100, 300 };
	CHECK(process_set_rlimit(0, RLIMIT_NOFILE, &limit, false, "/process/rlimits/0", &err) ==
	      -1);
	CHECK(err.code == EPERM && strcmp(err.where, "/process/rlimits/0") == 0);
	CHECK(strstr(err.text, "RLIMIT_NOFILE to 100:300"));
	CHECK(strstr(err.remedy, "at most 200"));

	/* the same as a default: as much of it as there is */
	limit = (struct rlimit){ 250, RLIM_INFINITY };
	CHECK(process_set_rlimit(0, RLIMIT_NOFILE, &limit, true, "policy", &err) == 0);
	CHECK(getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_cur == 200 && now.rlim_max == 200);

	/* and never more than the default says */
	limit = (struct rlimit){ 50, 60 };
	CHECK(process_set_rlimit(0, RLIMIT_NOFILE, &limit, true, "policy", &err) == 0);
	CHECK(getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_cur == 50 && now.rlim_max == 60);

	limit = (struct rlimit){ 20, 10 };
	CHECK(process_set_rlimit(0, RLIMIT_CPU, &limit, false, "x", &err) == -1);
	CHECK(err.code == EINVAL && strstr(err.remedy, "soft"));
}

static void a_raised_hard_limit_is_refused_when_asked_for_and_lowered_when_a_default(void **)
{
	passes(set_limits);
}

static void every_limit_has_its_name(void **)
{
	for (int resource = 0; resource < RLIM_NLIMITS; resource++)
		assert_string_not_equal(process_rlimit_name(resource), "RLIMIT_?");
	assert_string_equal(process_rlimit_name(RLIMIT_RTTIME), "RLIMIT_RTTIME");
	assert_string_equal(process_rlimit_name(RLIM_NLIMITS), "RLIMIT_?");
	assert_string_equal(process_rlimit_name(-1), "RLIMIT_?");
}

static void adjust_oom(void)
{
	struct error err;
	const int proc = procfs_open(&err);
	char text[16];

	CHECK(process_set_oom_score_adj(proc, 0, 500, &err) == 0);
	CHECK(procfs_read(proc, "self/oom_score_adj", text, sizeof text, &err) > 0);
	CHECK(strcmp(text, "500\n") == 0);
	CHECK(process_set_oom_score_adj(proc, getpid(), 501, &err) == 0);
	drop_effective();
	CHECK(process_set_oom_score_adj(proc, 0, -1000, &err) == -1);
	CHECK(err.code == EACCES && strcmp(err.where, "/process/oomScoreAdj") == 0);
	CHECK(strstr(err.remedy, "CAP_SYS_RESOURCE"));
	CHECK(process_set_oom_score_adj(proc, 0, 2000, &err) == -1);
	CHECK(err.code == EINVAL && strstr(err.remedy, "1000"));
}

static void lowering_oom_score_adj_without_the_right_names_a_remedy(void **)
{
	needs_call(openat2);
	passes(adjust_oom);
}

static void become_somebody(void)
{
	const gid_t groups[] = { 4000, 4001 };
	const struct process_ids ids = {
		.uid = 3000, .gid = 3001, .groups = groups, .n_groups = ARRAY_LEN(groups)
	};
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2], before[2];
	struct error err;
	uid_t uids[3];
	gid_t gids[3], held[8];

	CHECK(syscall(SYS_capget, &header, before) == 0);
	CHECK(process_set_ids(&ids, &err) == 0);
	CHECK(getresuid(&uids[0], &uids[1], &uids[2]) == 0);
	CHECK(uids[0] == 3000 && uids[1] == 3000 && uids[2] == 3000);
	CHECK(getresgid(&gids[0], &gids[1], &gids[2]) == 0);
	CHECK(gids[0] == 3001 && gids[1] == 3001 && gids[2] == 3001);
	CHECK(getgroups(ARRAY_LEN(held), held) == 2 && held[0] == 4000 && held[1] == 4001);
	CHECK(syscall(SYS_capget, &header, data) == 0);
	CHECK(data[0].permitted == before[0].permitted && data[0].effective == 0);
	CHECK(setresuid(0, 0, 0) == -1);
}

static void become_nobody_known(void)
{
	const struct process_ids unmapped_user = { .uid = 7, .keep_groups = true };
	const struct process_ids unmapped_group = { .gid = 7, .keep_groups = true };
	const gid_t group = 7;
	const struct process_ids unmapped_groups = { .groups = &group, .n_groups = 1 };
	char map[32];
	struct error err;
	const int proc = procfs_open(&err);
	const unsigned uid = geteuid(), gid = getegid();

	if (unshare(CLONE_NEWUSER) < 0)
		_exit(77);
	snprintf(map, sizeof map, "0 %u 1", uid);
	CHECK(procfs_write(proc, "self/uid_map", map, &err) == 0);
	snprintf(map, sizeof map, "0 %u 1", gid);
	CHECK(procfs_write(proc, "self/setgroups", "deny", &err) == 0);
	CHECK(procfs_write(proc, "self/gid_map", map, &err) == 0);

	CHECK(process_set_ids(&unmapped_user, &err) == -1);
	CHECK(err.code == EINVAL && strcmp(err.where, "/process/user/uid") == 0);
	CHECK(strstr(err.remedy, "mapping"));
	CHECK(process_set_ids(&unmapped_group, &err) == -1);
	CHECK(strcmp(err.where, "/process/user/gid") == 0);
	CHECK(process_set_ids(&unmapped_groups, &err) == -1);
	CHECK(strcmp(err.where, "/process/user/additionalGids") == 0);

	const struct process_ids root = { .keep_groups = true };

	CHECK(process_set_ids(&root, &err) == 0);
}

static void ids_change_for_good_and_the_permitted_capabilities_stay(void **)
{
	if (geteuid() != 0)
		skip_because("needs root");
	passes(become_somebody);
}

static void an_id_without_a_mapping_is_named(void **)
{
	const int status = in_child(become_nobody_known);

	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip_because("no user namespace of ours here");
	assert_int_equal(status, 0);
}

static void set_attributes(void)
{
	struct error err;
	char name[16];
	int signal;

	CHECK(process_set_no_new_privs(&err) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	CHECK(process_set_dumpable(false, &err) == 0 && prctl(PR_GET_DUMPABLE) == 0);
	CHECK(process_set_dumpable(true, &err) == 0 && prctl(PR_GET_DUMPABLE) == 1);
	CHECK(process_set_death_signal(SIGKILL, &err) == 0);
	CHECK(prctl(PR_GET_PDEATHSIG, &signal) == 0 && signal == SIGKILL);
	process_set_name("brig:[a long name]", &(struct process_title){});
	CHECK(prctl(PR_GET_NAME, name) == 0 && strcmp(name, "brig:[a long na") == 0);
}

static void the_command_line_becomes_a_title_and_its_strings_stay(void **)
{
	char memory[] = "brig\0create\0--bundle\0/srv/secret\0w1";
	char *words[] = { memory, memory + 5, memory + 12, memory + 21, memory + 33, NULL };
	char **argv = words;
	struct process_title title = process_take_title(&argv);

	assert_ptr_equal(title.start, memory);
	assert_int_equal(title.size, sizeof memory);
	process_set_name("brig:[init]", &title);
	assert_string_equal(memory, "brig:[init]");
	for (size_t i = strlen("brig:[init]"); i < sizeof memory; i++)
		assert_int_equal(memory[i], 0);
	assert_string_equal(argv[3], "/srv/secret");
	assert_string_equal(argv[4], "w1");
	assert_null(argv[5]);
	free(title.moved);
}

static void a_command_line_in_pieces_is_left_alone(void **)
{
	char memory[] = "brig\0?state";
	char *words[] = { memory, memory + 6, NULL };
	char **argv = words;
	struct process_title title = process_take_title(&argv);

	assert_int_equal(title.size, 0);
	assert_ptr_equal(argv, words);
	process_set_name("brig:[init]", &title);
	assert_string_equal(memory, "brig");
}

static void attributes_are_what_they_were_set_to(void **)
{
	passes(set_attributes);
}

static void close_all(void)
{
	struct error err;
	const int fd = open("/dev/null", O_RDONLY);

	CHECK(dup2(fd, 500) == 500);
	CHECK(process_close_fds_from(3, &err) == 0);
	CHECK(fcntl(fd, F_GETFD) == -1 && fcntl(500, F_GETFD) == -1);
	CHECK(fcntl(2, F_GETFD) >= 0);
}

static void descriptors_from_a_number_on_are_closed(void **)
{
	passes(close_all);
}

static void a_pidfd_tells_the_end_of_its_process(void **)
{
	struct error err;
	const pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}

	autoclose int pidfd = process_open(pid, &err);

	assert_true(pidfd >= 0);
	assert_false(process_has_ended(pidfd));
	assert_int_equal(process_signal(pidfd, SIGKILL, &err), 0);
	while (!process_has_ended(pidfd))
		usleep(1000);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(process_signal(pidfd, SIGKILL, &err), -1);
	assert_int_equal(err.code, ESRCH);
	assert_int_equal(process_open(pid, &err), -1);
	assert_int_equal(err.code, ESRCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_raised_hard_limit_is_refused_when_asked_for_and_lowered_when_a_default),
		cmocka_unit_test(every_limit_has_its_name),
		cmocka_unit_test(lowering_oom_score_adj_without_the_right_names_a_remedy),
		cmocka_unit_test(ids_change_for_good_and_the_permitted_capabilities_stay),
		cmocka_unit_test(an_id_without_a_mapping_is_named),
		cmocka_unit_test(attributes_are_what_they_were_set_to),
		cmocka_unit_test(the_command_line_becomes_a_title_and_its_strings_stay),
		cmocka_unit_test(a_command_line_in_pieces_is_left_alone),
		cmocka_unit_test(descriptors_from_a_number_on_are_closed),
		cmocka_unit_test(a_pidfd_tells_the_end_of_its_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
