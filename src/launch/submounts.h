/* launch/submounts.h: what is mounted below a source, and comes with it where the mount is recursive */
#ifndef BRIG_LAUNCH_SUBMOUNTS_H
#define BRIG_LAUNCH_SUBMOUNTS_H

#include "base/arena.h"
#include "kernel/mount_options.h"
#include "kernel/mountinfo.h"
#include "policy/policy.h"

/* The host's mounts, read when the first source asks; {} at first. */
struct submounts {
	struct arena arena;
	struct mountinfo *mounts;
	size_t n;
	bool known;
};

/**
 * submounts_judge() - may all of them be in the container?
 * @source: O_PATH fd of what is going to be cloned with all that is mounted below
 * @from:   JSON pointer of the mount, or "/root/path"
 * @attrs:  that the clone is going to have
 *
 * To be asked before anything of the container's is mounted in the mount namespace of the caller.
 */
[[nodiscard]] int submounts_judge(struct submounts *self, const struct policy *policy, int source,
				  const char *from, const struct mount_attrs *attrs,
				  struct error *err);
void submounts_free(struct submounts *self);
#define autosubmounts [[gnu::cleanup(submounts_free)]]

#endif
