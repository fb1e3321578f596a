/* kernel/root.h: the container's root directory: places in it, hidden and read-only paths,
 * and how it becomes the root */
#ifndef BRIG_KERNEL_ROOT_H
#define BRIG_KERNEL_ROOT_H

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>

/**
 * root_place() - an O_PATH fd of @path below @root, made if it does not exist
 * @root: directory fd of the root file system
 * @type: S_IFDIR or S_IFREG (an empty file): what to make, parents as directories
 *
 * Each component is resolved with RESOLVE_IN_ROOT and made through the fd of its parent, so a link
 * in the rootfs never leads a directory or file to be made outside of it (CVE-2024-45310). What a link
 * leads to inside is made there, if it does not exist: images have /etc/resolv.conf lead to a file of
 * a daemon that does not run in them.
 */
[[nodiscard]] int root_place(int root, const char *path, mode_t type, struct error *err);

/**
 * root_place_plain() - as root_place() for a directory, with no symbolic link on the way
 * For file systems of the kernel's: where a link leads them, what hides and protects their files by
 * name can be led past them (CVE-2019-19921, CVE-2023-27561).
 */
[[nodiscard]] int root_place_plain(int root, const char *path, struct error *err);

/**
 * root_attach_over() - attach a detached mount over "/", the one place that every process may reach
 * Path resolution in this process goes on below it, in the old root; the new mount is reached by
 * its fd.
 */
[[nodiscard]] int root_attach_over(int mount, struct error *err);

/**
 * root_covers() - a read-only tmpfs with an empty file and an empty directory, attached over "/"
 * It goes away with the old root. Nothing of /dev is involved in hiding a path: a cover cannot be
 * swapped for a link or another device (CVE-2025-31133).
 * Return: an owned fd, for root_hide()
 */
[[nodiscard]] int root_covers(struct error *err);

/** root_covers_new() - the same, detached: with `directory` and `file` in it */
[[nodiscard]] int root_covers_new(struct error *err);

/** root_hide() - a path of maskedPaths gets a cover; absent is success */
[[nodiscard]] int root_hide(int root, int covers, const char *path, struct error *err);

/** root_protect() - a path of readonlyPaths becomes read-only with all mounts below it; absent is
 * success */
[[nodiscard]] int root_protect(int root, const char *path, struct error *err);

/**
 * root_pivot() - make @root, a mount that is attached over "/", the root directory, and detach the
 * old one pivot_root(".", "."), pivot_root(2), "Notes": no directory for the old root is needed.
 */
[[nodiscard]] int root_pivot(int root, struct error *err);

/**
 * root_enter() - leave the host's tree for @root, a mount that is attached over "/"
 * By a mount namespace of the root alone, where the kernel makes one (Linux 7.0, asked by trying), or
 * by root_pivot(). Mounts that were held by descriptor before may then be others than the container's.
 * @root: replaced by a descriptor of the mount that "/" then is
 * @copy: false: only root_pivot(), to stay in this mount namespace, or for an unbindable mount, which
 * is left out of a copy, mount_namespaces(7)
 */
[[nodiscard]] int root_enter(int *root, bool copy, struct error *err);

#endif
