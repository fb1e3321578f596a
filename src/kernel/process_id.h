/* kernel/process_id.h: a process named for ever: its pid and when it started
 *
 * A pid is used again after the process has gone. The pid with the start time (field 22 of
 * /proc/PID/stat, proc_pid_stat(5), in clock ticks since boot) is not: what outlives a command keeps
 * both. While a process is being used, hold a pidfd and compare once after it was opened.
 */
#ifndef BRIG_KERNEL_PROCESS_ID_H
#define BRIG_KERNEL_PROCESS_ID_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * process_start_time() - when did @pid start?
 * @proc: fd of procfs
 * Return: false if there is no such process, or it is a zombie or dead
 */
[[nodiscard]] bool process_start_time(int proc, pid_t pid, uint64_t *ret);

/** process_lives() - is @pid still the process that started then, and no zombie? */
[[nodiscard]] bool process_lives(int proc, pid_t pid, uint64_t start_time);

#endif
