/* cycles: commands of brig on one container, again and again, with brig killed in between
 *
 * usage: cycles ID SEED CYCLES COMMAND,… [FAULT_POINT]…
 *
 * From the environment: BRIG, FAULT_BRIG (which dies where BRIG_FAULT says), ROOT, POLICY, BUNDLE as
 * `brig` takes them, and DIR, a directory for the container's pid file and for what brig prints.
 *
 * Each command of a cycle meets one of three fates, drawn from SEED: it is left alone, it is killed at
 * a random moment of the time that it usually takes, or it dies at a FAULT_POINT that begins with its
 * name. A command that is left alone in a cycle that was left alone so far must succeed. If the cycle
 * creates, it ends with `delete --force`, which must always succeed, and after which nothing of the
 * container may be left that this process can see: its state, and its processes, which are all our
 * children, since we are their subreaper as an engine's shim is.
 *
 * Prints a line for each broken promise, and the number of commands and of kills. Exit status: 0, or
 * 1 if a promise was broken.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

enum {
	HANGS_S = 120,        /* then a command is ended, and has failed */
	PATIENCE_MS = 60'000, /* for the end of processes that were told to end */
	FIRST_GUESS_US = 20'000,
	ALONE_PERCENT = 40,
	POINT_PERCENT = 20, /* the others are killed at a random moment */
	WORDS_MAX = 10,
};

static const struct command {
	const char *name;
	const char *words[WORDS_MAX]; /* after the name; "%b", "%i", "%p": see expand() */
	const char *more_points;      /* beside those that begin with its name */
} commands[] = {
	{ "create", { "--bundle", "%b", "--pid-file", "%p", "%i" }, "init-" },
	{ "start", { "%i" }, NULL },
	{ "exec", { "%i", "true" }, NULL },
	{ "kill", { "%i", "KILL" }, NULL },
	{ "delete", { "%i" }, NULL },
};

enum { DELETE = LENGTH(commands) - 1 };

struct fate {
	long kill_after_us; /* or -1 */
	const char *point;  /* or NULL */
};

struct soak {
	const char *id;
	const char *brig, *fault_brig, *root, *policy, *bundle;
	char pid_file[256], output[256], state[256];
	uint64_t random;
	char **points;
	long usual_us[LENGTH(commands)];
	bool disturbed;    /* was anything killed in this cycle? */
	char history[512]; /* of this cycle */
	int cycle;
	unsigned run, killed, at_point, broken;
};

/* SplitMix64: any seed will do, and the same on every machine */
static uint64_t draw(struct soak *soak)
{
	uint64_t z = soak->random += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1'000'000 + now.tv_nsec / 1000;
}

static void sleep_us(long us)
{
	nanosleep(&(struct timespec){ us / 1'000'000, us % 1'000'000 * 1000 }, NULL);
}

static void broken(struct soak *soak, const char *what)
{
	char said[400] = "";
	const int fd = open(soak->output, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		(void)!read(fd, said, sizeof said - 1);
		close(fd);
	}
	printf("%s, cycle %d (%s): %s: %s\n", soak->id, soak->cycle, soak->history, what, said);
	fflush(stdout);
	soak->broken++;
}

/* --- one command --- */

static bool point_is_of(const char *point, const struct command *command)
{
	const size_t len = strlen(command->name);

	return (strncmp(point, command->name, len) == 0 && point[len] == '-') ||
	       (command->more_points &&
		strncmp(point, command->more_points, strlen(command->more_points)) == 0);
}

static struct fate draw_fate(struct soak *soak, const struct command *command, long usual_us)
{
	const uint64_t percent = draw(soak) % 100, where = draw(soak);
	size_t n = 0;

	if (percent < ALONE_PERCENT)
		return (struct fate){ -1, NULL };
	for (char **point = soak->points; *point; point++)
		n += point_is_of(*point, command);
	if (percent >= ALONE_PERCENT + POINT_PERCENT || n == 0)
		return (struct fate){ (long)(where % (uint64_t)(usual_us + usual_us / 4)), NULL };
	n = where % n;
	for (char **point = soak->points;; point++)
		if (point_is_of(*point, command) && n-- == 0)
			return (struct fate){ -1, *point };
}

static const char *expand(const struct soak *soak, const char *word)
{
	if (strcmp(word, "%i") == 0)
		return soak->id;
	if (strcmp(word, "%b") == 0)
		return soak->bundle;
	if (strcmp(word, "%p") == 0)
		return soak->pid_file;
	return word;
}

