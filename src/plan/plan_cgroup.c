/* plan/plan_cgroup.c: the cgroup of the container: where it is, what is written into it
 *
 * Where, by the manager and linux.cgroupsPath:
 *
 *   cgroupfs   "/a/b"               /a/b, below the root of cgroup2
 *              "a/b"                /brig/a/b: "relative to a runtime-determined location", config-linux.md
 *              absent               /brig/ID; none at all for an ordinary user, who could not make it
 *   systemd    "slice:prefix:name"  a scope: plan_systemd.c
 *              absent               the scope brig-ID.scope
 *              a path               as with cgroupfs: buildah(1) passes its --cgroup-parent as it is
 *   disabled                        none
 *
 * Without a cgroup nothing is limited, which is said in a warning that names each limit; where the
 * bundle asks for a limit and there is no cgroup2 at all, it is an error.
 */
#include "plan/plan.h"

#include "base/cleanup.h"
#include "plan/plan_resources.h"
#include "plan/plan_systemd.h"

#include <string.h>
#include <sys/mount.h>

#define PARENT "/brig"

static const char from_path[] = "/linux/cgroupsPath";

/* "/a//b/./c/" as "/a/b/c"; spec/ has refused ".." */
static const char *clean(struct arena *arena, const char *path)
{
	char *ret = arena_alloc(arena, strlen(path) + 2), *end = ret;

	while (*(path += strspn(path, "/"))) {
		const size_t len = strcspn(path, "/");

		if (len != 1 || *path != '.') {
			*end++ = '/';
			memcpy(end, path, len);
			end += len;
		}
		path += len;
	}
	return ret;
}

static int cgroupfs_path(struct plan *plan, const char *asked, const char **ret, struct error *err)
{
	if (plan_is_systemd_path(asked)) {
		(void)error_set(err, ERR_SPEC, from_path,
				"'%s' names a systemd slice and scope, but the cgroup manager is "
				"cgroupfs",
				asked);
		return error_remedy(err, "pass --systemd-cgroup, or give a path");
	}
	if (*asked != '/')
		asked = arena_printf(&plan->arena, PARENT "/%s", asked);

	const char *path = clean(&plan->arena, asked);

	if (!*path) {
		(void)error_set(err, ERR_SPEC, from_path,
				"a container cannot be in the root cgroup, which has no limits");
		return error_remedy(err, "name a cgroup below it");
	}
	*ret = path;
	return 0;
}

/* Sets manager, path and systemd. @ret_reason: why there is no cgroup, if there is none */
static int place(struct plan *plan, const struct plan_input *in, const char **ret_reason,
		 struct error *err)
{
	const char *asked = in->spec->linux_.cgroups_path;
	struct plan_cgroup *cgroup = &plan->cgroup;

	cgroup->manager = in->request->cgroup_manager;
	if (cgroup->manager == CGROUP_MANAGER_DISABLED) {
		*ret_reason = "the cgroup manager is 'disabled'";
		return 0;
	}
	if (!in->host->cgroup_mount) {
		*ret_reason = "no cgroup2 file system is mounted";
		return 0;
	}
	if (cgroup->manager == CGROUP_MANAGER_SYSTEMD && (!asked || plan_is_systemd_path(asked)))
		return plan_systemd(plan, in, err);

	cgroup->manager = CGROUP_MANAGER_CGROUPFS;
	if (!asked && in->host->rootless) {
		*ret_reason = "an ordinary user has no cgroup of their own to make one in; "
			      "--cgroup-manager systemd asks the user's service manager for one";
		return 0;
	}
	return cgroupfs_path(plan, asked ? asked : plan->id, &cgroup->path, err);
}

/* --- without a cgroup --- */

static const char *names_of(struct arena *arena, const struct plan_limits *limits)
{
	const char *names = "";

	for (size_t i = 0; i < limits->n; i++)
		names = arena_printf(arena, "%s%s%s", names, *names ? ", " : "",
				     limits->writes[i].file);
	return names;
}

/* An engine that disables cgroups, or an ordinary user, knows; a host without cgroup2 is a
 * surprise. */
