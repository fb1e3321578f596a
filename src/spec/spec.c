/* spec/spec.c: the top of config.json, and the ways in */
#include "spec/spec.h"

#include "base/fd.h"
#include "spec/decode.h"

#include <stdlib.h>
#include <string.h>

// clang-format off
static const struct field config_fields[] = {
	{ "ociVersion",  IN(struct spec, oci_version), .text = &text_version, .required = true, .section = "config.md, \"Specification version\"" },
	{ "root",        OBJECT_IN(struct spec, root, shape_root), .required = true, .section = "config.md, \"Root\"" },
	{ "mounts",      ARRAY_IN(struct spec, mounts, shape_mount), .section = "config.md, \"Mounts\"" },
	{ "process",     OBJECT_IN(struct spec, process, shape_process), .section = "config.md, \"Process\"" },
	{ "hostname",    IN(struct spec, hostname), .text = &text_host_name, .empty_is_absent = true, .section = "config.md, \"Hostname\"" },
	{ "domainname",  IN(struct spec, domainname), .text = &text_host_name, .empty_is_absent = true, .section = "config.md, \"Domainname\"" },
	{ "linux",       OBJECT_IN(struct spec, linux_, shape_linux), .section = "config.md, \"Platform-specific configuration\"" },
	{ "hooks",       GROUP(shape_hooks), .section = "config.md, \"POSIX-platform Hooks\"" },
	{ "annotations", IN(struct spec, annotations), .key = &text_not_empty, .section = "config.md, \"Annotations\"" },
};
const struct shape shape_config = { ROWS(config_fields), .section = "config.md" };
// clang-format on

static struct spec *fail(struct spec *spec)
{
	spec_free(spec);
	return NULL;
}

/* One line must tell what it is about: the property, or the whole document. */
static struct spec *fail_about(const char *what, struct spec *spec, struct error *err)
{
	const char *subject = *err->where ? err->where : what;

	if (!strstr(err->text, subject))
		(void)error_context(err, "%s", subject);
	return fail(spec);
}

/* Parse @text as one object of @shape, which fills the part of the spec at @offset. */
static struct spec *parse(const char *what, const char *text, size_t len, const struct shape *shape,
			  size_t offset, struct error *err)
{
	struct spec *spec = xmalloc(sizeof(*spec));
	struct decoder decoder = { .arena = &spec->arena, .err = err };
	const struct json *top;

	memset(spec, 0, sizeof(*spec));
	top = json_parse(&spec->arena, what, text, len, (struct json_limits){}, err);
	if (!top || decode_object(&decoder, shape, top, (char *)spec + offset) < 0)
		return fail_about(what, spec, err);
	spec->misspelt = (struct spec_pairs){ decoder.misspelt, decoder.n_misspelt };
	return spec;
}

struct spec *spec_parse(const char *text, size_t len, struct error *err)
{
	return parse("config.json", text, len, &shape_config, 0, err);
}

struct spec *spec_parse_process(const char *text, size_t len, struct error *err)
{
	return parse("the process", text, len, &shape_process, offsetof(struct spec, process), err);
}

struct spec *spec_parse_resources(const char *text, size_t len, struct error *err)
{
	return parse("the resources", text, len, &shape_resources,
		     offsetof(struct spec, linux_.resources), err);
}

struct spec *spec_parse_seccomp(const char *text, size_t len, struct error *err)
{
	return parse("the seccomp profile", text, len, &shape_seccomp,
		     offsetof(struct spec, linux_.seccomp), err);
}

struct spec *spec_read(int bundle, struct buf *ret_text, struct error *err)
{
	autobuf struct buf own = {};
	struct buf *text = ret_text ? ret_text : &own;

	if (fd_read_file(bundle, "config.json", JSON_SIZE_MAX, text, err) < 0) {
		(void)error_remedy_if_absent(
			err, "name the bundle with --bundle; 'brig spec' writes one to start from");
		return NULL;
	}
	return spec_parse(buf_text(text), text->len, err);
}

void spec_free(struct spec *spec)
{
	if (!spec)
		return;
	arena_free(&spec->arena);
	free(spec);
}

const char *spec_annotation(const struct spec *spec, const char *key)
{
	for (size_t i = 0; i < spec->annotations.n; i++) {
		if (strcmp(spec->annotations.items[i].key, key) == 0)
			return spec->annotations.items[i].value;
	}
	return NULL;
}
