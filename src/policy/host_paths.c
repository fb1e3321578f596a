/* policy/host_paths.c: which places of the host a container may get at */
#include "policy/host_paths.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fd.h"

#include <fnmatch.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#ifndef CONFIGFS_MAGIC
#define CONFIGFS_MAGIC 0x62656570
#endif
/* The kernel has these in its own sources alone. */
#define FUSECTL_MAGIC    0x65735543
#define MQUEUE_MAGIC     0x19800202
#define NFSD_MAGIC       0x6e667364
#define RESCTRL_MAGIC    0x7655821
#define RPC_PIPEFS_MAGIC 0x67596969

enum {
	SELF = 1,   /* the place itself, not what is below it */
	READ = 2,   /* free when it is mounted read-only */
	ROOTFS = 4, /* an engine's root file system: it, and what is below it, may be one */
	APART = 8,  /* a directory that holds it is judged without it */
};

// clang-format off
static const struct place {
	const char *pattern;
	enum path_guard guard;
	unsigned how;
} places[] = {
	{ "/",                 PATH_ROOT, SELF },
	{ "/proc",             PATH_PROC },
	{ "/sys",              PATH_SYS },
	{ "/boot",             PATH_HOST },
	{ "/efi",              PATH_HOST },
	{ "/ostree",           PATH_HOST },
	{ "/sysroot",          PATH_HOST },
	{ "/lost+found",       PATH_HOST },
	{ "/swapfile",         PATH_HOST },
	{ "/swap.img",         PATH_HOST },

	/* Default devices are free: every container has them. */
	{ "/dev",              PATH_DEV },
	{ "/dev/null",         PATH_FREE },
	{ "/dev/zero",         PATH_FREE },
	{ "/dev/full",         PATH_FREE },
	{ "/dev/random",       PATH_FREE },
	{ "/dev/urandom",      PATH_FREE },
	{ "/dev/tty",          PATH_FREE },

	/* Configuration and keys; what every program reads is free to read. */
	{ "/etc",              PATH_HOST },
	{ "/etc/ca-certificates", PATH_HOST, READ },
	{ "/etc/hostname",     PATH_HOST, READ },
	{ "/etc/hosts",        PATH_HOST, READ },
	{ "/etc/localtime",    PATH_HOST, READ },
	{ "/etc/pki/ca-trust", PATH_HOST, READ },
	{ "/etc/pki/tls/certs", PATH_HOST, READ },
	{ "/etc/resolv.conf",  PATH_HOST, READ },
	{ "/etc/ssl/certs",    PATH_HOST, READ },
	{ "/etc/timezone",     PATH_HOST, READ },

	/*
	 * What shells and other programs read of a user's at every start, and keys. Rootless engines keep
	 * containers there. Of equal rows the last one counts.
	 */
	{ "/root",             PATH_HOST, SELF },
	{ "/root/.*",          PATH_HOST },
	{ "/root/.cache",      PATH_HOST, READ | ROOTFS },
	{ "/root/.local/share/containers", PATH_FREE },
	{ "/home/*/.*",        PATH_HOST },
	{ "/home/*/.cache",    PATH_HOST, READ | ROOTFS },
	{ "/home/*/.local/share/buildkit", PATH_FREE },
	{ "/home/*/.local/share/containerd", PATH_FREE },
	{ "/home/*/.local/share/containers", PATH_FREE },
	{ "/home/*/.local/share/docker", PATH_FREE },
	{ "/home/*/.local/share/nerdctl", PATH_FREE },
	{ "/root/.ssh",        PATH_HOST },
	{ "/root/.gnupg",      PATH_HOST },
	{ "/root/.kube",       PATH_HOST },
	{ "/home/*/.ssh",      PATH_HOST },
	{ "/home/*/.gnupg",    PATH_HOST },
	{ "/home/*/.kube",     PATH_HOST },

	{ "/var/spool/cron",   PATH_HOST },
	{ "/var/spool/at",     PATH_HOST },
	{ "/var/lib/cloud",    PATH_HOST }, /* scripts that run at boot */
	{ "/var/lib/confexts", PATH_HOST }, /* what systemd lays over /etc, /usr and its own units */
	{ "/var/lib/extensions", PATH_HOST },
	{ "/var/lib/portables", PATH_HOST },
	{ "/var/lib/snapd",    PATH_HOST },
	{ "/var/lib/systemd",  PATH_HOST },
	{ "/var/lib/dpkg",     PATH_HOST },
	{ "/var/lib/rpm",      PATH_HOST },
	{ "/var/lib/machines", PATH_HOST },
	{ "/var/lib/machines/*", PATH_HOST, ROOTFS },
	{ "/var/lib/NetworkManager", PATH_HOST },
	{ "/var/lib/private",  PATH_HOST }, /* state of services whose user systemd makes up */
	{ "/var/lib/sss",      PATH_HOST },
	{ "/var/backups",      PATH_HOST },
	{ "/var/cache/apt",    PATH_HOST, READ },
	{ "/var/log",          PATH_HOST, READ },
	{ "/lib/modules",       PATH_HOST, APART },
	{ "/usr/lib/modules",   PATH_HOST, APART },

	/* Programs: whoever writes them runs as the host's root the next time that root calls one. */
	{ "/bin",              PATH_CODE, READ },
	{ "/gnu",              PATH_CODE, READ },
	{ "/lib",              PATH_CODE, READ },
	{ "/lib32",            PATH_CODE, READ },
	{ "/lib64",            PATH_CODE, READ },
	{ "/libx32",           PATH_CODE, READ },
	{ "/nix",              PATH_CODE, READ },
	{ "/opt",              PATH_CODE, READ },
	{ "/sbin",             PATH_CODE, READ },
	{ "/snap",             PATH_CODE, READ },
	{ "/var/lib/dkms",     PATH_CODE, READ },
	{ "/var/lib/flatpak",  PATH_CODE, READ },
	{ "/usr",              PATH_CODE, READ },

	/* Sockets and run-time state. */
	{ "/run",              PATH_HOST },
	{ "/run/systemd/resolve/resolv.conf",      PATH_HOST, READ },
	{ "/run/systemd/resolve/stub-resolv.conf", PATH_HOST, READ },
	{ "/run/brig*",        PATH_ENGINE },
	{ "/run/user/*/brig*", PATH_ENGINE },
	{ "/var/lib/brig",     PATH_ENGINE },
	{ "/var/cache/brig",   PATH_ENGINE },
	{ "/var/log/brig",     PATH_ENGINE },

	/* containerd, with the CRI's files for a pod and for its containers */
	{ "/run/containerd",                                  PATH_ENGINE },
	{ "/run/containerd/io.containerd.*/sandboxes",        PATH_FREE },
	{ "/run/containerd/io.containerd.*/containers",       PATH_FREE },
	{ "/var/lib/containerd",                              PATH_ENGINE },
	{ "/var/lib/containerd/io.containerd.*/sandboxes",    PATH_FREE },
	{ "/var/lib/containerd/io.containerd.*/containers",   PATH_FREE },
	{ "/var/lib/containerd/io.containerd.*/image-volumes", PATH_FREE },
	{ "/run/k3s",                                         PATH_ENGINE },
	{ "/run/k3s/containerd/io.containerd.*/sandboxes",    PATH_FREE },
	{ "/run/k3s/containerd/io.containerd.*/containers",   PATH_FREE },
	{ "/var/lib/rancher",                                 PATH_ENGINE },
	{ "/var/lib/rancher/*/agent/containerd/io.containerd.*/sandboxes",  PATH_FREE },
	{ "/var/lib/rancher/*/agent/containerd/io.containerd.*/containers", PATH_FREE },

	/* Bundles of containerd's shims, by its --state; k3s and others have a directory around it, Docker two */
	{ "/run/*/io.containerd.runtime.*/*/*/rootfs",                     PATH_ENGINE, ROOTFS },
	{ "/run/*/containerd/io.containerd.runtime.*/*/*/rootfs",          PATH_ENGINE, ROOTFS },
	{ "/run/*/containerd/daemon/io.containerd.runtime.*/*/*/rootfs",   PATH_ENGINE, ROOTFS },
	{ "/run/user/*/*/io.containerd.runtime.*/*/*/rootfs",              PATH_ENGINE, ROOTFS },
	{ "/run/user/*/*/containerd/daemon/io.containerd.runtime.*/*/*/rootfs", PATH_ENGINE, ROOTFS },

	/* Podman, CRI-O and Buildah: containers/storage */
	{ "/run/containers",                                       PATH_ENGINE },
	{ "/run/containers/storage/*-containers/*/userdata",       PATH_FREE },
	{ "/run/crio",                                             PATH_ENGINE },
	{ "/run/libpod",                                           PATH_ENGINE },
	{ "/run/podman",                                           PATH_ENGINE },
	{ "/run/user/*/containers/*-containers/*/userdata",        PATH_FREE },
	{ "/var/lib/containers",                                   PATH_ENGINE },
	{ "/var/lib/containers/storage/*-containers/*/userdata",   PATH_FREE },
	{ "/var/lib/containers/storage/volumes/*/_data",           PATH_FREE },
	{ "/var/lib/containers/storage/overlay/*/merged",          PATH_ENGINE, READ | ROOTFS },
	{ "/var/lib/containers/storage/btrfs/subvolumes/*",        PATH_ENGINE, ROOTFS },
	{ "/var/lib/containers/storage/vfs/dir/*",                 PATH_ENGINE, ROOTFS },
	{ "/var/lib/containers/storage/zfs/graph/*",               PATH_ENGINE, ROOTFS },
	{ "/run/libpod/intermediate-mountpoint-*",                 PATH_ENGINE, ROOTFS },
	{ "/run/user/*/libpod/tmp/intermediate-mountpoint-*",      PATH_ENGINE, ROOTFS },

	/* Docker; one component more with userns-remap */
	{ "/run/docker.sock",                            PATH_ENGINE },
	{ "/run/docker",                                 PATH_ENGINE },
	{ "/var/lib/docker",                             PATH_ENGINE },
	{ "/var/lib/docker/containers/*/hostname",       PATH_FREE },
	{ "/var/lib/docker/containers/*/hosts",          PATH_FREE },
	{ "/var/lib/docker/containers/*/mounts",         PATH_FREE },
	{ "/var/lib/docker/containers/*/resolv.conf",    PATH_FREE },
	{ "/var/lib/docker/volumes/*/_data",             PATH_FREE },
	{ "/var/lib/docker/buildkit/executor",           PATH_FREE },
	{ "/var/lib/docker/btrfs/subvolumes/*",          PATH_ENGINE, ROOTFS },
	{ "/var/lib/docker/fuse-overlayfs/*/merged",     PATH_ENGINE, ROOTFS },
	{ "/var/lib/docker/overlay2/*/merged",           PATH_ENGINE, ROOTFS },
	{ "/var/lib/docker/rootfs/*/*",                  PATH_ENGINE, ROOTFS },
	{ "/var/lib/docker/vfs/dir/*",                   PATH_ENGINE, ROOTFS },
	{ "/var/lib/docker/zfs/graph/*",                 PATH_ENGINE, ROOTFS },
	{ "/var/lib/docker/*.*/btrfs/subvolumes/*",      PATH_ENGINE, ROOTFS },
	{ "/var/lib/docker/*.*/fuse-overlayfs/*/merged", PATH_ENGINE, ROOTFS },
	{ "/var/lib/docker/*.*/overlay2/*/merged",       PATH_ENGINE, ROOTFS },
	{ "/var/lib/docker/*.*/rootfs/*/*",              PATH_ENGINE, ROOTFS },
	{ "/var/lib/docker/*.*/vfs/dir/*",               PATH_ENGINE, ROOTFS },
	{ "/var/lib/docker/*.*/zfs/graph/*",             PATH_ENGINE, ROOTFS },
	{ "/var/lib/docker/*.*/containers/*/hostname",   PATH_FREE },
	{ "/var/lib/docker/*.*/containers/*/hosts",      PATH_FREE },
	{ "/var/lib/docker/*.*/containers/*/mounts",     PATH_FREE },
	{ "/var/lib/docker/*.*/containers/*/resolv.conf", PATH_FREE },
	{ "/var/lib/docker/*.*/volumes/*/_data",         PATH_FREE },

	/* Kubernetes: what the kubelet prepares for the containers of a pod */
	{ "/var/lib/kubelet",                       PATH_ENGINE },
	{ "/var/lib/kubelet/pods/*/containers",     PATH_FREE },
	{ "/var/lib/kubelet/pods/*/etc-hosts",      PATH_FREE },
	{ "/var/lib/kubelet/pods/*/volume-subpaths", PATH_FREE },
	{ "/var/lib/kubelet/pods/*/volumes",        PATH_FREE },
	{ "/var/lib/cni",                           PATH_ENGINE },
	{ "/var/lib/etcd",                          PATH_ENGINE },
	{ "/var/lib/k0s",                           PATH_ENGINE },
	{ "/var/lib/k0s/containerd/io.containerd.*/sandboxes",    PATH_FREE },
	{ "/var/lib/k0s/containerd/io.containerd.*/containers",   PATH_FREE },
	{ "/var/lib/k0s/containerd/io.containerd.*/image-volumes", PATH_FREE },
	{ "/var/lib/k0s/kubelet/pods/*/containers", PATH_FREE },
	{ "/var/lib/k0s/kubelet/pods/*/etc-hosts",  PATH_FREE },
	{ "/var/lib/k0s/kubelet/pods/*/volume-subpaths", PATH_FREE },
	{ "/var/lib/k0s/kubelet/pods/*/volumes",    PATH_FREE },
	{ "/run/k0s",                               PATH_ENGINE },
	{ "/run/k0s/containerd/io.containerd.*/sandboxes",  PATH_FREE },
	{ "/run/k0s/containerd/io.containerd.*/containers", PATH_FREE },

	/* Others: nerdctl's volumes and files of a container, BuildKit's steps */
	{ "/var/lib/incus",                         PATH_ENGINE },
	{ "/var/lib/libvirt",                       PATH_ENGINE },
	{ "/var/lib/lxc",                           PATH_ENGINE },
	{ "/var/lib/lxd",                           PATH_ENGINE },
	{ "/var/lib/nerdctl",                       PATH_ENGINE },
	{ "/var/lib/nerdctl/*/containers",          PATH_FREE },
	{ "/var/lib/nerdctl/*/etchosts",            PATH_FREE },
	{ "/var/lib/nerdctl/*/volumes/*/*/_data",   PATH_FREE },
	{ "/var/lib/buildkit",                      PATH_ENGINE },
	{ "/var/lib/buildkit/*/executor",           PATH_FREE },
	{ "/var/lib/buildkit/*/snapshots/snapshots/*/fs", PATH_FREE }, /* RUN --mount=type=cache */
};

