/* container/restore_admit.c: is a checkpoint one of the container that bundle and policy describe now? */
#include "container/restore_admit.h"

#include "container/prepare.h"

#include <string.h>

static int differs(struct error *err, const char *what, const char *remedy)
{
	(void)error_set(err, ERR_POLICY, NULL, "the image is not of such a container: %s", what);
	return error_remedy(err, "%s", remedy);
}

static bool is_text(const char *a, const char *b)
{
	return strcmp(a ?: "", b ?: "") == 0;
}

static int admit_profile(struct creation *create, const char *asked, const char **ret,
			 struct error *err)
{
	const struct plan *plan = create->prepared.plan;
	struct arena *arena = &create->runtime->arena;

	if (plan->process.apparmor)
		*ret = arena_printf(arena, "apparmor:%s", plan->process.apparmor);
	else if (plan->process.selinux)
		*ret = arena_printf(arena, "selinux:%s", plan->process.selinux);
	if (!asked || (*ret && strcmp(asked, *ret) == 0))
		return 0;
	if (strncmp(asked, "selinux:", strlen("selinux:")) == 0 && !create->runtime->host.selinux)
		return error_set(err, ERR_USAGE, "--lsm-profile", "this host has no SELinux");
	(void)error_set(err, ERR_USAGE, "--lsm-profile",
			"'%s' is not the profile that the bundle and the policy name (%s)", asked,
			*ret ?: "none");
	return error_remedy(err, "name it in process.apparmorProfile or process.selinuxLabel of "
				 "the bundle");
}

/* What CRIU cannot give back: it knows no Landlock, and makes the user namespace as the host's root. */
static int admit_weaker(struct creation *create, struct error *err)
{
	struct plan *plan = create->prepared.plan;
	const enum action action = policy_action(create->prepared.policy, "restore-weaker");

	if (action >= ACTION_HARDEN) {
		(void)error_set(err, ERR_POLICY, "restore-weaker",
				"refused by policy: a restored container has no Landlock domain, "
				"and a user "
				"namespace that is the host root's");
		return error_remedy(
			err, "create the container anew, or set rules.restore-weaker to warn in "
			     "the policy");
	}
	if (plan->process.landlock && action == ACTION_WARN)
		plan_warn(plan, "Landlock: CRIU cannot restore it");
	if (plan->namespaces[NS_USER].how == PLAN_NS_NEW && action == ACTION_WARN)
		plan_warn(plan, "user namespace: made by CRIU, it belongs to the host's root");
	plan->process.landlock = false;
	return 0;
}

/* A user namespace could be entered only by CRIU's process as a whole, which makes the others from there. */
static int admit_joined(const struct image *image, const struct plan *plan, struct error *err)
{
	if (image->joined[NS_USER] || plan->namespaces[NS_USER].how == PLAN_NS_JOIN) {
		(void)error_set(err, ERR_POLICY, "/linux/namespaces",
				"it shares the user namespace of a pod, and CRIU makes each "
				"container one of its own");
		return error_remedy(err, "create the container anew in its pod; the images are of "
					 "use as evidence");
	}
	for (enum ns kind = 0; kind < NS_COUNT; kind++) {
		const bool joins = plan->namespaces[kind].how == PLAN_NS_JOIN;

		if (joins == image->joined[kind])
			continue;
		(void)error_set(err, ERR_POLICY, "/linux/namespaces",
				"the image is not of such a container: its %s namespace was %s",
				ns_name(kind), joins ? "its own" : "there before it");
		return error_remedy(err, joins ? "take its path out of linux.namespaces of the "
						 "bundle"
					       : "give it a path in linux.namespaces of the "
						 "bundle");
	}
	return 0;
}

static int admit_kinds(const struct image *image, const struct plan *plan, struct error *err)
{
	if (admit_joined(image, plan, err) < 0)
		return -1;
	if (plan->namespaces[NS_PID].how != PLAN_NS_NEW ||
	    plan->namespaces[NS_MOUNT].how != PLAN_NS_NEW)
		return differs(err, "it had pid and mount namespaces of its own",
			       "list them in linux.namespaces of the bundle");
	if (plan->process.listener_path)
		return differs(err, "its seccomp filter asks a listener, and CRIU knows none",
			       "use a profile without SCMP_ACT_NOTIFY");
	if (!plan->cgroup.path)
		return differs(err, "without a cgroup it could not be stopped before it is checked",
			       "restore it with a cgroup (not --cgroup-manager disabled)");
	return 0;
}

int restore_admit(struct creation *create, const struct image *image, const char *lsm_profile,
		  const char **ret_lsm_profile, struct error *err)
{
	const struct plan *plan = create->prepared.plan;
	const char *digest = plan->process.seccomp.n ? plan->process.seccomp.digest : NULL;

	if (admit_kinds(image, plan, err) < 0)
		return -1;
	if (!idmap_equal(&image->ids, &plan->ids))
		return differs(err, "its ids are not those of the bundle's mapping",
			       "give the bundle the mapping that the container had");
	if (!is_text(image->seccomp_digest, digest))
		return differs(
			err, "its seccomp filter is not the one of the bundle and the policy",
			"restore it with the profile it was created with, on a like kernel and "
			"libseccomp; or create it anew");
	if (!is_text(image->apparmor, plan->process.apparmor))
		return differs(err,
			       "its AppArmor profile is not the one of the bundle and the policy",
			       "restore it with the profile it was created with");
	if (admit_profile(create, lsm_profile, ret_lsm_profile, err) < 0)
		return -1;
	return admit_weaker(create, err);
}
