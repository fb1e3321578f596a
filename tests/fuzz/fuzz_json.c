/* fuzz_json: any bytes either are refused with a reason, or are a tree that survives being written
 * and read again. The first byte chooses the options.
 */
#include "base/json.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Touches every node in each way that a reader has. */
static void visit(const struct json *node)
{
	struct error err = {};
	char pointer[128], small[8];
	const char *text = NULL;
	uint64_t u = 0;
	int64_t i = 0;
	bool flag = false;

	if (json_to_string(node, &text, &err) == 0 && strlen(text) != node->len)
		abort();
	if (json_to_uint(node, 1000, &u, &err) == 0 && u > 1000)
		abort();
	if (json_to_int(node, -5, 5, &i, &err) == 0 && (i < -5 || i > 5))
		abort();
	if (json_to_bool(node, &flag, &err) < 0 && err.text[0] == '\0')
		abort();
	if (strlen(json_pointer(node, pointer, sizeof pointer)) >= sizeof pointer ||
	    strlen(json_pointer(node, small, sizeof small)) >= sizeof small)
		abort();
	for (const struct json *child = node->first; child; child = child->next)
		visit(child);
}

static void write_tree(const struct json *top, bool pretty, struct buf *ret)
{
	struct json_out out = { .buf = ret, .pretty = pretty };

	json_out_node(&out, NULL, top);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autoarena struct arena arena = {};
	autobuf struct buf first = {}, second = {};
	struct error err = {};

	if (size == 0)
		return 0;

	const bool comments = data[0] & 1, pretty = data[0] & 2;
	const struct json *top = json_parse(&arena, "input", (const char *)data + 1, size - 1,
					    (struct json_limits){ .comments = comments }, &err);

	if (!top) {
		if (err.kind != ERR_SPEC || err.text[0] == '\0')
			abort();
		return 0;
	}
	visit(top);

	write_tree(top, pretty, &first);
	top = json_parse(&arena, "output", first.data, first.len, (struct json_limits){}, &err);
	if (!top)
		abort();
	write_tree(top, pretty, &second);
	if (first.len != second.len || memcmp(first.data, second.data, first.len) != 0)
		abort();
	return 0;
}
