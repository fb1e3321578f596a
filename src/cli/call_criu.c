/* cli/call_criu.c: the options that `checkpoint` and `restore` have in common */
#include "cli/call_criu.h"

#include <string.h>

enum cgroups_mode { CGROUPS_SOFT, CGROUPS_FULL, CGROUPS_STRICT, CGROUPS_IGNORE };

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

static int check_cgroups(int mode, struct error *err)
{
	if (mode == CGROUPS_SOFT || mode == CGROUPS_FULL)
		return 0;
	(void)error_set(err, ERR_USAGE, "--manage-cgroups-mode",
			mode == CGROUPS_STRICT
				? "'strict' wants cgroups that are not there, and brig "
				  "makes the container's before CRIU runs"
				: "'ignore' would restore the container without a cgroup "
				  "namespace");
	return error_remedy(err, "leave it out, or say soft or full");
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
		.full_cgroups = given->cgroups_mode == CGROUPS_FULL,
		.parent_path = given->parent_path,
		.lsm_mount_context = given->lsm_mount_context,
	};
	if (check_pages(given, err) < 0 || check_cgroups(given->cgroups_mode, err) < 0)
		return -1;
	return check_empty(&given->empty_ns, &ret->empty_network, err);
}
