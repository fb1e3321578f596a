/* fuzz_cgroup: linux.resources of any kind become lines that keep the promises of plan_resources.h, or
 * an error with a place; so do a cgroupsPath and the text of a systemd property. The first byte
 * chooses the reader and, for resources, the host.
 */
#include "base/cleanup.h"
#include "kernel/cgroup_property.h"
#include "plan/plan_resources.h"
#include "plan/plan_systemd.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void promise(bool kept)
{
	if (!kept)
		abort();
}

/* What a line may be, wherever it comes from: below the cgroup, and none of the core's own files. */
static void check_line(const struct cgroup_write *write)
{
	promise(write->file && write->value && write->from);
	promise(!strchr(write->file, '/') && strcmp(write->file, "..") != 0);
	promise(strncmp(write->file, "cgroup.", 7) != 0 ||
		strncmp(write->file, "cgroup.max.", 11) == 0);
	promise((write->or_file == NULL) == (write->or_value == NULL));
}

static void resources(const char *text, size_t len, unsigned choice)
{
	static const struct policy_settings settings = {
		.memory_max = 1 << 20,
		.pids_max = 10,
		.cpu_quota_us = 1000,
		.cpu_period_us = 2000,
		.swap_limited = true,
	};
	static const char *const controllers[] = { "cpu cpuset io memory hugetlb pids rdma misc",
						   "hugetlb", NULL };
	const struct host host = {
		.cgroup_controllers = controllers[choice % ARRAY_LEN(controllers)],
		.cgroup_hybrid = choice & 8,
	};
	const bool update = choice & 16;
	autoarena struct arena arena = {};
	struct error err = {};
	struct plan_limits limits = {};
	struct spec *spec = spec_parse_resources(text, len, &err);

	if (!spec)
		return;

	const int status = (update ? plan_cgroup_update : plan_resources)(
		&spec->linux_.resources, &settings, &host, &arena, &limits, &err);

	promise(status == 0 || (err.text[0] && err.where[0]));
	for (size_t i = 0; status == 0 && i < limits.n; i++)
		check_line(&limits.writes[i]);
	spec_free(spec);
}

static void property(const char *text)
{
	autoarena struct arena arena = {};
	struct cgroup_property_value value = {};

	if (cgroup_property_parse(text, &arena, &value) < 0)
		return;
	promise(strcmp(value.signature, "as") == 0 || strlen(value.signature) == 1);
	promise((strchr(value.signature, 's') != NULL) || value.n_strings == 0);
	promise(strcmp(value.signature, "s") != 0 || value.n_strings == 1);
	for (size_t i = 0; i < value.n_strings; i++)
		promise(strlen(value.strings[i]) < strlen(text));
}

/* Each component of a slice's path is a slice: none is "..", and none is left empty. */
static void slice(const char *text)
{
	autoarena struct arena arena = {};
	const char *path = plan_slice_path(&arena, text);

	(void)plan_is_systemd_path(text);
	for (; path && *path; path += strcspn(path, "/")) {
		promise(*path++ == '/');

		const size_t len = strcspn(path, "/");

		promise(len > strlen(".slice") &&
			memcmp(path + len - strlen(".slice"), ".slice", strlen(".slice")) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;

	autoarena struct arena arena = {};
	const char *text = arena_strndup(&arena, (const char *)data + 1, size - 1);

	switch (data[0] % 4) {
	case 0:
		property(text);
		break;
	case 1:
		slice(text);
		break;
	default:
		resources(text, size - 1, data[0] / 4U);
	}
	return 0;
}
