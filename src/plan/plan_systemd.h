/* plan/plan_systemd.h: the container's cgroup as a systemd scope */
#ifndef BRIG_PLAN_PLAN_SYSTEMD_H
#define BRIG_PLAN_PLAN_SYSTEMD_H

#include "plan/plan.h"

/** plan_is_systemd_path() - is this cgroupsPath of the form slice:prefix:name? */
[[nodiscard]] bool plan_is_systemd_path(const char *cgroups_path);

/** plan_systemd() - plan->cgroup.path and .systemd, from such a path or without one */
[[nodiscard]] int plan_systemd(struct plan *plan, const struct plan_input *in, struct error *err);

/**
 * plan_slice_path() - "a-b.slice" as "/a.slice/a-b.slice", "-.slice" as ""; NULL if that is no
 * slice. systemd.slice(5)
 */
[[nodiscard]] const char *plan_slice_path(struct arena *arena, const char *slice);

#endif
