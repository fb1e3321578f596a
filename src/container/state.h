/* container/state.h: what is known of a container between commands
 *
 *	<root>/<id>/        0700; mkdirat(2) of it is the atomic claim of the id
 *	    state.json      this struct; 0600, replaced as a whole
 *	    config.json     the bytes that the container was created from, as nobody has judged them:
 *	                    spec_read() takes this directory as a bundle, for `audit` and for `exec`,
 *	                    which judges them again
 *	    init            of a container without a cgroup: pid and start time once more, for the
 *	                    day on which state.json cannot be read
 *	    leftovers       what create made elsewhere and delete has to remove: leftovers.h
 *	    start.sock      the socket on which init waits for `start`; removed once it has started
 *
 * state.json is read as strictly as any other input. A container whose state cannot be read is
 * listed, and `delete --force` removes it by its directory, reservation and cgroup.
 */
#ifndef BRIG_CONTAINER_STATE_H
#define BRIG_CONTAINER_STATE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "container/lifecycle.h"
#include "kernel/idmap.h"
#include "kernel/namespace.h"
#include "plan/plan.h"
#include "spec/spec.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define STATE_FILE   "state.json"
#define STATE_CONFIG "config.json"
#define STATE_INIT   "init"
#define STATE_SOCKET "start.sock"

struct state_namespace {
	enum plan_ns_how how;
	const char *path; /* PLAN_NS_JOIN: what was joined; else NULL */
};

struct state_cgroup {
	enum cgroup_manager manager;
	const char *path; /* below the cgroup2 root; NULL: none */
	unsigned made;    /* trailing components that create made: cgroup_remove() */
	const char *unit; /* systemd scope; NULL */
};

/* What stands between the workload and the host: for `state`, audit and evidence. */
struct state_protections {
	const char *seccomp_digest;  /* of the compiled filter; NULL: none */
	const char *seccomp_profile; /* "/linux/seccomp" or the path of the default profile; NULL */
	const char *apparmor;        /* profile; NULL: none */
	int landlock_abi;            /* 0: none */
	bool landlock_scoped;        /* abstract sockets of others are out of reach */
	bool core_scheduling;
	struct spec_strings warnings; /* default protections that this host lacks */
};

struct state {
	const char *oci_version; /* of the container's config.json */
	const char *id;
	const char *bundle, *rootfs;  /* absolute paths */
	const char *created;          /* RFC 3339 with nanoseconds, UTC */
	enum container_status status; /* as saved; state_derive() puts the current one here */
	pid_t pid;             /* of the container's init as brig sees it; 0 before it exists */
	uint64_t start_time;   /* its start, clock ticks since boot: names the process, for ever */
	uint32_t owner;        /* effective uid of the creator */
	bool rootless;         /* created by anybody but root of the initial user namespace */
	unsigned preserve_fds; /* --preserve-fds of create */
	struct state_cgroup cgroup;
	struct idmap ids;        /* empty when the user namespace was joined by path */
	const char *reservation; /* of ids, for id_range_release(); NULL: none */
	struct state_namespace namespaces[NS_COUNT];
	struct state_protections protections;
	struct spec_pairs annotations;
	struct spec_hooks hooks[HOOK_COUNT]; /* as judged: what start and delete may run */
};

/* --- the directory --- */

/**
 * state_claim() - make the container's directory: from now on the id is taken, and locked by us
 * @err: ERR_STATE "container with given ID already exists" (code EEXIST)
 * Return: an owned fd of it; lock_release() when create is done
 */
[[nodiscard]] int state_claim(int root, const char *id, struct error *err);

/**
 * state_open() - the directory of an existing container, for readers; writers use lock_take()
 * @err: ERR_STATE "container does not exist" (code ENOENT)
 * Return: an owned fd
 */
[[nodiscard]] int state_open(int root, const char *id, struct error *err);

/**
 * state_remove() - remove the directory with all that brig keeps in it; absent is success
 * @dir: the directory, where it is open: no descriptor may be left to open it with; or -1
 */
[[nodiscard]] int state_remove(int root, const char *id, int dir, struct error *err);

/** state_list() - ids of all containers below @root in order of name, broken ones too */
[[nodiscard]] int state_list(int root, struct arena *arena, const char *const **ret, size_t *ret_n,
			     struct error *err);

/* --- the file --- */

/** state_save() - write state.json. Without fsync(2): no container survives the end of its boot */
[[nodiscard]] int state_save(int dir, const struct state *state, struct error *err);

/** state_save_config() - keep the bytes of config.json */
[[nodiscard]] int state_save_config(int dir, const char *text, size_t len, struct error *err);

/** state_save_init() - write the file "init": @state's pid and start_time */
[[nodiscard]] int state_save_init(int dir, const struct state *state, struct error *err);

/** state_load_init() - read them back; what @ret has stays if there is no such file, or not a whole one */
void state_load_init(int dir, struct state *ret);

/**
 * state_load() - read state.json
 * @id:    name of the directory: a state that says otherwise is refused
 * @arena: owns all that @ret points to
 * @err:   ERR_STATE; code ENODATA if create has not written it yet, or died before it did
 */
[[nodiscard]] int state_load(int dir, const char *id, struct arena *arena, struct state *ret,
			     struct error *err);

/** state_parse() - the same from text */
[[nodiscard]] int state_parse(const char *text, size_t len, struct arena *arena, struct state *ret,
			      struct error *err);

/** state_write() - state.json as text, as state_save() writes it */
void state_write(const struct state *state, struct buf *ret);

/* --- the status --- */

/**
 * state_is_alive() - does the container's init live?
 * @proc: fd of procfs
 * The pid exists, is the same process (start time), and no zombie.
 */
[[nodiscard]] bool state_is_alive(int proc, const struct state *state);

/**
 * state_derive() - put the current status into @state
 * @dir:    the container's directory
 * @proc:   fd of procfs
 * @cgroup: fd of the container's cgroup, -1 if it has none (or it is gone)
 * @locked: the caller holds the container's lock, so no creator does
 *
 *	saved "creating": the creator holds the lock       creating, else stopped
 *	init is dead                                       stopped, and state->pid becomes 0
 *	its cgroup is frozen                               paused
 *	start.sock exists                                  created
 *	otherwise                                          running, whatever was saved: a start that
 *	                                                   was killed after its success is healed
 */
[[nodiscard]] int state_derive(int dir, int proc, int cgroup, bool locked, struct state *state,
			       struct error *err);

/**
 * state_print() - the OCI state, runtime.md "State", with what engines expect beside it
 * For `state`, `list` and the stdin of hooks. "pid" is always there, 0 when stopped.
 * @full: add what brig alone knows as one object "brig": mapping, cgroup, protections
 */
void state_print(const struct state *state, struct json_out *out, bool full);

#endif
