/* policy/rules_binds.c: where mounts and the root file system come from
 *
 * brig opens a source as the host's root and gives it to the container with its owners shifted, so
 * the container's root can do with it what the host's root could. Each source is therefore looked
 * at as what it is, not as what it is called: symlinks followed, bind mounts seen through.
 */
#include "base/cleanup.h"
#include "base/table.h"
#include "kernel/compat.h"
#include "kernel/overlay_options.h"
#include "policy/host_paths.h"
#include "policy/rules.h"
#include "policy/sources.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* Names under which engines listen, wherever that is. */
static const struct socket_row {
	const char *name;
} engine_sockets[] = {
	{ "buildkitd.sock" },   { "containerd.sock" }, { "containerd.sock.ttrpc" },
	{ "cri-dockerd.sock" }, { "crio.sock" },       { "docker.sock" },
	{ "frakti.sock" },      { "kubelet.sock" },    { "podman.sock" },
};

/* Places of brig's that options and policy chose, which the table cannot know. */
static void guard_own(const struct policy *policy, struct host_path *at)
{
	const char *const own[] = { policy->state_root, policy->settings.audit_log };

	/* What another row guards is told by its name. */
	if (at->guard != PATH_FREE && at->guard != PATH_CODE)
		return;
	for (size_t i = 0; i < ARRAY_LEN(own); i++) {
		if (own[i] != NULL && own[i][0] == '/' && host_path_touches(own[i], at->path)) {
			at->guard = PATH_ENGINE;
			at->what = own[i];
		}
	}
}

static void add_source(struct judge *judge, size_t mount, const char *pointer, const char *written,
		       bool writable)
{
	const struct spec_mount *const m = &judge->spec->mounts[mount];
	const int nofollow = mount_words_of(m).copy_symlink ? O_NOFOLLOW : 0;
	const struct host_path_use use = { .writable = writable };
	autoclose int fd = openat(judge->bundle, written, O_PATH | O_CLOEXEC | nofollow);
	struct source *const source = &judge->sources[judge->n_sources++];

	source->mount = mount;
	source->pointer = pointer;
	source->at = fd >= 0 ? host_path_look(fd, use, &judge->inodes, judge->arena)
			     : host_path_name(written, use, judge->arena);
	guard_own(judge->policy, &source->at);
}

static void add_layers(struct judge *judge, size_t mount, const char *const *paths, size_t n,
		       bool writable)
{
	const char *const pointer = judge_pointer(judge, "/mounts/%zu/options", mount);

	for (size_t i = 0; i < n; i++)
		add_source(judge, mount, pointer, paths[i], writable);
}

/* What cannot be read has no layers, and plan/ makes no mount of it. */
static void add_overlay_sources(struct judge *judge, size_t mount)
{
	const struct spec_strings *const options = &judge->spec->mounts[mount].options;
	struct mount_option_value *const data = arena_array(judge->arena, options->n, sizeof *data);
	struct mount_words words = {};
	struct overlay_layers layers;
	struct error ignored;
	size_t n = 0;

	for (size_t i = 0; i < options->n; i++) {
		if (!mount_words_add(&words, options->items[i]))
			data[n++] = mount_option_split(options->items[i], judge->arena);
	}
	if (overlay_options_take(data, n, judge->arena, &layers, &ignored) < 0)
		return;
	add_layers(judge, mount, layers.lower, layers.n_lower, false);
	add_layers(judge, mount, layers.data, layers.n_data, false);
	add_layers(judge, mount, &layers.upper, layers.upper != NULL, true);
	add_layers(judge, mount, &layers.work, layers.work != NULL, true);
}

static size_t count_sources(const struct spec *spec)
{
	size_t n = spec->n_mounts;

	/* An overlay has at most as many layers as there are colons, and one for each option. */
	for (size_t i = 0; i < spec->n_mounts; i++) {
		for (size_t option = 0; option < spec->mounts[i].options.n; option++) {
			n++;
			for (const char *c = spec->mounts[i].options.items[option]; *c != '\0'; c++)
				n += *c == ':';
		}
	}
	return n;
}

