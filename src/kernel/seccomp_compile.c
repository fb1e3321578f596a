/* kernel/seccomp_compile.c: a profile becomes a program, seccomp(3)
 *
 * libseccomp knows the numbers of the names on each architecture, and writes the unconditional
 * rules of all architectures as binary trees; kernel/seccomp_prologue.c writes what comes before.
 * A call from an architecture that is not in the profile kills the process: a name there would
 * mean another call. So does an x32 call, unless x32 is in the profile.
 */
#include "kernel/seccomp_internal.h"

#include "base/cleanup.h"
#include "base/library.h"
#include "base/table.h"

#include <ctype.h>
#include <dlfcn.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define SONAME "libseccomp.so.2"

struct api {
	typeof(seccomp_version) *version;
	typeof(seccomp_init) *init;
	typeof(seccomp_release) *release;
	typeof(seccomp_attr_set) *attr_set;
	typeof(seccomp_arch_native) *arch_native;
	typeof(seccomp_arch_resolve_name) *arch_resolve_name;
	typeof(seccomp_arch_add) *arch_add;
	typeof(seccomp_syscall_resolve_name) *resolve_name;
	typeof(seccomp_syscall_resolve_name_arch) *resolve_name_arch;
	typeof(seccomp_syscall_resolve_num_arch) *resolve_number_arch;
	typeof(seccomp_rule_add_array) *rule_add_array;
	typeof(seccomp_export_bpf) *export_bpf;
};

// clang-format off
static const struct library_symbol symbols[] = {
	{ "seccomp_version",                   offsetof(struct api, version)           },
	{ "seccomp_init",                      offsetof(struct api, init)              },
	{ "seccomp_release",                   offsetof(struct api, release)           },
	{ "seccomp_attr_set",                  offsetof(struct api, attr_set)          },
	{ "seccomp_arch_native",               offsetof(struct api, arch_native)       },
	{ "seccomp_arch_resolve_name",         offsetof(struct api, arch_resolve_name) },
	{ "seccomp_arch_add",                  offsetof(struct api, arch_add)          },
	{ "seccomp_syscall_resolve_name",      offsetof(struct api, resolve_name)      },
	{ "seccomp_syscall_resolve_name_arch", offsetof(struct api, resolve_name_arch) },
	{ "seccomp_syscall_resolve_num_arch",  offsetof(struct api, resolve_number_arch) },
	{ "seccomp_rule_add_array",            offsetof(struct api, rule_add_array)    },
	{ "seccomp_export_bpf",                offsetof(struct api, export_bpf)        },
};

/* What else a 64-bit kernel can run. All other foreign architectures of a profile are left out:
 * no call can come from them, and each would make the program longer. */
static const struct guest {
	const char *name;
	const char *on;
} guests[] = {
	{ "x86",       "x86_64"   }, { "x32",         "x86_64"   },
	{ "arm",       "aarch64"  },
	{ "mips",      "mips64"   }, { "mips64n32",   "mips64"   },
	{ "mipsel",    "mipsel64" }, { "mipsel64n32", "mipsel64" },
	{ "ppc",       "ppc64"    },
	{ "s390",      "s390x"    },
	{ "parisc",    "parisc64" },
};
// clang-format on

struct compiler {
	const struct seccomp_profile *profile;
	struct api api;
	scmp_filter_ctx filter;
	struct seccomp_abi abis[SECCOMP_ABIS_MAX];
	size_t n_abis;
	struct error *err;
};

static int failed(struct compiler *compiler, const char *where, int code, const char *what)
{
	errno = -code;
	return error_sys(compiler->err, where, "libseccomp cannot %s", what);
}

static bool is_native(const struct compiler *compiler, const char *name)
{
	return compiler->api.arch_resolve_name(name) == compiler->api.arch_native();
}

static void add_abi(struct compiler *compiler, uint32_t token)
{
	const bool x32 = token == SCMP_ARCH_X32;

	compiler->abis[compiler->n_abis++] = (struct seccomp_abi){
		.token = token,
		.audit = x32 ? AUDIT_ARCH_X86_64 : token,
		.x32 = x32,
		.narrow = !x32 && !(token & __AUDIT_ARCH_64BIT),
	};
}

