/* container/id_reservation.h: who holds a range of ids, on file
 *
 * One file a range, named after its first uid, in the area of reservations:
 *
 *	brig-ids 1 FIRST-UID FIRST-GID COUNT
 *	sandbox ID                                  only if a pod can be looked up by it
 *	holder PID START-TIME DEVICE INODE PATH     one a container: who drew, and its state directory
 *	end
 *
 * A pod's range is found through a symbolic link "pod-SANDBOX" to that name. Whoever calls holds
 * the lock of the area, id_reservation_lock(). The file is made under the name "new" and renamed, so
 * that it is whole or not there; "new" may be left by a process that was killed, and is written
 * over. One that is damaged all the same keeps its ids: nobody can say that they are free.
 */
#ifndef BRIG_CONTAINER_ID_RESERVATION_H
#define BRIG_CONTAINER_ID_RESERVATION_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct id_holder {
	pid_t pid; /* who drew; with start_time, kernel/process_id.h */
	uint64_t start_time;
	uint64_t device, inode; /* of the state directory when it drew; 0: there was none yet */
	const char *state_dir;
};

struct id_reservation {
	uint32_t first, first_gid, count;
	const char *sandbox; /* NULL: not to be shared */
	struct id_holder *holders;
	size_t n_holders;
};

/** id_reservation_lock() - wait for the lock of the area. Return: an owned fd; the lock goes with it */
[[nodiscard]] int id_reservation_lock(int area, struct error *err);

/** id_reservation_name() - its file name, from @arena */
[[nodiscard, gnu::returns_nonnull]] const char *id_reservation_name(struct arena *arena,
								    uint32_t first);

/** id_reservation_is_name() - could @name be one? Everything else in the area is not ours to read */
[[nodiscard]] bool id_reservation_is_name(const char *name);

/** id_reservation_sandbox() - @sandbox, or NULL: an annotation that cannot be a pod's id is no pod */
[[nodiscard]] const char *id_reservation_sandbox(const char *sandbox);

/** id_reservation_read() - 1; 0 if it is absent; -1 if it is damaged or cannot be read */
[[nodiscard]] int id_reservation_read(int area, const char *name, struct arena *arena,
				      struct id_reservation *ret, struct error *err);

/**
 * id_reservation_write() - make the file, or replace it as a whole; the pod's link too
 * What id_reservation_read() would not take is not written: ERR_STATE, too many holders.
 */
[[nodiscard]] int id_reservation_write(int area, const char *name,
				       const struct id_reservation *reservation, struct error *err);

/** id_reservation_remove() - remove the file and the pod's link to it; absent is success */
[[nodiscard]] int id_reservation_remove(int area, const char *name, const char *sandbox,
					struct error *err);

/**
 * id_reservation_reclaim() - remove it if no holder lives any more
 * Return: 1 if it is absent now, 0 if it is held or damaged, -1 with *err filled
 */
[[nodiscard]] int id_reservation_reclaim(int area, int proc, const char *name, struct arena *arena,
					 struct error *err);

/** id_reservation_of_pod() - name of the reservation that @sandbox draws from, or NULL */
[[nodiscard]] const char *id_reservation_of_pod(int area, const char *sandbox, struct arena *arena);

/** id_reservation_forget_pod() - @sandbox draws anew: its range is found no longer, and held all the same */
[[nodiscard]] int id_reservation_forget_pod(int area, const char *sandbox, struct error *err);

/** id_holder_check() - can @state_dir be noted? It is a line of the file: absolute, without newlines */
[[nodiscard]] int id_holder_check(const char *state_dir, struct error *err);

/** id_holder_now() - this process, for a container whose state directory is @state_dir */
[[nodiscard]] struct id_holder id_holder_now(int proc, const char *state_dir);

/** id_holder_is_live() - its state directory still is the one it was, or the process that drew it lives */
[[nodiscard]] bool id_holder_is_live(int proc, const struct id_holder *holder);

#endif