struct mount_words mount_words_of(const struct spec_mount *mount)
{
	struct mount_words words = {};

	for (size_t i = 0; i < mount->options.n; i++)
		(void)mount_words_add(&words, mount->options.items[i]);
	return words;
}

bool mount_is_bind(const struct spec_mount *mount)
{
	return mount_words_of(mount).bind || mount->type == NULL ||
	       strcmp(mount->type, "bind") == 0 || strcmp(mount->type, "none") == 0;
}

bool mount_is_writable(const struct spec_mount *mount)
{
	const struct mount_words words = mount_words_of(mount);

	return (mount_attrs_here(&words.attrs) & MOUNT_ATTR_RDONLY) == 0;
}

static void find_sources(struct judge *judge)
{
	const struct spec *const spec = judge->spec;

	if (judge->sources != NULL || spec->n_mounts == 0)
		return;
	judge->sources = arena_array(judge->arena, count_sources(spec), sizeof *judge->sources);
	for (size_t i = 0; i < spec->n_mounts; i++) {
		const struct spec_mount *const mount = &spec->mounts[i];

		if (mount_is_bind(mount) && mount->source != NULL)
			add_source(judge, i, judge_pointer(judge, "/mounts/%zu/source", i),
				   mount->source, mount_is_writable(mount));
		else if (mount->type != NULL && strcmp(mount->type, "overlay") == 0)
			add_overlay_sources(judge, i);
	}
}

const struct source *source_of(struct judge *judge, size_t mount)
{
	find_sources(judge);
	for (size_t i = 0; i < judge->n_sources; i++) {
		if (judge->sources[i].mount == mount)
			return &judge->sources[i];
	}
	return NULL;
}

static bool is_device(const struct host_path *at)
{
	return at->exists && (S_ISCHR(at->status.st_mode) || S_ISBLK(at->status.st_mode));
}

static bool is_engine_socket(const struct host_path *at)
{
	const char *const slash = strrchr(at->path, '/');

	return at->exists && S_ISSOCK(at->status.st_mode) && slash != NULL &&
	       table_find(engine_sockets, slash + 1) != NULL;
}

/* Not of a device or an engine's socket: those have rules of their own. */
static bool place_counts(const struct host_path *at)
{
	return at->guard != PATH_FREE && !is_device(at) && !is_engine_socket(at);
}

/* A file type of stat(2), SOURCE_ENGINE_SOCKET, or 0: of no rule's. */
static int kind_of(const struct host_path *at)
{
	if (is_engine_socket(at))
		return SOURCE_ENGINE_SOCKET;
	return is_device(at) || (at->exists && S_ISSOCK(at->status.st_mode))
		       ? (int)(at->status.st_mode & S_IFMT)
		       : 0;
}

static enum device_standing standing_of(const struct policy *policy, const struct host_path *at)
{
	return device_standing(policy, S_ISCHR(at->status.st_mode) ? 'c' : 'b',
			       major(at->status.st_rdev), minor(at->status.st_rdev));
}

/*
 * A bind of the host's whole sysfs or cgroup tree gets what engines mean by it: one of the
 * container's own. A sysfs only at its place, where what is hidden of it is named.
 */
static bool is_cgroup_tree(const struct source *source)
{
	return strcmp(source->at.path, "/sys/fs/cgroup") == 0;
}

static bool can_be_its_own(struct judge *judge, const struct source *source)
{
	const char *const place = judge->spec->mounts[source->mount].destination;

	return is_cgroup_tree(source) ||
	       (strcmp(source->at.path, "/sys") == 0 &&
		strcmp(host_path_plain(place, judge->arena), "/sys") == 0);
}

static void make_its_own(struct judge *judge, const struct source *source)
{
	static const char *const words[] = { "nosuid", "noexec", "nodev", "ro" };
	const bool cgroup = is_cgroup_tree(source);
	struct spec_mount *const mount = judge_mount(judge, source->mount);

	mount->type = cgroup ? "cgroup" : "sysfs";
	mount->source = mount->type;
	mount->options = (struct spec_strings){ .items = words, .n = ARRAY_LEN(words) };
	mount->uid_mappings = mount->gid_mappings = (struct spec_id_mappings){};
}

