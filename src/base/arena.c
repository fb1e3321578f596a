/* base/arena.c: memory that is freed all at once
 *
 * An arena is a list of chunks; the first in the list is the one that values are cut from. Chunks
 * grow from 8 KiB, so that small arenas share
 * pages, to 1 MiB. A value that would waste much of a new chunk gets a chunk of its own behind the first.
 * Only what is handed out is zeroed, so pages that are never used are never touched.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK_FIRST = 8 << 10, CHUNK_LARGEST = 1 << 20 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t size, used;
	alignas(max_align_t) char data[];
};

[[gnu::noreturn, gnu::cold]] static void out_of_memory(void)
{
	static const char text[] = "brig: out of memory\n";

	/* Nothing is left to do when even this fails. */
	[[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
	abort();
}

void *xmalloc(size_t size)
{
	void *memory = malloc(size ? size : 1);

	if (!memory)
		out_of_memory();
	return memory;
}

void *xrealloc(void *memory, size_t size)
{
	void *grown = realloc(memory, size ? size : 1);

	if (!grown)
		out_of_memory();
	return grown;
}

char *xstrdup(const char *text)
{
	const size_t size = strlen(text) + 1;

	return memcpy(xmalloc(size), text, size);
}

static struct arena_chunk *chunk_new(size_t size, struct arena_chunk *next)
{
	size_t total;

	if (__builtin_add_overflow(sizeof(struct arena_chunk), size, &total))
		out_of_memory();

	struct arena_chunk *chunk = xmalloc(total);

	*chunk = (struct arena_chunk){ .next = next, .size = size };
	return chunk;
}

/* @size bytes, not zeroed; @align is a power of two. */
static void *take(struct arena *arena, size_t size, size_t align)
{
	struct arena_chunk *chunk = arena->chunks;

	if (chunk) {
		const size_t start = (chunk->used + align - 1) & ~(align - 1);

		if (start <= chunk->size && size <= chunk->size - start) {
			chunk->used = start + size;
			return chunk->data + start;
		}
	}

	size_t next_size = chunk ? 2 * chunk->size : CHUNK_FIRST;

	if (next_size > CHUNK_LARGEST)
		next_size = CHUNK_LARGEST;
	if (chunk && size > next_size / 4) {
		chunk->next = chunk_new(size, chunk->next);
		chunk->next->used = size;
		return chunk->next->data;
	}
	if (next_size < size)
		next_size = size;
	arena->chunks = chunk_new(next_size, chunk);
	arena->chunks->used = size;
	return arena->chunks->data;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return memset(take(arena, size, alignof(max_align_t)), 0, size);
}

void *arena_array(struct arena *arena, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		out_of_memory();
	return arena_alloc(arena, total);
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *copy = take(arena, len + 1, 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	struct arena_chunk *chunk = arena->chunks;
	const size_t room = chunk ? chunk->size - chunk->used : 0;
	va_list args, again;

	va_start(args, fmt);
	va_copy(again, args);

	/* Into what is left of the chunk: mostly it fits, and taking it changes nothing there. */
	const int len = vsnprintf(chunk ? chunk->data + chunk->used : NULL, room, fmt, args);

	if (len < 0)
		out_of_memory(); /* the only failure of a valid format, printf(3) */

	char *text = take(arena, (size_t)len + 1, 1);

	if ((size_t)len >= room)
		vsnprintf(text, (size_t)len + 1, fmt, again);
	va_end(again);
	va_end(args);
	return text;
}

void *arena_grow(struct arena *arena, const void *old, size_t old_n, size_t new_n, size_t size)
{
	void *grown = arena_array(arena, new_n, size);

	if (old_n > 0)
		memcpy(grown, old, (old_n < new_n ? old_n : new_n) * size);
	return grown;
}

void arena_free(struct arena *arena)
{
	struct arena_chunk *chunk = arena->chunks;

	while (chunk) {
		struct arena_chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
	arena->chunks = NULL;
}
