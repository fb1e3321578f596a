#include "container/id_range.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "container/id_reservation.h"
#include "kernel/process_id.h"
#include "kernel/uidmaps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "in_child.h"
#include "skip_because.h"
#include "test_dir.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* A child that goes when the test program does, also if that fails before it could end it. */
static pid_t fork_bound(void)
{
	const pid_t child = fork();

	if (child == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return child;
}

/* Where nobody has ids on a machine that runs tests. */
enum { POOL_FIRST = 0x7000'0000, BLOCK = ID_RANGE_BLOCK };

struct place {
	struct test_dir *dir;
	int area, etc, proc;
};

static int make_place(void **state)
{
	struct place *place = calloc(1, sizeof *place);
	void *dir = NULL;

	if (!place || test_dir_make(&dir) < 0)
		return -1;
	place->dir = dir;
	if (mkdirat(place->dir->fd, "ids", 0700) < 0 || mkdirat(place->dir->fd, "etc", 0700) < 0)
		return -1;
	place->area = openat(place->dir->fd, "ids", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	place->etc = openat(place->dir->fd, "etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	place->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = place;
	return 0;
}

static int remove_place(void **state)
{
	struct place *place = *state;
	void *dir = place->dir;

	close(place->area);
	close(place->etc);
	close(place->proc);
	free(place);
	return test_dir_remove(&dir);
}

/* A pool of @blocks blocks, for a container whose state directory is @name below the place. */
static struct id_range_request request_in(const struct place *place, struct arena *arena,
					  const char *name, uint32_t blocks)
{
	return (struct id_range_request){
		.area = place->area,
		.proc = place->proc,
		.etc = place->etc,
		.source = ID_SOURCE_POOL,
		.first = POOL_FIRST,
		.last = POOL_FIRST + blocks * BLOCK - 1,
		.size = BLOCK,
		.state_dir = arena_printf(arena, "%s/%s", place->dir->path, name),
	};
}

static size_t files_in(int area)
{
	DIR *dir = fdopendir(openat(area, ".", O_RDONLY | O_DIRECTORY));
	const struct dirent *entry;
	size_t n = 0;

	while ((entry = readdir(dir)))
		n += id_reservation_is_name(entry->d_name);
	closedir(dir);
	return n;
}

static void a_range_is_aligned_whole_and_in_the_pool(void **state)
{
	const struct place *place = *state;
	autoarena struct arena arena = {};
	struct id_range_request request = request_in(place, &arena, "c", 8);
	struct id_range_drawn drawn;
	struct error err;

	request.first -= 5; /* the pool need not be aligned */
	request.last += 5;
	for (int i = 0; i < 50; i++) {
		assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), 0);
		assert_int_equal(drawn.ids.n_uids, 1);
		assert_int_equal(drawn.ids.n_gids, 1);
		assert_int_equal(drawn.ids.uids[0].inside, 0);
		assert_int_equal(drawn.ids.uids[0].count, BLOCK);
		assert_int_equal(drawn.ids.uids[0].outside % BLOCK, 0);
		assert_in_range(drawn.ids.uids[0].outside, POOL_FIRST, POOL_FIRST + 7 * BLOCK);
		assert_int_equal(drawn.ids.gids[0].outside, drawn.ids.uids[0].outside);
		assert_false(drawn.helpers);
		assert_int_equal(
			id_range_release(place->area, drawn.reservation, request.state_dir, &err),
			0);
	}
	assert_int_equal(files_in(place->area), 0);
}

static void ranges_are_random(void **state)
{
	const struct place *place = *state;
	autoarena struct arena arena = {};
	struct id_range_request request = request_in(place, &arena, "c", 4'096);
	struct id_range_drawn drawn;
	struct error err;
	uint32_t seen[16];

	request.preview = true;
	for (size_t i = 0; i < 16; i++) {
		assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), 0);
		assert_null(drawn.reservation);
		seen[i] = drawn.ids.uids[0].outside;
	}
	assert_int_equal(files_in(place->area), 0); /* a preview leaves nothing */

	size_t different = 0;

	for (size_t i = 1; i < 16; i++)
		different += seen[i] != seen[0];
	assert_true(different > 10); /* fails by chance once in 10^18 */
}

/* 100 processes at once; all hold on until each has drawn. */
static void concurrent_draws_never_share_an_id(void **state)
{
	enum { COUNT = 100 };
	const struct place *place = *state;
	uint32_t *drawn = mmap(NULL, COUNT * sizeof *drawn, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int go[2], done[2];
	char byte;

	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe(done), 0);
	for (int i = 0; i < COUNT; i++) {
		if (fork_bound() != 0)
			continue;

		struct arena arena = {};
		char name[16];
		struct id_range_drawn got;
		struct error err;

		snprintf(name, sizeof name, "c%d", i);
		/* 128 blocks for 100 draws: most of them hit somebody else's. */
		const struct id_range_request request = request_in(place, &arena, name, 128);

		CHECK(read(go[0], &byte, 1) == 1);
		if (id_range_draw(&request, &arena, &got, &err) == 0)
			drawn[i] = got.ids.uids[0].outside;
		else
			fprintf(stderr, "%s\n", err.text);
		CHECK(write(done[1], "x", 1) == 1);
		for (;;)
			pause(); /* it has no state directory: its life is what holds the range */
	}
	for (int i = 0; i < COUNT; i++)
		assert_int_equal(write(go[1], "x", 1), 1);
	for (int i = 0; i < COUNT; i++)
		assert_int_equal(read(done[0], &byte, 1), 1);

	for (int i = 0; i < COUNT; i++) {
		assert_true(drawn[i] >= POOL_FIRST);
		for (int j = 0; j < i; j++)
			assert_int_not_equal(drawn[i], drawn[j]);
	}
	assert_int_equal(files_in(place->area), COUNT);

	/* Only our children are in our process group's care: end each by the pid that it wrote. */
	autoarena struct arena arena = {};
	struct error err;

	for (int i = 0; i < COUNT; i++) {
		struct id_reservation held;

		assert_int_equal(id_reservation_read(place->area,
						     id_reservation_name(&arena, drawn[i]), &arena,
						     &held, &err),
				 1);
		kill(held.holders[0].pid, SIGKILL);
	}
	for (int i = 0; i < COUNT; i++)
		wait(NULL);
	munmap(drawn, COUNT * sizeof *drawn);
	for (int i = 0; i < 2; i++) {
		close(go[i]);
		close(done[i]);
	}
}

/* Draws in a child that is killed; its container's directory exists if @with_directory. */
static void draw_and_die(const struct place *place, const char *name, bool with_directory)
{
	if (with_directory)
		assert_int_equal(mkdirat(place->dir->fd, name, 0700), 0);

	const pid_t child = fork_bound();

	if (child == 0) {
		struct arena arena = {};
		struct id_range_drawn drawn;
		struct error err;
		const struct id_range_request request = request_in(place, &arena, name, 1);

		CHECK(id_range_draw(&request, &arena, &drawn, &err) == 0);
		kill(getpid(), SIGKILL);
	}
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
}

static void a_killed_create_leaves_a_range_that_can_be_drawn_again(void **state)
{
	const struct place *place = *state;
	autoarena struct arena arena = {};
	const struct id_range_request request = request_in(place, &arena, "second", 1);
	struct id_range_drawn drawn;
	struct error err;

	draw_and_die(place, "first", false);
	assert_int_equal(files_in(place->area), 1);
	assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), 0);
	assert_int_equal(drawn.ids.uids[0].outside, POOL_FIRST);
	assert_int_equal(files_in(place->area), 1);
}

