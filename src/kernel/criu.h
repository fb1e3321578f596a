/* kernel/criu.h: CRIU, which writes a process tree to files and makes it anew from them; criu(8)
 *
 * brig starts the program as `criu swrk 3` and talks to it over a socket pair, by the messages of
 * CRIU's images/rpc.proto. Not by its command line, for three things are only to be had this way: the
 * image and work directories go by descriptor, so that what was judged is what is used; CRIU asks
 * before it lets a restored process go on ("pre-resume"), and waits for the answer; and the master
 * of a restored terminal comes as a descriptor.
 *
 * No library of CRIU's is linked.
 */
#ifndef BRIG_KERNEL_CRIU_H
#define BRIG_KERNEL_CRIU_H

#include "base/buf.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The requests of rpc.proto, criu_req_type, that brig makes. */
enum criu_request { CRIU_DUMP = 1, CRIU_RESTORE = 2, CRIU_PRE_DUMP = 4, CRIU_VERSION = 10 };

/* criu_cg_mode of rpc.proto */
enum criu_cgroup_mode {
	CRIU_CGROUP_IGNORE = 0,
	CRIU_CGROUP_SOFT = 3,
	CRIU_CGROUP_FULL = 4,
	CRIU_CGROUP_STRICT = 5
};

/* Fields of rpc.proto's criu_opts that brig sets; the rows of criu.c say how each is written. */
enum criu_field {
	CRIU_IMAGES_DIR_FD,
	CRIU_IMAGES_DIR,
	CRIU_PID,
	CRIU_LEAVE_RUNNING,
	CRIU_EXT_UNIX_SK,
	CRIU_TCP_ESTABLISHED,
	CRIU_SHELL_JOB,
	CRIU_FILE_LOCKS,
	CRIU_LOG_LEVEL,
	CRIU_LOG_FILE,
	CRIU_NOTIFY_SCRIPTS,
	CRIU_ROOT,
	CRIU_PARENT_IMG,
	CRIU_TRACK_MEM,
	CRIU_AUTO_DEDUP,
	CRIU_WORK_DIR_FD,
	CRIU_CG_ROOT,
	CRIU_RST_SIBLING,
	CRIU_INHERIT_FD,
	CRIU_MANAGE_CGROUPS_MODE,
	CRIU_EXTERNAL,
	CRIU_EMPTY_NS,
	CRIU_FREEZE_CGROUP,
	CRIU_ORPHAN_PTS_MASTER,
	CRIU_TCP_CLOSE,
	CRIU_LSM_PROFILE,
	CRIU_CGROUP_YARD,
	CRIU_LSM_MOUNT_CONTEXT,
	CRIU_FIELD_COUNT,
};

struct criu_value {
	enum criu_field field;
	int64_t number;   /* of a number or boolean; the descriptor of CRIU_INHERIT_FD */
	const char *text; /* of a text; the key of CRIU_INHERIT_FD; the path of CRIU_CG_ROOT */
};

/* All that CRIU is asked for, as a value: built without privilege, printed, tested, sent. */
struct criu_call {
	enum criu_request request;
	const struct criu_value *values;
	size_t n;
};

/** criu_call_print() - a line for each value, by CRIU's own names: "leave_running: true" */
void criu_call_print(const struct criu_call *call, struct buf *ret);

/** criu_call_encode() - the message that is sent */
void criu_call_encode(const struct criu_call *call, struct buf *ret);

/** criu_program() - an O_PATH fd of the program, which only root can have put there; owned */
[[nodiscard]] int criu_program(struct error *err);

/* What CRIU tells on the way, and waits for an answer to. */
struct criu_notify {
	/**
	 * @script: "setup-namespaces", "pre-resume" … as criu(8) lists them for --action-script
	 * @pid:    of the restored root process, with "setup-namespaces"; else 0
	 * @fd:     with "orphan-pts-master" the terminal's master, borrowed; else -1
	 * Return: 0 to go on; -1 with *err: CRIU is told to stop, and that is the error of the call
	 */
	int (*told)(void *context, const char *script, pid_t pid, int fd, struct error *err);
	void *context;
};

/**
 * criu_converse() - send the call, answer what CRIU asks, and wait for its result
 * @socket: our end, SOCK_SEQPACKET; the other one is descriptor 3 of `criu swrk 3`
 * @notify: NULL: all that CRIU asks is answered with "go on"
 * @ret_pid: of the restored root process; NULL
 */
[[nodiscard]] int criu_converse(int socket, const struct criu_call *call,
				const struct criu_notify *notify, pid_t *ret_pid,
				struct error *err);

/**
 * criu_log_error() - make the first error in CRIU's log that of the call
 * @work: directory fd; @log: name of the log in it; @path: of the log, for people
 * Return: -1
 */
[[nodiscard]] int criu_log_error(int work, const char *log, const char *path, struct error *err);

#endif
