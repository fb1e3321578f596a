/* plan/plan_mounts.c: root, mounts, hidden and read-only paths
 *
 * What is id-mapped: with ids that brig drew, the owners on disk are those of the image, so the
 * root file system and every bind are shifted by the container's user namespace. With a mapping
 * that the engine chose, the engine has prepared the files, and only mounts that say so (`idmap`,
 * or mappings of their own) are shifted.
 */
#include "plan/plan.h"

#include "base/cleanup.h"
#include "base/number.h"
#include "base/table.h"
#include "kernel/compat.h"
#include "kernel/mount_options.h"
#include "policy/host_paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

static bool shifts_files(const struct plan *plan, const struct plan_input *in)
{
	return plan->ids_drawn && !in->host->rootless &&
	       strcmp(in->policy->settings.rootfs_ids, "idmap") == 0;
}

static const char *below_bundle(struct plan *plan, const char *path)
{
	return *path == '/' ? path : arena_printf(&plan->arena, "%s/%s", plan->bundle, path);
}

/* --- root --- */

static const struct name_value propagations[] = {
	{ "private", MS_PRIVATE },  { "slave", MS_SLAVE },
	{ "shared", MS_SHARED },    { "unbindable", MS_UNBINDABLE },
	{ "rprivate", MS_PRIVATE }, { "rslave", MS_SLAVE },
	{ "rshared", MS_SHARED },   { "runbindable", MS_UNBINDABLE },
};

static int root(struct plan *plan, const struct plan_input *in, struct error *err)
{
	const char *propagation = in->spec->linux_.rootfs_propagation;
	const struct name_value *row = table_find(propagations, propagation ?: "private");

	if (!in->spec->root.path)
		return error_set(err, ERR_SPEC, "/root/path", "the root file system is not named");
	if (!row)
		return error_set(err, ERR_SPEC, "/linux/rootfsPropagation",
				 "unknown propagation '%s'", propagation);
	plan->root = (struct plan_root){
		.path = below_bundle(plan, in->spec->root.path),
		.readonly = in->spec->root.readonly,
		.idmap = shifts_files(plan, in),
		.propagation = (uint64_t)row->value,
	};
	return 0;
}

/* --- mounts --- */

enum { ADDED = 2 }; /* options that are added to those of a mount */

struct option_words { /* while the words of one mount are read */
	struct plan_mount *mount;
	struct mount_option_value *data;
	struct mount_words said;
};

static void read_words(struct plan *plan, struct option_words *words,
		       const struct spec_strings *options)
{
	struct plan_mount *mount = words->mount;

	for (size_t i = 0; i < options->n; i++) {
		if (!mount_words_add(&words->said, options->items[i]))
			words->data[mount->n_options++] =
				mount_option_split(options->items[i], &plan->arena);
	}
	mount->attrs = words->said.attrs;
	mount->propagation = words->said.propagation;
	mount->propagation_recursive = words->said.propagation_recursive;
	mount->recursive = words->said.recursive;
	mount->copy_up = words->said.copy_up;
	mount->copy_symlink = words->said.copy_symlink;
}

static const struct idmap *own_ids(struct plan *plan, const struct spec_mount *mount)
{
	struct idmap *ids = arena_alloc(&plan->arena, sizeof *ids);
	const struct spec_id_mappings *sources[2] = { &mount->uid_mappings, &mount->gid_mappings };
	struct id_range *both[2];

	for (size_t i = 0; i < 2; i++) {
		both[i] = arena_array(&plan->arena, sources[i]->n, sizeof *both[i]);
		for (size_t j = 0; j < sources[i]->n; j++)
			both[i][j] = (struct id_range){ sources[i]->items[j].container_id,
							sources[i]->items[j].host_id,
							sources[i]->items[j].size };
	}
	*ids = (struct idmap){ both[0], both[1], sources[0]->n, sources[1]->n };
	return ids;
}

static int bind_finish(struct plan *plan, const struct plan_input *in,
		       const struct spec_mount *asked, const struct option_words *words,
		       struct error *err)
{
	struct plan_mount *mount = words->mount;
	const bool has_own = asked->uid_mappings.n > 0 && asked->gid_mappings.n > 0;

