#include "spec/decode.h"

#include <stdio.h>
#include <string.h>

enum {
	WORDS_LISTED_MAX = 10, /* more would bury the message */
	MISSPELT_MAX = 32,     /* noted: nobody reads more */
};

/* What every array and map is in C. Stored with memcpy: the pointers have different types. */
struct list {
	const void *items;
	size_t n;
};

static void store_list(void *at, const void *items, size_t n)
{
	memcpy(at, &(struct list){ .items = items, .n = n }, sizeof(struct list));
}

static int expect_type(const struct json *node, enum json_type type, const char *name,
		       struct error *err)
{
	static const char *const names[] = {
		[JSON_NULL] = "null",       [JSON_BOOL] = "a boolean", [JSON_NUMBER] = "a number",
		[JSON_STRING] = "a string", [JSON_ARRAY] = "an array", [JSON_OBJECT] = "an object",
	};

	if (node->type != type)
		return json_error(node, err, "must be %s, not %s", name, names[node->type]);
	return 0;
}

static int check_text(const struct json *node, const char *text, const struct text_rule *rule,
		      struct error *err)
{
	if (!rule || rule->accepts(text, node->len))
		return 0;
	return json_error(node, err, "must %s, not '%s'", rule->must, text);
}

static int check_key(const struct json *node, const struct text_rule *rule, struct error *err)
{
	if (!rule || rule->accepts(node->key, strlen(node->key)))
		return 0;
	return json_error(node, err, "the key must %s, not '%s'", rule->must, node->key);
}

static int decode_text(const struct json *node, const struct text_rule *rule, const char **ret,
		       struct error *err)
{
	const char *text;

	if (json_to_string(node, &text, err) < 0 || check_text(node, text, rule, err) < 0)
		return -1;
	*ret = text;
	return 0;
}

static int decode_texts(struct decoder *decoder, const struct field *field, const struct json *node,
			void *at)
{
	const char **items;
	size_t n = 0;

	if (expect_type(node, JSON_ARRAY, "an array of strings", decoder->err) < 0)
		return -1;
	items = arena_array(decoder->arena, node->len, sizeof(*items));
	for (const struct json *child = node->first; child; child = child->next) {
		if (decode_text(child, field->text, &items[n++], decoder->err) < 0)
			return -1;
	}
	store_list(at, items, n);
	return 0;
}

static int decode_pairs(struct decoder *decoder, const struct field *field, const struct json *node,
			void *at)
{
	struct spec_pair *items;
	size_t n = 0;

	if (expect_type(node, JSON_OBJECT, "an object of strings", decoder->err) < 0)
		return -1;
	items = arena_array(decoder->arena, node->len, sizeof(*items));
	for (const struct json *child = node->first; child; child = child->next) {
		struct spec_pair *pair = &items[n++];

		pair->key = child->key;
		if (check_key(child, field->key, decoder->err) < 0 ||
		    decode_text(child, field->text, &pair->value, decoder->err) < 0)
			return -1;
	}
	store_list(at, items, n);
	return 0;
}

static int decode_ids(struct decoder *decoder, const struct field *field, const struct json *node,
		      void *at)
{
	uint32_t *items;
	size_t n = 0;

	if (expect_type(node, JSON_ARRAY, "an array of numbers", decoder->err) < 0)
		return -1;
	items = arena_array(decoder->arena, node->len, sizeof(*items));
	for (const struct json *child = node->first; child; child = child->next) {
		uint64_t value;

		if (json_to_uint(child, field->max ? field->max : UINT32_MAX, &value,
				 decoder->err) < 0)
			return -1;
		items[n++] = (uint32_t)value;
	}
	store_list(at, items, n);
	return 0;
}

/* What the type of the C member can hold, where the row gives no range. */
static const struct number_range {
	int64_t min;
	uint64_t max;
} number_ranges[] = {
	[FIELD_U16] = { 0, UINT16_MAX },
	[FIELD_U32] = { 0, UINT32_MAX },
	[FIELD_I32] = { INT32_MIN, INT32_MAX },
	[FIELD_U64] = { 0, UINT64_MAX },
	[FIELD_I64] = { INT64_MIN, INT64_MAX },
	[FIELD_OPT_UINT] = { 0, UINT64_MAX },
	[FIELD_OPT_INT] = { INT64_MIN, INT64_MAX },
};

static int decode_number(const struct field *field, const struct json *node, void *at,
			 struct error *err)
{
	const bool ranged = field->min != 0 || field->max != 0;
	const struct number_range range = ranged ? (struct number_range){ field->min, field->max }
						 : number_ranges[field->type];
	uint64_t magnitude;
	int64_t value;

