#include "kernel/overlay.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "in_child.h"
#include "kernel/compat.h"
#include "kernel/mount.h"
#include "kernel_has.h"
#include "skip_because.h"
#include "test_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>

/*
 * Every check runs in a child with a mount namespace of its own, in the test's directory: an engine's
 * overlay of lower/ and upper/ at merged/, and what was recomposed attached at new/.
 */

static const struct id_range range = { .inside = 0, .outside = 300'000'000, .count = 65536 };
static const struct idmap ids = { .uids = &range, .n_uids = 1, .gids = &range, .n_gids = 1 };

static int note(void *context, enum overlay_note kind, const char *path, struct error *)
{
	if (kind == OVERLAY_WORK)
		snprintf(context, PATH_MAX, "%s", path);
	return 0;
}

static int refuse_note(void *, enum overlay_note, const char *, struct error *err)
{
	return error_set(err, ERR_STATE, NULL, "no room for a note");
}

/* A cmocka setup; the child enters the directory by its working directory. */
static int make(void **state)
{
	static const char *const names[] = { "lower", "lower/dir", "low2",    "upper",
					     "work",  "merged",    "merged2", "new" };

	if (test_dir_make(state) < 0)
		return -1;

	const struct test_dir *dir = *state;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (mkdirat(dir->fd, names[i], 0755) < 0)
			return -1;
	}
	if (fchmod(dir->fd, 0755) < 0 || test_dir_write(dir->fd, "lower/file", "lower") < 0)
		return -1;
	return chdir(dir->path);
}

static int discard(void **state)
{
	return chdir("/") < 0 ? -1 : test_dir_remove(state);
}

#define LAYERS "lowerdir=%s/lower:%s/low2"
#define UPPER  ",upperdir=%s/upper,workdir=%s/work"

/* As the engine mounts it; each %s of @options is the test's directory. */
static void engine_mounts(unsigned long flags, const char *options)
{
	autobuf struct buf text = {};
	char path[PATH_MAX];

	CHECK(unshare(CLONE_NEWNS) == 0);
	CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK(getcwd(path, sizeof path));
	for (const char *hole; (hole = strstr(options, "%s")); options = hole + 2)
		buf_printf(&text, "%.*s%s", (int)(hole - options), options, path);
	buf_puts(&text, options);
	CHECK(mount("overlay", "merged", "overlay", flags, buf_text(&text)) == 0);
}

static int recompose(const char *path, bool recursive, char work[PATH_MAX], struct error *err)
{
	const struct overlay_notes notes = { note, work };
	autoclose int userns = idmap_userns(&ids, err);
	autoclose int source = open(path, O_PATH | O_CLOEXEC);

	*work = '\0';
	CHECK(userns >= 0 && source >= 0 && overlay_is_root(source));
	return overlay_recompose(source, &ids, userns, recursive, &notes, err);
}

static void attach_new(int mount)
{
	struct error err = {};
	autoclose int place = open("new", O_PATH | O_CLOEXEC);

	CHECK(mount_attach(mount, place, &err) == 0);
}

static void is_refused(const char *path, bool recursive, const char *text)
{
	struct error err = {};
	char work[PATH_MAX];

	CHECK(recompose(path, recursive, work, &err) == -1);
	if (!strstr(err.text, text))
		dprintf(STDERR_FILENO, "'%s' does not say '%s'\n", err.text, text);
	CHECK(strstr(err.text, text));
}

#define needs_overlay()                                                                            \
	do {                                                                                       \
		if (geteuid() != 0)                                                                \
			skip_because("only root may mount an overlay");                            \
		needs_kernel("it mounts nothing");                                                 \
	} while (0)

static bool is_owned_by(const char *path, uid_t uid)
{
	struct stat st;

	return lstat(path, &st) == 0 && st.st_uid == uid && st.st_gid == uid;
}

static void check_writes(void)
{
	struct error err = {};
	char work[PATH_MAX];

	engine_mounts(0, LAYERS UPPER);

	autoclose int mount = recompose("merged", true, work, &err);

	CHECK(mount >= 0 && is_owned_by(work, 0));
	attach_new(mount);
	CHECK(is_owned_by("new/file", range.outside));
	/* as the container's root, whose ids these are */
	CHECK(setresgid(range.outside, range.outside, range.outside) == 0);
	CHECK(setresuid(range.outside, range.outside, range.outside) == 0);
	CHECK(mkdir("new/dir/made", 0755) == 0 && chmod("new/file", 0640) == 0);
	CHECK(is_owned_by("upper/dir/made", 0) && is_owned_by("upper/file", 0));
}