	if (!asked->source)
		return error_set(err, ERR_SPEC, mount->from, "a bind mount without a source");
	if (mount->n_options > 0) {
		(void)error_set(err, ERR_SPEC, mount->from, "unknown option '%s' of a bind mount",
				words->data[0].key);
		return error_remedy(err,
				    "data for a file system has no meaning in a bind; remove it");
	}
	if (mount->copy_up) {
		(void)error_set(err, ERR_SPEC, mount->from, "option 'tmpcopyup' of a bind mount");
		return error_remedy(err, "remove it: it fills a new tmpfs, not what exists");
	}
	mount->kind = PLAN_MOUNT_BIND;
	mount->source = below_bundle(plan, asked->source);
	if (has_own)
		mount->own_ids = own_ids(plan, asked);
	else if (words->said.idmap && plan->namespaces[NS_USER].how == PLAN_NS_NONE)
		return error_set(err, ERR_SPEC, mount->from,
				 "option 'idmap' without mappings and without a user namespace");
	mount->idmap = !has_own && (words->said.idmap || shifts_files(plan, in));
	/* A submount left unshifted would let the container's ids reach the disk as they are: those
	 * that were drawn never do, whatever the word. */
	mount->idmap_recursive = mount->recursive && (words->said.idmap_recursive ||
						      !words->said.idmap || shifts_files(plan, in));
	return 0;
}

/* linux.mountLabel: for the file systems that keep no labels of their own and take context=, mount(8). */
static void label(const struct plan_input *in, struct plan_mount *mount,
		  struct mount_option_value *data)
{
	const char *const context = in->spec->linux_.mount_label;

	if (context && in->host->selinux &&
	    (strcmp(mount->fs_type, "tmpfs") == 0 || strcmp(mount->fs_type, "devpts") == 0))
		data[mount->n_options++] = (struct mount_option_value){ "context", context };
}

static bool has_option(const struct plan_mount *mount, const char *key)
{
	for (size_t i = 0; i < mount->n_options; i++) {
		if (strcmp(mount->options[i].key, key) == 0)
			return true;
	}
	return false;
}

static const struct shows_row {
	const char *name;
	enum ns kind;
} shows[] = {
	{ "mqueue", NS_IPC }, /* mqueue_init_fs_context() */
	{ "sysfs", NS_NET },  /* sysfs_init_fs_context() */
};

bool plan_shows_namespace(const char *fs_type, enum ns *ret)
{
	const struct shows_row *row = fs_type ? table_find(shows, fs_type) : NULL;

	if (row)
		*ret = row->kind;
	return row != NULL;
}

/*
 * Root of the container's user namespace may mount what shows a namespace of its own. One that was there
 * before (a CNI network, an ipc namespace that CRI-O keeps) can be the host's to show: its mount is
 * made outside and handed in. It has what a mount made inside would have, and no id of the
 * container owns any of it, so nothing of it can be written.
 */
static bool of_joined(const struct plan *plan, const struct plan_input *in, const char *type)
{
	enum ns kind;

	/* An ordinary user has rights over what it joins once it is in that user namespace. */
	return plan_shows_namespace(type, &kind) && plan->namespaces[kind].how != PLAN_NS_NEW &&
	       !(host_is_ordinary(in->host) && plan->namespaces[NS_USER].how == PLAN_NS_JOIN);
}

/* Not what is no number, either: the kernel may read it as more. */
static bool is_at_most(const char *text, uint64_t most)
{
	uint64_t number;

	return text && numbers_take(&text, most, &number, 1) == 1 && *text == '\0';
}

/* All devpts but the host's own share what is left of kernel.pty.max: one container could have it
 * all. The last word of a mount counts, so none may say more. */
static void limit_ptys(struct plan *plan, const struct plan_input *in, struct plan_mount *mount,
		       struct mount_option_value *data)
{
	const uint64_t most = in->policy->settings.pty_max;
	const char *const value = arena_printf(&plan->arena, "%llu", (unsigned long long)most);
	bool limited = false;

	if (strcmp(mount->fs_type, "devpts") != 0)
		return;
	for (size_t i = 0; i < mount->n_options; i++) {
		if (strcmp(data[i].key, "max") != 0)
			continue;
		if (!is_at_most(data[i].value, most))
			data[i].value = value;
		limited = true;
	}
	if (!limited)
		data[mount->n_options++] = (struct mount_option_value){ "max", value };
}

static const char *const *layers_below_bundle(struct plan *plan, const char *const *paths, size_t n)
{
	const char **ret = arena_array(&plan->arena, n, sizeof *ret);

	for (size_t i = 0; i < n; i++)
		ret[i] = below_bundle(plan, paths[i]);
	return ret;
}