static void a_range_is_held_while_its_container_has_a_state(void **state)
{
	const struct place *place = *state;
	autoarena struct arena arena = {};
	const struct id_range_request request = request_in(place, &arena, "second", 1);
	struct id_range_drawn drawn;
	struct error err;

	draw_and_die(place, "first", true);
	assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), -1);
	assert_int_equal(err.kind, ERR_POLICY);
	assert_non_null(strstr(err.text, "1 are held by containers"));
	assert_true(err.remedy[0] != '\0');

	/* The same name, but another container: that one's claim does not hold our range. */
	assert_int_equal(mkdirat(place->dir->fd, "keeps-the-inode", 0700), 0);
	assert_int_equal(renameat(place->dir->fd, "keeps-the-inode", place->dir->fd, "first"), 0);
	assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), 0);
}

static void the_range_of_a_create_that_died_is_found_by_its_directory(void **state)
{
	const struct place *place = *state;
	autoarena struct arena arena = {};
	const struct id_range_request first = request_in(place, &arena, "first", 1);
	struct error err;

	draw_and_die(place, "first", true);
	assert_int_equal(id_range_release(place->area, NULL, first.state_dir, &err), 0);
	assert_int_equal(files_in(place->area), 0);
	assert_int_equal(id_range_release(place->area, NULL, first.state_dir, &err), 0);
}

