/* fuzz_spec: any bytes either are refused, with the place and advice, or become values that keep
 * what spec.h promises. Each of the four ways in reads the same bytes.
 */
#include "base/cleanup.h"
#include "spec/spec.h"

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

static void check_strings(struct spec_strings strings)
{
	for (size_t i = 0; i < strings.n; i++)
		promise(strings.items[i] && strlen(strings.items[i]) <= JSON_SIZE_MAX);
}

static void check_paths(struct spec_strings strings)
{
	for (size_t i = 0; i < strings.n; i++)
		promise(strings.items[i][0] == '/');
}

static void check_pairs(struct spec_pairs pairs)
{
	for (size_t i = 0; i < pairs.n; i++)
		promise(pairs.items[i].key && pairs.items[i].value);
}

static void check_mappings(struct spec_id_mappings maps)
{
	for (size_t i = 0; i < maps.n; i++) {
		const struct spec_id_mapping *map = &maps.items[i];

		promise(map->size > 0 && map->container_id + map->size > map->container_id &&
			map->host_id + map->size > map->host_id);
	}
}

static void check_process(const struct spec_process *process)
{
	if (!process->set)
		return;
	promise(process->cwd && process->cwd[0] == '/' && process->args.n > 0);
	check_strings(process->args);
	for (size_t i = 0; i < process->env.n; i++)
		promise(strchr(process->env.items[i], '=') > process->env.items[i]);
	for (size_t i = 0; i < process->n_rlimits; i++)
		promise(process->rlimits[i].soft <= process->rlimits[i].hard);
	for (unsigned i = 0; i < CAPSET_COUNT; i++)
		check_strings(process->capabilities.sets[i]);
}

static void check_resources(const struct spec_resources *resources)
{
	for (size_t i = 0; i < resources->n_devices; i++)
		promise(resources->devices[i].type && strchr("abc", resources->devices[i].type) &&
			(resources->devices[i].read || resources->devices[i].write ||
			 resources->devices[i].mknod));
	for (size_t i = 0; i < resources->n_rdma; i++)
		promise(resources->rdma[i].device && !strchr(resources->rdma[i].device, '\n'));
	for (size_t i = 0; i < resources->unified.n; i++)
		promise(!strchr(resources->unified.items[i].key, '/'));
	check_pairs(resources->unified);
}

static void check_seccomp(const struct spec_seccomp *seccomp)
{
	check_strings(seccomp->architectures);
	for (size_t i = 0; i < seccomp->n_rules; i++) {
		promise(seccomp->rules[i].names.n > 0);
		check_strings(seccomp->rules[i].names);
		for (size_t j = 0; j < seccomp->rules[i].n_args; j++)
			promise(seccomp->rules[i].args[j].index < 6);
	}
}

static void check_linux(const struct spec_linux *linux_)
{
	for (unsigned i = 0; i < SPEC_NS_COUNT; i++)
		promise(!linux_->namespaces[i].path || linux_->namespaces[i].path[0] == '/');
	check_mappings(linux_->uid_mappings);
	check_mappings(linux_->gid_mappings);
	for (size_t i = 0; i < linux_->n_devices; i++)
		promise(linux_->devices[i].path[0] == '/' && linux_->devices[i].type);
	for (size_t i = 0; i < linux_->n_net_devices; i++)
		promise(linux_->net_devices[i].name && strlen(linux_->net_devices[i].name) < 16);
	for (size_t i = 0; i < linux_->sysctl.n; i++)
		promise(!strstr(linux_->sysctl.items[i].key, ".."));
	check_pairs(linux_->sysctl);
	check_paths(linux_->masked_paths);
	check_paths(linux_->readonly_paths);
	check_resources(&linux_->resources);
	check_seccomp(&linux_->seccomp);
}

static void check_spec(const struct spec *spec)
{
	for (size_t i = 0; i < spec->n_mounts; i++) {
		promise(spec->mounts[i].destination[0] == '/');
		check_strings(spec->mounts[i].options);
		check_mappings(spec->mounts[i].uid_mappings);
	}
	for (unsigned kind = 0; kind < HOOK_COUNT; kind++) {
		for (size_t i = 0; i < spec->hooks[kind].n; i++)
			promise(spec->hooks[kind].items[i].path[0] == '/');
	}
	check_pairs(spec->annotations);
	check_process(&spec->process);
	check_linux(&spec->linux_);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct spec *(*const parsers[])(const char *text, size_t len, struct error *err) = {
		spec_parse,
		spec_parse_process,
		spec_parse_resources,
		spec_parse_seccomp,
	};

	for (size_t i = 0; i < ARRAY_LEN(parsers); i++) {
		struct error err = {};
		struct spec *spec = parsers[i]((const char *)data, size, &err);

		promise(spec || (err.kind == ERR_SPEC && err.text[0] != '\0'));
		if (spec)
			check_spec(spec);
		spec_free(spec);
	}
	return 0;
}
