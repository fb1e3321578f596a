/* Root, mounts, hidden paths and kernel parameters: plan_mounts.c and plan_sysctls.c alone. */
#include "plan/plan.h"

#include "base/cleanup.h"
#include "kernel/compat.h"
#include "spec_text.h"

#include <stdio.h>
#include <sys/mount.h>

struct planning {
	struct spec *spec;
	struct policy *policy;
	struct plan plan;
	struct error err;
	int result;
};

static const struct host root_host = { .kernel_major = 6, .time_namespace = true };
static const struct id_range range = { 0, 268435456, 65536 };
static const struct idmap drawn = { &range, &range, 1, 1 };

/* plan_ids() first, as in plan.c: who the container is decides what is id-mapped. */
static struct planning plan_json(const char *json, const struct host *host, const struct idmap *ids)
{
	const struct plan_request request = { .id = "x", .bundle = "/bundle", .ids = ids };
	struct planning ret = {};

	ret.spec = accepted(spec_parse, json);
	ret.policy = policy_builtin("restricted", &ret.err);

	const struct plan_input in = { ret.spec, ret.policy, host, &request };

	ret.plan.bundle = request.bundle;
	ret.result = plan_ids(&ret.plan, &in, &ret.err);
	if (ret.result == 0)
		ret.result = plan_mounts(&ret.plan, &in, &ret.err);
	if (ret.result == 0)
		ret.result = plan_sysctls(&ret.plan, &in, &ret.err);
	return ret;
}

/* One mount, in a container with drawn ids. */
static struct planning plan_mount_json(const char *mount)
{
	autofree char *json = NULL;

	assert_true(asprintf(&json,
			     CONFIG_BEGIN "'mounts':[%s],'linux':{'namespaces':[{'type':'user'},"
					  "{'type':'mount'}]}}",
			     mount) > 0);
	return plan_json(json, &root_host, &drawn);
}

static void planning_free(struct planning *planning)
{
	arena_free(&planning->plan.arena);
	policy_free(planning->policy);
	spec_free(planning->spec);
}
#define autoplanning [[gnu::cleanup(planning_free)]]

#define TMPFS(options)                                                                             \
	"{'destination':'/t','type':'tmpfs','source':'tmpfs','options':[" options "]}"
#define BIND(options) "{'destination':'/b','type':'bind','source':'/src','options':[" options "]}"
#define NEW_USER      "'namespaces':[{'type':'user'},{'type':'mount'}]"
#define MAPS                                                                                       \
	"'uidMappings':[{'containerID':0,'hostID':100000,'size':10}],"                             \
	"'gidMappings':[{'containerID':0,'hostID':200000,'size':10}]"

static const struct plan_mount *only(const struct planning *planning)
{
	if (planning->result < 0)
		fail_msg("%s: %s", planning->err.where, planning->err.text);
	assert_int_equal(planning->plan.n_mounts, 1);
	return &planning->plan.mounts[0];
}

/* --- root --- */

static void a_relative_root_is_below_the_bundle(void **)
{
	autoplanning struct planning relative = plan_json(LINUX_BEGIN LINUX_END, &root_host, NULL);
	autoplanning struct planning absolute =
		plan_json("{'ociVersion':'1.3.0','root':{'path':'/srv/root','readonly':true}}",
			  &root_host, NULL);

	assert_string_equal(relative.plan.root.path, "/bundle/rootfs");
	assert_false(relative.plan.root.readonly);
	assert_string_equal(absolute.plan.root.path, "/srv/root");
	assert_true(absolute.plan.root.readonly);
}