static void what_is_no_reservation_does_not_keep_one_from_being_released(void **state)
{
	const struct place *place = *state;
	autoarena struct arena arena = {};
	const struct id_range_request first = request_in(place, &arena, "first", 1);
	struct error err;

	draw_and_die(place, "first", true);
	assert_int_equal(test_dir_write(place->area, "1", "damaged"), 0);
	assert_int_equal(mkdirat(place->area, "2", 0700), 0);
	assert_int_equal(symlinkat("/etc/passwd", place->area, "3"), 0);
	assert_int_equal(mkfifoat(place->area, "4", 0600), 0);
	assert_int_equal(id_range_release(place->area, NULL, first.state_dir, &err), 0);
	assert_int_equal(files_in(place->area), 4);
}

/* Put ids of the host into the first of two blocks: the draw must take the other, every time. */
static void assert_avoided(void **state, const char *file, const char *text)
{
	const struct place *place = *state;
	autoarena struct arena arena = {};
	struct id_range_request request = request_in(place, &arena, "c", 2);
	struct id_range_drawn drawn;
	struct error err;

	assert_int_equal(test_dir_write(place->etc, file, text), 0);
	request.preview = true;
	for (int i = 0; i < 20; i++) {
		assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), 0);
		assert_int_equal(drawn.ids.uids[0].outside, POOL_FIRST + BLOCK);
	}
	assert_int_equal(unlinkat(place->etc, file, 0), 0);
}

static void an_id_range_never_overlaps_a_user_or_group(void **state)
{
	assert_avoided(state, "passwd", "root:x:0:0::/:/bin/sh\nx:x:1879048192:1::/:/bin/sh\n");
	assert_avoided(state, "passwd",
		       "x:x:1879113727:1::/:/bin/sh"); /* its last id; no newline */
	assert_avoided(state, "group", "x:x:1879050000:a,b\n");
}

static void an_id_range_never_overlaps_an_entry_of_subuid(void **state)
{
	assert_avoided(state, "subuid", "# comment\nuser:1879113727:1\n");
	assert_avoided(state, "subuid", "\n:\nuser:1879000000:100000\n");
	assert_avoided(state, "subgid", "1000:1879048192:65536\n");
	assert_avoided(state, "subgid", "1000:1:1879048192\n");
}

static void lines_that_do_not_parse_are_skipped(void **state)
{
	const struct place *place = *state;
	autoarena struct arena arena = {};
	const struct id_range_request request = request_in(place, &arena, "c", 1);
	struct id_range_drawn drawn;
	struct error err;

	assert_int_equal(test_dir_write(place->etc, "subuid",
					"a:1879048192:0\nb:x:65536\nc:1879048192\nd\n\n:::\n"
					"e:1879048192:\nf:-1:5\ng:99999999999:5\n"),
			 0);
	assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), 0);
}

static void a_subordinate_range_up_to_the_last_id_does_not_wrap(void **state)
{
	const struct place *place = *state;
	autoarena struct arena arena = {};
	const struct id_range_request request = request_in(place, &arena, "c", 1);
	struct id_range_drawn drawn;
	struct error err;

	assert_int_equal(test_dir_write(place->etc, "subuid", "a:1000:4294967295\n"), 0);
	assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), -1);
	assert_non_null(strstr(err.text, "1 overlap users"));
}

static void a_full_pool_is_an_error_that_says_what_takes_it(void **state)
{
	const struct place *place = *state;
	autoarena struct arena arena = {};
	struct id_range_request request = request_in(place, &arena, "c", 4);
	struct id_range_drawn drawn;
	struct error err;

	assert_int_equal(test_dir_write(place->etc, "passwd", "x:x:1879048192:1::/:/bin/sh\n"), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), 0);
	assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), -1);
	assert_int_equal(err.kind, ERR_POLICY);
	assert_non_null(strstr(err.text, "of 4 blocks 3 are held by containers, 1 overlap"));

	/* One is given back: the sweep finds it. */
	assert_int_equal(id_range_release(place->area, drawn.reservation, request.state_dir, &err),
			 0);
	assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), 0);
}