	if (range.max > INT64_MAX) { /* only unsigned ones from 0 */
		if (json_to_uint(node, range.max, &magnitude, err) < 0)
			return -1;
		value = (int64_t)magnitude; /* the same bits: stored as unsigned below */
	} else if (json_to_int(node, range.min, (int64_t)range.max, &value, err) < 0) {
		return -1;
	}
	switch ((int)field->type) {
	case FIELD_U16:
		*(uint16_t *)at = (uint16_t)value;
		break;
	case FIELD_U32:
		*(uint32_t *)at = (uint32_t)value;
		break;
	case FIELD_I32:
		*(int32_t *)at = (int32_t)value;
		break;
	case FIELD_U64:
		*(uint64_t *)at = (uint64_t)value;
		break;
	case FIELD_I64:
		*(int64_t *)at = value;
		break;
	case FIELD_OPT_UINT:
		*(struct opt_uint *)at = (struct opt_uint){ (uint64_t)value, true };
		break;
	default:
		*(struct opt_int *)at = (struct opt_int){ value, true };
	}
	return 0;
}

static int decode_flag(const struct field *field, const struct json *node, void *at,
		       struct error *err)
{
	bool value;

	if (json_to_bool(node, &value, err) < 0)
		return -1;
	if (field->type == FIELD_OPT_BOOL)
		*(struct opt_bool *)at = (struct opt_bool){ value, true };
	else
		*(bool *)at = value;
	return 0;
}

int decode_word(struct decoder *decoder, const struct field *field, const struct json *node,
		long *ret)
{
	const size_t size = sizeof(*field->words);
	const struct name_value *row;
	const char *text, *near;
	char names[256];

	if (json_to_string(node, &text, decoder->err) < 0)
		return -1;
	row = table_find_row(field->words, field->n_words, size, text);
	if (row) {
		*ret = row->value;
		return 0;
	}
	if (field->n_words > WORDS_LISTED_MAX)
		(void)!json_error(node, decoder->err, "'%s' is not known", text);
	else
		(void)!json_error(
			node, decoder->err, "'%s' is not one of %s", text,
			table_names_list(field->words, field->n_words, size, names, sizeof(names)));
	near = table_nearest_name(field->words, field->n_words, size, text);
	if (near)
		return error_remedy(decoder->err, "did you mean '%s'?", near);
	return -1;
}

static void store_word(void *at, unsigned width, long value)
{
	const char narrow = (char)value;
	const int middle = (int)value;

	if (width == sizeof(narrow))
		memcpy(at, &narrow, sizeof(narrow));
	else if (width == sizeof(middle))
		memcpy(at, &middle, sizeof(middle));
	else
		memcpy(at, &value, sizeof(value));
}

static int decode_words(struct decoder *decoder, const struct field *field, const struct json *node,
			void *at)
{
	long all = 0, value = 0;

	if (expect_type(node, JSON_ARRAY, "an array of strings", decoder->err) < 0)
		return -1;
	for (const struct json *child = node->first; child; child = child->next) {
		if (decode_word(decoder, field, child, &value) < 0)
			return -1;
		all |= value;
	}
	store_word(at, field->width, all);
	return 0;
}

int decode_array(struct decoder *decoder, const struct field *field, const struct json *node,
		 void *list)
{
	const bool map = field->type == FIELD_MAP;
	const size_t size = field->shape->size;
	char *items;
	size_t n = 0;

	if (expect_type(node, map ? JSON_OBJECT : JSON_ARRAY,
			map ? "an object" : "an array of objects", decoder->err) < 0)
		return -1;
	items = arena_array(decoder->arena, node->len, size);
	for (const struct json *child = node->first; child; child = child->next) {
		char *item = items + size * n++;

		if (map) {
			memcpy(item, &child->key, sizeof(child->key));
			if (check_key(child, field->key, decoder->err) < 0)
				return -1;
		}
		if (decode_object(decoder, field->shape, child, item) < 0)
			return -1;
	}
	store_list(list, items, n);
	return 0;
}

