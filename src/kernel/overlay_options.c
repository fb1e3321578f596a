/* kernel/overlay_options.c: what an overlay is made of, as mountinfo shows it or config.json asks for it
 *
 * Theory of operation
 *
 *	rw,lowerdir=/l/a\040b:/l/c\134:d,upperdir=/u,workdir=/w,index=on,metacopy=on
 *	rw,lowerdir+=/l/a\040b,lowerdir+=/l/c:d,datadir+=/blobs,upperdir=/u,workdir=/w
 *
 * Two ways of quoting, one in the other. The kernel writes a blank, a comma and a backslash of a
 * value as three octal digits (seq_show_option() of include/linux/seq_file.h). The value under it is
 * what the mounter gave: in lowerdir=, upperdir= and workdir= a backslash takes the next character as
 * it is, so that a path can have a colon or a comma; in lowerdir+= and datadir+=, which name one layer
 * each (Linux 6.8 shows them), it is a character like any other. "::" starts the data-only layers
 * (Linux 6.5). Documentation/filesystems/overlayfs.rst.
 *
 * In config.json there is the second way only.
 */
#include "kernel/overlay_options.h"

#include "base/buf.h"
#include "base/table.h"
#include "kernel/mountinfo.h"

#include <limits.h>
#include <string.h>

enum part { PART_LOWER, PART_DATA };

struct reader {
	struct arena *arena;
	const char **layers[2];
	size_t n[2];
	const char *upper, *work;
	bool readonly;
	struct buf carried;
};

/* --- the values --- */

/* A path up to an unquoted @end or the end of the text; what follows it, NULL if it is too long. */
static const char *path_take(const char *from, char end, char ret[PATH_MAX])
{
	size_t len = 0;

	for (; *from && (end == '\0' || *from != end); from++) {
		if (*from == '\\' && from[1])
			from++;
		if (len + 1 == PATH_MAX)
			return NULL;
		ret[len++] = *from;
	}
	ret[len] = '\0';
	return from;
}

static int layer_add(struct reader *reader, enum part part, const char *path, struct error *err)
{
	if (!*path || strlen(path) >= PATH_MAX)
		return error_set(err, ERR_KERNEL, NULL,
				 "a layer of the overlay has no usable path");
	if (reader->n[PART_LOWER] + reader->n[PART_DATA] == OVERLAY_LAYERS_MAX)
		return error_set(err, ERR_KERNEL, NULL, "the overlay has more than %d layers",
				 OVERLAY_LAYERS_MAX);
	reader->layers[part][reader->n[part]++] = arena_strdup(reader->arena, path);
	return 0;
}

/* --- the options --- */

static int read_lowerdir(struct reader *reader, const char *, const char *value, struct error *err)
{
	enum part part = PART_LOWER;
	char path[PATH_MAX];

	for (const char *at = value;;) {
		at = path_take(at, ':', path);
		if (!at)
			return error_set(err, ERR_KERNEL, NULL,
					 "a layer of the overlay has no usable path");
		if (layer_add(reader, part, path, err) < 0)
			return -1;
		if (!*at++)
			return 0;
		if (*at == ':') {
			part = PART_DATA;
			at++;
		}
	}
}

static int read_lower(struct reader *reader, const char *, const char *value, struct error *err)
{
	return layer_add(reader, PART_LOWER, value, err);
}

static int read_data(struct reader *reader, const char *, const char *value, struct error *err)
{
	return layer_add(reader, PART_DATA, value, err);
}

static int read_directory(struct reader *reader, const char *what, const char *value,
			  const char **ret, struct error *err)
{
	char path[PATH_MAX];

	if (!path_take(value, '\0', path) || !*path)
		return error_set(err, ERR_KERNEL, NULL,
				 "the %s directory of the overlay has no usable path", what);
	*ret = arena_strdup(reader->arena, path);
	return 0;
}

static int read_upper(struct reader *reader, const char *, const char *value, struct error *err)
{
	return read_directory(reader, "upper", value, &reader->upper, err);
}

static int read_work(struct reader *reader, const char *, const char *value, struct error *err)
{
	return read_directory(reader, "work", value, &reader->work, err);
}

static int read_readonly(struct reader *reader, const char *, const char *, struct error *)
{
	reader->readonly = true;
	return 0;
}

static int drop(struct reader *, const char *, const char *, struct error *)
{
	return 0;
}

/* A value with a comma or a quote in it would not survive being an option again: none of them has. */
static int carry(struct reader *reader, const char *name, const char *value, struct error *err)
{
	if (value && value[strcspn(value, ",\\\"")])
		return error_set(err, ERR_KERNEL, NULL, "overlay option '%s' has a strange value",
				 name);
	buf_printf(&reader->carried, value ? ",%s=%s" : ",%s", name, value);
	return 0;
}

/* SELinux writes the value with quotes if it has a comma, and reads it so. */
static int carry_context(struct reader *reader, const char *name, const char *value,
			 struct error *err)
{
	const size_t len = value ? strlen(value) : 0;
	const bool quoted = len > 2 && value[0] == '"' && value[len - 1] == '"';
	const size_t inner = quoted ? len - 2 : len;

