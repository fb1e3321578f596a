/* launch/program.c: which file args[0] is, and the environment it gets */
#include "launch/program.h"

#include "base/cleanup.h"
#include "base/fd.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char *env_get(const char *const *env, const char *name)
{
	const size_t len = strlen(name);

	for (; *env; env++) {
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	}
	return NULL;
}

int program_exec_error(const char *command, const char *program, struct error *err)
{
	const int code = errno;

	/* ENOENT for a file that is there: its interpreter is missing, execve(2). */
	if (code == ENOENT && access(program, F_OK) == 0)
		(void)error_set(
			err, ERR_KERNEL, "/process/args/0",
			"exec: \"%s\": no such file or directory (its interpreter is missing)",
			command);
	else if (code == ENOENT)
		(void)error_set(err, ERR_KERNEL, "/process/args/0",
				"exec: \"%s\": no such file or directory", command);
	else if (code == EACCES)
		(void)error_set(err, ERR_KERNEL, "/process/args/0",
				"exec: \"%s\": permission denied", command);
	else
		(void)error_set(err, ERR_KERNEL, "/process/args/0", "exec: \"%s\": %s", command,
				strerror(code));
	err->code = code;
	return error_remedy_if_absent(err, "is it in the image? The path is one inside of the "
					   "root file system");
}

/* Is @path, from the directory @cwd, a file that someone may execute? errno tells why not. */
static bool is_executable(int cwd, const char *path)
{
	struct stat st;

	if (fstatat(cwd, path, &st, 0) < 0)
		return false;
	/* As execve(2), of a directory too: engines know a command that cannot be invoked by the
	 * words for EACCES. */
	if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111)) {
		errno = EACCES;
		return false;
	}
	return true;
}

const char *program_find(const struct plan_process *process, struct arena *arena, struct error *err)
{
	const char *command = process->args[0];
	const char *search = env_get(process->env, "PATH");
	/* What is not absolute, as a command or in PATH, starts where the program will: we are not
	 * there yet. That it cannot be entered is for enter.c to say. */
	autoclose int opened = open(process->cwd, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const int cwd = opened < 0 ? AT_FDCWD : opened;
	char path[PATH_MAX];

	if (strchr(command, '/')) {
		if (is_executable(cwd, command))
			return command;
		(void)program_exec_error(command, command, err);
		return NULL;
	}
	for (const char *dir = search ?: ""; *command && *dir;) {
		const size_t len = strcspn(dir, ":");

		snprintf(path, sizeof path, "%.*s/%s", len ? (int)len : 1, len ? dir : ".",
			 command);
		if (is_executable(cwd, path))
			return arena_strdup(arena, path);
		dir += len + (dir[len] == ':');
	}
	(void)error_set(err, ERR_SPEC, "/process/args/0",
			"exec: \"%s\": executable file not found in $PATH", command);
	err->code = ENOENT;
	(void)error_remedy(err, "is it in the image, and its directory in PATH of process.env?");
	return NULL;
}

static bool is_number(const char *text, uint32_t number)
{
	char *end;

	return *text >= '0' && *text <= '9' && strtoul(text, &end, 10) == number && *end == '\0';
}

/* The sixth field of the line of @uid in the container's /etc/passwd; "/" if there is none. */
static const char *home_of(uint32_t uid, struct arena *arena)
{
	enum { PASSWD_MAX = 1 << 20 };
	struct error ignored;
	autobuf struct buf text = {};
	/* O_NONBLOCK: a rootfs may have a FIFO there. */
	autoclose int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    fd_read_all(fd, PASSWD_MAX, &text, &ignored) < 0)
		return "/";
	for (const char *line = buf_text(&text); *line;) {
		const size_t len = strcspn(line, "\n");
		char *copy = arena_strndup(arena, line, len), *fields[6] = {};

		for (size_t i = 0; i < 6; i++)
			fields[i] = strsep(&copy, ":");
		if (fields[5] && *fields[5] == '/' && is_number(fields[2], uid))
			return fields[5];
		line += len + (line[len] == '\n');
	}
	return "/";
}

const char *const *program_env(const struct plan_process *process, struct arena *arena)
{
	size_t n = 0;

	if (env_get(process->env, "HOME"))
		return process->env;
	while (process->env[n])
		n++;

	const char **env = arena_grow(arena, process->env, n, n + 2, sizeof *env);

	env[n] = arena_printf(arena, "HOME=%s", home_of(process->uid, arena));
	return env;
}
