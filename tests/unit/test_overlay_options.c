#include "kernel/overlay_options.h"

#include "base/buf.h"
#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int make(void **state)
{
	*state = calloc(1, sizeof(struct arena));
	return *state ? 0 : -1;
}

static int discard(void **state)
{
	arena_free(*state);
	free(*state);
	return 0;
}

static struct overlay_layers read_text(void **state, const char *text)
{
	struct overlay_layers layers = {};
	struct error err = {};

	if (overlay_options_read(text, *state, &layers, &err) < 0)
		fail_msg("'%s': %s", text, err.text);
	return layers;
}

static struct error refused(void **state, const char *text)
{
	struct overlay_layers layers = {}, untouched = {};
	struct error err = {};

	assert_int_equal(overlay_options_read(text, *state, &layers, &err), -1);
	assert_memory_equal(&layers, &untouched, sizeof layers);
	return err;
}

static void layers_are_listed_topmost_first(void **state)
{
	const struct overlay_layers layers =
		read_text(state, "rw,lowerdir=/a:/b/c:d,upperdir=/u,workdir=/w");

	assert_int_equal(layers.n_lower, 3);
	assert_string_equal(layers.lower[0], "/a");
	assert_string_equal(layers.lower[1], "/b/c");
	assert_string_equal(layers.lower[2], "d");
	assert_int_equal(layers.n_data, 0);
	assert_string_equal(layers.upper, "/u");
	assert_string_equal(layers.carried, "");
	assert_false(layers.readonly);
}

static void without_an_upper_layer_there_is_none(void **state)
{
	const struct overlay_layers layers = read_text(state, "ro,lowerdir=/a");

	assert_null(layers.upper);
	assert_true(layers.readonly);
}

/* As Linux 6.18 shows a mount of layers called "a b,c:d\e" and "l2". */
static void both_ways_of_quoting_are_undone(void **state)
{
	const struct overlay_layers layers =
		read_text(state, "rw,lowerdir=/x/a\\040b\\134\\054c\\134:d\\134\\134e:/x/l2,"
				 "upperdir=/x/u\\134\\054v\\011w,workdir=/x/w");

	assert_int_equal(layers.n_lower, 2);
	assert_string_equal(layers.lower[0], "/x/a b,c:d\\e");
	assert_string_equal(layers.lower[1], "/x/l2");
	assert_string_equal(layers.upper, "/x/u,v\tw");
}

static void a_layer_added_alone_is_taken_as_it_is(void **state)
{
	const struct overlay_layers layers = read_text(
		state, "rw,lowerdir+=/x/a\\040b\\054c:d\\134e,lowerdir+=/x/l2,datadir+=/x/d:1");

	assert_int_equal(layers.n_lower, 2);
	assert_string_equal(layers.lower[0], "/x/a b,c:d\\e");
	assert_string_equal(layers.lower[1], "/x/l2");
	assert_int_equal(layers.n_data, 1);
	assert_string_equal(layers.data[0], "/x/d:1");
}

static void two_colons_begin_the_data_layers(void **state)
{
	const struct overlay_layers layers =
		read_text(state, "rw,lowerdir=/a:/b::/c::/d,metacopy=on");

	assert_int_equal(layers.n_lower, 2);
	assert_int_equal(layers.n_data, 2);
	assert_string_equal(layers.data[0], "/c");
	assert_string_equal(layers.data[1], "/d");
}

static void an_octal_number_that_is_none_is_a_path(void **state)
{
	const struct overlay_layers layers = read_text(state, "lowerdir+=/a\\04:\\400\\");

	assert_string_equal(layers.lower[0], "/a\\04:\\400\\");
}

static void options_are_carried_over_but_not_the_index(void **state)
{
	const struct overlay_layers layers = read_text(
		state, "rw,seclabel,lowerdir=/a,index=on,nfs_export=on,redirect_dir=on,metacopy=on,"
		       "xino=on,uuid=on,verity=require,userxattr,volatile,fsync=volatile,"
		       "default_permissions");

	assert_string_equal(layers.carried, ",redirect_dir=on,metacopy=on,xino=on,uuid=on,"
					    "verity=require,userxattr,volatile,fsync=volatile,"
					    "default_permissions");
}

