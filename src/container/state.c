/* container/state.c: the directory of a container, and its status */
#include "container/state.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/number.h"
#include "container/id.h"
#include "container/lock.h"
#include "kernel/cgroup.h"
#include "kernel/process_id.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STATE_SIZE_MAX = 4 << 20 }; /* annotations and hooks have no bound of their own */

/* --- the directory --- */

int state_claim(int root, const char *id, struct error *err)
{
	if (mkdirat(root, id, 0700) == 0)
		return lock_take(root, id, LOCK_WAIT_MS, err);
	if (errno != EEXIST)
		return error_sys(err, id, "cannot make the container's directory");

	(void)error_set(err, ERR_STATE, /* where = */ NULL,
			"container with given ID already exists: %s", id);
	err->code = EEXIST;
	return error_remedy(err, "choose another id, or delete that container first");
}

int state_open(int root, const char *id, struct error *err)
{
	/* No id that could not have been created, "../x" for one, reaches the file system. */
	const int dir = !id_is_valid(id)
				? -1
				: openat(root, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir >= 0)
		return dir;
	if (!id_is_valid(id))
		return id_check(id, err);
	if (errno != ENOENT)
		return error_sys(err, id, "cannot open the container's directory");

	(void)error_set(err, ERR_STATE, /* where = */ NULL, "container does not exist: %s", id);
	err->code = ENOENT;
	return error_remedy(err, "'brig list' names those below this state root");
}

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Everything in the directory is a file of ours; what is not makes the last rmdir(2) fail. */
static int remove_files(int dir, const char *id, struct error *err)
{
	DIR *list = fd_list(dir);
	const struct dirent *entry;

	if (!list)
		return error_sys(err, id, "cannot list the container's directory");
	while ((entry = readdir(list))) {
		if (is_dot(entry->d_name) || unlinkat(dir, entry->d_name, 0) == 0 ||
		    errno == ENOENT || errno == EISDIR)
			continue;

		const int saved = errno;

		closedir(list);
		errno = saved;
		return error_sys(err, id, "cannot remove the container's state");
	}
	closedir(list);
	return 0;
}

int state_remove(int root, const char *id, int dir, struct error *err)
{
	autoclose int own = dir < 0 ? state_open(root, id, err) : -1;

	if (dir < 0)
		dir = own;
	if (dir < 0)
		return err->kind == ERR_STATE ? 0 : -1;
	if (remove_files(dir, id, err) < 0)
		return -1;
	if (unlinkat(root, id, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return error_sys(err, id, "cannot remove the container's directory");
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int state_list(int root, struct arena *arena, const char *const **ret, size_t *ret_n,
	       struct error *err)
{
	DIR *list = fd_list(root);
	const struct dirent *entry;
	const char **ids = NULL;
	size_t n = 0, room = 0;

	if (!list)
		return error_sys(err, /* where = */ NULL, "cannot list containers");
	while ((entry = readdir(list))) {
		if (!id_is_valid(entry->d_name) ||
		    (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN))
			continue;
		if (n == room) {
			room = room ? 2 * room : 16;
			ids = arena_grow(arena, ids, n, room, sizeof *ids);
		}
		ids[n++] = arena_strdup(arena, entry->d_name);
	}
	closedir(list);
	if (n > 0)
		qsort(ids, n, sizeof *ids, by_name);
	*ret = ids;
	*ret_n = n;
	return 0;
}

/* --- the files --- */

int state_save(int dir, const struct state *state, struct error *err)
{
	autobuf struct buf text = {};

	state_write(state, &text);
	if (fd_replace_file(dir, STATE_FILE, text.data, text.len, 0600, /* sync = */ false, err) <
	    0)
		return error_context(err, "cannot save the container's state");
	return 0;
}

int state_save_config(int dir, const char *text, size_t len, struct error *err)
{
	if (fd_replace_file(dir, STATE_CONFIG, text, len, 0600, /* sync = */ false, err) < 0)
		return error_context(err, "cannot save the container's config.json");
	return 0;
}

int state_save_init(int dir, const struct state *state, struct error *err)
{
	char text[64];
	const int len =
		snprintf(text, sizeof text, "%d %" PRIu64 "\n", state->pid, state->start_time);

	if (fd_replace_file(dir, STATE_INIT, text, (size_t)len, 0600, /* sync = */ false, err) < 0)
		return error_context(err, "cannot note the container's init");
	return 0;
}

void state_load_init(int dir, struct state *ret)
{
	autobuf struct buf text = {};
	autoclose int fd = openat(dir, STATE_INIT, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct error ignored;
	uint64_t pid, start_time;

	if (fd < 0 || fd_read_all(fd, 64, &text, &ignored) < 0)
		return;

	const char *at = buf_text(&text);

	if (numbers_take(&at, INT32_MAX, &pid, 1) != 1 ||
	    numbers_take(&at, UINT64_MAX, &start_time, 1) != 1 || *at != '\n')
		return;
	ret->pid = (pid_t)pid;
	ret->start_time = start_time;
}

int state_load(int dir, const char *id, struct arena *arena, struct state *ret, struct error *err)
{
	autobuf struct buf text = {};
	autoclose int fd = openat(dir, STATE_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct state found = {};

	if (fd < 0 && errno == ENOENT) {
		(void)error_set(err, ERR_STATE, /* where = */ NULL,
				"container %s has no state: its create has not finished", id);
		err->code = ENODATA;
		return error_remedy(err, "if that create is gone, remove it with delete --force");
	}
	if (fd < 0)
		return error_sys(err, STATE_FILE, "cannot open the state of container %s", id);
	if (fd_read_all(fd, STATE_SIZE_MAX, &text, err) < 0 ||
	    state_parse(buf_text(&text), text.len, arena, &found, err) < 0) {
		err->kind = ERR_STATE;
		(void)error_context(err, "the state of container %s is damaged", id);
		return error_remedy(err, "remove the container with delete --force");
	}
	if (strcmp(found.id, id) != 0) {
		(void)error_set(err, ERR_STATE, "/id",
				"the state of container %s is damaged: it says '%s'", id, found.id);
		return error_remedy(err, "remove the container with delete --force");
	}
	*ret = found;
	return 0;
}

/* --- the status --- */

bool state_is_alive(int proc, const struct state *state)
{
	return process_lives(proc, state->pid, state->start_time);
}

static int is_frozen(int cgroup, struct error *err)
{
	const int frozen = cgroup < 0 ? 0 : cgroup_is_frozen(cgroup, err);

	/* Removed since it was opened: the container ended in this moment. */
	return frozen < 0 && (err->code == ENODEV || err->code == ENOENT) ? 0 : frozen;
}

int state_derive(int dir, int proc, int cgroup, bool locked, struct state *state, struct error *err)
{
	struct stat st;

	if (state->status == STATUS_CREATING && !locked && lock_is_held(dir))
		return 0;

	const bool alive = state_is_alive(proc, state);

	/* An init that outlived its create keeps its pid here: delete has to kill it. */
	if (!alive)
		state->pid = 0;
	if (!alive || state->status == STATUS_CREATING) {
		state->status = STATUS_STOPPED;
		return 0;
	}

	const int frozen = is_frozen(cgroup, err);

	if (frozen < 0)
		return -1;
	if (frozen)
		state->status = STATUS_PAUSED;
	else if (fstatat(dir, STATE_SOCKET, &st, AT_SYMLINK_NOFOLLOW) == 0)
		state->status = STATUS_CREATED;
	else
		state->status = STATUS_RUNNING;
	return 0;
}