static int decode_value(struct decoder *decoder, const struct field *field, const struct json *node,
			void *object)
{
	void *at = (char *)object + field->offset;
	long word = 0;

	switch (field->type) {
	case FIELD_BOOL:
	case FIELD_OPT_BOOL:
		return decode_flag(field, node, at, decoder->err);
	case FIELD_U16:
	case FIELD_U32:
	case FIELD_I32:
	case FIELD_U64:
	case FIELD_I64:
	case FIELD_OPT_UINT:
	case FIELD_OPT_INT:
		return decode_number(field, node, at, decoder->err);
	case FIELD_TEXT:
		return decode_text(node, field->text, at, decoder->err);
	case FIELD_TEXTS:
		return decode_texts(decoder, field, node, at);
	case FIELD_PAIRS:
		return decode_pairs(decoder, field, node, at);
	case FIELD_IDS:
		return decode_ids(decoder, field, node, at);
	case FIELD_WORD:
		if (decode_word(decoder, field, node, &word) < 0)
			return -1;
		store_word(at, field->width, word);
		return 0;
	case FIELD_WORDS:
		return decode_words(decoder, field, node, at);
	case FIELD_OBJECT:
		return decode_object(decoder, field->shape, node, at);
	case FIELD_ARRAY:
	case FIELD_MAP:
		return decode_array(decoder, field, node, at);
	case FIELD_CUSTOM:
		break;
	}
	return field->decode(decoder, field, node, object);
}

/* Every error about a property says where that property is defined, unless there is better advice.
 */
static int blame_section(const struct shape *shape, const struct field *field, struct error *err)
{
	if (err->remedy[0] != '\0')
		return -1;
	return error_remedy(err, "see the OCI runtime specification, %s",
			    field && field->section ? field->section : shape->section);
}

static int fail_missing(const struct shape *shape, const struct field *field,
			const struct json *node, struct error *err)
{
	char object[128], pointer[192];

	snprintf(pointer, sizeof(pointer), "%s/%s", json_pointer(node, object, sizeof(object)),
		 field->name);
	(void)!error_set(err, ERR_SPEC, pointer, "'%s' is required", field->name);
	return blame_section(shape, field, err);
}

static int fail_unknown(const struct shape *shape, const struct json *node, struct error *err)
{
	const char *near =
		table_nearest_name(shape->fields, shape->n, sizeof(struct field), node->key);
	char names[128];

	(void)!json_error(node, err, "'%s' is not one of the %s %s", node->key, shape->members,
			  table_names_list(shape->fields, shape->n, sizeof(struct field), names,
					   sizeof(names)));
	if (near)
		return error_remedy(err, "did you mean '%s'?", near);
	return blame_section(shape, NULL, err);
}

/* @node is ignored, as the specification demands. Does it stand for one that is not there? */
static void note_unknown(struct decoder *decoder, const struct shape *shape,
			 const struct json *object, const struct json *node)
{
	char pointer[256];
	const char *near;

	if (decoder->n_misspelt == MISSPELT_MAX)
		return;
	near = table_nearest_name(shape->fields, shape->n, sizeof(struct field), node->key);
	if (!near || json_get(object, near))
		return;
	if (!decoder->misspelt)
		decoder->misspelt =
			arena_array(decoder->arena, MISSPELT_MAX, sizeof(*decoder->misspelt));
	decoder->misspelt[decoder->n_misspelt++] = (struct spec_pair){
		.key = arena_strdup(decoder->arena, json_pointer(node, pointer, sizeof(pointer))),
		.value = near,
	};
}

static bool is_absent(const struct field *field, const struct json *node)
{
	return node->type == JSON_NULL ||
	       (field->empty_is_absent && node->type == JSON_STRING && node->len == 0);
}

int decode_object(struct decoder *decoder, const struct shape *shape, const struct json *node,
		  void *object)
{
	uint64_t seen = 0; /* a bit a row */

	if (expect_type(node, JSON_OBJECT, "an object", decoder->err) < 0)
		return blame_section(shape, NULL, decoder->err);
	for (const struct json *child = node->first; child; child = child->next) {
		const struct field *field =
			table_find_row(shape->fields, shape->n, sizeof(*field), child->key);

		if (!field && shape->members)
			return fail_unknown(shape, child, decoder->err);
		if (!field)
			note_unknown(decoder, shape, node, child);
		if (!field || is_absent(field, child))
			continue;
		seen |= UINT64_C(1) << (field - shape->fields);
		if (decode_value(decoder, field, child, object) < 0)
			return blame_section(shape, field, decoder->err);
	}
	for (size_t i = 0; i < shape->n; i++) {
		if (shape->fields[i].required && !(seen & (UINT64_C(1) << i)))
			return fail_missing(shape, &shape->fields[i], node, decoder->err);
	}
	if (shape->has_set)
		*(bool *)object = true;
	if (shape->finish && shape->finish(decoder, node, object) < 0)
		return blame_section(shape, NULL, decoder->err);
	return 0;
}

const struct json *decode_member(const struct json *object, const char *name)
{
	const struct json *member = json_get(object, name);

	return member ? member : object;
}
