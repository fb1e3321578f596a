/* container/leftovers.h: what a container has outside of its own directory that outlives it
 *
 * The work directories of recomposed overlays, beside the layers of the engine's, and those overlays of
 * the engine's themselves. A file of the state directory has their paths, each ended by a NUL, noted
 * before the directory is made: a create that is killed in between leaves a note of nothing, never a
 * directory without a note.
 */
#ifndef BRIG_CONTAINER_LEFTOVERS_H
#define BRIG_CONTAINER_LEFTOVERS_H

#include "base/error.h"
#include "kernel/overlay_work.h"

#define STATE_LEFTOVERS "leftovers"

/** leftovers_note() - add @path to the file in the state directory @dir */
[[nodiscard]] int leftovers_note(int dir, enum overlay_note kind, const char *path,
				 struct error *err);

/** leftovers_remove() - remove the directories that were noted, and refresh the overlays; none is success */
[[nodiscard]] int leftovers_remove(int dir, struct error *err);

#endif
