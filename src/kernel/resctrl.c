/* kernel/resctrl.c: shares of caches and memory bandwidth
 *
 * Theory of operation
 *
 * A directory in the resctrl file system is a class of service: `schemata` says what it gets, `tasks`
 * who is in it. Below mon_groups of a class are groups that only count; a process must be in the
 * class before it can be in one of those. The hardware has few classes: mkdir(2) fails with ENOSPC
 * when they are used up. Why a write was refused is in info/last_cmd_status.
 *
 * A class that exists is shared by all who name it: its schemata are compared, never changed
 * (config-linux.md, "IntelRdt").
 */
#include "kernel/resctrl.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"

#include <ctype.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

enum { SCHEMATA_MAX = 64 << 10, MODE = 0755 };

static const char mount_point[] = "/sys/fs/resctrl";
static const char where[] = "/linux/intelRdt";

int resctrl_open(struct error *err)
{
	autoclose int fd = open(mount_point, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == RDTGROUP_SUPER_MAGIC)
		return fd_take(&fd);
	(void)error_set(err, ERR_KERNEL, where, "resctrl is not mounted at %s", mount_point);
	err->code = ENOENT;
	return error_remedy(err,
			    "mount -t resctrl resctrl %s, on a processor with Intel RDT or "
			    "AMD QoS",
			    mount_point);
}