static int add_architectures(struct compiler *compiler)
{
	const struct seccomp_profile *profile = compiler->profile;

	add_abi(compiler, compiler->api.arch_native());
	for (size_t i = 0; i < profile->n_architectures; i++) {
		const char *full = profile->architectures[i];
		char name[32] = {};
		bool known = false;

		/* seccomp_arch_resolve_name(3) wants "x86_64" for SCMP_ARCH_X86_64 */
		full += strncmp(full, "SCMP_ARCH_", 10) == 0 ? 10 : 0;
		for (size_t c = 0; c < sizeof name - 1 && full[c]; c++)
			name[c] = (char)tolower((unsigned char)full[c]);

		const struct guest *guest = table_find(guests, name);
		const uint32_t token = compiler->api.arch_resolve_name(name);

		for (size_t j = 0; j < compiler->n_abis; j++)
			known = known || compiler->abis[j].token == token;
		if (!guest || known || !is_native(compiler, guest->on))
			continue;

		const int code = compiler->api.arch_add(compiler->filter, token);

		if (code < 0)
			return failed(compiler, full, code, "add the architecture");
		add_abi(compiler, token);
	}
	return 0;
}

/* libseccomp keeps the first of two actions; here the strictest counts. */
static bool is_outweighed(const struct seccomp_profile *profile, size_t rule)
{
	const struct seccomp_rule *it = &profile->rules[rule];
	const int32_t strictness = seccomp_strictness(it->action);

	for (size_t i = 0; i < profile->n_rules; i++) {
		const struct seccomp_rule *other = &profile->rules[i];
		const int32_t others = seccomp_strictness(other->action);

		if (i == rule || other->n_args > 0 || strcmp(other->syscall, it->syscall) != 0)
			continue;
		if (others < strictness || (others == strictness && i < rule))
			return true;
	}
	return false;
}

static int add_rules(struct compiler *compiler)
{
	const struct seccomp_profile *profile = compiler->profile;

	for (size_t i = 0; i < profile->n_rules; i++) {
		const struct seccomp_rule *rule = &profile->rules[i];
		const int number = compiler->api.resolve_name(rule->syscall);

		/* A rule that repeats the default is refused by libseccomp, and needless. */
		if (rule->n_args > 0 || number == __NR_SCMP_ERROR || is_outweighed(profile, i) ||
		    rule->action == profile->default_action)
			continue;

		const int code = compiler->api.rule_add_array(compiler->filter, rule->action,
							      number, 0, NULL);

		if (code < 0) {
			(void)failed(compiler, rule->from, code, "add a rule");
			return error_context(compiler->err, "system call '%s'", rule->syscall);
		}
	}
	return 0;
}

static int set_attributes(struct compiler *compiler)
{
	static const struct {
		enum scmp_filter_attr attribute;
		uint32_t value;
	} attributes[] = {
		{ SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS },
		{ SCMP_FLTATR_CTL_OPTIMIZE, 2 }, /* a binary tree of numbers */
	};

	for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
		const int code = compiler->api.attr_set(compiler->filter, attributes[i].attribute,
							attributes[i].value);

		if (code < 0) {
			(void)failed(compiler, SONAME, code, "set an attribute of the filter");
			return error_remedy(compiler->err, "use libseccomp 2.5.0 or newer");
		}
	}
	return 0;
}

static int too_long(struct compiler *compiler)
{
	(void)error_set(compiler->err, ERR_SPEC, "/linux/seccomp",
			"the filter has more than %d instructions, the limit of seccomp(2)",
			BPF_MAXINSNS);
	return error_remedy(compiler->err,
			    "name fewer system calls, conditions or architectures in the profile");
}

