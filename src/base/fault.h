/* base/fault.h: places where a test may kill brig
 *
 * What is left behind when brig dies between two steps can only be tested by dying there. Each
 * step of the lifecycle that leaves something on the host calls fault_point() with its name. The
 * ordinary build links fault_none.c, where the call does nothing and reads nothing; only
 * `make fault` links fault_kill.c.
 */
#ifndef BRIG_BASE_FAULT_H
#define BRIG_BASE_FAULT_H

/**
 * fault_point() - the step @name of the lifecycle was reached
 * @name: words joined by dashes, unique in brig; what $BRIG_FAULT is compared with
 *
 * In a fault build, BRIG_FAULT=NAME ends this process with SIGKILL here, and BRIG_FAULT=NAME:stop
 * halts it with SIGSTOP until somebody continues or kills it.
 */
void fault_point(const char *name);

#endif
