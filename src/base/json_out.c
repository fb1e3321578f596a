/* base/json_out.c: values to JSON text, RFC 8259
 *
 * What is written is always valid: bytes that are not UTF-8 (a file name, an argument) become
 * U+FFFD.
 */
#include "base/json.h"

#include "base/utf8.h"

#include <inttypes.h>
#include <string.h>

static void add_escaped(struct buf *buf, char c)
{
	static const char named[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
	const char *found = strchr(named, c);

	if (c && found)
		buf_printf(buf, "\\%c", names[found - named]);
	else
		buf_printf(buf, "\\u%04x", (unsigned char)c);
}

static bool is_plain(char c)
{
	return (unsigned char)c >= 0x20 && (unsigned char)c < 0x7f && c != '"' && c != '\\';
}

static void add_string(struct buf *buf, const char *text, size_t len)
{
	size_t i = 0;

	buf_putc(buf, '"');
	while (i < len) {
		size_t run = 0;

		while (i + run < len && is_plain(text[i + run]))
			run++;
		if (run > 0) {
			buf_add(buf, text + i, run);
			i += run;
			continue;
		}

		const size_t n = utf8_length(text + i, len - i);

		if (n > 1)
			buf_add(buf, text + i, n);
		else if (n == 1)
			add_escaped(buf, text[i]);
		else
			buf_puts(buf, "\uFFFD");
		i += n > 0 ? n : 1;
	}
	buf_putc(buf, '"');
}

static void new_line(struct json_out *out)
{
	if (!out->pretty)
		return;
	buf_putc(out->buf, '\n');
	for (unsigned i = 0; i < out->depth; i++)
		buf_putc(out->buf, '\t');
}

/* All that stands before a value. */
static void begin(struct json_out *out, const char *key)
{
	if (out->comma)
		buf_putc(out->buf, ',');
	if (out->depth > 0)
		new_line(out);
	if (key) {
		add_string(out->buf, key, strlen(key));
		buf_puts(out->buf, out->pretty ? ": " : ":");
	}
	out->comma = true;
}

static void open_container(struct json_out *out, const char *key, char bracket)
{
	begin(out, key);
	buf_putc(out->buf, bracket);
	out->depth++;
	out->comma = false;
}

static void close_container(struct json_out *out, char bracket)
{
	out->depth--;
	if (out->comma) /* it has content, which stands on lines of its own */
		new_line(out);
	buf_putc(out->buf, bracket);
	out->comma = true;
}

void json_out_object(struct json_out *out, const char *key)
{
	open_container(out, key, '{');
}

void json_out_array(struct json_out *out, const char *key)
{
	open_container(out, key, '[');
}

void json_out_end_object(struct json_out *out)
{
	close_container(out, '}');
}

void json_out_end_array(struct json_out *out)
{
	close_container(out, ']');
}

void json_out_string(struct json_out *out, const char *key, const char *value)
{
	begin(out, key);
	if (value)
		add_string(out->buf, value, strlen(value));
	else
		buf_puts(out->buf, "null");
}

void json_out_int(struct json_out *out, const char *key, int64_t value)
{
	begin(out, key);
	buf_printf(out->buf, "%" PRId64, value);
}

void json_out_uint(struct json_out *out, const char *key, uint64_t value)
{
	begin(out, key);
	buf_printf(out->buf, "%" PRIu64, value);
}

void json_out_bool(struct json_out *out, const char *key, bool value)
{
	begin(out, key);
	buf_puts(out->buf, value ? "true" : "false");
}

/* Recursive: a parsed tree is at most JSON_DEPTH_MAX deep. */
void json_out_node(struct json_out *out, const char *key, const struct json *node)
{
	switch (node->type) {
	case JSON_NULL:
		json_out_string(out, key, NULL);
		return;
	case JSON_BOOL:
		json_out_bool(out, key, node->boolean);
		return;
	case JSON_NUMBER:
		begin(out, key);
		buf_add(out->buf, node->text, node->len);
		return;
	case JSON_STRING:
		begin(out, key);
		add_string(out->buf, node->text, node->len);
		return;
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}

	open_container(out, key, node->type == JSON_OBJECT ? '{' : '[');
	for (const struct json *child = node->first; child; child = child->next)
		json_out_node(out, child->key, child);
	close_container(out, node->type == JSON_OBJECT ? '}' : ']');
}
