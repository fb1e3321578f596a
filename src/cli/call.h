/* cli/call.h: what most commands do with their call */
#ifndef BRIG_CLI_CALL_H
#define BRIG_CLI_CALL_H

#include "cli/cli.h"
#include "container/runtime.h"

#define autoruntime [[gnu::cleanup(runtime_close)]]
/* A struct runtime that was not opened yet, safe to close. */
#define RUNTIME_CLOSED                                                                             \
	{                                                                                          \
		.root_fd = -1                                                                      \
	}

/** call_open_runtime() - the runtime as the global options want it */
[[nodiscard]] int call_open_runtime(const struct cli_call *call, struct runtime *ret,
				    struct error *err);

/**
 * call_unsigned() - the value of an option that counts something
 * @name: of the option, for messages
 * @ret:  stays as it is when the option was not given
 */
[[nodiscard]] int call_unsigned(const char *name, struct cli_number number, unsigned max,
				unsigned *ret, struct error *err);

/* The options of `create` and `run`, and the rows that fill them. */
struct call_create {
	const char *bundle, *pid_file, *console_socket, *pidfd_socket;
	struct cli_number preserve_fds;
	bool no_pivot, no_new_keyring, detach, keep, no_subreaper;
};

// clang-format off
#define CALL_CREATE_AT(member) offsetof(struct call_create, member)
#define CALL_CREATE_ROWS \
	{ "bundle",         'b', OPTION_TEXT,   CALL_CREATE_AT(bundle),         "DIR",    "directory with config.json (default: the current one)"       }, \
	{ "pid-file",       0,   OPTION_TEXT,   CALL_CREATE_AT(pid_file),       "FILE",   "write the process id of the container's init there"          }, \
	{ "console-socket", 0,   OPTION_TEXT,   CALL_CREATE_AT(console_socket), "SOCKET", "send the master of the terminal to this unix socket"         }, \
	{ "pidfd-socket",   0,   OPTION_TEXT,   CALL_CREATE_AT(pidfd_socket),   "SOCKET", "send a pidfd of the container's init to this unix socket"    }, \
	{ "preserve-fds",   0,   OPTION_NUMBER, CALL_CREATE_AT(preserve_fds),   "N",      "pass N more file descriptors, from 3 on, to the container"   }, \
	{ "no-pivot",       0,   OPTION_FLAG,   CALL_CREATE_AT(no_pivot),       NULL,     "ask for no pivot_root(2); refused unless the policy allows"  }, \
	{ "no-new-keyring", 0,   OPTION_FLAG,   CALL_CREATE_AT(no_new_keyring), NULL,     "keep the caller's session keyring, if the policy allows"     }
// clang-format on

/** call_create_options() - these options as the runtime takes them */
[[nodiscard]] int call_create_options(const struct cli_call *call, struct create_options *ret,
				      struct error *err);

#endif