static void a_pool_without_a_block_and_a_size_without_sense_are_refused(void **state)
{
	const struct place *place = *state;
	autoarena struct arena arena = {};
	struct id_range_request request = request_in(place, &arena, "c", 1);
	struct id_range_drawn drawn;
	struct error err;

	request.last--;
	assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), -1);
	assert_int_equal(err.kind, ERR_POLICY);
	request.last = request.first - 1;
	assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), -1);

	/* (uid_t)-1 is no id: the last block of all is never drawn. */
	request.first = 0xffff'0000;
	request.last = UINT32_MAX;
	assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), -1);

	request = request_in(place, &arena, "c", 1);
	request.size = BLOCK + 1;
	assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), -1);
	request.size = 0;
	assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), -1);
	request = request_in(place, &arena, "a\nb", 1);
	assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), -1);
}

static void a_damaged_reservation_keeps_its_ids(void **state)
{
	static const char *const texts[] = {
		"",
		"x",
		"brig-ids 1 1 1 1\n",
		"brig-ids 1 1 1 1\nend\n",
		"brig-ids 2 1 1 1\nholder 1 1 0 0 /x\nend\n",
		"brig-ids 1 1 1 1\nholder 1 1 0 0 relative\nend\n",
		"brig-ids 1 1 1 1\nsandbox ../x\nholder 1 1 0 0 /x\nend\n",
		"brig-ids 1 1 1 1\nholder 1 1 0 0 /x\nend\nmore\n",
	};
	const struct place *place = *state;
	autoarena struct arena arena = {};
	const struct id_range_request request = request_in(place, &arena, "c", 1);
	const char *name = id_reservation_name(&arena, POOL_FIRST);
	struct id_range_drawn drawn;
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		assert_int_equal(test_dir_write(place->area, name, texts[i]), 0);
		assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), -1);
		assert_int_equal(id_range_release(place->area, name, request.state_dir, &err), -1);
		assert_non_null(strstr(err.text, "damaged"));
		assert_int_equal(files_in(place->area), 1);
	}
}

static void what_somebody_else_holds_is_not_released(void **state)
{
	const struct place *place = *state;
	autoarena struct arena arena = {};
	const struct id_range_request request = request_in(place, &arena, "c", 1);
	struct id_range_drawn drawn;
	struct error err;

	assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), 0);
	assert_int_equal(id_range_release(place->area, drawn.reservation, "/other/c", &err), 0);
	assert_int_equal(files_in(place->area), 1);
}

/* --- pods --- */

static void containers_of_a_pod_share_a_range_until_the_last_one_goes(void **state)
{
	const struct place *place = *state;
	autoarena struct arena arena = {};
	struct id_range_request a = request_in(place, &arena, "a", 64);
	struct id_range_request b = request_in(place, &arena, "b", 64);
	struct id_range_drawn first;
	struct id_range_pod pod;
	struct error err;

	a.sandbox = b.sandbox = "3f2a9c8de1b04f6d";
	assert_int_equal(id_range_draw(&a, &arena, &first, &err), 0);
	assert_int_equal(id_range_of_pod(place->area, a.sandbox, &arena, &pod, &err), 0);
	assert_string_equal(pod.name, first.reservation);
	assert_int_equal(pod.n, 1);
	assert_string_equal(pod.state_dirs[0], a.state_dir);
	assert_int_equal(id_range_share(&b, first.reservation, a.state_dir, &err), 1);

	/* The sandbox goes first, and is shared with no longer. */
	assert_int_equal(id_range_release(place->area, first.reservation, a.state_dir, &err), 0);
	assert_int_equal(files_in(place->area), 1);
	assert_int_equal(id_range_share(&a, first.reservation, a.state_dir, &err), 0);
	assert_int_equal(id_range_of_pod(place->area, a.sandbox, &arena, &pod, &err), 0);
	assert_int_equal(pod.n, 1);
	assert_string_equal(pod.state_dirs[0], b.state_dir);
	assert_int_equal(id_range_release(place->area, first.reservation, b.state_dir, &err), 0);
	assert_int_equal(files_in(place->area), 0);
	assert_null(id_reservation_of_pod(place->area, a.sandbox, &arena));
}