/* File systems that are the kernel's wherever they are mounted, statfs(2). */
static const struct kernel_fs {
	uint32_t magic;
	enum path_guard guard;
	const char *what;
} kernel_filesystems[] = {
	{ PROC_SUPER_MAGIC,   PATH_PROC, "procfs" },
	{ NSFS_MAGIC,         PATH_PROC, "namespaces" },
	{ BINFMTFS_MAGIC,     PATH_PROC, "binary formats" },
	{ NFSD_MAGIC,         PATH_PROC, "NFS server" },
	{ RPC_PIPEFS_MAGIC,   PATH_SYS,  "RPC pipes" },
	{ RESCTRL_MAGIC,      PATH_SYS,  "resctrl" },
	{ FUSECTL_MAGIC,      PATH_SYS,  "FUSE connections" },
	{ MQUEUE_MAGIC,       PATH_DEV,  "message queues" },
	{ SYSFS_MAGIC,        PATH_SYS,  "sysfs" },
	{ SECURITYFS_MAGIC,   PATH_SYS,  "securityfs" },
	{ DEBUGFS_MAGIC,      PATH_SYS,  "debugfs" },
	{ TRACEFS_MAGIC,      PATH_SYS,  "tracefs" },
	{ BPF_FS_MAGIC,       PATH_SYS,  "bpf file system" },
	{ CONFIGFS_MAGIC,     PATH_SYS,  "configfs" },
	{ CGROUP_SUPER_MAGIC, PATH_SYS,  "cgroup tree" },
	{ CGROUP2_SUPER_MAGIC, PATH_SYS, "cgroup tree" },
	{ SELINUX_MAGIC,      PATH_SYS,  "selinuxfs" },
	{ PSTOREFS_MAGIC,     PATH_SYS,  "pstore" },
	{ EFIVARFS_MAGIC,     PATH_SYS,  "firmware variables" },
	{ DEVPTS_SUPER_MAGIC, PATH_DEV,  "devpts" },
};
// clang-format on

