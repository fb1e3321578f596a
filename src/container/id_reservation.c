/* container/id_reservation.c: who holds a range of ids, on file */
#include "container/id_reservation.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/number.h"
#include "container/id.h"
#include "kernel/process_id.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define POD "pod-"
#define NEW "new"

enum {
	FILE_SIZE_MAX = 1 << 20, /* a pod of some thousand containers */
	HOLDERS_MAX = 4'096,
	SANDBOX_MAX = NAME_MAX - (sizeof POD - 1), /* the link's name */
};

int id_reservation_lock(int area, struct error *err)
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

const char *id_reservation_name(struct arena *arena, uint32_t first)
{
	return arena_printf(arena, "%" PRIu32, first);
}

bool id_reservation_is_name(const char *name)
{
	const size_t len = strlen(name);

	return len > 0 && len <= 10 && strspn(name, "0123456789") == len;
}

const char *id_reservation_sandbox(const char *sandbox)
{
	return sandbox && strlen(sandbox) <= SANDBOX_MAX && id_is_valid(sandbox) ? sandbox : NULL;
}

/* --- reading --- */

static int damaged(const char *name, struct error *err)
{
	(void)error_set(err, ERR_STATE, name, "the id reservation '%s' is damaged", name);
	return error_remedy(err,
			    "remove it from the brig-ids directory once no container runs "
			    "with ids from %s on",
			    name);
}

/* The next line of *@rest, NUL-terminated in place; NULL at the end. */
static char *take_line(char **rest)
{
	char *line = *rest, *end = strchr(line, '\n');

	if (!end)
		return NULL;
	*end = '\0';
	*rest = end + 1;
	return line;
}

/* What follows @label in @line; NULL if it begins with something else. */
static const char *after(const char *line, const char *label)
{
	const size_t len = strlen(label);

	return strncmp(line, label, len) == 0 ? line + len : NULL;
}

static bool parse_holder(const char *line, struct arena *arena, struct id_reservation *ret)
{
	uint64_t pid, rest[3];

	line = after(line, "holder");
	if (!line || numbers_take(&line, INT32_MAX, &pid, 1) != 1 ||
	    numbers_take(&line, UINT64_MAX, rest, 3) != 3 || line[0] != ' ' || line[1] != '/' ||
	    ret->n_holders == HOLDERS_MAX)
		return false;

	const struct id_holder holder = { .pid = (pid_t)pid,
					  .start_time = rest[0],
					  .device = rest[1],
					  .inode = rest[2],
					  .state_dir = arena_strdup(arena, line + 1) };

	ret->holders = arena_grow(arena, ret->holders, ret->n_holders, ret->n_holders + 1,
				  sizeof *ret->holders);
	ret->holders[ret->n_holders++] = holder;
	return true;
}

static bool parse(char *text, struct arena *arena, struct id_reservation *ret)
{
	char *line = take_line(&text);
	const char *head = line ? after(line, "brig-ids 1") : NULL;
	uint64_t ids[3];

	if (!head || numbers_take(&head, UINT32_MAX, ids, 3) != 3)
		return false;
	ret->first = (uint32_t)ids[0];
	ret->first_gid = (uint32_t)ids[1];
	ret->count = (uint32_t)ids[2];
	while ((line = take_line(&text)) && strcmp(line, "end") != 0) {
		const bool sandbox = strncmp(line, "sandbox ", 8) == 0;

		if (sandbox && !id_is_valid(line + 8))
			return false;
		if (sandbox)
			ret->sandbox = arena_strdup(arena, line + 8);
		else if (!parse_holder(line, arena, ret))
			return false;
	}
	return line && *text == '\0' && ret->n_holders > 0;
}