static void what_is_shared_twice_is_held_once(void **state)
{
	const struct place *place = *state;
	autoarena struct arena arena = {};
	const struct id_range_request a = request_in(place, &arena, "a", 2);
	struct id_range_request b = request_in(place, &arena, "b", 2);
	struct id_reservation held = {};
	struct id_range_drawn first;
	struct error err;

	assert_int_equal(id_range_draw(&a, &arena, &first, &err), 0);
	b.preview = true;
	assert_int_equal(id_range_share(&b, first.reservation, a.state_dir, &err), 1);
	b.preview = false;
	b.sandbox = "pod";
	for (int i = 0; i < 2; i++)
		assert_int_equal(id_range_share(&b, first.reservation, a.state_dir, &err), 1);
	assert_int_equal(id_reservation_read(place->area, first.reservation, &arena, &held, &err),
			 1);
	assert_int_equal(held.n_holders, 2);
	/* Drawn without a pod, as Podman's infra container is: found by the name from now on. */
	assert_string_equal(id_reservation_of_pod(place->area, "pod", &arena), first.reservation);
}

/* What could not be read again would hold its ids for ever. */
static void no_more_holders_are_written_than_are_read(void **state)
{
	enum { MOST = 4'096 };
	const struct place *place = *state;
	autoarena struct arena arena = {};
	struct id_holder *holders = arena_array(&arena, MOST + 1, sizeof *holders);
	struct id_reservation reservation = { .first = 1879048192,
					      .count = 65536,
					      .holders = holders };
	struct id_reservation found = {};
	struct error err;

	for (size_t i = 0; i <= MOST; i++)
		holders[i] = (struct id_holder){ .pid = 1, .state_dir = "/x/a" };
	reservation.n_holders = MOST;
	assert_int_equal(id_reservation_write(place->area, "1879048192", &reservation, &err), 0);
	reservation.n_holders = MOST + 1;
	assert_int_equal(id_reservation_write(place->area, "1879048192", &reservation, &err), -1);
	assert_int_equal(id_reservation_read(place->area, "1879048192", &arena, &found, &err), 1);
	assert_int_equal(found.n_holders, MOST);
}

static void a_range_that_is_not_there_is_not_shared(void **state)
{
	const struct place *place = *state;
	autoarena struct arena arena = {};
	const struct id_range_request b = request_in(place, &arena, "b", 2);
	struct error err;

	assert_int_equal(id_range_share(&b, "1879048192", "/x/a", &err), 0);
	assert_int_equal(id_range_share(&b, "../1879048192", "/x/a", &err), 0);
}

/* Two containers find their pod without a range and draw: the second must look again. */
static void a_draw_for_a_pod_that_has_drawn_meanwhile_is_told_so(void **state)
{
	const struct place *place = *state;
	autoarena struct arena arena = {};
	struct id_range_request a = request_in(place, &arena, "a", 4);
	struct id_range_request b = request_in(place, &arena, "b", 4);
	struct id_range_drawn first, second;
	struct error err;

	a.sandbox = b.sandbox = "pod";
	assert_int_equal(id_range_draw(&a, &arena, &first, &err), 0);
	assert_int_equal(id_range_draw(&b, &arena, &second, &err), -1);
	assert_int_equal(err.code, EAGAIN);
	assert_int_equal(files_in(place->area), 1);

	/* Who has seen that range, and found nobody alive there, takes the pod over. */
	b.seen = first.reservation;
	assert_int_equal(id_range_draw(&b, &arena, &second, &err), 0);
	assert_string_not_equal(second.reservation, first.reservation);
	assert_string_equal(id_reservation_of_pod(place->area, "pod", &arena), second.reservation);

	/* The old range is held until its container goes, which leaves the pod alone. */
	assert_int_equal(id_range_release(place->area, first.reservation, a.state_dir, &err), 0);
	assert_int_equal(files_in(place->area), 1);
	assert_string_equal(id_reservation_of_pod(place->area, "pod", &arena), second.reservation);
}

static void a_sandbox_that_is_no_id_is_no_pod(void **state)
{
	const struct place *place = *state;
	autoarena struct arena arena = {};
	struct id_range_request request = request_in(place, &arena, "a", 64);
	struct id_range_drawn drawn;
	struct id_range_pod pod;
	struct error err;

	request.sandbox = "../../etc/passwd";
	assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), 0);
	assert_int_equal(id_range_of_pod(place->area, request.sandbox, &arena, &pod, &err), 0);
	assert_null(pod.name);
}

/* --- live mappings --- */

/* Two blocks that another run of this program, at the same time, does not map. */
static uint32_t mapped_first(void)
{
	return 0xc000'0000 + ((uint32_t)getpid() % 8'192) * 2 * BLOCK;
}

