#include "container/restored.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct id_range ranges[] = { { 0, 65536, 65536 } };
static const struct restored_least least = {
	.seccomp = true,
	.no_new_privs = true,
	.capabilities = 0x400,
	.ids = { ranges, ranges, 1, 1 },
};

#define IDS(what) what ":\t65536\t65536\t131071\t65536\n"
#define GROUPS    "Groups:\t65536 70000 \n"
#define CAPS                                                                                       \
	"CapInh:\t0000000000000000\nCapPrm:\t0000000000000400\nCapEff:\t0000000000000400\n"        \
	"CapBnd:\t0000000000000400\nCapAmb:\t0000000000000000\n"
#define FILTER "NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n"

static void a_thread_that_has_it_all_passes(void **)
{
	struct error err = {};

	assert_int_equal(restored_check_status("Name:\tsh\n" IDS("Uid") IDS("Gid")
						       GROUPS CAPS FILTER,
					       &least, &err),
			 0);
}

static void each_protection_that_is_less_is_found(void **)
{
	static const struct {
		const char *status, *said;
	} weaker[] = {
		{ IDS("Uid") IDS("Gid") CAPS "NoNewPrivs:\t1\nSeccomp:\t0\nSeccomp_filters:\t0\n",
		  "seccomp" },
		{ IDS("Uid") IDS("Gid") CAPS "NoNewPrivs:\t1\nSeccomp:\t1\nSeccomp_filters:\t1\n",
		  "seccomp" },
		{ IDS("Uid") IDS("Gid") CAPS "NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t0\n",
		  "seccomp" },
		{ IDS("Uid") IDS("Gid") CAPS "NoNewPrivs:\t0\nSeccomp:\t2\nSeccomp_filters:\t1\n",
		  "no_new_privs" },
		{ IDS("Uid") IDS("Gid") GROUPS FILTER, "CapInh" },
		{ IDS("Uid") IDS("Gid") GROUPS "CapInh:\t0\nCapPrm:\t0\nCapEff:\t0\nCapBnd:\t"
					       "0000000000200000\nCapAmb:\t0\n" FILTER,
		  "CapBnd" },
		{ "Uid:\t65536\t0\t65536\t65536\n" IDS("Gid") CAPS FILTER, "ids" },
		{ IDS("Uid") "Gid:\t131072\t65536\t65536\t65536\n" CAPS FILTER, "ids" },
		{ IDS("Uid") CAPS FILTER, "ids" },
		{ "Uid:\t65536\n" IDS("Gid") CAPS FILTER, "ids" },
		{ IDS("Uid") IDS("Gid") CAPS FILTER, "groups" },
		{ IDS("Uid") IDS("Gid") "Groups:\t65536 27 \n" CAPS FILTER, "groups" },
		{ "", "seccomp" },
	};

	for (size_t i = 0; i < ARRAY_LEN(weaker); i++) {
		struct error err = {};

		assert_int_equal(restored_check_status(weaker[i].status, &least, &err), -1);
		assert_non_null(strstr(err.text, weaker[i].said));
	}
}

/* --- mounts --- */

static const struct stage_mount mounts[] = {
	{ "/", "", "/r", "ext4", "rw,nosuid,nodev,idmapped", false, true },
	{ "/proc", "/", "/", "proc", "rw,nosuid", false, true },
	{ "/proc/kcore", "/proc", "/file", "tmpfs", "ro", true, false },
};
static const struct image image = { .mounts = mounts, .n_mounts = 3 };

static int check(const char *text, struct error *err)
{
	char copy[512];

	snprintf(copy, sizeof copy, "%s", text);
	return restored_check_mounts(copy, &image, err);
}

#define ROOT  "1 0 8:1 /r / rw,nosuid,nodev,idmapped - ext4 /dev/sda rw\n"
#define PROC  "2 1 0:5 / /proc rw,nosuid - proc proc rw\n"
#define KCORE "3 2 0:6 /file /proc/kcore ro - tmpfs brig-hidden rw\n"

static void the_mounts_of_the_checkpoint_pass_in_any_order(void **)
{
	struct error err = {};

	assert_int_equal(check(ROOT PROC KCORE, &err), 0);
	assert_int_equal(check(ROOT KCORE PROC, &err), 0);
}

static void a_mount_that_is_missing_more_or_weaker_is_found(void **)
{
	static const struct {
		const char *mountinfo, *said;
	} other[] = {
		{ ROOT PROC, "/proc/kcore" },
		{ ROOT PROC "3 2 0:6 /file /proc/kcore rw - tmpfs brig-hidden rw\n",
		  "/proc/kcore" },
		{ ROOT PROC KCORE "4 1 8:1 / /host rw - ext4 /dev/sda rw\n", "/host" },
		{ ROOT PROC KCORE KCORE, "/proc/kcore" },
		{ "1 0 8:1 /r / rw,nosuid,nodev - ext4 /dev/sda rw\n" PROC KCORE, "at /" },
		{ ROOT "2 1 0:5 / /proc rw,nosuid - sysfs proc rw\n" KCORE, "/proc" },
		{ "", "/" },
	};

	for (size_t i = 0; i < ARRAY_LEN(other); i++) {
		struct error err = {};

		assert_int_equal(check(other[i].mountinfo, &err), -1);
		assert_non_null(strstr(err.text, other[i].said));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_that_has_it_all_passes),
		cmocka_unit_test(each_protection_that_is_less_is_found),
		cmocka_unit_test(the_mounts_of_the_checkpoint_pass_in_any_order),
		cmocka_unit_test(a_mount_that_is_missing_more_or_weaker_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