int id_reservation_read(int area, const char *name, struct arena *arena, struct id_reservation *ret,
			struct error *err)
{
	struct id_reservation found = {};
	autobuf struct buf text = {};
	autoclose int fd = openat(area, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return error_sys(err, name, "cannot open the id reservation '%s'", name);
	if (fd_read_all(fd, FILE_SIZE_MAX, &text, err) < 0)
		return error_context(err, "cannot read the id reservation '%s'", name);
	if (strlen(buf_text(&text)) != text.len || text.len == 0 ||
	    !parse(text.data, arena, &found))
		return damaged(name, err);
	*ret = found;
	return 1;
}

/* --- writing --- */

static const char *link_name(struct arena *arena, const char *sandbox)
{
	return arena_printf(arena, POD "%s", sandbox);
}

static int link_pod(int area, const char *sandbox, const char *name, struct error *err)
{
	autoarena struct arena arena = {};
	const char *link = link_name(&arena, sandbox);

	if (symlinkat(name, area, link) == 0 || errno == EEXIST)
		return 0;
	return error_sys(err, /* where = */ NULL, "cannot link the id reservation of pod '%s'",
			 sandbox);
}

/* fd_replace_file() takes another temporary name each time, which a kill would leave for good. */
static int replace(int area, const char *name, const struct buf *text, struct error *err)
{
	autoclose int fd =
		openat(area, NEW, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_sys(err, name, "cannot make the id reservation '%s'", name);
	if (fd_write_all(fd, text->data, text->len, err) < 0 ||
	    renameat(area, NEW, area, name) < 0) {
		(void)error_sys(err, name, "cannot write the id reservation '%s'", name);
		(void)unlinkat(area, NEW, 0);
		return -1;
	}
	return 0;
}

int id_reservation_write(int area, const char *name, const struct id_reservation *reservation,
			 struct error *err)
{
	autobuf struct buf text = {};

	buf_printf(&text, "brig-ids 1 %" PRIu32 " %" PRIu32 " %" PRIu32 "\n", reservation->first,
		   reservation->first_gid, reservation->count);
	if (reservation->sandbox)
		buf_printf(&text, "sandbox %s\n", reservation->sandbox);
	for (size_t i = 0; i < reservation->n_holders; i++) {
		const struct id_holder *holder = &reservation->holders[i];

		buf_printf(&text, "holder %d %" PRIu64 " %" PRIu64 " %" PRIu64 " %s\n", holder->pid,
			   holder->start_time, holder->device, holder->inode, holder->state_dir);
	}
	buf_puts(&text, "end\n");
	if (reservation->n_holders > HOLDERS_MAX || text.len > FILE_SIZE_MAX)
		return error_set(err, ERR_STATE, name,
				 "%zu containers share ids already, more cannot be noted",
				 reservation->n_holders - 1);

	if (replace(area, name, &text, err) < 0)
		return error_context(err, "cannot reserve ids");
	return reservation->sandbox ? link_pod(area, reservation->sandbox, name, err) : 0;
}

int id_reservation_remove(int area, const char *name, const char *sandbox, struct error *err)
{
	autoarena struct arena arena = {};
	const char *target = sandbox ? id_reservation_of_pod(area, sandbox, &arena) : NULL;

	/* The link first: one that leads nowhere would have to be cleared by the next pod of that
	 * name, a reservation without link is freed like any other. */
	if (target && strcmp(target, name) == 0 &&
	    unlinkat(area, link_name(&arena, sandbox), 0) < 0 && errno != ENOENT)
		return error_sys(err, name, "cannot unlink the id reservation of pod '%s'",
				 sandbox);
	if (unlinkat(area, name, 0) < 0 && errno != ENOENT)
		return error_sys(err, name, "cannot remove the id reservation '%s'", name);
	return 0;
}

const char *id_reservation_of_pod(int area, const char *sandbox, struct arena *arena)
{
	char target[16];
	const ssize_t n = readlinkat(area, link_name(arena, sandbox), target, sizeof target - 1);

	if (n < 0)
		return NULL;
	target[n] = '\0';
	return id_reservation_is_name(target) ? arena_strdup(arena, target) : NULL;
}

int id_reservation_forget_pod(int area, const char *sandbox, struct error *err)
{
	autoarena struct arena arena = {};

	if (unlinkat(area, link_name(&arena, sandbox), 0) == 0 || errno == ENOENT)
		return 0;
	return error_sys(err, /* where = */ NULL, "cannot unlink the id reservation of pod '%s'",
			 sandbox);
}

/* --- holders --- */

int id_holder_check(const char *state_dir, struct error *err)
{
	if (state_dir[0] == '/' && !strchr(state_dir, '\n'))
		return 0;
	return error_set(err, ERR_USAGE, /* where = */ NULL,
			 "cannot draw ids for the container: its state directory is not an "
			 "absolute path without newlines");
}

struct id_holder id_holder_now(int proc, const char *state_dir)
{
	struct id_holder holder = { .pid = getpid(), .state_dir = state_dir };
	struct stat st;

	if (!process_start_time(proc, holder.pid, &holder.start_time))
		holder.start_time = 0; /* /proc is of another pid namespace: the directory counts */
	if (lstat(state_dir, &st) == 0) {
		holder.device = st.st_dev;
		holder.inode = st.st_ino;
	}
	return holder;
}

bool id_holder_is_live(int proc, const struct id_holder *holder)
{
	struct stat st;

	if (lstat(holder->state_dir, &st) == 0 &&
	    (holder->inode == 0 || (st.st_dev == holder->device && st.st_ino == holder->inode)))
		return true;
	return process_lives(proc, holder->pid, holder->start_time);
}

static bool is_live(int proc, const struct id_reservation *reservation)
{
	for (size_t i = 0; i < reservation->n_holders; i++) {
		if (id_holder_is_live(proc, &reservation->holders[i]))
			return true;
	}
	return false;
}

int id_reservation_reclaim(int area, int proc, const char *name, struct arena *arena,
			   struct error *err)
{
	struct id_reservation found = {};
	struct error damage;
	const int read = id_reservation_read(area, name, arena, &found, &damage);

	if (read == 0)
		return 1;
	if (read < 0 || is_live(proc, &found))
		return 0;
	return id_reservation_remove(area, name, found.sandbox, err) < 0 ? -1 : 1;
}
