/* kernel/mountinfo.h: the lines of /proc/PID/mountinfo; proc_pid_mountinfo(5) */
#ifndef BRIG_KERNEL_MOUNTINFO_H
#define BRIG_KERNEL_MOUNTINFO_H

#include <stdbool.h>
#include <stdint.h>

struct mountinfo {
	uint64_t id,
		parent; /* of the mount: STATX_MNT_ID of statx(2); of the one it is mounted on */
	const char *device; /* of the file system: "98:0" */
	const char *root;   /* which directory of the file system is mounted */
	const char *point;  /* where, seen from the process's root */
	const char *flags;  /* of this mount: "rw,noatime" */
	const char *type;   /* of the file system, with its subtype: "ext4", "fuse.sshfs" */
	const char *source; /* as the file system was told, not unescaped */
	const char
		*options; /* of the file system, as written: its own way of quoting decides; "" */
};

/**
 * mountinfo_next() - the next mount of a mountinfo
 * @at:  the text, which is cut to pieces; *@at moves on, and is NULL at the end
 * @ret: its strings lie in the text
 *
 * A line that is none is passed over. Return: false at the end, @ret is untouched then
 */
[[nodiscard]] bool mountinfo_next(char **at, struct mountinfo *ret);

/** mountinfo_unescape() - three octal digits behind a backslash as the byte that they stand for, in place */
void mountinfo_unescape(char *text);

#endif
