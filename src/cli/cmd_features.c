/* cli/cmd_features.c: brig features; features.md and features-linux.md of the OCI specification
 *
 * Engines decide by this document what they may ask for, so it is not written down a second time:
 * the words come from the tables by which config.json is decoded, and from those of kernel/.
 */
#include "base/cleanup.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/version.h"
#include "kernel/capability.h"
#include "kernel/criu.h"
#include "kernel/host.h"
#include "kernel/mount_options.h"
#include "kernel/namespace.h"
#include "spec/decode.h"

#include <assert.h>
#include <linux/capability.h>
#include <string.h>

/* --- words of the decoder --- */

static const struct field *find_field(const struct shape *shape, const char *name)
{
	return table_find_row(shape->fields, shape->n, sizeof shape->fields[0], name);
}

static void print_members(struct json_out *out, const char *key, const struct shape *shape)
{
	json_out_array(out, key);
	for (size_t i = 0; i < shape->n; i++)
		json_out_string(out, NULL, shape->fields[i].name);
	json_out_end_array(out);
}

/* @path: the properties that lead from @shape to the one with the words, NULL-terminated */
static const struct field *find_words(const struct shape *shape, const char *const *path)
{
	const struct field *field = NULL;

	for (; *path; path++) {
		field = find_field(shape, *path);
		assert(field);
		shape = field->shape;
	}
	assert(field && field->words);
	return field;
}

static void print_words(struct json_out *out, const char *key, const struct shape *shape,
			const char *const *path)
{
	const struct field *field = find_words(shape, path);

	json_out_array(out, key);
	for (size_t i = 0; i < field->n_words; i++)
		json_out_string(out, NULL, field->words[i].name);
	json_out_end_array(out);
}

#define PATH(...)                                                                                  \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

/* --- the parts of the document --- */

static void print_mount_options(struct json_out *out)
{
	size_t n;
	const struct mount_option *options = mount_options_list(&n);

	json_out_array(out, "mountOptions");
	for (size_t i = 0; i < n; i++) {
		if (options[i].name[0] != '\0') /* Podman's empty option means nothing */
			json_out_string(out, NULL, options[i].name);
	}
	json_out_end_array(out);
}

static void print_namespaces(struct json_out *out)
{
	json_out_array(out, "namespaces");
	for (enum ns kind = 0; kind < NS_COUNT; kind++)
		json_out_string(out, NULL, ns_name(kind));
	json_out_end_array(out);
}

static void print_capabilities(struct json_out *out)
{
	char name[24];

	json_out_array(out, "capabilities");
	for (int number = 0; number <= CAP_LAST_CAP; number++)
		json_out_string(out, NULL, capability_to_name(number, name));
	json_out_end_array(out);
}

static void print_cgroup(struct json_out *out)
{
	json_out_object(out, "cgroup");
	json_out_bool(out, "v1", false);
	json_out_bool(out, "v2", true);
	json_out_bool(out, "systemd", true);
	json_out_bool(out, "systemdUser", true);
	json_out_bool(out, "rdma", true);
	json_out_end_object(out);
}

/* Flags go to seccomp(2) as they are: all that this kernel has are supported. */
static void print_supported_flags(struct json_out *out, const struct host *host)
{
	const struct field *field = find_words(&shape_seccomp, PATH("flags"));

	json_out_array(out, "supportedFlags");
	for (size_t i = 0; i < field->n_words; i++) {
		const char *name = field->words[i].name;

		if (strcmp(name, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV") != 0 ||
		    host_at_least(host, 5, 19))
			json_out_string(out, NULL, name);
	}
	json_out_end_array(out);
}

static void print_seccomp(struct json_out *out, const struct host *host)
{
	json_out_object(out, "seccomp");
	json_out_bool(out, "enabled", true);
	print_words(out, "actions", &shape_seccomp, PATH("syscalls", "action"));
	print_words(out, "operators", &shape_seccomp, PATH("syscalls", "args", "op"));
	print_words(out, "archs", &shape_seccomp, PATH("architectures"));
	print_words(out, "knownFlags", &shape_seccomp, PATH("flags"));
	print_supported_flags(out, host);
	json_out_end_object(out);
}

static void print_enabled(struct json_out *out, const char *key)
{
	json_out_object(out, key);
	json_out_bool(out, "enabled", true);
	json_out_end_object(out);
}

static void print_intel_rdt(struct json_out *out)
{
	json_out_object(out, "intelRdt");
	json_out_bool(out, "enabled", true);
	json_out_bool(out, "schemata", true);
	json_out_bool(out, "monitoring", true);
	json_out_end_object(out);
}

static void print_linux(struct json_out *out, const struct host *host)
{
	json_out_object(out, "linux");
	print_namespaces(out);
	print_capabilities(out);
	print_cgroup(out);
	print_seccomp(out, host);
	print_enabled(out, "apparmor");
	print_enabled(out, "selinux");
	print_intel_rdt(out);
	json_out_object(out, "memoryPolicy");
	print_words(out, "modes", &shape_linux, PATH("memoryPolicy", "mode"));
	print_words(out, "flags", &shape_linux, PATH("memoryPolicy", "flags"));
	json_out_end_object(out);
	json_out_object(out, "mountExtensions");
	print_enabled(out, "idmap");
	json_out_end_object(out);
	print_enabled(out, "netDevices");
	json_out_end_object(out);
}

static bool can_checkpoint(const struct host *host)
{
	struct error ignored;
	autoclose int program = host->rootless ? -1 : criu_program(&ignored);

	return program >= 0;
}

static void print_annotations(struct json_out *out, const struct host *host)
{
	/* What a container's annotations can change: an engine that takes them from users looks here. */
	static const char *const unsafe[] = { "org.systemd.property.",
					      "run.oci.keep_original_groups" };

	json_out_object(out, "annotations");
	json_out_string(out, "run.oci.brig.version", version_number());
	json_out_string(out, "run.oci.brig.commit", version_commit());
	/* As runc and crun spell it, for engines that look. */
	json_out_string(out, "org.opencontainers.runc.checkpoint.enabled",
			can_checkpoint(host) ? "true" : "false");
	json_out_end_object(out);
	json_out_array(out, "potentiallyUnsafeConfigAnnotations");
	for (size_t i = 0; i < ARRAY_LEN(unsafe); i++)
		json_out_string(out, NULL, unsafe[i]);
	json_out_end_array(out);
}

static int features(const struct cli_call *call, struct error *err)
{
	autobuf struct buf text = {};
	struct json_out out = { .buf = &text, .pretty = true };
	struct host host;

	if (host_probe(call->arena, &host, err) != 0)
		return -1;
	json_out_object(&out, NULL);
	json_out_string(&out, "ociVersionMin", VERSION_SPEC_MIN);
	json_out_string(&out, "ociVersionMax", VERSION_SPEC_MAX);
	print_members(&out, "hooks", &shape_hooks);
	print_mount_options(&out);
	print_linux(&out, &host);
	print_annotations(&out, &host);
	json_out_end_object(&out);
	buf_putc(&text, '\n');
	return cli_output(&text, err);
}

const struct cli_command cmd_features = { .run = features };
