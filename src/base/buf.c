/* base/buf.c: a growing string */
#include "base/buf.h"

#include "base/utf8.h"

#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAP_FIRST = 256 };

void buf_reserve(struct buf *buf, size_t size)
{
	size_t need;

	if (__builtin_add_overflow(buf->len, size, &need) || __builtin_add_overflow(need, 1, &need))
		need = SIZE_MAX; /* which the allocator refuses with the usual message */
	if (buf->data && need <= buf->cap)
		return;

	size_t cap = buf->cap ? buf->cap : CAP_FIRST;

	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : 2 * cap;
	buf->data = xrealloc(buf->data, cap);
	buf->cap = cap;
	buf->data[buf->len] = '\0';
}

void buf_add(struct buf *buf, const void *data, size_t len)
{
	buf_reserve(buf, len);
	if (len > 0)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_puts(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_putc(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void buf_printf(struct buf *buf, const char *fmt, ...)
{
	va_list args, again;

	buf_reserve(buf, 80); /* enough for most, so that one pass formats it */
	va_start(args, fmt);
	va_copy(again, args);

	const size_t room = buf->cap - buf->len;
	const int len = vsnprintf(buf->data + buf->len, room, fmt, args);

	if (len > 0 && (size_t)len >= room) {
		buf_reserve(buf, (size_t)len);
		vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, again);
	}
	if (len > 0)
		buf->len += (size_t)len;
	buf->data[buf->len] = '\0';
	va_end(again);
	va_end(args);
}

void buf_put_visible(struct buf *buf, const char *text)
{
	while (*text) {
		const size_t hidden = utf8_invisible(text);

		for (size_t i = 0; i < hidden; i++)
			buf_printf(buf, "\\x%02x", (unsigned char)text[i]);
		if (hidden == 0)
			buf_putc(buf, *text);
		text += hidden > 0 ? hidden : 1;
	}
}

const char *buf_text(const struct buf *buf)
{
	return buf->data ? buf->data : "";
}

void buf_reset(struct buf *buf)
{
	buf->len = 0;
	if (buf->data)
		buf->data[0] = '\0';
}

void buf_free(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){};
}
