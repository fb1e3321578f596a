/* Who the container is: plan_ids.c alone, from a spec, a request and a host. */
#include "plan/plan.h"

#include "base/cleanup.h"
#include "spec_text.h"

#include <stdio.h>

struct planning {
	struct spec *spec;
	struct policy *policy;
	struct plan plan;
	struct error err;
	int result;
};

static const struct host root_host = { .time_namespace = true };
static const struct host user_host = { .rootless = true, .uid = 1000, .time_namespace = true };
static const struct id_range range = { 0, 268435456, 65536 };
static const struct idmap drawn = { &range, &range, 1, 1 };

static struct planning plan_members(const char *members, const char *linux_members,
				    const struct host *host, const struct idmap *ids)
{
	const struct plan_request request = { .id = "x", .bundle = "/b", .ids = ids };
	struct planning ret = {};
	autofree char *json = NULL;

	assert_true(asprintf(&json, CONFIG_BEGIN "%s'linux':{%s}}", members, linux_members) > 0);
	ret.spec = accepted(spec_parse, json);
	ret.policy = policy_builtin("restricted", &ret.err);

	const struct plan_input in = { ret.spec, ret.policy, host, &request };

	ret.result = plan_ids(&ret.plan, &in, &ret.err);
	return ret;
}

static struct planning plan_linux(const char *linux_members, const struct host *host,
				  const struct idmap *ids)
{
	return plan_members("", linux_members, host, ids);
}

static void planning_free(struct planning *planning)
{
	arena_free(&planning->plan.arena);
	policy_free(planning->policy);
	spec_free(planning->spec);
}
#define autoplanning [[gnu::cleanup(planning_free)]]

#define OWN_MAPS                                                                                   \
	"'uidMappings':[{'containerID':0,'hostID':100000,'size':1000},"                            \
	"{'containerID':1000,'hostID':300000,'size':1}],"                                          \
	"'gidMappings':[{'containerID':0,'hostID':200000,'size':1000}]"
#define USER "'namespaces':[{'type':'user'}]"

/* --- namespaces --- */

static void a_listed_kind_is_new_and_one_with_a_path_is_joined(void **)
{
	autoplanning struct planning p =
		plan_linux("'namespaces':[{'type':'pid'},{'type':'network','path':'/run/netns/a'}]",
			   &root_host, NULL);

	assert_int_equal(p.result, 0);
	assert_int_equal(p.plan.namespaces[NS_PID].how, PLAN_NS_NEW);
	assert_string_equal(p.plan.namespaces[NS_PID].from, "/linux/namespaces/0");
	assert_int_equal(p.plan.namespaces[NS_NET].how, PLAN_NS_JOIN);
	assert_string_equal(p.plan.namespaces[NS_NET].path, "/run/netns/a");
	assert_string_equal(p.plan.namespaces[NS_NET].from, "/linux/namespaces/1");
	assert_int_equal(p.plan.namespaces[NS_UTS].how, PLAN_NS_NONE);
	assert_false(p.plan.may_join_host);
}

static void loopback_comes_up_only_in_a_new_network_namespace(void **)
{
	autoplanning struct planning made =
		plan_linux("'namespaces':[{'type':'network'}]", &root_host, NULL);
	autoplanning struct planning joined = plan_linux(
		"'namespaces':[{'type':'network','path':'/run/netns/a'}]", &root_host, NULL);
	autoplanning struct planning none = plan_linux("", &root_host, NULL);

	assert_true(made.plan.loopback_up);
	assert_false(joined.plan.loopback_up);
	assert_false(none.plan.loopback_up);
}

/* --- mappings --- */

static void drawn_ids_are_the_mapping(void **)
{
	autoplanning struct planning p = plan_linux(USER, &root_host, &drawn);

	assert_int_equal(p.result, 0);
	assert_true(p.plan.ids_drawn);
	assert_true(p.plan.setgroups);
	assert_false(p.plan.ids_helpers);
	assert_int_equal(p.plan.ids.n_uids, 1);
	assert_int_equal(p.plan.ids.uids[0].outside, 268435456);
}

