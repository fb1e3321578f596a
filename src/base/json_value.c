/* base/json_value.c: what a parsed node holds, and where it stands */
#include "base/json.h"

#include "base/cleanup.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// clang-format off
static const char *const type_names[] = {
	[JSON_NULL]   = "null",
	[JSON_BOOL]   = "a boolean",
	[JSON_NUMBER] = "a number",
	[JSON_STRING] = "a string",
	[JSON_ARRAY]  = "an array",
	[JSON_OBJECT] = "an object",
};
// clang-format on
static_assert(ARRAY_LEN(type_names) == JSON_OBJECT + 1, "a type has no name");

const struct json *json_get(const struct json *object, const char *key)
{
	if (!object || object->type != JSON_OBJECT)
		return NULL;
	for (const struct json *member = object->first; member; member = member->next) {
		if (strcmp(member->key, key) == 0)
			return member->type == JSON_NULL ? NULL : member;
	}
	return NULL;
}

/* Text that is put together from its end to its front; what has no room at the front is dropped. */
struct backwards {
	char *data;
	size_t start; /* of what is written */
	bool cut;
};

static void prepend(struct backwards *text, char c)
{
	if (text->start == 0)
		text->cut = true;
	else
		text->data[--text->start] = c;
}

/* RFC 6901 section 3: '~' is written ~0 and '/' is written ~1. */
static void prepend_key(struct backwards *text, const char *key)
{
	for (size_t i = strlen(key); i > 0 && !text->cut; i--) {
		const char c = key[i - 1];

		if (c == '~' || c == '/') {
			prepend(text, c == '~' ? '0' : '1');
			prepend(text, '~');
			continue;
		}
		prepend(text, c);
	}
}

const char *json_pointer(const struct json *node, char *ret, size_t size)
{
	struct backwards text = { .data = ret, .start = size - 1 };

	ret[size - 1] = '\0';
	for (; node->parent && !text.cut; node = node->parent) {
		char index[24];

		if (!node->key)
			snprintf(index, sizeof index, "%zu", node->index);
		prepend_key(&text, node->key ? node->key : index);
		prepend(&text, '/');
	}

	/* No character is split: what begins in the middle of one begins at the next. */
	while (text.cut && ((unsigned char)ret[text.start] & 0xc0) == 0x80)
		text.start++;
	return memmove(ret, ret + text.start, size - text.start);
}

int json_error(const struct json *node, struct error *err, const char *fmt, ...)
{
	char text[2 * sizeof err->text], pointer[sizeof err->where];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);

	json_pointer(node, pointer, sizeof pointer);
	return error_set(err, ERR_SPEC, pointer, "%s", text);
}

static int wrong_type(const struct json *node, enum json_type expected, struct error *err)
{
	return json_error(node, err, "must be %s, not %s", type_names[expected],
			  type_names[node->type]);
}

int json_to_bool(const struct json *node, bool *ret, struct error *err)
{
	if (node->type != JSON_BOOL)
		return wrong_type(node, JSON_BOOL, err);
	*ret = node->boolean;
	return 0;
}

int json_to_string(const struct json *node, const char **ret, struct error *err)
{
	if (node->type != JSON_STRING)
		return wrong_type(node, JSON_STRING, err);
	*ret = node->text;
	return 0;
}

/* Is it a number written as an integer? 1.0 and 1e3 are not: readers differ in what they make of
 * them. */
static int check_integer(const struct json *node, struct error *err)
{
	if (node->type != JSON_NUMBER)
		return wrong_type(node, JSON_NUMBER, err);
	if (strpbrk(node->text, ".eE"))
		return json_error(node, err, "must be an integer, not %.32s", node->text);
	return 0;
}

int json_to_int(const struct json *node, int64_t min, int64_t max, int64_t *ret, struct error *err)
{
	if (check_integer(node, err) < 0)
		return -1;

	errno = 0;
	const long long value = strtoll(node->text, /* end = */ NULL, 10);

	if (errno == ERANGE || value < min || value > max)
		return json_error(node, err, "must be from %" PRId64 " to %" PRId64 ", not %.32s",
				  min, max, node->text);
	*ret = value;
	return 0;
}

int json_to_uint(const struct json *node, uint64_t max, uint64_t *ret, struct error *err)
{
	if (check_integer(node, err) < 0)
		return -1;

	errno = 0;
	const unsigned long long value = strtoull(node->text, /* end = */ NULL, 10);

	/* strtoull(3) accepts a minus sign and wraps around */
	if (errno == ERANGE || node->text[0] == '-' || value > max)
		return json_error(node, err, "must be from 0 to %" PRIu64 ", not %.32s", max,
				  node->text);
	*ret = value;
	return 0;
}