void check_source_place(struct judge *judge, const struct rule *rule)
{
	const struct policy_settings *const settings = &judge->policy->settings;

	find_sources(judge);
	for (size_t i = 0; i < judge->n_sources; i++) {
		const struct source *const source = &judge->sources[i];

		if ((int)source->at.guard != rule->subject || !place_counts(&source->at))
			continue;
		if (host_path_listed(&settings->bind_allow, source->at.path)) {
			judge_allowed(judge, rule, source->pointer, "'%.200s' is in bind_allow",
				      source->at.path);
			continue;
		}

		const bool own = can_be_its_own(judge, source);

		if (!own && source->at.guard != PATH_CODE) {
			judge_found_hard(judge, rule, source->pointer,
					 "'%.200s' reaches the host's %s", source->at.path,
					 source->at.what);
		} else if (judge_found(judge, rule, source->pointer,
				       "'%.200s' reaches the host's %s", source->at.path,
				       source->at.what)) {
			if (own)
				make_its_own(judge, source);
			else
				mount_make_readonly(judge, source->mount);
		}
	}
}

void mount_make_readonly(struct judge *judge, size_t index)
{
	struct spec_mount *const mount = judge_mount(judge, index);
	const bool recursive = mount_words_of(mount).recursive;

	mount->options = strings_without(judge->arena, &mount->options, "rw");
	mount->options = strings_without(judge->arena, &mount->options, "rrw");
	mount->options = strings_with(judge->arena, &mount->options, recursive ? "rro" : "ro");
}

static void found_device(struct judge *judge, const struct rule *rule, const struct source *source)
{
	const enum device_standing standing = standing_of(judge->policy, &source->at);

	if (standing == DEVICE_ALLOWED)
		judge_allowed(judge, rule, source->pointer, "'%.200s' is in device_allow",
			      source->at.path);
	else if (standing == DEVICE_FORBIDDEN)
		judge_found_hard(judge, rule, source->pointer,
				 "'%.200s' is the host's device %u:%u", source->at.path,
				 major(source->at.status.st_rdev),
				 minor(source->at.status.st_rdev));
}

void check_source_kind(struct judge *judge, const struct rule *rule)
{
	find_sources(judge);
	for (size_t i = 0; i < judge->n_sources; i++) {
		const struct source *const source = &judge->sources[i];

		if (kind_of(&source->at) != rule->subject)
			continue;
		if (is_device(&source->at))
			found_device(judge, rule, source);
		else if (host_path_listed(&judge->policy->settings.bind_allow, source->at.path))
			judge_allowed(judge, rule, source->pointer, "'%.200s' is in bind_allow",
				      source->at.path);
		else
			judge_found_hard(judge, rule, source->pointer, "'%.200s' is a socket",
					 source->at.path);
	}
}

void check_root_place(struct judge *judge, const struct rule *rule)
{
	const char *const path = judge->spec->root.path;

	if (path == NULL)
		return;

	autoclose int fd = openat(judge->bundle, path, O_PATH | O_CLOEXEC);
	const struct host_path_use use = { .writable = true, .root = true };
	struct host_path at = fd >= 0 ? host_path_look(fd, use, &judge->inodes, judge->arena)
				      : host_path_name(path, use, judge->arena);

	guard_own(judge->policy, &at);
	/*
	 * A relative path that does not exist is the bundle's own business: nothing can be mounted.
	 */
	if (at.guard == PATH_FREE || (!at.exists && path[0] != '/'))
		return;
	if (host_path_listed(&judge->policy->settings.root_allow, at.path))
		judge_allowed(judge, rule, "/root/path", "'%.200s' is in root_allow", at.path);
	else
		judge_found_hard(judge, rule, "/root/path", "'%.200s' reaches the host's %s",
				 at.path, at.what);
}

