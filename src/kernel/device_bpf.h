/* kernel/device_bpf.h: which devices a cgroup may use: a BPF_PROG_TYPE_CGROUP_DEVICE program */
#ifndef BRIG_KERNEL_DEVICE_BPF_H
#define BRIG_KERNEL_DEVICE_BPF_H

#include "base/arena.h"
#include "base/error.h"

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DEVICE_READ = 1, DEVICE_WRITE = 2, DEVICE_MKNOD = 4 };

struct device_rule {
	bool allow;
	char type;            /* 'a', 'b', 'c' */
	int64_t major, minor; /* -1: any */
	unsigned access;      /* DEVICE_… */
};

/** device_bpf_build() - rules to instructions; the last rule that matches decides, no match denies (config-linux.md, "Allowed Device list") */
[[nodiscard]] const struct bpf_insn *
device_bpf_build(struct arena *arena, const struct device_rule *rules, size_t n, size_t *ret_n);

/** device_bpf_attach() - load and attach to a cgroup; replaces one of ours that is attached (update keeps it) */
[[nodiscard]] int device_bpf_attach(int cgroup, const struct bpf_insn *program, size_t n,
				    struct error *err);

#endif