struct host_inodes {
	bool deep; /* all places; else only those at the top */
	struct {
		bool known;
		dev_t dev;
		ino_t ino;
	} of[ARRAY_LEN(places)];
};

/* How a path stands to a pattern. */
enum relation { ELSEWHERE, ABOVE, SAME, BELOW };

/* Does the component [text, end) match that of the pattern? */
static bool component_matches(const char *pattern, size_t pattern_len, const char *text, size_t len)
{
	char one[256], other[256];

	if (memchr(pattern, '*', pattern_len) == NULL)
		return pattern_len == len && memcmp(pattern, text, len) == 0;
	if (pattern_len >= sizeof one || len >= sizeof other)
		return false;
	snprintf(one, sizeof one, "%.*s", (int)pattern_len, pattern);
	snprintf(other, sizeof other, "%.*s", (int)len, text);
	return fnmatch(one, other, FNM_NOESCAPE) == 0;
}

/* @ret_depth: components that agreed. Both are plain absolute paths. */
static enum relation relate(const char *pattern, const char *path, unsigned *ret_depth)
{
	for (*ret_depth = 0;; (*ret_depth)++) {
		pattern += *pattern == '/';
		path += *path == '/';
		if (*pattern == '\0')
			return *path == '\0' ? SAME : BELOW;
		if (*path == '\0')
			return ABOVE;

		const size_t pattern_len = strcspn(pattern, "/"), len = strcspn(path, "/");

		if (!component_matches(pattern, pattern_len, path, len))
			return ELSEWHERE;
		pattern += pattern_len;
		path += len;
	}
}

