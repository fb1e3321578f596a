/* tests/unit/in_child.h: a test that changes its own process does so in a child */
#ifndef BRIG_TESTS_IN_CHILD_H
#define BRIG_TESTS_IN_CHILD_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a child says instead of assert_…(), which would jump into the parent's test. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			dprintf(STDERR_FILENO, "%s:%d: %s\n", __FILE__, __LINE__, #condition);     \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

/** in_child() - run @check in a child. Return: its wait status, 0 if it returned */
static inline int in_child(void (*check)(void))
{
	const pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		check();
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid ? status : -1;
}

/** passes() - one cmocka test that is a check in a child */
#define passes(check) assert_int_equal(in_child(check), 0)

#endif