/*
 * Its layers are directories of the host, which the container's root may neither search nor id-map: it
 * is the parent's to make. An ordinary user's container mounts it in a user namespace of that user's,
 * by the options as they are; but no others than policy could read.
 */
static int overlay_finish(struct plan *plan, const struct plan_input *in,
			  const struct option_words *words, struct error *err)
{
	struct plan_mount *mount = words->mount;
	struct overlay_layers *layers = arena_alloc(&plan->arena, sizeof *layers);

	if (overlay_options_take(mount->options, mount->n_options, &plan->arena, layers, err) < 0) {
		err->kind = ERR_SPEC;
		snprintf(err->where, sizeof err->where, "%s", mount->from);
		return -1;
	}
	if (host_is_ordinary(in->host))
		return 0;
	layers->lower = layers_below_bundle(plan, layers->lower, layers->n_lower);
	layers->data = layers_below_bundle(plan, layers->data, layers->n_data);
	if (layers->upper)
		layers->upper = below_bundle(plan, layers->upper);
	mount->kind = PLAN_MOUNT_OVERLAY;
	mount->overlay = layers;
	mount->idmap = shifts_files(plan, in);
	if (mount->idmap && !host_at_least(in->host, 5, 19)) {
		(void)error_set(err, ERR_KERNEL, mount->from,
				"an overlay takes id-mapped layers from Linux 5.19 on");
		return error_remedy(err, "boot a newer kernel, or bind a directory in its place");
	}
	return 0;
}

static int new_finish(struct plan *plan, const struct plan_input *in,
		      const struct spec_mount *asked, const struct option_words *words,
		      struct error *err)
{
	struct plan_mount *mount = words->mount;

	if (!asked->type)
		return error_set(err, ERR_SPEC, mount->from,
				 "a mount with neither a type nor the option bind");
	if (words->said.idmap || asked->uid_mappings.n > 0)
		return error_set(
			err, ERR_SPEC, mount->from,
			"mappings on a '%s' file system: only bind mounts can be id-mapped",
			asked->type);
	if (mount->copy_up && strcmp(asked->type, "tmpfs") != 0)
		return error_set(err, ERR_SPEC, mount->from,
				 "option 'tmpcopyup' on a '%s' file system: it is for a tmpfs",
				 asked->type);
	mount->kind = PLAN_MOUNT_NEW;
	mount->fs_type = asked->type;
	mount->source = asked->source;
	if (strcmp(asked->type, "cgroup") == 0 || strcmp(asked->type, "cgroup2") == 0) {
		/* Its own options ("nsdelegate") count only for the host's mount. */
		mount->fs_type = "cgroup2";
		mount->n_options = 0;
	}
	label(in, mount, words->data);
	/* Else it would be tmpfs(5)'s 1777, for /run as for /tmp. */
	mount->mode_of_target = strcmp(asked->type, "tmpfs") == 0 && !has_option(mount, "mode");
	mount->of_joined = of_joined(plan, in, asked->type);
	limit_ptys(plan, in, mount, words->data);
	if (strcmp(asked->type, "overlay") == 0)
		return overlay_finish(plan, in, words, err);
	/* Device nodes work only in a tmpfs that the host's root has made, and so only without
	 * nodev. */
	mount->with_devices = !in->host->rootless && strcmp(asked->type, "tmpfs") == 0 &&
			      strcmp(mount->target, "/dev") == 0;
	if (mount->with_devices) {
		mount->attrs.set &= ~(uint64_t)MOUNT_ATTR_NODEV;
		mount->attrs.set_recursive &= ~(uint64_t)MOUNT_ATTR_NODEV;
	}
	return 0;
}

/* What policy refuses below /proc by its name never comes this far. */
static bool over_proc(struct plan *plan, const struct plan_input *in, const char *target)
{
	return policy_action(in->policy, "mount-over-proc") <= ACTION_WARN ||
	       strncmp(host_path_plain(target, &plan->arena), "/proc/", 6) == 0;
}

static int mount_from_spec(struct plan *plan, const struct plan_input *in, size_t index,
			   struct plan_mount *mount, struct error *err)
{
	const struct spec_mount *asked = &in->spec->mounts[index];
	struct option_words words = { .mount = mount };

