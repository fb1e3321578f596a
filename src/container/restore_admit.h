/* container/restore_admit.h: is a checkpoint one of the container that bundle and policy describe now? */
#ifndef BRIG_CONTAINER_RESTORE_ADMIT_H
#define BRIG_CONTAINER_RESTORE_ADMIT_H

#include "container/create.h"
#include "container/image.h"

/**
 * restore_admit() - before anything is made: the same kinds of namespaces, ids, filter and profile
 * What CRIU cannot give back is judged by the rule restore-weaker, and goes into the plan's warnings.
 * @lsm_profile:     that the caller named, or NULL
 * @ret_lsm_profile: for CRIU, as it names them, from the runtime's arena; untouched if there is none
 * Return: 0, or -1 with *err: ERR_POLICY or ERR_USAGE, and what to do
 */
[[nodiscard]] int restore_admit(struct creation *create, const struct image *image,
				const char *lsm_profile, const char **ret_lsm_profile,
				struct error *err);

#endif
