/* Filters: what a profile means is what the program does, for every number and around every value;
 * and the cache, which nothing but a sound entry of ours gets out of. */
#include "kernel/seccomp.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/seccomp_internal.h"
#include "seccomp_model.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "kernel_has.h"
#include "skip_because.h"

enum {
	EPERM_ANSWER = SECCOMP_RET_ERRNO | EPERM,
	EIO_ANSWER = SECCOMP_RET_ERRNO | EIO,
	ENOSYS_ANSWER = SECCOMP_RET_ERRNO | ENOSYS,
};

#define ARGS(...)                                                                                  \
	.args = (const struct seccomp_arg[]){ __VA_ARGS__ },                                       \
	.n_args = ARRAY_LEN(((const struct seccomp_arg[]){ __VA_ARGS__ }))
#define RULES(table) .rules = (table), .n_rules = ARRAY_LEN(table)

static struct seccomp_program compiled(const struct seccomp_profile *profile, struct arena *arena)
{
	struct seccomp_program program;
	struct error err = {};

	if (seccomp_program_get(profile, /* cache = */ -1, arena, &program, &err) < 0)
		fail_msg("%s: %s", err.where, err.text);
	return program;
}

static struct model_names names(void)
{
	struct model_names ret;
	struct error err = {};

	if (model_names_open(&ret, &err) < 0)
		fail_msg("%s", err.text);
	return ret;
}

static uint32_t answer(const struct seccomp_program *program, uint32_t arch, int64_t number,
		       uint64_t first_argument)
{
	const struct seccomp_data data = { .arch = arch,
					   .nr = (int)number,
					   .args = { first_argument } };

	return model_run(program->filter, program->n, &data);
}

static void assert_agrees(const struct seccomp_profile *profile, unsigned tries)
{
	autoarena struct arena arena = {};
	const struct model_names all = names();
	const struct seccomp_program program = compiled(profile, &arena);

	assert_int_equal(model_compare(profile, &all, &program, tries), 0);
}

// clang-format off
#define BIG 0x1234567890abcdef

static const struct seccomp_rule operator_rules[] = {
	{ "read",   SECCOMP_RET_ALLOW, ARGS({ 0, CMP_NE, 0x100000005, 0 }) },
	{ "write",  SECCOMP_RET_ALLOW, ARGS({ 1, CMP_LT, 0x100000005, 0 }) },
	{ "open",   SECCOMP_RET_ALLOW, ARGS({ 2, CMP_LE, 0x100000005, 0 }) },
	{ "close",  SECCOMP_RET_ALLOW, ARGS({ 3, CMP_EQ, 0x100000005, 0 }) },
	{ "stat",   SECCOMP_RET_ALLOW, ARGS({ 4, CMP_GE, 0x100000005, 0 }) },
	{ "fstat",  SECCOMP_RET_ALLOW, ARGS({ 5, CMP_GT, 0x100000005, 0 }) },
	{ "lstat",  SECCOMP_RET_ALLOW, ARGS({ 0, CMP_MASKED_EQ, 0xff000000000000f0, 0x1200000000000050 }) },
	{ "poll",   SECCOMP_RET_ALLOW, ARGS({ 0, CMP_MASKED_EQ, 0, 7 }) },
	{ "mmap",   SECCOMP_RET_ALLOW, ARGS({ 0, CMP_GE, 0, 0 }) },
	{ "brk",    SECCOMP_RET_ALLOW, ARGS({ 0, CMP_LT, 0, 0 }) },
	{ "ioctl",  SECCOMP_RET_ALLOW, ARGS({ 0, CMP_GT, 7, 0 }, { 1, CMP_NE, 8, 0 }, { 2, CMP_LE, BIG, 0 },
					    { 3, CMP_LT, BIG, 0 }, { 4, CMP_GE, 1, 0 },
					    { 5, CMP_MASKED_EQ, 0xff, 0x80 }) },
	{ "dup",    SECCOMP_RET_ALLOW, ARGS({ 0, CMP_EQ, 4, 0 }, { 0, CMP_EQ, 6, 0 }) }, /* either */
};

