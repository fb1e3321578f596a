/* kernel/cgroup_property.c: the value of a systemd property, read from GVariant text */
#include "kernel/cgroup_property.h"

#include "base/cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Each reads one kind of value and returns what comes behind it, or NULL if that is no such value. */
typedef const char *reader(const char *text, struct arena *arena,
			   struct cgroup_property_value *ret);

static const char *skip_space(const char *text)
{
	return text + strspn(text, " \t\n");
}

static const char *skip_word(const char *text, const char *word)
{
	const size_t len = strlen(word);

	return strncmp(text, word, len) == 0 && !isalnum((unsigned char)text[len])
		       ? skip_space(text + len)
		       : NULL;
}

/* A decimal number; strtoull(3) alone would take "-1" for a large one. */
static const char *read_digits(const char *text, uint64_t max, uint64_t *ret)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return NULL;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return errno || *ret > max ? NULL : end;
}

static const char *read_uint64(const char *text, struct arena *, struct cgroup_property_value *ret)
{
	ret->signature = "t";
	text = skip_word(text, "uint64");
	return text ? read_digits(text, UINT64_MAX, &ret->number) : NULL;
}

static const char *read_int32(const char *text, struct arena *, struct cgroup_property_value *ret)
{
	const char *number = skip_word(text, "int32");
	uint64_t value = 0;

	if (!number)
		number = text;

	const bool negative = *number == '-';
	const char *end = read_digits(number + negative, (uint64_t)INT32_MAX + negative, &value);

	ret->signature = "i";
	ret->number = (uint32_t)(negative ? -(int64_t)value : (int64_t)value);
	return end;
}

static const char *read_bool(const char *text, struct arena *, struct cgroup_property_value *ret)
{
	const char *rest = skip_word(text, "true");

	ret->signature = "b";
	ret->number = rest != NULL;
	return rest ? rest : skip_word(text, "false");
}

/* 'text' or "text"; a backslash takes the next character as it is. */
static const char *read_quoted(const char *text, struct arena *arena, const char **ret)
{
	const char quote = *text;
	char *to;

	if (quote != '\'' && quote != '"')
		return NULL;
	*ret = to = arena_alloc(arena, strlen(text));

	for (text++; *text != quote; text++) {
		if (*text == '\\')
			text++;
		if (!*text)
			return NULL;
		*to++ = *text;
	}
	return text + 1;
}

static void add_string(struct arena *arena, struct cgroup_property_value *ret, const char *text)
{
	ret->strings = arena_grow(arena, ret->strings, ret->n_strings, ret->n_strings + 2,
				  sizeof *ret->strings);
	ret->strings[ret->n_strings++] = text;
}

static const char *read_string(const char *text, struct arena *arena,
			       struct cgroup_property_value *ret)
{
	const char *value;

	text = read_quoted(text, arena, &value);
	if (text)
		add_string(arena, ret, value);
	ret->signature = "s";
	return text;
}

static const char *read_strings(const char *text, struct arena *arena,
				struct cgroup_property_value *ret)
{
	const char *value;

	ret->signature = "as";
	if (*text != '[')
		return NULL;
	text = skip_space(text + 1);

	while (*text != ']') {
		text = read_quoted(text, arena, &value);
		if (!text)
			return NULL;
		add_string(arena, ret, value);
		text = skip_space(text);
		if (*text == ',')
			text = skip_space(text + 1);
		else if (*text != ']')
			return NULL;
	}
	return text + 1;
}

static reader *const readers[] = { read_uint64, read_bool, read_string, read_strings, read_int32 };

int cgroup_property_parse(const char *text, struct arena *arena, struct cgroup_property_value *ret)
{
	text = skip_space(text);

	for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
		struct cgroup_property_value value = {};
		const char *rest = readers[i](text, arena, &value);

		if (rest && !*skip_space(rest)) {
			*ret = value;
			return 0;
		}
	}
	return -1;
}
