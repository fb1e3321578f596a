/* cli/call_criu.c: the options that `checkpoint` and `restore` have in common */
#include "cli/call_criu.h"

#include <string.h>

static int check_pages(const struct call_criu *given, struct error *err)
{
	if (!given->lazy_pages && !given->page_server)
		return 0;
	(void)error_set(err, ERR_USAGE, given->lazy_pages ? "--lazy-pages" : "--page-server",
			"brig sends and takes the memory of a container over no socket");
	return error_remedy(err,
			    "copy the image directory, by a way that you trust; --pre-dump makes "
			    "the last copy small");
}

int call_criu_check_restore(const struct call_criu *given, struct error *err)
{
	if (given->cgroups_mode != CGROUPS_IGNORE)
		return 0;
	(void)error_set(err, ERR_USAGE, "--manage-cgroups-mode",
			"'ignore' would restore the container without a cgroup namespace");
	return error_remedy(err, "leave it out, or say soft, full or strict");
}

static int check_empty(const struct cli_list *names, bool *ret, struct error *err)
{
	for (size_t i = 0; i < names->n; i++) {
		if (strcmp(names->items[i], "network") != 0)
			return error_set(err, ERR_USAGE, "--empty-ns",
					 "CRIU can leave the network namespace empty, and not '%s'",
					 names->items[i]);
		*ret = true;
	}
	return 0;
}

int call_criu_flags(const struct call_criu *given, struct criu_flags *ret, struct error *err)
{
	*ret = (struct criu_flags){
		.leave_running = given->leave_running,
		.tcp_established = given->tcp_established,
		.tcp_close = given->tcp_close,
		.ext_unix_sk = given->ext_unix_sk,
		.shell_job = given->shell_job,
		.file_locks = given->file_locks,
		.auto_dedup = given->auto_dedup,
		.cgroups = (enum cgroups_mode)given->cgroups_mode,
		.parent_path = given->parent_path,
		.lsm_mount_context = given->lsm_mount_context,
	};
	if (check_pages(given, err) < 0)
		return -1;
	return check_empty(&given->empty_ns, &ret->empty_network, err);
}
