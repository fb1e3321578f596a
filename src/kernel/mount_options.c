/* kernel/mount_options.c: the words of mount options as data
 *
 * The table of config.md, "Linux mount options", and nothing else. A word that is not in it goes to
 * the file system as it is ("size=64m", "lowerdir=/a:/b").
 *
 * fsconfig(2) knows the flags of the superblock by the same words, but for three that mount(2) had:
 * what "loud" and "silent" are about, messages in the kernel's log, is not asked any more, and file
 * systems that can count changes ("iversion") do so by themselves.
 */
#include "kernel/mount_options.h"

#include "base/cleanup.h"
#include "base/table.h"

#include "kernel/compat.h"

#include <stdio.h>
#include <string.h>

#define ATTR  MOUNT_OPTION_ATTR
#define PROP  MOUNT_OPTION_PROPAGATION
#define SUPER MOUNT_OPTION_SUPERBLOCK

// clang-format off
static const struct mount_option rows[] = {
	/* name             kind                     set                       clear                       */
	{ "async",          SUPER                                                                          },
	{ "atime",          ATTR,                    0,                        MOUNT_ATTR__ATIME           },
	{ "bind",           MOUNT_OPTION_BIND                                                              },
	{ "defaults",       MOUNT_OPTION_NONE                                                              },
	{ "dev",            ATTR,                    0,                        MOUNT_ATTR_NODEV            },
	{ "diratime",       ATTR,                    0,                        MOUNT_ATTR_NODIRATIME       },
	{ "dirsync",        SUPER                                                                          },
	{ "exec",           ATTR,                    0,                        MOUNT_ATTR_NOEXEC           },
	{ "iversion",       MOUNT_OPTION_NONE                                                              },
	{ "lazytime",       SUPER                                                                          },
	{ "loud",           MOUNT_OPTION_NONE                                                              },
	{ "mand",           SUPER                                                                          },
	{ "noatime",        ATTR,                    MOUNT_ATTR_NOATIME,       MOUNT_ATTR__ATIME           },
	{ "nodev",          ATTR,                    MOUNT_ATTR_NODEV,         0                           },
	{ "nodiratime",     ATTR,                    MOUNT_ATTR_NODIRATIME,    0                           },
	{ "noexec",         ATTR,                    MOUNT_ATTR_NOEXEC,        0                           },
	{ "noiversion",     MOUNT_OPTION_NONE                                                              },
	{ "nolazytime",     SUPER                                                                          },
	{ "nomand",         SUPER                                                                          },
	{ "norelatime",     ATTR,                    MOUNT_ATTR_STRICTATIME,   MOUNT_ATTR__ATIME           },
	{ "nostrictatime",  ATTR,                    MOUNT_ATTR_RELATIME,      MOUNT_ATTR__ATIME           },
	{ "nosuid",         ATTR,                    MOUNT_ATTR_NOSUID,        0                           },
	{ "nosymfollow",    ATTR,                    MOUNT_ATTR_NOSYMFOLLOW,   0                           },
	{ "private",        PROP,                    MS_PRIVATE                                            },
	{ "ratime",         ATTR,                    0,                        MOUNT_ATTR__ATIME,     true },
	{ "rbind",          MOUNT_OPTION_BIND,       0,                        0,                     true },
	{ "rdev",           ATTR,                    0,                        MOUNT_ATTR_NODEV,      true },
	{ "rdiratime",      ATTR,                    0,                        MOUNT_ATTR_NODIRATIME, true },
	{ "relatime",       ATTR,                    MOUNT_ATTR_RELATIME,      MOUNT_ATTR__ATIME           },
	{ "rexec",          ATTR,                    0,                        MOUNT_ATTR_NOEXEC,     true },
	{ "rnoatime",       ATTR,                    MOUNT_ATTR_NOATIME,       MOUNT_ATTR__ATIME,     true },
	{ "rnodev",         ATTR,                    MOUNT_ATTR_NODEV,         0,                     true },
	{ "rnodiratime",    ATTR,                    MOUNT_ATTR_NODIRATIME,    0,                     true },
	{ "rnoexec",        ATTR,                    MOUNT_ATTR_NOEXEC,        0,                     true },
	{ "rnorelatime",    ATTR,                    MOUNT_ATTR_STRICTATIME,   MOUNT_ATTR__ATIME,     true },
	{ "rnostrictatime", ATTR,                    MOUNT_ATTR_RELATIME,      MOUNT_ATTR__ATIME,     true },
	{ "rnosuid",        ATTR,                    MOUNT_ATTR_NOSUID,        0,                     true },
	{ "rnosymfollow",   ATTR,                    MOUNT_ATTR_NOSYMFOLLOW,   0,                     true },
	{ "ro",             ATTR,                    MOUNT_ATTR_RDONLY,        0                           },
	{ "rprivate",       PROP,                    MS_PRIVATE,               0,                     true },
	{ "rrelatime",      ATTR,                    MOUNT_ATTR_RELATIME,      MOUNT_ATTR__ATIME,     true },
	{ "rro",            ATTR,                    MOUNT_ATTR_RDONLY,        0,                     true },
	{ "rrw",            ATTR,                    0,                        MOUNT_ATTR_RDONLY,     true },
	{ "rshared",        PROP,                    MS_SHARED,                0,                     true },
	{ "rslave",         PROP,                    MS_SLAVE,                 0,                     true },
	{ "rstrictatime",   ATTR,                    MOUNT_ATTR_STRICTATIME,   MOUNT_ATTR__ATIME,     true },
	{ "rsuid",          ATTR,                    0,                        MOUNT_ATTR_NOSUID,     true },
	{ "rsymfollow",     ATTR,                    0,                        MOUNT_ATTR_NOSYMFOLLOW,true },
	{ "runbindable",    PROP,                    MS_UNBINDABLE,            0,                     true },
	{ "rw",             ATTR,                    0,                        MOUNT_ATTR_RDONLY           },
	{ "shared",         PROP,                    MS_SHARED                                             },
	{ "silent",         MOUNT_OPTION_NONE                                                              },
	{ "slave",          PROP,                    MS_SLAVE                                              },
	{ "strictatime",    ATTR,                    MOUNT_ATTR_STRICTATIME,   MOUNT_ATTR__ATIME           },
	{ "suid",           ATTR,                    0,                        MOUNT_ATTR_NOSUID           },
	{ "symfollow",      ATTR,                    0,                        MOUNT_ATTR_NOSYMFOLLOW      },
	{ "sync",           SUPER                                                                          },
	{ "tmpcopyup",      MOUNT_OPTION_COPY_UP                                                           },
	{ "unbindable",     PROP,                    MS_UNBINDABLE                                         },
	{ "idmap",          MOUNT_OPTION_IDMAP                                                             },
	{ "ridmap",         MOUNT_OPTION_IDMAP,      0,                        0,                     true },
	{ "copy-symlink",   MOUNT_OPTION_COPY_SYMLINK                                                      },
	{ "",               MOUNT_OPTION_NONE                                                              }, /* Podman writes it */
};
// clang-format on

