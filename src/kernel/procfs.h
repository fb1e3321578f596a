/* kernel/procfs.h: /proc, verified to be procfs; proc(5)
 *
 * What brig writes to and reads from /proc decides security (labels, mappings, limits), so it must
 * not be a file that somebody mounted there: the class of CVE-2019-16884 and CVE-2025-52881.
 */
#ifndef BRIG_KERNEL_PROCFS_H
#define BRIG_KERNEL_PROCFS_H

#include "base/error.h"

#include <stdint.h>
#include <sys/types.h>

/**
 * procfs_open() - the root directory of a procfs
 * The one at /proc if that is the root of a procfs; else a new one that is mounted nowhere, which
 * needs CAP_SYS_ADMIN. The fd stays good through pivot_root(2) and setns(2), and its "self" is
 * always the process that reads it.
 *
 * Return: an owned O_PATH fd
 */
[[nodiscard]] int procfs_open(struct error *err);

/** procfs_verify() - 0 if @fd is the root directory of a procfs, -1 with *err filled if not */
[[nodiscard]] int procfs_verify(int fd, struct error *err);

/**
 * procfs_open_file() - open @path ("self/attr/exec") in the procfs itself
 * @flags: of open(2); O_CLOEXEC is added
 * Fails with EXDEV where something is mounted over a part of the path, and with ELOOP at a magic
 * link (/proc/PID/fd, /proc/PID/exe …). No memory is taken.
 *
 * Return: an owned fd, or -1 with *err filled (where = path)
 */
[[nodiscard]] int procfs_open_file(int proc, const char *path, uint64_t flags, struct error *err);

/** procfs_write() - one write(2) of @text into @path, opened as above; ENOENT and so on in err->code */
[[nodiscard]] int procfs_write(int proc, const char *path, const char *text, struct error *err);

/**
 * procfs_read() - the first @size - 1 bytes of @path and a NUL
 * Return: the number of bytes, or -1 with *err filled
 */
[[nodiscard]] ssize_t procfs_read(int proc, const char *path, char *ret, size_t size,
				  struct error *err);

#endif