/*
 * A process in a user namespace of @n ranges of @count ids, from @outside on with as many left out in
 * between; -1 if this machine forbids it.
 */
static pid_t process_with_ranges(uint32_t outside, uint32_t count, uint32_t n)
{
	autobuf struct buf text = {};
	char path[64];
	int ready[2];
	char byte;

	for (uint32_t i = 0; i < n; i++)
		buf_printf(&text, "%u %u %u\n", i * count, outside + 2 * i * count, count);
	assert_int_equal(pipe(ready), 0);

	const pid_t child = fork_bound();

	if (child == 0) {
		if (unshare(CLONE_NEWUSER) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);

	const bool unshared = read(ready[0], &byte, 1) == 1;

	close(ready[0]);
	for (int i = 0; unshared && i < 2; i++) {
		snprintf(path, sizeof path, "/proc/%d/%s", child, i ? "gid_map" : "uid_map");
		autoclose int fd = open(path, O_WRONLY);

		if (write(fd, text.data, text.len) < 0)
			break;
		if (i == 1)
			return child;
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return -1;
}

static pid_t process_with(uint32_t outside, uint32_t count)
{
	return process_with_ranges(outside, count, 1);
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void an_id_range_never_overlaps_a_live_mapping(void **state)
{
	const struct place *place = *state;
	autoarena struct arena arena = {};
	struct id_range_request request = request_in(place, &arena, "c", 2);
	struct id_range_drawn drawn;
	struct error err;

	request.first = mapped_first();
	request.last = mapped_first() + 2 * BLOCK - 1;
	request.preview = true;
	/* The first draw makes the full scan; the process is born after it. */
	assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), 0);

	const pid_t pid = process_with(mapped_first() + 10, 5);

	if (pid < 0)
		skip_because("no user namespace of ours here");
	for (int i = 0; i < 20; i++) {
		assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), 0);
		assert_int_equal(drawn.ids.uids[0].outside, mapped_first() + BLOCK);
	}
	end(pid);
}

static void a_mapping_that_has_gone_does_not_make_the_pool_full(void **state)
{
	const struct place *place = *state;
	autoarena struct arena arena = {};
	struct id_range_request request = request_in(place, &arena, "c", 1);
	struct id_range_drawn drawn;
	struct error err;
	const pid_t pid = process_with(mapped_first(), BLOCK);

	if (pid < 0)
		skip_because("no user namespace of ours here");
	request.first = mapped_first();
	request.last = mapped_first() + BLOCK - 1;
	assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), -1);
	end(pid);
	assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), 0);
}

