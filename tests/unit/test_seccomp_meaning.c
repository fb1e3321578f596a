/* From the words of a profile to the answer of the kernel: every action, operator and number that
 * config.json can ask for, for every call, against what the words mean. The filters of
 * seccomp-profiles/ are held to their words in test_seccomp_profiles.c, random values in test_seccomp.c.
 */
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "plan/plan.h"
#include "seccomp_meant.h"
#include "skip_because.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define BIG "1311768467294899695" /* 0x1234567890abcdef */

#define ARG(index, op, value, two)                                                                 \
	"{\"index\":" #index ",\"op\":\"SCMP_CMP_" op "\",\"value\":" value ",\"valueTwo\":" two "}"
#define RULE(names, action, ...)                                                                   \
	"{\"names\":[" names "],\"action\":\"SCMP_ACT_" action "\"" __VA_ARGS__ "}"
#define ARGS(...)    ",\"args\":[" __VA_ARGS__ "]"
#define CODE(number) ",\"errnoRet\":" #number

// clang-format off
static const char *const syscalls[] = {
	/* every action for a whole call */
	RULE("\"read\",\"write\"", "ALLOW"),
	RULE("\"close\"",     "KILL"),
	RULE("\"fstat\"",     "KILL_THREAD"),
	RULE("\"lseek\"",     "KILL_PROCESS"),
	RULE("\"mmap\"",      "TRAP"),
	RULE("\"mprotect\"",  "ERRNO"),
	RULE("\"munmap\"",    "ERRNO", CODE(0)),
	RULE("\"brk\"",       "ERRNO", CODE(4094)),
	RULE("\"pread64\"",   "TRACE"),
	RULE("\"pwrite64\"",  "TRACE", CODE(65535)),
	RULE("\"readv\"",     "LOG"),
	RULE("\"writev\"",    "NOTIFY"),
	/* every operator, above and below 32 bits */
	RULE("\"dup\"",       "ALLOW", ARGS(ARG(0, "NE", "4294967301", "0"))),
	RULE("\"dup3\"",      "ALLOW", ARGS(ARG(1, "LT", "4294967301", "0"))),
	RULE("\"nanosleep\"", "ALLOW", ARGS(ARG(2, "LE", "4294967301", "0"))),
	RULE("\"getpid\"",    "ALLOW", ARGS(ARG(3, "EQ", "4294967301", "0"))),
	RULE("\"socket\"",    "ALLOW", ARGS(ARG(4, "GE", "4294967301", "0"))),
	RULE("\"connect\"",   "ALLOW", ARGS(ARG(5, "GT", "4294967301", "0"))),
	RULE("\"clone\"",     "ALLOW", ARGS(ARG(0, "MASKED_EQ", "2114060288", "0"))),
	RULE("\"kill\"",      "ALLOW", ARGS(ARG(0, "MASKED_EQ", BIG, "1152921504606846976"))),
	RULE("\"uname\"",     "ALLOW", ARGS(ARG(0, "MASKED_EQ", "0", "7"))),
	RULE("\"getuid\"",    "ALLOW", ARGS(ARG(0, "MASKED_EQ", "240", "1099511627871"))), /* bits beside the mask */
	RULE("\"fsync\"",     "ALLOW", ARGS(ARG(0, "LT", "0", "0"))),
	RULE("\"fdatasync\"", "ALLOW", ARGS(ARG(0, "GT", "18446744073709551615", "0"))),
	RULE("\"getcwd\"",    "ALLOW", ARGS(ARG(0, "GE", "0", "0"))),
	/* every argument at once */
	RULE("\"futex\"",     "LOG",   ARGS(ARG(0, "GT", "7", "0") "," ARG(1, "NE", "8", "0") ","
					    ARG(2, "LE", BIG, "0") "," ARG(3, "LT", BIG, "0") ","
					    ARG(4, "GE", "1", "0") "," ARG(5, "MASKED_EQ", "255", "128"))),
	/* two conditions on one argument: either */
	RULE("\"fcntl\"",     "ERRNO", CODE(11) ARGS(ARG(1, "EQ", "1", "0") "," ARG(1, "EQ", "3", "0"))),
	/* several rules on one call, of which several hold: the strictest, and conditions outweigh */
	RULE("\"ioctl\"",     "ALLOW"),
	RULE("\"ioctl\"",     "ERRNO", CODE(25) ARGS(ARG(1, "MASKED_EQ", "4294967295", "21522"))),
	RULE("\"ioctl\"",     "KILL",  ARGS(ARG(1, "MASKED_EQ", "4294967295", "21532"))),
	RULE("\"ioctl\"",     "TRAP",  ARGS(ARG(1, "GE", "21530", "0") "," ARG(0, "EQ", "0", "0"))),
	RULE("\"prctl\"",     "ERRNO", CODE(22)),
	RULE("\"prctl\"",     "ALLOW", ARGS(ARG(0, "LE", "40", "0"))),
	RULE("\"prctl\"",     "LOG",   ARGS(ARG(0, "LE", "30", "0"))),
	RULE("\"prctl\"",     "TRACE", CODE(3) ARGS(ARG(0, "LE", "20", "0"))),
	RULE("\"prctl\"",     "NOTIFY", ARGS(ARG(0, "LE", "15", "0"))),
	RULE("\"prctl\"",     "TRAP",  ARGS(ARG(0, "LE", "10", "0"))),
	RULE("\"prctl\"",     "KILL_PROCESS", ARGS(ARG(0, "EQ", "5", "0"))),
	/* two rules for a whole call: the strictest, wherever it stands */
	RULE("\"getgid\"",    "ALLOW"),
	RULE("\"getgid\"",    "ERRNO", CODE(13)),
	RULE("\"geteuid\"",   "KILL_PROCESS"),
	RULE("\"geteuid\"",   "ALLOW"),
	/* calls that only some architectures have, and none */
	RULE("\"open\",\"fork\",\"socketcall\",\"arm_fadvise64_64\",\"no_such_call\"", "LOG"),
	RULE("\"personality\",\"no_such_call\"", "ALLOW", ARGS(ARG(0, "EQ", "8", "0"))),
};

