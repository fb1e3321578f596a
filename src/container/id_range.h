/* container/id_range.h: host ids for a container, drawn at random and reserved
 *
 * Which ids a container gets depends on who runs brig:
 *
 *	root of the initial user       a block of 65,536 ids at a random multiple of 65,536 in
 *	namespace                      policy's pool
 *	a user with ranges in          a random part of those; 0 is optionally the user's own id,
 *	/etc/subuid and /etc/subgid    which owns a rootfs that cannot be id-mapped
 *	a user without                 one id: 0 is the user's own
 *	root of another user           the ids of that namespace as they are (rootless Podman): its
 *	namespace                      uid_map keeps the host's ids out already
 *
 * A block of the pool is never drawn if an id of it is a uid in /etc/passwd, a gid in /etc/group,
 * within a range of /etc/subuid or /etc/subgid, mapped by a live process (kernel/uidmaps.h), or
 * reserved. The files are read as they are, without NSS: the ids of a network directory must be
 * kept out of the pool by policy.
 *
 * A reservation is a file in the area (root_open_ids()), named after the first id. It is live while
 * a container that holds it has its state directory, or the process that drew it lives. What a
 * killed create left behind is reclaimed when a draw hits it, or by the delete of its container.
 * All changes happen under one flock(2) on the area.
 */
#ifndef BRIG_CONTAINER_ID_RANGE_H
#define BRIG_CONTAINER_ID_RANGE_H

#include "base/arena.h"
#include "base/error.h"
#include "kernel/idmap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ID_RANGE_BLOCK = 65'536 }; /* alignment, and the most ids that a container gets */

enum id_source { ID_SOURCE_POOL, ID_SOURCE_SUBORDINATE, ID_SOURCE_NAMESPACE };

struct id_range_request {
	int area;                 /* fd of the reservations: root_open_ids() */
	int proc;                 /* fd of procfs */
	int etc;                  /* fd of /etc */
	enum id_source source;    /* id_range_source() */
	uint32_t first, last;     /* policy's id_pool_first and id_pool_last, inclusive */
	uint32_t size;            /* policy's id_range_size, 1 to ID_RANGE_BLOCK */
	uint32_t uid, gid;        /* effective ids of the caller */
	bool own_id_as_root;      /* ID_SOURCE_SUBORDINATE: 0 is the caller's own id */
	const char *state_dir;    /* absolute path of the container's directory; no newlines */
	const char *sandbox;      /* pod to draw for: id_range_of_pod() finds it then; NULL: none */
	const char *seen;         /* what the pod had when it was looked at: id_range_pod.name */
	bool preview;             /* draw without reserving: `brig plan` */
	const struct idmap *only; /* these ids of the pool and no others: a restore; NULL */
};

struct id_range_drawn {
	struct idmap ids;        /* from the arena */
	const char *reservation; /* its name, for id_range_release(); NULL: none was needed */
	bool helpers;            /* to be written by newuidmap(1) and newgidmap(1) */
};

/* The range of a pod, and who holds it. */
struct id_range_pod {
	const char *name;              /* of the reservation; NULL: the pod has none */
	const char *const *state_dirs; /* in the order in which they came */
	size_t n;
};

/** id_range_source() - which of the cases this process is */
[[nodiscard]] enum id_source id_range_source(void);

/**
 * id_range_draw() - draw and reserve
 * @err: ERR_POLICY if the pool is no pool or has no free block left, ERR_KERNEL; ERR_STATE with code
 *       EAGAIN if somebody else has drawn for the pod since it was looked at
 *
 * Once it returns, the reservation is on file; a process killed before that has reserved nothing
 * that would not be reclaimed.
 */
[[nodiscard]] int id_range_draw(const struct id_range_request *request, struct arena *arena,
				struct id_range_drawn *ret, struct error *err);

/**
 * id_range_of_pod() - the range that was last drawn for a pod
 * A name from an annotation: whether this container belongs there is for the caller to find out.
 */
[[nodiscard]] int id_range_of_pod(int area, const char *sandbox, struct arena *arena,
				  struct id_range_pod *ret, struct error *err);

/**
 * id_range_share() - hold a range as well that the container of @holder, a state directory, holds
 * @name: of the reservation
 * Of the request area, proc, state_dir, sandbox and preview count.
 * Return: 1; 0 if @holder holds it no longer; -1 with *err filled
 */
[[nodiscard]] int id_range_share(const struct id_range_request *request, const char *name,
				 const char *holder, struct error *err);

/**
 * id_range_release() - this container no longer holds its range; the last holder frees it
 * @name:      as drawn, or NULL if the state does not say: all reservations are then searched
 * @state_dir: as in the request
 * Absent is success. Call it before the state directory is removed.
 */
[[nodiscard]] int id_range_release(int area, const char *name, const char *state_dir,
				   struct error *err);

#endif
