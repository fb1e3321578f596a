/* kernel/overlay_work.c: the work directories that brig makes beside an engine's upper directories
 *
 * Overlay prepares a file in its work directory and renames it into the upper one, so both must lie
 * on the same mount; and it wants a work directory for itself alone. The engine's overlay has one. Ours
 * is called ".brig-BOOT-RANDOM", BOOT being the start of the boot's id: no overlay lives longer than
 * its boot, so what has another one there is nobody's.
 */
#include "kernel/overlay_work.h"

#include "base/cleanup.h"
#include "base/fault.h"
#include "base/fd.h"
#include "kernel/guarded_path.h"
#include "kernel/procfs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#define PREFIX ".brig-"

enum { BOOT = 8, RANDOM = 16, DEPTH_MAX = 16 };

static bool is_work_name(const char *name)
{
	const char *at = name + strlen(PREFIX);

	return strncmp(name, PREFIX, strlen(PREFIX)) == 0 &&
	       strspn(at, "0123456789abcdef") == BOOT && at[BOOT] == '-' &&
	       strspn(at + BOOT + 1, "0123456789abcdef") == RANDOM && !at[BOOT + 1 + RANDOM];
}

/* --- removal --- */

static int remove_tree(int dir, const char *name, unsigned depth, struct error *err);

static int remove_content(int dir, unsigned depth, struct error *err)
{
	DIR *list = fd_list(dir);
	const struct dirent *entry;
	int result = 0;

	if (!list)
		return error_sys(err, NULL, "cannot list a work directory");
	while (result == 0 && (entry = readdir(list))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			result = remove_tree(dir, entry->d_name, depth + 1, err);
	}
	closedir(list);
	return result;
}

/* No link is followed. */
static int remove_tree(int dir, const char *name, unsigned depth, struct error *err)
{
	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return error_sys(err, NULL, "cannot remove '%s'", name);

	autoclose int inner = fd_open_beneath(dir, name, O_RDONLY | O_DIRECTORY, 0, err);

	if (inner < 0)
		return -1;
	if (depth == DEPTH_MAX)
		return error_set(err, ERR_KERNEL, NULL, "a work directory has too many levels");
	if (remove_content(inner, depth, err) < 0)
		return -1;
	if (unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return error_sys(err, NULL, "cannot remove '%s'", name);
	return 0;
}

int overlay_work_remove(const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	char home[PATH_MAX];

	if (!slash || slash == path || (size_t)(slash - path) >= sizeof home ||
	    !is_work_name(slash + 1))
		return error_set(err, ERR_STATE, path, "'%s' is no work directory of brig's", path);
	memcpy(home, path, (size_t)(slash - path));
	home[slash - path] = '\0';

	autoclose int dir = guarded_path_open(home, err);

	if (dir < 0)
		return err->code == ENOENT ? 0 : -1;
	return remove_tree(dir, slash + 1, 0, err);
}

/* --- a new one --- */

static int boot_id(char ret[BOOT + 1], struct error *err)
{
	autoclose int proc = procfs_open(err);

	if (proc < 0 || procfs_read(proc, "sys/kernel/random/boot_id", ret, BOOT + 1, err) < 0)
		return -1;
	return 0;
}

static void remove_of_earlier_boots(int home, const char *boot)
{
	DIR *list = fd_list(home);
	const struct dirent *entry;
	struct error ignored;

	while (list && (entry = readdir(list))) {
		if (is_work_name(entry->d_name) &&
		    strncmp(entry->d_name + strlen(PREFIX), boot, BOOT) != 0)
			(void)!remove_tree(home, entry->d_name, 0, &ignored);
	}
	if (list)
		closedir(list);
}

static int note_path(int home, const char *name, const struct overlay_notes *notes,
		     struct error *err)
{
	char path[PATH_MAX];
	const ssize_t n = fd_path(home, path);

	if (n < 0)
		return error_sys(err, NULL, "cannot read the path of an upper directory");
	if ((size_t)n + 1 + strlen(name) >= sizeof path)
		return error_set(err, ERR_KERNEL, NULL,
				 "the path of an upper directory is too long");
	path[n] = '/';
	memcpy(path + n + 1, name, strlen(name) + 1);
	return notes->note(notes->context, OVERLAY_WORK, path, err);
}

int overlay_work_make(int home, uint32_t uid, uint32_t gid, const struct overlay_notes *notes,
		      char ret[NAME_MAX + 1], struct error *err)
{
	char boot[BOOT + 1];
	uint64_t random;

	if (boot_id(boot, err) < 0)
		return -1;
	if (getrandom(&random, sizeof random, 0) != sizeof random)
		return error_sys(err, NULL, "cannot draw the name of a work directory");
	remove_of_earlier_boots(home, boot);
	snprintf(ret, NAME_MAX + 1, PREFIX "%s-%016llx", boot, (unsigned long long)random);
	if (note_path(home, ret, notes, err) < 0)
		return -1;
	fault_point("overlay-noted");
	if (mkdirat(home, ret, 0700) < 0 || fchownat(home, ret, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
		return error_sys(err, NULL, "cannot make a work directory beside the upper one");
	fault_point("overlay-made");
	return 0;
}
