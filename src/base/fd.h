/* base/fd.h: files by descriptor
 *
 * A path is resolved once, below a directory fd, with openat2(2); what follows uses the fd. All
 * descriptors are born O_CLOEXEC.
 */
#ifndef BRIG_BASE_FD_H
#define BRIG_BASE_FD_H

#include "base/buf.h"
#include "base/error.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * fd_open_in() - open @path below @root as the container would see it: symlinks cannot lead out
 * @root:  directory fd that stands for "/"
 * @flags: of open(2); O_CLOEXEC is added. O_PATH for a handle only
 * @mode:  of a created file; 0 unless O_CREAT
 * RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS, openat2(2). The call is repeated on EAGAIN (a rename
 * race), a bounded number of times.
 *
 * Return: an owned fd, or -1 with *err filled (where = path)
 */
[[nodiscard]] int fd_open_in(int root, const char *path, uint64_t flags, mode_t mode,
			     struct error *err);

/**
 * fd_try_in() - as fd_open_in(), where an absent @path is an answer: an error's text takes its time
 * Return: an owned fd, or -1 with errno
 */
[[nodiscard]] int fd_try_in(int root, const char *path, uint64_t flags);

/** fd_list() - the entries of @dir, for closedir(3); NULL with errno. An fd of its own: @dir may be O_PATH */
[[nodiscard]] DIR *fd_list(int dir);

/** fd_path() - the path of what @fd is open on, as /proc/self/fd shows it. Its length, or -1 with errno */
[[nodiscard]] ssize_t fd_path(int fd, char ret[PATH_MAX]);

/** fd_is_same() - are both open on one file, by device and inode? No for an fd that is not open */
[[nodiscard]] bool fd_is_same(int a, int b);

/**
 * fd_open_beneath() - open @path below @dir, refusing symlinks in every component and any way up
 * RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS: for brig's own directories.
 */
[[nodiscard]] int fd_open_beneath(int dir, const char *path, uint64_t flags, mode_t mode,
				  struct error *err);

/** fd_open() - open a host path that an administrator or engine named; plain open(2) with O_CLOEXEC
 */
[[nodiscard]] int fd_open(const char *path, int flags, mode_t mode, struct error *err);

/**
 * fd_read_all() - read from the current position to end of file
 * @limit: ERR_SPEC "… is larger than N bytes" (code EFBIG) beyond it
 * @ret:   the bytes are added to it
 */
[[nodiscard]] int fd_read_all(int fd, size_t limit, struct buf *ret, struct error *err);

/** fd_read_file() - open @path relative to @dir (AT_FDCWD allowed) and read it all */
[[nodiscard]] int fd_read_file(int dir, const char *path, size_t limit, struct buf *ret,
			       struct error *err);

/** fd_write_all() - write every byte, going on after a short write or EINTR */
[[nodiscard]] int fd_write_all(int fd, const void *data, size_t len, struct error *err);

/** fd_write_file() - one write(2) of @text into the existing file @path below @dir (procfs,
 * cgroupfs, sysctl) */
[[nodiscard]] int fd_write_file(int dir, const char *path, const char *text, struct error *err);

/**
 * fd_replace_file() - write a whole file: a new one is linked when it is whole, an old one replaced
 *                     by renaming one that has a temporary name beside it
 * @sync: fsync(2) the file first. A reader sees the old content or the new, never a part. A kill leaves
 *        nothing of a new file; of an old one's replacement it can leave the temporary name.
 */
[[nodiscard]] int fd_replace_file(int dir, const char *name, const void *data, size_t len,
				  mode_t mode, bool sync, struct error *err);

/** fd_send() - one SOCK_SEQPACKET or SOCK_STREAM message with @n_fds descriptors (at most 64) */
[[nodiscard]] int fd_send(int socket, const void *data, size_t len, const int *fds, size_t n_fds,
			  struct error *err);
/**
 * fd_receive() - one message; at most *@ret_n_fds descriptors are taken, O_CLOEXEC, owned by the
 * caller Return: number of bytes, 0 at end of file, -1 with *err filled (also when control data was
 * cut)
 */
[[nodiscard]] ssize_t fd_receive(int socket, void *data, size_t len, int *ret_fds,
				 size_t *ret_n_fds, struct error *err);

#endif
