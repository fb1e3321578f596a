/* policy/rules_hooks.c: programs that a bundle wants to have run at points of a container's life
 *
 * config.md "POSIX-platform Hooks". An engine may need one (Docker up to 27 learns of the network
 * namespace by one), so policy can list programs; what these are told is the bundle's word.
 */
#include "base/cleanup.h"
#include "policy/host_paths.h"
#include "policy/rules.h"

#include <assert.h>
#include <fnmatch.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* None of them is under the container's limits: each runs before the privileges are given up, without a
 * seccomp filter. What startContainer runs is a file of the image, for which no path can vouch. */
static const struct hook_place {
	const char *rights;
	bool can_be_listed;
} hook_places[] = {
	[HOOK_PRESTART] = { "on the host with brig's own rights", true },
	[HOOK_CREATE_RUNTIME] = { "on the host with brig's own rights", true },
	[HOOK_CREATE_CONTAINER] = { "in sight of the host's files, with all capabilities of the "
				    "container's "
				    "user namespace and no filter",
				    true },
	[HOOK_START_CONTAINER] = { "with all capabilities of the container's user namespace and no "
				   "filter",
				   false },
	[HOOK_POSTSTART] = { "on the host with brig's own rights", true },
	[HOOK_POSTSTOP] = { "on the host with brig's own rights", true },
};
static_assert(ARRAY_LEN(hook_places) == HOOK_COUNT, "a kind of hook is not judged");

/*
 * What says how a program speaks, and nothing of what it runs; without a slash, so that none leads to a file of
 * the bundle's. All others may: ld.so, interpreters, iptables (XTABLES_LIBDIR), tc and modprobe load code that
 * a variable names, and CVE-2025-23266 was a hook with an image's LD_PRELOAD.
 */
static const char *const harmless_variables[] = { "LANG", "LC_*", "TZ", "TERM", "USER", "LOGNAME" };

/* Is @variable ("NAME=VALUE") one of @names, whose last character may be a "*"? */
static bool is_named(const char *variable, const char *const *names, size_t n)
{
	const size_t len = strcspn(variable, "=");

	for (size_t i = 0; i < n; i++) {
		const size_t fixed = strcspn(names[i], "*");

		if (strncmp(variable, names[i], fixed) == 0 &&
		    (names[i][fixed] == '*' ? len >= fixed : len == fixed))
			return true;
	}
	return false;
}

/* Where a hook that is a script finds its commands. */
static bool search_is_the_hosts(const char *search, const struct spec_strings *listed,
				struct arena *arena)
{
	static const char *const dirs[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
					    "/usr/bin",        "/sbin",          "/bin" };
	const struct spec_strings usual = { dirs, ARRAY_LEN(dirs) };

	for (const char *dir = search;; dir++) {
		const size_t len = strcspn(dir, ":");
		const char *const name = arena_strndup(arena, dir, len);

		if (*name != '/' || (!strings_have(&usual, name) &&
				     !host_path_listed(listed, host_path_plain(name, arena))))
			return false;
		dir += len;
		if (*dir == '\0')
			return true;
	}
}

/* The variable by which the bundle may choose what code a hook runs; NULL if there is none */
static const char *hook_env_with_code(struct judge *judge, const struct spec_strings *env)
{
	const struct spec_strings *const listed = &judge->policy->settings.hooks_allow;
	const struct spec_strings *const given = &judge->policy->settings.hooks_env_allow;

	for (size_t i = 0; i < env->n; i++) {
		const char *const variable = env->items[i];

		if (strcmp(variable, "HOME=/root") == 0 ||
		    is_named(variable, given->items, given->n) ||
		    (is_named(variable, harmless_variables, ARRAY_LEN(harmless_variables)) &&
		     strchr(variable, '/') == NULL) ||
		    (strncmp(variable, "PATH=", 5) == 0 &&
		     search_is_the_hosts(variable + 5, listed, judge->arena)))
			continue;
		return variable;
	}
	return NULL;
}

/*
 * The program that a hook's path means, or NULL if there is no saying. /proc/PID/exe, which is how
 * dockerd names itself, is whatever that process runs now, and may be another program a moment later:
 * it is judged as the file that it leads to, and that file is what will run.
 */
static const char *hook_program(const char *path, struct arena *arena)
{
	const char *const plain = host_path_plain(path, arena);
	char program[PATH_MAX];

	if (strncmp(plain, "/proc/", 6) != 0)
		return plain;
	if (fnmatch("/proc/[0-9]*/exe", plain, FNM_PATHNAME) != 0)
		return NULL;

	const ssize_t len = readlink(plain, program, sizeof program);

	if (len <= 0 || (size_t)len == sizeof program || program[0] != '/')
		return NULL;
	return arena_strndup(arena, program, (size_t)len);
}

/* Is @program listed: under any name (args[0]), or under this one? */
static bool hook_is_listed(const struct spec_strings *list, const char *program, const char *name,
			   struct arena *arena)
{
	for (size_t i = 0; i < list->n; i++) {
		const size_t len = strcspn(list->items[i], " ");
		const char *const path = arena_strndup(arena, list->items[i], len);
		const char *const only = list->items[i] + len;

		if (host_path_listed(&(struct spec_strings){ &path, 1 }, program) &&
		    (*only == '\0' || strcmp(only + 1, name) == 0))
			return true;
	}
	return false;
}

/* The hardened spec runs @program by its own name. */
static void hook_run_as(struct judge *judge, enum hook_kind kind, size_t i, const char *program)
{
	struct spec_hooks *const hooks = &judge->hard->hooks[kind];

	if (i >= hooks->n || strcmp(hooks->items[i].path, program) == 0)
		return;

	struct spec_hook *const items = arena_array(judge->arena, hooks->n, sizeof *items);

	memcpy(items, hooks->items, hooks->n * sizeof *items);
	items[i].path = program;
	hooks->items = items;
}

static void check_hook(struct judge *judge, const struct rule *rule, enum hook_kind kind, size_t i)
{
	const struct hook_place *const place = &hook_places[kind];
	const struct spec_hook *const hook = &judge->spec->hooks[kind].items[i];
	const char *const pointer = judge_pointer(judge, "/hooks/%s/%zu", hook_kind_name(kind), i);
	const char *const program = hook_program(hook->path, judge->arena);
	const char *const shown = program ?: hook->path;
	const char *const name = hook->args.n ? hook->args.items[0] : hook->path;
	const bool listed =
		place->can_be_listed && program &&
		hook_is_listed(&judge->policy->settings.hooks_allow, program, name, judge->arena);
	const char *const code = listed ? hook_env_with_code(judge, &hook->env) : NULL;
	bool found;

	if (listed && !code) {
		judge_allowed(judge, rule, pointer, "'%.200s' is in hooks_allow", program);
		hook_run_as(judge, kind, i, program);
		return;
	}
	found = code ? judge_found(judge, rule, pointer,
				   "by '%.100s' the bundle may choose what code '%.200s' runs",
				   code, shown)
		     : judge_found(judge, rule, pointer, "'%.200s' as '%.64s' runs %s", shown, name,
				   place->rights);
	if (found)
		judge->hard->hooks[kind] = (struct spec_hooks){};
}

void check_hooks(struct judge *judge, const struct rule *rule)
{
	for (enum hook_kind kind = 0; kind < HOOK_COUNT; kind++) {
		for (size_t i = 0; i < judge->spec->hooks[kind].n; i++)
			check_hook(judge, rule, kind, i);
	}
}
