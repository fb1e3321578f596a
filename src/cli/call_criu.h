/* cli/call_criu.h: the options that `checkpoint` and `restore` have in common */
#ifndef BRIG_CLI_CALL_CRIU_H
#define BRIG_CLI_CALL_CRIU_H

#include "cli/call.h"
#include "plan/plan_criu.h"

struct call_criu {
	struct call_create create; /* restore's; the rows of both fill it */
	const char *image_path, *work_path, *parent_path, *lsm_profile, *lsm_mount_context;
	const char *page_server;
	bool leave_running, pre_dump, tcp_established, tcp_close, ext_unix_sk, shell_job,
		file_locks;
	bool auto_dedup, lazy_pages;
	int cgroups_mode; /* enum cgroups_mode */
	struct cli_list empty_ns;
	struct cli_number status_fd;
};

// clang-format off
#define CALL_CRIU_AT(member) offsetof(struct call_criu, member)
#define CALL_CRIU_ROWS \
	{ "image-path",          0, OPTION_TEXT,   CALL_CRIU_AT(image_path),      "DIR",  "directory of the images, root's alone (default: checkpoint)"     }, \
	{ "work-path",           0, OPTION_TEXT,   CALL_CRIU_AT(work_path),       "DIR",  "directory for the log and statistics (default: the images')"     }, \
	{ "tcp-established",     0, OPTION_FLAG,   CALL_CRIU_AT(tcp_established), NULL,   "with established TCP connections"                                }, \
	{ "ext-unix-sk",         0, OPTION_FLAG,   CALL_CRIU_AT(ext_unix_sk),     NULL,   "with unix sockets that lead out of the container"                }, \
	{ "shell-job",           0, OPTION_FLAG,   CALL_CRIU_AT(shell_job),       NULL,   "with a terminal that is not the container's own"                 }, \
	{ "file-locks",          0, OPTION_FLAG,   CALL_CRIU_AT(file_locks),      NULL,   "with file locks"                                                 }, \
	{ "auto-dedup",          0, OPTION_FLAG,   CALL_CRIU_AT(auto_dedup),      NULL,   "drop memory from earlier images that these have anew"            }, \
	{ "empty-ns",            0, OPTION_LIST,   CALL_CRIU_AT(empty_ns),        "NAME", "a namespace to leave empty: network"                             }, \
	{ "manage-cgroups-mode", 0, OPTION_WORD,   CALL_CRIU_AT(cgroups_mode),    "soft|full|strict|ignore", "what a restore does with cgroups below the container's"           }, \
	{ "lazy-pages",          0, OPTION_FLAG,   CALL_CRIU_AT(lazy_pages),      NULL,   "refused: memory would come over a socket that nothing guards"     }, \
	{ "page-server",         0, OPTION_TEXT,   CALL_CRIU_AT(page_server),     "ADDRESS", "refused, for the same reason"                                 }, \
	{ "status-fd",           0, OPTION_NUMBER, CALL_CRIU_AT(status_fd),       "FD",   "descriptor that gets a NUL byte when the images are written"     }
// clang-format on

/** call_criu_flags() - those options as CRIU gets them; the ones that are refused, by name */
[[nodiscard]] int call_criu_flags(const struct call_criu *given, struct criu_flags *ret,
				  struct error *err);
/** call_criu_check_restore() - what would break a promise in a restore alone */
[[nodiscard]] int call_criu_check_restore(const struct call_criu *given, struct error *err);

#endif