static const char *const defaults[] = {
	"\"SCMP_ACT_ALLOW\"", "\"SCMP_ACT_LOG\"", "\"SCMP_ACT_TRAP\"", "\"SCMP_ACT_KILL\"",
	"\"SCMP_ACT_KILL_THREAD\"", "\"SCMP_ACT_KILL_PROCESS\"", "\"SCMP_ACT_NOTIFY\"",
	"\"SCMP_ACT_ERRNO\"", "\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":0",
	"\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38", "\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":4094",
	"\"SCMP_ACT_TRACE\"", "\"SCMP_ACT_TRACE\",\"defaultErrnoRet\":65535",
};

static const char *const architectures[] = {
	"", "\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"",
	"\"SCMP_ARCH_AARCH64\",\"SCMP_ARCH_ARM\"",
};
// clang-format on

/* Return: calls that the filter of @text answers otherwise than @text says */
static size_t wrong_answers(const char *text, size_t len, const struct model_names *names)
{
	static const struct policy policy = {};
	static const struct host host = { .kernel_major = 6, .kernel_minor = 1 };
	static const struct plan_request request = { .seccomp_cache = -1 };
	autoarena struct arena arena = {};
	struct plan plan = {};
	struct error err = {};
	struct spec *spec = spec_parse_seccomp(text, len, &err);

	if (!spec) {
		print_error("%s %s\n", err.where, err.text);
		return 1;
	}

	const struct plan_input in = { spec, &policy, &host, &request };

	if (plan_seccomp(&plan, &in, &err) < 0)
		fail_msg("%s %s", err.where, err.text);

	const struct seccomp_profile profile = meant_by(&spec->linux_.seccomp, &arena);
	const size_t n = model_compare(&profile, names, &plan.process.seccomp, 20);

	arena_free(&plan.arena);
	spec_free(spec);
	return n;
}

static void every_word_of_a_profile_means_what_the_filter_does(void **)
{
	struct model_names names;
	struct error err;

	assert_int_equal(model_names_open(&names, &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++) {
		autobuf struct buf text = {};

		buf_printf(&text,
			   "{\"defaultAction\":%s,\"listenerPath\":\"/run/agent\","
			   "\"architectures\":[%s],\"syscalls\":[",
			   defaults[i], architectures[i % ARRAY_LEN(architectures)]);
		for (size_t j = 0; j < ARRAY_LEN(syscalls); j++)
			buf_printf(&text, "%s%s", j ? "," : "", syscalls[j]);
		buf_printf(&text, "]}");
		if (wrong_answers(buf_text(&text), text.len, &names) > 0)
			fail_msg("default %s", defaults[i]);
	}
}

/* --- the numbers --- */

static const struct numbers {
	uint32_t token;
	const char *multiarch, *file;
	int added; /* to the numbers of the file */
} numbers[] = {
	{ AUDIT_ARCH_X86_64, "/x86_64-linux-gnu", "unistd_64.h", 0 },
	{ AUDIT_ARCH_I386, "/x86_64-linux-gnu", "unistd_32.h", 0 },
	{ 0x4000003e /* SCMP_ARCH_X32 */, "/x86_64-linux-gnu", "unistd_x32.h", MODEL_X32_BIT },
	{ AUDIT_ARCH_AARCH64, "", "unistd.h", 0 },
};

/* The number in a line of a header, "#define __NR_read 0" or "(__X32_SYSCALL_BIT + 0)"; or -1 */
static int number_in(const char *line, char name[static 64])
{
	int number;

	if (sscanf(line, "#define __NR_%63s (__X32_SYSCALL_BIT + %d)", name, &number) == 2 ||
	    sscanf(line, "#define __NR_%63s %d", name, &number) == 2)
		return number;
	return -1;
}

static size_t compare_numbers(const struct numbers *of, const char *text,
			      const struct model_names *names)
{
	size_t checked = 0;
	char name[64];

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';

		const int number = number_in(line, name);
		const int known = number < 0 ? -1 : names->resolve(of->token, name);

		if (known < 0)
			continue; /* newer than libseccomp, or one of several behind a number */
		if (known != number + of->added)
			fail_msg("%s: %s is %d, not %d", of->file, name, number + of->added, known);
		checked++;
	}
	return checked;
}

/* What the other tests take from libseccomp, the number of a name, is the kernel's. */
static void the_numbers_of_calls_are_those_of_the_kernels_headers(void **)
{
	struct model_names names;
	size_t checked = 0;
	struct error err;

	assert_int_equal(model_names_open(&names, &err), 0);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		autobuf struct buf text = {};
		char path[128];

		snprintf(path, sizeof path, "/usr/include%s/asm%s/%s", numbers[i].multiarch,
			 *numbers[i].multiarch ? "" : "-generic", numbers[i].file);
		if (fd_read_file(AT_FDCWD, path, 1 << 20, &text, &err) < 0)
			continue;

		const size_t n = compare_numbers(&numbers[i], buf_text(&text), &names);

		print_message("%s: %zu names\n", path, n);
		assert_true(n > 250);
		checked += n;
	}
	if (checked == 0)
		skip_because("the kernel's headers are not installed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_word_of_a_profile_means_what_the_filter_does),
		cmocka_unit_test(the_numbers_of_calls_are_those_of_the_kernels_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
