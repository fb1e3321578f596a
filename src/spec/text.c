#include "spec/text.h"

#include <linux/if.h>
#include <string.h>
#include <sys/un.h>

enum { HOST_NAME_BYTES_MAX = 64 }; /* __NEW_UTS_LEN, uname(2) */

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* ASCII only, whatever the locale. */
static bool is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool has_control(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < ' ' || text[i] == '\x7f')
			return true;
	}
	return false;
}

/* Words, and the characters of @more. */
static bool is_made_of(const char *text, size_t len, const char *more)
{
	for (size_t i = 0; i < len; i++) {
		if (!is_word(text[i]) && !is_one_of(text[i], more))
			return false;
	}
	return len > 0;
}

/* One component of a path, and not a way to another directory. */
static bool is_file_name(const char *text, size_t len)
{
	return len > 0 && !has_control(text, len) && !strchr(text, '/') && strcmp(text, ".") != 0 &&
	       strcmp(text, "..") != 0;
}

static bool has_dot_dot(const char *path)
{
	for (const char *part = path; part; part = strchr(part, '/')) {
		part += strspn(part, "/");
		if (strcspn(part, "/") == 2 && memcmp(part, "..", 2) == 0)
			return true;
	}
	return false;
}

static bool accept_not_empty(const char *, size_t len)
{
	return len > 0;
}

static bool accept_absolute(const char *text, size_t)
{
	return text[0] == '/';
}

/* sun_path of unix(7) must hold it with its NUL. */
static bool accept_socket(const char *, size_t len)
{
	return len > 0 && len < sizeof((struct sockaddr_un *)0)->sun_path;
}

/* Joined to the cgroup mount point, and a property of a systemd unit: ".." would leave the tree. */
static bool accept_cgroup_path(const char *text, size_t len)
{
	return !has_control(text, len) && !has_dot_dot(text);
}

static bool accept_one_line(const char *text, size_t len)
{
	return len > 0 && !has_control(text, len);
}

/* A label ends up between quotes in a mount option: context="…". */
static bool accept_label(const char *text, size_t len)
{
	return accept_one_line(text, len) && !strchr(text, '"');
}

static bool accept_host_name(const char *text, size_t len)
{
	return len <= HOST_NAME_BYTES_MAX && !has_control(text, len);
}

/* cpuset(7), "List format". */
static bool accept_cpu_list(const char *text, size_t)
{
	return strspn(text, "0123456789, -") == strlen(text);
}

static const char *skip_number(const char *text)
{
	const size_t digits = strspn(text, "0123456789");

	if (digits == 0 || (digits > 1 && text[0] == '0'))
		return NULL;
	return text + digits;
}

/* SemVer 2.0.0 of major version 1: versions of the specification are compatible within it. */
static bool accept_version(const char *text, size_t)
{
	const char *rest;

	if (strncmp(text, "1.", 2) != 0 || !(rest = skip_number(text + 2)) || *rest != '.' ||
	    !(rest = skip_number(rest + 1)))
		return false;
	return *rest == '\0' ||
	       (is_one_of(*rest, "-+") && is_made_of(rest + 1, strlen(rest + 1), ".-+"));
}

/* environ(7): name=value. An entry without a name could not be unset or seen by a shell. */
static bool accept_environment(const char *text, size_t)
{
	return text[0] != '=' && strchr(text, '=') != NULL;
}

static bool accept_syscall(const char *text, size_t len)
{
	return is_made_of(text, len, "");
}

/* config-linux.md, "Huge page limits": the middle of a file name, hugetlb.2MB.max. */
static bool accept_page_size(const char *text, size_t)
{
	const char *unit = skip_number(text);

	return unit && text[0] != '0' && is_one_of(unit[0], "KMG") && strcmp(unit + 1, "B") == 0;
}

/* As dev_valid_name() in net/core/dev.c; "%d" is a template and valid. */
static bool accept_interface(const char *text, size_t len)
{
	return len < IFNAMSIZ && is_file_name(text, len) && !strpbrk(text, ": ");
}

/* The first word of a line of rdma.max. */
static bool accept_rdma_device(const char *text, size_t len)
{
	return is_file_name(text, len) && !strpbrk(text, " =");
}

/* A path below /proc/sys, with dots or slashes: no way up, no empty component. */
static bool accept_sysctl_key(const char *text, size_t len)
{
	return is_made_of(text, len, "./-") && !is_one_of(text[0], "./") &&
	       !is_one_of(text[len - 1], "./") && !strstr(text, "..") && !strstr(text, "//");
}

static bool accept_clos_id(const char *text, size_t len)
{
	return strcmp(text, "/") == 0 || is_file_name(text, len);
}

static bool accept_memory_bandwidth(const char *text, size_t len)
{
	return strncmp(text, "MB:", 3) == 0 && !has_control(text, len);
}

static bool accept_device_access(const char *text, size_t len)
{
	return len > 0 && strspn(text, "rwm") == len;
}

// clang-format off
const struct text_rule text_not_empty        = { "not be empty", accept_not_empty };
const struct text_rule text_absolute_path    = { "be an absolute path", accept_absolute };
const struct text_rule text_socket_path      = { "be a path of 1 to 107 bytes, the size of a unix socket's address", accept_socket };
const struct text_rule text_cgroup_path      = { "be a path without '..' and control characters", accept_cgroup_path };
const struct text_rule text_one_line         = { "be one line of text without control characters", accept_one_line };
const struct text_rule text_label            = { "be one line of text without control characters and quotes", accept_label };
const struct text_rule text_host_name        = { "be at most 64 bytes without control characters", accept_host_name };
const struct text_rule text_cpu_list         = { "be a list of numbers and ranges such as '0-3,7'", accept_cpu_list };
const struct text_rule text_version          = { "be version 1 of the specification, as in '1.3.0'", accept_version };
const struct text_rule text_environment      = { "have the form NAME=value", accept_environment };
const struct text_rule text_syscall          = { "be the name of a system call", accept_syscall };
const struct text_rule text_page_size        = { "be a size such as '64KB', '2MB' or '1GB'", accept_page_size };
const struct text_rule text_interface        = { "be the name of a network device: 1 to 15 bytes without '/', ':' and spaces", accept_interface };
const struct text_rule text_rdma_device      = { "be the name of an RDMA device: without '/', '=' and spaces", accept_rdma_device };
const struct text_rule text_sysctl_key       = { "be a sysctl key such as 'net.ipv4.ip_forward'", accept_sysctl_key };
const struct text_rule text_cgroup_file      = { "be the name of a cgroup file: without '/' and control characters", is_file_name };
const struct text_rule text_clos_id          = { "be '/' or a directory name", accept_clos_id };
const struct text_rule text_memory_bandwidth = { "be one line that starts with 'MB:'", accept_memory_bandwidth };
const struct text_rule text_device_access    = { "be made of the letters r, w and m", accept_device_access };
// clang-format on
