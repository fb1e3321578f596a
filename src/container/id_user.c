/* container/id_user.c: the ids that an ordinary user can give to a container */
#include "container/id_user.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

enum {
	NOBODY = 65'534, /* what images have, as the kernel's overflow id: proc_sys_kernel(5) */
	PARTS = 16,      /* containers that a subordinate range is for, at least */
	PART_MIN = 1'024,
	MAP_SIZE_MAX = 16'384, /* 340 lines of 33 bytes, user_namespaces(7) */
};

size_t id_user_ranges(struct arena *arena, uint32_t first, uint32_t count, const uint32_t *own,
		      const struct id_range **ret)
{
	struct id_range *ranges = arena_array(arena, 3, sizeof *ranges);
	uint32_t inside = 0;
	size_t n = 0;

	if (own) {
		ranges[n++] = (struct id_range){ 0, *own, 1 };
		inside = 1;
	}

	const bool nobody = inside + count <= NOBODY && count > 1;

	ranges[n++] = (struct id_range){ inside, first, count - nobody };
	if (nobody)
		ranges[n++] = (struct id_range){ NOBODY, first + count - 1, 1 };
	*ret = ranges;
	return n;
}

uint32_t id_user_part(uint32_t available, uint32_t wanted)
{
	const uint32_t part = available / PARTS;
	const uint32_t least = available < PART_MIN ? available : PART_MIN;

	if (part >= wanted)
		return wanted;
	return part > least ? part : least;
}

int id_user_namespace(int proc, const char *path, struct arena *arena, const struct id_range **ret,
		      size_t *ret_n, struct error *err)
{
	struct id_range *ranges = arena_array(arena, IDMAP_RANGES_MAX, sizeof *ranges);
	autobuf struct buf text = {};
	size_t n = 0;

	if (fd_read_file(proc, path, MAP_SIZE_MAX, &text, err) < 0)
		return -1;

	const char *at = buf_text(&text);

	for (; n < IDMAP_RANGES_MAX && (at = idmap_line(at, &ranges[n])); n++)
		ranges[n].outside = ranges[n].inside;
	if (n == 0)
		return error_set(err, ERR_KERNEL, path, "our user namespace has no ids: /proc/%s",
				 path);
	*ret = ranges;
	*ret_n = n;
	return 0;
}
