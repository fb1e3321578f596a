/* kernel/cgroup.h: control groups, version 2; Documentation/admin-guide/cgroup-v2.rst */
#ifndef BRIG_KERNEL_CGROUP_H
#define BRIG_KERNEL_CGROUP_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One file of a cgroup to write. */
struct cgroup_write {
	const char *file;  /* "memory.max" */
	const char *value; /* "1048576" */
	const char *from;  /* JSON pointer or policy setting it comes from */
	bool may_lack;     /* a default: a missing file or controller is a warning, not an error */
	bool above_usage;  /* memory.max: refuse a value below memory.current */
	const char *or_file,
		*or_value; /* written instead where there is no @file: io.weight for io.bfq.weight; or NULL */
};

/* A property of a systemd unit, from the annotation org.systemd.property.KEY. */
struct cgroup_property {
	const char *key;   /* "TimeoutStopUSec" */
	const char *value; /* as GVariant text: "uint64 10000000" */
	const char *from;  /* JSON pointer */
};

/**
 * cgroup_root() - an fd of the cgroup2 mount, at whatever path it is (a hybrid host has it beside v1)
 * @ret_path: its mount point, taken from @arena; may be NULL
 */
[[nodiscard]] int cgroup_root(struct arena *arena, const char **ret_path, struct error *err);

/**
 * cgroup_create() - make the cgroup @path ("/a/b/c") below @root, enabling controllers on the way down
 * @controllers: names wanted in the leaf ("memory pids cpu"), space separated; those that @root lacks are skipped
 *               here: cgroup_apply() tells when a file is missing
 * @ret_made:    how many trailing components of @path did not exist: cgroup_remove() removes that many
 * Return: an owned O_PATH|O_DIRECTORY fd of the leaf, fit for CLONE_INTO_CGROUP
 *         ERR_STATE if the leaf existed and is populated
 */
[[nodiscard]] int cgroup_create(int root, const char *path, const char *controllers,
				unsigned *ret_made, struct error *err);

/**
 * cgroup_enable() - give @controllers to the cgroup @path, whose fd is @cgroup, from @root on downwards
 * No level above it may hold a process: cgroups(7), "no internal processes" rule.
 */
[[nodiscard]] int cgroup_enable(int root, const char *path, int cgroup, const char *controllers,
				struct error *err);

/**
 * cgroup_mark() - note whose cgroup it is, in an extended attribute
 * The name of a cgroup comes from the bundle, and may be that of somebody else's: only one that carries the
 * container's mark may be killed or removed in the container's name. Of root's, the attribute is out of reach of
 * a workload that owns the directory.
 */
[[nodiscard]] int cgroup_mark(int cgroup, const char *owner, struct error *err);

/** cgroup_is_marked() - by cgroup_mark() with the same @owner? */
[[nodiscard]] bool cgroup_is_marked(int cgroup, const char *owner);

/** cgroup_has_mark() - by cgroup_mark() with any owner? */
[[nodiscard]] bool cgroup_has_mark(int cgroup);

struct cgroup_found {
	const char *path;  /* below the root */
	const char *owner; /* the whole mark */
};

/**
 * cgroup_find() - a cgroup that is marked by an owner whose name begins with @prefix
 * Looks at every cgroup of the host: for whoever has lost the path.
 * Return: 1 with *ret from @arena, 0 if there is none, -1 with *err filled
 */
[[nodiscard]] int cgroup_find(int root, const char *prefix, struct arena *arena,
			      struct cgroup_found *ret, struct error *err);

/** cgroup_open() - the existing cgroup @path; -1 with code ENOENT if there is none */
[[nodiscard]] int cgroup_open(int root, const char *path, struct error *err);

/**
 * cgroup_apply() - write the files in order
 * @ret_missing: (may be NULL) taken from @arena: text naming the defaults that this host cannot enforce, or NULL
 * An explicit limit whose file is missing is an error that names @from, the controller and the remedy.
 */
[[nodiscard]] int cgroup_apply(int cgroup, const struct cgroup_write *writes, size_t n,
			       struct arena *arena, const char **ret_missing, struct error *err);

/**
 * cgroup_path_of() - the cgroup that a process is in, below the root of our cgroup namespace: "/a/b"
 * @proc: directory fd of procfs; the text is taken from @arena
 */
[[nodiscard]] int cgroup_path_of(int proc, pid_t pid, struct arena *arena, const char **ret,
				 struct error *err);

/** cgroup_attach() - move a process: cgroup.procs */
[[nodiscard]] int cgroup_attach(int cgroup, pid_t pid, struct error *err);

/** cgroup_freeze() - cgroup.freeze, confirmed by `frozen` in cgroup.events (poll(2)) within @timeout_ms */
[[nodiscard]] int cgroup_freeze(int cgroup, bool frozen, int timeout_ms, struct error *err);

/** cgroup_is_frozen(), cgroup_is_populated() - 1, 0, or -1 with *err filled */
[[nodiscard]] int cgroup_is_frozen(int cgroup, struct error *err);
[[nodiscard]] int cgroup_is_populated(int cgroup, struct error *err);

/** cgroup_kill() - cgroup.kill (Linux 5.14): every process below dies; waits until `populated 0` or @timeout_ms */
[[nodiscard]] int cgroup_kill(int cgroup, int timeout_ms, struct error *err);

/** cgroup_signal() - send @signal to every process below; frozen meanwhile, so that none is missed */
[[nodiscard]] int cgroup_signal(int cgroup, int signal, struct error *err);

/** cgroup_pids() - pids of the cgroup and all below it, from @arena */
[[nodiscard]] int cgroup_pids(int cgroup, struct arena *arena, pid_t **ret, size_t *ret_n,
			      struct error *err);

/**
 * cgroup_remove() - remove the leaf with all that the workload made below it, and @made - 1 parents while empty
 * Survives races with exiting processes (EBUSY: waits, bounded) and with others removing; absent is success.
 */
[[nodiscard]] int cgroup_remove(int root, const char *path, unsigned made, struct error *err);

/**
 * cgroup_remove_unmarked() - remove @path if it has no mark and nothing in it; best effort
 * What a create leaves that was killed between mkdir(2) and cgroup_mark().
 */
void cgroup_remove_unmarked(int root, const char *path);

/** cgroup_delegate() - chown the leaf and the files of /sys/kernel/cgroup/delegate to @uid, @gid (config-linux.md, "Cgroup ownership") */
[[nodiscard]] int cgroup_delegate(int cgroup, uid_t uid, gid_t gid, struct error *err);

#endif
