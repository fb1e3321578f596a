/* kernel/mount_options.h: the words of mount options (config.md, "Linux mount options") as numbers
 */
#ifndef BRIG_KERNEL_MOUNT_OPTIONS_H
#define BRIG_KERNEL_MOUNT_OPTIONS_H

#include "base/arena.h"
#include "kernel/mount.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mount_option_kind {
	MOUNT_OPTION_ATTR,         /* set and clear MOUNT_ATTR_…, mount_setattr(2) */
	MOUNT_OPTION_BIND,         /* bind, rbind */
	MOUNT_OPTION_PROPAGATION,  /* set is MS_PRIVATE, MS_SHARED, MS_SLAVE or MS_UNBINDABLE */
	MOUNT_OPTION_SUPERBLOCK,   /* a flag of the file system: fsconfig(2) FSCONFIG_SET_FLAG with
				      the same word */
	MOUNT_OPTION_IDMAP,        /* idmap, ridmap */
	MOUNT_OPTION_COPY_UP,      /* tmpcopyup */
	MOUNT_OPTION_COPY_SYMLINK, /* copy-symlink */
	MOUNT_OPTION_NONE,         /* accepted, without effect: "defaults" */
};

struct mount_option {
	const char *name;
	enum mount_option_kind kind;
	uint64_t set, clear;
	bool recursive;
};

/* Attributes in the order in which they are given: first to a mount with all below it, then to that mount alone. */
struct mount_attrs {
	uint64_t set_recursive, clear_recursive, set, clear; /* MOUNT_ATTR_… */
};

/* What the words of one mount say together: of those that contradict each other, the last one counts. */
struct mount_words {
	struct mount_attrs attrs;
	bool bind, recursive;                        /* bind or rbind; rbind */
	uint64_t propagation, propagation_recursive; /* MS_PRIVATE …; one of them, or neither */
	bool idmap, idmap_recursive;
	bool copy_up, copy_symlink;
};

/** mount_option_find() - the row of a word, or NULL: then it is data for the file system */
const struct mount_option *mount_option_find(const char *word);
/**
 * mount_words_add() - the next word of a mount
 * Policy and plan both read mounts by this: what is judged is what is mounted.
 * Return: false if it is for the file system: data, or a flag of the superblock
 */
[[nodiscard]] bool mount_words_add(struct mount_words *words, const char *word);
/** mount_option_split() - such a word, "size=64m" or "sync", for fsconfig(2) */
[[nodiscard]] struct mount_option_value mount_option_split(const char *word, struct arena *arena);
/** mount_attrs_here() - the attributes that the mount itself is given in the end; mounts below it get set_recursive */
[[nodiscard]] uint64_t mount_attrs_here(const struct mount_attrs *attrs);
/** mount_options_list() - all rows: for `brig features` */
const struct mount_option *mount_options_list(size_t *ret_n);
/**
 * mount_attr_words() - MOUNT_ATTR_… in those words, "ro,nosuid"; MOUNT_ATTR__ATIME as a whole is
 * "atime"
 */
const char *mount_attr_words(uint64_t attr, char ret[static 96]);
/** mount_propagation_word() - MS_SLAVE to "slave"; NULL for none */
const char *mount_propagation_word(uint64_t propagation);

#endif