	if (inner == 0 || strcspn(value + quoted, "\"\\") != inner ||
	    (!quoted && memchr(value, ',', len)))
		return error_set(err, ERR_KERNEL, NULL, "overlay option '%s' has a strange value",
				 name);
	buf_printf(&reader->carried, ",%s=\"%.*s\"", name, (int)inner, value + quoted);
	return 0;
}

// clang-format off
/* ovl_show_options() of fs/overlayfs/params.c; selinux_sb_show_options(). Options that are at the
 * kernel's default are not shown, and come out the same in a second mount. */
static const struct option {
	const char *name;
	int (*read)(struct reader *reader, const char *name, const char *value, struct error *err);
	bool valued;
} options[] = {
	{ "lowerdir",     read_lowerdir, true  },
	{ "lowerdir+",    read_lower,    true  },
	{ "datadir+",     read_data,     true  },
	{ "upperdir",     read_upper,    true  },
	{ "workdir",      read_work,     true  }, /* the engine's: its overlay works in it */
	{ "rw",           drop,          false },
	{ "ro",           read_readonly, false },
	/* The index lies in the work directory and must agree with the upper one, of which there is one
	 * each: with an index a second mount of an upper directory is refused (EBUSY). Without it, a
	 * hard link of a lower layer is broken when it is copied up. */
	{ "index",        drop,          true  },
	{ "nfs_export",   drop,          true  }, /* needs the index; nobody exports a container */
	{ "redirect_dir", carry,         true  }, /* how to read, and write, a renamed directory */
	{ "metacopy",     carry,         true  },
	{ "verity",       carry,         true  },
	{ "xino",         carry,         true  },
	{ "uuid",         carry,         true  },
	{ "userxattr",    carry,         false }, /* where whiteouts and the rest are noted */
	{ "volatile",     carry,         false },
	{ "fsync",        carry,         true  }, /* "volatile" and its like, by a newer name */
	{ "default_permissions", carry,  false },
	{ "seclabel",     drop,          false }, /* says that labels work, and is no option */
	{ "context",      carry_context, true  },
	{ "fscontext",    carry_context, true  },
	{ "defcontext",   carry_context, true  },
	{ "rootcontext",  carry_context, true  },
};
// clang-format on

static int take_option(struct reader *reader, const char *name, const char *value,
		       struct error *err)
{
	const struct option *option = table_find(options, name);

	if (option && option->valued == (value != NULL))
		return option->read(reader, name, value, err);
	(void)error_set(err, ERR_KERNEL, NULL, "overlay option '%.64s' is not one that brig knows",
			name);
	return error_remedy(err, "mount the overlay without it, or set rootfs_ids to \"as-is\" "
				 "in the policy and give the files the container's ids yourself");
}

static int read_option(struct reader *reader, char *text, struct error *err)
{
	char *value = strchr(text, '=');

	if (value) {
		*value++ = '\0';
		mountinfo_unescape(value);
	}
	return take_option(reader, text, value, err);
}

/* Up to a comma that is not between quotes. */
static char *option_next(char **at)
{
	char *start = *at, *end;
	bool quoted = false;

	if (!start)
		return NULL;
	for (end = start; *end && (quoted || *end != ','); end++) {
		if (*end == '"')
			quoted = !quoted;
	}
	*at = *end ? end + 1 : NULL;
	*end = '\0';
	return start;
}

static struct reader reader_for(struct arena *arena)
{
	struct reader ret = { .arena = arena };

	for (size_t i = 0; i < ARRAY_LEN(ret.layers); i++)
		ret.layers[i] = arena_array(arena, OVERLAY_LAYERS_MAX, sizeof ret.layers[i][0]);
	return ret;
}

/* @result: of the options, and of the whole */
static int finish(struct reader *reader, int result, struct overlay_layers *ret, struct error *err)
{
	if (result == 0 && reader->n[PART_LOWER] == 0)
		result = error_set(err, ERR_KERNEL, NULL, "the overlay shows no lower layer");
	if (result == 0)
		*ret = (struct overlay_layers){
			.lower = reader->layers[PART_LOWER],
			.n_lower = reader->n[PART_LOWER],
			.data = reader->layers[PART_DATA],
			.n_data = reader->n[PART_DATA],
			.upper = reader->upper,
			.work = reader->work,
			.carried = arena_strdup(reader->arena, buf_text(&reader->carried)),
			.readonly = reader->readonly,
		};
	buf_free(&reader->carried);
	return result;
}

int overlay_options_read(const char *text, struct arena *arena, struct overlay_layers *ret,
			 struct error *err)
{
	struct reader reader = reader_for(arena);
	char *at = arena_strdup(arena, text);
	int result = 0;

	for (char *option; result == 0 && (option = option_next(&at));)
		result = *option ? read_option(&reader, option, err) : 0;
	return finish(&reader, result, ret, err);
}

int overlay_options_take(const struct mount_option_value *asked, size_t n, struct arena *arena,
			 struct overlay_layers *ret, struct error *err)
{
	struct reader reader = reader_for(arena);
	int result = 0;

	for (size_t i = 0; i < n && result == 0; i++)
		result = take_option(&reader, asked[i].key, asked[i].value, err);
	return finish(&reader, result, ret, err);
}
