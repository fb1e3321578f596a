/* policy/policy_file.h: policy files, read and merged */
#ifndef BRIG_POLICY_POLICY_FILE_H
#define BRIG_POLICY_POLICY_FILE_H

#include "policy/policy.h"

#include <sys/types.h>

/* Whose files count. */
struct policy_trust {
	uid_t user;    /* besides root: the user who runs brig rootless; 0 for none */
	uid_t unknown; /* the overflow id, as which an unmapped root shows; 0 for none */
};

/**
 * policy_merge() - what one file says, over what is there
 * @what: the path, for messages and set_by
 * @base: out; the built-in that the file starts from; NULL in a drop-in, where `base` is refused
 * Return: 0, or -1 with *err naming the file and the JSON pointer in it. @policy is then of no use.
 */
[[nodiscard]] int policy_merge(struct policy *policy, const char *what, const char *text,
			       size_t len, bool drop_in, struct error *err);

/**
 * policy_read_file() - open @name in @dir, make sure that both are to be trusted, and merge;
 * absent: 1
 */
[[nodiscard]] int policy_read_file(struct policy *policy, int dir, const char *dir_path,
				   const char *name, bool drop_in, const struct policy_trust *trust,
				   struct error *err);

/**
 * policy_read_directory() - policy.json and policy.d/NAME.json below @path; absent files are none
 */
[[nodiscard]] int policy_read_directory(struct policy *policy, const char *path,
					const struct policy_trust *trust, struct error *err);

#endif