static void what_is_written_is_owned_by_root_on_disk(void **)
{
	needs_overlay();
	passes(check_writes);
}

static void check_work(void)
{
	struct error err = {};
	char work[PATH_MAX], other[PATH_MAX];

	engine_mounts(0, LAYERS UPPER ",volatile");

	autoclose int mount = recompose("merged", true, work, &err);

	CHECK(mount >= 0 && access(work, F_OK) == 0);
	close(fd_take(&mount));
	CHECK(overlay_work_remove(work, &err) == 0);
	CHECK(access(work, F_OK) < 0 && errno == ENOENT);
	CHECK(overlay_work_remove(work, &err) == 0);
	snprintf(other, sizeof other, "/no/such%s", strrchr(work, '/'));
	CHECK(overlay_work_remove(other, &err) == 0);
	CHECK(overlay_work_remove(strrchr(work, '/'), &err) == -1);
	CHECK(overlay_work_remove("/etc/passwd", &err) == -1);
	CHECK(overlay_work_remove("relative", &err) == -1);
}

static void the_work_directory_is_noted_and_can_be_removed(void **)
{
	needs_overlay();
	passes(check_work);
}

static void check_earlier(void)
{
	struct error err = {};
	char work[PATH_MAX];

	CHECK(mkdir(".brig-00000000-0123456789abcdef", 0700) == 0);
	CHECK(mkdir(".brig-00000000-0123456789abcdef/work", 0) == 0);
	CHECK(mkdir(".brig-00000000-short", 0700) == 0);
	engine_mounts(0, LAYERS UPPER);

	autoclose int mount = recompose("merged", true, work, &err);

	CHECK(mount >= 0);
	CHECK(access(".brig-00000000-0123456789abcdef", F_OK) < 0);
	CHECK(access(".brig-00000000-short", F_OK) == 0);
}

static void one_of_an_earlier_boot_is_removed(void **)
{
	needs_overlay();
	passes(check_earlier);
}

static void check_readonly(void)
{
	struct error err = {};
	char work[PATH_MAX];

	engine_mounts(MS_RDONLY, LAYERS UPPER);

	autoclose int mount = recompose("merged", true, work, &err);

	CHECK(mount >= 0 && !*work);
	attach_new(mount);
	CHECK(access("new/file", F_OK) == 0);
	CHECK(mkdir("new/x", 0755) < 0 && errno == EROFS);
}

static void a_read_only_overlay_needs_no_work_directory(void **)
{
	needs_overlay();
	passes(check_readonly);
}

static void check_relative(void)
{
	struct error err = {};
	char work[PATH_MAX];

	engine_mounts(0, "lowerdir=lower:low2,upperdir=%s/upper,workdir=%s/work");

	autoclose int mount = recompose("merged", true, work, &err);

	CHECK(mount >= 0);
	attach_new(mount);
	CHECK(access("new/file", F_OK) == 0);
	CHECK(rename("low2", "gone") == 0);
	is_refused("merged", true, "relative layer");
}

static void relative_layers_are_found_above_the_upper_directory(void **)
{
	needs_overlay();
	passes(check_relative);
}

static void check_all_relative(void)
{
	struct error err = {};
	char work[PATH_MAX];

	engine_mounts(0, "lowerdir=lower:low2,upperdir=upper,workdir=work");

	autoclose int mount = recompose("merged", true, work, &err);

	CHECK(mount >= 0);
}

static void relative_layers_are_found_above_the_mount_point(void **)
{
	needs_overlay();
	passes(check_all_relative);
}

static void check_moved(void)
{
	engine_mounts(0, LAYERS UPPER);
	CHECK(rename("upper", "elsewhere") == 0 && mkdir("upper", 0700) == 0);
	is_refused("merged", true, "is not the layer that was mounted");
	CHECK(rmdir("upper") == 0);
	is_refused("merged", true, "No such file");
}

static void an_upper_directory_that_was_moved_is_refused(void **)
{
	needs_overlay();
	passes(check_moved);
}

static void check_moved_lower(void)
{
	engine_mounts(0, LAYERS);
	CHECK(rename("lower", "elsewhere") == 0 && mkdir("lower", 0700) == 0);
	is_refused("merged", true, "is not the layer that was mounted");
}

static void a_topmost_lower_layer_that_was_moved_is_refused(void **)
{
	needs_overlay();
	passes(check_moved_lower);
}

static void check_below(void)
{
	struct error err = {};
	char work[PATH_MAX];

	engine_mounts(0, LAYERS UPPER);
	CHECK(mount("tmpfs", "merged/dir", "tmpfs", 0, NULL) == 0);
	is_refused("merged", true, "merged/dir' is mounted in the overlay");

	autoclose int mount = recompose("merged", false, work, &err);

	CHECK(mount >= 0);
}

