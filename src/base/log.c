/* base/log.c: what brig tells its caller besides its output */
#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The one variable at file level in brig: set once in main(). */
static struct sink {
	int fd; /* of --log; 0 for none, since 0 is never the descriptor of a file opened here */
	bool json, debug;
} sink;

int log_open(const struct log_options *options, struct error *err)
{
	sink.json = options->json;
	sink.debug = options->debug;
	if (!options->path)
		return 0;

	const int fd = fd_open(options->path, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY, 0600, err);

	if (fd < 0) {
		(void)error_context(err, "the log file");
		return error_remedy_if_absent(err, "make its directory first");
	}
	sink.fd = fd;
	return 0;
}

/* Best effort: there is nobody left to tell. One write, so that lines of two processes do not mix.
 */
static void write_line(int fd, struct buf *line)
{
	const int saved = errno;

	buf_putc(line, '\n');
	[[maybe_unused]] const ssize_t ignored = write(fd, line->data, line->len);
	errno = saved;
}

static void log_to_file(const char *level, const char *text)
{
	autobuf struct buf line = {};
	char now[CLOCK_TEXT_SIZE];

	if (sink.json) {
		struct json_out out = { .buf = &line };

		json_out_object(&out, NULL);
		json_out_string(&out, "level", level);
		json_out_string(&out, "msg", text);
		json_out_string(&out, "time", clock_now(now));
		json_out_end_object(&out);
	} else {
		buf_printf(&line, "%s %s: ", clock_now(now), level);
		buf_put_visible(&line, text);
	}
	write_line(sink.fd, &line);
}

static void log_to_stderr(const char *prefix, const char *text)
{
	autobuf struct buf line = {};

	buf_puts(&line, prefix);
	buf_put_visible(&line, text);
	write_line(STDERR_FILENO, &line);
}

void log_debug(const char *fmt, ...)
{
	char text[1024];
	va_list args;

	if (!sink.debug)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);

	if (sink.fd > 0)
		log_to_file("debug", text);
	else
		log_to_stderr("brig: debug: ", text);
}

void log_warn(const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);

	if (sink.fd > 0 && sink.debug)
		log_to_file("warning", text);
	if (sink.debug || (sink.fd == 0 && !sink.json) || isatty(STDERR_FILENO))
		log_to_stderr("brig: warning: ", text);
}

void log_note(const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	if (sink.fd > 0 && (sink.debug || !sink.json))
		log_to_file("info", text);
	if (sink.debug || isatty(STDERR_FILENO))
		log_to_stderr("brig: note: ", text);
}

void log_error(const struct error *err)
{
	const bool is_terminal = isatty(STDERR_FILENO);
	/* Where the text says it already, it is not said again. */
	const bool has_where = err->where[0] != '\0' && !strstr(err->text, err->where);
	const bool has_remedy = err->remedy[0] != '\0';
	char text[sizeof *err + 16];

	/* An engine shows its user this one text and nothing else: all of it goes in. */
	snprintf(text, sizeof text, "%s%s%s%s%s%s", err->text, has_where || has_remedy ? " (" : "",
		 has_where ? err->where : "", has_where && has_remedy ? ": " : "", err->remedy,
		 has_where || has_remedy ? ")" : "");
	log_to_stderr("brig: ", is_terminal ? err->text : text);
	if (is_terminal && has_where)
		log_to_stderr("  at      ", err->where);
	if (is_terminal && has_remedy)
		log_to_stderr("  remedy  ", err->remedy);
	if (sink.fd > 0)
		log_to_file("error", text);
}
