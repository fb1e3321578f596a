/* kernel/keyring.h: the session keyring; session-keyring(7) */
#ifndef BRIG_KERNEL_KEYRING_H
#define BRIG_KERNEL_KEYRING_H

#include "base/error.h"

/**
 * keyring_join_new_session() - leave the engine's session keyring for an empty one of our own
 * Before the ids change and after the user namespace was entered. Only who possesses the keyring
 * (this process and what it starts) can use it: the permissions of user, group and others are
 * taken away, so that a container with the same ids, in the same pod, cannot.
 * A kernel without keyrings has nothing to leave: success.
 *
 * @err: ERR_KERNEL; EDQUOT or ENOMEM when the owner has too many keys
 * Source: keyctl(2), KEYCTL_JOIN_SESSION_KEYRING and KEYCTL_SETPERM
 */
[[nodiscard]] int keyring_join_new_session(struct error *err);

#endif
