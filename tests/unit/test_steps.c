/* The order of the steps: each comment of child.c and enter.c that says "before" or "after" is a row. */
#include "base/cleanup.h"
#include "launch/child.h"
#include "launch/enter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

struct order {
	const char *first, *second, *why;
};

static const struct order child_orders[] = {
	{ "fds", "namespaces", "an engine's pipe must not stay open in a process that lives on" },
	{ "fds", "id maps", "nothing of the engine's is left when others may look at us" },
	{ "id maps", "root", "files are made as root of the user namespace" },
	{ "id maps", "cgroup namespace", "MAPPED says that we are in our cgroup" },
	{ "cgroup namespace", "mounts", "the cgroup mount shows the namespace's root" },
	{ "not dumpable", "root", "processes of a shared pid namespace must not look at us" },
	{ "root", "mounts", "they are attached below it" },
	{ "mounts", "devices", "after the mount of /dev" },
	{ "mounts", "links", "after the mount of /dev" },
	{ "mounts", "console", "after /dev/pts" },
	{ "mounts", "hidden paths", "after the mounts that they hide" },
	{ "devices", "hidden paths", "nothing may be mounted over a cover" },
	{ "console", "hidden paths", "nothing may be mounted over a cover" },
	{ "hidden paths", "read-only paths", "a cover is not made in what is read-only" },
	{ "cwd", "read-only paths", "it may have to be made" },
	{ "links", "read-only paths", "they have to be made" },
	{ "console", "read-only paths", "its mount point may have to be made" },
	{ "read-only paths", "create hooks", "createContainer hooks see the file system as it is" },
	{ "mounts", "groups", "an ordinary user's groups may open their sources" },
	{ "groups", "create hooks", "they have none of the engine's groups" },
	{ "create hooks", "pivot", "the old root is still in reach" },
	{ "pivot", "program", "it is looked up in the new root" },
	{ "program", "start", "a missing command is an error of create" },
	{ "pivot", "leave the host", "the root's descriptor is needed until then" },
	{ "leave the host", "start", "before any code of the image can run" },
	{ "leave the host", "start hooks", "before any code of the image can run" },
	{ "leave the host", "terminal", "a hang-up is the only thing that can still happen to it" },
	{ "terminal", "start", "who reads create's output to its end calls start after" },
	{ "start", "start hooks", "they belong to start" },
	{ "start hooks", "enter", "they have privileges that the container has not got" },
};

static const struct order enter_orders[] = {
	{ "session", "ids", "the terminal is taken by who opened it" },
	{ "keyring", "seccomp", "keyctl(2) may be forbidden" },
	{ "memory policy", "seccomp", "set_mempolicy(2) may be forbidden" },
	{ "personality", "seccomp", "personality(2) may be forbidden" },
	{ "label", "procfs", "it is written to /proc/self/attr" },
	{ "label", "no_new_privs", "which can forbid the change of profile" },
	{ "procfs", "execve", "no descriptor of the host's stays" },
	{ "bounding set", "ids", "it needs CAP_SETPCAP" },
	{ "bounding set", "capabilities", "it needs CAP_SETPCAP" },
	{ "ids", "capabilities", "which take away CAP_SETUID and CAP_SETGID" },
	{ "ids", "working dir", "it is entered with the rights of the user" },
	{ "capabilities", "working dir", "it is entered with the rights of the user" },
	{ "cwd", "working dir", "first as root, then as the user" },
	{ "capabilities", "no_new_privs", "it is the last of the credentials" },
	{ "no_new_privs", "landlock", "landlock_restrict_self(2) needs it" },
	{ "no_new_privs", "seccomp", "seccomp(2) needs it" },
	{ "landlock", "seccomp", "the profile may forbid its calls" },
	{ "seccomp", "execve", "" },
};

typedef const char *names_of(size_t i);

static size_t place_of(names_of *names, const char *name)
{
	size_t i = 0;

	while (names(i) && strcmp(names(i), name) != 0)
		i++;
	if (!names(i))
		fail_msg("there is no step '%s'", name);
	return i;
}

static void check(names_of *names, const struct order *orders, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (place_of(names, orders[i].first) >= place_of(names, orders[i].second))
			fail_msg("'%s' must come before '%s': %s", orders[i].first,
				 orders[i].second, orders[i].why);
	}
}

static const char *last_of(names_of *names)
{
	size_t i = 0;

	while (names(i + 1))
		i++;
	return names(i);
}

static void the_inits_steps_keep_to_their_order(void **)
{
	check(child_step_name, child_orders, ARRAY_LEN(child_orders));
}

static void the_steps_before_execve_keep_to_their_order(void **)
{
	check(enter_step_name, enter_orders, ARRAY_LEN(enter_orders));
}

static void the_first_step_closes_descriptors(void **)
{
	assert_string_equal(child_step_name(0), "fds");
}

static void seccomp_is_the_last_before_execve(void **)
{
	assert_string_equal(last_of(enter_step_name), "execve");
	assert_int_equal(place_of(enter_step_name, "seccomp") + 1,
			 place_of(enter_step_name, "execve"));
	assert_string_equal(last_of(child_step_name), "enter");
}

static void each_step_has_a_name_of_its_own(void **)
{
	names_of *const lists[] = { child_step_name, enter_step_name };

	for (size_t list = 0; list < ARRAY_LEN(lists); list++) {
		for (size_t i = 0; lists[list](i); i++)
			assert_int_equal(place_of(lists[list], lists[list](i)), i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_inits_steps_keep_to_their_order),
		cmocka_unit_test(the_steps_before_execve_keep_to_their_order),
		cmocka_unit_test(the_first_step_closes_descriptors),
		cmocka_unit_test(seccomp_is_the_last_before_execve),
		cmocka_unit_test(each_step_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests_name("steps", tests, NULL, NULL);
}
