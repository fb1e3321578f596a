/* kernel/uidmaps_snapshot.c: what uidmaps_update() keeps between commands */
#include "kernel/uidmaps_snapshot.h"

#include "base/arena.h"
#include "base/cleanup.h"

#include <assert.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAGIC UINT64_C(0x6272'6967'6d61'7031) /* another number for another layout */

struct header {
	uint64_t magic, sum, n;
	struct uidmaps_mark mark;
};
static_assert(sizeof(struct header) % sizeof(uint64_t) == 0, "the sum is taken over words");
static_assert(sizeof(struct uidmaps_range) == sizeof(uint64_t), "the sum is taken over words");

/* FNV-1a over words: finds a cut or damaged file, not a forged one, which only its owner could make. */
static uint64_t add_sum(uint64_t sum, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, bytes + i, sizeof word);
		sum = (sum ^ word) * UINT64_C(0x100000001b3);
		sum ^= sum >> 29; /* the upper half of a word shall reach the lower bits, too */
	}
	return sum;
}

static uint64_t sum_of(const struct header *header, const struct uidmaps_range *ranges)
{
	uint64_t sum = add_sum(UINT64_C(0xcbf29ce484222325), &header->n, sizeof header->n);

	sum = add_sum(sum, &header->mark, sizeof header->mark);
	return add_sum(sum, ranges, header->n * sizeof *ranges);
}

static bool is_sane(const struct header *header, const struct uidmaps_range *ranges)
{
	const struct uidmaps_mark *mark = &header->mark;

	if (header->sum != sum_of(header, ranges) || mark->n_pending > UIDMAPS_PENDING_MAX ||
	    mark->boot_id[sizeof mark->boot_id - 1] != '\0')
		return false;
	for (size_t i = 0; i < header->n; i++) {
		if (ranges[i].first > ranges[i].last)
			return false;
		if (i > 0 && ranges[i].first <= ranges[i - 1].last)
			return false;
	}
	return true;
}

bool uidmaps_snapshot_load(int fd, struct uidmaps_mark *ret_mark, struct uidmaps *ret_maps)
{
	struct header header;
	struct stat st;

	if (pread(fd, &header, sizeof header, 0) != sizeof header || header.magic != MAGIC ||
	    header.n > UIDMAPS_RANGES_MAX || fstat(fd, &st) < 0)
		return false;

	const size_t size = header.n * sizeof(struct uidmaps_range);

	if ((size_t)st.st_size != sizeof header + size)
		return false;

	autofree struct uidmaps_range *ranges = xmalloc(size + 1);

	if (pread(fd, ranges, size, sizeof header) != (ssize_t)size || !is_sane(&header, ranges))
		return false;
	*ret_mark = header.mark;
	*ret_maps = (struct uidmaps){ .ranges = ptr_take(&ranges), .n = header.n };
	return true;
}

void uidmaps_snapshot_store(int fd, const struct uidmaps_mark *mark, const struct uidmaps *maps)
{
	struct header header = { .magic = MAGIC, .n = maps->n, .mark = *mark };
	const size_t size = maps->n * sizeof *maps->ranges;
	const struct iovec parts[] = { { &header, sizeof header }, { maps->ranges, size } };
	struct stat st;

	header.sum = sum_of(&header, maps->ranges);
	if (maps->n > UIDMAPS_RANGES_MAX ||
	    pwritev(fd, parts, ARRAY_LEN(parts), 0) != (ssize_t)(sizeof header + size))
		(void)!ftruncate(fd,
				 0); /* also on a full disk; and if not even that: the sum tells */
	else if (fstat(fd, &st) == 0 && st.st_size != (off_t)(sizeof header + size))
		(void)!ftruncate(fd, (off_t)(sizeof header + size));
}
