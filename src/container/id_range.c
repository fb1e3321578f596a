/* container/id_range.c: host ids for a container, drawn at random and reserved
 *
 * A draw from the pool, under the lock of the area:
 *
 *	which ids are taken on this host: /etc, and live processes      draw_blocks()
 *	a random block; no luck TRIES times: every block in turn        choose()
 *	its file is there: whose containers live is taken, else freed   is_free()
 *	write the file                                                  reserve()
 */
#include "container/id_range.h"

#include "base/cleanup.h"
#include "container/id_excluded.h"
#include "container/id_reservation.h"
#include "container/id_user.h"
#include "container/root.h"
#include "kernel/namespace.h"
#include "kernel/uidmaps.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define SNAPSHOT "mapped"

enum { TRIES = 64 };

/* A draw under way: blocks of @size ids, the first at @first (and @first_gid), @n of them @step apart. */
struct draw {
	const struct id_range_request *request;
	struct arena *arena;
	uint32_t first, first_gid, step, size, n;
	struct id_excluded excluded;
	struct uidmaps mapped;
	/* ID_SOURCE_SUBORDINATE: a live mapping of all of it (rootless Podman's) is the user's own,
	 * and no reason: it would leave nothing to draw from. */
	const struct id_span *own_uids, *own_gids;
	uint32_t taken, reserved;
};

/* --- is a block free? --- */

static uint32_t block_last(const struct draw *draw, uint32_t first)
{
	return first + (draw->step - 1);
}

static bool is_mapped(const struct draw *draw, uint32_t first, const struct id_span *own)
{
	const struct uidmaps_range *range =
		uidmaps_overlap(&draw->mapped, first, block_last(draw, first));

	if (range && own && range->first <= own->first && own->last <= range->last)
		return false;
	return range != NULL;
}

/* 1 free, and what a dead holder left is removed; 0 not; -1 error */
static int is_free(struct draw *draw, uint32_t block, struct error *err)
{
	const uint32_t first = draw->first + block * draw->step;
	const uint32_t first_gid = draw->first_gid + block * draw->step;
	int free;

	if (id_excluded_has(&draw->excluded, first, block_last(draw, first)) ||
	    is_mapped(draw, first, draw->own_uids) || is_mapped(draw, first_gid, draw->own_gids)) {
		draw->taken++;
		return 0;
	}
	free = id_reservation_reclaim(draw->request->area, draw->request->proc,
				      id_reservation_name(draw->arena, first), draw->arena, err);
	if (free == 0)
		draw->reserved++;
	return free;
}

static int random_below(uint32_t n, uint32_t *ret, struct error *err)
{
	uint64_t random;

	if (getrandom(&random, sizeof random, 0) != sizeof random)
		return error_sys(err, /* where = */ NULL, "cannot draw a random number");
	*ret = (uint32_t)(random % n); /* of 2^64: no bias to speak of */
	return 0;
}

/* The block that somebody had before: a mapping that is not exactly one block of the pool is none. */
static int choose_only(struct draw *draw, const struct idmap *only, uint32_t *ret,
		       struct error *err)
{
	const struct id_range *uids = only->uids, *gids = only->gids;
	const bool is_one = only->n_uids == 1 && only->n_gids == 1 && uids->inside == 0 &&
			    gids->inside == 0 && uids->count == draw->size &&
			    gids->count == draw->size && uids->outside == gids->outside;
	const uint32_t offset =
		is_one && uids->outside >= draw->first ? uids->outside - draw->first : 1;

	*ret = offset / draw->step;
	if (offset % draw->step != 0 || *ret >= draw->n) {
		(void)error_set(
			err, ERR_POLICY, "id_pool_first",
			"the ids that the container had are no range of this policy's pool");
		return error_remedy(err, "restore it on a host whose pool has them");
	}

	const int free = is_free(draw, *ret, err);

	if (free != 0)
		return free < 0 ? -1 : 0;
	(void)error_set(err, ERR_STATE, NULL,
			"the ids %" PRIu32 " and up, which the container had, are in use by now",
			uids->outside);
	return error_remedy(err,
			    "delete the container that holds them ('brig list', 'brig state'), and "
			    "restore again");
}

