/* fuzz_mountinfo: any text as /proc/PID/mountinfo is read to its end, line by line, and what is found
 * in it are words of that text, no longer than they were.
 */
#include "base/cleanup.h"
#include "kernel/mountinfo.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void promise(bool kept)
{
	if (!kept)
		abort();
}

static size_t lines_of(const char *text)
{
	size_t n = 1;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text =
		strndup((const char *)data, size); /* to the byte: a look beyond it shows */
	char *at = text;
	const char *end = text + strlen(text);
	const size_t lines = lines_of(text);
	struct mountinfo mount;
	size_t n = 0;

	for (const char *before = at; mountinfo_next(&at, &mount); before = at) {
		const char *after = at ? at : end + 1;

		promise(++n <= lines);
		promise(before < mount.root && mount.root < mount.point &&
			mount.point < mount.type);
		promise(mount.type <= mount.options &&
			mount.options + strlen(mount.options) < after);
		promise(!strpbrk(mount.type, " \n"));
	}
	promise(!at);
	return 0;
}
