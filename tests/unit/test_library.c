#include "base/library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

struct math_api {
	double (*cosine)(double);
	int padding;
	double (*root)(double);
};

static const struct library_symbol math_symbols[] = {
	{ "cos", offsetof(struct math_api, cosine) },
	{ "sqrt", offsetof(struct math_api, root) },
};

static void functions_are_filled_in_by_name(void **)
{
	struct math_api math = { .padding = 7 };
	struct error err = {};

	assert_int_equal(library_open("libm.so.6", math_symbols, 2, &math, &err), 0);
	assert_true(math.cosine(0.0) > 0.99 && math.root(4.0) > 1.99);
	assert_int_equal(math.padding, 7);
}

static void a_missing_library_is_named_with_its_package(void **)
{
	struct math_api math = {};
	struct error err = {};

	assert_int_equal(library_open("libnone.so.9", math_symbols, 2, &math, &err), -1);
	assert_string_equal(err.where, "libnone.so.9");
	assert_non_null(strstr(err.text, "cannot load libnone.so.9"));
	assert_string_equal(err.remedy, "install the library libnone.so.9");
}

static void a_missing_function_leaves_the_struct_untouched(void **)
{
	static const struct library_symbol symbols[] = {
		{ "cos", offsetof(struct math_api, cosine) },
		{ "no_such_function", offsetof(struct math_api, root) },
	};
	struct math_api math = {};
	struct error err = {};

	assert_int_equal(library_open("libm.so.6", symbols, 2, &math, &err), -1);
	assert_null(math.cosine);
	assert_non_null(strstr(err.text, "no_such_function"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_are_filled_in_by_name),
		cmocka_unit_test(a_missing_library_is_named_with_its_package),
		cmocka_unit_test(a_missing_function_leaves_the_struct_untouched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
