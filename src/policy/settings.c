/* policy/settings.c: the numbers and names of a policy, as rows */
#include "policy/settings.h"

#include "base/table.h"
#include "kernel/capability.h"
#include "policy/sources.h"

#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#define AT(field) offsetof(struct policy_settings, field)
#define CAP(name) (UINT64_C(1) << CAP_##name)

// clang-format off
static const struct setting settings_table[] = {
	{ "id_pool_first", SETTING_U32, AT(id_pool_first), 65536, UINT32_MAX, NULL,
	  "First host id from which ranges for containers are drawn; a multiple of id_range_size." },
	{ "id_pool_last", SETTING_U32, AT(id_pool_last), 65536, UINT32_MAX - 1, NULL,
	  "Last host id of that pool. The default ends below the range that Podman's manual suggests for --userns=auto." },
	{ "id_range_size", SETTING_U32, AT(id_range_size), 65536, 1 << 24, NULL,
	  "Ids that a container gets; a multiple of 65536." },
	{ "rootfs_ids", SETTING_WORD, AT(rootfs_ids), 0, 0, "idmap as-is",
	  "idmap: files keep their owners on disk and are shifted by id-mapped mounts, which the file system must support. as-is: they already belong to the container's ids." },
	{ "capabilities", SETTING_CAPABILITIES, AT(capabilities), 0, 0, NULL,
	  "The most that a container may ask for; nothing is added to what it asks." },
	{ "seccomp_profile", SETTING_PATH, AT(seccomp_profile), 0, 0, NULL,
	  "Profile for a config without one; empty for none." },
	{ "apparmor_profile", SETTING_WORD, AT(apparmor_profile), 0, 0, NULL,
	  "AppArmor profile for a config without one, where the kernel has AppArmor; empty for none." },
	{ "landlock", SETTING_BOOL, AT(landlock), 0, 0, NULL,
	  "Put a Landlock ruleset beneath the workload where the kernel has it." },
	{ "scope_abstract_sockets", SETTING_BOOL, AT(scope_abstract_sockets), 0, 0, NULL,
	  "By Landlock, keep a container that joins a network namespace from the abstract sockets of others in it. CRIU talks to a container by such a socket: while this is true, Linux 6.12 and later lets nobody checkpoint it." },
	{ "core_scheduling", SETTING_BOOL, AT(core_scheduling), 0, 0, NULL,
	  "Never share a core's hardware threads with another container, where the kernel can do that." },
	{ "session_keyring", SETTING_BOOL, AT(session_keyring), 0, 0, NULL,
	  "Give the container a session keyring of its own." },
	{ "network_defaults", SETTING_BOOL, AT(network_defaults), 0, 0, NULL,
	  "In a network namespace of an engine's making, let ports below 1024 and ping do without a capability, where nobody has said otherwise." },
	{ "memory_max", SETTING_U64, AT(memory_max), 0, INT64_MAX, NULL,
	  "Bytes of memory for a config without a limit; 0 for none." },
	{ "swap_max", SETTING_U64, AT(swap_max), 0, INT64_MAX, NULL,
	  "Bytes of swap for a config that does not say." },
	{ "swap_limited", SETTING_BOOL, AT(swap_limited), 0, 0, NULL,
	  "Apply swap_max." },
	{ "pids_max", SETTING_I64, AT(pids_max), 0, 4194304, NULL,
	  "Processes and threads for a config without a limit; 0 for none." },
	{ "cpu_quota_us", SETTING_U64, AT(cpu_quota_us), 0, 1000000000, NULL,
	  "Microseconds of processor time in each period for a config without a quota; 0 for none." },
	{ "cpu_period_us", SETTING_U64, AT(cpu_period_us), 1000, 1000000, NULL,
	  "Microseconds in a period." },
	{ "memory_oom_group", SETTING_BOOL, AT(memory_oom_group), 0, 0, NULL,
	  "When memory runs out, kill the whole container rather than one process of it." },
	{ "nofile_soft", SETTING_U64, AT(nofile_soft), 16, 1 << 30, NULL,
	  "RLIMIT_NOFILE, soft, for a config without it." },
	{ "nofile_hard", SETTING_U64, AT(nofile_hard), 16, 1 << 30, NULL,
	  "RLIMIT_NOFILE, hard." },
	{ "pty_max", SETTING_U64, AT(pty_max), 1, 1 << 20, NULL,
	  "Pseudo-terminals that a devpts of a container has at most; all containers share kernel.pty.max less kernel.pty.reserve." },
	{ "core_hard", SETTING_U64, AT(core_hard), 0, UINT64_MAX, NULL,
	  "RLIMIT_CORE in bytes for a config without it." },
	{ "memlock_hard", SETTING_U64, AT(memlock_hard), 0, UINT64_MAX, NULL,
	  "RLIMIT_MEMLOCK in bytes for a config without it." },
	{ "masked_paths", SETTING_PATHS, AT(masked_paths), 0, 0, NULL,
	  "Hidden in every container, besides those that the config names." },
	{ "readonly_paths", SETTING_PATHS, AT(readonly_paths), 0, 0, NULL,
	  "Read-only in every container, besides those that the config names." },
	{ "bind_allow", SETTING_PATHS, AT(bind_allow), 0, 0, NULL,
	  "Host paths that a mount may come from although a rule guards them. A component may hold *." },
	{ "root_allow", SETTING_PATHS, AT(root_allow), 0, 0, NULL,
	  "Host paths that may be a root file system, or have one below them, although rule root-place guards them. A component may hold *." },
	{ "device_allow", SETTING_DEVICES, AT(device_allow), 0, 0, NULL,
	  "Devices of the host besides the default ones: \"c 10:229 rw\"; * is any number." },
	{ "sysctl_allow", SETTING_SYSCTLS, AT(sysctl_allow), 0, 0, NULL,
	  "Sysctls besides those of the container's own namespaces; a * at the end is any rest." },
	{ "namespace_paths_allow", SETTING_PATHS, AT(namespace_paths_allow), 0, 0, NULL,
	  "Below these, namespaces of other containers may be joined by path." },
	{ "hooks_allow", SETTING_PROGRAMS, AT(hooks_allow), 0, 0, NULL,
	  "Programs that hooks other than startContainer may run, with brig's own rights: what they are told is the bundle's word. \"/usr/sbin/dockerd libnetwork-setkey\" is that program under that name (args[0]) alone. With a PATH of other directories than the usual and these, and with variables beyond hooks_env_allow, they are refused." },
	{ "hooks_env_allow", SETTING_VARIABLES, AT(hooks_env_allow), 0, 0, NULL,
	  "Variables, besides PATH, HOME=/root, LANG, LC_*, TZ, TERM, USER and LOGNAME, that a bundle may give to these hooks: many programs load code that a variable names. A * at the end is any rest." },
	{ "audit_log", SETTING_PATH, AT(audit_log), 0, 0, NULL,
	  "File that every decision is appended to; empty for none. What cannot be logged is refused." },
	{ "audit_syslog", SETTING_BOOL, AT(audit_syslog), 0, 0, NULL,
	  "Send the same to the system log." },
};

