/* container/checkpoint_learn.c: what a restore will have to give back, read from a living container */
#include "container/checkpoint_learn.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/mountinfo.h"
#include "kernel/procfs.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/major.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* stream_of(): that of whoever ran the container */
#define TERMINAL "terminal"

enum { MOUNTINFO_MAX = 16 << 20 };

struct learning {
	const struct handle *handle;
	const struct spec *spec;
	struct arena *arena;
	struct image *image;
	uint64_t *mount_ids, *parent_ids; /* of image->mounts, in their order */
};

int checkpoint_cannot(struct error *err, const char *why, const char *remedy)
{
	(void)error_set(err, ERR_STATE, NULL, "it cannot be checkpointed: %s", why);
	return error_remedy(err, "%s", remedy);
}

static const struct spec_mount *mount_at(const struct spec *spec, const char *point)
{
	for (size_t i = spec->n_mounts; i > 0; i--) {
		if (strcmp(spec->mounts[i - 1].destination, point) == 0)
			return &spec->mounts[i - 1];
	}
	return NULL;
}

/* Made by brig rather than in the container: plan_mounts.c. */
static bool is_of_the_host(const struct spec_mount *mount)
{
	bool is = mount->type &&
		  (strcmp(mount->type, "bind") == 0 || strcmp(mount->type, "overlay") == 0);

	for (size_t i = 0; i < mount->options.n; i++)
		is |= strcmp(mount->options.items[i], "bind") == 0 ||
		      strcmp(mount->options.items[i], "rbind") == 0;
	return is;
}

/* Of a namespace that was joined: made outside of the container, plan_mounts.c. */
static bool shows_joined(const struct learning *learn, const struct spec_mount *asked)
{
	enum ns kind;

	return plan_shows_namespace(asked->type, &kind) &&
	       learn->handle->state.namespaces[kind].how != PLAN_NS_NEW;
}

/* CRIU makes anew what is a file system of the container's own, and binds of such. The rest comes from
 * the host: binds, devices, the tmpfs at /dev with nodes that no user namespace can make, and the covers
 * of masked paths, whose file system is seen nowhere in the container. */
static bool is_external(const struct learning *learn, const struct mountinfo *mount,
			const char *devices)
{
	const struct spec_mount *asked = mount_at(learn->spec, mount->point);

	if (strcmp(mount->source, "brig-hidden") == 0)
		return true;
	if (strcmp(mount->point, "/dev") == 0)
		return true;
	if (asked && (is_of_the_host(asked) || shows_joined(learn, asked)))
		return true;
	if (asked)
		return false;

	char device[40];

	snprintf(device, sizeof device, " %s ", mount->device);
	return !strstr(devices, device);
}

static bool is_directory(int root, const char *point)
{
	autoclose int fd = fd_try_in(root, point, O_PATH | O_DIRECTORY);

	return fd >= 0;
}

static const char *point_of(const struct learning *learn, uint64_t id)
{
	for (size_t i = 0; i < learn->image->n_mounts; i++) {
		if (learn->mount_ids[i] == id)
			return learn->image->mounts[i].point;
	}
	return "";
}

static size_t count_lines(const struct buf *text)
{
	size_t n = 0;

	for (size_t i = 0; i < text->len; i++)
		n += text->data[i] == '\n';
	return n;
}

static void swap_ids(uint64_t *ids, size_t a, size_t b)
{
	const uint64_t id = ids[a];

	ids[a] = ids[b];
	ids[b] = id;
}

/* The kernel lists mounts by age: one that was made outside of the container, before it had a root, comes
 * before "/", on which it lies. */
static void mounts_order(struct learning *learn, struct stage_mount *mounts)
{
	for (size_t i = 1; i < learn->image->n_mounts; i++) {
		if (strcmp(mounts[i].point, "/") != 0)
			continue;

		const struct stage_mount root = mounts[i];

		mounts[i] = mounts[0];
		mounts[0] = root;
		swap_ids(learn->mount_ids, 0, i);
		swap_ids(learn->parent_ids, 0, i);
		break;
	}
	for (size_t i = 0; i < learn->image->n_mounts; i++)
		mounts[i].parent = point_of(learn, learn->parent_ids[i]);
}

