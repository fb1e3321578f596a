/* launch/stage.h: the mounts that a restore needs, in a mount namespace of its own
 *
 * CRIU wants the root file system, and each mount that it shall not make itself, at a path. In the
 * host's mount namespace a killed restore would leave them there; and most of them are made for the
 * container's ids. So the process that becomes `criu` first leaves for a mount namespace that is its
 * alone, and there, over /tmp, where CRIU also keeps its own mount points, stand
 *
 *	/tmp/brig/0        the root file system, id-mapped, as a create makes it
 *	/tmp/brig/N        mount N of those that were there at the checkpoint, if brig made it then: a
 *	                   bind, a device, the tmpfs at /dev with its nodes and links, what shows
 *	                   a namespace that is joined
 *	/tmp/brig/images   CRIU's images, of which /tmp/brig/mapped has the files
 *	/tmp/brig/cgroups  the host's cgroup2 as `unified`: CRIU would mount it in its work directory
 *	/tmp/brig/covers   what hides masked paths
 */
#ifndef BRIG_LAUNCH_STAGE_H
#define BRIG_LAUNCH_STAGE_H

#include "launch/sources.h"

/* One mount of a container at its checkpoint. */
struct stage_mount {
	const char *point;  /* in the container; "/" is the first */
	const char *parent; /* the point of the mount that it lies on; "" for "/" */
	const char *root;   /* which directory of its file system */
	const char *type, *flags;
	bool external;  /* brig makes it for CRIU */
	bool directory; /* rather than a file */
	bool cover;     /* hides a path; known at the checkpoint alone */
};

struct stage {
	const struct sources *sources;
	const struct stage_mount *mounts;
	size_t n;
	int images; /* a mount, attached nowhere, as the container's root sees it; borrowed */
	const char *images_below; /* where in it the images are */
};

#define STAGE_ROOT    "/tmp/brig/0"
#define STAGE_CGROUPS "/tmp/brig/cgroups"
#define STAGE_IMAGES  "/tmp/brig/images"

/**
 * stage_images() - for stage_build(): the directory that CRIU opens its images in
 * A link for each file. But a copy of timens-N.img (0 unless the container had a time namespace: one
 * that was restored before has): CRIU opens that one after it has made the user namespace, and perhaps
 * before it has written its mapping. Then it is neither the host's root nor the container's.
 */
[[nodiscard]] int stage_images(const struct stage *stage, struct error *err);
/** stage_attach() - attach a detached mount at a new directory or file @path */
[[nodiscard]] int stage_attach(int mount, const char *path, struct error *err);

/**
 * stage_source() - where CRIU finds mount @i, from @arena; NULL if the plan has no such mount
 * Pure: the same answer before and in the process that makes them.
 */
[[nodiscard]] const char *stage_source(const struct stage *stage, size_t i, struct arena *arena);

/** stage_build() - leave for the new mount namespace and make it all; for a process that becomes criu */
[[nodiscard]] int stage_build(const struct stage *stage, struct error *err);

#endif
