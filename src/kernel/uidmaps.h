/* kernel/uidmaps.h: the host ids that live processes have mapped, user_namespaces(7)
 *
 * There is no list of user namespaces: one has to look at /proc/PID/uid_map of every process. With
 * thousands of processes that costs tens of milliseconds, so what was seen is kept in a file, and
 * an update looks only at the processes that are newer than it.
 *
 * Processes newer than pid L are listed by starting readdir(3) of /proc at L: its position encodes
 * the tgid (fs/proc/base.c, proc_pid_readdir()). That is no promise of the kernel, so each full
 * scan measures it from the d_off of every entry; where it does not hold, every scan is a full one.
 * tests/assumptions/proc_readdir_position.c shows it.
 *
 * A full scan is made when the last one is older than UIDMAPS_FULL_SCAN_S, when boot or pid
 * namespace differ, and when so many processes were born meanwhile ("processes" in /proc/stat)
 * that pids may have gone round once.
 *
 * What remains unseen, for UIDMAPS_FULL_SCAN_S at most: a process that was seen without a mapping
 * and then gets one without a fork (unshare(2) in a process older than the last update), and one
 * whose pid was chosen (set_tid of clone3(2): CRIU). Only host root can map ids that are neither
 * its own nor in /etc/subuid, and who does so starts a process there, which is seen. A user
 * namespace that no process lives in (held by an fd or a mount) is visible to nobody.
 * A range that is no longer mapped is forgotten by the next full scan; until then it is avoided. An
 * empty snapshot leads to one: for the caller who would find no room otherwise.
 */
#ifndef BRIG_KERNEL_UIDMAPS_H
#define BRIG_KERNEL_UIDMAPS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UIDMAPS_FULL_SCAN_S = 300 };

struct uidmaps_range {
	uint32_t first, last; /* host ids as our user namespace sees them, inclusive */
};

struct uidmaps {
	struct uidmaps_range *ranges; /* sorted, disjoint; uids and gids together; owned */
	size_t n;
	bool full;      /* this update scanned everything */
	size_t scanned; /* processes that it looked at */
};

/**
 * uidmaps_update() - the ranges that are mapped now
 * @proc:     fd of procfs
 * @snapshot: fd of a regular file that keeps what was seen, read and write, in a directory that is
 *            only ours; the caller serialises. Anything odd in it leads to a full scan. -1: none
 * @ret:      freed by uidmaps_free()
 *
 * Mappings that leave the host's ids as they are ("0 0 4294967295") are left out.
 */
[[nodiscard]] int uidmaps_update(int proc, int snapshot, struct uidmaps *ret, struct error *err);

/**
 * uidmaps_add() - what one uid_map or gid_map maps
 * @text: of the file, as far as its lines are sound
 *
 * Left out: ids that stay the host's, half of them or more; and what our own user namespace has no
 * ids for, which reads as the outside id 4294967295.
 */
void uidmaps_add(struct uidmaps *maps, const char *text);

/** uidmaps_overlap() - a mapped range with an id from @first to @last, or NULL */
[[nodiscard]] const struct uidmaps_range *uidmaps_overlap(const struct uidmaps *maps,
							  uint32_t first, uint32_t last);

void uidmaps_free(struct uidmaps *maps);

#endif
