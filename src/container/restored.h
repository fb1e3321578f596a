/* container/restored.h: did CRIU give back all that the plan says?
 *
 * CRIU restores credentials, capabilities, no_new_privs, seccomp filters and AppArmor profiles by
 * itself, from its images. What a container is protected by is not left to that: while every process
 * of it is frozen, before the first instruction of the workload, brig reads from the kernel what each
 * of its threads has, and what is less than the plan ends the container.
 */
#ifndef BRIG_CONTAINER_RESTORED_H
#define BRIG_CONTAINER_RESTORED_H

#include "container/handle.h"
#include "container/image.h"
#include "plan/plan.h"

/* What /proc/PID/status of each thread must say at least. */
struct restored_least {
	bool seccomp;
	bool no_new_privs;
	uint64_t capabilities; /* none but these in any set */
	struct idmap ids;      /* none but these as user and group */
};

/**
 * restored_check_status() - is a thread as confined as @least?
 * @status: the text of its /proc/PID/status
 * @err: ERR_KERNEL, which names the line
 */
[[nodiscard]] int restored_check_status(const char *status, const struct restored_least *least,
					struct error *err);

/**
 * restored_check_mounts() - are the mounts those of the checkpoint, with their flags?
 * @mountinfo: of the init; cut to pieces
 */
[[nodiscard]] int restored_check_mounts(char *mountinfo, const struct image *image,
					struct error *err);

/**
 * restored_check() - all of that, and what hides and protects paths, for each process of the frozen container
 * @joined: the namespaces that the plan joins, as spawn_open_joined() found them
 */
[[nodiscard]] int restored_check(const struct plan *plan, uint64_t capabilities,
				 const struct handle *handle, const struct image *image,
				 const int joined[NS_COUNT], struct error *err);

#endif