	words.data = arena_array(&plan->arena, asked->options.n + ADDED, sizeof *words.data);
	mount->from = arena_printf(&plan->arena, "/mounts/%zu", index);
	mount->target = asked->destination;
	mount->over_proc = over_proc(plan, in, mount->target);
	mount->options = words.data;
	read_words(plan, &words, &asked->options);
	if (words.said.bind || (asked->type && strcmp(asked->type, "bind") == 0))
		return bind_finish(plan, in, asked, &words, err);
	return new_finish(plan, in, asked, &words, err);
}

struct place {
	const char *path; /* ends in a slash: a path above another is its beginning */
	struct plan_mount *mount;
};

static int by_path(const void *a, const void *b)
{
	const struct place *const one = a, *const other = b;
	const int order = strcmp(one->path, other->path);

	return order != 0 ? order : (one->mount > other->mount) - (one->mount < other->mount);
}

static bool is_above(const char *path, const char *other)
{
	return strncmp(other, path, strlen(path)) == 0 && strcmp(other, path) != 0;
}

/* Engines bind an empty directory, and files at names in it that are not there (Podman's secrets of a
 * read-only container). Submounts that are to be read-only, too, say that none was expected. */
static bool may_hold_points(const struct plan_mount *mount)
{
	return mount->kind == PLAN_MOUNT_BIND &&
	       !(mount->attrs.set_recursive & MOUNT_ATTR_RDONLY) &&
	       (mount_attrs_here(&mount->attrs) & MOUNT_ATTR_RDONLY);
}

/* By the names alone: where a link of the image leads, nothing is made in what is read-only. */
static void find_points(struct plan *plan, struct plan_mount *list, size_t n)
{
	struct place *places = arena_array(&plan->arena, n, sizeof *places);
	size_t *above =
		arena_array(&plan->arena, n, sizeof *above); /* of the one at hand, in places */
	size_t depth = 0;

	for (size_t i = 0; i < n; i++) {
		const char *plain = host_path_plain(list[i].target, &plan->arena);

		places[i] = (struct place){ arena_printf(&plan->arena, "%s/", plain), &list[i] };
	}
	qsort(places, n, sizeof *places, by_path);
	for (size_t i = 0; i < n; i++) {
		while (depth > 0 && !is_above(places[above[depth - 1]].path, places[i].path))
			depth--;

		struct plan_mount *holder = depth > 0 ? places[above[depth - 1]].mount : NULL;

		if (holder && holder < places[i].mount && may_hold_points(holder)) {
			holder->holds_points = true;
			places[i].mount->within = holder;
		}
		above[depth++] = i;
	}
}

static int mounts(struct plan *plan, const struct plan_input *in, struct error *err)
{
	struct plan_mount *list = arena_array(&plan->arena, in->spec->n_mounts, sizeof *list);
	size_t n_of_joined = 0;

	for (size_t i = 0; i < in->spec->n_mounts; i++) {
		if (mount_from_spec(plan, in, i, &list[i], err) < 0)
			return -1;
		n_of_joined += list[i].of_joined;
		if (n_of_joined > PLAN_OF_JOINED_MAX)
			return error_set(err, ERR_SPEC, list[i].from,
					 "more than %d mounts of sysfs and mqueue of namespaces "
					 "that are joined",
					 PLAN_OF_JOINED_MAX);
	}
	find_points(plan, list, in->spec->n_mounts);
	plan->mounts = list;
	plan->n_mounts = in->spec->n_mounts;
	return 0;
}

/* --- hidden and read-only paths --- */

static const struct plan_path *paths(struct plan *plan, const struct spec_strings *list,
				     const char *property)
{
	struct plan_path *ret = arena_array(&plan->arena, list->n, sizeof *ret);

	for (size_t i = 0; i < list->n; i++)
		ret[i] = (struct plan_path){
			list->items[i], arena_printf(&plan->arena, "/linux/%s/%zu", property, i)
		};
	return ret;
}

int plan_mounts(struct plan *plan, const struct plan_input *in, struct error *err)
{
	const struct spec_linux *linux_ = &in->spec->linux_;

	if (root(plan, in, err) < 0 || mounts(plan, in, err) < 0)
		return -1;
	if (linux_->mount_label && !in->host->selinux)
		return error_set(err, ERR_SPEC, "/linux/mountLabel", "this kernel has no SELinux");
	plan->child_makes_sources = host_is_ordinary(in->host);
	plan->masked = paths(plan, &linux_->masked_paths, "maskedPaths");
	plan->n_masked = linux_->masked_paths.n;
	plan->readonly = paths(plan, &linux_->readonly_paths, "readonlyPaths");
	plan->n_readonly = linux_->readonly_paths.n;
	return 0;
}
