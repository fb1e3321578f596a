#include "container/image.h"

#include "base/cleanup.h"

#include "kernel_has.h"
#include "skip_because.h"
#include "test_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct id_range ranges[] = { { 0, 65536, 65536 } };
static const struct stage_mount mounts[] = {
	{ "/", "", "/r", "ext4", "rw,nosuid", false, true },
	{ "/a \"b", "/", "/file", "tmpfs", "ro", true, false },
};
static const struct image sample = {
	.id = "web",
	.ids = { ranges, ranges, 1, 1 },
	.joined = { [NS_NET] = true, [NS_UTS] = true },
	.cgroup = "/brig/web",
	.seccomp_digest = "abc",
	.landlock_abi = 6,
	.streams = { "file[18:4]", "pipe:[7]", "" },
	.mounts = mounts,
	.n_mounts = 2,
};

static void what_is_written_is_read_back(void **)
{
	autoarena struct arena arena = {};
	autobuf struct buf text = {}, again = {};
	struct image read = {};
	struct error err = {};

	image_format(&sample, &text);
	assert_int_equal(image_parse(buf_text(&text), text.len, &arena, &read, &err), 0);
	assert_string_equal(read.id, "web");
	assert_null(read.apparmor);
	assert_string_equal(read.mounts[1].point, "/a \"b");
	assert_true(read.mounts[1].external);
	assert_memory_equal(read.joined, sample.joined, sizeof read.joined);
	image_format(&read, &again);
	assert_string_equal(buf_text(&again), buf_text(&text));
}

static int parse_with(const char *from, const char *to, struct error *err)
{
	autoarena struct arena arena = {};
	autobuf struct buf text = {}, changed = {};
	struct image read;

	image_format(&sample, &text);

	const char *at = strstr(buf_text(&text), from);

	assert_non_null(at);
	buf_add(&changed, text.data, (size_t)(at - buf_text(&text)));
	buf_puts(&changed, to);
	buf_puts(&changed, at + strlen(from));
	return image_parse(buf_text(&changed), changed.len, &arena, &read, err);
}

