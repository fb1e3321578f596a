/* container/root.h: where brig keeps what outlives a command
 *
 *	                    root of the initial user namespace   anybody else
 *	state root          --root, or /run/brig                 --root, or $XDG_RUNTIME_DIR/brig
 *	  <root>/<id>/      one container, container/state.h
 *	id reservations     /run/brig-ids                        $XDG_RUNTIME_DIR/brig-ids
 *	compiled filters    /run/brig-cache                      $XDG_RUNTIME_DIR/brig-cache
 *
 * Reservations and cache do not follow --root: the engines of one host use different state roots,
 * but share its ids. Root ignores XDG_RUNTIME_DIR even where it is set: Podman calls with it set or
 * empty for one and the same container. /tmp is never used: anybody can make a name there first.
 *
 * Every directory is made with mode 0700, and one that exists is used only if it is a directory
 * (not a symlink), belongs to the effective user, and nobody else can write to it.
 */
#ifndef BRIG_CONTAINER_ROOT_H
#define BRIG_CONTAINER_ROOT_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>

/** root_is_system() - is this root of the initial user namespace, to whom /run belongs? */
[[nodiscard]] bool root_is_system(void);

/**
 * root_open() - open the state root, making it with its parents if need be
 * @option:   value of --root, NULL for the default; relative to the working directory
 * @ret_path: its absolute path, from @arena; may be NULL
 * @err:      ERR_USAGE if there is no XDG_RUNTIME_DIR to put it in, or it is not safe to use
 *
 * Return: an owned directory fd, or -1
 */
[[nodiscard]] int root_open(const char *option, struct arena *arena, const char **ret_path,
			    struct error *err);

/** root_open_ids() - the directory of id reservations of this host (or user): an owned fd */
[[nodiscard]] int root_open_ids(struct error *err);

/** root_open_cache() - the directory of compiled seccomp filters: an owned fd */
[[nodiscard]] int root_open_cache(struct error *err);

#endif
