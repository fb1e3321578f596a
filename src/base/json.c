/* base/json.c: JSON text to a tree of nodes
 *
 * yajl reports events; each becomes a node at the end of the innermost open container's list. What
 * yajl does not refuse is refused here: depth, number of nodes, NULs, duplicate names, and text
 * that is not UTF-8 in the strict sense. yajl lets overlong forms through, and of a \u escape that
 * is half a surrogate pair it makes a question mark or an unrelated character; so the escapes are
 * looked at in the text, before it is parsed.
 */
#include "base/json.h"

#include "base/cleanup.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yajl/yajl_parse.h>

struct open_container {
	struct json *node, *last; /* last: its newest child */
	const char *key;          /* of the next child of an object */
};

struct parser {
	struct arena *arena;
	const char *what;
	struct error *err;
	yajl_handle yajl;
	size_t bad_escape; /* offset of the first \u that is half a pair, or SIZE_MAX */
	size_t nodes;
	size_t depth; /* containers that are open */
	struct open_container stack[JSON_DEPTH_MAX];
	struct json *top;
	const struct json **names; /* of one object, to be sorted; owned */
	size_t names_cap;
};

static void parser_free(struct parser *parser)
{
	if (parser->yajl)
		yajl_free(parser->yajl);
	free(parser->names);
}

/* yajl does not look at what these return: yajl_alloc.c */
static void *yajl_malloc(void *, size_t size)
{
	return xmalloc(size);
}

static void *yajl_realloc(void *, void *memory, size_t size)
{
	return xrealloc(memory, size);
}

static void yajl_release(void *, void *memory)
{
	free(memory);
}

/* Fails at the value that would come next. Return: 0, which tells yajl to stop. */
[[gnu::cold, gnu::format(printf, 2, 3)]] static int refuse(struct parser *parser, const char *fmt,
							   ...)
{
	char text[256], pointer[128] = "";
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);

	if (parser->depth > 0) {
		const struct open_container *in = &parser->stack[parser->depth - 1];
		const struct json next = {
			.key = in->key,
			.index = in->node->len,
			.parent = in->node,
		};
		const bool at_name = in->node->type == JSON_OBJECT && !in->key;

		json_pointer(at_name ? in->node : &next, pointer, sizeof pointer);
	}
	(void)error_set(parser->err, ERR_SPEC, pointer, "%s: %s", parser->what, text);
	return 0;
}

/* A copy of a string that holds what C and everybody else can agree on; NULL if it does not. */
static const char *take_text(struct parser *parser, const unsigned char *bytes, size_t len)
{
	const char *text = (const char *)bytes;

	if (len > 0 && memchr(text, '\0', len)) {
		refuse(parser, "a NUL character is not allowed");
		return NULL;
	}
	if (!utf8_valid(text, len) || parser->bad_escape < yajl_get_bytes_consumed(parser->yajl)) {
		refuse(parser, "a string is not valid Unicode");
		return NULL;
	}
	return arena_strndup(parser->arena, text, len);
}

/* A node as the next child of the innermost open container; NULL if there are too many. */
static struct json *add_node(struct parser *parser, enum json_type type)
{
	if (parser->nodes >= JSON_NODES_MAX) {
		refuse(parser, "more than %d values", JSON_NODES_MAX);
		return NULL;
	}
	parser->nodes++;

	struct json *node = arena_alloc(parser->arena, sizeof *node);

	node->type = type;
	if (parser->depth == 0) {
		parser->top = node;
		return node;
	}

	struct open_container *in = &parser->stack[parser->depth - 1];

	node->parent = in->node;
	node->key = in->key;
	node->index = in->node->len++;
	if (in->last)
		in->last->next = node;
	else
		in->node->first = node;
	in->last = node;
	in->key = NULL;
	return node;
}

static int on_null(void *context)
{
	return add_node(context, JSON_NULL) != NULL;
}

static int on_boolean(void *context, int value)
{
	struct json *node = add_node(context, JSON_BOOL);

	if (!node)
		return 0;
	node->boolean = value != 0;
	return 1;
}

static int on_number(void *context, const char *text, size_t len)
{
	struct parser *parser = context;
	struct json *node = add_node(parser, JSON_NUMBER);

	if (!node)
		return 0;
	node->text = arena_strndup(parser->arena, text, len);
	node->len = len;
	return 1;
}

static int on_string(void *context, const unsigned char *bytes, size_t len)
{
	struct parser *parser = context;
	const char *text = take_text(parser, bytes, len);
	struct json *node = text ? add_node(parser, JSON_STRING) : NULL;

	if (!node)
		return 0;
	node->text = text;
	node->len = len;
	return 1;
}

static int on_key(void *context, const unsigned char *bytes, size_t len)
{
	struct parser *parser = context;
	const char *key = take_text(parser, bytes, len);

	if (!key)
		return 0;
	parser->stack[parser->depth - 1].key = key;
	return 1;
}

static int open_container(struct parser *parser, enum json_type type)
{
	if (parser->depth >= JSON_DEPTH_MAX)
		return refuse(parser, "nested deeper than %d levels", JSON_DEPTH_MAX);

	struct json *node = add_node(parser, type);

	if (!node)
		return 0;
	parser->stack[parser->depth++] = (struct open_container){ .node = node };
	return 1;
}

