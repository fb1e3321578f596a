/* container/image_json.c: brig.json and descriptors.json beside the images of a checkpoint */
#include "container/image.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/json.h"
#include "container/id.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RECORD       "brig.json"
#define RECORD_TO_BE "brig.json.part"
#define DESCRIPTORS  "descriptors.json"

enum { LAYOUT = 1, SIZE_MAX_BYTES = 8 << 20 };

/* --- writing --- */

static void write_ranges(const struct id_range *ranges, size_t n, const char *key,
			 struct json_out *out)
{
	json_out_array(out, key);
	for (size_t i = 0; i < n; i++) {
		json_out_object(out, NULL);
		json_out_uint(out, "containerID", ranges[i].inside);
		json_out_uint(out, "hostID", ranges[i].outside);
		json_out_uint(out, "size", ranges[i].count);
		json_out_end_object(out);
	}
	json_out_end_array(out);
}

static void write_joined(const struct image *image, struct json_out *out)
{
	json_out_array(out, "joined");
	for (enum ns kind = 0; kind < NS_COUNT; kind++) {
		if (image->joined[kind])
			json_out_string(out, NULL, ns_name(kind));
	}
	json_out_end_array(out);
}

static void write_mount(const struct stage_mount *mount, struct json_out *out)
{
	json_out_object(out, NULL);
	json_out_string(out, "point", mount->point);
	json_out_string(out, "parent", mount->parent);
	json_out_string(out, "root", mount->root);
	json_out_string(out, "type", mount->type);
	json_out_string(out, "flags", mount->flags);
	json_out_bool(out, "external", mount->external);
	json_out_bool(out, "directory", mount->directory);
	json_out_end_object(out);
}

static void write_streams(const struct image *image, const char *key, struct json_out *out)
{
	json_out_array(out, key);
	for (size_t i = 0; i < IMAGE_STREAMS; i++)
		json_out_string(out, NULL, image->streams[i]);
	json_out_end_array(out);
}

void image_format(const struct image *image, struct buf *ret)
{
	struct json_out out = { .buf = ret, .pretty = true };

	json_out_object(&out, NULL);
	json_out_uint(&out, "layout", LAYOUT);
	json_out_string(&out, "id", image->id);
	write_ranges(image->ids.uids, image->ids.n_uids, "uidMappings", &out);
	write_ranges(image->ids.gids, image->ids.n_gids, "gidMappings", &out);
	write_joined(image, &out);
	json_out_string(&out, "cgroup", image->cgroup);
	json_out_string(&out, "seccompDigest", image->seccomp_digest);
	json_out_string(&out, "apparmor", image->apparmor);
	json_out_int(&out, "landlockAbi", image->landlock_abi);
	write_streams(image, "streams", &out);
	json_out_array(&out, "mounts");
	for (size_t i = 0; i < image->n_mounts; i++)
		write_mount(&image->mounts[i], &out);
	json_out_end_array(&out);
	json_out_end_object(&out);
	buf_putc(ret, '\n');
}

/* What vouches for images that were there before goes first: CRIU writes over them. */
static int record_withdraw(int dir, struct error *err)
{
	if (unlinkat(dir, RECORD, 0) == 0 || errno == ENOENT)
		return 0;
	return error_sys(err, RECORD, "cannot remove the record of an earlier checkpoint");
}

int image_write(int dir, const struct image *image, struct error *err)
{
	autobuf struct buf record = {}, descriptors = {};
	struct json_out out = { .buf = &descriptors };

	if (record_withdraw(dir, err) < 0)
		return -1;
	image_format(image, &record);
	write_streams(image, NULL, &out);
	if (fd_replace_file(dir, DESCRIPTORS, descriptors.data, descriptors.len, 0600, false, err) <
	    0)
		return -1;
	return fd_replace_file(dir, RECORD_TO_BE, record.data, record.len, 0600, true, err);
}

int image_commit(int dir, struct error *err)
{
	if (renameat(dir, RECORD_TO_BE, dir, RECORD) < 0 || fsync(dir) < 0)
		return error_sys(err, RECORD, "cannot record the checkpoint");
	return 0;
}

