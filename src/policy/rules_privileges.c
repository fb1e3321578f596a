/* policy/rules_privileges.c: what the process may do: capabilities, LSM labels, ids, hooks
 *
 * config.md "Process", capabilities(7).
 */
#include "base/buf.h"
#include "base/cleanup.h"
#include "kernel/capability.h"
#include "policy/host_paths.h"
#include "policy/rules.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char *const cap_sets[CAPSET_COUNT] = {
	[CAPSET_BOUNDING] = "bounding",       [CAPSET_EFFECTIVE] = "effective",
	[CAPSET_INHERITABLE] = "inheritable", [CAPSET_PERMITTED] = "permitted",
	[CAPSET_AMBIENT] = "ambient",
};

/* The names of a set whose capability is in @mask. */
static struct spec_strings names_within(struct arena *arena, const struct spec_strings *names,
					uint64_t mask)
{
	const char **items = arena_array(arena, names->n, sizeof *items);
	size_t n = 0;

	for (size_t i = 0; i < names->n; i++) {
		const int cap = capability_from_name(names->items[i]);

		if (cap >= 0 && (mask >> cap & 1) != 0)
			items[n++] = names->items[i];
	}
	return (struct spec_strings){ .items = items, .n = n };
}

static uint64_t names_mask(const struct spec_strings *names)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < names->n; i++) {
		const int cap = capability_from_name(names->items[i]);

		if (cap >= 0)
			mask |= UINT64_C(1) << cap;
	}
	return mask;
}

static void add_names(struct buf *text, uint64_t mask)
{
	char name[24];

	for (int cap = 0; cap < 64; cap++) {
		if ((mask >> cap & 1) != 0)
			buf_printf(text, "%s%s", text->len > 0 ? ", " : "",
				   capability_to_name(cap, name));
	}
}

void check_capability_unknown(struct judge *judge, const struct rule *rule)
{
	for (size_t set = 0; set < CAPSET_COUNT; set++) {
		const struct spec_strings *const names =
			&judge->spec->process.capabilities.sets[set];

		for (size_t i = 0; i < names->n; i++) {
			if (capability_from_name(names->items[i]) >= 0)
				continue;
			if (judge_found(judge, rule,
					judge_pointer(judge, "/process/capabilities/%s/%zu",
						      cap_sets[set], i),
					"'%.64s' is no capability that is known here",
					names->items[i])) {
				struct spec_strings *const hard =
					&judge->hard->process.capabilities.sets[set];

				*hard = strings_without(judge->arena, hard, names->items[i]);
			}
		}
	}
}

void check_capability_beyond(struct judge *judge, const struct rule *rule)
{
	const struct spec_capabilities *const asked = &judge->spec->process.capabilities;
	const uint64_t allowed = judge->policy->settings.capabilities;
	autobuf struct buf text = {};
	uint64_t beyond = 0;

	for (size_t set = 0; set < CAPSET_COUNT; set++)
		beyond |= names_mask(&asked->sets[set]) & ~allowed;
	if (beyond == 0)
		return;

	add_names(&text, beyond);
	if (!judge_found(judge, rule, "/process/capabilities", "%s: not in the policy's set",
			 buf_text(&text)))
		return;
	for (size_t set = 0; set < CAPSET_COUNT; set++) {
		struct spec_strings *const hard = &judge->hard->process.capabilities.sets[set];

		*hard = names_within(judge->arena, hard, allowed);
	}
}

/*
 * Inheritable without ambient does nothing but let file capabilities of the image take effect:
 * CVE-2022-24769.
 */
void check_capability_inheritable(struct judge *judge, const struct rule *rule)
{
	const struct spec_capabilities *const asked = &judge->spec->process.capabilities;
	const uint64_t ambient = names_mask(&asked->sets[CAPSET_AMBIENT]);
	const uint64_t idle = names_mask(&asked->sets[CAPSET_INHERITABLE]) & ~ambient;
	autobuf struct buf text = {};

	if (idle == 0)
		return;
	add_names(&text, idle);
	if (judge_found(judge, rule, "/process/capabilities/inheritable",
			"%s: inheritable without being ambient", buf_text(&text))) {
		struct spec_strings *const hard =
			&judge->hard->process.capabilities.sets[CAPSET_INHERITABLE];

		*hard = names_within(judge->arena, hard, ambient);
	}
}

