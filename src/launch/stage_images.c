/* launch/stage_images.c: the directory that CRIU opens its images in */
#include "launch/stage.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAPPED "/tmp/brig/mapped"
#define LINKED "/tmp/brig/linked"

static const char early[] = "timens-0.img";

enum { EARLY_MAX = 64 << 10 };

/* The clocks of the container at its checkpoint: nothing that others must not read. */
static int copy_early(int from, int to, struct error *err)
{
	autobuf struct buf text = {};
	autoclose int file = fd_open_beneath(from, early, O_RDONLY | O_NONBLOCK, 0, err);
	autoclose int copy = -1;

	if (file < 0)
		return err->code == ENOENT ? 0 : -1;
	if (fd_read_all(file, EARLY_MAX, &text, err) < 0)
		return -1;
	copy = openat(to, early, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (copy < 0 || fchmod(copy, 0644) < 0)
		return error_sys(err, early, "cannot copy '%s'", early);
	return fd_write_all(copy, text.data, text.len, err);
}

static int link_each(const struct stage *stage, int from, int to, struct error *err)
{
	autoarena struct arena arena = {};
	DIR *list = fd_list(from);
	const struct dirent *entry;
	int result = 0;

	if (!list)
		return error_sys(err, MAPPED, "cannot list the images");
	while (result == 0 && (entry = readdir(list))) {
		const char *name = entry->d_name;

		if (*name == '.' || strcmp(name, early) == 0)
			continue;
		if (symlinkat(arena_printf(&arena, "../mapped/%s/%s", stage->images_below, name),
			      to, name) < 0)
			result = error_sys(err, name, "cannot make a link to the image '%s'", name);
	}
	closedir(list);
	return result;
}

int stage_images(const struct stage *stage, struct error *err)
{
	if (stage_attach(stage->images, MAPPED, err) < 0)
		return -1;
	/* CRIU asks where the name leads, readlink(2), which a directory does not tell. */
	if (mkdir(LINKED, 0755) < 0 || symlink(LINKED, STAGE_IMAGES) < 0)
		return error_sys(err, NULL, "cannot make '%s'", STAGE_IMAGES);

	autoclose int mapped = fd_open(MAPPED, O_PATH | O_DIRECTORY, 0, err);
	autoclose int from =
		mapped < 0 ? -1
			   : openat(mapped, *stage->images_below ? stage->images_below : ".",
				    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	autoclose int to = from < 0 ? -1 : fd_open(LINKED, O_PATH | O_DIRECTORY, 0, err);

	if (to < 0 || link_each(stage, from, to, err) < 0)
		return -1;
	return copy_early(from, to, err);
}