static void a_mount_below_is_refused_where_it_would_be_missing(void **)
{
	needs_overlay();
	passes(check_below);
}

static void check_part(void)
{
	engine_mounts(0, LAYERS UPPER);
	CHECK(mount("merged/dir", "merged2", NULL, MS_BIND, NULL) == 0);
	is_refused("merged2", true, "only the directory '/dir'");
}

static void a_part_of_an_overlay_is_refused(void **)
{
	needs_overlay();
	passes(check_part);
}

static void check_own_mount(void)
{
	engine_mounts(0, LAYERS UPPER);
	CHECK(mount("upper", "upper", NULL, MS_BIND, NULL) == 0);
	is_refused("merged", true, "mount of its own");
}

static void an_upper_directory_without_a_place_beside_it_is_refused(void **)
{
	needs_overlay();
	passes(check_own_mount);
}

/* A layer whose file system has no id-mapped mounts: an overlay again. */
static void check_nested(void)
{
	char options[PATH_MAX], path[128];

	engine_mounts(0, LAYERS);
	CHECK(getcwd(path, sizeof path));
	snprintf(options, sizeof options, "lowerdir=%s/merged:%s/low2", path, path);
	CHECK(mount("overlay", "merged2", "overlay", 0, options) == 0);
	is_refused("merged2", true, "/merged'");
}

static void a_layer_that_cannot_be_mapped_is_named(void **)
{
	needs_overlay();
	passes(check_nested);
}

static void check_no_note(void)
{
	const struct overlay_notes notes = { refuse_note, NULL };
	struct error err = {};

	engine_mounts(0, LAYERS UPPER);

	autoclose int userns = idmap_userns(&ids, &err);
	autoclose int source = open("merged", O_PATH | O_CLOEXEC);

	CHECK(overlay_recompose(source, &ids, userns, true, &notes, &err) == -1);
	CHECK(strstr(err.text, "no room for a note"));
	CHECK(overlay_recompose(source, &(struct idmap){}, userns, true, &notes, &err) == -1);
}

static void nothing_is_made_that_cannot_be_noted(void **)
{
	needs_overlay();
	passes(check_no_note);
}

static void check_foreign(void)
{
	autoclose int dir = open("lower", O_PATH | O_CLOEXEC);
	const struct overlay_notes notes = { refuse_note, NULL };
	struct error err = {};

	CHECK(!overlay_is_root(dir));
	CHECK(overlay_recompose(dir, &ids, -1, true, &notes, &err) == -1);
	CHECK(strstr(err.text, "not in mountinfo"));
}

static void what_is_no_overlay_is_told_apart(void **)
{
	needs_overlay();
	passes(check_foreign);
}

/* The mounter's ids have no place in the mapping: the kernel falls back to read-only. */
static void check_wrong_ids(void)
{
	const struct id_range other = { .inside = 0, .outside = 400'000'000, .count = 65536 };
	const struct idmap wrong = { &other, &other, 1, 1 };
	char work[PATH_MAX];
	const struct overlay_notes notes = { note, work };
	struct error err = {};

	engine_mounts(0, LAYERS UPPER);

	autoclose int userns = idmap_userns(&ids, &err);
	autoclose int source = open("merged", O_PATH | O_CLOEXEC);

	CHECK(overlay_recompose(source, &wrong, userns, true, &notes, &err) == -1);
	CHECK(strstr(err.text, "read-only") || strstr(err.text, "cannot mount"));
}

static void a_mount_that_came_out_read_only_is_an_error(void **)
{
	needs_overlay();
	passes(check_wrong_ids);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, discard)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_written_is_owned_by_root_on_disk),
		TEST(the_work_directory_is_noted_and_can_be_removed),
		TEST(one_of_an_earlier_boot_is_removed),
		TEST(a_read_only_overlay_needs_no_work_directory),
		TEST(relative_layers_are_found_above_the_upper_directory),
		TEST(relative_layers_are_found_above_the_mount_point),
		TEST(an_upper_directory_that_was_moved_is_refused),
		TEST(a_topmost_lower_layer_that_was_moved_is_refused),
		TEST(a_mount_below_is_refused_where_it_would_be_missing),
		TEST(a_part_of_an_overlay_is_refused),
		TEST(an_upper_directory_without_a_place_beside_it_is_refused),
		TEST(a_layer_that_cannot_be_mapped_is_named),
		TEST(nothing_is_made_that_cannot_be_noted),
		TEST(what_is_no_overlay_is_told_apart),
		TEST(a_mount_that_came_out_read_only_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