static int do_without(struct plan *plan, const struct plan_input *in,
		      const struct plan_limits *limits, const char *reason, struct error *err)
{
	const bool known =
		in->request->cgroup_manager == CGROUP_MANAGER_DISABLED || in->host->rootless;

	for (size_t i = 0; i < limits->n && !known; i++) {
		if (limits->writes[i].may_lack)
			continue;
		(void)error_set(err, ERR_KERNEL, limits->writes[i].from, "%s cannot be set: %s",
				limits->writes[i].file, reason);
		return error_remedy(err, "mount cgroup2 at /sys/fs/cgroup, or remove the limit");
	}

	plan->cgroup.manager = CGROUP_MANAGER_DISABLED;
	plan->cgroup.device_program = NULL;
	plan->cgroup.n_device_program = 0;
	plan_warn(plan,
		  "there is no cgroup for the container: %s. Not enforced: the device rules%s%s",
		  reason, limits->n ? ", " : "", names_of(&plan->arena, limits));
	return 0;
}

/* --- ownership --- */

/* config-linux.md, "Cgroup ownership": only with a cgroup namespace and a user namespace of its
 * own, and a cgroup file system that it may write to. */
static bool manages_own_cgroup(const struct plan *plan)
{
	if (plan->namespaces[NS_CGROUP].how != PLAN_NS_NEW ||
	    plan->namespaces[NS_USER].how == PLAN_NS_NONE)
		return false;
	for (size_t i = 0; i < plan->n_mounts; i++) {
		const struct plan_mount *mount = &plan->mounts[i];

		if (mount->fs_type && strcmp(mount->fs_type, "cgroup2") == 0 &&
		    !(mount_attrs_here(&mount->attrs) & MOUNT_ATTR_RDONLY))
			return true;
	}
	return false;
}

/* --- Intel RDT --- */

/* config-linux.md, "IntelRdt": the lines of all three properties; those for memory bandwidth (MB:)
 * in l3CacheSchema lose against memBwSchema. */
static const char *schemata_of(struct arena *arena, const struct spec_intel_rdt *rdt)
{
	const char *text = "", *line = rdt->l3_cache_schema ? rdt->l3_cache_schema : "";

	while (*line) {
		const int len = (int)strcspn(line, "\n");

		if (len > 0 && !(rdt->mem_bw_schema && strncmp(line, "MB:", 3) == 0))
			text = arena_printf(arena, "%s%.*s\n", text, len, line);
		line += len;
		line += *line == '\n';
	}
	if (rdt->mem_bw_schema)
		text = arena_printf(arena, "%s%s\n", text, rdt->mem_bw_schema);
	for (size_t i = 0; i < rdt->schemata.n; i++)
		text = arena_printf(arena, "%s%s\n", text, rdt->schemata.items[i]);
	return *text ? text : NULL;
}

static void intel_rdt(struct plan *plan, const struct spec_intel_rdt *rdt)
{
	if (!rdt->set)
		return;

	const char *schemata = schemata_of(&plan->arena, rdt);

	plan->intel_rdt = (struct plan_intel_rdt){
		.set = true,
		.clos_id = rdt->clos_id ? rdt->clos_id : plan->id,
		.schemata = schemata,
		.clos_exists_required = rdt->clos_id && !schemata,
		.monitoring = rdt->enable_monitoring,
	};
}

int plan_cgroup(struct plan *plan, const struct plan_input *in, struct error *err)
{
	struct plan_cgroup *cgroup = &plan->cgroup;
	const char *reason = NULL;
	struct plan_limits limits;

	if (place(plan, in, &reason, err) < 0)
		return -1;

	/* What the host lacks is no matter where nothing can be written anyway. */
	const struct host nowhere = {};

	if (plan_resources(&in->spec->linux_.resources, &in->policy->settings,
			   reason ? &nowhere : in->host, &plan->arena, &limits, err) < 0)
		return -1;
	intel_rdt(plan, &in->spec->linux_.intel_rdt);
	if (reason)
		return do_without(plan, in, &limits, reason, err);

	cgroup->writes = limits.writes;
	cgroup->n_writes = limits.n;
	cgroup->controllers = limits.controllers;
	cgroup->delegate = manages_own_cgroup(plan);
	if (limits.lacking)
		plan_warn(
			plan,
			"not enforced, since cgroup v2 on this host has not got the controller%s: "
			"%s",
			in->host->cgroup_hybrid ? " (cgroup v1 holds it)" : "", limits.lacking);
	if (in->host->rootless) {
		cgroup->device_program = NULL;
		cgroup->n_device_program = 0;
		plan_warn(plan,
			  "the device rules are not enforced by a cgroup program, which takes "
			  "CAP_BPF: the permissions of the host's devices are all there is");
	}
	return 0;
}
