/* Which places of the host a mount may come from. */
#include "policy_judging.h"

#include "policy/host_paths.h"
#include "policy/sources.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

enum use { READ, WRITE, ROOTFS };

// clang-format off
static const struct path_case {
	const char *path;
	enum use use;
	enum path_guard guard;
} path_cases[] = {
	{ "/",                       READ,   PATH_ROOT },
	{ "/srv/data",               WRITE,  PATH_FREE },
	{ "/etc",                    READ,   PATH_HOST },
	{ "/etc/shadow",             READ,   PATH_HOST },
	{ "/etc/../etc/./shadow",    READ,   PATH_HOST },
	{ "/srv/../../etc",          READ,   PATH_HOST },
	{ "/etcetera",               WRITE,  PATH_FREE },
	{ "/etc/hosts",              READ,   PATH_FREE },
	{ "/etc/hosts",              WRITE,  PATH_HOST },
	{ "/etc/ssl/certs/ca.pem",   READ,   PATH_FREE },
	{ "/etc/ssl/private",        READ,   PATH_HOST },
	{ "/proc/sys/kernel",        READ,   PATH_PROC },
	{ "/sys/fs/cgroup",          READ,   PATH_SYS },
	{ "/dev/sda",                READ,   PATH_DEV },
	{ "/dev/shm",                WRITE,  PATH_DEV },
	{ "/dev/null",               WRITE,  PATH_FREE },
	{ "/sysroot/ostree/deploy",  READ,   PATH_HOST },
	{ "/ostree/repo",            READ,   PATH_HOST },
	{ "/var/lib/cloud/scripts",  WRITE,  PATH_HOST },
	{ "/var/lib/extensions",     READ,   PATH_HOST },
	{ "/nix/store",              READ,   PATH_FREE },
	{ "/nix/store",              WRITE,  PATH_CODE },
	{ "/gnu/store/x",            ROOTFS, PATH_CODE },
	{ "/snap/docker/current",    WRITE,  PATH_CODE },
	{ "/var/snap/docker/common/var-lib-docker/overlay2/0a/merged", ROOTFS, PATH_FREE },
	{ "/usr/share/zoneinfo",     READ,   PATH_FREE },
	{ "/usr/bin",                WRITE,  PATH_CODE },
	{ "/usr/lib/modules",        READ,   PATH_HOST },
	{ "/lib",                    READ,   PATH_FREE },
	{ "/root/.ssh/id_ed25519",   READ,   PATH_HOST },
	{ "/root",                   READ,   PATH_HOST }, /* .ssh is inside */
	{ "/root/data",              WRITE,  PATH_FREE },
	{ "/home",                   READ,   PATH_HOST },
	{ "/home/alice",             READ,   PATH_HOST },
	{ "/home/alice/.ssh",        READ,   PATH_HOST },
	{ "/home/alice/project",     WRITE,  PATH_FREE },
	{ "/root/.bashrc",           WRITE,  PATH_HOST },
	{ "/root/.config/x",         READ,   PATH_HOST },
	{ "/home/alice/.bashrc",     WRITE,  PATH_HOST },
	{ "/home/alice/.aws",        READ,   PATH_HOST },
	{ "/home/alice/.config",     ROOTFS, PATH_HOST },
	{ "/home/alice/.cache/pip",  READ,   PATH_FREE },
	{ "/home/alice/.cache/pip",  WRITE,  PATH_HOST },
	{ "/home/alice/project/.git", WRITE, PATH_FREE },
	{ "/swapfile",               READ,   PATH_HOST },
	{ "/swap.img",               READ,   PATH_HOST },
	{ "/var/lib/machines/m/etc", READ,   PATH_HOST },
	{ "/var/lib/machines/m",     ROOTFS, PATH_FREE },
	{ "/var/lib/machines",       ROOTFS, PATH_HOST },
	{ "/var/lib/NetworkManager", READ,   PATH_HOST },
	{ "/var/lib/private/x",      READ,   PATH_HOST },
	{ "/var/lib/sss/db",         READ,   PATH_HOST },
	{ "/var/backups",            READ,   PATH_HOST },
	{ "/var/cache/apt/archives", READ,   PATH_FREE },
	{ "/var/cache/apt/archives", WRITE,  PATH_HOST },
	{ "/var/log/pods",           READ,   PATH_FREE },
	{ "/var/log/wtmp",           WRITE,  PATH_HOST },
	{ "/var/lib/lxd/storage-pools", READ, PATH_ENGINE },
	{ "/var/lib/lxcfs/proc/meminfo", READ, PATH_FREE },
	{ "/var/lib/libvirt/images", READ,   PATH_ENGINE },
	{ "/var/lib/k0s/pki",        READ,   PATH_ENGINE },
	{ "/var",                    READ,   PATH_HOST },
	{ "/var/lib",                READ,   PATH_HOST },
	{ "/var/tmp/x",              WRITE,  PATH_FREE },
	{ "/var/run/docker.sock",    WRITE,  PATH_ENGINE },
	{ "/run/containerd/containerd.sock", WRITE, PATH_ENGINE },
	{ "/run/crio/crio.sock",     WRITE,  PATH_ENGINE },
	{ "/run/podman/podman.sock", WRITE,  PATH_ENGINE },
	{ "/run/brig",               READ,   PATH_ENGINE },
	{ "/run/user/1000/brig/x",   READ,   PATH_ENGINE },
	{ "/run/dbus/system_bus_socket", WRITE, PATH_HOST },
	{ "/var/log/brig/audit.jsonl", READ, PATH_ENGINE },

	/* What engines bind into every container must pass. */
	{ "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/0a/shm",           WRITE, PATH_FREE },
	{ "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/0a/resolv.conf",   WRITE, PATH_FREE },
	{ "/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/0a/hostname",  WRITE, PATH_FREE },
	{ "/var/lib/containerd/io.containerd.grpc.v1.cri/containers/0a/volumes/v", WRITE, PATH_FREE },
	{ "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs", READ, PATH_ENGINE },
	{ "/run/containers/storage/overlay-containers/0a/userdata/resolv.conf",   WRITE, PATH_FREE },
	{ "/run/containers/storage/overlay-containers/0a/userdata/.containerenv", WRITE, PATH_FREE },
	{ "/var/lib/containers/storage/overlay-containers/0a/userdata/shm",       WRITE, PATH_FREE },
	{ "/var/lib/containers/storage/volumes/pg/_data",                         WRITE, PATH_FREE },
	{ "/var/lib/containers/storage/overlay/0a/diff",                          READ,  PATH_ENGINE },
	{ "/var/lib/containers/storage/overlay/0a/merged",                        READ,  PATH_FREE },
	{ "/var/lib/containers/storage/overlay/0a/merged",                        WRITE, PATH_ENGINE },
	{ "/run/user/1000/containers/overlay-containers/0a/userdata/hosts",       WRITE, PATH_FREE },
	{ "/var/lib/docker/containers/0a/hostname",                               WRITE, PATH_FREE },
	{ "/var/lib/docker/containers/0a/mounts/shm",                             WRITE, PATH_FREE },
	{ "/var/lib/docker/containers/0a/config.v2.json",                         READ,  PATH_ENGINE },
	{ "/var/lib/docker/100000.100000/containers/0a/hosts",                    WRITE, PATH_FREE },
	{ "/var/lib/docker/volumes/pg/_data",                                     WRITE, PATH_FREE },
	{ "/var/lib/kubelet/pods/u/etc-hosts",                                    WRITE, PATH_FREE },
	{ "/var/lib/kubelet/pods/u/volumes/kubernetes.io~empty-dir/cache",        WRITE, PATH_FREE },
	{ "/var/lib/kubelet/pods/u/volume-subpaths/a/b/0",                        WRITE, PATH_FREE },
	{ "/var/lib/kubelet/pods/u/containers/c/0f",                              WRITE, PATH_FREE },
	{ "/var/lib/kubelet/device-plugins",                                      WRITE, PATH_ENGINE },
	{ "/var/lib/kubelet/pods",                                                READ,  PATH_ENGINE },
	{ "/home/alice/.local/share/containers/storage/volumes/pg/_data",         WRITE, PATH_FREE },
	{ "/home/alice/.local/share/docker/containers/0a/hosts",                  WRITE, PATH_FREE },
	{ "/var/lib/nerdctl/1935db59/volumes/default/pg/_data",                   WRITE, PATH_FREE },
	{ "/var/lib/nerdctl/1935db59/etchosts/default/0a/hosts",                  WRITE, PATH_FREE },
	{ "/var/lib/nerdctl/1935db59/names",                                      READ,  PATH_ENGINE },
	{ "/var/lib/buildkit/runc-overlayfs/executor/resolv.conf",                WRITE, PATH_FREE },
	{ "/var/lib/k0s/kubelet/pods/u/volumes/kubernetes.io~empty-dir/cache",    WRITE, PATH_FREE },
	{ "/run/k0s/containerd/io.containerd.grpc.v1.cri/sandboxes/0a/shm",       WRITE, PATH_FREE },

	/* Where engines put root file systems. */
	{ "/run/containerd/io.containerd.runtime.v2.task/k8s.io/0a/rootfs", ROOTFS, PATH_FREE },
	{ "/var/lib/docker/overlay2/0a/merged",             ROOTFS, PATH_FREE },
	{ "/var/lib/containers/storage/overlay/0a/merged",  ROOTFS, PATH_FREE },
	{ "/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/0a/rootfs", ROOTFS, PATH_FREE },
	{ "/run/docker/containerd/daemon/io.containerd.runtime.v2.task/moby/0a/rootfs", ROOTFS, PATH_FREE },
	{ "/run/user/1000/containerd/io.containerd.runtime.v2.task/k8s.io/0a/rootfs", ROOTFS, PATH_FREE },
	{ "/var/lib/docker/100000.100000/overlay2/0a/merged", ROOTFS, PATH_FREE },
	{ "/var/lib/docker/rootfs/overlayfs/0a",            ROOTFS, PATH_FREE },
	{ "/var/lib/docker/vfs/dir/0a",                     ROOTFS, PATH_FREE },
	{ "/var/lib/docker/buildkit/executor/0a/rootfs",    ROOTFS, PATH_FREE },
	{ "/var/lib/containers/storage/overlay-containers/0a/userdata/overlay/1/merge", ROOTFS, PATH_FREE },
	{ "/home/alice/.local/share/containers/storage/overlay/0a/merged", ROOTFS, PATH_FREE },
	{ "/srv/crio/storage/overlay/0a/merged",            ROOTFS, PATH_FREE },
	{ "/var/snap/microk8s/common/run/containerd/io.containerd.runtime.v2.task/k8s.io/0a/rootfs", ROOTFS, PATH_FREE },
	{ "/var/tmp/buildah12/mnt/rootfs",                  ROOTFS, PATH_FREE },
	{ "/run/libpod/intermediate-mountpoint-1000.0",     ROOTFS, PATH_FREE },
	/* As the source of a mount they are others' files. */
	{ "/run/containerd/io.containerd.runtime.v2.task/k8s.io/0a/rootfs", WRITE, PATH_ENGINE },
	{ "/var/lib/docker/overlay2/0a/merged",             WRITE,  PATH_ENGINE },

	/* What lies beside them is no root file system. */
	{ "/run/containerd",                                ROOTFS, PATH_ENGINE },
	{ "/run/containerd/io.containerd.runtime.v2.task/k8s.io/0a", ROOTFS, PATH_ENGINE },
	{ "/run/containerd/runc/k8s.io",                    ROOTFS, PATH_ENGINE },
	{ "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs", ROOTFS, PATH_ENGINE },
	{ "/var/lib/containers/storage/overlay/0a/diff",    ROOTFS, PATH_ENGINE },
	{ "/var/lib/docker/overlay2/0a/diff",               ROOTFS, PATH_ENGINE },
	{ "/run/systemd/system",                            ROOTFS, PATH_HOST },
	{ "/run/user/1000",                                 ROOTFS, PATH_HOST },
	{ "/usr/local",                                     ROOTFS, PATH_CODE },
	{ "/lib/systemd",                                   ROOTFS, PATH_CODE },
	{ "/opt/x/rootfs",                                  ROOTFS, PATH_CODE },
	{ "/dev/shm/x",                                     ROOTFS, PATH_DEV },
	{ "/var/lib/docker",                                ROOTFS, PATH_ENGINE },
	{ "/usr",                                           ROOTFS, PATH_CODE },
	{ "/etc/skel",                                      ROOTFS, PATH_HOST },
	{ "/var",                                           ROOTFS, PATH_HOST },
	{ "/root/bundle/rootfs",                            ROOTFS, PATH_FREE },
};
// clang-format on

