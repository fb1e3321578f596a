/* container/lock.h: one writer a container
 *
 * The lock is a flock(2) on the container's directory. It goes away with its holder however that
 * dies, needs no file of its own, and readers, which do not take it, never wait: what they read is
 * replaced as a whole, fd_replace_file().
 *
 * A waiter may get the lock of a directory that its holder has just deleted, or that was deleted
 * and made anew under the same name: the name is therefore resolved again once the lock is held.
 */
#ifndef BRIG_CONTAINER_LOCK_H
#define BRIG_CONTAINER_LOCK_H

#include "base/error.h"

#include <stdbool.h>

enum { LOCK_WAIT_MS = 10'000 }; /* what a command waits for another one before it gives up */

/**
 * lock_take() - become the one writer of container @id
 * @root:       fd of the state root
 * @timeout_ms: 0: do not wait; -1: wait without end
 * @err:        ERR_STATE "container does not exist" (code ENOENT), "… is busy" (code EWOULDBLOCK)
 *
 * Return: an owned fd of the container's directory, which holds the lock until lock_release(). A
 * child made by clone3(2) has it too until it closes it, which is why releasing is explicit.
 */
[[nodiscard]] int lock_take(int root, const char *id, int timeout_ms, struct error *err);

/** lock_directory() - the same for a directory that the caller has open; its name is not looked at */
[[nodiscard]] int lock_directory(int dir, int timeout_ms, struct error *err);

/** lock_is_held() - does anybody else hold it now? A moment's truth, for status only */
[[nodiscard]] bool lock_is_held(int dir);

/** lock_release() - let the next one in, also where a child has a copy of the fd; @dir stays open */
void lock_release(int dir);

#endif
