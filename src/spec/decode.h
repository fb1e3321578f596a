/* spec/decode.h: the shape of config.json as tables, and the one walker that reads them
 *
 * A row is a property: its name, where it goes in the C struct, what it must look like. The type of
 * a row follows from the type of the C member, so that the two cannot disagree. A shape is the rows
 * of one JSON object and the C struct that it fills.
 *
 * Members that no row names are ignored ("Extensibility", config.md), but those that look like a slip of
 * the hand are noted; null counts as absent, since encoders write it for empty arrays and objects.
 */
#ifndef BRIG_SPEC_DECODE_H
#define BRIG_SPEC_DECODE_H

#include "base/cleanup.h"
#include "base/json.h"
#include "base/table.h"
#include "spec/spec.h"
#include "spec/text.h"

#include <stddef.h>

struct decoder {
	struct arena *arena;
	struct error *err;
	struct spec_pair *misspelt; /* from the arena; MISSPELT_MAX, once there is one */
	size_t n_misspelt;
};

enum field_type {
	FIELD_BOOL,
	FIELD_OPT_BOOL,
	FIELD_U16,
	FIELD_U32,
	FIELD_I32,
	FIELD_U64,
	FIELD_I64,
	FIELD_OPT_UINT,
	FIELD_OPT_INT,
	FIELD_TEXT,
	FIELD_TEXTS,  /* array of strings */
	FIELD_PAIRS,  /* object of strings */
	FIELD_IDS,    /* array of uint32 */
	FIELD_WORD,   /* a string that stands for a number */
	FIELD_WORDS,  /* array of strings, numbers or-ed together */
	FIELD_OBJECT, /* a nested shape */
	FIELD_ARRAY,  /* array of a nested shape */
	FIELD_MAP,    /* object of a nested shape, whose first member takes the key */
	FIELD_CUSTOM, /* decode() does it */
};

struct shape;
struct field;
typedef int decode_fn(struct decoder *decoder, const struct field *field, const struct json *node,
		      void *object);

struct field {
	const char *name;
	enum field_type type;
	bool required;
	bool empty_is_absent; /* encoders write "" for what is not set */
	unsigned short offset;
	unsigned short width; /* of the number for FIELD_WORD(S) */
	int64_t min;          /* of a number; both 0: all that the type holds */
	uint64_t max;
	const struct name_value *words; /* FIELD_WORD(S) */
	size_t n_words;
	const struct text_rule *text; /* of a string, of each string of an array */
	const struct text_rule *key;  /* of each key of FIELD_PAIRS and FIELD_MAP */
	const struct shape *shape;    /* nested rows; for FIELD_CUSTOM too, as documentation */
	decode_fn *decode;
	const char *section; /* of the specification; NULL: that of the shape */
};

struct shape {
	const struct field *fields;
	size_t n;
	size_t size;         /* of the C struct in an array or a map; 0: never in one */
	bool has_set;        /* its first member is `bool set` */
	const char *members; /* not NULL: no other members than these, and what they are called */
	const char *section; /* 'config.md, "Root"' */
	int (*finish)(struct decoder *decoder, const struct json *node, void *object);
};

#define FIELD_TYPE(member)                                                                         \
	_Generic((member),                        \
		bool: FIELD_BOOL,                 \
		struct opt_bool: FIELD_OPT_BOOL,  \
		uint16_t: FIELD_U16,              \
		uint32_t: FIELD_U32,              \
		int32_t: FIELD_I32,               \
		uint64_t: FIELD_U64,              \
		int64_t: FIELD_I64,               \
		struct opt_uint: FIELD_OPT_UINT,  \
		struct opt_int: FIELD_OPT_INT,    \
		const char *: FIELD_TEXT,         \
		struct spec_strings: FIELD_TEXTS, \
		struct spec_pairs: FIELD_PAIRS,   \
		const uint32_t *: FIELD_IDS)

/* Designated initialisers of a row. Lists are a pointer and a size_t beside each other. */
#define IN(type_, member)                                                                          \
	.type = FIELD_TYPE(((type_ *)0)->member), .offset = offsetof(type_, member)
#define RANGE(min_, max_) .min = (min_), .max = (max_)
#define WORDS_OF(table)   .words = (table), .n_words = ARRAY_LEN(table)
#define WORD_IN(type_, member, table)                                                              \
	.type = FIELD_WORD, .offset = offsetof(type_, member),                                     \
	.width = sizeof(((type_ *)0)->member), WORDS_OF(table)
#define FLAGS_IN(type_, member, table)                                                             \
	.type = FIELD_WORDS, .offset = offsetof(type_, member),                                    \
	.width = sizeof(((type_ *)0)->member), WORDS_OF(table)
#define OBJECT_IN(type_, member, shape_)                                                           \
	.type = FIELD_OBJECT, .offset = offsetof(type_, member), .shape = &(shape_)
#define GROUP(shape_) .type = FIELD_OBJECT, .shape = &(shape_) /* fills the same C struct */
#define ARRAY_IN(type_, member, shape_)                                                            \
	.type = FIELD_ARRAY, .offset = offsetof(type_, member), .shape = &(shape_)
#define MAP_IN(type_, member, shape_)                                                              \
	.type = FIELD_MAP, .offset = offsetof(type_, member), .shape = &(shape_)
#define ROWS(table) .fields = (table), .n = ARRAY_LEN(table)

/** decode_object() - fill the C struct @object from the JSON object @node, by the rows of @shape */
[[nodiscard]] int decode_object(struct decoder *decoder, const struct shape *shape,
				const struct json *node, void *object);

/** decode_word() - the number that the string @node stands for; fails with the words there are and
 * the nearest */
[[nodiscard]] int decode_word(struct decoder *decoder, const struct field *field,
			      const struct json *node, long *ret);

/** decode_array() - a JSON array or object of @field->shape to the pointer and size_t at @list */
[[nodiscard]] int decode_array(struct decoder *decoder, const struct field *field,
			       const struct json *node, void *list);

/** decode_member() - the member of @object called @name, for an error about it; @object itself if
 * absent */
[[nodiscard]] const struct json *decode_member(const struct json *object, const char *name);

/* The shapes, each in fields_….c; config is the whole document. */
extern const struct shape shape_config, shape_root, shape_mount, shape_id_mapping;
extern const struct shape shape_process, shape_hooks;
extern const struct shape shape_linux, shape_resources, shape_seccomp;

#endif