/* Behind what is in @code already: all jumps are relative. */
static int append_tree(struct compiler *compiler, struct bpf_code *code)
{
	autoclose int file = memfd_create("seccomp", MFD_CLOEXEC);
	struct stat status;

	if (file < 0)
		return error_sys(compiler->err, NULL, "cannot create a file in memory");

	const int exported = compiler->api.export_bpf(compiler->filter, file);

	if (exported < 0)
		return failed(compiler, SONAME, exported, "write the filter");
	if (fstat(file, &status) < 0)
		return error_sys(compiler->err, NULL, "cannot read the filter");

	const size_t size = (size_t)status.st_size;
	const size_t room = (BPF_MAXINSNS - code->n) * sizeof code->at[0];

	if (code->full || size > room)
		return too_long(compiler);
	if (pread(file, &code->at[code->n], size, 0) != (ssize_t)size)
		return error_sys(compiler->err, NULL, "cannot read the filter");
	code->n += (unsigned)(size / sizeof code->at[0]);
	return 0;
}

static int number_of(const void *context, uint32_t token, const char *name)
{
	const struct api *api = context;

	return api->resolve_name_arch(token, name);
}

/* i386 and others have socket calls and System V IPC twice: directly, and by way of socketcall(2) and
 * ipc(2). For these names libseccomp gives numbers of its own, below, and no way to the direct ones but
 * asking for the name of each number. */
static int direct_number_of(const void *context, uint32_t token, const char *name)
{
	enum { SHARED_FIRST = -299, SHARED_LAST = -100 }; /* seccomp.h: -101 … and -201 … */
	enum { NUMBERS = 1024 };
	const struct api *api = context;
	const int number = api->resolve_name_arch(token, name);

	if (number < SHARED_FIRST || number > SHARED_LAST)
		return number;
	for (int direct = 0; direct < NUMBERS; direct++) {
		autofree char *other = api->resolve_number_arch(token, direct);

		if (other && strcmp(other, name) == 0)
			return direct;
	}
	return -1;
}

static int compile(struct compiler *compiler, struct bpf_code *code)
{
	const struct seccomp_resolver resolver = { number_of, direct_number_of, &compiler->api };

	if (set_attributes(compiler) < 0 || add_architectures(compiler) < 0 ||
	    add_rules(compiler) < 0)
		return -1;
	seccomp_prologue(compiler->profile, compiler->abis, compiler->n_abis, &resolver, code);
	return append_tree(compiler, code);
}

/* Which file the loader found. */
static void describe_library(const struct api *api, struct seccomp_library *ret)
{
	const struct scmp_version *version = api->version();
	void *function;
	Dl_info found;

	*ret = (struct seccomp_library){
		.version = { version->major, version->minor, version->micro },
	};
	memcpy(&function, &api->init, sizeof function); /* dladdr(3) wants a pointer to void */
	if (!dladdr(function, &found) || !found.dli_fname ||
	    strlen(found.dli_fname) >= sizeof ret->path)
		return;
	snprintf(ret->path, sizeof ret->path, "%s", found.dli_fname);
	if (!seccomp_library_stat(ret))
		ret->path[0] = '\0';
}

int seccomp_compile(const struct seccomp_profile *profile, struct arena *arena,
		    struct seccomp_program *ret, struct seccomp_library *ret_library,
		    struct error *err)
{
	struct compiler compiler = { .profile = profile, .err = err };
	autofree struct bpf_code *code = xmalloc(sizeof *code);

	if (library_open(SONAME, symbols, ARRAY_LEN(symbols), &compiler.api, err) < 0)
		return -1;
	describe_library(&compiler.api, ret_library);
	code->n = 0;
	code->full = false;
	compiler.filter = compiler.api.init(profile->default_action);
	if (!compiler.filter) {
		errno = EINVAL;
		return error_sys(err, SONAME, "libseccomp cannot begin a filter");
	}

	const int compiled = compile(&compiler, code);

	compiler.api.release(compiler.filter);
	if (compiled < 0)
		return -1;

	struct sock_filter *filter = arena_array(arena, code->n, sizeof *filter);

	memcpy(filter, code->at, code->n * sizeof *filter);
	*ret = (struct seccomp_program){
		.filter = filter,
		.n = (unsigned short)code->n,
		.flags = profile->flags,
	};
	return 0;
}