static void each_propagation_of_the_root_is_known(void **)
{
	static const struct {
		const char *word;
		uint64_t value;
	} rows[] = {
		{ "private", MS_PRIVATE },       { "rprivate", MS_PRIVATE },
		{ "slave", MS_SLAVE },           { "rslave", MS_SLAVE },
		{ "shared", MS_SHARED },         { "rshared", MS_SHARED },
		{ "unbindable", MS_UNBINDABLE }, { "runbindable", MS_UNBINDABLE },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *json = NULL;

		assert_true(asprintf(&json, LINUX_BEGIN "'rootfsPropagation':'%s'" LINUX_END,
				     rows[i].word) > 0);

		autoplanning struct planning p = plan_json(json, &root_host, NULL);

		assert_int_equal(p.result, 0);
		assert_true(p.plan.root.propagation == rows[i].value);
	}
}

static void without_a_word_the_root_is_private(void **)
{
	autoplanning struct planning p = plan_json(LINUX_BEGIN LINUX_END, &root_host, NULL);

	assert_true(p.plan.root.propagation == MS_PRIVATE);
}

/* --- what is id-mapped --- */

static void with_drawn_ids_root_and_binds_are_id_mapped(void **)
{
	autoplanning struct planning p = plan_mount_json(BIND("'rbind'"));
	autoplanning struct planning word = plan_mount_json(BIND("'rbind','idmap'"));

	assert_true(only(&p)->idmap);
	assert_true(only(&p)->idmap_recursive);
	assert_true(p.plan.root.idmap);
	assert_true(only(&word)->idmap_recursive);
}

static void with_the_engines_mapping_only_what_says_so_is(void **)
{
	autoplanning struct planning plain = plan_json(
		CONFIG_BEGIN "'mounts':[" BIND("'rbind'") "],'linux':{" NEW_USER "," MAPS "}}",
		&root_host, NULL);
	autoplanning struct planning idmap =
		plan_json(CONFIG_BEGIN "'mounts':[" BIND("'rbind','idmap'") "],'linux':{" NEW_USER
									    "," MAPS "}}",
			  &root_host, NULL);
	autoplanning struct planning ridmap =
		plan_json(CONFIG_BEGIN "'mounts':[" BIND("'rbind','ridmap'") "],'linux':{" NEW_USER
									     "," MAPS "}}",
			  &root_host, NULL);

	assert_false(only(&plain)->idmap);
	assert_false(plain.plan.root.idmap);
	assert_true(only(&idmap)->idmap);
	assert_false(only(&idmap)->idmap_recursive);
	assert_true(only(&ridmap)->idmap);
	assert_true(only(&ridmap)->idmap_recursive);
}

static void a_mount_with_mappings_of_its_own_gets_those(void **)
{
	autoplanning struct planning p = plan_mount_json(
		"{'destination':'/b','source':'/src','options':['bind'],'uidMappings':[{'"
		"containerID':0,'hostID':7,'size':1}],'gidMappings':[{'containerID':0,'hostID':8,'"
		"size':1}]}");

	assert_false(only(&p)->idmap);
	assert_non_null(only(&p)->own_ids);
	assert_int_equal(only(&p)->own_ids->uids[0].outside, 7);
	assert_int_equal(only(&p)->own_ids->gids[0].outside, 8);
}

static void rootless_nothing_is_shifted_and_the_child_makes_the_sources(void **)
{
	const struct host user_host = { .rootless = true, .uid = 1000 };
	autoplanning struct planning p =
		plan_json(CONFIG_BEGIN "'mounts':[" BIND("'rbind'") "],'linux':{" NEW_USER "}}",
			  &user_host, &drawn);

	assert_false(only(&p)->idmap);
	assert_false(p.plan.root.idmap);
	assert_true(p.plan.child_makes_sources);
}

static void files_that_policy_calls_as_is_are_not_shifted(void **)
{
	const struct plan_request request = { .id = "x", .bundle = "/bundle", .ids = &drawn };
	autoplanning struct planning p = plan_mount_json(BIND("'bind'"));
	const struct plan_input in = { p.spec, p.policy, &root_host, &request };

	p.policy->settings.rootfs_ids = "as-is";
	assert_int_equal(plan_mounts(&p.plan, &in, &p.err), 0);
	assert_false(only(&p)->idmap);
	assert_false(p.plan.root.idmap);
}

