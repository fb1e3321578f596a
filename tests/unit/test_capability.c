#include "kernel/capability.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "in_child.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>

static uint64_t mask(int number)
{
	return UINT64_C(1) << number;
}

static void a_name_is_found_in_any_case_but_not_without_its_prefix(void **)
{
	assert_int_equal(capability_from_name("CAP_NET_RAW"), CAP_NET_RAW);
	assert_int_equal(capability_from_name("cap_chown"), CAP_CHOWN);
	assert_int_equal(capability_from_name("CAP_CHECKPOINT_RESTORE"), CAP_CHECKPOINT_RESTORE);
	assert_int_equal(capability_from_name("NET_RAW"), -1);
	assert_int_equal(capability_from_name("CAP_"), -1);
	assert_int_equal(capability_from_name("CAP_NET_RAW "), -1);
	assert_int_equal(capability_from_name("CAP_EVERYTHING"), -1);
	assert_int_equal(capability_from_name("13"), -1);
	assert_int_equal(capability_from_name(""), -1);
}

static void every_capability_of_the_kernel_has_a_name_that_leads_back(void **)
{
	char name[CAPABILITY_NAME_SIZE];

	for (int number = 0; number <= capability_last() && number <= CAP_LAST_CAP; number++) {
		capability_to_name(number, name);
		assert_int_equal(strncmp(name, "CAP_", 4), 0);
		assert_int_equal(capability_from_name(name), number);
	}
	assert_string_equal(capability_to_name(CAP_CHECKPOINT_RESTORE, name),
			    "CAP_CHECKPOINT_RESTORE");
	assert_string_equal(capability_to_name(63, name), "CAP_63");
}

static void the_last_capability_is_the_kernels(void **)
{
	assert_int_equal(prctl(PR_CAPBSET_READ, capability_last(), 0, 0, 0) >= 0, 1);
	assert_int_equal(prctl(PR_CAPBSET_READ, capability_last() + 1, 0, 0, 0), -1);
}

static void drop_all_but_two(void)
{
	const uint64_t kept = mask(CAP_CHOWN) | mask(CAP_KILL);
	struct error err;

	CHECK(capability_limit_bounding(kept, &err) == 0);
	for (int number = 0; number <= capability_last(); number++)
		CHECK(prctl(PR_CAPBSET_READ, number, 0, 0, 0) == (kept & mask(number) ? 1 : 0));
}

static void the_bounding_set_is_what_was_asked_for(void **)
{
	if (!(capability_held() & mask(CAP_SETPCAP)))
		skip();
	passes(drop_all_but_two);
}

static void apply_different_sets(void)
{
	const struct capabilities set = {
		.permitted = mask(CAP_CHOWN) | mask(CAP_KILL) | mask(CAP_NET_RAW),
		.effective = mask(CAP_KILL),
		.inheritable = mask(CAP_CHOWN) | mask(CAP_FOWNER),
		.ambient = mask(CAP_CHOWN),
	};
	struct error err;

	CHECK(capability_apply(&set, &err) == 0);
	CHECK(capability_held() == mask(CAP_KILL));
	CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0) == 1);
	CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0) == 0);
}

static void apply_none(void)
{
	const struct capabilities none = {};
	struct error err;

	CHECK(capability_apply(&none, &err) == 0);
	CHECK(capability_held() == 0);

	/* and there is no way back */
	const struct capabilities again = { .permitted = mask(CAP_CHOWN) };

	CHECK(capability_apply(&again, &err) == -1);
	CHECK(strcmp(err.where, "/process/capabilities") == 0);
	CHECK(err.remedy[0] != '\0');
}

static void apply_an_ambient_one_that_is_not_inheritable(void)
{
	const struct capabilities set = {
		.permitted = mask(CAP_CHOWN),
		.ambient = mask(CAP_CHOWN),
	};
	struct error err;

	CHECK(capability_apply(&set, &err) == -1);
	CHECK(strcmp(err.where, "/process/capabilities/ambient") == 0);
	CHECK(strstr(err.text, "CAP_CHOWN"));
}

static void apply_one_that_the_kernel_lacks(void)
{
	const struct capabilities set = { .permitted = mask(63) };
	struct error err;

	CHECK(capability_apply(&set, &err) == -1);
	CHECK(strcmp(err.where, "/process/capabilities") == 0);
}

static void the_four_sets_are_applied_exactly(void **)
{
	if ((capability_held() & mask(CAP_FOWNER)) == 0)
		skip();
	passes(apply_different_sets);
}

static void an_empty_set_leaves_nothing_and_cannot_be_taken_back(void **)
{
	passes(apply_none);
}

static void an_ambient_capability_must_be_inheritable(void **)
{
	if ((capability_held() & mask(CAP_CHOWN)) == 0)
		skip();
	passes(apply_an_ambient_one_that_is_not_inheritable);
}

static void a_capability_that_the_kernel_lacks_is_an_error(void **)
{
	passes(apply_one_that_the_kernel_lacks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_found_in_any_case_but_not_without_its_prefix),
		cmocka_unit_test(every_capability_of_the_kernel_has_a_name_that_leads_back),
		cmocka_unit_test(the_last_capability_is_the_kernels),
		cmocka_unit_test(the_bounding_set_is_what_was_asked_for),
		cmocka_unit_test(the_four_sets_are_applied_exactly),
		cmocka_unit_test(an_empty_set_leaves_nothing_and_cannot_be_taken_back),
		cmocka_unit_test(an_ambient_capability_must_be_inheritable),
		cmocka_unit_test(a_capability_that_the_kernel_lacks_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
