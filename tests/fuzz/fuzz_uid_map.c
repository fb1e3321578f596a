/* fuzz_uid_map: any text as /proc/PID/uid_map becomes ranges of 32-bit ids; and any number of such
 * texts become a list that is sorted and disjoint, and has each id that a line mapped. Texts are
 * divided by NUL.
 */
#include "base/cleanup.h"
#include "kernel/idmap.h"
#include "kernel/uidmaps.h"

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

static void check_sorted(const struct uidmaps *maps)
{
	for (size_t i = 0; i < maps->n; i++) {
		promise(maps->ranges[i].first <= maps->ranges[i].last);
		promise(i == 0 || maps->ranges[i - 1].last < maps->ranges[i].first);
	}
}

static bool stays_the_hosts(const struct id_range *range)
{
	return range->inside == range->outside && range->count > UINT32_MAX / 2;
}

static void check_has(const struct uidmaps *maps, const struct id_range *range)
{
	const uint64_t last = (uint64_t)range->outside + range->count - 1;

	if (range->count == 0 || last > UINT32_MAX || stays_the_hosts(range))
		return;
	promise(uidmaps_overlap(maps, range->outside, range->outside));
	promise(uidmaps_overlap(maps, (uint32_t)last, (uint32_t)last));
}

/* Read line by line, as the mappings of a process that is joined are. */
static void check_lines(const struct uidmaps *maps, const char *text)
{
	const char *end = text + strlen(text);
	struct id_range range;

	for (const char *next; (next = idmap_line(text, &range)); text = next) {
		promise(next > text && next <= end);
		check_has(maps, &range);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct uidmaps maps = {};

	for (size_t at = 0, len; at < size; at += len + 1) {
		autofree char *text = strndup((const char *)data + at, size - at);

		len = strlen(text);
		uidmaps_add(&maps, text);
		check_sorted(&maps);
		check_lines(&maps, text);
	}
	uidmaps_free(&maps);
	return 0;
}
