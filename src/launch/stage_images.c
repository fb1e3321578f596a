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

static const char early[] = "timens-";

enum { EARLY_MAX = 64 << 10 };

/* The clocks of the container at its checkpoint: nothing that others must not read. */
static int copy_early(int from, int to, const char *name, struct error *err)
{
	autobuf struct buf text = {};
	autoclose int file = fd_open_beneath(from, name, O_RDONLY | O_NONBLOCK, 0, err);
	autoclose int copy = -1;

	if (file < 0 || fd_read_all(file, EARLY_MAX, &text, err) < 0)
		return -1;
	copy = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (copy < 0 || fchmod(copy, 0644) < 0)
		return error_sys(err, name, "cannot copy '%s'", name);
	return fd_write_all(copy, text.data, text.len, err);
}

static int link_one(const struct stage *stage, int to, const char *name, struct error *err)
{
	autoarena struct arena arena = {};
	const char *target = arena_printf(&arena, "../mapped/%s/%s", stage->images_below, name);

	if (symlinkat(target, to, name) < 0)
		return error_sys(err, name, "cannot make a link to the image '%s'", name);
	return 0;
}

static int link_each(const struct stage *stage, int from, int to, struct error *err)
{
	DIR *list = fd_list(from);
	const struct dirent *entry;
	int result = 0;

	if (!list)
		return error_sys(err, MAPPED, "cannot list the images");
	while (result == 0 && (entry = readdir(list))) {
		const char *name = entry->d_name;

		if (*name == '.')
			continue;
		result = strncmp(name, early, strlen(early)) == 0 ? copy_early(from, to, name, err)
								  : link_one(stage, to, name, err);
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

	return to < 0 ? -1 : link_each(stage, from, to, err);
}