static void each_place_is_judged_by_its_name(void **)
{
	for (size_t i = 0; i < ARRAY_LEN(path_cases); i++) {
		const struct path_case *c = &path_cases[i];
		autoarena struct arena arena = {};
		const struct host_path at = host_path_name(
			c->path, (struct host_path_use){ c->use != READ, c->use == ROOTFS, false },
			&arena);

		if (at.guard != c->guard)
			fail_msg("%s: %d (%s), not %d", c->path, at.guard, at.what ?: "-",
				 c->guard);
	}
}

static void a_symlink_is_judged_by_what_it_leads_to(void **)
{
	char path[] = "/tmp/brig-test-XXXXXX", link[64];
	autoarena struct arena arena = {};
	struct host_inodes *inodes = NULL;

	assert_non_null(mkdtemp(path));
	snprintf(link, sizeof link, "%s/data", path);
	assert_int_equal(symlink("/etc", link), 0);

	autoclose int fd = open(link, O_PATH | O_CLOEXEC);

	assert_int_equal(host_path_look(fd, (struct host_path_use){}, &inodes, &arena).guard,
			 PATH_HOST);
	unlink(link);
	rmdir(path);
}

static void a_bind_mount_is_seen_through(void **)
{
	char path[] = "/tmp/brig-test-XXXXXX", file[64];
	autoarena struct arena arena = {};
	struct host_inodes *inodes = NULL;

	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		print_message("needs root, to mount\n");
		skip();
	}
	assert_non_null(mkdtemp(path));
	assert_int_equal(mount("/etc", path, NULL, MS_BIND, NULL), 0);
	snprintf(file, sizeof file, "%s/passwd", path);

	autoclose int dir = open(path, O_PATH | O_CLOEXEC), inside = open(file, O_PATH | O_CLOEXEC);

	assert_int_equal(host_path_look(dir, (struct host_path_use){}, &inodes, &arena).guard,
			 PATH_HOST);
	assert_int_equal(host_path_look(inside, (struct host_path_use){}, &inodes, &arena).guard,
			 PATH_HOST);
	assert_int_equal(umount2(path, MNT_DETACH), 0);
	rmdir(path);
}