/* --- once more at launch, for what is open --- */

static const struct rule *rule_with(void (*check)(struct judge *, const struct rule *), int subject)
{
	size_t n;
	const struct rule *const rules = rule_table(&n);

	for (size_t i = 0; i < n; i++) {
		if (rules[i].check == check && rules[i].subject == subject)
			return &rules[i];
	}
	return NULL;
}

static bool acts(const struct policy *policy, const struct rule *rule, enum action least)
{
	return rule != NULL && policy->actions[rule_index(rule)] >= least;
}

/* The rule that does at least that with it, and what it says of it; NULL: none does. */
static const struct rule *acting(const struct policy *policy, const struct host_path *at, bool root,
				 enum action least, char what[static 80])
{
	const struct rule *const place = root ? rule_with(check_root_place, 0)
					      : rule_with(check_source_place, (int)at->guard);
	const struct rule *const kind = rule_with(check_source_kind, kind_of(at));
	const struct spec_strings *const allow =
		root ? &policy->settings.root_allow : &policy->settings.bind_allow;

	if (is_device(at)) {
		snprintf(what, 80, "is the host's device %u:%u", major(at->status.st_rdev),
			 minor(at->status.st_rdev));
		return standing_of(policy, at) == DEVICE_FORBIDDEN && acts(policy, kind, least)
			       ? kind
			       : NULL;
	}
	if (host_path_listed(allow, at->path))
		return NULL;
	if (place_counts(at) && acts(policy, place, least)) {
		snprintf(what, 80, "reaches the host's %.50s", at->what);
		return place;
	}
	snprintf(what, 80, "is a socket");
	return acts(policy, kind, least) ? kind : NULL;
}

int policy_check_source(const struct policy *policy, int fd, const char *pointer, bool writable,
			struct error *err)
{
	const bool root = strcmp(pointer, "/root/path") == 0;
	const struct host_path_use use = { .writable = writable || root, .root = root };
	struct host_inodes *inodes = NULL;
	autoarena struct arena arena = {};
	struct host_path at = host_path_look(fd, use, &inodes, &arena);
	char what[80];

	guard_own(policy, &at);

	const struct rule *const rule = acting(policy, &at, root, ACTION_HARDEN, what);

	if (rule == NULL)
		return 0;
	(void)error_set(err, ERR_POLICY, rule->id, "refused by policy: '%s' %s (%s)", at.path, what,
			pointer);
	return error_remedy(err, "%s", rule->fix);
}

bool policy_source_is_free(const struct policy *policy, int fd)
{
	const struct host_path_use use = { .writable = true };
	struct host_inodes *inodes = NULL;
	autoarena struct arena arena = {};
	struct host_path at = host_path_look(fd, use, &inodes, &arena);
	char what[80];

	guard_own(policy, &at);
	return acting(policy, &at, false, ACTION_WARN, what) == NULL;
}

int policy_check_submount(const struct policy *policy, int fd, const char *point,
			  const char *pointer, bool writable, struct error *err)
{
	const bool root = strcmp(pointer, "/root/path") == 0;
	const struct host_path_use use = { .writable = writable, .root = root, .below = true };
	struct host_inodes *inodes = NULL;
	autoarena struct arena arena = {};
	struct stat status;
	/* Of a file system that is another user's (FUSE), and of what an ordinary user may not
	 * search, there is the name. */
	struct host_path at = fd >= 0 && fstat(fd, &status) == 0
				      ? host_path_look(fd, use, &inodes, &arena)
				      : host_path_name(point, use, &arena);
	char what[80];

	guard_own(policy, &at);

	const struct rule *const rule = acting(policy, &at, root, ACTION_HARDEN, what);

	if (rule == NULL)
		return 0;
	(void)error_set(err, ERR_POLICY, rule->id,
			"refused by policy: '%s', which is mounted there, %s (%s)", at.path, what,
			pointer);
	return error_remedy(err, root ? "unmount it before the container is created"
				      : "use bind, which leaves out what is mounted below, or rro, "
					"which makes that read-only, too");
}