static const struct seccomp_rule mixed_rules[] = {
	/* a denied part of an allowed call; libseccomp alone would allow it all */
	{ "ioctl",       SECCOMP_RET_ALLOW },
	{ "ioctl",       EPERM_ANSWER, ARGS({ 1, CMP_MASKED_EQ, UINT32_MAX, 0x5412 }) },
	/* an allowed part of a denied call */
	{ "socket",      EIO_ANSWER },
	{ "socket",      SECCOMP_RET_ALLOW, ARGS({ 0, CMP_EQ, 1, 0 }) },
	/* several that overlap, least strict first */
	{ "personality", SECCOMP_RET_LOG,          ARGS({ 0, CMP_LE, 100, 0 }) },
	{ "personality", SECCOMP_RET_TRACE | 9,    ARGS({ 0, CMP_LE, 80, 0 }) },
	{ "personality", SECCOMP_RET_ERRNO | 0,    ARGS({ 0, CMP_LE, 60, 0 }) },
	{ "personality", SECCOMP_RET_TRAP,         ARGS({ 0, CMP_LE, 40, 0 }) },
	{ "personality", SECCOMP_RET_KILL_THREAD,  ARGS({ 0, CMP_LE, 20, 0 }) },
	{ "personality", SECCOMP_RET_KILL_PROCESS, ARGS({ 0, CMP_LE, 10, 0 }) },
	/* two for the whole call: the strictest, wherever it stands */
	{ "read",        SECCOMP_RET_ALLOW }, { "read",  SECCOMP_RET_KILL_PROCESS },
	{ "write",       SECCOMP_RET_TRAP },  { "write", SECCOMP_RET_ALLOW },
	{ "open",        SECCOMP_RET_ALLOW }, { "open",  ENOSYS_ANSWER }, /* also when it is the default */
	{ "close",       SECCOMP_RET_ALLOW }, { "close", SECCOMP_RET_ALLOW },
	{ "no_such_call", SECCOMP_RET_ALLOW },
	{ "socketcall",  SECCOMP_RET_LOG },   /* i386 has it, x86_64 has not */
};
// clang-format on

static void every_operator_compares_all_64_bits(void **state)
{
	const struct seccomp_profile profile = { EPERM_ANSWER, RULES(operator_rules) };

	(void)state;
	assert_agrees(&profile, 2000);
}

static void a_condition_outweighs_and_the_strictest_wins(void **state)
{
	const struct seccomp_profile profile = { ENOSYS_ANSWER, RULES(mixed_rules) };
	autoarena struct arena arena = {};
	const struct seccomp_program program = compiled(&profile, &arena);
	const struct seccomp_data tiocsti = { .arch = AUDIT_ARCH_X86_64,
					      .nr = SYS_ioctl,
					      .args = { 0, 0xffffffff00005412 } };

	(void)state;
	assert_agrees(&profile, 1000);
	if (names().native() == AUDIT_ARCH_X86_64)
		assert_int_equal(model_run(program.filter, program.n, &tiocsti), EPERM_ANSWER);
}

static void every_architecture_has_its_own_numbers(void **state)
{
	static const char *const both[] = { "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_ARM",
					    "SCMP_ARCH_S390", "SCMP_ARCH_X86_64" };

	(void)state;
	for (size_t n = 0; n <= ARRAY_LEN(both); n++) {
		struct seccomp_profile profile = { SECCOMP_RET_TRAP, RULES(mixed_rules) };

		profile.architectures = both;
		profile.n_architectures = n;
		assert_agrees(&profile, 200);
		profile.enosys_for_unknown = true;
		assert_agrees(&profile, 200);
	}
}