/* --- reading --- */

static int read_text(const struct json *object, const char *key, struct arena *arena,
		     const char **ret, struct error *err)
{
	const struct json *node = json_get(object, key);
	const char *text;

	if (!node)
		return json_error(object, err, "'%s' is missing", key);
	if (json_to_string(node, &text, err) < 0)
		return -1;
	*ret = arena_strdup(arena, text);
	return 0;
}

static int read_optional(const struct json *object, const char *key, struct arena *arena,
			 const char **ret, struct error *err)
{
	*ret = NULL;
	return json_get(object, key) ? read_text(object, key, arena, ret, err) : 0;
}

static int read_number(const struct json *object, const char *key, uint32_t *ret, struct error *err)
{
	const struct json *node = json_get(object, key);
	uint64_t value;

	if (!node)
		return json_error(object, err, "'%s' is missing", key);
	if (json_to_uint(node, UINT32_MAX, &value, err) < 0)
		return -1;
	*ret = (uint32_t)value;
	return 0;
}

static int read_flag(const struct json *object, const char *key, bool *ret, struct error *err)
{
	const struct json *node = json_get(object, key);

	return node ? json_to_bool(node, ret, err)
		    : json_error(object, err, "'%s' is missing", key);
}

static const struct json *array_of(const struct json *object, const char *key, struct error *err)
{
	const struct json *node = json_get(object, key);

	if (node && node->type == JSON_ARRAY)
		return node;
	(void)json_error(node ?: object, err, "'%s' must be an array", key);
	return NULL;
}

static int read_ranges(const struct json *top, const char *key, struct arena *arena,
		       const struct id_range **ret, size_t *ret_n, struct error *err)
{
	const struct json *list = array_of(top, key, err);
	struct id_range *ranges;
	size_t n = 0;

	if (!list)
		return -1;
	if (list->len > IDMAP_RANGES_MAX)
		return json_error(list, err, "more than %d ranges", IDMAP_RANGES_MAX);
	ranges = arena_array(arena, list->len, sizeof *ranges);
	for (const struct json *item = list->first; item; item = item->next, n++) {
		if (read_number(item, "containerID", &ranges[n].inside, err) < 0 ||
		    read_number(item, "hostID", &ranges[n].outside, err) < 0 ||
		    read_number(item, "size", &ranges[n].count, err) < 0)
			return -1;
	}
	*ret = ranges;
	*ret_n = n;
	return 0;
}

static int read_kind(const struct json *item, struct image *ret, struct error *err)
{
	const char *name;

	if (json_to_string(item, &name, err) < 0)
		return -1;
	for (enum ns kind = 0; kind < NS_COUNT; kind++) {
		if (strcmp(name, ns_name(kind)) != 0)
			continue;
		ret->joined[kind] = true;
		return 0;
	}
	return json_error(item, err, "'%.64s' is no kind of namespace", name);
}

static int read_joined(const struct json *top, struct image *ret, struct error *err)
{
	const struct json *list = array_of(top, "joined", err);

	for (const struct json *item = list ? list->first : NULL; item; item = item->next) {
		if (read_kind(item, ret, err) < 0)
			return -1;
	}
	return list ? 0 : -1;
}

static bool lies_on(const struct stage_mount *mount)
{
	const size_t len = strcmp(mount->parent, "/") == 0 ? 0 : strlen(mount->parent);

	return strncmp(mount->point, mount->parent, len) == 0 &&
	       (len == 0 || mount->point[len] == '/' || mount->point[len] == '\0');
}

static int read_mounts(const struct json *top, struct arena *arena, struct image *ret,
		       struct error *err)
{
	const struct json *list = array_of(top, "mounts", err);
	struct stage_mount *mounts;

