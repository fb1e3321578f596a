/* policy/host_paths.h: which places of the host a container may get at
 *
 * One table of patterns. A component of a pattern may hold *; what is below a path is meant too.
 * The row with the most components decides, so engines' files inside a guarded directory can be
 * rows of their own. A directory that holds a guarded place is guarded with it.
 */
#ifndef BRIG_POLICY_HOST_PATHS_H
#define BRIG_POLICY_HOST_PATHS_H

#include "base/arena.h"
#include "spec/spec.h"

#include <stdbool.h>
#include <sys/stat.h>

/* Why a place is guarded; each but the first has a rule. */
enum path_guard {
	PATH_FREE,
	PATH_ROOT,   /* the whole host */
	PATH_PROC,   /* the host's processes */
	PATH_SYS,    /* the host's kernel objects */
	PATH_DEV,    /* the host's devices */
	PATH_ENGINE, /* state of engines, and of brig */
	PATH_HOST,   /* configuration, sockets, keys, logs */
	PATH_CODE,   /* programs that the host runs: free to read */
};

/* What a path stands for, as far as it was looked at. */
struct host_path {
	const char *path; /* without symlinks; as written if it does not exist */
	enum path_guard guard;
	const char *what; /* the guarded place: "/etc" */
	bool exists;
	struct stat status; /* if it exists */
};

/*
 * Device and inode of the guarded places, to see through bind mounts of them; read once a
 * judgement. For a root file system, which every container has, only those directly below "/": each
 * costs a system call.
 */
struct host_inodes;

/* What a path is wanted for. */
struct host_path_use {
	bool writable;
	bool root; /* to be a root file system, which lives inside an engine's state; or below one */
	bool below; /* it is mounted below what was asked for, and comes with it */
};

/**
 * host_path_look() - what an open file (O_PATH will do) stands for
 * @inodes: kept by the caller, NULL at first
 * Strings of the result are from @arena or constant.
 */
struct host_path host_path_look(int fd, struct host_path_use use, struct host_inodes **inodes,
				struct arena *arena);
/** host_path_name() - the same by name alone, for a path that does not exist */
struct host_path host_path_name(const char *path, struct host_path_use use, struct arena *arena);

/**
 * host_path_plain() - an absolute path without "//", "." and "..", resolved as text; /var/run
 * becomes /run
 */
[[nodiscard, gnu::returns_nonnull]] const char *host_path_plain(const char *path,
								struct arena *arena);

/** host_path_touches() - is @path, which is plain, at @place, below it, or a directory that holds it? */
[[nodiscard]] bool host_path_touches(const char *place, const char *path);

/** host_path_listed() - is @path, which is plain, one of the patterns or below one? */
[[nodiscard]] bool host_path_listed(const struct spec_strings *patterns, const char *path);

#endif
