/* plan/plan_ids.c: who the container is: mappings, namespaces, clock offsets, host name */
#include "plan/plan.h"

static const enum spec_namespace_kind spec_kinds[NS_COUNT] = {
	[NS_USER] = SPEC_NS_USER,     [NS_MOUNT] = SPEC_NS_MOUNT, [NS_PID] = SPEC_NS_PID,
	[NS_NET] = SPEC_NS_NETWORK,   [NS_IPC] = SPEC_NS_IPC,     [NS_UTS] = SPEC_NS_UTS,
	[NS_CGROUP] = SPEC_NS_CGROUP, [NS_TIME] = SPEC_NS_TIME,
};

static void namespaces(struct plan *plan, const struct plan_input *in)
{
	for (size_t kind = 0; kind < NS_COUNT; kind++) {
		const struct spec_namespace *asked = &in->spec->linux_.namespaces[spec_kinds[kind]];
		struct plan_namespace *ns = &plan->namespaces[kind];

		if (!asked->listed) {
			ns->from = "/linux/namespaces";
			continue;
		}
		ns->how = asked->path ? PLAN_NS_JOIN : PLAN_NS_NEW;
		ns->path = asked->path;
		ns->from = arena_printf(&plan->arena, "/linux/namespaces/%zu", asked->index);
	}
}

static const struct id_range *ranges(struct arena *arena, const struct spec_id_mappings *mappings)
{
	struct id_range *ret = arena_array(arena, mappings->n, sizeof *ret);

	for (size_t i = 0; i < mappings->n; i++) {
		ret[i] = (struct id_range){ mappings->items[i].container_id,
					    mappings->items[i].host_id, mappings->items[i].size };
	}
	return ret;
}

static int mappings(struct plan *plan, const struct plan_input *in, struct error *err)
{
	const struct spec_linux *linux_ = &in->spec->linux_;

	if (in->request->user_path) {
		plan->namespaces[NS_USER].how = PLAN_NS_JOIN;
		plan->namespaces[NS_USER].path = in->request->user_path;
		plan->ids = *in->request->ids;
		plan->ids_drawn = true;
	}
	/* With a path the mappings must not be written: engines list them beside it, or a dummy. */
	if (plan->namespaces[NS_USER].how != PLAN_NS_NEW)
		return 0;
	plan->setgroups = true;
	if (in->request->ids) {
		plan->ids = *in->request->ids;
		plan->ids_drawn = true;
	} else {
		plan->ids = (struct idmap){ ranges(&plan->arena, &linux_->uid_mappings),
					    ranges(&plan->arena, &linux_->gid_mappings),
					    linux_->uid_mappings.n, linux_->gid_mappings.n };
	}
	if (plan->ids.n_uids == 0 || plan->ids.n_gids == 0)
		return error_set(err, ERR_SPEC, "/linux/uidMappings",
				 "a user namespace without uidMappings and gidMappings");
	if (plan->ids.n_uids > IDMAP_RANGES_MAX || plan->ids.n_gids > IDMAP_RANGES_MAX)
		return error_set(err, ERR_SPEC, "/linux/uidMappings",
				 "more than %d mappings, user_namespaces(7)", IDMAP_RANGES_MAX);
	if (in->host->rootless) {
		/* Our own single id needs no helper, and without one setgroups(2) must be denied.
		 * Root of another user namespace, as rootless Podman runs us, maps ids of that one
		 * itself: user_namespaces(7). The helpers would look for it in /etc/subuid. */
		const bool single = plan->ids.n_uids == 1 && plan->ids.uids[0].count == 1;

		plan->ids_helpers = !single && host_is_ordinary(in->host);
		plan->setgroups = !single;
	}
	return 0;
}

static int names(struct plan *plan, const struct plan_input *in, struct error *err)
{
	const bool own = plan->namespaces[NS_UTS].how != PLAN_NS_NONE;
	const struct spec *spec = in->spec;

	if (!own &&
	    ((spec->hostname && *spec->hostname) || (spec->domainname && *spec->domainname)))
		return error_set(err, ERR_SPEC, "/hostname", "a host name needs a uts namespace");
	plan->hostname = spec->hostname && *spec->hostname ? spec->hostname : NULL;
	plan->domainname = spec->domainname && *spec->domainname ? spec->domainname : NULL;
	return 0;
}

static int clocks(struct plan *plan, const struct plan_input *in, struct error *err)
{
	const struct spec_time_offset *offsets[2] = { &in->spec->linux_.monotonic,
						      &in->spec->linux_.boottime };

	for (size_t i = 0; i < 2; i++) {
		plan->time_offsets |= offsets[i]->set;
		plan->time_secs[i] = offsets[i]->secs;
		plan->time_nanosecs[i] = offsets[i]->nanosecs;
	}
	if (plan->time_offsets && plan->namespaces[NS_TIME].how != PLAN_NS_NEW)
		return error_set(err, ERR_SPEC, "/linux/timeOffsets",
				 "clock offsets need a new time namespace");
	if (plan->namespaces[NS_TIME].how == PLAN_NS_NEW && !in->host->time_namespace)
		return error_set(err, ERR_KERNEL, plan->namespaces[NS_TIME].from,
				 "this kernel has no time namespaces");
	return 0;
}

int plan_ids(struct plan *plan, const struct plan_input *in, struct error *err)
{
	namespaces(plan, in);
	if (mappings(plan, in, err) < 0 || names(plan, in, err) < 0 || clocks(plan, in, err) < 0)
		return -1;
	plan->may_join_host = policy_action(in->policy, "host-namespace-path") < ACTION_HARDEN;
	plan->loopback_up = plan->namespaces[NS_NET].how == PLAN_NS_NEW;
	plan->net_devices = in->spec->linux_.net_devices;
	plan->n_net_devices = in->spec->linux_.n_net_devices;
	return 0;
}