void check_no_new_privileges(struct judge *judge, const struct rule *rule)
{
	const struct opt_bool *const nnp = &judge->spec->process.no_new_privileges;

	if (!judge->spec->process.set || (nnp->set && nnp->value))
		return;
	if (judge_found(judge, rule, "/process/noNewPrivileges", "%s",
			nnp->set ? "it is switched off" : "it is not asked for"))
		judge->hard->process.no_new_privileges =
			(struct opt_bool){ .value = true, .set = true };
}

void check_apparmor_unconfined(struct judge *judge, const struct rule *rule)
{
	const char *const profile = judge->spec->process.apparmor_profile;

	if (profile == NULL || strcmp(profile, "unconfined") != 0)
		return;
	if (judge_found(judge, rule, "/process/apparmorProfile", "AppArmor is switched off"))
		judge->hard->process.apparmor_profile = NULL;
}

static const struct label {
	const char *pointer;
	size_t offset;
} labels[] = {
	{ "/process/selinuxLabel", offsetof(struct spec, process.selinux_label) },
	{ "/linux/mountLabel", offsetof(struct spec, linux_.mount_label) },
};

static const char *label_of(const struct spec *spec, const struct label *label)
{
	const char *value;

	memcpy(&value, (const char *)spec + label->offset, sizeof value);
	return value != NULL && *value != '\0' ? value : NULL;
}

static void label_clear(struct spec *spec, const struct label *label)
{
	const char *const none = NULL;

	memcpy((char *)spec + label->offset, &none, sizeof none);
}

void check_selinux_absent(struct judge *judge, const struct rule *rule)
{
	if (judge->host->selinux)
		return;
	for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
		if (label_of(judge->spec, &labels[i]) != NULL &&
		    judge_found(judge, rule, labels[i].pointer,
				"the label needs SELinux, which this host does not have"))
			label_clear(judge->hard, &labels[i]);
	}
}

/*
 * The third part of a label is its type, selinux(8); these are the types that container policy
 * confines least.
 */
static const struct name_row {
	const char *name;
} unconfined_types[] = {
	{ "spc_t" }, { "unconfined_t" }, { "container_runtime_t" }, { "init_t" }, { "kernel_t" },
};

void check_selinux_unconfined(struct judge *judge, const struct rule *rule)
{
	for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
		const char *const label = label_of(judge->spec, &labels[i]);
		const char *type = label;

		for (unsigned part = 0; type != NULL && part < 2; part++) {
			type = strchr(type, ':');
			type = type == NULL ? NULL : type + 1;
		}
		if (type == NULL)
			continue;

		const size_t len = strcspn(type, ":");

		for (size_t row = 0; row < ARRAY_LEN(unconfined_types); row++) {
			const char *const name = unconfined_types[row].name;

			if (strlen(name) == len && memcmp(type, name, len) == 0)
				judge_found_hard(judge, rule, labels[i].pointer,
						 "the type %s is not confined", name);
		}
	}
}

void check_user_root(struct judge *judge, const struct rule *rule)
{
	if (judge->spec->process.set && judge->spec->process.user.uid == 0)
		judge_found_hard(judge, rule, "/process/user/uid",
				 "the process runs as the container's root");
}

void check_groups_root(struct judge *judge, const struct rule *rule)
{
	const struct spec_user *const user = &judge->spec->process.user;

	for (size_t i = 0; user->uid != 0 && i < user->n_additional_gids; i++) {
		if (user->additional_gids[i] == 0)
			judge_found_hard(
				judge, rule,
				judge_pointer(judge, "/process/user/additionalGids/%zu", i),
				"an ordinary user is put into the container's root group");
	}
}

/*
 * Supplementary groups of the engine are outside every mapping, and still count for access on the
 * host.
 */
void check_keep_groups(struct judge *judge, const struct rule *rule)
{
	static const char key[] = "run.oci.keep_original_groups";
	const char *const value = spec_annotation(judge->spec, key);

	if (value == NULL || strcmp(value, "1") != 0 || judge->host->rootless)
		return;
	if (judge_found(judge, rule, "/annotations/run.oci.keep_original_groups",
			"the process keeps the engine's own groups on the host"))
		judge->hard->annotations =
			pairs_without(judge->arena, &judge->hard->annotations, key);
}

void check_personality(struct judge *judge, const struct rule *rule)
{
	if (!judge->spec->linux_.personality.set)
		return;
	if (judge_found(judge, rule, "/linux/personality", "the execution domain is changed"))
		judge->hard->linux_.personality = (struct spec_personality){};
}

/* None of them is under the container's limits: each runs before the privileges are given up, without a
 * seccomp filter. What startContainer runs is a file of the image, for which no path can vouch. */
