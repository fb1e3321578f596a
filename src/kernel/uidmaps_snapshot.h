/* kernel/uidmaps_snapshot.h: what uidmaps_update() keeps between commands
 *
 * The file is written in place: only its owner can, under the caller's lock, and a write that was
 * cut short shows in the checksum. It is read by the program that wrote it or not at all, so it is
 * the structs as they are.
 */
#ifndef BRIG_KERNEL_UIDMAPS_SNAPSHOT_H
#define BRIG_KERNEL_UIDMAPS_SNAPSHOT_H

#include "kernel/uidmaps.h"

enum {
	UIDMAPS_PENDING_MAX = 16,    /* processes that had a user namespace without mappings yet */
	UIDMAPS_RANGES_MAX = 65'536, /* more are not kept: every scan is a full one then */
};

/* When and where a scan was made. */
struct uidmaps_mark {
	char boot_id[40]; /* /proc/sys/kernel/random/boot_id */
	uint64_t pid_ns;  /* inode of /proc/self/ns/pid */
	uint64_t
		user_ns; /* and of user: the ids in a uid_map are as its reader's namespace sees them */
	uint64_t forks;     /* "processes" of /proc/stat: forks since boot */
	uint64_t time_s;    /* CLOCK_BOOTTIME */
	uint64_t full_s;    /* the same, of the last full scan */
	uint32_t last_pid;  /* the youngest pid then: /proc/loadavg, proc(5) */
	uint32_t threads;   /* in the system then: the same file */
	uint32_t pid_max;   /* /proc/sys/kernel/pid_max, at the last full scan */
	uint32_t bias;      /* directory position of /proc less tgid; 0: not known to be constant */
	uint32_t n_pending; /* of the array */
	uint32_t pending[UIDMAPS_PENDING_MAX];
	uint32_t reserved; /* zero; no padding in what is summed up */
};

/** uidmaps_snapshot_load() - false if there is none, or it is not as we would have written it */
[[nodiscard]] bool uidmaps_snapshot_load(int fd, struct uidmaps_mark *ret_mark,
					 struct uidmaps *ret_maps);

/** uidmaps_snapshot_store() - best effort: without it the next update is a full scan, or begins earlier */
void uidmaps_snapshot_store(int fd, const struct uidmaps_mark *mark, const struct uidmaps *maps);

#endif
