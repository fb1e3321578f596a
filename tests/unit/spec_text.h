/* tests/unit/spec_text.h: config.json in a test */
#ifndef BRIG_TESTS_SPEC_TEXT_H
#define BRIG_TESTS_SPEC_TEXT_H

#include "base/cleanup.h"
#include "spec/spec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Has every property, and all of an object in the first of a list. Tests run in the top folder. */
#define FULL "tests/fuzz/corpus/spec/full.json"

#define CONFIG_BEGIN "{'ociVersion':'1.3.0','root':{'path':'rootfs'},"
#define LINUX_BEGIN  CONFIG_BEGIN "'linux':{"
#define LINUX_END    "}}"
#define PROCESS      "'cwd':'/','args':['sh'],"

typedef struct spec *parse_fn(const char *text, size_t len, struct error *err);

/* JSON in single quotes, to be readable here. */
static inline char *unquoted(const char *json)
{
	char *text = xstrdup(json);

	for (char *c = text; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	return text;
}

static inline struct spec *accepted(parse_fn *parse, const char *json)
{
	autofree char *text = unquoted(json);
	struct error err = {};
	struct spec *spec = parse(text, strlen(text), &err);

	if (!spec)
		fail_msg("refused: %s: %s\n%s", err.where, err.text, json);
	return spec;
}

#endif
