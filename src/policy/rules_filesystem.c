/* policy/rules_filesystem.c: what is mounted in the container, and how
 *
 * config.md "Mounts", mount_setattr(2), config-linux.md "Masked Paths" and "Readonly Paths".
 */
#include "base/buf.h"
#include "base/table.h"
#include "kernel/compat.h"
#include "policy/host_paths.h"
#include "policy/rules.h"
#include "policy/sources.h"

#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

static const char *mount_pointer(struct judge *judge, size_t index, const char *property)
{
	return judge_pointer(judge, "/mounts/%zu/%s", index, property);
}

void check_root_writable(struct judge *judge, const struct rule *rule)
{
	if (judge->spec->root.path == NULL || judge->spec->root.readonly)
		return;
	if (judge_found(judge, rule, "/root/readonly", "the root file system is writable"))
		judge->hard->root.readonly = true;
}

void check_root_propagation(struct judge *judge, const struct rule *rule)
{
	const char *const word = judge->spec->linux_.rootfs_propagation;

	if (word == NULL || (strcmp(word, "shared") != 0 && strcmp(word, "rshared") != 0))
		return;
	if (judge_found(judge, rule, "/linux/rootfsPropagation",
			"mounts made in the container appear on the host"))
		judge->hard->linux_.rootfs_propagation = "private";
}

void check_mount_propagation(struct judge *judge, const struct rule *rule)
{
	for (size_t i = 0; i < judge->spec->n_mounts; i++) {
		const struct spec_mount *const mount = &judge->spec->mounts[i];
		const struct mount_words words = mount_words_of(mount);

		if ((words.propagation | words.propagation_recursive) != MS_SHARED ||
		    !judge_found(judge, rule, mount_pointer(judge, i, "options"),
				 "mounts made below %.200s in the container appear on the host",
				 mount->destination))
			continue;

		/* The last word counts. */
		struct spec_mount *const hard = judge_mount(judge, i);

		hard->options = strings_with(judge->arena, &hard->options, "rprivate");
	}
}

/*
 * File systems that a container's own mount may be; everything else gives more of the kernel than a
 * service needs.
 */
static const struct type_row {
	const char *name;
} own_types[] = {
	{ "cgroup" },  { "cgroup2" }, { "devpts" }, { "mqueue" },
	{ "overlay" }, { "proc" },    { "sysfs" },  { "tmpfs" },
};

void check_mount_type(struct judge *judge, const struct rule *rule)
{
	for (size_t i = 0; i < judge->spec->n_mounts; i++) {
		const struct spec_mount *const mount = &judge->spec->mounts[i];

		if (!mount_is_bind(mount) && table_find(own_types, mount->type) == NULL)
			judge_found_hard(judge, rule, mount_pointer(judge, i, "type"),
					 "a file system of type '%.64s' is mounted", mount->type);
	}
}

/* What lxcfs replaces so that a container sees its own limits: nothing in there is written to. */
static const struct proc_row {
	const char *name;
} proc_overlays[] = {
	{ "/proc/cpuinfo" },  { "/proc/diskstats" }, { "/proc/loadavg" }, { "/proc/meminfo" },
	{ "/proc/slabinfo" }, { "/proc/stat" },      { "/proc/swaps" },   { "/proc/uptime" },
};

/*
 * A fake /proc makes brig write its LSM profile or its sysctls into a file of the workload's:
 * CVE-2019-16884.
 */
void check_mount_over_proc(struct judge *judge, const struct rule *rule)
{
	for (size_t i = 0; i < judge->spec->n_mounts; i++) {
		const struct spec_mount *const mount = &judge->spec->mounts[i];
		const char *const place = host_path_plain(mount->destination, judge->arena);

		if (strcmp(place, "/proc") == 0) {
			if (mount_is_bind(mount) || strcmp(mount->type, "proc") != 0)
				judge_found_hard(judge, rule,
						 mount_pointer(judge, i, "destination"),
						 "what is mounted on /proc is no procfs");
		} else if (strncmp(place, "/proc/", 6) == 0 &&
			   table_find(proc_overlays, place) == NULL) {
			judge_found_hard(judge, rule, mount_pointer(judge, i, "destination"),
					 "'%.200s' is inside /proc", place);
		}
	}
}

/* File systems of which masked_paths and readonly_paths name parts. */
static const struct masked_row {
	const char *name, *place;
} masked_types[] = { { "proc", "/proc" }, { "sysfs", "/sys" } };

void check_mount_unmasked(struct judge *judge, const struct rule *rule)
{
	for (size_t i = 0; i < judge->spec->n_mounts; i++) {
		const struct spec_mount *const mount = &judge->spec->mounts[i];
		const struct masked_row *const row =
			mount_is_bind(mount) ? NULL : table_find(masked_types, mount->type);

		if (row != NULL &&
		    strcmp(host_path_plain(mount->destination, judge->arena), row->place) != 0)
			judge_found_hard(judge, rule, mount_pointer(judge, i, "destination"),
					 "a %s is mounted on %.200s", mount->type,
					 mount->destination);
	}
}