	if (!list)
		return -1;
	mounts = arena_array(arena, list->len, sizeof *mounts);
	for (const struct json *item = list->first; item; item = item->next) {
		struct stage_mount *mount = &mounts[ret->n_mounts++];

		if (read_text(item, "point", arena, &mount->point, err) < 0 ||
		    read_text(item, "parent", arena, &mount->parent, err) < 0 ||
		    read_text(item, "root", arena, &mount->root, err) < 0 ||
		    read_text(item, "type", arena, &mount->type, err) < 0 ||
		    read_text(item, "flags", arena, &mount->flags, err) < 0 ||
		    read_flag(item, "external", &mount->external, err) < 0 ||
		    read_flag(item, "directory", &mount->directory, err) < 0)
			return -1;
		if (mount->point[0] != '/')
			return json_error(item, err, "'%s' is no absolute path", mount->point);
		if (!lies_on(mount))
			return json_error(item, err, "'%s' does not lie on '%s'", mount->point,
					  mount->parent);
	}
	if (ret->n_mounts == 0 || strcmp(mounts[0].point, "/") != 0)
		return json_error(list, err, "the first mount is not the root");
	ret->mounts = mounts;
	return 0;
}

static int read_streams(const struct json *top, struct arena *arena, struct image *ret,
			struct error *err)
{
	const struct json *list = array_of(top, "streams", err);
	size_t n = 0;

	if (!list)
		return -1;
	if (list->len != IMAGE_STREAMS)
		return json_error(list, err, "there must be %d of them", IMAGE_STREAMS);
	for (const struct json *item = list->first; item; item = item->next, n++) {
		const char *text;

		if (json_to_string(item, &text, err) < 0)
			return -1;
		ret->streams[n] = arena_strdup(arena, text);
	}
	return 0;
}

int image_parse(const char *text, size_t len, struct arena *arena, struct image *ret,
		struct error *err)
{
	const struct json *top = json_parse(arena, RECORD, text, len, (struct json_limits){}, err);
	struct image image = {};
	uint32_t layout = 0, landlock = 0;

	if (!top || read_number(top, "layout", &layout, err) < 0)
		return -1;
	if (layout != LAYOUT)
		return json_error(top, err, "its layout is %u, and this brig reads %d", layout,
				  LAYOUT);
	if (read_text(top, "id", arena, &image.id, err) < 0 ||
	    read_ranges(top, "uidMappings", arena, &image.ids.uids, &image.ids.n_uids, err) < 0 ||
	    read_ranges(top, "gidMappings", arena, &image.ids.gids, &image.ids.n_gids, err) < 0 ||
	    read_joined(top, &image, err) < 0 ||
	    read_text(top, "cgroup", arena, &image.cgroup, err) < 0 ||
	    read_optional(top, "seccompDigest", arena, &image.seccomp_digest, err) < 0 ||
	    read_optional(top, "apparmor", arena, &image.apparmor, err) < 0 ||
	    read_number(top, "landlockAbi", &landlock, err) < 0 ||
	    read_streams(top, arena, &image, err) < 0 || read_mounts(top, arena, &image, err) < 0)
		return -1;
	if (!id_is_valid(image.id))
		return json_error(json_get(top, "id"), err, "'%.64s' is no container's id",
				  image.id);
	if (landlock > INT_MAX)
		return json_error(json_get(top, "landlockAbi"), err, "there is no such version");
	image.landlock_abi = (int)landlock;
	*ret = image;
	return 0;
}

int image_read(int dir, struct arena *arena, struct image *ret, struct error *err)
{
	autobuf struct buf text = {};
	autoclose int fd = fd_open_beneath(dir, RECORD, O_RDONLY | O_NONBLOCK, 0, err);

	if (fd < 0) {
		if (err->code == ENOENT)
			return error_remedy(err,
					    "these images were not written by brig checkpoint: "
					    "a restore could not tell what it has to give back");
		return -1;
	}
	if (fd_read_all(fd, SIZE_MAX_BYTES, &text, err) < 0 ||
	    image_parse(buf_text(&text), text.len, arena, ret, err) < 0)
		return error_context(err, "the record of the checkpoint");
	return 0;
}
