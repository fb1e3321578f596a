/* kernel/cgroup_apply.c: limits are written
 *
 * A file that does not exist means that its controller is not enabled for this cgroup, or that the
 * kernel is too old for the file. For a limit that the configuration asks for, that is an error; for
 * a default of the policy it is collected, and told once.
 */
#include "kernel/cgroup.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "kernel/cgroup_internal.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What is written: the file itself, or what stands in for it on a kernel that lacks it. */
struct attempt {
	const char *file, *value;
};

/* memory.max below what is in use would end in the OOM killer: config-linux.md, "checkBeforeUpdate" */
static int check_usage(int cgroup, const struct cgroup_write *write, struct error *err)
{
	char text[32];

	if (strcmp(write->value, "max") == 0)
		return 0;
	if (cgroup_read(cgroup, "memory.current", text, sizeof text) < 0)
		return error_sys(err, write->from, "cannot read memory.current");

	const uint64_t used = strtoull(text, NULL, 10), limit = strtoull(write->value, NULL, 10);

	if (used <= limit)
		return 0;
	(void)error_set(err, ERR_STATE, write->from,
			"a memory limit of %" PRIu64 " bytes is below the %" PRIu64 " in use",
			limit, used);
	return error_remedy(err, "choose a higher limit, or set checkBeforeUpdate to false");
}

static int explain_missing(int cgroup, const struct cgroup_write *write, struct error *err)
{
	const int controller = (int)strcspn(write->file, ".");
	char controllers[512];

	if (cgroup_read(cgroup, "cgroup.controllers", controllers, sizeof controllers) < 0)
		*controllers = '\0';

	if (cgroup_has_word(controllers, write->file, (size_t)controller)) {
		(void)error_set(err, ERR_KERNEL, write->from,
				"this kernel has no %s, so the limit cannot be enforced",
				write->file);
		err->code = ENOENT;
		return error_remedy(err, "remove the limit, or use a kernel that has %s",
				    write->file);
	}
	(void)error_set(err, ERR_KERNEL, write->from,
			"the cgroup v2 controller '%.*s' is not enabled for this cgroup, so %s "
			"cannot be set",
			controller, write->file, write->file);
	err->code = ENOENT;
	return error_remedy(err,
			    "remove the limit, or give the controller to cgroup v2 and to this "
			    "cgroup's parents (on a hybrid host: boot with cgroup_no_v1=all)");
}

static int explain_refused(const struct cgroup_write *write, const struct attempt *attempt,
			   struct error *err)
{
	errno = err->code;
	(void)error_sys(err, write->from, "the kernel refuses '%s' for %s", attempt->value,
			attempt->file);
	return err->code == ENODEV ? error_remedy(err, "name a device that this host has") : -1;
}

/* 1: written; 0: there is no such file; -1 with *err filled */
static int write_one(int cgroup, const struct cgroup_write *write, const struct attempt *attempt,
		     struct error *err)
{
	if (fd_write_file(cgroup, attempt->file, attempt->value, err) == 0)
		return 1;

	/* Also a write can fail with ENOENT; only a missing file is what we mean. */
	if (err->code == ENOENT && faccessat(cgroup, attempt->file, F_OK, 0) < 0)
		return 0;
	return explain_refused(write, attempt, err);
}

int cgroup_apply(int cgroup, const struct cgroup_write *writes, size_t n, struct arena *arena,
		 const char **ret_missing, struct error *err)
{
	const char *missing = NULL;

	for (const struct cgroup_write *write = writes; write < writes + n; write++) {
		const struct attempt first = { write->file, write->value };
		const struct attempt second = { write->or_file, write->or_value };

		if (write->above_usage && check_usage(cgroup, write, err) < 0)
			return -1;

		int done = write_one(cgroup, write, &first, err);

		if (!done && second.file)
			done = write_one(cgroup, write, &second, err);
		if (done < 0)
			return -1;
		if (!done && !write->may_lack)
			return explain_missing(cgroup, write, err);
		if (!done)
			missing =
				missing ? arena_printf(arena, "%s, %s (%s)", missing, write->file,
						       write->from)
					: arena_printf(arena, "%s (%s)", write->file, write->from);
	}
	if (ret_missing)
		*ret_missing = missing;
	return 0;
}
