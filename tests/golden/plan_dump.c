/* plan_dump: config.json, policy and host facts to findings and plan
 *
 *	usage: plan_dump CASE DIRECTORY
 *
 * writes what policy found into DIRECTORY/findings, a line each, and the plan, or the error that there
 * is in its place, into DIRECTORY/plan.json; a bundle that policy refuses has no plan. CASE is a directory
 * with config.json and case.json, whose members are
 *
 *	host            a file of hosts/, without .json
 *	policy          an object as in a policy file; absent: the built-in `restricted`
 *	id, bundle      absent: "golden", "/brig-golden/bundle"
 *	cgroupManager   "cgroupfs" (absent), "systemd", "disabled"
 *	noNewKeyring, preserveFds
 *	note            for readers: who wrote the config, and with what
 *
 * Nothing of the machine that it runs on goes into what it prints, and it needs no privilege. What the
 * filter is compiled to depends on libseccomp, and is other tests' business: its size and digest are
 * left out. The ids are always the same ones.
 *
 * It fails, too, where the form for people lacks a member of the plan in JSON.
 */
#include "base/cleanup.h"
#include "base/fd.h"
#include "base/table.h"
#include "plan/plan.h"
#include "policy/policy_file.h"
#include "policy/rules.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_SIZE_MAX = 1 << 20 };

#define DEFAULT_BUNDLE "/brig-golden/bundle"
/* Installed below PREFIX; here it is the one of the source tree. */
#define DEFAULT_PROFILE "seccomp-profiles/default.json"

struct golden {
	struct arena arena;
	struct host host;
	struct spec *spec;
	struct policy *policy;
	struct judgement judgement;
	struct plan *plan;
	struct plan_request request;
};

static const struct name_value managers[] = {
	{ "cgroupfs", CGROUP_MANAGER_CGROUPFS },
	{ "systemd", CGROUP_MANAGER_SYSTEMD },
	{ "disabled", CGROUP_MANAGER_DISABLED },
};

static const struct json *read_json(struct golden *golden, const char *path, struct error *err)
{
	const struct json_limits limits = { .comments = true };
	autobuf struct buf text = {};

	if (fd_read_file(AT_FDCWD, path, FILE_SIZE_MAX, &text, err) < 0)
		return NULL;
	return json_parse(&golden->arena, path, buf_text(&text), text.len, limits, err);
}

/* A string of case.json, or @otherwise. */
static const char *word(const struct json *options, const char *key, const char *otherwise)
{
	const struct json *node = json_get(options, key);

	return node && node->type == JSON_STRING ? node->text : otherwise;
}

static int read_host(struct golden *golden, const char *cases, const struct json *options,
		     struct error *err)
{
	const char *path = arena_printf(&golden->arena, "%s/../../hosts/%s.json", cases,
					word(options, "host", "full"));
	const struct json *facts = read_json(golden, path, err);

	return facts ? host_parse(&golden->arena, facts, &golden->host, err) : -1;
}

/* As if it had been read from a file of root's: through one that is ours alone. */
static int read_policy(struct golden *golden, const struct json *options, struct error *err)
{
	const struct host owner = { .rootless = geteuid() != 0, .uid = geteuid() };
	const struct json *given = json_get(options, "policy");
	char dir[] = "/tmp/brig-golden-XXXXXX";
	autobuf struct buf text = {};
	struct json_out out = { .buf = &text };

	if (!given) {
		golden->policy = policy_builtin("restricted", err);
		return golden->policy ? 0 : -1;
	}
	json_out_node(&out, NULL, given);
	if (!mkdtemp(dir))
		return error_sys(err, dir, "cannot make a directory");

	autoclose int fd = fd_open(dir, O_RDONLY | O_DIRECTORY, 0, err);

	if (fd >= 0 &&
	    fd_replace_file(fd, "policy.json", text.data, text.len, 0600, false, err) == 0) {
		golden->policy = policy_load(arena_printf(&golden->arena, "%s/policy.json", dir),
					     &owner, err);
		unlinkat(fd, "policy.json", 0);
	}
	rmdir(dir);
	return golden->policy ? 0 : -1;
}