/* An O_PATH fd of the group, or -1 with errno. "/" is the default group. */
static int open_group(int resctrl, const char *clos_id)
{
	return openat(resctrl, strcmp(clos_id, "/") == 0 ? "." : clos_id,
		      O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Adds to *err what resctrl itself says, and returns -1. */
static int explain(int resctrl, struct error *err)
{
	autobuf struct buf status = {};
	struct error ignored;

	if (fd_read_file(resctrl, "info/last_cmd_status", SCHEMATA_MAX, &status, &ignored) < 0 ||
	    strcmp(buf_text(&status), "ok\n") == 0)
		return -1;
	status.data[strcspn(status.data, "\n")] = '\0';
	return error_remedy(err, "resctrl says: %s", status.data);
}

/* --- comparing schemata --- */

/* The part of @text up to one of @ends, without spaces and leading zeros around it; *@text is moved behind. */
static size_t next_part(const char **text, const char *ends, const char **ret)
{
	const char *start = *text + strspn(*text, " \t");
	const char *end = start + strcspn(start, ends);

	*text = end + (*end && strchr(ends, *end) ? 1 : 0);
	while (end > start && isspace((unsigned char)end[-1]))
		end--;
	while (end - start > 1 && *start == '0')
		start++;
	*ret = start;
	return (size_t)(end - start);
}

/* Does the text of the schemata file give @domain of @resource the value @value? */
static bool has_value(const char *schemata, const char *resource, size_t resource_len,
		      const char *domain, size_t domain_len, const char *value, size_t value_len)
{
	while (*schemata) {
		const size_t line_len = strcspn(schemata, "\n");
		const char *end = schemata + line_len, *part;
		const char *at = schemata;
		const size_t len = next_part(&at, ":\n", &part);

		schemata = end + (*end == '\n');
		if (len != resource_len || strncmp(part, resource, len) != 0)
			continue;
		while (at < end) {
			const char *name, *has;
			const size_t name_len = next_part(&at, "=\n", &name);
			const size_t has_len = next_part(&at, ";\n", &has);

			if (name_len == domain_len && strncmp(name, domain, name_len) == 0)
				return has_len == value_len &&
				       strncasecmp(has, value, has_len) == 0;
		}
	}
	return false;
}

/* Every value that is wanted must be in force; domains that are not named do not matter. */
static bool has_schemata(const char *schemata, const char *wanted)
{
	while (*wanted) {
		const char *end = wanted + strcspn(wanted, "\n"), *resource;
		const size_t resource_len = next_part(&wanted, ":\n", &resource);

		while (wanted < end) {
			const char *domain, *value;
			const size_t domain_len = next_part(&wanted, "=\n", &domain);
			const size_t value_len = next_part(&wanted, ";\n", &value);

			if (!has_value(schemata, resource, resource_len, domain, domain_len, value,
				       value_len))
				return false;
		}
		wanted = end + (*end == '\n');
	}
	return true;
}

static int compare(int clos, const struct resctrl_group *group, struct error *err)
{
	autobuf struct buf schemata = {};

	if (!group->schemata)
		return 0;
	if (fd_read_file(clos, "schemata", SCHEMATA_MAX, &schemata, err) < 0)
		return error_context(err, "cannot compare with the class of service '%s'",
				     group->clos_id);
	if (has_schemata(buf_text(&schemata), group->schemata))
		return 0;
	(void)error_set(err, ERR_STATE, where,
			"the class of service '%s' exists, with other schemata", group->clos_id);
	return error_remedy(err, "choose another closID, or give it the same schemata");
}

/* --- making --- */

static int write_schemata(int resctrl, int clos, const struct resctrl_group *group,
			  struct error *err)
{
	if (!group->schemata || fd_write_file(clos, "schemata", group->schemata, err) == 0)
		return 0;
	(void)error_context(err, "cannot set the class of service '%s'", group->clos_id);
	return explain(resctrl, err);
}

static int make_monitoring(int resctrl, int clos, const char *name, struct error *err)
{
	autoclose int groups =
		openat(clos, "mon_groups", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (groups < 0) {
		(void)error_sys(err, where, "the monitoring group '%s' cannot be made", name);
		return error_remedy(err, "set enableMonitoring to false: this processor has no "
					 "monitoring");
	}
	if (mkdirat(groups, name, MODE) < 0 && errno != EEXIST) {
		(void)error_sys(err, where, "the monitoring group '%s' cannot be made", name);
		return explain(resctrl, err);
	}
	return 0;
}

static int make_class(int resctrl, const struct resctrl_group *group, bool *ret_made,
		      struct error *err)
{
	if (group->must_exist || strcmp(group->clos_id, "/") == 0)
		return 0;
	if (mkdirat(resctrl, group->clos_id, MODE) == 0) {
		*ret_made = true;
		return 0;
	}
	if (errno == EEXIST)
		return 0;
	(void)error_sys(err, where, "cannot make the class of service '%s'", group->clos_id);
	if (err->code == ENOSPC)
		return error_remedy(err, "this processor has no more classes: share one by closID");
	return explain(resctrl, err);
}

int resctrl_create(int resctrl, const struct resctrl_group *group, bool *ret_made,
		   struct error *err)
{
	struct error ignored;
	bool made = false;

	if (make_class(resctrl, group, &made, err) < 0)
		return -1;

	autoclose int clos = open_group(resctrl, group->clos_id);

	if (clos < 0) {
		(void)error_sys(err, where, "there is no class of service '%s'", group->clos_id);
		return error_remedy(err, "prepare it in %s, or give schemata for it", mount_point);
	}
	if ((made ? write_schemata(resctrl, clos, group, err) : compare(clos, group, err)) == 0 &&
	    (!group->monitoring || make_monitoring(resctrl, clos, group->monitoring, err) == 0)) {
		*ret_made = made;
		return 0;
	}
	if (made)
		(void)!resctrl_remove(resctrl, group, made, &ignored);
	return -1;
}

/* --- members, and the end --- */

static int write_task(int dir, const char *file, pid_t pid, struct error *err)
{
	char text[16];

	snprintf(text, sizeof text, "%d", (int)pid);
	return fd_write_file(dir, file, text, err);
}

int resctrl_attach(int resctrl, const struct resctrl_group *group, pid_t pid, struct error *err)
{
	autoclose int clos = open_group(resctrl, group->clos_id);
	char file[512];

	if (clos < 0)
		return error_sys(err, where, "there is no class of service '%s'", group->clos_id);
	if (write_task(clos, "tasks", pid, err) < 0)
		return explain(resctrl, err);
	if (!group->monitoring)
		return 0;
	snprintf(file, sizeof file, "mon_groups/%s/tasks", group->monitoring);
	if (write_task(clos, file, pid, err) < 0)
		return explain(resctrl, err);
	return 0;
}

int resctrl_remove(int resctrl, const struct resctrl_group *group, bool made, struct error *err)
{
	autoclose int clos = open_group(resctrl, group->clos_id);
	char file[512];

	if (clos < 0 && errno == ENOENT)
		return 0;
	if (clos < 0)
		return error_sys(err, where, "cannot open the class of service '%s'",
				 group->clos_id);
	snprintf(file, sizeof file, "mon_groups/%s", group->monitoring ? group->monitoring : "");
	if (group->monitoring && unlinkat(clos, file, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return error_sys(err, where, "cannot remove the monitoring group '%s'",
				 group->monitoring);
	if (made && unlinkat(resctrl, group->clos_id, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return error_sys(err, where, "cannot remove the class of service '%s'",
				 group->clos_id);
	return 0;
}