static void another_architecture_or_x32_kills_unless_it_is_named(void **state)
{
	static const struct seccomp_rule rules[] = { { "read", SECCOMP_RET_ALLOW } };
	struct seccomp_profile profile = { SECCOMP_RET_ALLOW, RULES(rules),
					   .enosys_for_unknown = true };
	static const char *const x32[] = { "SCMP_ARCH_X32" };
	autoarena struct arena arena = {};
	struct seccomp_program program = compiled(&profile, &arena);

	(void)state;
	assert_int_equal(answer(&program, AUDIT_ARCH_S390X, 0, 0), SECCOMP_RET_KILL_PROCESS);
	if (names().native() != AUDIT_ARCH_X86_64)
		skip_because("only x86_64 has x32");
	assert_int_equal(answer(&program, AUDIT_ARCH_I386, 0, 0), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(answer(&program, AUDIT_ARCH_X86_64, MODEL_X32_BIT, 0),
			 SECCOMP_RET_KILL_PROCESS);
	profile.architectures = x32;
	profile.n_architectures = 1;
	program = compiled(&profile, &arena);
	assert_int_equal(answer(&program, AUDIT_ARCH_X86_64, MODEL_X32_BIT, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(&program, AUDIT_ARCH_X86_64, MODEL_X32_BIT + 600, 0),
			 ENOSYS_ANSWER);
}

static void a_call_newer_than_the_profile_answers_enosys(void **state)
{
	const struct seccomp_rule rules[] = {
		{ "read", SECCOMP_RET_ALLOW },
		{ "openat2", EIO_ANSWER, ARGS({ 0, CMP_EQ, 1, 0 }) },
	};
	struct seccomp_profile profile = { SECCOMP_RET_KILL_PROCESS, RULES(rules),
					   .enosys_for_unknown = true };
	const uint32_t native = names().native();
	autoarena struct arena arena = {};
	struct seccomp_program program = compiled(&profile, &arena);

	(void)state;
	assert_int_equal(answer(&program, native, SYS_openat2, 1), EIO_ANSWER);
	assert_int_equal(answer(&program, native, SYS_openat2, 2), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(answer(&program, native, SYS_openat2 + 1, 0), ENOSYS_ANSWER);
	/* a tracer's "skip this call" is not a call */
	assert_int_not_equal(answer(&program, native, -1, 0), ENOSYS_ANSWER);
	profile.enosys_for_unknown = false;
	program = compiled(&profile, &arena);
	assert_int_equal(answer(&program, native, SYS_openat2 + 1, 0), SECCOMP_RET_KILL_PROCESS);
}

/* --- profiles that nobody would write --- */

static const char *const some_calls[] = { "read",   "write",   "openat",    "clone",  "ioctl",
					  "socket", "ptrace",  "mmap",      "execve", "personality",
					  "futex",  "openat2", "setsockopt" };
static const uint32_t some_actions[] = { SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD,
					 SECCOMP_RET_TRAP,         SECCOMP_RET_ERRNO | 1,
					 SECCOMP_RET_ERRNO | 38,   SECCOMP_RET_TRACE | 3,
					 SECCOMP_RET_LOG,          SECCOMP_RET_ALLOW };

static void random_rule(struct model_random *random, struct seccomp_rule *rule,
			struct seccomp_arg *args)
{
	*rule = (struct seccomp_rule){
		.syscall = some_calls[model_random(random) % ARRAY_LEN(some_calls)],
		.action = some_actions[model_random(random) % ARRAY_LEN(some_actions)],
		.args = args,
		.n_args = model_random(random) % 8 / 3,
		.from = "/syscalls",
	};
	for (size_t i = 0; i < rule->n_args; i++)
		args[i] = (struct seccomp_arg){
			.index = (unsigned)(model_random(random) % 6),
			.compare = model_random(random) % CMP_COUNT,
			.value = model_random(random) >> (model_random(random) % 8 * 8),
			.value_two = model_random(random) >> (model_random(random) % 8 * 8),
		};
}

static void random_profiles_mean_what_they_do(void **state)
{
	static const char *const archs[] = { "SCMP_ARCH_X86", "SCMP_ARCH_X32" };
	enum { PROFILES = 60, RULES_MAX = 40 };
	struct model_random random = { 20260131 };

	(void)state;
	for (int i = 0; i < PROFILES; i++) {
		struct seccomp_rule rules[RULES_MAX];
		struct seccomp_arg args[RULES_MAX][3];
		const struct seccomp_profile profile = {
			.default_action = some_actions[(size_t)i % ARRAY_LEN(some_actions)],
			.architectures = archs,
			.n_architectures = model_random(&random) % 3,
			.rules = rules,
			.n_rules = model_random(&random) % RULES_MAX,
			.enosys_for_unknown = i % 2,
		};

		for (size_t r = 0; r < profile.n_rules; r++)
			random_rule(&random, &rules[r], args[r]);
		assert_agrees(&profile, 100);
	}
}

static void a_profile_too_long_for_the_kernel_is_refused(void **state)
{
	enum { MANY = 1000 };
	struct seccomp_rule *rules = calloc(MANY, sizeof *rules);
	const struct seccomp_arg arg = { 0, CMP_EQ, BIG, 0 };
	const struct seccomp_profile profile = { EPERM_ANSWER, .rules = rules, .n_rules = MANY };
	autoarena struct arena arena = {};
	struct seccomp_program program;
	struct error err = {};

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		rules[i] = (struct seccomp_rule){ "read", SECCOMP_RET_ALLOW, &arg, 1, "/x" };
	assert_int_equal(seccomp_program_get(&profile, -1, &arena, &program, &err), -1);
	assert_int_equal(err.kind, ERR_SPEC);
	assert_non_null(strstr(err.text, "4096"));
	free(rules);
}

/* --- the cache --- */

static const struct seccomp_rule small_rules[] = {
	{ "read", SECCOMP_RET_ALLOW },
	{ "write", EIO_ANSWER, ARGS({ 0, CMP_EQ, 1, 0 }) },
};
static const struct seccomp_profile small = { EPERM_ANSWER, RULES(small_rules),
					      .flags = SECCOMP_FILTER_FLAG_LOG };

struct cache {
	char path[32];
	int dir;
};

static int cache_make(void **state)
{
	struct cache *cache = calloc(1, sizeof *cache);

	strcpy(cache->path, "/tmp/brig-seccomp-XXXXXX");
	if (!mkdtemp(cache->path))
		return -1;
	cache->dir = open(cache->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = cache;
	return 0;
}

static size_t entries(const struct cache *cache, char *ret_name)
{
	DIR *directory = opendir(cache->path);
	size_t n = 0;

	for (const struct dirent *entry; (entry = readdir(directory));)
		if (entry->d_name[0] != '.') {
			n++;
			if (ret_name)
				snprintf(ret_name, 256, "%s", entry->d_name);
		}
	closedir(directory);
	return n;
}

static int cache_remove(void **state)
{
	struct cache *cache = *state;
	char name[256];

	while (entries(cache, name) > 0)
		if (unlinkat(cache->dir, name, 0) < 0)
			return -1;
	close(cache->dir);
	rmdir(cache->path);
	free(cache);
	return 0;
}

static bool get(const struct cache *cache, struct arena *arena)
{
	struct seccomp_program program;
	struct error err = {};

	if (seccomp_program_get(&small, cache->dir, arena, &program, &err) < 0)
		fail_msg("%s: %s", err.where, err.text);
	assert_int_equal(answer(&program, names().native(), SYS_write, 1), EIO_ANSWER);
	assert_int_equal(program.flags, SECCOMP_FILTER_FLAG_LOG);
	return program.from_cache;
}

/* Must be the first test: afterwards the library is loaded for good. */
static void a_hit_does_not_load_libseccomp(void **state)
{
	const struct cache *cache = *state;
	autoarena struct arena arena = {};
	struct seccomp_program program;
	struct error err = {};
	int status;
	const pid_t filler = fork();

	if (filler == 0) {
		(void)names();
		_exit(seccomp_program_get(&small, cache->dir, &arena, &program, &err) < 0);
	}
	assert_int_equal(waitpid(filler, &status, 0), filler);
	assert_int_equal(status, 0);
	assert_null(dlopen("libseccomp.so.2", RTLD_NOLOAD | RTLD_NOW));
	assert_int_equal(seccomp_program_get(&small, cache->dir, &arena, &program, &err), 0);
	assert_true(program.from_cache);
	assert_int_equal(strlen(program.digest), 64);
	assert_null(dlopen("libseccomp.so.2", RTLD_NOLOAD | RTLD_NOW));
}

static void the_second_start_does_not_compile(void **state)
{
	const struct cache *cache = *state;
	autoarena struct arena arena = {};
	struct stat status;
	char name[256];

	assert_false(get(cache, &arena));
	assert_true(get(cache, &arena));
	assert_int_equal(entries(cache, name), 1);
	assert_int_equal(fstatat(cache->dir, name, &status, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(status.st_mode, S_IFREG | 0600);
}

static void flip(const struct cache *cache, const char *name, off_t at)
{
	autoclose const int file = openat(cache->dir, name, O_RDWR | O_CLOEXEC);
	unsigned char byte;

	assert_int_equal(pread(file, &byte, 1, at), 1);
	byte ^= 1;
	assert_int_equal(pwrite(file, &byte, 1, at), 1);
}

static void an_entry_with_any_bit_changed_is_ignored_and_replaced(void **state)
{
	const struct cache *cache = *state;
	autoarena struct arena arena = {};
	struct stat status;
	char name[256];

	assert_false(get(cache, &arena));
	assert_int_equal(entries(cache, name), 1);
	assert_int_equal(fstatat(cache->dir, name, &status, 0), 0);
	for (off_t at = 0; at < status.st_size; at++) {
		flip(cache, name, at);
		assert_false(get(cache, &arena));
		assert_true(get(cache, &arena));
	}
}

static void an_entry_cut_short_or_grown_is_ignored(void **state)
{
	const struct cache *cache = *state;
	autoarena struct arena arena = {};
	static const off_t sizes[] = { 0, 1, 8, 100, 400, 1 << 20 };
	char name[256], path[300];

	assert_false(get(cache, &arena));
	assert_int_equal(entries(cache, name), 1);
	snprintf(path, sizeof path, "%s/%s", cache->path, name);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		assert_int_equal(truncate(path, sizes[i]), 0);
		assert_false(get(cache, &arena));
		assert_true(get(cache, &arena));
	}
}

static void an_entry_that_others_could_have_written_is_ignored(void **state)
{
	const struct cache *cache = *state;
	autoarena struct arena arena = {};
	char name[256];

	assert_false(get(cache, &arena));
	assert_int_equal(entries(cache, name), 1);
	assert_int_equal(fchmodat(cache->dir, name, 0620, 0), 0);
	assert_false(get(cache, &arena));
	assert_int_equal(linkat(cache->dir, name, cache->dir, "other", 0), 0);
	assert_false(get(cache, &arena));
	assert_int_equal(unlinkat(cache->dir, "other", 0), 0);
	assert_int_equal(renameat(cache->dir, name, cache->dir, "other"), 0);
	assert_int_equal(symlinkat("other", cache->dir, name), 0);
	assert_false(get(cache, &arena));
	assert_int_equal(unlinkat(cache->dir, name, 0), 0);
	assert_int_equal(mkfifoat(cache->dir, name, 0600), 0);
	assert_false(get(cache, &arena));
	if (geteuid() == 0) {
		assert_int_equal(fchownat(cache->dir, name, 12345, 12345, 0), 0);
		assert_false(get(cache, &arena));
	}
	assert_true(get(cache, &arena));
}

static void an_entry_of_another_libseccomp_is_ignored(void **state)
{
	const struct cache *cache = *state;
	autoarena struct arena arena = {};
	struct seccomp_library library = { .path = "/proc/self/exe" };
	struct seccomp_program program = compiled(&small, &arena), found;

	strcpy(program.digest, "0");
	assert_true(seccomp_library_stat(&library));
	seccomp_cache_put(cache->dir, &program, &library);
	assert_true(seccomp_cached(cache->dir, program.digest, &arena, &found));
	library.mtime_ns++;
	seccomp_cache_put(cache->dir, &program, &library);
	assert_false(seccomp_cached(cache->dir, program.digest, &arena, &found));
	library.mtime_ns--;
	library.inode++;
	seccomp_cache_put(cache->dir, &program, &library);
	assert_false(seccomp_cached(cache->dir, program.digest, &arena, &found));
	strcpy(library.path, "/nowhere/libseccomp.so.2");
	seccomp_cache_put(cache->dir, &program, &library);
	assert_false(seccomp_cached(cache->dir, program.digest, &arena, &found));
}

static void the_cache_does_not_grow_for_ever(void **state)
{
	const struct cache *cache = *state;
	autoarena struct arena arena = {};
	struct seccomp_library library = { .path = "/proc/self/exe" };
	struct seccomp_program program = compiled(&small, &arena), found;

	assert_true(seccomp_library_stat(&library));
	for (int i = 0; i < 600; i++) {
		snprintf(program.digest, sizeof program.digest, "%d", i);
		seccomp_cache_put(cache->dir, &program, &library);
		assert_true(entries(cache, NULL) <= 256);
	}
	assert_true(seccomp_cached(cache->dir, program.digest, &arena, &found));
}

static void a_cache_that_cannot_be_written_costs_nothing_but_time(void **state)
{
	const struct cache *cache = *state;
	const struct cache closed = { .dir = 999 };
	autoarena struct arena arena = {};

	(void)cache;
	assert_false(get(&closed, &arena));
	assert_false(get(&closed, &arena));
}

/* Whatever takes part in the program takes part in its name. */
static void no_two_profiles_share_a_digest(void **state)
{
	const struct seccomp_rule other_rules[] = {
		{ "read", SECCOMP_RET_ALLOW },
		{ "write", EIO_ANSWER, ARGS({ 0, CMP_EQ, 2, 0 }) },
	};
	static const char *const archs[] = { "SCMP_ARCH_X86" };
	struct seccomp_profile profiles[] = { small, small, small, small, small, small, small };
	char digests[ARRAY_LEN(profiles)][SHA256_TEXT_SIZE];

	(void)state;
	profiles[1].default_action = EIO_ANSWER;
	profiles[2].flags = 0;
	profiles[3].architectures = archs;
	profiles[3].n_architectures = 1;
	profiles[4].n_rules--;
	profiles[5].enosys_for_unknown = true;
	profiles[6].rules = other_rules;
	for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
		seccomp_digest_profile(&profiles[i], digests[i]);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(digests[i], digests[j]);
	}
	seccomp_digest_text("a", 1, digests[0]);
	seccomp_digest_text("b", 1, digests[1]);
	assert_string_not_equal(digests[0], digests[1]);
}

/* --- the kernel's view --- */

/* A process without privilege and without no_new_privs. */
static void without_no_new_privs_the_error_says_what_to_set(void **state)
{
	autoarena struct arena arena = {};
	const struct seccomp_program program = compiled(&small, &arena);
	int status;

	(void)state;
	needs_call(seccomp);

	const pid_t child = fork();

	if (child == 0) {
		struct error err = {};

		if (geteuid() == 0 && setresuid(12345, 12345, 12345) < 0)
			_exit(2);
		if (seccomp_load(program.filter, program.n, 0, NULL, &err) == 0)
			_exit(3);
		_exit(err.code == EACCES && strstr(err.remedy, "noNewPrivileges") ? 0 : 4);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void flags_that_the_kernel_lacks_are_an_error_with_a_remedy(void **state)
{
	autoarena struct arena arena = {};
	const struct seccomp_program program = compiled(&small, &arena);
	int status;

	(void)state;
	needs_call(seccomp);

	const pid_t child = fork();

	if (child == 0) {
		struct error err = {};

		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (seccomp_load(program.filter, program.n, 1U << 30, NULL, &err) == 0)
			_exit(3);
		_exit(err.code == EINVAL && *err.remedy ? 0 : 4);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* The child's getppid(2) is answered by the parent, through the descriptor that seccomp_load() gave. */
static void notified(int socket, const struct seccomp_program *program)
{
	struct error err = {};
	int listener = -1;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (seccomp_load(program->filter, program->n, program->flags, &listener, &err) < 0)
		_exit(2);
	if (fd_send(socket, "x", 1, &listener, 1, &err) < 0)
		_exit(3);
	_exit(syscall(SYS_getppid) == 4242 ? 0 : 4);
}

static void a_notified_call_is_answered_by_the_agent(void **state)
{
	static const struct seccomp_rule rules[] = { { "getppid", SECCOMP_RET_USER_NOTIF } };
	const struct seccomp_profile profile = { SECCOMP_RET_ALLOW, RULES(rules),
						 .flags = SECCOMP_FILTER_FLAG_NEW_LISTENER };
	autoarena struct arena arena = {};
	const struct seccomp_program program = compiled(&profile, &arena);
	struct seccomp_notif request = {};
	struct seccomp_notif_resp response = { .val = 4242 };
	struct error err = {};
	int pair[2], listener = -1, status;
	size_t n = 1;
	char byte;

	(void)state;
	needs_call(seccomp);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);

	const pid_t child = fork();

	if (child == 0)
		notified(pair[1], &program);
	close(pair[1]);
	assert_int_equal(fd_receive(pair[0], &byte, 1, &listener, &n, &err), 1);
	assert_int_equal(n, 1);
	assert_int_equal(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request), 0);
	assert_int_equal(request.pid, child);
	assert_int_equal(request.data.nr, SYS_getppid);
	response.id = request.id;
	assert_int_equal(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(listener);
	close(pair[0]);
}

int main(void)
{
#define with_cache(test) cmocka_unit_test_setup_teardown(test, cache_make, cache_remove)
	const struct CMUnitTest tests[] = {
		with_cache(a_hit_does_not_load_libseccomp),
		cmocka_unit_test(every_operator_compares_all_64_bits),
		cmocka_unit_test(a_condition_outweighs_and_the_strictest_wins),
		cmocka_unit_test(every_architecture_has_its_own_numbers),
		cmocka_unit_test(another_architecture_or_x32_kills_unless_it_is_named),
		cmocka_unit_test(a_call_newer_than_the_profile_answers_enosys),
		cmocka_unit_test(random_profiles_mean_what_they_do),
		cmocka_unit_test(a_profile_too_long_for_the_kernel_is_refused),
		with_cache(the_second_start_does_not_compile),
		with_cache(an_entry_with_any_bit_changed_is_ignored_and_replaced),
		with_cache(an_entry_cut_short_or_grown_is_ignored),
		with_cache(an_entry_that_others_could_have_written_is_ignored),
		with_cache(an_entry_of_another_libseccomp_is_ignored),
		with_cache(the_cache_does_not_grow_for_ever),
		with_cache(a_cache_that_cannot_be_written_costs_nothing_but_time),
		cmocka_unit_test(no_two_profiles_share_a_digest),
		cmocka_unit_test(without_no_new_privs_the_error_says_what_to_set),
		cmocka_unit_test(flags_that_the_kernel_lacks_are_an_error_with_a_remedy),
		cmocka_unit_test(a_notified_call_is_answered_by_the_agent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
