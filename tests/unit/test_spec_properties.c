/* tests/unit/test_spec_properties.c: every property is checked, by what the tables say of it */
#include "base/fd.h"
#include "spec/properties.h"
#include "spec_text.h"

#include <fcntl.h>
#include <stdio.h>

/* The node in the full document that a path of spec_properties() means: the first of a list, which
 * therefore has every property there. */
static const struct json *find_property(const struct json *top, const char *path)
{
	const struct json *node = top;
	char name[64];

	while (node && *path) {
		const size_t len = strcspn(path, ".[");

		snprintf(name, sizeof(name), "%.*s", (int)len, path);
		node = strcmp(name, "*") == 0 ? node->first : json_get(node, name);
		path += len;
		if (strncmp(path, "[]", 2) == 0) {
			path += 2;
			node = node ? node->first : NULL;
		}
		path += *path == '.';
	}
	return node;
}

/* @node as JSON, with @instead (NULL: nothing) in the place of @changed. */
static void write_changed(struct buf *out, const struct json *node, const struct json *changed,
			  const char *instead)
{
	const char *comma = "";

	if (node == changed) {
		buf_puts(out, instead);
		return;
	}
	if (node->type != JSON_OBJECT && node->type != JSON_ARRAY) {
		struct json_out plain = { .buf = out };

		json_out_node(&plain, NULL, node);
		return;
	}
	buf_putc(out, node->type == JSON_OBJECT ? '{' : '[');
	for (const struct json *child = node->first; child; child = child->next) {
		if (child == changed && !instead)
			continue;
		buf_puts(out, comma);
		if (child->key)
			buf_printf(out, "\"%s\":", child->key);
		write_changed(out, child, changed, instead);
		comma = ",";
	}
	buf_putc(out, node->type == JSON_OBJECT ? '}' : ']');
}

static void expect_refusal_of(const struct json *top, const struct json *node, const char *instead)
{
	autobuf struct buf text = {};
	struct error err = {};
	char pointer[128];

	write_changed(&text, top, node, instead);
	json_pointer(node, pointer, sizeof(pointer));
	if (spec_parse(buf_text(&text), text.len, &err))
		fail_msg("%s: accepted %s", pointer, instead ? instead : "without it");
	assert_int_equal(err.kind, ERR_SPEC);
	assert_string_equal(err.where, pointer);
	assert_int_not_equal(err.remedy[0], '\0');
}

static void every_property_is_in_the_full_document_and_checked(void **)
{
	autoarena struct arena arena = {};
	autobuf struct buf text = {};
	struct error err = {};
	const struct spec_property *properties;
	const size_t n = spec_properties(&arena, &properties);

	assert_int_equal(fd_read_file(AT_FDCWD, FULL, JSON_SIZE_MAX, &text, &err), 0);

	const struct json *top = json_parse(&arena, "full.json", buf_text(&text), text.len,
					    (struct json_limits){}, &err);

	assert_non_null(top);
	assert_in_range(n, 200, 400);
	for (size_t i = 0; i < n; i++) {
		const struct json *node = find_property(top, properties[i].path);

		if (!node) {
			fail_msg("%s is not in " FULL, properties[i].path);
			return;
		}
		expect_refusal_of(top, node, node->type == JSON_BOOL ? "\"yes\"" : "true");
		if (properties[i].required)
			expect_refusal_of(top, node, NULL);
		assert_non_null(strstr(properties[i].section, ".md"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_property_is_in_the_full_document_and_checked),
	};

	return cmocka_run_group_tests_name("spec properties", tests, NULL, NULL);
}
