/* kernel/cgroup_internal.h: what the files of kernel/cgroup share; nobody else includes it */
#ifndef BRIG_KERNEL_CGROUP_INTERNAL_H
#define BRIG_KERNEL_CGROUP_INTERNAL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/** cgroup_read() - a small file of a cgroup as a string without its last newline; 0, or -1 with errno */
[[nodiscard]] int cgroup_read(int cgroup, const char *file, char *ret, size_t size);

/** cgroup_has_word() - is @word (of @len bytes) one of the space separated @words? */
[[nodiscard]] bool cgroup_has_word(const char *words, const char *word, size_t len);

/** cgroup_event() - the value of @key in cgroup.events: 0, 1, or -1 with errno */
[[nodiscard]] int cgroup_event(int cgroup, const char *key);

/**
 * cgroup_await() - wait with poll(2) until cgroup.events says that @key is @wanted
 * Return: 1, 0 when @timeout_ms passed before, -1 with errno (ENODEV: the cgroup is gone)
 */
[[nodiscard]] int cgroup_await(int cgroup, const char *key, bool wanted, int timeout_ms);

/**
 * cgroup_walk() - call @visit for the cgroup and all below it, each before those below it
 * @dir of the visitor is a readable directory fd, borrowed. Cgroups that come or go meanwhile may be missed.
 */
typedef int cgroup_visitor(int dir, void *data, struct error *err);
[[nodiscard]] int cgroup_walk(int cgroup, cgroup_visitor *visit, void *data, struct error *err);

#endif