static const struct hook_place {
	const char *pointer;
	const char *rights;
	bool can_be_listed;
} hook_places[] = {
	[HOOK_PRESTART] = { "/hooks/prestart", "on the host with brig's own rights", true },
	[HOOK_CREATE_RUNTIME] = { "/hooks/createRuntime", "on the host with brig's own rights",
				  true },
	[HOOK_CREATE_CONTAINER] = { "/hooks/createContainer",
				    "in sight of the host's files, with all capabilities of the "
				    "container's "
				    "user namespace and no filter",
				    true },
	[HOOK_START_CONTAINER] = { "/hooks/startContainer",
				   "with all capabilities of the container's user namespace and no "
				   "filter",
				   false },
	[HOOK_POSTSTART] = { "/hooks/poststart", "on the host with brig's own rights", true },
	[HOOK_POSTSTOP] = { "/hooks/poststop", "on the host with brig's own rights", true },
};
static_assert(ARRAY_LEN(hook_places) == HOOK_COUNT, "a kind of hook is not judged");

/* By these a program runs other code than its own: ld.so(8), "Secure-execution mode", and what common
 * interpreters read before the script, from a home directory too. CVE-2025-23266 was a hook with an
 * image's LD_PRELOAD. */
// clang-format off
static const struct env_row {
	const char *start;
} env_rows[] = {
	{ "LD_" },    { "GCONV_PATH=" }, { "GLIBC_TUNABLES=" }, { "OPENSSL_" },
	{ "BASH_" },  { "ENV=" },        { "SHELLOPTS=" },      { "PS4=" }, { "IFS=" },
	{ "PYTHON" }, { "PERL" },        { "RUBY" },            { "LUA" },  { "NODE_" },
	{ "GEM_" },   { "PHP" },         { "ZDOTDIR=" },        { "DOTNET_" },
	{ "_JAVA_" }, { "JAVA_TOOL_" },  { "JDK_JAVA_" },       { "HOME=" }, { "XDG_" },
};
// clang-format on

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

/* The variable by which the bundle chooses what code a hook runs; NULL if there is none */
static const char *hook_env_with_code(struct judge *judge, const struct spec_strings *env)
{
	const struct spec_strings *const listed = &judge->policy->settings.hooks_allow;

	for (size_t i = 0; i < env->n; i++) {
		const char *const variable = env->items[i];

		if (strcmp(variable, "HOME=/root") == 0)
			continue;
		if (strncmp(variable, "PATH=", 5) == 0 &&
		    !search_is_the_hosts(variable + 5, listed, judge->arena))
			return variable;
		for (size_t row = 0; row < ARRAY_LEN(env_rows); row++) {
			if (strncmp(variable, env_rows[row].start, strlen(env_rows[row].start)) ==
			    0)
				return variable;
		}
	}
	return NULL;
}

static void check_hook(struct judge *judge, const struct rule *rule, enum hook_kind kind, size_t i)
{
	const struct hook_place *const place = &hook_places[kind];
	const struct spec_hook *const hook = &judge->spec->hooks[kind].items[i];
	const char *const path = hook->path;
	const char *const pointer = judge_pointer(judge, "%s/%zu", place->pointer, i);
	const bool listed =
		place->can_be_listed && host_path_listed(&judge->policy->settings.hooks_allow,
							 host_path_plain(path, judge->arena));
	const char *const code = listed ? hook_env_with_code(judge, &hook->env) : NULL;
	bool found;

	if (listed && !code) {
		judge_allowed(judge, rule, pointer, "'%.200s' is in hooks_allow", path);
		return;
	}
	found = code ? judge_found(judge, rule, pointer,
				   "'%.100s' lets the bundle choose what code '%.200s' runs", code,
				   path)
		     : judge_found(judge, rule, pointer, "'%.200s' runs %s", path, place->rights);
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

/* What others would read as instructions to a runtime; brig takes none from a bundle. */
void check_annotations(struct judge *judge, const struct rule *rule)
{
	static const char *const prefixes[] = { "brig.", "io.brig.", "run.oci.", "org.criu." };

	for (size_t i = 0; i < judge->spec->annotations.n; i++) {
		const char *const key = judge->spec->annotations.items[i].key;

		for (size_t p = 0; p < ARRAY_LEN(prefixes); p++) {
			if (strncmp(key, prefixes[p], strlen(prefixes[p])) == 0 &&
			    strcmp(key, "run.oci.keep_original_groups") != 0)
				judge_found_hard(judge, rule,
						 judge_pointer(judge, "/annotations/%.100s",
							       judge_escape(judge, key)),
						 "'%.100s' changes nothing", key);
		}
	}
}