const struct mount_option *mount_option_find(const char *word)
{
	return table_find(rows, word);
}

static void attrs_add(struct mount_attrs *attrs, const struct mount_option *option)
{
	const uint64_t bits = option->set | option->clear;

	if (option->recursive) {
		attrs->set_recursive = (attrs->set_recursive & ~bits) | option->set;
		attrs->clear_recursive = (attrs->clear_recursive & ~option->set) | option->clear;
		/* What was said of the mount alone is given to it later, and would undo this. */
		attrs->set &= ~bits;
		attrs->clear &= ~bits;
	} else {
		attrs->set = (attrs->set & ~bits) | option->set;
		attrs->clear = (attrs->clear & ~option->set) | option->clear;
	}
}

bool mount_words_add(struct mount_words *words, const char *word)
{
	const struct mount_option *option = mount_option_find(word);

	if (!option)
		return false;
	switch (option->kind) {
	case MOUNT_OPTION_ATTR:
		attrs_add(&words->attrs, option);
		break;
	case MOUNT_OPTION_BIND:
		words->bind = true;
		words->recursive = option->recursive;
		break;
	case MOUNT_OPTION_PROPAGATION:
		words->propagation = option->recursive ? 0 : option->set;
		words->propagation_recursive = option->recursive ? option->set : 0;
		break;
	case MOUNT_OPTION_SUPERBLOCK:
		return false;
	case MOUNT_OPTION_IDMAP:
		words->idmap = true;
		words->idmap_recursive = option->recursive;
		break;
	case MOUNT_OPTION_COPY_UP:
		words->copy_up = true;
		break;
	case MOUNT_OPTION_COPY_SYMLINK:
		words->copy_symlink = true;
		break;
	case MOUNT_OPTION_NONE:
		break;
	}
	return true;
}

struct mount_option_value mount_option_split(const char *word, struct arena *arena)
{
	const char *equals = strchr(word, '=');

	return (struct mount_option_value){
		.key = equals ? arena_strndup(arena, word, (size_t)(equals - word)) : word,
		.value = equals ? equals + 1 : NULL,
	};
}

uint64_t mount_attrs_here(const struct mount_attrs *attrs)
{
	return (attrs->set_recursive & ~attrs->clear) | attrs->set;
}

const struct mount_option *mount_options_list(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(rows);
	return rows;
}

// clang-format off
static const struct { uint64_t mask, attr; const char *word; } attr_words[] = {
	{ MOUNT_ATTR_RDONLY,      MOUNT_ATTR_RDONLY,      "ro"          },
	{ MOUNT_ATTR_NOSUID,      MOUNT_ATTR_NOSUID,      "nosuid"      },
	{ MOUNT_ATTR_NODEV,       MOUNT_ATTR_NODEV,       "nodev"       },
	{ MOUNT_ATTR_NOEXEC,      MOUNT_ATTR_NOEXEC,      "noexec"      },
	{ MOUNT_ATTR__ATIME,      MOUNT_ATTR_NOATIME,     "noatime"     },
	{ MOUNT_ATTR__ATIME,      MOUNT_ATTR_STRICTATIME, "strictatime" },
	{ MOUNT_ATTR__ATIME,      MOUNT_ATTR__ATIME,      "atime"       },
	{ MOUNT_ATTR_NODIRATIME,  MOUNT_ATTR_NODIRATIME,  "nodiratime"  },
	{ MOUNT_ATTR_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW, "nosymfollow" },
};
// clang-format on

const char *mount_attr_words(uint64_t attr, char ret[static 96])
{
	size_t len = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(attr_words); i++) {
		if ((attr & attr_words[i].mask) == attr_words[i].attr)
			len += (size_t)snprintf(ret + len, 96 - len, "%s%s", len ? "," : "",
						attr_words[i].word);
	}
	return ret;
}

const char *mount_propagation_word(uint64_t propagation)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].kind == PROP && rows[i].set == propagation && !rows[i].recursive)
			return rows[i].name;
	}
	return NULL;
}
