/* base/buf.h: a growing string
 *
 * Invariants: `data` is NULL only while nothing was added; otherwise data[len] is NUL and may be
 * used as a C string. The bytes may hold NULs. {} is an empty buffer.
 */
#ifndef BRIG_BASE_BUF_H
#define BRIG_BASE_BUF_H

#include <stddef.h>

struct buf {
	char *data;
	size_t len, cap;
};

#define autobuf [[gnu::cleanup(buf_free)]]

/**
 * buf_reserve() - room for @size more bytes and a NUL
 * For reading straight into the buffer: write at data + len, then add to len and write the NUL
 * there.
 */
void buf_reserve(struct buf *buf, size_t size);
void buf_add(struct buf *buf, const void *data, size_t len);
void buf_puts(struct buf *buf, const char *text);
void buf_putc(struct buf *buf, char c);
[[gnu::format(printf, 2, 3)]] void buf_printf(struct buf *buf, const char *fmt, ...);
/** buf_put_visible() - add @text with what is invisible as \xNN, utf8.h: names and values come from untrusted bundles */
void buf_put_visible(struct buf *buf, const char *text);
/** buf_text() - the content as a C string, "" when empty; borrowed until the next change */
[[nodiscard, gnu::returns_nonnull]] const char *buf_text(const struct buf *buf);
/** buf_reset() - forget the content, keep the memory */
void buf_reset(struct buf *buf);
void buf_free(struct buf *buf);

#endif