/* A row that guards, given how the place is used. */
static enum path_guard guard_of(const struct place *place, struct host_path_use use)
{
	if ((place->how & READ) != 0 && !use.writable)
		return PATH_FREE;
	if ((place->how & ROOTFS) != 0 && use.root)
		return PATH_FREE;
	if ((place->how & APART) != 0 && use.below && !use.writable)
		return PATH_FREE;
	return place->guard;
}

static void apply_table(struct host_path *ret, const char *path, struct host_path_use use)
{
	const struct place *deepest = NULL, *inside = NULL;
	unsigned deepest_depth = 0;

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		unsigned depth;
		const enum relation relation = relate(places[i].pattern, path, &depth);

		if (relation == ABOVE && inside == NULL && places[i].guard != PATH_FREE &&
		    (places[i].how & (READ | ROOTFS | APART)) == 0)
			inside = &places[i];
		if (relation < SAME || (relation == BELOW && (places[i].how & SELF) != 0))
			continue;
		if (deepest == NULL || depth >= deepest_depth) {
			deepest = &places[i];
			deepest_depth = depth;
		}
	}

	ret->guard = PATH_FREE;
	if (deepest != NULL) {
		ret->guard = guard_of(deepest, use);
		ret->what = deepest->pattern;
	}
	if (ret->guard == PATH_FREE && inside != NULL) {
		ret->guard = inside->guard;
		ret->what = inside->pattern;
	}
}