static int choose(struct draw *draw, uint32_t *ret, struct error *err)
{
	uint32_t block = 0;

	if (draw->request->only)
		return choose_only(draw, draw->request->only, ret, err);
	for (int i = 0; i < TRIES; i++) {
		if (random_below(draw->n, &block, err) < 0)
			return -1;

		const int free = is_free(draw, block, err);

		if (free != 0) {
			*ret = block;
			return free < 0 ? -1 : 0;
		}
	}

	draw->taken = draw->reserved = 0;
	for (uint32_t i = 0; i < draw->n; i++) {
		const uint32_t next = (uint32_t)(((uint64_t)block + i) % draw->n);
		const int free = is_free(draw, next, err);

		if (free != 0) {
			*ret = next;
			return free < 0 ? -1 : 0;
		}
	}

	(void)error_set(err, ERR_POLICY, /* where = */ NULL,
			"no free range of ids from %" PRIu32 " to %" PRIu32 ": of %" PRIu32
			" blocks %" PRIu32 " are held by containers, %" PRIu32
			" overlap users, groups, subordinate ids or live mappings",
			draw->first, draw->first + (draw->n * draw->step - 1), draw->n,
			draw->reserved, draw->taken);
	return error_remedy(err, "delete containers that are no longer needed, or allow more ids: "
				 "the policy's id pool, or /etc/subuid and /etc/subgid of a user");
}

/* --- reserving --- */

/* From now on the pod's range is the one that we are about to reserve; one that it had is nobody's to
 * share, since no process of it lives. */
static int take_over(const struct id_range_request *request, struct arena *arena, struct error *err)
{
	const char *sandbox = id_reservation_sandbox(request->sandbox);
	const char *name = sandbox ? id_reservation_of_pod(request->area, sandbox, arena) : NULL;

	if (!name || request->preview)
		return 0;
	if (request->seen && strcmp(name, request->seen) == 0)
		return id_reservation_forget_pod(request->area, sandbox, err);
	(void)error_set(err, ERR_STATE, /* where = */ NULL,
			"another container has drawn ids for pod '%s' meanwhile", sandbox);
	err->code = EAGAIN;
	return -1;
}

static int reserve(const struct draw *draw, uint32_t block, struct id_reservation *ret,
		   struct error *err)
{
	const struct id_range_request *request = draw->request;
	struct id_holder *holder = arena_alloc(draw->arena, sizeof *holder);

	if (take_over(request, draw->arena, err) < 0)
		return -1;
	*holder = id_holder_now(request->proc, request->state_dir);
	*ret = (struct id_reservation){
		.first = draw->first + block * draw->step,
		.first_gid = draw->first_gid + block * draw->step,
		.count = draw->size,
		.sandbox = id_reservation_sandbox(request->sandbox),
		.holders = holder,
		.n_holders = 1,
	};
	if (request->preview)
		return 0;
	return id_reservation_write(request->area, id_reservation_name(draw->arena, ret->first),
				    ret, err);
}