static void a_record_that_was_changed_is_refused_with_its_place(void **)
{
	static const struct {
		const char *from, *to, *where;
	} changes[] = {
		{ "\"layout\": 1", "\"layout\": 2", "" },
		{ "\"id\": \"web\"", "\"id\": \"../web\"", "/id" },
		{ "\"hostID\": 65536", "\"hostID\": 4294967296", "/uidMappings/0/hostID" },
		{ "\"hostID\": 65536", "\"hostID\": -1", "/uidMappings/0/hostID" },
		{ "\"point\": \"/\"", "\"point\": \"x\"", "/mounts/0" },
		{ "\"external\": true", "\"external\": 1", "/mounts/1/external" },
		{ "\"parent\": \"/\"", "\"parent\": \"/x/longer\"", "/mounts/1" },
		{ "\"point\": \"/\"", "\"point\": \"/x\"", "/mounts" },
		{ "\"pipe:[7]\",", "", "/streams" },
		{ "\"network\"", "\"net\"", "/joined/0" },
		{ "\"joined\"", "\"Joined\"", "" },
		{ "\"landlockAbi\": 6", "\"landlock\": 6", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		struct error err = {};

		assert_int_equal(parse_with(changes[i].from, changes[i].to, &err), -1);
		assert_string_equal(err.where, changes[i].where);
	}
}

/* --- whose files they are --- */

static void needs_root(void)
{
	if (geteuid() != 0)
		skip_because("only root's images are taken");
}

static int check_files(const struct test_dir *dir)
{
	struct error err = {};

	return image_check_files(dir->fd, "images", &err);
}

static void images_of_others_are_refused(void **state)
{
	const struct test_dir dir = *(struct test_dir *)*state;

	needs_root();
	(void)!test_dir_write(dir.fd, "core-1.img", "");
	(void)!test_dir_write(dir.fd, "notes.txt", "");
	assert_int_equal(fchmodat(dir.fd, "notes.txt", 0666, 0), 0);
	assert_int_equal(check_files(&dir), 0);
	assert_int_equal(fchmodat(dir.fd, "core-1.img", 0620, 0), 0);
	assert_int_equal(check_files(&dir), -1);
	assert_int_equal(fchmodat(dir.fd, "core-1.img", 0600, 0), 0);
	assert_int_equal(fchownat(dir.fd, "core-1.img", 1000, 0, 0), 0);
	assert_int_equal(check_files(&dir), -1);
	assert_int_equal(unlinkat(dir.fd, "core-1.img", 0), 0);
	assert_int_equal(symlinkat("notes.txt", dir.fd, "core-1.img"), 0);
	assert_int_equal(check_files(&dir), -1);
	assert_int_equal(unlinkat(dir.fd, "core-1.img", 0), 0);
	(void)!test_dir_write(dir.fd, "parent", "");
	assert_int_equal(check_files(&dir), -1);
	assert_int_equal(unlinkat(dir.fd, "parent", 0), 0);
	assert_int_equal(symlinkat("../pre", dir.fd, "parent"), 0);
	assert_int_equal(check_files(&dir), 0);
}

/* Which nobody else can write to, and anybody may search. */
static struct test_dir of_root(const struct test_dir *dir)
{
	needs_root();
	needs_call(openat2);
	assert_int_equal(chmod(dir->path, 0755), 0);
	return *dir;
}

static void a_directory_that_others_can_write_is_refused(void **state)
{
	const struct test_dir dir = of_root(*state);
	autoarena struct arena arena = {};
	struct error err = {};
	const char *path;
	char name[256];

	snprintf(name, sizeof name, "%s/new/images", dir.path);
	close(image_directory(name, true, &arena, &path, &err));
	assert_string_equal(path, name);
	assert_int_equal(chmod(name, 0770), 0);
	assert_int_equal(image_directory(name, false, &arena, &path, &err), -1);
	assert_int_equal(err.kind, ERR_USAGE);
	assert_int_equal(chmod(name, 0700), 0);
	snprintf(name, sizeof name, "%s/new", dir.path);
	assert_int_equal(chmod(name, 0777), 0);
	snprintf(name, sizeof name, "%s/new/images", dir.path);
	assert_int_equal(image_directory(name, false, &arena, &path, &err), -1);
	assert_int_equal(err.kind, ERR_USAGE);
}

static void a_way_that_another_user_chose_is_refused_wherever_it_leads(void **state)
{
	const struct test_dir dir = of_root(*state);
	autoarena struct arena arena = {};
	struct error err = {};
	const char *path;
	char name[256];

	assert_int_equal(mkdirat(dir.fd, "images", 0700), 0);
	assert_int_equal(mkdirat(dir.fd, "user", 0755), 0);
	assert_int_equal(symlinkat("../images", dir.fd, "user/link"), 0);
	snprintf(name, sizeof name, "%s/user/link", dir.path);
	close(image_directory(name, false, &arena, &path, &err));
	assert_int_equal(fchownat(dir.fd, "user", 1000, 0, 0), 0);
	assert_int_equal(image_directory(name, false, &arena, &path, &err), -1);
	assert_int_equal(err.kind, ERR_USAGE);
	snprintf(name, sizeof name, "%s/user/new/images", dir.path);
	assert_int_equal(image_directory(name, true, &arena, &path, &err), -1);
	assert_int_equal(faccessat(dir.fd, "user/new", F_OK, 0), -1);
}

static void images_that_are_written_over_are_not_whole_until_the_end(void **state)
{
	const struct test_dir dir = *(struct test_dir *)*state;
	autoarena struct arena arena = {};
	struct image found;
	struct error err = {};

	needs_call(openat2);
	assert_int_equal(image_write(dir.fd, &sample, &err), 0);
	assert_int_equal(image_read(dir.fd, &arena, &found, &err), -1);
	assert_int_equal(image_commit(dir.fd, &err), 0);
	assert_int_equal(image_read(dir.fd, &arena, &found, &err), 0);
	assert_int_equal(image_write(dir.fd, &sample, &err), 0);
	assert_int_equal(image_read(dir.fd, &arena, &found, &err), -1);
	assert_int_equal(err.code, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(a_record_that_was_changed_is_refused_with_its_place),
		cmocka_unit_test_setup_teardown(images_of_others_are_refused, test_dir_make,
						test_dir_remove),
		cmocka_unit_test_setup_teardown(a_directory_that_others_can_write_is_refused,
						test_dir_make, test_dir_remove),
		cmocka_unit_test_setup_teardown(
			a_way_that_another_user_chose_is_refused_wherever_it_leads, test_dir_make,
			test_dir_remove),
		cmocka_unit_test_setup_teardown(
			images_that_are_written_over_are_not_whole_until_the_end, test_dir_make,
			test_dir_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
