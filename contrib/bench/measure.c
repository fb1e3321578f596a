/* measure: run commands in turn, again and again; print the median time and the peak memory of each
 *
 * usage: measure ROUNDS <LINES
 *
 * A line is: NAME, OPERATION, a mount namespace (a path, or - for ours), and the words of the command,
 * with a tab between each. "{}" in a word is the number of the round. Lines run in their order, all of
 * them in each round, so that whatever slows the machine slows everybody. The first rounds warm up and
 * do not count. Output: NAME, OPERATION, median in microseconds, peak in KiB, with tabs.
 *
 * Static and small on purpose: the peak of a process counts what its parent had when it forked.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LINES_MAX = 64, WORDS_MAX = 48, ROUNDS_MAX = 1000, WARM_UP = 3, TEXT_MAX = 4096 };

struct line {
	char text[TEXT_MAX];
	const char *name, *operation;
	int mounts; /* fd of a mount namespace, or -1 */
	char *words[WORDS_MAX + 1];
	int64_t times[ROUNDS_MAX];
	long peak;
};

static struct line lines[LINES_MAX];

static _Noreturn void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void parse(struct line *line)
{
	char *rest = line->text;
	size_t n = 0;

	rest[strcspn(rest, "\n")] = '\0';
	line->name = strsep(&rest, "\t");
	line->operation = strsep(&rest, "\t");

	const char *mounts = strsep(&rest, "\t");

	line->mounts = -1;
	if (mounts && strcmp(mounts, "-") != 0) {
		line->mounts = open(mounts, O_RDONLY | O_CLOEXEC);
		if (line->mounts < 0)
			fail(mounts);
	}
	for (char *word; n < WORDS_MAX && (word = strsep(&rest, "\t"));)
		line->words[n++] = word;
	if (n == 0) {
		(void)fputs("measure: a line without a command\n", stderr);
		exit(2);
	}
}

/* "{}" becomes the round. */
static char *expand(const char *word, int round)
{
	static char texts[WORDS_MAX][512];
	static size_t next;
	char *text = texts[next++ % WORDS_MAX];
	const char *at = strstr(word, "{}");

	if (!at)
		snprintf(text, sizeof texts[0], "%s", word);
	else
		snprintf(text, sizeof texts[0], "%.*s%d%s", (int)(at - word), word, round, at + 2);
	return text;
}

static _Noreturn void run(const struct line *line, int round)
{
	char *words[WORDS_MAX + 1];
	size_t n = 0;
	const int null = open("/dev/null", O_RDWR);

	for (; line->words[n]; n++)
		words[n] = expand(line->words[n], round);
	words[n] = NULL;
	if (line->mounts >= 0 && setns(line->mounts, CLONE_NEWNS) < 0)
		fail("setns");
	(void)dup2(null, 0);
	(void)dup2(null, 1);
	close(null);
	execv(words[0], words);
	fail(words[0]);
}

static int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1'000'000'000) + now.tv_nsec;
}

static void measure(const struct line *line, int round, int64_t *ret_time, long *ret_peak)
{
	struct rusage usage;
	int status;
	const int64_t start = now_ns();
	const pid_t pid = fork();

	if (pid < 0)
		fail("fork");
	if (pid == 0)
		run(line, round);
	if (wait4(pid, &status, 0, &usage) < 0)
		fail("wait4");
	*ret_time = now_ns() - start;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		(void)fprintf(stderr, "measure: %s %s failed with status %d\n", line->name,
			      line->operation, WIFEXITED(status) ? WEXITSTATUS(status) : 128);
		exit(1);
	}
	*ret_peak = usage.ru_maxrss;
}

static int by_value(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	const int rounds = argc == 2 ? atoi(argv[1]) : 0;
	size_t n = 0;

	if (rounds < 1 || rounds > ROUNDS_MAX) {
		(void)fputs("usage: measure ROUNDS <LINES\n", stderr);
		return 2;
	}
	while (n < LINES_MAX && fgets(lines[n].text, sizeof lines[n].text, stdin))
		parse(&lines[n++]);
	for (int round = 0; round < rounds + WARM_UP; round++) {
		for (size_t i = 0; i < n; i++) {
			struct line *line = &lines[i];
			int64_t time;
			long peak;

			measure(line, round, &time, &peak);
			if (round < WARM_UP)
				continue;
			line->times[round - WARM_UP] = time;
			if (peak > line->peak)
				line->peak = peak;
		}
	}
	for (size_t i = 0; i < n; i++) {
		qsort(lines[i].times, (size_t)rounds, sizeof lines[i].times[0], by_value);
		printf("%s\t%s\t%lld\t%ld\n", lines[i].name, lines[i].operation,
		       (long long)lines[i].times[rounds / 2] / 1000, lines[i].peak);
	}
	return 0;
}