static void without_drawn_ids_the_mapping_is_the_configs(void **)
{
	autoplanning struct planning p = plan_linux(USER "," OWN_MAPS, &root_host, NULL);

	assert_int_equal(p.result, 0);
	assert_false(p.plan.ids_drawn);
	assert_int_equal(p.plan.ids.n_uids, 2);
	assert_int_equal(p.plan.ids.n_gids, 1);
	assert_int_equal(p.plan.ids.uids[1].inside, 1000);
	assert_int_equal(p.plan.ids.uids[1].outside, 300000);
	assert_int_equal(p.plan.ids.gids[0].outside, 200000);
}

/* Podman lists a dummy mapping beside the path, containerd the pod's own. */
static void with_a_joined_user_namespace_nothing_is_mapped(void **)
{
	autoplanning struct planning p =
		plan_linux("'namespaces':[{'type':'user','path':'/run/userns/a'}]," OWN_MAPS,
			   &root_host, NULL);

	assert_int_equal(p.result, 0);
	assert_int_equal(p.plan.ids.n_uids, 0);
	assert_int_equal(p.plan.ids.n_gids, 0);
	assert_false(p.plan.ids_drawn);
}

static void a_user_namespace_without_any_mapping_is_refused(void **)
{
	static const char *const configs[] = {
		USER,
		USER ",'uidMappings':[{'containerID':0,'hostID':100000,'size':1}]",
		USER ",'gidMappings':[{'containerID':0,'hostID':100000,'size':1}]",
	};

	for (size_t i = 0; i < ARRAY_LEN(configs); i++) {
		autoplanning struct planning p = plan_linux(configs[i], &root_host, NULL);

		assert_int_equal(p.result, -1);
		assert_string_equal(p.err.where, "/linux/uidMappings");
	}
}

static void more_ranges_than_the_kernel_takes_are_refused(void **)
{
	static struct id_range many[IDMAP_RANGES_MAX + 1];
	const struct idmap fits = { many, many, IDMAP_RANGES_MAX, IDMAP_RANGES_MAX };
	const struct idmap too_many = { many, many, 1, IDMAP_RANGES_MAX + 1 };
	autoplanning struct planning yes = plan_linux(USER, &root_host, &fits);
	autoplanning struct planning no = plan_linux(USER, &root_host, &too_many);

	assert_int_equal(yes.result, 0);
	assert_int_equal(no.result, -1);
}

/* user_namespaces(7): without privilege setgroups(2) must be denied before gid_map is written. */
static void rootless_the_own_id_needs_no_helper_and_has_no_setgroups(void **)
{
	const struct id_range own = { 0, 1000, 1 };
	const struct idmap single = { &own, &own, 1, 1 };
	autoplanning struct planning one = plan_linux(USER, &user_host, &single);
	autoplanning struct planning many = plan_linux(USER "," OWN_MAPS, &user_host, NULL);

	assert_false(one.plan.ids_helpers);
	assert_false(one.plan.setgroups);
	assert_true(many.plan.ids_helpers);
	assert_true(many.plan.setgroups);
}

/* user_namespaces(7): with CAP_SETUID over the parent namespace it writes the map itself. */
static void root_of_another_user_namespace_needs_no_helper(void **)
{
	const struct host podman = { .rootless = true, .uid = 0 };
	autoplanning struct planning p = plan_linux(USER "," OWN_MAPS, &podman, NULL);

	assert_false(p.plan.ids_helpers);
	assert_true(p.plan.setgroups);
}

/* --- names and clocks --- */

static void names_need_a_namespace_that_is_not_the_hosts(void **)
{
	static const struct {
		const char *members, *linux_members;
		int result;
	} rows[] = {
		{ "'hostname':'web',", "'namespaces':[{'type':'uts'}]", 0 },
		{ "'hostname':'web',", "'namespaces':[{'type':'uts','path':'/run/uts'}]", 0 },
		{ "'hostname':'web',", "'x':0", -1 },
		{ "'domainname':'d',", "'x':0", -1 },
		{ "'hostname':'',", "'x':0", 0 }, /* Podman, with a host's uts namespace */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autoplanning struct planning p =
			plan_members(rows[i].members, rows[i].linux_members, &root_host, NULL);

		assert_int_equal(p.result, rows[i].result);
	}
}

