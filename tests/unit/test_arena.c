#include "base/arena.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static void memory_is_zeroed_and_aligned(void **)
{
	autoarena struct arena arena = {};

	for (size_t size = 1; size < 3000; size += 7) {
		char *memory = arena_alloc(&arena, size);

		assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(memory[i], 0);
		memset(memory, 0xff, size); /* the next must not see this */
		(void)arena_strdup(&arena, "odd");
	}
}

static void values_never_overlap_whatever_their_sizes(void **)
{
	enum { COUNT = 400 };
	autoarena struct arena arena = {};
	unsigned char *values[COUNT];
	size_t sizes[COUNT];

	srand(1);
	for (size_t i = 0; i < COUNT; i++) {
		sizes[i] = (size_t)rand() % (i % 10 == 0 ? 300'000 : 2'000);
		values[i] = arena_alloc(&arena, sizes[i]);
		memset(values[i], (int)i & 0xff, sizes[i]);
	}
	for (size_t i = 0; i < COUNT; i++) {
		for (size_t k = 0; k < sizes[i]; k++)
			assert_int_equal(values[i][k], i & 0xff);
	}
}

static void strings_are_copied(void **)
{
	autoarena struct arena arena = {};
	char text[] = "abc";
	const char *whole = arena_strdup(&arena, text);
	const char *part = arena_strndup(&arena, text, 2);
	const char *none = arena_strndup(&arena, text, 0);

	memset(text, 'x', 3);
	assert_string_equal(whole, "abc");
	assert_string_equal(part, "ab");
	assert_string_equal(none, "");
	assert_string_equal(arena_printf(&arena, "%s/%d", whole, 7), "abc/7");
}

static void a_formatted_string_may_be_larger_than_a_chunk(void **)
{
	autoarena struct arena arena = {};
	autofree char *text = xmalloc(200'001);

	memset(text, 'y', 200'000);
	text[200'000] = '\0';
	assert_int_equal(strlen(arena_printf(&arena, "%s!", text)), 200'001);
}

static void a_grown_array_keeps_its_elements_and_zeroes_the_rest(void **)
{
	autoarena struct arena arena = {};
	int *array = arena_array(&arena, 2, sizeof *array);

	array[0] = 1;
	array[1] = 2;
	array = arena_grow(&arena, array, 2, 4, sizeof *array);
	assert_int_equal(array[0] + array[1], 3);
	assert_int_equal(array[2] + array[3], 0);
	array = arena_grow(&arena, NULL, 0, 1, sizeof *array);
	assert_int_equal(array[0], 0);
}

static void an_arena_is_usable_after_it_was_freed(void **)
{
	autoarena struct arena arena = {};

	(void)arena_alloc(&arena, 10);
	arena_free(&arena);
	assert_null(arena.chunks);
	arena_free(&arena);
	assert_string_equal(arena_strdup(&arena, "again"), "again");
}

static void an_impossible_size_aborts(void **)
{
	const pid_t child = fork();
	int status;

	if (child == 0) {
		struct arena arena = {};

		close(STDERR_FILENO);
		(void)arena_array(&arena, SIZE_MAX / 2, 3);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_and_aligned),
		cmocka_unit_test(values_never_overlap_whatever_their_sizes),
		cmocka_unit_test(strings_are_copied),
		cmocka_unit_test(a_formatted_string_may_be_larger_than_a_chunk),
		cmocka_unit_test(a_grown_array_keeps_its_elements_and_zeroes_the_rest),
		cmocka_unit_test(an_arena_is_usable_after_it_was_freed),
		cmocka_unit_test(an_impossible_size_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