static const char *const masked_paths[] = {
	"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
	"/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats",
	"/sys/devices/virtual/powercap", "/sys/firmware",
};
static const char *const readonly_paths[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

/* Where engines keep the namespaces of their pods. */
static const char *const namespace_paths[] = {
	"/proc/*/ns", "/run/netns", "/run/ipcns", "/run/utsns", "/run/userns", "/run/pidns", "/run/cgroupns",
	"/run/docker/netns", "/run/containerd", "/run/k3s/containerd", "/run/user/*/netns", "/run/user/*/containers",
};

#define WORDS(list) { .items = (list), .n = ARRAY_LEN(list) }

/*
 * The capabilities of `restricted` are those with which an entry point prepares its files, listens on
 * its port and becomes an ordinary user. Behind a random mapping each of them reaches the container's
 * own ids, files and network alone. Left out is what serves attacks on the kernel or the network
 * (NET_RAW, NET_ADMIN, SYS_ADMIN, SYS_PTRACE, BPF …), and what does nothing in a user namespace.
 * `baseline` has what Docker gives by default.
 */
#define SERVICE_CAPABILITIES \
	(CAP(CHOWN) | CAP(DAC_OVERRIDE) | CAP(FOWNER) | CAP(KILL) | CAP(NET_BIND_SERVICE) | CAP(SETGID) | CAP(SETUID))
#define DOCKER_CAPABILITIES \
	(SERVICE_CAPABILITIES | CAP(AUDIT_WRITE) | CAP(FSETID) | CAP(MKNOD) | CAP(NET_RAW) | CAP(SETFCAP) | \
	 CAP(SETPCAP) | CAP(SYS_CHROOT))

#define COMMON_SETTINGS \
	.id_pool_first = 0x10000000, .id_pool_last = 0x7ffeffff, .id_range_size = 65536, .rootfs_ids = "idmap", \
	.seccomp_profile = BRIG_PREFIX "/share/brig/seccomp/default.json", .apparmor_profile = "brig-default", \
	.landlock = true, .scope_abstract_sockets = true, .core_scheduling = true, .session_keyring = true, \
	.network_defaults = true, \
	.memory_max = UINT64_C(2) << 30, .swap_max = 0, .swap_limited = true, .pids_max = 1024, \
	.cpu_quota_us = 200000, .cpu_period_us = 100000, .memory_oom_group = true, \
	.nofile_soft = 1024, .nofile_hard = 524288, .pty_max = 256, .core_hard = 0, .memlock_hard = 8 << 20, \
	.masked_paths = WORDS(masked_paths), .readonly_paths = WORDS(readonly_paths), \
	.namespace_paths_allow = WORDS(namespace_paths), \
	.audit_log = POLICY_AUDIT_LOG, .audit_syslog = false

static const struct policy_settings restricted = { COMMON_SETTINGS, .capabilities = SERVICE_CAPABILITIES };
static const struct policy_settings baseline = { COMMON_SETTINGS, .capabilities = DOCKER_CAPABILITIES };
// clang-format on

const struct setting *setting_table(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(settings_table);
	return settings_table;
}

const struct policy_settings *settings_builtin(const char *name)
{
	return strcmp(name, "baseline") == 0 ? &baseline : &restricted;
}

const struct setting *setting_find(const struct json *node, struct error *err)
{
	const struct setting *const row = table_find(settings_table, node->key);

	if (row != NULL)
		return row;

	const char *const near = table_nearest(settings_table, node->key);

	(void)json_error(node, err, "there is no setting '%.64s'", node->key);
	if (near != NULL)
		(void)error_remedy(err, "did you mean '%s'?", near);
	return NULL;
}

static int read_capabilities(const struct json *node, uint64_t *ret, struct error *err)
{
	uint64_t mask = 0;

	if (node->type != JSON_ARRAY)
		return json_error(node, err, "must be a list of capabilities");
	for (const struct json *item = node->first; item != NULL; item = item->next) {
		const char *name;

		if (json_to_string(item, &name, err) < 0)
			return -1;

		const int cap = capability_from_name(name);

		if (cap < 0 || cap > 63)
			return json_error(item, err, "'%.64s' is no capability", name);
		mask |= UINT64_C(1) << cap;
	}
	*ret = mask;
	return 0;
}

/* What /proc names is another program a moment later, and the program of any process. */
static bool is_program(const char *text)
{
	const char *const name = text + strcspn(text, " ");

	return text[0] == '/' && strncmp(text, "/proc/", 6) != 0 &&
	       (*name == '\0' || (name[1] != '\0' && strpbrk(name + 1, " /") == NULL));
}

/* An item as it is kept; paths are plain. */
static const char *plain_item(const struct setting *row, const char *text, struct arena *arena)
{
	const size_t len = row->type == SETTING_PROGRAMS ? strcspn(text, " ") : strlen(text);

	if (row->type != SETTING_PATHS && row->type != SETTING_PROGRAMS)
		return arena_strdup(arena, text);
	return arena_printf(arena, "%s%s", host_path_plain(arena_strndup(arena, text, len), arena),
			    text + len);
}

static int check_item(const struct setting *row, const struct json *node, const char *text,
		      struct error *err)
{
	struct spec_device_rule rule;

	if (row->type == SETTING_PATHS && text[0] != '/')
		return json_error(node, err, "must be an absolute path");
	if (row->type == SETTING_PROGRAMS && !is_program(text))
		return json_error(node, err,
				  "must be a program's absolute path, which may be followed by a "
				  "blank and its args[0]; not one below /proc");
	if (row->type == SETTING_DEVICES && !device_allow_parse(text, &rule))
		return json_error(node, err, "must be like \"c 10:229 rw\"");
	if (row->type == SETTING_SYSCTLS &&
	    (text[0] == '\0' || text[0] == '*' || strchr(text, '/') != NULL))
		return json_error(node, err, "must be the name of a sysctl, with dots");
	if (row->type == SETTING_VARIABLES &&
	    (text[0] == '*' || text[0] == '\0' || strpbrk(text, "= /") != NULL))
		return json_error(node, err, "must be the name of a variable");
	return 0;
}

static int read_list(const struct setting *row, const struct json *node, struct arena *arena,
		     struct spec_strings *list, struct error *err)
{
	if (node->type != JSON_ARRAY)
		return json_error(node, err, "must be a list");
	if (node->first == NULL)
		*list = (struct spec_strings){};

	const char **items =
		arena_grow(arena, list->items, list->n, list->n + node->len, sizeof *list->items);
	size_t n = list->n;

	for (const struct json *item = node->first; item != NULL; item = item->next) {
		const char *text;

		if (json_to_string(item, &text, err) < 0 || check_item(row, item, text, err) < 0)
			return -1;
		items[n++] = plain_item(row, text, arena);
	}
	*list = (struct spec_strings){ .items = items, .n = n };
	return 0;
}

static bool is_word_of(const char *words, const char *text)
{
	const size_t len = strlen(text);

	while (*words != '\0') {
		const size_t word = strcspn(words, " ");

		if (word == len && memcmp(words, text, len) == 0)
			return true;
		words += word + strspn(words + word, " ");
	}
	return false;
}

static int read_text(const struct setting *row, const struct json *node, struct arena *arena,
		     const char **ret, struct error *err)
{
	const char *text;

	if (json_to_string(node, &text, err) < 0)
		return -1;
	if (row->type == SETTING_PATH && text[0] != '\0' && text[0] != '/')
		return json_error(node, err, "must be an absolute path, or empty");
	if (row->words != NULL && !is_word_of(row->words, text))
		return json_error(node, err, "must be one of: %s", row->words);
	if (row->type == SETTING_WORD && strpbrk(text, " \t\n/") != NULL)
		return json_error(node, err, "must be a name");
	*ret = arena_strdup(arena, text);
	return 0;
}

static int read_number(const struct setting *row, const struct json *node, uint64_t *ret,
		       struct error *err)
{
	uint64_t value = 0;

	if (json_to_uint(node, row->max, &value, err) < 0)
		return -1;
	if (value < row->min)
		return json_error(node, err, "must be at least %llu", (unsigned long long)row->min);
	*ret = value;
	return 0;
}

int setting_read(const struct setting *row, const struct json *node, struct arena *arena,
		 struct policy_settings *settings, struct error *err)
{
	void *const field = (char *)settings + row->offset;
	uint64_t number = 0;

	switch (row->type) {
	case SETTING_BOOL:
		return json_to_bool(node, field, err);
	case SETTING_U32:
		if (read_number(row, node, &number, err) < 0)
			return -1;
		*(uint32_t *)field = (uint32_t)number;
		return 0;
	case SETTING_U64:
		return read_number(row, node, field, err);
	case SETTING_I64:
		if (read_number(row, node, &number, err) < 0)
			return -1;
		*(int64_t *)field = (int64_t)number;
		return 0;
	case SETTING_PATH:
	case SETTING_WORD:
		return read_text(row, node, arena, field, err);
	case SETTING_CAPABILITIES:
		return read_capabilities(node, field, err);
	case SETTING_PATHS:
	case SETTING_PROGRAMS:
	case SETTING_DEVICES:
	case SETTING_SYSCTLS:
	case SETTING_VARIABLES:
		break;
	}
	return read_list(row, node, arena, field, err);
}

static void print_list(const struct spec_strings *list, struct json_out *out, const char *key)
{
	json_out_array(out, key);
	for (size_t i = 0; i < list->n; i++)
		json_out_string(out, NULL, list->items[i]);
	json_out_end_array(out);
}

static void print_capabilities(uint64_t mask, struct json_out *out, const char *key)
{
	char name[24];

	json_out_array(out, key);
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		if ((mask >> cap & 1) != 0)
			json_out_string(out, NULL, capability_to_name(cap, name));
	}
	json_out_end_array(out);
}

