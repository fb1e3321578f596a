#include "kernel/mount_options.h"

#include "base/cleanup.h"
#include "kernel/compat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/mount.h>

/* config.md, "Linux mount options": all words of the table, what mount_setattr(2) shall do with them, and
 * whether they hold for the mounts below too. */
static const struct word {
	const char *word;
	uint64_t set, clear;
	bool recursive;
} attributes[] = {
	{ "atime", 0, MOUNT_ATTR__ATIME, false },
	{ "dev", 0, MOUNT_ATTR_NODEV, false },
	{ "diratime", 0, MOUNT_ATTR_NODIRATIME, false },
	{ "exec", 0, MOUNT_ATTR_NOEXEC, false },
	{ "noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME, false },
	{ "nodev", MOUNT_ATTR_NODEV, 0, false },
	{ "nodiratime", MOUNT_ATTR_NODIRATIME, 0, false },
	{ "noexec", MOUNT_ATTR_NOEXEC, 0, false },
	{ "norelatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME, false },
	{ "nostrictatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME, false },
	{ "nosuid", MOUNT_ATTR_NOSUID, 0, false },
	{ "nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0, false },
	{ "ratime", 0, MOUNT_ATTR__ATIME, true },
	{ "rdev", 0, MOUNT_ATTR_NODEV, true },
	{ "rdiratime", 0, MOUNT_ATTR_NODIRATIME, true },
	{ "relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME, false },
	{ "rexec", 0, MOUNT_ATTR_NOEXEC, true },
	{ "rnoatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME, true },
	{ "rnodev", MOUNT_ATTR_NODEV, 0, true },
	{ "rnodiratime", MOUNT_ATTR_NODIRATIME, 0, true },
	{ "rnoexec", MOUNT_ATTR_NOEXEC, 0, true },
	{ "rnorelatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME, true },
	{ "rnostrictatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME, true },
	{ "rnosuid", MOUNT_ATTR_NOSUID, 0, true },
	{ "rnosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0, true },
	{ "ro", MOUNT_ATTR_RDONLY, 0, false },
	{ "rrelatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME, true },
	{ "rro", MOUNT_ATTR_RDONLY, 0, true },
	{ "rrw", 0, MOUNT_ATTR_RDONLY, true },
	{ "rstrictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME, true },
	{ "rsuid", 0, MOUNT_ATTR_NOSUID, true },
	{ "rsymfollow", 0, MOUNT_ATTR_NOSYMFOLLOW, true },
	{ "rw", 0, MOUNT_ATTR_RDONLY, false },
	{ "strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME, false },
	{ "suid", 0, MOUNT_ATTR_NOSUID, false },
	{ "symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW, false },
};
static const struct word propagations[] = {
	{ "private", MS_PRIVATE, 0, false },       { "rprivate", MS_PRIVATE, 0, true },
	{ "rshared", MS_SHARED, 0, true },         { "rslave", MS_SLAVE, 0, true },
	{ "runbindable", MS_UNBINDABLE, 0, true }, { "shared", MS_SHARED, 0, false },
	{ "slave", MS_SLAVE, 0, false },           { "unbindable", MS_UNBINDABLE, 0, false },
};
static const struct {
	const char *word;
	enum mount_option_kind kind;
	bool recursive;
} others[] = {
	{ "async", MOUNT_OPTION_SUPERBLOCK, false },
	{ "bind", MOUNT_OPTION_BIND, false },
	{ "defaults", MOUNT_OPTION_NONE, false },
	{ "dirsync", MOUNT_OPTION_SUPERBLOCK, false },
	{ "idmap", MOUNT_OPTION_IDMAP, false },
	{ "iversion", MOUNT_OPTION_NONE, false },
	{ "lazytime", MOUNT_OPTION_SUPERBLOCK, false },
	{ "loud", MOUNT_OPTION_NONE, false },
	{ "mand", MOUNT_OPTION_SUPERBLOCK, false },
	{ "noiversion", MOUNT_OPTION_NONE, false },
	{ "nolazytime", MOUNT_OPTION_SUPERBLOCK, false },
	{ "nomand", MOUNT_OPTION_SUPERBLOCK, false },
	{ "rbind", MOUNT_OPTION_BIND, true },
	{ "ridmap", MOUNT_OPTION_IDMAP, true },
	{ "silent", MOUNT_OPTION_NONE, false },
	{ "sync", MOUNT_OPTION_SUPERBLOCK, false },
	{ "tmpcopyup", MOUNT_OPTION_COPY_UP, false },
	/* not in the table: what engines write besides */
	{ "copy-symlink", MOUNT_OPTION_COPY_SYMLINK, false },
	{ "", MOUNT_OPTION_NONE, false },
};

static void check(const struct word *words, size_t n, enum mount_option_kind kind)
{
	for (size_t i = 0; i < n; i++) {
		const struct mount_option *row = mount_option_find(words[i].word);

		if (!row) {
			fail_msg("%s is not known", words[i].word);
			return;
		}
		if (row->kind != kind || row->set != words[i].set || row->clear != words[i].clear ||
		    row->recursive != words[i].recursive)
			fail_msg("%s stands for something else", words[i].word);
	}
}

static void each_word_of_the_specification_sets_and_clears_what_it_says(void **)
{
	check(attributes, ARRAY_LEN(attributes), MOUNT_OPTION_ATTR);
}

static void each_propagation_is_the_flag_of_mount(void **)
{
	check(propagations, ARRAY_LEN(propagations), MOUNT_OPTION_PROPAGATION);
}

static void the_other_words_are_of_their_kinds(void **)
{
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		const struct mount_option *row = mount_option_find(others[i].word);

		if (!row) {
			fail_msg("'%s' is not known", others[i].word);
			return;
		}
		assert_int_equal(row->kind, others[i].kind);
		assert_int_equal(row->recursive, others[i].recursive);
	}
}

static void there_is_no_word_that_this_test_does_not_know(void **)
{
	size_t n;

	assert_non_null(mount_options_list(&n));
	assert_int_equal(n, ARRAY_LEN(attributes) + ARRAY_LEN(propagations) + ARRAY_LEN(others));
}

/* Both are given to a mount, and what is said of it alone comes second. */
static void the_last_word_counts_whether_it_is_recursive_or_not(void **)
{
	static const struct {
		const char *words[4];
		struct mount_attrs attrs;
		uint64_t here;
	} rows[] = {
		{ { "rw", "rro" }, { .set_recursive = MOUNT_ATTR_RDONLY }, MOUNT_ATTR_RDONLY },
		{ { "rro", "rw" },
		  { .set_recursive = MOUNT_ATTR_RDONLY, .clear = MOUNT_ATTR_RDONLY },
		  0 },
		{ { "ro", "rrw" }, { .clear_recursive = MOUNT_ATTR_RDONLY }, 0 },
		{ { "rrw", "ro" },
		  { .clear_recursive = MOUNT_ATTR_RDONLY, .set = MOUNT_ATTR_RDONLY },
		  MOUNT_ATTR_RDONLY },
		{ { "rro", "rw", "rro" },
		  { .set_recursive = MOUNT_ATTR_RDONLY },
		  MOUNT_ATTR_RDONLY },
		{ { "suid", "dev", "rnosuid", "rnodev" },
		  { .set_recursive = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV },
		  MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV },
		{ { "rnosuid", "nodev" },
		  { .set_recursive = MOUNT_ATTR_NOSUID, .set = MOUNT_ATTR_NODEV },
		  MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV },
		{ { "strictatime", "rnoatime" },
		  { .set_recursive = MOUNT_ATTR_NOATIME, .clear_recursive = MOUNT_ATTR__ATIME },
		  MOUNT_ATTR_NOATIME },
		{ { "rnoatime", "strictatime" },
		  { MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME, MOUNT_ATTR_STRICTATIME,
		    MOUNT_ATTR__ATIME },
		  MOUNT_ATTR_STRICTATIME },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct mount_words words = {};

		for (size_t j = 0; j < 4 && rows[i].words[j]; j++)
			assert_true(mount_words_add(&words, rows[i].words[j]));
		assert_memory_equal(&words.attrs, &rows[i].attrs, sizeof words.attrs);
		assert_true(mount_attrs_here(&words.attrs) == rows[i].here);
	}
}

static void of_several_propagations_the_last_one_counts(void **)
{
	struct mount_words words = {};

	assert_true(mount_words_add(&words, "shared") && mount_words_add(&words, "rslave"));
	assert_true(words.propagation == 0 && words.propagation_recursive == MS_SLAVE);
	assert_true(mount_words_add(&words, "private"));
	assert_true(words.propagation == MS_PRIVATE && words.propagation_recursive == 0);
}

static void a_word_with_a_value_or_in_capitals_is_data_for_the_file_system(void **)
{
	static const char *const data[] = { "size=64m", "ro=1", "RO", "ro,rw", " ro", "mode=755" };

	for (size_t i = 0; i < ARRAY_LEN(data); i++)
		assert_null(mount_option_find(data[i]));
}

/* The kernel refuses an attribute of access time without a clear of the whole field: mount_setattr(2). */
static void who_sets_access_times_clears_the_whole_field(void **)
{
	size_t n;
	const struct mount_option *rows = mount_options_list(&n);

	for (size_t i = 0; i < n; i++) {
		if (rows[i].kind == MOUNT_OPTION_ATTR && (rows[i].set & MOUNT_ATTR__ATIME))
			assert_true((rows[i].clear & MOUNT_ATTR__ATIME) == MOUNT_ATTR__ATIME);
	}
}

static void attributes_read_back_as_words(void **)
{
	char text[96];

	assert_string_equal(mount_attr_words(0, text), "");
	assert_string_equal(mount_attr_words(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV, text),
			    "ro,nodev");
	assert_string_equal(mount_attr_words(MOUNT_ATTR_STRICTATIME, text), "strictatime");
	assert_string_equal(mount_attr_words(MOUNT_ATTR__ATIME, text), "atime");
	for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
		if (attributes[i].set && !attributes[i].recursive &&
		    strcmp(attributes[i].word, "norelatime") != 0)
			assert_string_equal(mount_attr_words(attributes[i].set, text),
					    attributes[i].word);
	}
	assert_true(strlen(mount_attr_words(UINT64_MAX, text)) < sizeof text);
}

static void propagations_read_back_as_words(void **)
{
	assert_null(mount_propagation_word(0));
	for (size_t i = 0; i < ARRAY_LEN(propagations); i++) {
		if (!propagations[i].recursive)
			assert_string_equal(mount_propagation_word(propagations[i].set),
					    propagations[i].word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_word_of_the_specification_sets_and_clears_what_it_says),
		cmocka_unit_test(each_propagation_is_the_flag_of_mount),
		cmocka_unit_test(the_other_words_are_of_their_kinds),
		cmocka_unit_test(there_is_no_word_that_this_test_does_not_know),
		cmocka_unit_test(the_last_word_counts_whether_it_is_recursive_or_not),
		cmocka_unit_test(of_several_propagations_the_last_one_counts),
		cmocka_unit_test(a_word_with_a_value_or_in_capitals_is_data_for_the_file_system),
		cmocka_unit_test(who_sets_access_times_clears_the_whole_field),
		cmocka_unit_test(attributes_read_back_as_words),
		cmocka_unit_test(propagations_read_back_as_words),
	};

	return cmocka_run_group_tests_name("mount_options", tests, NULL, NULL);
}
