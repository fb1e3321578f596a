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
#include "base/log.h"
#include "container/id.h"
#include "container/id_excluded.h"
#include "container/id_reservation.h"
#include "container/id_user.h"
#include "container/root.h"
#include "kernel/namespace.h"
#include "kernel/uidmaps.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#define SNAPSHOT "mapped"

enum {
	TRIES = 64,
	SANDBOX_MAX = 250, /* "pod-" and it are a file name */
};

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

/* --- the area --- */

/* Return: an owned fd; the lock is as old as it */
static int lock_area(int area, struct error *err)
{
	autoclose int fd = openat(area, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int locked = -1;

	do
		locked = fd < 0 ? -1 : flock(fd, LOCK_EX);
	while (locked < 0 && fd >= 0 && errno == EINTR);
	if (locked < 0)
		return error_sys(err, /* where = */ NULL, "cannot lock the id reservations");
	return fd_take(&fd);
}

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

static int choose(struct draw *draw, uint32_t *ret, struct error *err)
{
	uint32_t block = 0;

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

/* An annotation that cannot be a pod's id is no pod. */
static const char *sandbox_of(const char *sandbox)
{
	return sandbox && strlen(sandbox) <= SANDBOX_MAX && id_is_valid(sandbox) ? sandbox : NULL;
}

/* From now on the pod's range is the one that we are about to reserve; one that it had is nobody's to
 * share, since no process of it lives. */
static int take_over(const struct id_range_request *request, struct arena *arena, struct error *err)
{
	const char *sandbox = sandbox_of(request->sandbox);
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
		.sandbox = sandbox_of(request->sandbox),
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
	if (chosen < 0 && err->kind == ERR_POLICY && !draw->mapped.full &&
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
	autoclose int lock = lock_area(draw->request->area, err);

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

static int check_state_dir(const struct id_range_request *request, struct error *err)
{
	if (request->state_dir[0] == '/' && !strchr(request->state_dir, '\n'))
		return 0;
	return error_set(err, ERR_USAGE, /* where = */ NULL,
			 "cannot draw ids for the container: its state directory is not an "
			 "absolute path without newlines");
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

	if (check_state_dir(request, err) < 0)
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

/* --- pods --- */

int id_range_of_pod(int area, const char *sandbox, struct arena *arena, struct id_range_pod *ret,
		    struct error *err)
{
	autoclose int lock = lock_area(area, err);
	const char *valid = sandbox_of(sandbox);
	struct id_reservation found = {};

	if (lock < 0)
		return -1;
	*ret = (struct id_range_pod){
		.name = valid ? id_reservation_of_pod(area, valid, arena) : NULL,
	};
	if (!ret->name)
		return 0;
	if (id_reservation_read(area, ret->name, arena, &found, err) < 0)
		return -1;

	const char **state_dirs = arena_array(arena, found.n_holders, sizeof *state_dirs);

	for (size_t i = 0; i < found.n_holders; i++)
		state_dirs[i] = found.holders[i].state_dir;
	ret->state_dirs = state_dirs;
	ret->n = found.n_holders;
	return 0;
}

static bool holds(const struct id_reservation *reservation, const char *state_dir)
{
	for (size_t i = 0; i < reservation->n_holders; i++) {
		if (strcmp(reservation->holders[i].state_dir, state_dir) == 0)
			return true;
	}
	return false;
}

int id_range_share(const struct id_range_request *request, const char *name, const char *holder,
		   struct error *err)
{
	autoarena struct arena arena = {};
	struct id_reservation found = {};
	autoclose int lock = lock_area(request->area, err);

	if (lock < 0 || check_state_dir(request, err) < 0)
		return -1;
	if (!id_reservation_is_name(name))
		return 0;

	const int read = id_reservation_read(request->area, name, &arena, &found, err);

	if (read <= 0)
		return read;
	if (!holds(&found, holder))
		return 0;
	if (request->preview || holds(&found, request->state_dir))
		return 1;
	if (!found.sandbox)
		found.sandbox = sandbox_of(request->sandbox);
	found.holders = arena_grow(&arena, found.holders, found.n_holders, found.n_holders + 1,
				   sizeof *found.holders);
	found.holders[found.n_holders++] = id_holder_now(request->proc, request->state_dir);
	return id_reservation_write(request->area, name, &found, err) < 0 ? -1 : 1;
}

/* --- release --- */

static int release_from(struct id_reservation *found, int area, const char *name,
			const char *state_dir, struct error *err)
{
	size_t left = 0;

	for (size_t i = 0; i < found->n_holders; i++) {
		if (strcmp(found->holders[i].state_dir, state_dir) != 0)
			found->holders[left++] = found->holders[i];
	}
	if (left == found->n_holders)
		return 0; /* freed before, and drawn by somebody else since */
	found->n_holders = left;
	if (left == 0)
		return id_reservation_remove(area, name, found->sandbox, err);
	return id_reservation_write(area, name, found, err);
}

static int release(int area, const char *name, const char *state_dir, struct error *err)
{
	autoarena struct arena arena = {};
	struct id_reservation found = {};
	const int read = id_reservation_read(area, name, &arena, &found, err);

	return read <= 0 ? read : release_from(&found, area, name, state_dir, err);
}

/* A file of that name that names no container, damaged or somebody else's, is not in our way. */
static int release_if_named(int area, const char *name, const char *state_dir, struct error *err)
{
	autoarena struct arena arena = {};
	struct id_reservation found = {};
	struct error problem;
	const int read = id_reservation_read(area, name, &arena, &found, &problem);

	if (read < 0)
		log_warn("%s: it is left alone", problem.text);
	return read <= 0 ? 0 : release_from(&found, area, name, state_dir, err);
}

/* After a create that died before it saved its state: whose reservations name this container? */
static int release_all(int area, const char *state_dir, struct error *err)
{
	DIR *dir = fdopendir(openat(area, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	const struct dirent *entry;
	struct error first;
	int result = 0;

	if (!dir)
		return error_sys(err, /* where = */ NULL, "cannot list the id reservations");
	while ((entry = readdir(dir))) {
		if (!id_reservation_is_name(entry->d_name))
			continue;
		if (release_if_named(area, entry->d_name, state_dir, &first) < 0 && result == 0) {
			*err = first;
			result = -1;
		}
	}
	closedir(dir);
	return result;
}

int id_range_release(int area, const char *name, const char *state_dir, struct error *err)
{
	autoclose int lock = lock_area(area, err);

	if (lock < 0)
		return -1;
	return name ? release(area, name, state_dir, err) : release_all(area, state_dir, err);
}