static int open_snapshot(const struct place *place)
{
	return openat(place->dir->fd, "snapshot", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static bool sees(const struct place *place, int snapshot, uint32_t id, bool *ret_full)
{
	struct uidmaps maps;
	struct error err;

	assert_int_equal(uidmaps_update(place->proc, snapshot, &maps, &err), 0);
	const bool seen = uidmaps_overlap(&maps, id, id) != NULL;

	*ret_full = maps.full;
	uidmaps_free(&maps);
	return seen;
}

/* More lines than procfs gives in one read(2): each counts, also the last. */
static void a_mapping_of_many_ranges_is_read_to_its_end(void **state)
{
	const struct place *place = *state;
	const pid_t pid = process_with_ranges(mapped_first(), 1, 200);
	bool full;

	if (pid < 0)
		skip_because("no user namespace of ours here");
	assert_true(sees(place, /* snapshot = */ -1, mapped_first() + 2 * 199, &full));
	assert_false(sees(place, /* snapshot = */ -1, mapped_first() + 2 * 199 + 1, &full));
	end(pid);
}

static void an_update_sees_processes_that_are_born_after_the_full_scan(void **state)
{
	const struct place *place = *state;
	autoclose int snapshot = open_snapshot(place);
	bool full;

	assert_false(sees(place, snapshot, mapped_first(), &full));
	assert_true(full);

	const pid_t pid = process_with(mapped_first(), BLOCK);

	if (pid < 0)
		skip_because("no user namespace of ours here");
	assert_true(sees(place, snapshot, mapped_first(), &full));
	assert_false(full);
	end(pid);
	assert_true(sees(place, snapshot, mapped_first(),
			 &full)); /* avoided until the next full scan */
	assert_false(sees(place, /* snapshot = */ -1, mapped_first(), &full));
	assert_true(full);
}

static void do_nothing(void)
{
}

/* A namespace is made before its mapping is written: the scan in between must not be the last. */
static void a_mapping_that_is_written_late_is_seen(void **state)
{
	const struct place *place = *state;
	autoclose int snapshot = open_snapshot(place);
	bool full;
	int step[2];

	assert_int_equal(pipe(step), 0);

	const pid_t child = fork_bound();

	if (child == 0) {
		CHECK(unshare(CLONE_NEWUSER) == 0 && write(step[1], "x", 1) == 1);
		for (;;)
			pause();
	}
	char byte;

	close(step[1]);
	if (read(step[0], &byte, 1) != 1) {
		waitpid(child, NULL, 0);
		skip_because("no user namespace of ours here");
	}
	assert_false(sees(place, snapshot, mapped_first(), &full));

	/* So many processes that the child is far behind the youngest, also for the next update. */
	for (int i = 0; i < 100; i++)
		assert_int_equal(in_child(do_nothing), 0);
	assert_false(sees(place, snapshot, mapped_first(), &full));

	char path[64], text[64];

	snprintf(path, sizeof path, "/proc/%d/uid_map", child);
	snprintf(text, sizeof text, "0 %u 10\n", mapped_first());
	autoclose int fd = open(path, O_WRONLY);
	const bool written = write(fd, text, strlen(text)) > 0;

	if (written) {
		assert_true(sees(place, snapshot, mapped_first(), &full));
		assert_false(full);
	}
	end(child);
	close(step[0]);
	if (!written)
		skip_because("foreign ids need CAP_SETUID");
}

/* It is listed, and gone when its mapping is read: open(2) then says ESRCH, ENOENT or EINVAL. */
static void processes_that_end_while_we_look_are_no_error(void **state)
{
	const struct place *place = *state;
	const pid_t forker = fork_bound();
	bool full;

	if (forker == 0) {
		for (;;)
			(void)in_child(do_nothing);
	}
	for (int i = 0; i < 500; i++)
		(void)sees(place, /* snapshot = */ -1, POOL_FIRST, &full);
	end(forker);
}

static void a_damaged_snapshot_leads_to_a_full_scan(void **state)
{
	const struct place *place = *state;
	autoclose int snapshot = open_snapshot(place);
	bool full;
	char byte;

	(void)sees(place, snapshot, mapped_first(), &full);
	(void)sees(place, snapshot, mapped_first(), &full);
	assert_false(full);

	/* Its size changes with what others map meanwhile. */
	for (off_t at = 0; pread(snapshot, &byte, 1, at) == 1; at += 7) {
		byte ^= 0x10;
		assert_int_equal(pwrite(snapshot, &byte, 1, at), 1);
		(void)sees(place, snapshot, mapped_first(), &full);
		assert_true(full);
	}
	assert_int_equal(ftruncate(snapshot, lseek(snapshot, 0, SEEK_END) - 1), 0);
	(void)sees(place, snapshot, mapped_first(), &full);
	assert_true(full);
	(void)sees(place, snapshot, mapped_first(), &full);
	assert_false(full);
}

/* --- ordinary users --- */

static void a_user_gets_a_random_part_of_its_subordinate_ids(void **state)
{
	const struct place *place = *state;
	autoarena struct arena arena = {};
	struct id_range_request request = request_in(place, &arena, "c", 1);
	struct id_range_drawn drawn[16];
	struct error err;

	assert_int_equal(test_dir_write(place->etc, "passwd", "joe:x:1000:1000::/:/bin/sh\n"), 0);
	assert_int_equal(test_dir_write(place->etc, "subuid",
					"other:1:5\njoe:1879048192:65536\n1000:5:10\n"),
			 0);
	assert_int_equal(test_dir_write(place->etc, "subgid", "1000:1880000000:65536\n"), 0);
	request.source = ID_SOURCE_SUBORDINATE;
	request.uid = 1000;
	request.gid = 1001;
	request.own_id_as_root = true;

	/* Sixteen containers have a sixteenth each. */
	for (size_t i = 0; i < 16; i++) {
		assert_int_equal(id_range_draw(&request, &arena, &drawn[i], &err), 0);

		const struct idmap *ids = &drawn[i].ids;

		assert_true(drawn[i].helpers);
		assert_int_equal(ids->n_uids, 3);
		assert_int_equal(ids->uids[0].outside, 1000);
		assert_int_equal(ids->gids[0].outside, 1001);
		assert_int_equal(ids->uids[1].inside, 1);
		assert_int_equal(ids->uids[1].count, 4'095);
		assert_in_range(ids->uids[1].outside, 1'879'048'192, 1'879'113'727 - 4'095);
		assert_int_equal(ids->gids[1].outside - 1'880'000'000,
				 ids->uids[1].outside - 1'879'048'192);
		assert_int_equal(ids->uids[2].inside, 65'534); /* nobody */
		assert_int_equal(ids->uids[2].outside, ids->uids[1].outside + 4'095);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(drawn[j].ids.uids[1].outside, ids->uids[1].outside);
	}
	assert_int_equal(id_range_draw(&request, &arena, &drawn[0], &err), -1);
}

static void a_user_without_subordinate_ids_has_one_id(void **state)
{
	const struct place *place = *state;
	autoarena struct arena arena = {};
	struct id_range_request request = request_in(place, &arena, "c", 1);
	struct id_range_drawn drawn;
	struct error err;

	request.source = ID_SOURCE_SUBORDINATE;
	request.uid = 1000;
	request.gid = 1001;
	assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), 0);
	assert_false(drawn.helpers);
	assert_null(drawn.reservation);
	assert_int_equal(drawn.ids.n_uids, 1);
	assert_int_equal(drawn.ids.uids[0].outside, 1000);
	assert_int_equal(drawn.ids.uids[0].count, 1);
	assert_int_equal(drawn.ids.gids[0].outside, 1001);
}

static void root_of_a_user_namespace_passes_on_its_ids(void **state)
{
	const struct place *place = *state;
	autoarena struct arena arena = {};
	struct id_range_request request = request_in(place, &arena, "c", 1);
	struct id_range_drawn drawn;
	struct error err;

	request.source = ID_SOURCE_NAMESPACE;
	assert_int_equal(id_range_draw(&request, &arena, &drawn, &err), 0);
	assert_true(drawn.ids.n_uids >= 1);
	assert_int_equal(drawn.ids.uids[0].inside, drawn.ids.uids[0].outside);
	assert_null(drawn.reservation);
}

#define in_place(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(a_range_is_aligned_whole_and_in_the_pool),
		in_place(ranges_are_random),
		in_place(concurrent_draws_never_share_an_id),
		in_place(a_killed_create_leaves_a_range_that_can_be_drawn_again),
		in_place(a_range_is_held_while_its_container_has_a_state),
		in_place(the_range_of_a_create_that_died_is_found_by_its_directory),
		in_place(an_id_range_never_overlaps_a_user_or_group),
		in_place(an_id_range_never_overlaps_an_entry_of_subuid),
		in_place(lines_that_do_not_parse_are_skipped),
		in_place(a_subordinate_range_up_to_the_last_id_does_not_wrap),
		in_place(a_full_pool_is_an_error_that_says_what_takes_it),
		in_place(a_pool_without_a_block_and_a_size_without_sense_are_refused),
		in_place(what_is_no_reservation_does_not_keep_one_from_being_released),
		in_place(a_damaged_reservation_keeps_its_ids),
		in_place(what_somebody_else_holds_is_not_released),
		in_place(containers_of_a_pod_share_a_range_until_the_last_one_goes),
		in_place(what_is_shared_twice_is_held_once),
		in_place(no_more_holders_are_written_than_are_read),
		in_place(a_range_that_is_not_there_is_not_shared),
		in_place(a_draw_for_a_pod_that_has_drawn_meanwhile_is_told_so),
		in_place(a_sandbox_that_is_no_id_is_no_pod),
		in_place(an_id_range_never_overlaps_a_live_mapping),
		in_place(a_mapping_that_has_gone_does_not_make_the_pool_full),
		in_place(a_mapping_of_many_ranges_is_read_to_its_end),
		in_place(an_update_sees_processes_that_are_born_after_the_full_scan),
		in_place(a_mapping_that_is_written_late_is_seen),
		in_place(processes_that_end_while_we_look_are_no_error),
		in_place(a_damaged_snapshot_leads_to_a_full_scan),
		in_place(a_user_gets_a_random_part_of_its_subordinate_ids),
		in_place(a_user_without_subordinate_ids_has_one_id),
		in_place(root_of_a_user_namespace_passes_on_its_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
