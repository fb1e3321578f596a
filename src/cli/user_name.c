/* cli/user_name.c: what a user of the host is called */
#include "cli/user_name.h"

#include <inttypes.h>
#include <string.h>

const char *user_name(const struct buf *passwd, uint32_t uid, struct arena *arena)
{
	const char *const number = arena_printf(arena, "%" PRIu32 ":", uid);

	for (const char *line = buf_text(passwd); *line;) {
		const size_t len = strcspn(line, "\n"), name = strcspn(line, ":\n");
		const char *const password = line + name + (name < len);
		const size_t skip = strcspn(password, ":\n") + 1;

		if (name > 0 && password + skip < line + len &&
		    strncmp(password + skip, number, strlen(number)) == 0)
			return arena_strndup(arena, line, name);
		line += len + (line[len] == '\n');
	}
	return arena_printf(arena, "#%" PRIu32, uid);
}