static int draw_blocks(struct draw *draw, struct id_reservation *ret, struct error *err)
{
	const struct id_range_request *request = draw->request;
	autoclose int snapshot =
		openat(request->area, SNAPSHOT, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	uint32_t block;

	if (snapshot < 0)
		return error_sys(err, /* where = */ NULL, "cannot open the list of mapped ids");
	if (request->source == ID_SOURCE_POOL &&
	    id_excluded_read(request->etc, &draw->excluded, err) < 0)
		return -1;
	if (uidmaps_update(request->proc, snapshot, &draw->mapped, err) < 0)
		return -1;

	int chosen = choose(draw, &block, err);

	/* Some of what is avoided may be mapped no longer. */
	if (chosen < 0 && (err->kind == ERR_POLICY || request->only) && !draw->mapped.full &&
	    ftruncate(snapshot, 0) == 0) {
		uidmaps_free(&draw->mapped);
		if (uidmaps_update(request->proc, snapshot, &draw->mapped, err) < 0)
			return -1;
		chosen = choose(draw, &block, err);
	}
	return chosen < 0 ? -1 : reserve(draw, block, ret, err);
}

static int obtain(struct draw *draw, struct id_reservation *ret, struct error *err)
{
	autoclose int lock = id_reservation_lock(draw->request->area, err);

	return lock < 0 ? -1 : draw_blocks(draw, ret, err);
}

/* --- the sources --- */

static const struct id_range *one_range(struct arena *arena, uint32_t outside, uint32_t count)
{
	struct id_range *range = arena_alloc(arena, sizeof *range);

	*range = (struct id_range){ .inside = 0, .outside = outside, .count = count };
	return range;
}

static int draw_pool(struct draw *draw, struct id_range_drawn *ret, struct error *err)
{
	const struct id_range_request *request = draw->request;
	const uint64_t first =
		((uint64_t)request->first + ID_RANGE_BLOCK - 1) / ID_RANGE_BLOCK * ID_RANGE_BLOCK;
	const uint64_t end = ((uint64_t)request->last + 1) / ID_RANGE_BLOCK * ID_RANGE_BLOCK;
	/* 4294967295 is no id, (uid_t)-1: the last block of all stays out. */
	const uint64_t usable = end > UINT32_MAX ? end - ID_RANGE_BLOCK : end;
	struct id_reservation got = {};

	if (request->size == 0 || request->size > ID_RANGE_BLOCK)
		return error_set(err, ERR_POLICY, "id_range_size",
				 "a range of %" PRIu32 " ids cannot be drawn: 1 to %d can",
				 request->size, ID_RANGE_BLOCK);
	if (first >= usable) {
		(void)error_set(err, ERR_POLICY, "id_pool_first",
				"the id pool from %" PRIu32 " to %" PRIu32
				" contains no aligned block of %d ids",
				request->first, request->last, ID_RANGE_BLOCK);
		return error_remedy(err, "widen the pool in the policy");
	}

	draw->first = draw->first_gid = (uint32_t)first;
	draw->step = ID_RANGE_BLOCK;
	draw->size = request->size;
	draw->n = (uint32_t)((usable - first) / ID_RANGE_BLOCK);
	if (obtain(draw, &got, err) < 0)
		return -1;
	ret->reservation = id_reservation_name(draw->arena, got.first);
	ret->ids.uids = one_range(draw->arena, got.first, got.count);
	ret->ids.gids = one_range(draw->arena, got.first_gid, got.count);
	ret->ids.n_uids = ret->ids.n_gids = 1;
	return 0;
}

static int draw_subordinate(struct draw *draw, struct id_range_drawn *ret, struct error *err)
{
	const struct id_range_request *request = draw->request;
	struct id_span uids = {}, gids = {};
	const int has_uids = id_subordinate(request->etc, "subuid", request->uid, &uids, err);
	const int has_gids =
		has_uids <= 0 ? has_uids
			      : id_subordinate(request->etc, "subgid", request->uid, &gids, err);
	struct id_reservation got = {};

	if (has_gids < 0)
		return -1;
	if (has_gids == 0) {
		ret->ids.uids = one_range(draw->arena, request->uid, 1);
		ret->ids.gids = one_range(draw->arena, request->gid, 1);
		ret->ids.n_uids = ret->ids.n_gids = 1;
		return 0;
	}

	const uint32_t span_uids = uids.last - uids.first, span_gids = gids.last - gids.first;
	const uint32_t span = span_uids < span_gids ? span_uids : span_gids;
	const uint32_t available = span == UINT32_MAX ? span : span + 1;

	draw->first = uids.first;
	draw->first_gid = gids.first;
	draw->step = draw->size = id_user_part(available, request->size);
	draw->n = available / draw->step;
	// cppcheck-suppress autoVariables // nobody looks at them after obtain()
	draw->own_uids = &uids;
	// cppcheck-suppress autoVariables
	draw->own_gids = &gids;
	if (obtain(draw, &got, err) < 0)
		return -1;
	ret->reservation = id_reservation_name(draw->arena, got.first);
	ret->helpers = true;
	ret->ids.n_uids =
		id_user_ranges(draw->arena, got.first, got.count,
			       request->own_id_as_root ? &request->uid : NULL, &ret->ids.uids);
	ret->ids.n_gids =
		id_user_ranges(draw->arena, got.first_gid, got.count,
			       request->own_id_as_root ? &request->gid : NULL, &ret->ids.gids);
	return 0;
}

static int draw_namespace(struct draw *draw, struct id_range_drawn *ret, struct error *err)
{
	const int proc = draw->request->proc;

	if (id_user_namespace(proc, "self/uid_map", draw->arena, &ret->ids.uids, &ret->ids.n_uids,
			      err) < 0)
		return -1;
	return id_user_namespace(proc, "self/gid_map", draw->arena, &ret->ids.gids,
				 &ret->ids.n_gids, err);
}

enum id_source id_range_source(void)
{
	if (root_is_system())
		return ID_SOURCE_POOL;
	return geteuid() == 0 && !ns_is_initial_user() ? ID_SOURCE_NAMESPACE
						       : ID_SOURCE_SUBORDINATE;
}

int id_range_draw(const struct id_range_request *request, struct arena *arena,
		  struct id_range_drawn *ret, struct error *err)
{
	static int (*const sources[])(struct draw *, struct id_range_drawn *, struct error *) = {
		[ID_SOURCE_POOL] = draw_pool,
		[ID_SOURCE_SUBORDINATE] = draw_subordinate,
		[ID_SOURCE_NAMESPACE] = draw_namespace,
	};
	struct draw draw = { .request = request, .arena = arena };
	struct id_range_drawn drawn = {};
	int result;

	if (id_holder_check(request->state_dir, err) < 0)
		return -1;
	result = sources[request->source](&draw, &drawn, err);

	id_excluded_free(&draw.excluded);
	uidmaps_free(&draw.mapped);
	if (result < 0)
		return error_context(err, "cannot draw ids for the container");
	if (request->preview)
		drawn.reservation = NULL;
	*ret = drawn;
	return 0;
}
