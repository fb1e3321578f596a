/* base/error.c: the error value, filled */
#include "base/error.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char ellipsis[] = "…";

/* Copy @from; what does not fit is cut at its end, between two characters, and marked. */
static void keep_front(char *to, size_t size, const char *from)
{
	const size_t len = strlen(from);

	if (len < size) {
		memcpy(to, from, len + 1);
		return;
	}

	const size_t kept = utf8_cut(from, size - sizeof ellipsis);

	memcpy(to, from, kept);
	memcpy(to + kept, ellipsis, sizeof ellipsis);
}

/* The same with its end kept: of a pointer or a path, that is the part which tells one from
 * another. */
static void keep_end(char *to, size_t size, const char *from)
{
	const size_t len = strlen(from);

	if (len < size) {
		memcpy(to, from, len + 1);
		return;
	}

	const char *rest = from + len - (size - sizeof ellipsis);

	while (((unsigned char)*rest & 0xc0) == 0x80)
		rest++;
	memcpy(to, ellipsis, sizeof ellipsis - 1);
	memcpy(to + sizeof ellipsis - 1, rest, strlen(rest) + 1);
}

/* @where and the arguments may be parts of *err itself, so *err changes only when all is formatted.
 */
static void fill(struct error *err, enum error_kind kind, int code, const char *where,
		 const char *text)
{
	struct error filled = { .kind = kind, .code = code };

	keep_end(filled.where, sizeof filled.where, where ? where : "");
	keep_front(filled.text, sizeof filled.text, text);
	*err = filled;
}

int error_set(struct error *err, enum error_kind kind, const char *where, const char *fmt, ...)
{
	char text[2 * sizeof err->text];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);

	fill(err, kind, 0, where, text);
	return -1;
}

int error_sys(struct error *err, const char *where, const char *fmt, ...)
{
	const int code = errno;
	char text[2 * sizeof err->text];
	char message[sizeof text + 128];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);

	errno = code;
	snprintf(message, sizeof message, "%s: %m", text);
	fill(err, ERR_KERNEL, code, where, message);
	errno = code;
	return -1;
}

int error_context(struct error *err, const char *fmt, ...)
{
	char context[sizeof err->text];
	char text[2 * sizeof err->text + 2];
	va_list args;

	va_start(args, fmt);
	vsnprintf(context, sizeof context, fmt, args);
	va_end(args);

	snprintf(text, sizeof text, "%s: %s", context, err->text);
	keep_front(err->text, sizeof err->text, text);
	return -1;
}

[[gnu::format(printf, 2, 0)]] static void set_remedy(struct error *err, const char *fmt,
						     va_list args)
{
	char remedy[2 * sizeof err->remedy];

	vsnprintf(remedy, sizeof remedy, fmt, args);
	keep_front(err->remedy, sizeof err->remedy, remedy);
}

int error_remedy(struct error *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set_remedy(err, fmt, args);
	va_end(args);
	return -1;
}

int error_remedy_if_absent(struct error *err, const char *fmt, ...)
{
	va_list args;

	if (err->code != ENOENT || *err->remedy)
		return -1;
	va_start(args, fmt);
	set_remedy(err, fmt, args);
	va_end(args);
	return -1;
}
