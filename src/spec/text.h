/* spec/text.h: what a string of config.json may look like
 *
 * Rules exist where a wrong string would break or bend an interface of the kernel: a path that is
 * not absolute, a line break in what becomes one line of a file, a name with a slash in what
 * becomes a file name. NUL bytes never arrive here, base/json refuses them.
 */
#ifndef BRIG_SPEC_TEXT_H
#define BRIG_SPEC_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text_rule {
	const char *must; /* goes on after "must": "be an absolute path" */
	bool (*accepts)(const char *text, size_t len);
};

extern const struct text_rule text_not_empty, text_absolute_path, text_socket_path,
	text_cgroup_path;
extern const struct text_rule text_one_line, text_label, text_host_name, text_cpu_list;
extern const struct text_rule text_version, text_environment, text_syscall, text_page_size;
extern const struct text_rule text_interface, text_rdma_device, text_sysctl_key, text_cgroup_file;
extern const struct text_rule text_clos_id, text_memory_bandwidth, text_device_access;

#endif