static void a_security_context_keeps_its_comma(void **state)
{
	const struct overlay_layers layers =
		read_text(state, "rw,context=\"system_u:object_r:t:s0:c1,c2\",lowerdir=/a");
	const struct overlay_layers bare =
		read_text(state, "rw,fscontext=system_u:object_r:t:s0,lowerdir=/a");

	assert_string_equal(layers.carried, ",context=\"system_u:object_r:t:s0:c1,c2\"");
	assert_string_equal(bare.carried, ",fscontext=\"system_u:object_r:t:s0\"");
}

static void an_option_that_is_not_known_is_named(void **state)
{
	const struct error err = refused(state, "rw,lowerdir=/a,frobnicate=on");

	assert_non_null(strstr(err.text, "'frobnicate'"));
	assert_non_null(strstr(err.remedy, "rootfs_ids"));
}

static void what_cannot_be_meant_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"rw",
		"rw,upperdir=/u,workdir=/w",
		"lowerdir=",
		"lowerdir=/a:",
		"lowerdir=/a:::/b",
		"lowerdir",
		"lowerdir+=",
		"datadir+=/a",
		"lowerdir=/a,upperdir=",
		"lowerdir=/a,volatile=on",
		"lowerdir=/a,metacopy",
		"lowerdir=/a,metacopy=on\\054upperdir=/etc",
		"lowerdir=/a,redirect_dir=\\134",
		"lowerdir=/a,context",
		"lowerdir=/a,context=\"\"",
		"lowerdir=/a,context=\"a\"b\"",
		"lowerdir=/a,context=a\\054upperdir=/etc",
		"lowerdir=/a,context=\"a,upperdir=/etc",
		"lowerdir=/a,LOWERDIR=/b",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		(void)refused(state, texts[i]);
}

static void as_many_layers_as_the_kernel_takes_and_no_more(void **state)
{
	autobuf struct buf text = {};

	buf_puts(&text, "lowerdir=0");
	for (int i = 1; i < OVERLAY_LAYERS_MAX; i++)
		buf_printf(&text, ":%d", i);

	const struct overlay_layers layers = read_text(state, buf_text(&text));

	assert_int_equal(layers.n_lower, OVERLAY_LAYERS_MAX);
	assert_string_equal(layers.lower[63], "63");
	assert_string_equal(layers.lower[499], "499");
	buf_puts(&text, "::one-more");

	const struct error err = refused(state, buf_text(&text));

	assert_non_null(strstr(err.text, "500"));
}

static void a_path_that_no_call_would_take_is_refused(void **state)
{
	static const char *const names[] = { "lowerdir=/", "lowerdir+=/",
					     "lowerdir=/a,upperdir=/" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		autobuf struct buf text = {};

		buf_puts(&text, names[i]);
		for (int n = 0; n < 4096; n++)
			buf_putc(&text, 'x');
		(void)refused(state, buf_text(&text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(layers_are_listed_topmost_first, make, discard),
		cmocka_unit_test_setup_teardown(without_an_upper_layer_there_is_none, make,
						discard),
		cmocka_unit_test_setup_teardown(both_ways_of_quoting_are_undone, make, discard),
		cmocka_unit_test_setup_teardown(a_layer_added_alone_is_taken_as_it_is, make,
						discard),
		cmocka_unit_test_setup_teardown(two_colons_begin_the_data_layers, make, discard),
		cmocka_unit_test_setup_teardown(an_octal_number_that_is_none_is_a_path, make,
						discard),
		cmocka_unit_test_setup_teardown(options_are_carried_over_but_not_the_index, make,
						discard),
		cmocka_unit_test_setup_teardown(a_security_context_keeps_its_comma, make, discard),
		cmocka_unit_test_setup_teardown(an_option_that_is_not_known_is_named, make,
						discard),
		cmocka_unit_test_setup_teardown(what_cannot_be_meant_is_refused, make, discard),
		cmocka_unit_test_setup_teardown(as_many_layers_as_the_kernel_takes_and_no_more,
						make, discard),
		cmocka_unit_test_setup_teardown(a_path_that_no_call_would_take_is_refused, make,
						discard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
