/* container/checkpoint_learn.h: what a restore will have to give back, read from a living container */
#ifndef BRIG_CONTAINER_CHECKPOINT_LEARN_H
#define BRIG_CONTAINER_CHECKPOINT_LEARN_H

#include "container/handle.h"
#include "container/image.h"

/** checkpoint_cannot() - @err: it cannot be checkpointed, why, and what to do about it. Return: -1 */
[[nodiscard, gnu::cold]] int checkpoint_cannot(struct error *err, const char *why,
					       const char *remedy);

/**
 * checkpoint_learn() - its ids, protections, mounts and standard streams
 * @spec: that it was created from
 * @ret:  its strings are @arena's and @handle's
 */
[[nodiscard]] int checkpoint_learn(const struct handle *handle, const struct spec *spec,
				   struct arena *arena, struct image *ret, struct error *err);

/** checkpoint_unnamed() - a mount that a restore would not know how to make; NULL if there is none */
const struct stage_mount *checkpoint_unnamed(const struct image *image, const struct spec *spec);

#endif