static int read_request(struct golden *golden, const struct json *options, struct error *err)
{
	static const struct id_range range = { 0, 268435456, 65536 };
	static const struct idmap ids = { &range, &range, 1, 1 };
	const struct json *fds = json_get(options, "preserveFds");
	const struct json *keyring = json_get(options, "noNewKeyring");
	const struct name_value *manager =
		table_find(managers, word(options, "cgroupManager", "cgroupfs"));
	const struct spec *spec = &golden->judgement.spec;
	const struct spec_namespace *user = &spec->linux_.namespaces[SPEC_NS_USER];
	uint64_t preserve = 0;

	if (!manager)
		return error_set(err, ERR_USAGE, "/cgroupManager", "no such manager");
	if (fds && json_to_uint(fds, 100, &preserve, err) < 0)
		return -1;
	golden->request = (struct plan_request){
		.id = word(options, "id", "golden"),
		.bundle = word(options, "bundle", DEFAULT_BUNDLE),
		.cgroup_manager = (enum cgroup_manager)manager->value,
		.no_new_keyring = keyring && keyring->boolean,
		.seccomp_cache = -1,
		.preserve_fds = (unsigned)preserve,
	};
	/* As container/prepare.c: drawn for whoever has no others. */
	if (user->listed && !user->path && spec->linux_.uid_mappings.n == 0)
		golden->request.ids = &ids;
	return 0;
}

static void forget_filter(struct plan *plan)
{
	if (plan->process.seccomp.n == 0)
		return;
	plan->process.seccomp.n = 1;
	snprintf(plan->process.seccomp.digest, sizeof plan->process.seccomp.digest, "left out");
}

static int make(struct golden *golden, const char *path, struct error *err)
{
	autoclose int dir = fd_open(path, O_RDONLY | O_DIRECTORY, 0, err);
	const struct json *options =
		read_json(golden, arena_printf(&golden->arena, "%s/case.json", path), err);

	if (dir < 0 || !options || read_host(golden, path, options, err) < 0 ||
	    read_policy(golden, options, err) < 0)
		return -1;
	golden->spec = spec_read(dir, NULL, err);
	if (!golden->spec)
		return -1;
	if (*golden->policy->settings.seccomp_profile)
		golden->policy->settings.seccomp_profile = DEFAULT_PROFILE;
	policy_judge(golden->policy, golden->spec, dir, &golden->host, &golden->judgement);
	if (read_request(golden, options, err) < 0)
		return -1;
	if (golden->judgement.refused)
		return 0;
	golden->plan = plan_build(&golden->judgement.spec, golden->policy, &golden->host,
				  &golden->request, err);
	if (!golden->plan)
		return -1;
	forget_filter(golden->plan);
	return 0;
}

static void print_findings(const struct golden *golden, struct buf *text)
{
	for (size_t i = 0; i < golden->judgement.n; i++) {
		const struct finding *finding = &golden->judgement.findings[i];

		if (finding->action != ACTION_ALLOW)
			buf_printf(text, "%s %s %s\n", action_name(finding->action),
				   finding->rule->id, finding->pointer);
	}
}

static void print_error(const struct error *err, struct json_out *out)
{
	json_out_object(out, NULL);
	json_out_string(out, "error", err->text);
	json_out_string(out, "where", err->where);
	json_out_string(out, "remedy", err->remedy);
	json_out_end_object(out);
}

/* --- is everything in the form for people? --- */

/* What stands there for a member that is true; a number that stands there otherwise has NULL. */
static const struct member_words {
	const char *name, *words;
} member_words[] = {
	{ "aboveUsage", "not below what is in use" },
	{ "childMakesSources", "opened from within the user namespace" },
	{ "copySymlink", "the link itself" },
	{ "copyUp", "begins as a copy" },
	{ "coreScheduling", "scheduled apart" },
	{ "count", NULL }, /* the last id of the range */
	{ "delegate", "delegated" },
	{ "devicesEnforced", "device " },
	{ "existsRequired", "must exist" },
	{ "idmap", "id-mapped" },
	{ "idmapRecursive", "with mounts below" },
	{ "idsByHelpers", "newuidmap" },
	{ "idsDrawn", "Identity (" },
	{ "keepGroups", "those of the caller stay" },
	{ "landlockAbstractSockets", "abstract sockets" },
	{ "loopbackUp", "loopback is up" },
	{ "mayJoinHost", "may lead to namespaces of the host" },
	{ "mayLack", "if the host has the controller" },
	{ "modeOfTarget", "mode of the directory there" },
	{ "monitoring", "monitored" },
	{ "noNewPrivileges", "no_new_privs" },
	{ "ofJoined", "of a joined namespace" },
	{ "overProc", "may lie over /proc" },
	{ "readonly", " ro" },
	{ "recursive", "rbind" },
	{ "sessionKeyring", "session keyring" },
	{ "setgroups", "setgroups" },
	{ "terminal", "terminal" },
	{ "umask", NULL }, /* in octal */
	{ "withDevices", "with device nodes" },
};

