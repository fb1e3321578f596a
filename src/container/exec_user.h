/* container/exec_user.h: the ids that `brig exec` is given in words */
#ifndef BRIG_CONTAINER_EXEC_USER_H
#define BRIG_CONTAINER_EXEC_USER_H

#include "base/arena.h"
#include "base/error.h"
#include "spec/spec.h"

/**
 * exec_user_parse() - "1000" or "1000:1000"; without a group it is 0, as runc and crun have it
 * Decimal digits alone make an id. What is left out, or read in another way than it was meant, would
 * be root: CVE-2026-30892. Names are not looked up, because the image would say who they are.
 * @ret: its other members become 0; untouched on failure
 */
[[nodiscard]] int exec_user_parse(const char *text, struct spec_user *ret, struct error *err);

/**
 * exec_groups_parse() - "1000,1001": supplementary groups
 * @arena: owns the list
 * @user:  whose additional_gids are replaced; untouched on failure
 */
[[nodiscard]] int exec_groups_parse(struct arena *arena, const char *text, struct spec_user *user,
				    struct error *err);

#endif
