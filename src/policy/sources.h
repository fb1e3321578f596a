/* policy/sources.h: what the checks of mounts share */
#ifndef BRIG_POLICY_SOURCES_H
#define BRIG_POLICY_SOURCES_H

#include "kernel/mount_options.h"
#include "policy/host_paths.h"
#include "policy/rules.h"

#include <stdbool.h>
#include <sys/stat.h>

/*
 * A place of the host that a mount takes something from: the source of a bind, a layer of an
 * overlay.
 */
struct source {
	size_t mount; /* index in spec->mounts */
	const char *pointer;
	struct host_path at;
};

/** source_of() - what bind @mount takes from the host, or a layer of an overlay; NULL: nothing */
[[nodiscard]] const struct source *source_of(struct judge *judge, size_t mount);

/* Subjects of check_source_kind(): a file type of stat(2), or this. */
enum { SOURCE_ENGINE_SOCKET = -1 };

[[nodiscard]] bool mount_is_bind(const struct spec_mount *mount);
/** mount_words_of() - what its options say, read as plan/ reads them */
[[nodiscard]] struct mount_words mount_words_of(const struct spec_mount *mount);
/** mount_is_writable() - the mount itself; what is mounted below the source of a bind is judged at launch */
[[nodiscard]] bool mount_is_writable(const struct spec_mount *mount);
/** mount_make_readonly() - in the hardened spec; with all that is below a recursive bind */
void mount_make_readonly(struct judge *judge, size_t index);

/* What policy thinks of a device of the host, rules_devices.c */
enum device_standing { DEVICE_FORBIDDEN, DEVICE_ALLOWED, DEVICE_DEFAULT };
[[nodiscard]] enum device_standing device_standing(const struct policy *policy, char type,
						   int64_t major, int64_t minor);

/** device_allow_parse() - "c 1:3 rwm", "b 8:* r"; * is any. false if it is not of that form */
[[nodiscard]] bool device_allow_parse(const char *text, struct spec_device_rule *ret);

#endif