/* What must be found for the value of @member; "" if nothing, NULL if this file does not know. */
static const char *expected(struct arena *arena, const struct json *member)
{
	const struct member_words *row = member->key ? table_find(member_words, member->key) : NULL;
	autobuf struct buf text = {};

	switch (member->type) {
	case JSON_BOOL:
		return !member->boolean ? "" : row ? row->words : NULL;
	case JSON_NUMBER:
		return row ? "" : member->text;
	case JSON_STRING:
		for (const char *at = member->text; *at; at++)
			buf_printf(&text, *at == '\n' ? "\\n" : "%c", *at);
		return arena_strdup(arena, buf_text(&text));
	case JSON_NULL:
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	return "";
}

/* As a whole, or word by word; -1 in a device rule stands for all numbers, and is printed as a "*". */
static bool has(const char *text, const char *words)
{
	char word[256];

	if (strstr(text, words))
		return true;
	for (size_t len; *words; words += len + (words[len] != '\0')) {
		len = strcspn(words, ", :");
		snprintf(word, sizeof word, "%.*s", (int)len, words);
		if (!strstr(text, strcmp(word, "-1") == 0 ? "*" : word))
			return false;
	}
	return true;
}

/* Members of these have names of the bundle's. */
static bool has_key(const char *text, const struct json *member)
{
	static const struct member_words maps[] = {
		{ "annotations", NULL }, { "hooks", NULL },      { "links", NULL },
		{ "namespaces", NULL },  { "netDevices", NULL }, { "timeOffsets", NULL },
	};
	const char *map = member->parent->key;

	return !map || !table_find(maps, map) || strstr(text, member->key);
}

static int check_members(struct arena *arena, const struct json *node, const char *text,
			 struct error *err)
{
	for (const struct json *member = node->first; member; member = member->next) {
		const char *words = expected(arena, member);

		if (!words || !has(text, words) || !has_key(text, member))
			return json_error(member, err, "is not in what `brig plan` prints: %s",
					  words ?: "no words for it in plan_dump.c");
		if (check_members(arena, member, text, err) < 0)
			return -1;
	}
	return 0;
}

static int check_text(struct golden *golden, const struct buf *json, struct error *err)
{
	const struct json *plan = json_parse(&golden->arena, "plan.json", json->data, json->len,
					     (struct json_limits){}, err);
	autofree char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!plan || !out)
		return -1;
	plan_print(golden->plan, /* overlays = */ NULL, out);
	fclose(out);
	return check_members(&golden->arena, plan, text, err);
}

static int write_file(int dir, const char *name, struct buf *text, struct error *err)
{
	return fd_replace_file(dir, name, buf_text(text), text->len, 0644, false, err);
}

static int dump(struct golden *golden, const char *path, const char *to, struct error *err)
{
	autoclose int dir = fd_open(to, O_RDONLY | O_DIRECTORY, 0, err);
	autobuf struct buf findings = {}, plan = {};
	struct json_out out = { .buf = &plan, .pretty = true };
	struct error failure;

	if (dir < 0)
		return -1;
	if (make(golden, path, &failure) < 0)
		print_error(&failure, &out);
	else if (golden->plan)
		plan_print_json(golden->plan, /* overlays = */ NULL, /* steps = */ NULL, &out);
	if (golden->plan && check_text(golden, &plan, err) < 0)
		return -1;
	if (plan.len > 0)
		buf_putc(&plan, '\n');
	print_findings(golden, &findings);
	if (write_file(dir, "findings", &findings, err) < 0)
		return -1;
	return plan.len > 0 ? write_file(dir, "plan.json", &plan, err) : 0;
}

int main(int argc, char **argv)
{
	struct golden golden = {};
	struct error err = {};

	if (argc != 3) {
		fprintf(stderr, "usage: plan_dump CASE DIRECTORY\n");
		return 2;
	}

	const int result = dump(&golden, argv[1], argv[2], &err);

	if (result < 0)
		fprintf(stderr, "plan_dump: %s: %s\n", err.where, err.text);
	plan_free(golden.plan);
	judgement_free(&golden.judgement);
	policy_free(golden.policy);
	spec_free(golden.spec);
	arena_free(&golden.arena);
	return result < 0;
}
