/* spec/properties.h: the rows of the tables, to be read
 *
 * runtime-spec.md has a row for each, which `make lint` checks, and a test tries each.
 */
#ifndef BRIG_SPEC_PROPERTIES_H
#define BRIG_SPEC_PROPERTIES_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct spec_property {
	const char *
		path; /* "linux.resources.cpu.burst"; elements are "mounts[].source", "linux.rdma.*" */
	const char *section; /* 'config-linux.md, "CPU"' */
	bool required;       /* within its object */
};

/** spec_properties() - every property that a config.json can have, in the order of the tables; the memory is the arena's */
[[nodiscard]] size_t spec_properties(struct arena *arena, const struct spec_property **ret);

#endif
