/* container/rdt_place.c: a container's class of service */
#include "container/rdt_place.h"

#include "base/cleanup.h"
#include "kernel/resctrl.h"

int rdt_place_init(const struct plan *plan, pid_t pid, struct error *err)
{
	const struct plan_intel_rdt *rdt = &plan->intel_rdt;
	const struct resctrl_group group = {
		.clos_id = rdt->clos_id,
		.schemata = rdt->schemata,
		.must_exist = rdt->clos_exists_required,
		.monitoring = rdt->monitoring ? plan->id : NULL,
	};
	bool made = false;

	if (!rdt->set)
		return 0;

	autoclose int resctrl = resctrl_open(err);

	if (resctrl < 0 || resctrl_create(resctrl, &group, &made, err) < 0)
		return error_context(err, "/linux/intelRdt");
	return resctrl_attach(resctrl, &group, pid, err);
}

int rdt_place_remove(const struct spec_intel_rdt *rdt, const char *id, struct error *err)
{
	/* A closID is the administrator's: such a group stays, even if it was made for this container. */
	const struct resctrl_group group = {
		.clos_id = rdt->clos_id ? rdt->clos_id : id,
		.monitoring = rdt->enable_monitoring ? id : NULL,
	};

	if (!rdt->set)
		return 0;

	autoclose int resctrl = resctrl_open(err);

	if (resctrl < 0)
		return err->code == ENOENT ? 0 : -1;
	return resctrl_remove(resctrl, &group, !rdt->clos_id, err);
}
