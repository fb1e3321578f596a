/* container/rdt_place.h: a container's class of service; config-linux.md, "IntelRdt" */
#ifndef BRIG_CONTAINER_RDT_PLACE_H
#define BRIG_CONTAINER_RDT_PLACE_H

#include "plan/plan.h"

/** rdt_place_init() - make (or find) the group and put the init into it; nothing without linux.intelRdt */
[[nodiscard]] int rdt_place_init(const struct plan *plan, pid_t pid, struct error *err);

/** rdt_place_remove() - the monitoring group, and the group if it was named after the container; absent is success */
[[nodiscard]] int rdt_place_remove(const struct spec_intel_rdt *rdt, const char *id,
				   struct error *err);

#endif