/* --- kinds --- */

static void a_bind_is_known_by_option_or_type(void **)
{
	static const char *const binds[] = {
		BIND("'bind'"),
		BIND("'rbind'"),
		BIND(""),
		"{'destination':'/b','source':'/src','options':['bind']}",
		"{'destination':'/b','source':'/src','type':'none','options':['rbind']}",
	};

	for (size_t i = 0; i < ARRAY_LEN(binds); i++) {
		autoplanning struct planning p = plan_mount_json(binds[i]);

		assert_int_equal(only(&p)->kind, PLAN_MOUNT_BIND);
		assert_string_equal(only(&p)->source, "/src");
		assert_int_equal(only(&p)->recursive, strstr(binds[i], "rbind") != NULL);
	}
}

static void a_relative_source_is_below_the_bundle(void **)
{
	autoplanning struct planning p =
		plan_mount_json("{'destination':'/b','source':'data','options':['bind']}");

	assert_string_equal(only(&p)->source, "/bundle/data");
}

static void options_of_a_file_system_are_handed_on_in_their_order(void **)
{
	autoplanning struct planning p =
		plan_mount_json(TMPFS("'size=64m','ro','noswap','mode=1777','nosuid'"));
	const struct plan_mount *mount = only(&p);

	assert_int_equal(mount->kind, PLAN_MOUNT_NEW);
	assert_int_equal(mount->n_options, 3);
	assert_string_equal(mount->options[0].key, "size");
	assert_string_equal(mount->options[0].value, "64m");
	assert_string_equal(mount->options[1].key, "noswap");
	assert_null(mount->options[1].value);
	assert_string_equal(mount->options[2].key, "mode");
	assert_true(mount->attrs.set == (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID));
}

static void a_cgroup_mount_is_cgroup2_without_the_hosts_options(void **)
{
	static const char *const types[] = { "cgroup", "cgroup2" };

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		autofree char *mount = NULL;

		assert_true(asprintf(&mount,
				     "{'destination':'/sys/fs/cgroup','type':'%s','source':'c',"
				     "'options':['ro','nsdelegate','memory_recursiveprot']}",
				     types[i]) > 0);

		autoplanning struct planning p = plan_mount_json(mount);

		assert_string_equal(only(&p)->fs_type, "cgroup2");
		assert_int_equal(only(&p)->n_options, 0);
		assert_true(only(&p)->attrs.set == MOUNT_ATTR_RDONLY);
	}
}

/* A tmpfs with nodes that can be opened is made by the host's root: SB_I_NODEV. */
static void the_tmpfs_at_dev_carries_devices_and_is_not_nodev(void **)
{
	const struct host user_host = { .rootless = true, .uid = 1000 };
	const char *mount = "{'destination':'/dev','type':'tmpfs','source':'tmpfs',"
			    "'options':['nosuid','nodev','rnodev','mode=755']}";
	autofree char *json = NULL;
	autoplanning struct planning p = plan_mount_json(mount);

	assert_true(only(&p)->with_devices);
	assert_true(only(&p)->attrs.set == MOUNT_ATTR_NOSUID);
	assert_true(only(&p)->attrs.set_recursive == 0);

	assert_true(asprintf(&json, CONFIG_BEGIN "'mounts':[%s],'linux':{" NEW_USER "}}", mount) >
		    0);

	autoplanning struct planning rootless = plan_json(json, &user_host, &drawn);

	assert_false(only(&rootless)->with_devices);
}

/* --- words --- */