static void a_procfs_is_the_hosts_wherever_it_is_mounted(void **)
{
	char path[] = "/tmp/brig-test-XXXXXX";
	autoarena struct arena arena = {};
	struct host_inodes *inodes = NULL;

	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
		print_message("needs root, to mount\n");
		skip();
	}
	assert_non_null(mkdtemp(path));
	assert_int_equal(mount("proc", path, "proc", 0, NULL), 0);

	autoclose int fd = open(path, O_PATH | O_CLOEXEC);

	assert_int_equal(host_path_look(fd, (struct host_path_use){}, &inodes, &arena).guard,
			 PATH_PROC);
	assert_int_equal(umount2(path, MNT_DETACH), 0);
	rmdir(path);
}

static void the_open_source_is_judged_again(void **)
{
	struct error err = {};
	struct policy *policy = policy_builtin("restricted", &err);
	autoclose int etc = open("/etc", O_PATH | O_CLOEXEC),
		      usr = open("/usr", O_PATH | O_CLOEXEC), root = open("/", O_PATH | O_CLOEXEC);

	assert_int_equal(policy_check_source(policy, etc, "/mounts/0/source", false, &err), -1);
	assert_string_equal(err.where, "bind-host");
	assert_int_equal(policy_check_source(policy, usr, "/mounts/0/source", false, &err), 0);
	assert_int_equal(policy_check_source(policy, usr, "/mounts/0/source", true, &err), -1);
	assert_int_equal(policy_check_source(policy, root, "/root/path", true, &err), -1);
	assert_string_equal(err.where, "root-place");
	policy->actions[rule_index(rule_find("bind-host"))] = ACTION_WARN;
	assert_int_equal(policy_check_source(policy, etc, "/mounts/0/source", false, &err), 0);
	policy_free(policy);
}

