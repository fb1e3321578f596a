/* container/image.h: the directory with the images of a checkpoint, and what brig adds to them
 *
 *	*.img               CRIU's
 *	parent              CRIU's symbolic link to the pre-dump that this one builds on, relative
 *	descriptors.json    what the standard streams were: as runc has it, for engines
 *	brig.json           struct image: what a restore must give back, and what it has to hand to CRIU
 *
 * Whoever can change an image decides what a program of the host's root reads as memory, credentials
 * and filters of a container. So an image directory must be root's, with nothing but root above it,
 * and so must be every file in it; no symbolic link but `parent` is followed.
 */
#ifndef BRIG_CONTAINER_IMAGE_H
#define BRIG_CONTAINER_IMAGE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "kernel/idmap.h"
#include "kernel/namespace.h"
#include "launch/stage.h"

#include <stdbool.h>
#include <stddef.h>

enum { IMAGE_STREAMS = 3 };

struct image {
	const char *id; /* of the container that was checkpointed */
	struct idmap ids;
	bool joined[NS_COUNT];                 /* namespaces that were there before it */
	const char *cgroup;                    /* below the cgroup2 root */
	const char *seccomp_digest, *apparmor; /* NULL: none */
	int landlock_abi;
	const char
		*streams[IMAGE_STREAMS]; /* as CRIU names them: "pipe:[123]", "file[1a:4]"; "": not
					     * to be handed over */
	const struct stage_mount *mounts;
	size_t n_mounts;
};

/**
 * image_directory() - open the directory of images, or one to work in
 * @path: relative to the working directory
 * @make: with its parents, each 0700, if it is not there
 * @ret_path: absolute, from @arena
 * Return: an owned fd; -1 with *err: ERR_USAGE if it is not root's alone
 */
[[nodiscard]] int image_directory(const char *path, bool make, struct arena *arena,
				  const char **ret_path, struct error *err);

/** image_check_files() - is everything in the directory a file of root's, or the link `parent`? */
[[nodiscard]] int image_check_files(int dir, const char *path, struct error *err);

/**
 * image_mapped() - a mount with the images as the container's root is to see them: CRIU opens them
 * from within the container's user namespace, and they stay root's, mode 0600, below directories of
 * mode 0700
 * @path:   absolute, of the images
 * @userns: of which the container's ids are; -1: none, and nothing is mapped
 * @ret_below: where they are in it, from @arena: "" or "checkpoint"
 * With the pre-dumps that it builds on, each of which is checked.
 * Return: an owned fd of the mount, which is attached nowhere
 */
[[nodiscard]] int image_mapped(const char *path, int userns, struct arena *arena,
			       const char **ret_below, struct error *err);

/** image_write() - descriptors.json, and brig.json under another name: earlier images in @dir are withdrawn */
[[nodiscard]] int image_write(int dir, const struct image *image, struct error *err);
/** image_commit() - give it its name: the images are whole */
[[nodiscard]] int image_commit(int dir, struct error *err);
/** image_read() - brig.json; *@ret is @arena's */
[[nodiscard]] int image_read(int dir, struct arena *arena, struct image *ret, struct error *err);

/** image_parse() - text to image; strings are @arena's */
[[nodiscard]] int image_parse(const char *text, size_t len, struct arena *arena, struct image *ret,
			      struct error *err);
/** image_format() - and back */
void image_format(const struct image *image, struct buf *ret);

#endif