static int on_start_map(void *context)
{
	return open_container(context, JSON_OBJECT);
}

static int on_start_array(void *context)
{
	return open_container(context, JSON_ARRAY);
}

static int on_end_array(void *context)
{
	struct parser *parser = context;

	parser->depth--;
	return 1;
}

static int compare_keys(const void *a, const void *b)
{
	const struct json *const *left = a, *const *right = b;

	return strcmp((*left)->key, (*right)->key);
}

/* Two members of one name: readers differ in which of them they take, RFC 8259 section 4. */
static int on_end_map(void *context)
{
	struct parser *parser = context;
	struct json *object = parser->stack[parser->depth - 1].node;
	size_t n = 0;

	if (parser->names_cap < object->len) {
		parser->names_cap = 2 * object->len;
		parser->names = xrealloc(parser->names, parser->names_cap * sizeof(struct json *));
	}
	for (const struct json *member = object->first; member; member = member->next)
		parser->names[n++] = member;

	/* Sorted, because an object with 100,000 names must not cost their square. */
	if (n > 1)
		qsort(parser->names, n, sizeof(struct json *), compare_keys);
	for (size_t i = 1; i < n; i++) {
		if (compare_keys(&parser->names[i - 1], &parser->names[i]) != 0)
			continue;
		(void)json_error(parser->names[i], parser->err,
				 "%s: a name appears twice in one object: '%s'", parser->what,
				 parser->names[i]->key);
		return 0;
	}
	parser->depth--;
	return 1;
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_start_map,
	.yajl_map_key = on_key,
	.yajl_end_map = on_end_map,
	.yajl_start_array = on_start_array,
	.yajl_end_array = on_end_array,
};

/* The value of \uXXXX at @text, or -1. */
static int escape_at(const char *text, const char *end)
{
	int value = 0;

	if (end - text < 6 || text[0] != '\\' || text[1] != 'u')
		return -1;
	for (size_t i = 2; i < 6; i++) {
		static const char digits[] = "0123456789abcdef0123456789ABCDEF";
		const char *digit = text[i] ? strchr(digits, text[i]) : NULL;

		if (!digit)
			return -1; /* which yajl refuses */
		value = value * 16 + (int)(digit - digits) % 16;
	}
	return value;
}

/* The offset of the first escaped surrogate that has no partner, RFC 8259 section 8.2; or SIZE_MAX.
 */
static size_t find_bad_escape(const char *text, size_t len)
{
	const char *const end = text + len;
	const char *at = text;

	while ((at = memchr(at, '\\', (size_t)(end - at)))) {
		const int first = escape_at(at, end);
		const bool is_pair = first >= 0xd800 && first <= 0xdbff &&
				     escape_at(at + 6, end) >= 0xdc00 &&
				     escape_at(at + 6, end) <= 0xdfff;

		if (!is_pair && first >= 0xd800 && first <= 0xdfff)
			return (size_t)(at - text);
		at += is_pair ? 12 : 2;
		if (at >= end)
			break;
	}
	return SIZE_MAX;
}

/* yajl's own words for a syntax error, with the line and column that editors show. */
static void syntax_error(struct parser *parser, const char *text, size_t len)
{
	unsigned char *reason = yajl_get_error(parser->yajl, 0, (const unsigned char *)text, len);
	size_t offset = yajl_get_bytes_consumed(parser->yajl);
	size_t line = 1, line_start = 0;

	if (offset > len)
		offset = len;
	for (size_t i = 0; i < offset; i++) {
		if (text[i] != '\n')
			continue;
		line++;
		line_start = i + 1;
	}
	refuse(parser, "line %zu, column %zu: %.*s", line, offset - line_start + 1,
	       (int)strcspn((const char *)reason, "\n"), (const char *)reason);
	yajl_free_error(parser->yajl, reason);
}

const struct json *json_parse(struct arena *arena, const char *what, const char *text, size_t len,
			      struct json_limits limits, struct error *err)
{
	yajl_alloc_funcs memory = {
		.malloc = yajl_malloc,
		.realloc = yajl_realloc,
		.free = yajl_release,
	};
	const size_t size_max =
		limits.size && limits.size < JSON_SIZE_MAX ? limits.size : JSON_SIZE_MAX;

	if (len > size_max) {
		(void)error_set(err, ERR_SPEC, NULL, "%s is larger than %zu bytes", what, size_max);
		return NULL;
	}

	[[gnu::cleanup(parser_free)]] struct parser parser = {
		.arena = arena,
		.what = what,
		.err = err,
		.bad_escape = len > 0 ? find_bad_escape(text, len) : SIZE_MAX,
	};

	parser.yajl = yajl_alloc(&callbacks, &memory, &parser);
	yajl_config(parser.yajl, yajl_allow_comments, limits.comments ? 1 : 0);

	yajl_status status =
		yajl_parse(parser.yajl, (const unsigned char *)(len > 0 ? text : ""), len);

	if (status == yajl_status_ok)
		status = yajl_complete_parse(parser.yajl);
	if (status == yajl_status_error)
		syntax_error(&parser, text, len);
	return status == yajl_status_ok ? parser.top : NULL;
}