static void what_a_list_allows_is_reported_as_such(void **)
{
	autojudging struct judging judging =
		judge_members(",'mounts':[{'destination':'/m','type':'bind','source':'/etc/"
			      "ssl','options':['rbind','ro']}]",
			      "", "");
	struct judgement again;

	assert_found(&judging.judgement, "bind-host", ACTION_REFUSE, "/mounts/0/source");
	judging.policy->settings.bind_allow =
		(struct spec_strings){ .items = (const char *const[]){ "/etc/ss*" }, .n = 1 };
	policy_judge(judging.policy, judging.spec, AT_FDCWD, &plain_host, &again);
	assert_found(&again, "bind-host", ACTION_ALLOW, "/mounts/0/source");
	assert_true(is_allowed_by_policy(&again, "bind-host"));
	assert_int_equal(again.worst, SEVERITY_HIGH);
	judgement_free(&again);
}

static void brigs_own_places_are_guarded_wherever_they_are(void **)
{
	autojudging struct judging judging = judge_members(
		",'mounts':[{'destination':'/a','type':'bind','source':'/srv/brig-state/web-1'},"
		"{'destination':'/b','type':'bind','source':'/srv/brig-log'},"
		"{'destination':'/c','type':'bind','source':'/srv/other'}]",
		"", "");
	struct judgement again;
	size_t found = 0;

	assert_not_found(&judging.judgement, "bind-engine");
	judging.policy->state_root = "/srv/brig-state";
	judging.policy->settings.audit_log = "/srv/brig-log/audit.jsonl";
	policy_judge(judging.policy, judging.spec, AT_FDCWD, &plain_host, &again);
	for (size_t i = 0; i < again.n; i++)
		found += strcmp(again.findings[i].rule->id, "bind-engine") == 0;
	assert_int_equal(found, 2);
	judgement_free(&again);
}

