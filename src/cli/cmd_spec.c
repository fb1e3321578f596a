/* cli/cmd_spec.c: brig spec
 *
 * A config.json to start from: a shell in a read-only root file system, without capabilities, in
 * namespaces of its own. What it leaves out (ids, limits, seccomp, AppArmor) the policy of the host
 * sets, so the file stays right when the policy changes.
 */
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"
#include "cli/commands.h"
#include "cli/version.h"

#include <errno.h>
#include <fcntl.h>

struct spec_options {
	const char *bundle;
	bool rootless;
};

// clang-format off
static const struct cli_option options[] = {
	{ "bundle",   'b', OPTION_TEXT, offsetof(struct spec_options, bundle),   "DIR", "directory to write config.json to (default: the current one)" },
	{ "rootless", 0,   OPTION_FLAG, offsetof(struct spec_options, rootless), NULL,  "for a user who may map a single id only"                      },
};

/* Piece by piece: with a single mapped id there is no user but 0, and no group 5 (tty). */
enum piece_for { FOR_ALL, FOR_ROOT, FOR_ROOTLESS };

static const struct piece {
	enum piece_for whom;
	const char *text;
} pieces[] = {
	{ FOR_ALL,
	"{\n"
	"	\"ociVersion\": \"" VERSION_SPEC_MAX "\",\n"
	"	\"process\": {\n"
	"		\"terminal\": true,\n"
	},
	{ FOR_ROOT,     "		\"user\": { \"uid\": 1000, \"gid\": 1000 },\n" },
	{ FOR_ROOTLESS, "		\"user\": { \"uid\": 0, \"gid\": 0 },\n" },
	{ FOR_ALL,
	"		\"args\": [ \"sh\" ],\n"
	"		\"env\": [\n"
	"			\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\",\n"
	"			\"TERM=xterm\"\n"
	"		],\n"
	"		\"cwd\": \"/\",\n"
	"		\"capabilities\": { \"bounding\": [], \"effective\": [], \"permitted\": [] },\n"
	"		\"rlimits\": [ { \"type\": \"RLIMIT_NOFILE\", \"soft\": 1024, \"hard\": 1024 } ],\n"
	"		\"noNewPrivileges\": true\n"
	"	},\n"
	"	\"root\": { \"path\": \"rootfs\", \"readonly\": true },\n"
	"	\"hostname\": \"brig\",\n"
	"	\"mounts\": [\n"
	"		{ \"destination\": \"/proc\", \"type\": \"proc\", \"source\": \"proc\",\n"
	"		  \"options\": [ \"nosuid\", \"noexec\", \"nodev\" ] },\n"
	"		{ \"destination\": \"/dev\", \"type\": \"tmpfs\", \"source\": \"tmpfs\",\n"
	"		  \"options\": [ \"nosuid\", \"noexec\", \"strictatime\", \"mode=755\", \"size=64k\" ] },\n"
	"		{ \"destination\": \"/dev/pts\", \"type\": \"devpts\", \"source\": \"devpts\",\n"
	"		  \"options\": [ \"nosuid\", \"noexec\", \"newinstance\", \"ptmxmode=0666\", \"mode=0620\"" },
	{ FOR_ROOT, ", \"gid=5\"" },
	{ FOR_ALL,
	" ] },\n"
	"		{ \"destination\": \"/dev/shm\", \"type\": \"tmpfs\", \"source\": \"shm\",\n"
	"		  \"options\": [ \"nosuid\", \"noexec\", \"nodev\", \"mode=1777\", \"size=64m\" ] },\n"
	"		{ \"destination\": \"/dev/mqueue\", \"type\": \"mqueue\", \"source\": \"mqueue\",\n"
	"		  \"options\": [ \"nosuid\", \"noexec\", \"nodev\" ] },\n"
	"		{ \"destination\": \"/sys\", \"type\": \"sysfs\", \"source\": \"sysfs\",\n"
	"		  \"options\": [ \"nosuid\", \"noexec\", \"nodev\", \"ro\" ] },\n"
	"		{ \"destination\": \"/sys/fs/cgroup\", \"type\": \"cgroup\", \"source\": \"cgroup\",\n"
	"		  \"options\": [ \"nosuid\", \"noexec\", \"nodev\", \"relatime\", \"ro\" ] },\n"
	"		{ \"destination\": \"/tmp\", \"type\": \"tmpfs\", \"source\": \"tmpfs\",\n"
	"		  \"options\": [ \"nosuid\", \"noexec\", \"nodev\", \"mode=1777\", \"size=64m\" ] }\n"
	"	],\n"
	"	\"linux\": {\n"
	"		\"namespaces\": [\n"
	"			{ \"type\": \"user\" },\n"
	"			{ \"type\": \"mount\" },\n"
	"			{ \"type\": \"pid\" },\n"
	"			{ \"type\": \"network\" },\n"
	"			{ \"type\": \"ipc\" },\n"
	"			{ \"type\": \"uts\" },\n"
	"			{ \"type\": \"cgroup\" }\n"
	"		],\n"
	"		\"maskedPaths\": [\n"
	"			\"/proc/acpi\", \"/proc/asound\", \"/proc/interrupts\", \"/proc/kcore\", \"/proc/keys\",\n"
	"			\"/proc/latency_stats\", \"/proc/sched_debug\", \"/proc/scsi\", \"/proc/timer_list\",\n"
	"			\"/proc/timer_stats\", \"/sys/devices/virtual/powercap\", \"/sys/firmware\"\n"
	"		],\n"
	"		\"readonlyPaths\": [\n"
	"			\"/proc/bus\", \"/proc/fs\", \"/proc/irq\", \"/proc/sys\", \"/proc/sysrq-trigger\"\n"
	"		]\n"
	"	}\n"
	"}\n" },
};
// clang-format on

/* A file that is there holds somebody's work: it is never written over. */
static int create_config(const char *bundle, struct error *err)
{
	autoclose const int dir = fd_open(bundle, O_PATH | O_DIRECTORY, 0, err);

	if (dir < 0)
		return error_remedy_if_absent(err, "make the directory first");

	const int fd = openat(dir, "config.json",
			      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0 && errno == EEXIST) {
		(void)error_set(err, ERR_USAGE, bundle, "there is a config.json already");
		return error_remedy(err, "move it away, or name another directory with --bundle");
	}
	if (fd < 0)
		return error_sys(err, bundle, "cannot create config.json");
	return fd;
}

static int spec(const struct cli_call *call, struct error *err)
{
	const struct spec_options *given = call->options;
	autobuf struct buf text = {};
	autoclose const int file = create_config(given->bundle ? given->bundle : ".", err);

	if (file < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		if (pieces[i].whom == FOR_ALL ||
		    (pieces[i].whom == FOR_ROOTLESS) == given->rootless)
			buf_puts(&text, pieces[i].text);
	}
	return fd_write_all(file, buf_text(&text), text.len, err);
}

const struct cli_command cmd_spec = {
	.options = options,
	.n_options = ARRAY_LEN(options),
	.options_size = sizeof(struct spec_options),
	.notes = "The root file system is expected in the directory rootfs beside config.json.",
	.run = spec,
};