static void a_devpts_has_at_most_the_terminals_of_the_policy(void **)
{
	static const struct {
		const char *asked, *planned;
	} rows[] = {
		{ "'newinstance'", "256" },
		{ "'max=12'", "12" },
		{ "'max=256'", "256" },
		{ "'max=257'", "256" },
		{ "'max=4294967552'", "256" },
		{ "'max=-1'", "256" },
		{ "'max='", "256" },
		{ "'max=0x1'", "256" },
		{ "'max=1','max=4096'", "256" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *json = NULL;

		assert_true(asprintf(&json,
				     "{'destination':'/dev/pts','type':'devpts','source':'devpts',"
				     "'options':[%s]}",
				     rows[i].asked) > 0);

		autoplanning struct planning p = plan_mount_json(json);
		const struct plan_mount *mount = only(&p);
		const struct mount_option_value *last = &mount->options[mount->n_options - 1];

		assert_string_equal(last->key, "max");
		assert_string_equal(last->value, rows[i].planned);
	}
}

static void the_last_word_wins(void **)
{
	static const struct {
		const char *options;
		uint64_t set, clear;
	} rows[] = {
		{ "'ro','rw'", 0, MOUNT_ATTR_RDONLY },
		{ "'rw','ro'", MOUNT_ATTR_RDONLY, 0 },
		{ "'nosuid','suid','nosuid'", MOUNT_ATTR_NOSUID, 0 },
		{ "'noatime','strictatime'", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME },
		{ "'strictatime','atime'", 0, MOUNT_ATTR__ATIME },
		{ "'noatime','nodiratime'", MOUNT_ATTR_NOATIME | MOUNT_ATTR_NODIRATIME,
		  MOUNT_ATTR__ATIME },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *mount = NULL;

		assert_true(asprintf(&mount, TMPFS("%s"), rows[i].options) > 0);

		autoplanning struct planning p = plan_mount_json(mount);

		assert_true(only(&p)->attrs.set == rows[i].set);
		/* An access time is only set where the whole field is cleared: mount_setattr(2). */
		assert_true((only(&p)->attrs.clear | only(&p)->attrs.set) ==
			    (rows[i].clear | rows[i].set));
		assert_true((only(&p)->attrs.set & MOUNT_ATTR__ATIME) == 0 ||
			    (only(&p)->attrs.clear & MOUNT_ATTR__ATIME) != 0);
	}
}

static void recursive_words_are_kept_apart(void **)
{
	autoplanning struct planning p = plan_mount_json(BIND("'rbind','ro','rnosuid','rexec'"));

	assert_true(only(&p)->attrs.set == MOUNT_ATTR_RDONLY);
	assert_true(only(&p)->attrs.set_recursive == MOUNT_ATTR_NOSUID);
	assert_true(only(&p)->attrs.clear_recursive == MOUNT_ATTR_NOEXEC);
}

static void what_makes_no_sense_is_refused_at_its_mount(void **)
{
	static const char *const mounts[] = {
		"{'destination':'/x','options':['ro']}",   /* neither type nor bind */
		"{'destination':'/x','options':['bind']}", /* nothing to bind */
		BIND("'bind','size=64m'"),                 /* data for no file system */
		BIND("'bind','tmpcopyup'"),                /* would write to the source */
		"{'destination':'/p','type':'proc','options':['tmpcopyup']}",
		TMPFS("'idmap'"),
	};

	for (size_t i = 0; i < ARRAY_LEN(mounts); i++) {
		autoplanning struct planning p = plan_mount_json(mounts[i]);

		if (p.result == 0)
			fail_msg("accepted: %s", mounts[i]);
		assert_int_equal(p.err.kind, ERR_SPEC);
		assert_string_equal(p.err.where, "/mounts/0");
	}
}

static void idmap_without_a_user_namespace_needs_mappings(void **)
{
	autoplanning struct planning p =
		plan_json(CONFIG_BEGIN "'mounts':[" BIND("'bind','idmap'") "]}", &root_host, NULL);

	assert_int_equal(p.result, -1);
	assert_string_equal(p.err.where, "/mounts/0");
}

/* --- overlays --- */

#define OVERLAY(options)                                                                           \
	"{'destination':'/m','type':'overlay','source':'o','options':[" options "]}"

static void an_overlay_is_of_host_directories_and_the_parents_to_make(void **)
{
	autoplanning struct planning p =
		plan_mount_json(OVERLAY("'lowerdir=/a\\\\:b:c','upperdir=/u','workdir=/w',"
					"'volatile','private','ro'"));
	const struct plan_mount *mount = only(&p);

	assert_int_equal(mount->kind, PLAN_MOUNT_OVERLAY);
	assert_true(mount->idmap);
	assert_int_equal(mount->overlay->n_lower, 2);
	assert_string_equal(mount->overlay->lower[0], "/a:b");
	assert_string_equal(mount->overlay->lower[1], "/bundle/c");
	assert_string_equal(mount->overlay->upper, "/u");
	assert_string_equal(mount->overlay->carried, ",volatile");
	assert_true(mount->attrs.set & MOUNT_ATTR_RDONLY);
}

static void an_overlay_that_makes_no_sense_is_refused_at_its_mount(void **)
{
	static const char *const rows[] = {
		OVERLAY("'upperdir=/u','workdir=/w'"),
		OVERLAY("'lowerdir=/a','casefold=on'"),
		OVERLAY("'lowerdir'"),
		OVERLAY("'lowerdir=/a','volatile=1'"),
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autoplanning struct planning p = plan_mount_json(rows[i]);

		assert_int_equal(p.result, -1);
		assert_string_equal(p.err.where, "/mounts/0");
		assert_int_equal(p.err.kind, ERR_SPEC);
	}
}

static void an_ordinary_user_mounts_an_overlay_in_a_user_namespace(void **)
{
	static const struct host user = { .rootless = true, .uid = 1000 };
	static const struct host podman = { .rootless = true, .uid = 0 };
	static const char json[] =
		CONFIG_BEGIN "'mounts':[" OVERLAY("'lowerdir=/a:/b','userxattr'") "]}";
	autoplanning struct planning own = plan_json(json, &user, NULL);
	autoplanning struct planning of_root = plan_json(json, &podman, NULL);

	assert_int_equal(only(&own)->kind, PLAN_MOUNT_NEW);
	assert_true(own.plan.child_makes_sources);
	assert_int_equal(only(&of_root)->kind, PLAN_MOUNT_OVERLAY);
	assert_false(only(&of_root)->idmap);
	assert_false(of_root.plan.child_makes_sources);
}

/* --- paths and kernel parameters --- */

static void a_dot_of_a_sysctl_is_a_slash_unless_there_is_one(void **)
{
	static const struct {
		const char *key, *path;
	} rows[] = {
		{ "net.ipv4.ip_forward", "net/ipv4/ip_forward" },
		{ "net/ipv4/conf/eth0.1/forwarding", "net/ipv4/conf/eth0.1/forwarding" },
		{ "kernel.shmmax", "kernel/shmmax" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *json = NULL;

		assert_true(asprintf(&json, LINUX_BEGIN "'sysctl':{'%s':'1'}" LINUX_END,
				     rows[i].key) > 0);

		autoplanning struct planning p = plan_json(json, &root_host, NULL);

		assert_int_equal(p.plan.n_sysctls, 1);
		assert_string_equal(p.plan.sysctls[0].path, rows[i].path);
		assert_string_equal(p.plan.sysctls[0].value, "1");
	}
}

static void hidden_and_read_only_paths_keep_their_order_and_place(void **)
{
	autoplanning struct planning p =
		plan_json(LINUX_BEGIN "'maskedPaths':['/proc/kcore','/sys/firmware'],"
				      "'readonlyPaths':['/proc/sys']" LINUX_END,
			  &root_host, NULL);

	assert_int_equal(p.plan.n_masked, 2);
	assert_string_equal(p.plan.masked[1].path, "/sys/firmware");
	assert_string_equal(p.plan.masked[1].from, "/linux/maskedPaths/1");
	assert_int_equal(p.plan.n_readonly, 1);
	assert_string_equal(p.plan.readonly[0].from, "/linux/readonlyPaths/0");
}

static void a_tmpfs_without_a_mode_takes_that_of_the_directory_it_hides(void **)
{
	static const struct {
		const char *mount;
		bool takes;
	} cases[] = {
		{ "{'destination':'/run','type':'tmpfs'}", true },
		{ "{'destination':'/run','type':'tmpfs','options':['tmpcopyup','size=1m']}", true },
		{ "{'destination':'/run','type':'tmpfs','options':['size=1m','mode=0755']}",
		  false },
		{ "{'destination':'/p','type':'proc'}", false },
		{ "{'destination':'/b','type':'bind','source':'/srv'}", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autoplanning struct planning planned = plan_mount_json(cases[i].mount);

		assert_int_equal(planned.result, 0);
		assert_int_equal(planned.plan.mounts[0].mode_of_target, cases[i].takes);
	}
}

static void a_mount_label_needs_selinux(void **)
{
	const char *json = CONFIG_BEGIN
		"'mounts':[" TMPFS("'size=4k'") "],'linux':{" NEW_USER "," MAPS
						",'mountLabel':'system_u:object_r:x:s0'}}";
	const struct host with = { .selinux = true };
	autoplanning struct planning no = plan_json(json, &root_host, NULL);
	autoplanning struct planning yes = plan_json(json, &with, NULL);

	assert_int_equal(no.result, -1);
	assert_string_equal(no.err.where, "/linux/mountLabel");
	assert_int_equal(yes.result, 0);
	assert_int_equal(only(&yes)->n_options, 2);
	assert_string_equal(only(&yes)->options[1].key, "context");
	assert_string_equal(only(&yes)->options[1].value, "system_u:object_r:x:s0");
}

/* --- what shows a joined namespace, and kernel parameters of its --- */

static struct planning plan_with(const char *namespaces, const char *sysctl,
				 const struct host *host)
{
	autofree char *json = NULL;
	assert_true(asprintf(&json,
			     CONFIG_BEGIN
			     "'mounts':[{'destination':'/sys','type':'sysfs','source':'sysfs'},"
			     "{'destination':'/q','type':'mqueue','source':'mqueue'}],"
			     "'linux':{'namespaces':[{'type':'mount'}%s],'sysctl':{%s}}}",
			     namespaces, sysctl) > 0);
	return plan_json(json, host, &drawn);
}

#define CNI ",{'type':'user'},{'type':'network','path':'/run/netns/x'},{'type':'ipc'}"
#define POD                                                                                        \
	",{'type':'user'},{'type':'network','path':'/proc/7/ns/net'},"                             \
	"{'type':'ipc','path':'/proc/7/ns/ipc'}"
#define OWN ",{'type':'user'},{'type':'network'},{'type':'ipc'}"

static void what_shows_a_namespace_that_was_there_before_is_mounted_outside(void **)
{
	static const struct host user_host = { .rootless = true, .uid = 1000 };
	static const struct host podman = { .rootless = true, .uid = 0 };
	static const struct {
		const char *namespaces;
		const struct host *host;
		bool sysfs, mqueue;
	} cases[] = {
		{ OWN, &root_host, false, false },
		{ CNI, &root_host, true, false },
		{ POD, &root_host, true, true },
		{ "", &root_host, true, true },
		{ CNI, &user_host, true, false },
		/* An ordinary user has rights over them in the user namespace that it joins alone. */
		{ ",{'type':'user','path':'/proc/7/ns/user'},"
		  "{'type':'network','path':'/proc/7/ns/net'},{'type':'ipc'}",
		  &user_host, false, false },
		{ ",{'type':'user','path':'/proc/7/ns/user'},"
		  "{'type':'network','path':'/proc/7/ns/net'},{'type':'ipc'}",
		  &podman, true, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		autoplanning struct planning planning =
			plan_with(cases[i].namespaces, "", cases[i].host);

		assert_int_equal(planning.plan.mounts[0].of_joined, cases[i].sysfs);
		assert_int_equal(planning.plan.mounts[1].of_joined, cases[i].mqueue);
	}
}

static void an_engines_network_asks_for_no_capability_unless_the_config_says_otherwise(void **)
{
	autoplanning struct planning own = plan_with(OWN, "", &root_host);
	autoplanning struct planning pod = plan_with(POD, "", &root_host);
	autoplanning struct planning cni = plan_with(CNI, "", &root_host);
	autoplanning struct planning told =
		plan_with(CNI, "'net.ipv4.ping_group_range':'1 0'", &root_host);

	assert_int_equal(own.plan.n_sysctls, 0);
	assert_int_equal(pod.plan.n_sysctls, 0); /* set with the container that it belongs to */
	assert_int_equal(cni.plan.n_sysctls, 2);
	assert_string_equal(cni.plan.sysctls[0].path, "net/ipv4/ip_unprivileged_port_start");
	assert_string_equal(cni.plan.sysctls[0].unless_not, "1024");
	assert_int_equal(told.plan.n_sysctls, 2);
	assert_string_equal(told.plan.sysctls[0].value, "1 0");
	assert_null(told.plan.sysctls[0].unless_not);
	assert_string_equal(told.plan.sysctls[1].path, "net/ipv4/ip_unprivileged_port_start");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_relative_root_is_below_the_bundle),
		cmocka_unit_test(each_propagation_of_the_root_is_known),
		cmocka_unit_test(without_a_word_the_root_is_private),
		cmocka_unit_test(with_drawn_ids_root_and_binds_are_id_mapped),
		cmocka_unit_test(with_the_engines_mapping_only_what_says_so_is),
		cmocka_unit_test(a_mount_with_mappings_of_its_own_gets_those),
		cmocka_unit_test(rootless_nothing_is_shifted_and_the_child_makes_the_sources),
		cmocka_unit_test(files_that_policy_calls_as_is_are_not_shifted),
		cmocka_unit_test(a_bind_is_known_by_option_or_type),
		cmocka_unit_test(a_relative_source_is_below_the_bundle),
		cmocka_unit_test(options_of_a_file_system_are_handed_on_in_their_order),
		cmocka_unit_test(a_cgroup_mount_is_cgroup2_without_the_hosts_options),
		cmocka_unit_test(the_tmpfs_at_dev_carries_devices_and_is_not_nodev),
		cmocka_unit_test(a_devpts_has_at_most_the_terminals_of_the_policy),
		cmocka_unit_test(the_last_word_wins),
		cmocka_unit_test(recursive_words_are_kept_apart),
		cmocka_unit_test(what_makes_no_sense_is_refused_at_its_mount),
		cmocka_unit_test(idmap_without_a_user_namespace_needs_mappings),
		cmocka_unit_test(an_overlay_is_of_host_directories_and_the_parents_to_make),
		cmocka_unit_test(an_overlay_that_makes_no_sense_is_refused_at_its_mount),
		cmocka_unit_test(an_ordinary_user_mounts_an_overlay_in_a_user_namespace),
		cmocka_unit_test(a_dot_of_a_sysctl_is_a_slash_unless_there_is_one),
		cmocka_unit_test(hidden_and_read_only_paths_keep_their_order_and_place),
		cmocka_unit_test(a_tmpfs_without_a_mode_takes_that_of_the_directory_it_hides),
		cmocka_unit_test(a_mount_label_needs_selinux),
		cmocka_unit_test(what_shows_a_namespace_that_was_there_before_is_mounted_outside),
		cmocka_unit_test(
			an_engines_network_asks_for_no_capability_unless_the_config_says_otherwise),
	};

	return cmocka_run_group_tests_name("plan_mounts", tests, NULL, NULL);
}
