/* plan/plan_sysctls.c: kernel parameters of the container's namespaces
 *
 * In a network namespace that an engine has made before the container (CNI, Podman), the container's
 * capabilities count for nothing: it belongs to the host's user namespace. So that port 80 and ping
 * work as in any other, the namespace itself is told to ask for no capability, as containerd 2 and
 * Docker do. It is the pod's alone: another container's, named by process, was set up with that one.
 */
#include "plan/plan.h"

#include "base/cleanup.h"

#include <string.h>

/* ip-sysctl.rst; icmp(7). The groups are the host's, up to the highest that the kernel takes. */
static const struct sysctl network_defaults[] = {
	{ "net/ipv4/ip_unprivileged_port_start", "0", "settings.network_defaults", "1024" },
	{ "net/ipv4/ping_group_range", "0 2147483647", "settings.network_defaults", "1\t0" },
};

static const char *path_of(struct plan *plan, const char *key)
{
	char *path = arena_strdup(&plan->arena, key);

	/* sysctl(8): with a slash in the name, dots are part of it ("net/ipv4/conf/eth0.1/…") */
	for (char *c = path; *c && !strchr(key, '/'); c++) {
		if (*c == '.')
			*c = '/';
	}
	return path;
}

static struct sysctl asked_for(struct plan *plan, const struct spec_pair *pair)
{
	const char *path = path_of(plan, pair->key);

	return (struct sysctl){
		.path = path,
		.value = pair->value,
		.from = arena_printf(&plan->arena, "/linux/sysctl/%s", pair->key),
		.groups = strcmp(path, "net/ipv4/ping_group_range") == 0,
	};
}

static bool wants_defaults(const struct plan *plan, const struct plan_input *in)
{
	const struct plan_namespace *net = &plan->namespaces[NS_NET];

	return in->policy->settings.network_defaults && !host_is_ordinary(in->host) &&
	       net->how == PLAN_NS_JOIN && strncmp(net->path, "/proc/", 6) != 0;
}

/*
 * A uts namespace that an engine has made (CRI-O pins those of its pods) belongs to the host's user
 * namespace, too: there the container's root may not set the names, and brig does it from outside. Not
 * where policy lets a container into the host's own.
 */
static size_t names(struct plan *plan, const struct plan_input *in, struct sysctl *ret)
{
	size_t n = 0;

	if (plan->namespaces[NS_UTS].how != PLAN_NS_JOIN || plan->may_join_host ||
	    in->host->rootless)
		return 0;
	if (plan->hostname)
		ret[n++] = (struct sysctl){ .path = "kernel/hostname",
					    .value = plan->hostname,
					    .from = "/hostname" };
	if (plan->domainname)
		ret[n++] = (struct sysctl){ .path = "kernel/domainname",
					    .value = plan->domainname,
					    .from = "/domainname" };
	plan->hostname = plan->domainname = NULL;
	return n;
}

static bool is_set(const struct sysctl *list, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i].path, path) == 0)
			return true;
	}
	return false;
}

int plan_sysctls(struct plan *plan, const struct plan_input *in, struct error *)
{
	const struct spec_pairs *asked = &in->spec->linux_.sysctl;
	struct sysctl *ret =
		arena_array(&plan->arena, asked->n + ARRAY_LEN(network_defaults) + 2, sizeof *ret);
	size_t n = 0;

	for (; n < asked->n; n++)
		ret[n] = asked_for(plan, &asked->items[n]);
	for (size_t i = 0; i < ARRAY_LEN(network_defaults) && wants_defaults(plan, in); i++) {
		if (!is_set(ret, asked->n, network_defaults[i].path))
			ret[n++] = network_defaults[i];
	}
	n += names(plan, in, ret + n);
	plan->sysctls = ret;
	plan->n_sysctls = n;
	return 0;
}
