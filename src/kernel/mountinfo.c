/* kernel/mountinfo.c: the lines of /proc/PID/mountinfo; proc_pid_mountinfo(5)
 *
 *	36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
 *	 |  |  |    |     |     |         |        |  |
 *	id  | dev  root  point  options   any      |  type
 *	  parent                          number   separator
 *
 * What names a path is written without blanks: space, tab, newline and backslash are three octal digits.
 */
#include "kernel/mountinfo.h"

#include "base/number.h"

#include <stddef.h>
#include <string.h>

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

void mountinfo_unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && is_octal(from[2]) &&
		    is_octal(from[3])) {
			*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

static bool read_line(char *line, struct mountinfo *ret)
{
	enum { ID = 0, PARENT = 1, DEVICE = 2, ROOT = 3, POINT = 4, OPTIONS = 5 };
	char *fields[OPTIONS + 1], *field;

	for (size_t i = 0; i <= OPTIONS; i++) {
		fields[i] = strsep(&line, " ");
		if (!fields[i])
			return false;
	}
	do
		field = strsep(&line, " ");
	while (field && strcmp(field, "-") != 0);

	const char *type = strsep(&line, " ");
	const char *id = fields[ID], *parent = fields[PARENT];
	uint64_t ids[2];

	if (!type || numbers_take(&id, UINT64_MAX, &ids[0], 1) != 1 ||
	    numbers_take(&parent, UINT64_MAX, &ids[1], 1) != 1)
		return false;

	const char *source = strsep(&line, " ");

	mountinfo_unescape(fields[ROOT]);
	mountinfo_unescape(fields[POINT]);
	*ret = (struct mountinfo){
		.id = ids[0],
		.parent = ids[1],
		.device = fields[DEVICE],
		.root = fields[ROOT],
		.point = fields[POINT],
		.flags = fields[OPTIONS],
		.type = type,
		.source = source ?: "",
		.options = line ?: type + strlen(type),
	};
	return true;
}

bool mountinfo_next(char **at, struct mountinfo *ret)
{
	for (char *line; (line = strsep(at, "\n"));) {
		if (read_line(line, ret))
			return true;
	}
	return false;
}
