/* tests/unit/skip_because.h: a test that cannot run here says why, and is counted as skipped */
#ifndef BRIG_TESTS_SKIP_BECAUSE_H
#define BRIG_TESTS_SKIP_BECAUSE_H

/** skip_because() - leave the test; tests/lib/run-programs puts the line and the test together */
#define skip_because(reason)                                                                       \
	do {                                                                                       \
		print_message("skipped: %s\n", reason);                                            \
		skip();                                                                            \
	} while (0)

#endif