static int mounts_learn(struct learning *learn, struct error *err)
{
	struct arena *arena = learn->arena;
	autobuf struct buf text = {}, devices = {};
	struct stage_mount *mounts;
	struct mountinfo mount;
	char path[48];

	snprintf(path, sizeof path, "%d/mountinfo", learn->handle->state.pid);

	autoclose int file = procfs_open_file(learn->handle->proc, path, O_RDONLY, err);

	if (file < 0 || fd_read_all(file, MOUNTINFO_MAX, &text, err) < 0)
		return -1;
	snprintf(path, sizeof path, "/proc/%d/root", learn->handle->state.pid);

	autoclose int root = fd_open(path, O_PATH | O_DIRECTORY, 0, err);

	if (root < 0)
		return -1;

	const size_t room = count_lines(&text) + 1;

	mounts = arena_array(arena, room, sizeof *mounts);
	learn->mount_ids = arena_array(arena, room, sizeof *learn->mount_ids);
	learn->parent_ids = arena_array(arena, room, sizeof *learn->parent_ids);
	learn->image->mounts = mounts;
	buf_putc(&text, '\0');
	buf_putc(&devices, ' ');
	for (char *at = text.data; mountinfo_next(&at, &mount);) {
		const bool is_root = strcmp(mount.point, "/") == 0;
		const bool external = !is_root && is_external(learn, &mount, buf_text(&devices));

		if (!external)
			buf_printf(&devices, "%s ", mount.device);
		learn->mount_ids[learn->image->n_mounts] = mount.id;
		learn->parent_ids[learn->image->n_mounts] = mount.parent;
		mounts[learn->image->n_mounts] = (struct stage_mount){
			.point = arena_strdup(arena, mount.point),
			.root = arena_strdup(arena, mount.root),
			.type = arena_strdup(arena, mount.type),
			.flags = arena_strdup(arena, mount.flags),
			.external = external,
			.cover = strcmp(mount.source, "brig-hidden") == 0,
			.directory = is_directory(root, mount.point),
		};
		learn->image->n_mounts++;
	}
	mounts_order(learn, mounts);
	return 0;
}

static uint64_t mount_id_of(const struct learning *learn, int fd)
{
	char path[64], text[512];
	struct error ignored;

	snprintf(path, sizeof path, "%d/fdinfo/%d", learn->handle->state.pid, fd);
	if (procfs_read(learn->handle->proc, path, text, sizeof text, &ignored) < 0)
		return 0;

	const char *line = strstr(text, "mnt_id:");

	return line ? strtoull(line + strlen("mnt_id:"), NULL, 10) : 0;
}

static bool is_terminal(const struct stat *st)
{
	const unsigned number = major(st->st_rdev);

	return S_ISCHR(st->st_mode) &&
	       (number == TTY_MAJOR || (number >= UNIX98_PTY_SLAVE_MAJOR &&
					number < UNIX98_PTY_SLAVE_MAJOR + UNIX98_PTY_MAJOR_COUNT));
}

/* A standard stream that is a pipe or a file of the engine's: a restore puts its own in that place. */
static const char *stream_of(const struct learning *learn, int fd)
{
	char path[64], link[128];
	struct stat st;

	snprintf(path, sizeof path, "/proc/%d/fd/%d", learn->handle->state.pid, fd);

	const ssize_t len = readlink(path, link, sizeof link - 1);

	if (len < 0 || stat(path, &st) < 0)
		return "";
	link[len] = '\0';
	if (S_ISFIFO(st.st_mode) && strncmp(link, "pipe:[", strlen("pipe:[")) == 0)
		return arena_strdup(learn->arena, link);

	const uint64_t id = mount_id_of(learn, fd);

	if (*link != '/' || S_ISFIFO(st.st_mode) || id == 0 || *point_of(learn, id))
		return "";
	if (is_terminal(&st))
		return TERMINAL;
	/* As CRIU names a file that it shall not look for: --external in criu(8). */
	return arena_printf(learn->arena, "file[%" PRIx64 ":%" PRIx64 "]", id, (uint64_t)st.st_ino);
}

int checkpoint_learn(const struct handle *handle, const struct spec *spec, struct arena *arena,
		     struct image *ret, struct error *err)
{
	const struct state *state = &handle->state;
	struct learning learn = { .handle = handle, .spec = spec, .arena = arena, .image = ret };

	*ret = (struct image){
		.id = state->id,
		.ids = state->ids,
		.cgroup = state->cgroup.path,
		.seccomp_digest = state->protections.seccomp_digest,
		.apparmor = state->protections.apparmor,
		.landlock_abi = state->protections.landlock_abi,
	};
	for (enum ns kind = 0; kind < NS_COUNT; kind++)
		ret->joined[kind] = state->namespaces[kind].how == PLAN_NS_JOIN;
	if (mounts_learn(&learn, err) < 0)
		return -1;
	for (int i = 0; i < IMAGE_STREAMS; i++) {
		ret->streams[i] = stream_of(&learn, i);
		if (strcmp(ret->streams[i], TERMINAL) == 0)
			return checkpoint_cannot(
				err,
				"a standard stream is a terminal of the host's, which CRIU "
				"looks for in the container",
				"run it with process.terminal, or with pipes");
	}
	return 0;
}

/* A mount that no destination of the bundle names: at a destination that is a link, or below a recursive
 * bind. A restore would not know what to mount there. */
const struct stage_mount *checkpoint_unnamed(const struct image *image, const struct spec *spec)
{
	static const char dev[] = "/dev";

	for (size_t i = 0; i < image->n_mounts; i++) {
		const struct stage_mount *mount = &image->mounts[i];

		if (mount->external && !mount->cover && !mount_at(spec, mount->point) &&
		    strncmp(mount->point, dev, strlen(dev)) != 0)
			return mount;
	}
	return NULL;
}