[[gnu::noreturn]] static void become_brig(const struct soak *soak, const char *name,
					  const char *const *words, const char *point)
{
	const char *argv[WORDS_MAX + 8] = { "brig",     "--root",     soak->root,
					    "--policy", soak->policy, name };
	const int in = open("/dev/null", O_RDONLY);
	const int out = open(soak->output, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	for (size_t n = 6; *words; words++)
		argv[n++] = expand(soak, *words);
	if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(126);
	close(in);
	close(out);
	if (point)
		setenv("BRIG_FAULT", point, 1);
	alarm(HANGS_S); /* kept by execve(2), not by brig's children */
	execv(point ? soak->fault_brig : soak->brig, (char *const *)(uintptr_t)argv);
	_exit(127);
}

/* Run it to its end, and reap whoever else ends meanwhile, as a shim does: the end of a container's
 * init waits until each process of its pid namespace has been reaped, also one that came in by exec
 * and whose brig was killed. Return: its wait status */
static int run(struct soak *soak, const char *name, const char *const *words, struct fate fate)
{
	int status = -1;
	pid_t ended;
	const pid_t pid = fork();

	if (pid == 0)
		become_brig(soak, name, words, fate.point);
	if (fate.kill_after_us >= 0) {
		sleep_us(fate.kill_after_us);
		kill(pid, SIGKILL);
	}
	do
		ended = waitpid(-1, &status, 0);
	while (ended != pid && (ended > 0 || errno == EINTR));
	soak->run++;
	return status;
}

static void note(struct soak *soak, const char *name, struct fate fate)
{
	const size_t len = strlen(soak->history);
	char *end = soak->history + len;

	if (fate.point)
		snprintf(end, sizeof soak->history - len, " %s dies at %s", name, fate.point);
	else if (fate.kill_after_us >= 0)
		snprintf(end, sizeof soak->history - len, " %s killed at %ld us", name,
			 fate.kill_after_us);
	else
		snprintf(end, sizeof soak->history - len, " %s", name);
}

static void command_run(struct soak *soak, size_t which)
{
	const struct command *command = &commands[which];
	const struct fate fate = draw_fate(soak, command, soak->usual_us[which]);
	const long start = now_us();

	note(soak, command->name, fate);

	const int status = run(soak, command->name, command->words, fate);
	const bool alone = fate.kill_after_us < 0 && !fate.point;

	if (WIFSIGNALED(status) && fate.kill_after_us >= 0)
		soak->killed++;
	else if (status != 0 && fate.point)
		soak->at_point++;
	else if (alone && !soak->disturbed && status != 0)
		broken(soak, "failed, though nothing was killed");
	else if (alone && status == 0) /* towards the median: the mean is a busy machine's */
		soak->usual_us[which] += soak->usual_us[which] /
					 (now_us() - start < soak->usual_us[which] ? -16 : 16);
	soak->disturbed = soak->disturbed || !alone;
}

/* --- the end of a cycle --- */

/* Our children: inits of containers, and what a killed brig had started. */
static bool all_ended(void)
{
	const long deadline = now_us() + PATIENCE_MS * 1000L;
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) >= 0) {
		if (now_us() > deadline)
			return false;
		if (pid == 0)
			sleep_us(1000);
	}
	return true;
}

static void force_delete(struct soak *soak)
{
	static const char *const words[] = { "--force", "%i", NULL };
	struct stat status;

	note(soak, "delete --force", (struct fate){ -1, NULL });
	if (run(soak, "delete", words, (struct fate){ -1, NULL }) != 0)
		broken(soak, "failed, and it must not");
	if (lstat(soak->state, &status) == 0)
		broken(soak, "the state is still there");
	if (!all_ended())
		broken(soak, "a process is still there");
	(void)unlink(soak->pid_file);
}

/* @names: what a cycle does, separated by commas */
static void cycle(struct soak *soak, const char *names)
{
	soak->disturbed = false;
	soak->history[0] = '\0';
	for (size_t i = 0; i < LENGTH(commands); i++) {
		if (!strstr(names, commands[i].name))
			continue;
		/* An engine deletes after it has seen the end of the init. */
		if (i == DELETE && !soak->disturbed && !all_ended())
			broken(soak, "not dead after kill");
		command_run(soak, i);
	}
	if (strstr(names, "create"))
		force_delete(soak);
	else if (!all_ended())
		broken(soak, "a process is still there");
}

int main(int argc, char **argv)
{
	struct soak soak = {
		.brig = getenv("BRIG"),
		.fault_brig = getenv("FAULT_BRIG"),
		.root = getenv("ROOT"),
		.policy = getenv("POLICY"),
		.bundle = getenv("BUNDLE"),
	};
	const char *dir = getenv("DIR");

	if (argc < 5 || !soak.brig || !soak.fault_brig || !soak.root || !soak.policy ||
	    !soak.bundle || !dir) {
		fputs("usage: cycles ID SEED CYCLES COMMAND,... [FAULT_POINT]...\n", stderr);
		return 2;
	}
	soak.id = argv[1];
	soak.random = strtoull(argv[2], NULL, 10);
	soak.points = argv + 5;
	snprintf(soak.pid_file, sizeof soak.pid_file, "%s/%s.pid", dir, soak.id);
	snprintf(soak.output, sizeof soak.output, "%s/%s.out", dir, soak.id);
	snprintf(soak.state, sizeof soak.state, "%s/%s", soak.root, soak.id);
	for (size_t i = 0; i < LENGTH(commands); i++)
		soak.usual_us[i] = FIRST_GUESS_US;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) {
		perror("PR_SET_CHILD_SUBREAPER");
		return 1;
	}
	for (soak.cycle = 1; soak.cycle <= atoi(argv[3]); soak.cycle++)
		cycle(&soak, argv[4]);
	printf("commands %u killed %u at-point %u\n", soak.run, soak.killed, soak.at_point);
	return soak.broken > 0;
}
