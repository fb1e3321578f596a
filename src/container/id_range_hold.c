/* container/id_range_hold.c: ranges that are drawn: who holds them, and until when
 *
 * A container that shares another's range holds it as well; whoever lets go of it last frees it.
 */
#include "container/id_range.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/log.h"
#include "container/id_reservation.h"

#include <dirent.h>
#include <string.h>

/* --- pods --- */

int id_range_of_pod(int area, const char *sandbox, struct arena *arena, struct id_range_pod *ret,
		    struct error *err)
{
	autoclose int lock = id_reservation_lock(area, err);
	const char *valid = id_reservation_sandbox(sandbox);
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
	autoclose int lock = id_reservation_lock(request->area, err);

	if (lock < 0 || id_holder_check(request->state_dir, err) < 0)
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
		found.sandbox = id_reservation_sandbox(request->sandbox);
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
	DIR *dir = fd_list(area);
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
	autoclose int lock = id_reservation_lock(area, err);

	if (lock < 0)
		return -1;
	return name ? release(area, name, state_dir, err) : release_all(area, state_dir, err);
}
