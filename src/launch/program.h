/* launch/program.h: which file args[0] is, and the environment it gets */
#ifndef BRIG_LAUNCH_PROGRAM_H
#define BRIG_LAUNCH_PROGRAM_H

#include "base/arena.h"
#include "base/error.h"
#include "plan/plan.h"

/**
 * program_find() - look args[0] up in the PATH of process.env, below the current root directory
 * Done at create, before the start barrier: engines report a missing command from there. The texts
 * are those that Podman and Docker turn into exit status 126 and 127.
 * Return: a path from @arena, or NULL with *err filled
 */
[[nodiscard]] const char *program_find(const struct plan_process *process, struct arena *arena,
				       struct error *err);

/**
 * program_env() - process.env, with HOME from the container's /etc/passwd if the config has none;
 * NULL-terminated
 */
[[nodiscard, gnu::returns_nonnull]] const char *const *
program_env(const struct plan_process *process, struct arena *arena);

/** program_exec_error() - errno of execve(2) in the words that engines match */
[[nodiscard]] int program_exec_error(const char *command, const char *program, struct error *err);

#endif
