/* base/json.h: JSON, read within limits and written
 *
 * Reading: yajl's event interface, with our own limits, builds a tree of nodes in an arena.
 * Refused, with the JSON pointer (RFC 6901) of the place: duplicate keys, depth above the limit,
 * NUL bytes in strings or keys (also as \u0000), more than one value, invalid UTF-8, more nodes
 * than the limit. yajl's tree builder is never used (CVE-2023-33460), and input is limited far
 * below the sizes at which its buffers overflow (CVE-2022-24795).
 *
 * Writing: a struct json_out over a struct buf; commas and escapes are its business.
 */
#ifndef BRIG_BASE_JSON_H
#define BRIG_BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
	enum json_type type;
	bool boolean;
	const char *key;                          /* name in the parent object, or NULL */
	const char *text;                         /* string value, or the number as written */
	size_t len;                               /* of text; or the number of children */
	size_t index;                             /* position in the parent array */
	const struct json *parent, *first, *next; /* first child, next sibling */
};

enum { JSON_SIZE_MAX = 8 << 20, JSON_DEPTH_MAX = 32, JSON_NODES_MAX = 1'000'000 };

struct json_limits {
	size_t size;   /* bytes; 0 means JSON_SIZE_MAX, never more than that */
	bool comments; /* allow C and C++ comments: for policy.json */
};

/** json_parse() - text to tree; @what names the document in messages ("config.json"). NULL on
 * failure, kind ERR_SPEC */
[[nodiscard]] const struct json *json_parse(struct arena *arena, const char *what, const char *text,
					    size_t len, struct json_limits limits,
					    struct error *err);

/** json_get() - the member @key of an object; NULL if absent, null, or @object is NULL or no object
 */
[[nodiscard]] const struct json *json_get(const struct json *object, const char *key);

/** json_pointer() - where @node stands, as RFC 6901, "" for the top; cut to @size with its end kept
 */
const char *json_pointer(const struct json *node, char *ret, size_t size);

/** json_error() - fail with the pointer of @node as `where`; kind ERR_SPEC */
fails(3, 4) json_error(const struct json *node, struct error *err, const char *fmt, ...);

/* Typed values. Each fails with the pointer and "must be …, not …" on another type, a fraction or
 * an overflow. */
[[nodiscard]] int json_to_bool(const struct json *node, bool *ret, struct error *err);
[[nodiscard]] int json_to_int(const struct json *node, int64_t min, int64_t max, int64_t *ret,
			      struct error *err);
[[nodiscard]] int json_to_uint(const struct json *node, uint64_t max, uint64_t *ret,
			       struct error *err);
[[nodiscard]] int json_to_string(const struct json *node, const char **ret, struct error *err);

struct json_out {
	struct buf *buf;
	bool pretty; /* newline and tabs */
	unsigned depth;
	bool comma;
};

/* @key is NULL inside an array and at the top. */
void json_out_object(struct json_out *out, const char *key);
void json_out_array(struct json_out *out, const char *key);
void json_out_end_object(struct json_out *out);
void json_out_end_array(struct json_out *out);
void json_out_string(struct json_out *out, const char *key,
		     const char *value); /* NULL writes null */
void json_out_int(struct json_out *out, const char *key, int64_t value);
void json_out_uint(struct json_out *out, const char *key, uint64_t value);
void json_out_bool(struct json_out *out, const char *key, bool value);
/** json_out_node() - a parsed value as it was */
void json_out_node(struct json_out *out, const char *key, const struct json *node);

#endif
