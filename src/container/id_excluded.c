/* container/id_excluded.c: ids that belong to users of this host */
#include "container/id_excluded.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FILE_SIZE_MAX = 16 << 20 }; /* 16 MiB: half a million users */

static const struct id_file {
	const char *name;
	int field;   /* the one, counted from 0, that is the first id */
	bool counts; /* the next one is how many */
} id_files[] = {
	{ "passwd", 2, false },
	{ "group", 2, false },
	{ "subuid", 1, true },
	{ "subgid", 1, true },
};

/* An absent file is an empty one. */
static int read_file(int etc, const char *name, struct buf *ret, struct error *err)
{
	if (fd_read_file(etc, name, FILE_SIZE_MAX, ret, err) == 0)
		return 0;
	if (err->code == ENOENT)
		return 0;
	return error_context(err, "cannot tell which ids are taken");
}

/* Field @n of a line of fields between colons; its length to *ret_len. NULL if there is none. */
static const char *field_of(const char *line, int n, size_t *ret_len)
{
	for (; n > 0; n--) {
		line += strcspn(line, ":\n");
		if (*line != ':')
			return NULL;
		line++;
	}
	*ret_len = strcspn(line, ":\n");
	return line;
}

static bool number_of(const char *line, int n, uint32_t *ret)
{
	uint64_t value = 0;
	size_t len;
	const char *field = field_of(line, n, &len);

	if (!field || len == 0 || len > 10 || strspn(field, "0123456789") < len)
		return false;
	for (size_t i = 0; i < len; i++)
		value = value * 10 + (uint64_t)(field[i] - '0');
	*ret = (uint32_t)value;
	return value <= UINT32_MAX;
}

/* The ids that a line is about; those beyond 2^32 do not exist. */
static bool span_of(const struct id_file *file, const char *line, struct id_span *ret)
{
	uint32_t first, count = 1;

	if (!number_of(line, file->field, &first))
		return false;
	if (file->counts && (!number_of(line, file->field + 1, &count) || count == 0))
		return false;
	ret->first = first;
	ret->last = count - 1 > UINT32_MAX - first ? UINT32_MAX : first + (count - 1);
	return true;
}

static const char *next_line(const char *line)
{
	line += strcspn(line, "\n");
	return *line ? line + 1 : line;
}

static void add(struct id_excluded *excluded, struct id_span span)
{
	enum { STEP = 128 };

	if (excluded->n % STEP == 0)
		excluded->spans =
			xrealloc(excluded->spans, (excluded->n + STEP) * sizeof *excluded->spans);
	excluded->spans[excluded->n++] = span;
}

int id_excluded_read(int etc, struct id_excluded *ret, struct error *err)
{
	struct id_excluded found = {};
	autobuf struct buf text = {};

	for (size_t i = 0; i < ARRAY_LEN(id_files); i++) {
		buf_reset(&text);
		if (read_file(etc, id_files[i].name, &text, err) < 0) {
			id_excluded_free(&found);
			return -1;
		}
		for (const char *line = buf_text(&text); *line; line = next_line(line)) {
			struct id_span span;

			if (span_of(&id_files[i], line, &span))
				add(&found, span);
		}
	}
	*ret = found;
	return 0;
}

bool id_excluded_has(const struct id_excluded *excluded, uint32_t first, uint32_t last)
{
	for (size_t i = 0; i < excluded->n; i++) {
		if (excluded->spans[i].first <= last && first <= excluded->spans[i].last)
			return true;
	}
	return false;
}

void id_excluded_free(struct id_excluded *excluded)
{
	free(excluded->spans);
	*excluded = (struct id_excluded){};
}

/* The name of @uid in passwd(5) goes to @ret, "" if it has none. */
static int name_of(int etc, uint32_t uid, struct buf *ret, struct error *err)
{
	autobuf struct buf text = {};
	uint32_t found;
	size_t len;

	if (read_file(etc, "passwd", &text, err) < 0)
		return -1;
	for (const char *line = buf_text(&text); *line; line = next_line(line)) {
		if (!number_of(line, 2, &found) || found != uid)
			continue;

		const char *name = field_of(line, 0, &len);

		buf_add(ret, name, len);
		return 0;
	}
	return 0;
}

int id_subordinate(int etc, const char *file, uint32_t uid, struct id_span *ret, struct error *err)
{
	const struct id_file form = { file, 1, true };
	autobuf struct buf text = {}, name = {};
	struct id_span best = {}, span;
	char number[16];
	bool any = false;
	size_t len;

	if (name_of(etc, uid, &name, err) < 0 || read_file(etc, file, &text, err) < 0)
		return -1;
	snprintf(number, sizeof number, "%" PRIu32, uid);

	for (const char *line = buf_text(&text); *line; line = next_line(line)) {
		const char *owner = field_of(line, 0, &len);
		const bool by_name =
			len > 0 && len == name.len && memcmp(owner, name.data, len) == 0;
		const bool by_uid = len == strlen(number) && memcmp(owner, number, len) == 0;

		if ((!by_name && !by_uid) || !span_of(&form, line, &span))
			continue;
		if (any && span.last - span.first <= best.last - best.first)
			continue;
		best = span;
		any = true;
	}
	if (any)
		*ret = best;
	return any;
}