static const struct flag_row {
	uint64_t attr;
	const char *word, *recursive;
} flag_rows[] = {
	[MOUNT_NOSUID] = { MOUNT_ATTR_NOSUID, "nosuid", "rnosuid" },
	[MOUNT_NODEV] = { MOUNT_ATTR_NODEV, "nodev", "rnodev" },
};

/*
 * The host's devices, and a file system of the container's own for them: nodev would switch off what
 * other rules have judged. Where a bind is mounted says nothing about what is in it.
 */
static bool holds_devices(struct judge *judge, size_t index)
{
	const struct spec_mount *const mount = &judge->spec->mounts[index];
	const struct source *const source = source_of(judge, index);
	const char *place;

	if (mount_is_bind(mount))
		place = source != NULL ? source->at.path : "/";
	else
		place = host_path_plain(mount->destination, judge->arena);
	return strncmp(place, "/dev", 4) == 0 && (place[4] == '/' || place[4] == '\0');
}

/* Of a recursive bind, the mounts below as well. */
static bool has_flag(const struct mount_words *words, uint64_t attr)
{
	const uint64_t here = mount_attrs_here(&words->attrs);

	return (here & (words->recursive ? words->attrs.set_recursive : here) & attr) != 0;
}

void check_mount_flag(struct judge *judge, const struct rule *rule)
{
	const struct flag_row *const flag = &flag_rows[rule->subject];

	for (size_t i = 0; i < judge->spec->n_mounts; i++) {
		const struct spec_mount *const mount = &judge->spec->mounts[i];
		const struct mount_words words = mount_words_of(mount);

		if (!mount_is_writable(mount) || has_flag(&words, flag->attr) ||
		    (rule->subject == MOUNT_NODEV && holds_devices(judge, i)))
			continue;
		if (!judge_found(judge, rule, mount_pointer(judge, i, "options"),
				 "%.200s is writable without %s", mount->destination,
				 words.recursive ? flag->recursive : flag->word))
			continue;

		/* The last word counts. */
		struct spec_mount *const hard = judge_mount(judge, i);

		hard->options = strings_with(judge->arena, &hard->options,
					     words.recursive ? flag->recursive : flag->word);
	}
}

/* Kernel file systems that a service only reads; the subject tells which rule. */
static const struct writable_row {
	const char *types[2];
	const char *text;
} writable_rows[] = {
	[PATH_SYS] = { { "sysfs", "sysfs" }, "sysfs is writable" },
	[PATH_ENGINE] = { { "cgroup", "cgroup2" }, "the cgroup tree is writable" },
};

void check_mount_writable(struct judge *judge, const struct rule *rule)
{
	const struct writable_row *const row = &writable_rows[rule->subject];

	for (size_t i = 0; i < judge->spec->n_mounts; i++) {
		const struct spec_mount *const mount = &judge->spec->mounts[i];

		if (mount_is_bind(mount) || !mount_is_writable(mount) ||
		    (strcmp(mount->type, row->types[0]) != 0 &&
		     strcmp(mount->type, row->types[1]) != 0))
			continue;
		if (judge_found(judge, rule, mount_pointer(judge, i, "options"), "%s", row->text))
			mount_make_readonly(judge, i);
	}
}

static void check_paths(struct judge *judge, const struct rule *rule, const char *pointer,
			const struct spec_strings *wanted, const struct spec_strings *asked,
			struct spec_strings *hard)
{
	autobuf struct buf missing = {};

	for (size_t i = 0; i < wanted->n; i++) {
		if (!strings_have(asked, wanted->items[i]))
			buf_printf(&missing, "%s%s", missing.len > 0 ? ", " : "", wanted->items[i]);
	}
	if (missing.len == 0 || !judge_found(judge, rule, pointer, "not named: %s", missing.data))
		return;
	for (size_t i = 0; i < wanted->n; i++) {
		if (!strings_have(hard, wanted->items[i]))
			*hard = strings_with(judge->arena, hard, wanted->items[i]);
	}
}

void check_masked_paths(struct judge *judge, const struct rule *rule)
{
	check_paths(judge, rule, "/linux/maskedPaths", &judge->policy->settings.masked_paths,
		    &judge->spec->linux_.masked_paths, &judge->hard->linux_.masked_paths);
}

/* A path that is masked is more than read-only. */
void check_readonly_paths(struct judge *judge, const struct rule *rule)
{
	check_paths(judge, rule, "/linux/readonlyPaths", &judge->policy->settings.readonly_paths,
		    &judge->spec->linux_.readonly_paths, &judge->hard->linux_.readonly_paths);
}
