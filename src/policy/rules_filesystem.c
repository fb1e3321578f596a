/* policy/rules_filesystem.c: what is mounted in the container, and how
 *
 * config.md "Mounts", mount_setattr(2), config-linux.md "Masked Paths" and "Readonly Paths".
 */
#include "base/buf.h"
#include "base/table.h"
#include "policy/host_paths.h"
#include "policy/rules.h"
#include "policy/sources.h"

#include <stdio.h>
#include <string.h>

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
	static const char *const words[] = { "shared", "rshared" };

	for (size_t i = 0; i < judge->spec->n_mounts; i++) {
		const struct spec_mount *const mount = &judge->spec->mounts[i];

		for (size_t word = 0; word < ARRAY_LEN(words); word++) {
			if (!strings_have(&mount->options, words[word]) ||
			    !judge_found(
				    judge, rule, mount_pointer(judge, i, "options"),
				    "mounts made below %.200s in the container appear on the host",
				    mount->destination))
				continue;

			struct spec_mount *const hard = judge_mount(judge, i);

			hard->options = strings_without(judge->arena, &hard->options, words[word]);
			hard->options = strings_with(judge->arena, &hard->options, "rprivate");
		}
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

static const struct flag_row {
	const char *word, *recursive;              /* what is wanted */
	const char *opposite, *recursive_opposite; /* what says the contrary */
} flag_rows[] = {
	[MOUNT_NOSUID] = { "nosuid", "rnosuid", "suid", "rsuid" },
	[MOUNT_NODEV] = { "nodev", "rnodev", "dev", "rdev" },
};

/* The last word about the flag decides. */
static bool has_flag(const struct spec_strings *options, const struct flag_row *flag)
{
	bool has = false;

	for (size_t i = 0; i < options->n; i++) {
		const char *const word = options->items[i];

		if (strcmp(word, flag->word) == 0 || strcmp(word, flag->recursive) == 0)
			has = true;
		else if (strcmp(word, flag->opposite) == 0 ||
			 strcmp(word, flag->recursive_opposite) == 0)
			has = false;
	}
	return has;
}

/* Below /dev are the devices themselves: nodev would switch off what other rules have judged. */
static bool holds_devices(const struct spec_mount *mount)
{
	return strcmp(mount->destination, "/dev") == 0 ||
	       strncmp(mount->destination, "/dev/", 5) == 0 ||
	       (mount_is_bind(mount) && mount->source != NULL &&
		strncmp(mount->source, "/dev/", 5) == 0);
}

void check_mount_flag(struct judge *judge, const struct rule *rule)
{
	const struct flag_row *const flag = &flag_rows[rule->subject];

	for (size_t i = 0; i < judge->spec->n_mounts; i++) {
		const struct spec_mount *const mount = &judge->spec->mounts[i];

		if (!mount_is_writable(mount) || has_flag(&mount->options, flag) ||
		    (rule->subject == MOUNT_NODEV && holds_devices(mount)))
			continue;
		if (!judge_found(judge, rule, mount_pointer(judge, i, "options"),
				 "%.200s is writable without %s", mount->destination, flag->word))
			continue;

		struct spec_mount *const hard = judge_mount(judge, i);

		hard->options = strings_without(judge->arena, &hard->options, flag->opposite);
		hard->options =
			strings_without(judge->arena, &hard->options, flag->recursive_opposite);
		hard->options = strings_with(judge->arena, &hard->options,
					     strings_have(&hard->options, "rbind") ? flag->recursive
										   : flag->word);
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