static void apply_file_system(struct host_path *ret, int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(kernel_filesystems); i++) {
		if ((uint32_t)fs.f_type == kernel_filesystems[i].magic) {
			ret->guard = kernel_filesystems[i].guard;
			ret->what = kernel_filesystems[i].what;
		}
	}
}

/* A file that is free to read matters as part of its directory, which has a row. */
static bool wants_inode(const struct place *place, bool deep)
{
	if (place->guard == PATH_FREE || strchr(place->pattern, '*') != NULL ||
	    (place->guard == PATH_HOST && (place->how & READ) != 0))
		return false;
	return deep || strchr(place->pattern + 1, '/') == NULL;
}

static void read_inodes(struct host_inodes *inodes, bool deep)
{
	struct stat status;

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (inodes->of[i].known || !wants_inode(&places[i], deep) ||
		    stat(places[i].pattern, &status) < 0)
			continue;
		inodes->of[i].known = true;
		inodes->of[i].dev = status.st_dev;
		inodes->of[i].ino = status.st_ino;
	}
	inodes->deep = deep;
}

/* The guarded place that the directory or file @path is, by whatever name. */
static const struct place *place_by_inode(const char *path, const struct host_inodes *inodes)
{
	struct stat status;

	if (lstat(path, &status) < 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (inodes->of[i].known && inodes->of[i].ino == status.st_ino &&
		    inodes->of[i].dev == status.st_dev)
			return &places[i];
	}
	return NULL;
}