void setting_print(const struct setting *row, const struct policy_settings *settings,
		   struct json_out *out, const char *key)
{
	const void *const field = (const char *)settings + row->offset;

	switch (row->type) {
	case SETTING_BOOL:
		json_out_bool(out, key, *(const bool *)field);
		break;
	case SETTING_U32:
		json_out_uint(out, key, *(const uint32_t *)field);
		break;
	case SETTING_U64:
		json_out_uint(out, key, *(const uint64_t *)field);
		break;
	case SETTING_I64:
		json_out_int(out, key, *(const int64_t *)field);
		break;
	case SETTING_PATH:
	case SETTING_WORD:
		json_out_string(out, key, *(const char *const *)field);
		break;
	case SETTING_CAPABILITIES:
		print_capabilities(*(const uint64_t *)field, out, key);
		break;
	case SETTING_PATHS:
	case SETTING_PROGRAMS:
	case SETTING_DEVICES:
	case SETTING_SYSCTLS:
	case SETTING_VARIABLES:
		print_list(field, out, key);
		break;
	}
}

int settings_check(const struct policy_settings *settings, struct error *err)
{
	const uint32_t size = settings->id_range_size;

	if (size % 65536 != 0)
		return error_set(err, ERR_SPEC, "/settings/id_range_size",
				 "must be a multiple of 65536");
	if (settings->id_pool_first % 65536 != 0)
		return error_set(err, ERR_SPEC, "/settings/id_pool_first",
				 "must be a multiple of 65536");
	if (settings->id_pool_last < settings->id_pool_first ||
	    settings->id_pool_last - settings->id_pool_first < size - 1)
		return error_set(err, ERR_SPEC, "/settings/id_pool_last",
				 "the pool does not hold a single range of %u ids", size);
	if (settings->nofile_soft > settings->nofile_hard)
		return error_set(err, ERR_SPEC, "/settings/nofile_soft",
				 "must be at most nofile_hard");
	return 0;
}