static void an_empty_name_is_none(void **)
{
	autoplanning struct planning p =
		plan_members("'hostname':'','domainname':'',", "'namespaces':[{'type':'uts'}]",
			     &root_host, NULL);

	assert_int_equal(p.result, 0);
	assert_null(p.plan.hostname);
	assert_null(p.plan.domainname);
}

#define OFFSETS "'timeOffsets':{'boottime':{'secs':-60,'nanosecs':7}}"

static void clock_offsets_go_to_a_new_time_namespace(void **)
{
	autoplanning struct planning p =
		plan_linux("'namespaces':[{'type':'time'}]," OFFSETS, &root_host, NULL);

	assert_int_equal(p.result, 0);
	assert_true(p.plan.time_offsets);
	assert_int_equal(p.plan.time_secs[0], 0);
	assert_int_equal(p.plan.time_secs[1], -60);
	assert_int_equal(p.plan.time_nanosecs[1], 7);
}

static void clock_offsets_without_one_are_refused(void **)
{
	static const char *const configs[] = {
		OFFSETS, "'namespaces':[{'type':'time','path':'/proc/1/ns/time'}]," OFFSETS
	};

	for (size_t i = 0; i < ARRAY_LEN(configs); i++) {
		autoplanning struct planning p = plan_linux(configs[i], &root_host, NULL);

		assert_int_equal(p.result, -1);
		assert_string_equal(p.err.where, "/linux/timeOffsets");
	}
}

static void a_kernel_without_time_namespaces_is_named(void **)
{
	const struct host without = {};
	autoplanning struct planning p =
		plan_linux("'namespaces':[{'type':'time'}]", &without, NULL);

	assert_int_equal(p.result, -1);
	assert_int_equal(p.err.kind, ERR_KERNEL);
	assert_string_equal(p.err.where, "/linux/namespaces/0");
}

/* container/pod.c has found whom to share with. */
static void a_container_of_a_pod_joins_its_user_namespace_with_its_ids(void **)
{
	const struct plan_request request = {
		.id = "x", .bundle = "/b", .ids = &drawn, .user_path = "/proc/7/ns/user"
	};
	autoplanning struct planning planning = {};
	autofree char *json = NULL;

	assert_true(asprintf(&json, CONFIG_BEGIN "'linux':{" USER "}}") > 0);
	planning.spec = accepted(spec_parse, json);
	planning.policy = policy_builtin("restricted", &planning.err);

	const struct plan_input in = { planning.spec, planning.policy, &root_host, &request };

	assert_int_equal(plan_ids(&planning.plan, &in, &planning.err), 0);
	assert_int_equal(planning.plan.namespaces[NS_USER].how, PLAN_NS_JOIN);
	assert_string_equal(planning.plan.namespaces[NS_USER].path, "/proc/7/ns/user");
	/* Drawn by brig all the same: files are shifted. */
	assert_true(planning.plan.ids_drawn);
	assert_int_equal(planning.plan.ids.uids[0].outside, range.outside);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_listed_kind_is_new_and_one_with_a_path_is_joined),
		cmocka_unit_test(loopback_comes_up_only_in_a_new_network_namespace),
		cmocka_unit_test(drawn_ids_are_the_mapping),
		cmocka_unit_test(without_drawn_ids_the_mapping_is_the_configs),
		cmocka_unit_test(with_a_joined_user_namespace_nothing_is_mapped),
		cmocka_unit_test(a_user_namespace_without_any_mapping_is_refused),
		cmocka_unit_test(more_ranges_than_the_kernel_takes_are_refused),
		cmocka_unit_test(rootless_the_own_id_needs_no_helper_and_has_no_setgroups),
		cmocka_unit_test(root_of_another_user_namespace_needs_no_helper),
		cmocka_unit_test(names_need_a_namespace_that_is_not_the_hosts),
		cmocka_unit_test(an_empty_name_is_none),
		cmocka_unit_test(clock_offsets_go_to_a_new_time_namespace),
		cmocka_unit_test(clock_offsets_without_one_are_refused),
		cmocka_unit_test(a_kernel_without_time_namespaces_is_named),
		cmocka_unit_test(a_container_of_a_pod_joins_its_user_namespace_with_its_ids),
	};

	return cmocka_run_group_tests_name("plan_ids", tests, NULL, NULL);
}