/*
 * The same place under the name that the table knows: /mnt/etc/ssh is /etc/ssh where /etc is bound
 * to /mnt/etc. Looks at the path and all that is above it, deepest first.
 */
static const char *known_name(const char *path, const struct host_inodes *inodes,
			      struct arena *arena)
{
	char *const head = arena_strdup(arena, path);
	size_t len = strlen(path);

	while (len > 1) {
		const struct place *const place = place_by_inode(head, inodes);

		if (place != NULL)
			return host_path_plain(
				arena_printf(arena, "%s/%s", place->pattern, path + len), arena);
		while (len > 1 && head[len - 1] != '/')
			len--;
		head[--len] = '\0';
	}
	return path;
}

struct host_path host_path_look(int fd, struct host_path_use use, struct host_inodes **inodes,
				struct arena *arena)
{
	const bool deep = !use.root || use.below;
	struct host_path ret = {};
	char path[PATH_MAX];

	/* Without a name nothing can be shown to be harmless. */
	if (fd_path(fd, path) <= 0 || path[0] != '/' || fstat(fd, &ret.status) < 0) {
		ret.path = "?";
		ret.guard = PATH_HOST;
		ret.what = "a place without a name";
		return ret;
	}
	if (*inodes == NULL) {
		*inodes = arena_alloc(arena, sizeof **inodes);
		read_inodes(*inodes, deep);
	} else if (deep && !(*inodes)->deep) {
		read_inodes(*inodes, true);
	}

	ret.exists = true;
	ret.path = arena_strdup(arena, path);
	apply_table(&ret, known_name(path, *inodes, arena), use);
	apply_file_system(&ret, fd);
	return ret;
}

struct host_path host_path_name(const char *path, struct host_path_use use, struct arena *arena)
{
	struct host_path ret = { .path = host_path_plain(path, arena) };

	apply_table(&ret, ret.path, use);
	return ret;
}

const char *host_path_plain(const char *path, struct arena *arena)
{
	char *const out = arena_alloc(arena, strlen(path) + 2);
	size_t len = 0;

	while (*path != '\0') {
		path += strspn(path, "/");

		const size_t part = strcspn(path, "/");

		if (part == 2 && memcmp(path, "..", 2) == 0) {
			while (len > 0 && out[--len] != '/')
				;
		} else if (part > 0 && !(part == 1 && *path == '.')) {
			out[len++] = '/';
			memcpy(out + len, path, part);
			len += part;
		}
		path += part;
	}
	if (len == 0)
		out[len++] = '/';
	out[len] = '\0';
	if (strncmp(out, "/var/run", 8) == 0 && (out[8] == '/' || out[8] == '\0'))
		return out + 4;
	return out;
}

bool host_path_touches(const char *place, const char *path)
{
	unsigned depth;

	return relate(place, path, &depth) != ELSEWHERE;
}

bool host_path_listed(const struct spec_strings *patterns, const char *path)
{
	for (size_t i = 0; i < patterns->n; i++) {
		unsigned depth;

		if (relate(patterns->items[i], path, &depth) >= SAME)
			return true;
	}
	return false;
}
