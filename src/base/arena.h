/* base/arena.h: memory that is freed all at once
 *
 * A spec, a plan and a parsed document consist of many small values that die together. They are
 * taken from an arena and never freed one by one. All memory is zeroed. Running out of memory
 * aborts with a message: there is no recovery that could be tested.
 */
#ifndef BRIG_BASE_ARENA_H
#define BRIG_BASE_ARENA_H

#include <stddef.h>

struct arena_chunk;
struct arena {
	struct arena_chunk *chunks; /* {} is an empty arena */
};

#define autoarena [[gnu::cleanup(arena_free)]]

/** arena_alloc() - @size zeroed bytes, aligned for any type; lives until arena_free() */
[[nodiscard, gnu::malloc, gnu::returns_nonnull]] void *arena_alloc(struct arena *arena,
								   size_t size);

/** arena_array() - @n zeroed elements of @size bytes each; aborts on overflow of the product */
[[nodiscard, gnu::returns_nonnull]] void *arena_array(struct arena *arena, size_t n, size_t size);

/** arena_strndup() - a NUL-terminated copy of @len bytes */
[[nodiscard, gnu::returns_nonnull]] char *arena_strndup(struct arena *arena, const char *text,
							size_t len);

/** arena_strdup() - a copy of a string */
[[nodiscard, gnu::returns_nonnull]] char *arena_strdup(struct arena *arena, const char *text);

/** arena_printf() - a formatted string */
[[nodiscard, gnu::returns_nonnull, gnu::format(printf, 2, 3)]] char *
arena_printf(struct arena *arena, const char *fmt, ...);

/** arena_grow() - a copy of @old (@old_n elements) with room for @new_n; for arrays whose length is
 * not known before */
[[nodiscard, gnu::returns_nonnull]] void *arena_grow(struct arena *arena, const void *old,
						     size_t old_n, size_t new_n, size_t size);

/** arena_free() - frees all; the arena is empty and usable again */
void arena_free(struct arena *arena);

/** xmalloc(), xrealloc(), xstrdup() - heap memory for the few things that do not die with an arena;
 * abort when there is none */
[[nodiscard, gnu::malloc, gnu::returns_nonnull]] void *xmalloc(size_t size);
[[nodiscard, gnu::returns_nonnull]] void *xrealloc(void *memory, size_t size);
[[nodiscard, gnu::malloc, gnu::returns_nonnull]] char *xstrdup(const char *text);

#endif