static void a_root_file_system_is_not_among_brigs_own_places_and_may_be_listed(void **)
{
	static const char json[] = "{'ociVersion':'1.3.0','root':{'path':'%s'},"
				   "'process':{'cwd':'/','args':['sh'],'user':{'uid':0,'gid':0}}}";
	static const char *const paths[] = { "/srv/brig-state/web-1", "/srv/brig-state", "/srv",
					     "/opt/bundles/web/rootfs" };
	struct error err = {};
	struct policy *policy = policy_builtin("restricted", &err);

	policy->state_root = "/srv/brig-state";
	for (size_t i = 0; i < 2 * ARRAY_LEN(paths); i++) {
		autofree char *text = NULL;
		struct judgement judgement;
		const bool listed = i >= ARRAY_LEN(paths);

		policy->settings.root_allow =
			(struct spec_strings){ .items = (const char *const[]){ "/opt/b*", "/srv" },
					       .n = listed ? 2 : 0 };
		assert_true(asprintf(&text, json, paths[i % ARRAY_LEN(paths)]) > 0);

		struct spec *spec = accepted(spec_parse, text);

		policy_judge(policy, spec, AT_FDCWD, &plain_host, &judgement);
		assert_found(&judgement, "root-place", listed ? ACTION_ALLOW : ACTION_REFUSE,
			     "/root/path");
		judgement_free(&judgement);
		spec_free(spec);
	}
	policy_free(policy);
}

static void device_rows_of_policy_are_read_strictly(void **)
{
	static const char *const wrong[] = { "",          "c",
					     "c 1:3",     "a *:* rwm",
					     "c 1:3 rx",  "c 1:-3 r",
					     "c 1 : 3 r", "c 99999999999:1 r",
					     "c 1:3 " };
	struct spec_device_rule rule;

	assert_true(device_allow_parse("b 8:* r", &rule));
	assert_int_equal(rule.major.value, 8);
	assert_false(rule.minor.set);
	assert_true(rule.read && !rule.write && !rule.mknod);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_false(device_allow_parse(wrong[i], &rule));
}

static void an_allowed_device_is_no_more_than_what_is_listed(void **)
{
	autojudging struct judging judging =
		judge_members("",
			      ",'resources':{'devices':[{'allow':true,'type':'c','major':10,'minor'"
			      ":229,'access':'r'},"
			      "{'allow':true,'type':'c','major':10,'minor':229,'access':'rw'},{'"
			      "allow':true,'type':'c','major':10,'access':'r'}]}",
			      "");
	struct judgement again;
	size_t found = 0;

	judging.policy->settings.device_allow =
		(struct spec_strings){ .items = (const char *const[]){ "c 10:229 r" }, .n = 1 };
	policy_judge(judging.policy, judging.spec, AT_FDCWD, &plain_host, &again);
	for (size_t i = 0; i < again.n; i++)
		found += strcmp(again.findings[i].rule->id, "device-rule") == 0;
	assert_int_equal(found, 2);
	assert_int_equal(again.spec.linux_.resources.n_devices, 1);
	judgement_free(&again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_place_is_judged_by_its_name),
		cmocka_unit_test(a_symlink_is_judged_by_what_it_leads_to),
		cmocka_unit_test(a_bind_mount_is_seen_through),
		cmocka_unit_test(a_procfs_is_the_hosts_wherever_it_is_mounted),
		cmocka_unit_test(the_open_source_is_judged_again),
		cmocka_unit_test(what_a_list_allows_is_reported_as_such),
		cmocka_unit_test(brigs_own_places_are_guarded_wherever_they_are),
		cmocka_unit_test(
			a_root_file_system_is_not_among_brigs_own_places_and_may_be_listed),
		cmocka_unit_test(device_rows_of_policy_are_read_strictly),
		cmocka_unit_test(an_allowed_device_is_no_more_than_what_is_listed),
	};

	return cmocka_run_group_tests_name("policy paths", tests, NULL, NULL);
}
