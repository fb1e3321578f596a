/* spec/fields_mounts.c: config.md, "Root" and "Mounts"; config-linux.md, "User namespace mappings"
 */
#include "spec/decode.h"

#include <string.h>

/* The last id, 2^32 - 1, stands for "no change" and is never mapped: user_namespaces(7). */
static int finish_id_mapping(struct decoder *decoder, const struct json *node, void *object)
{
	const struct spec_id_mapping *map = object;

	if (map->size > UINT32_MAX - map->container_id)
		return json_error(decode_member(node, "size"), decoder->err,
				  "containerID %u and size %u go beyond the last id, %u",
				  map->container_id, map->size, UINT32_MAX - 1);
	if (map->size > UINT32_MAX - map->host_id)
		return json_error(decode_member(node, "size"), decoder->err,
				  "hostID %u and size %u go beyond the last id, %u", map->host_id,
				  map->size, UINT32_MAX - 1);
	return 0;
}

/* "/", "/.", "//x/..": what is mounted there lies over the root that the container has entered already,
 * and is never seen. */
static bool is_root(const char *path)
{
	size_t depth = 0;

	for (path += strspn(path, "/"); *path != '\0'; path += strspn(path, "/")) {
		const size_t part = strcspn(path, "/");

		if (part == 2 && memcmp(path, "..", 2) == 0)
			depth -= depth > 0;
		else if (part != 1 || *path != '.')
			depth++;
		path += part;
	}
	return depth == 0;
}

/* A relative destination is deprecated, and "MUST be interpreted as relative to '/'". */
static int finish_mount(struct decoder *decoder, const struct json *node, void *object)
{
	struct spec_mount *mount = object;

	if (mount->destination[0] != '/')
		mount->destination = arena_printf(decoder->arena, "/%s", mount->destination);
	if (is_root(mount->destination))
		return json_error(decode_member(node, "destination"), decoder->err,
				  "is the root file system itself: that is root.path");
	if (mount->uid_mappings.n > 0 && mount->gid_mappings.n == 0)
		return json_error(decode_member(node, "uidMappings"), decoder->err,
				  "must be specified along with gidMappings");
	if (mount->gid_mappings.n > 0 && mount->uid_mappings.n == 0)
		return json_error(decode_member(node, "gidMappings"), decoder->err,
				  "must be specified along with uidMappings");
	return 0;
}

// clang-format off
static const struct field root_fields[] = {
	{ "path",     IN(struct spec_root, path), .text = &text_not_empty, .required = true },
	{ "readonly", IN(struct spec_root, readonly) },
};
const struct shape shape_root = { ROWS(root_fields), .section = "config.md, \"Root\"" };

static const struct field id_mapping_fields[] = {
	{ "containerID", IN(struct spec_id_mapping, container_id), .required = true },
	{ "hostID",      IN(struct spec_id_mapping, host_id), .required = true },
	{ "size",        IN(struct spec_id_mapping, size), RANGE(1, UINT32_MAX), .required = true },
};
const struct shape shape_id_mapping = {
	ROWS(id_mapping_fields), .size = sizeof(struct spec_id_mapping), .finish = finish_id_mapping,
	.section = "config-linux.md, \"User namespace mappings\"",
};

#define POSIX_MOUNTS .section = "config.md, \"POSIX-platform Mounts\""
static const struct field mount_fields[] = {
	{ "destination", IN(struct spec_mount, destination), .text = &text_not_empty, .required = true },
	{ "source",      IN(struct spec_mount, source), .empty_is_absent = true },
	{ "options",     IN(struct spec_mount, options), .section = "config.md, \"Linux mount options\"" },
	{ "type",        IN(struct spec_mount, type), .empty_is_absent = true, POSIX_MOUNTS },
	{ "uidMappings", ARRAY_IN(struct spec_mount, uid_mappings, shape_id_mapping), POSIX_MOUNTS },
	{ "gidMappings", ARRAY_IN(struct spec_mount, gid_mappings, shape_id_mapping), POSIX_MOUNTS },
};
const struct shape shape_mount = {
	ROWS(mount_fields), .size = sizeof(struct spec_mount), .finish = finish_mount,
	.section = "config.md, \"Mounts\"",
};
// clang-format on
