/* kernel/cgroup_property.h: the value of a systemd property, read from GVariant text
 *
 * Engines write properties of the scope as annotations: org.systemd.property.KillSignal = "int32 15".
 * Of GVariant's text format (GLib reference, "GVariant Text Format") these five types are read:
 * uint64 N, int32 N (also as a bare number), true and false, 'text', ['text', …].
 */
#ifndef BRIG_KERNEL_CGROUP_PROPERTY_H
#define BRIG_KERNEL_CGROUP_PROPERTY_H

#include "base/arena.h"

#include <stddef.h>
#include <stdint.h>

struct cgroup_property_value {
	const char *signature; /* of D-Bus: "t", "i", "b", "s" or "as" */
	uint64_t number;       /* t; i, as its 32 bits; b: 0 or 1 */
	const char **strings;  /* s: one; as: any number; NULL-terminated; from the arena */
	size_t n_strings;
};

/** cgroup_property_parse() - 0, or -1 if @text is nothing of the above */
[[nodiscard]] int cgroup_property_parse(const char *text, struct arena *arena,
					struct cgroup_property_value *ret);

#endif
