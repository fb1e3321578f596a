/* Each rule finds what it is for, at its place, with its action. */
#include "kernel/apparmor.h"

#include "kernel_has.h"
#include "policy_judging.h"
#include "skip_because.h"

#include "kernel/compat.h"
#include "policy/sources.h"

#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALL_NAMESPACES                                                                             \
	",'namespaces':[{'type':'user'},{'type':'mount'},{'type':'pid'},{'type':'network'},{'"     \
	"type':'ipc'},{'type':'uts'},{'type':'cgroup'},{'type':'time'}]"
#define BIND(source, options)                                                                      \
	",'mounts':[{'destination':'/m','type':'bind','source':'" source "','options':[" options   \
	"]}]"
#define MOUNT(type, options)                                                                       \
	",'mounts':[{'destination':'/m','type':'" type "','source':'x','options':[" options "]}]"
#define JOIN(kind)         ",'namespaces':[{'type':'" kind "','path':'/run/netns/brig-no-such'}]"
#define SECCOMP(members)   ",'seccomp':{'defaultAction':'SCMP_ACT_ERRNO'" members "}"
#define RESOURCES(members) ",'resources':{" members "}"

// clang-format off
static const struct rule_case {
	const char *rule, *pointer;
	enum action action; /* restricted */
	const char *members, *linux_members, *process_members;
} rule_cases[] = {
	{ "host-user",    "/linux/namespaces", ACTION_HARDEN, "", "", "" },
	{ "host-mount",   "/linux/namespaces", ACTION_HARDEN, "", "", "" },
	{ "host-pid",     "/linux/namespaces", ACTION_REFUSE, "", "", "" },
	{ "host-network", "/linux/namespaces", ACTION_REFUSE, "", "", "" },
	{ "host-ipc",     "/linux/namespaces", ACTION_REFUSE, "", "", "" },
	{ "host-uts",     "/linux/namespaces", ACTION_HARDEN, "", "", "" },
	{ "host-cgroup",  "/linux/namespaces", ACTION_HARDEN, "", "", "" },
	{ "host-time",    "/linux/namespaces", ACTION_ALLOW,  "", "", "" },
	{ "host-namespace-path", "/linux/namespaces/1/path", ACTION_REFUSE, "", ",'namespaces':[{'type':'pid'},{'type':'network','path':'/proc/self/ns/net'}]", "" },
	{ "namespace-place", "/linux/namespaces/0/path", ACTION_REFUSE, "", ",'namespaces':[{'type':'network','path':'/tmp/ns'}]", "" },
	{ "join-user",    "/linux/namespaces/0/path", ACTION_ALLOW,  "", JOIN("user"), "" },
	{ "join-mount",   "/linux/namespaces/0/path", ACTION_REFUSE, "", JOIN("mount"), "" },
	{ "join-pid",     "/linux/namespaces/0/path", ACTION_ALLOW,  "", JOIN("pid"), "" },
	{ "join-network", "/linux/namespaces/0/path", ACTION_ALLOW,  "", JOIN("network"), "" },
	{ "join-ipc",     "/linux/namespaces/0/path", ACTION_ALLOW,  "", JOIN("ipc"), "" },
	{ "join-uts",     "/linux/namespaces/0/path", ACTION_ALLOW,  "", JOIN("uts"), "" },
	{ "join-cgroup",  "/linux/namespaces/0/path", ACTION_ALLOW,  "", JOIN("cgroup"), "" },
	{ "join-time",    "/linux/namespaces/0/path", ACTION_ALLOW,  "", JOIN("time"), "" },
	{ "mapping-host-ids", "/linux/uidMappings/0/hostID", ACTION_REFUSE, "", ",'uidMappings':[{'containerID':0,'hostID':0,'size':65536}]", "" },
	{ "mapping-pool", "/linux/gidMappings/0/hostID", ACTION_REFUSE, "", ",'gidMappings':[{'containerID':0,'hostID':268435456,'size':65536}]", "" },
	{ "time-offsets", "/linux/timeOffsets", ACTION_ALLOW, "", ",'timeOffsets':{'monotonic':{'secs':1}}", "" },
	{ "net-device",   "/linux/netDevices/eth0", ACTION_REFUSE, "", ",'netDevices':{'eth0':{}}", "" },

	{ "capability-unknown", "/process/capabilities/effective/1", ACTION_REFUSE, "", "", ",'capabilities':{'effective':['CAP_CHOWN','CAP_NOTHING']}" },
	{ "capability-beyond", "/process/capabilities", ACTION_HARDEN, "", "", ",'capabilities':{'bounding':['CAP_CHOWN','CAP_SYS_ADMIN']}" },
	{ "capability-inheritable", "/process/capabilities/inheritable", ACTION_HARDEN, "", "", ",'capabilities':{'inheritable':['CAP_CHOWN']}" },
	{ "no-new-privileges", "/process/noNewPrivileges", ACTION_HARDEN, "", "", "" },
	{ "seccomp-missing", "/linux/seccomp", ACTION_HARDEN, "", "", "" },
	{ "seccomp-default", "/linux/seccomp/defaultAction", ACTION_REFUSE, "", ",'seccomp':{'defaultAction':'SCMP_ACT_ALLOW'}", "" },
	{ "seccomp-dangerous", "/linux/seccomp/syscalls", ACTION_WARN, "", SECCOMP(",'syscalls':[{'names':['read','bpf'],'action':'SCMP_ACT_ALLOW'}]"), "" },
	{ "seccomp-flags", "/linux/seccomp/flags", ACTION_HARDEN, "", SECCOMP(",'flags':['SECCOMP_FILTER_FLAG_SPEC_ALLOW']"), "" },
	{ "seccomp-listener", "/linux/seccomp/listenerPath", ACTION_WARN, "", SECCOMP(",'listenerPath':'/run/s','syscalls':[{'names':['mkdir'],'action':'SCMP_ACT_NOTIFY'}]"), "" },
	{ "apparmor-unconfined", "/process/apparmorProfile", ACTION_HARDEN, "", "", ",'apparmorProfile':'unconfined'" },
	{ "selinux-absent", "/process/selinuxLabel", ACTION_REFUSE, "", "", ",'selinuxLabel':'system_u:system_r:container_t:s0'" },
	{ "selinux-unconfined", "/linux/mountLabel", ACTION_REFUSE, "", ",'mountLabel':'system_u:object_r:spc_t:s0'", "" },
	{ "user-root", "/process/user/uid", ACTION_ALLOW, "", "", ",'user':{'uid':0,'gid':0}" },
	{ "group-root", "/process/user/additionalGids/1", ACTION_ALLOW, "", "", ",'user':{'uid':5,'gid':5,'additionalGids':[7,0]}" },
	{ "keep-groups", "/annotations/run.oci.keep_original_groups", ACTION_HARDEN, ",'annotations':{'run.oci.keep_original_groups':'1'}", "", "" },
	{ "personality", "/linux/personality", ACTION_ALLOW, "", ",'personality':{'domain':'LINUX32'}", "" },
	{ "hook", "/hooks/createRuntime/0", ACTION_REFUSE, ",'hooks':{'createRuntime':[{'path':'/bin/sh'}]}", "", "" },
	{ "annotation", "/annotations/run.oci.handler", ACTION_ALLOW, ",'annotations':{'run.oci.handler':'wasm'}", "", "" },

	{ "bind-root",   "/mounts/0/source", ACTION_REFUSE, BIND("/", "'rbind','ro'"), "", "" },
	{ "bind-proc",   "/mounts/0/source", ACTION_REFUSE, BIND("/proc", "'rbind','ro'"), "", "" },
	{ "bind-sys",    "/mounts/0/source", ACTION_HARDEN, ",'mounts':[{'destination':'/sys','type':'bind','source':'/sys','options':['rbind']}]", "", "" },
	{ "bind-dev",    "/mounts/0/source", ACTION_REFUSE, BIND("/dev", "'rbind'"), "", "" },
	{ "bind-engine", "/mounts/0/source", ACTION_REFUSE, BIND("/var/lib/docker", "'rbind','ro'"), "", "" },
	{ "bind-host",   "/mounts/0/source", ACTION_REFUSE, BIND("/etc", "'rbind','ro'"), "", "" },
	{ "bind-code",   "/mounts/0/source", ACTION_HARDEN, BIND("/usr/local", "'rbind','rw'"), "", "" },
	{ "bind-device", "/mounts/0/source", ACTION_REFUSE, BIND("/dev/ptmx", "'bind'"), "", "" },

	{ "root-writable", "/root/readonly", ACTION_ALLOW, ",'root':{'path':'rootfs'}", "", "" },
	{ "root-place", "/root/path", ACTION_REFUSE, ",'root':{'path':'/etc'}", "", "" },
	{ "root-propagation", "/linux/rootfsPropagation", ACTION_REFUSE, "", ",'rootfsPropagation':'shared'", "" },
	{ "mount-propagation", "/mounts/0/options", ACTION_REFUSE, BIND("/srv", "'rbind','rshared'"), "", "" },
	{ "mount-type", "/mounts/0/type", ACTION_REFUSE, MOUNT("debugfs", ""), "", "" },
	{ "mount-over-proc", "/mounts/0/destination", ACTION_REFUSE, ",'mounts':[{'destination':'//proc/./sys','type':'tmpfs','source':'x'}]", "", "" },
	{ "mount-unmasked", "/mounts/0/destination", ACTION_REFUSE, MOUNT("proc", "'nosuid','nodev'"), "", "" },
	{ "mount-suid", "/mounts/0/options", ACTION_HARDEN, MOUNT("tmpfs", "'nodev'"), "", "" },
	{ "mount-dev", "/mounts/0/options", ACTION_HARDEN, MOUNT("tmpfs", "'nosuid'"), "", "" },
	{ "sysfs-writable", "/mounts/0/options", ACTION_HARDEN, MOUNT("sysfs", "'nosuid','nodev'"), "", "" },
	{ "cgroup-writable", "/mounts/0/options", ACTION_HARDEN, MOUNT("cgroup", "'nosuid','nodev'"), "", "" },
	{ "masked-paths", "/linux/maskedPaths", ACTION_HARDEN, "", "", "" },
	{ "readonly-paths", "/linux/readonlyPaths", ACTION_HARDEN, "", "", "" },
	{ "device", "/linux/devices/0", ACTION_REFUSE, "", ",'devices':[{'path':'/dev/sda','type':'b','major':8,'minor':0}]", "" },
	{ "device-rule", "/linux/resources/devices/1", ACTION_HARDEN, "", RESOURCES("'devices':[{'allow':false},{'allow':true,'access':'rwm'}]"), "" },

	{ "memory-limit", "/linux/resources/memory/limit", ACTION_HARDEN, "", "", "" },
	{ "swap-limit",   "/linux/resources/memory/swap", ACTION_HARDEN, "", "", "" },
	{ "pids-limit",   "/linux/resources/pids/limit", ACTION_HARDEN, "", "", "" },
	{ "cpu-limit",    "/linux/resources/cpu/quota", ACTION_HARDEN, "", "", "" },
	{ "memory-unlimited", "/linux/resources/memory/limit", ACTION_HARDEN, "", RESOURCES("'memory':{'limit':-1}"), "" },
	{ "swap-unlimited", "/linux/resources/memory/swap", ACTION_HARDEN, "", RESOURCES("'memory':{'limit':1048576,'swap':-1}"), "" },
	{ "pids-unlimited", "/linux/resources/pids/limit", ACTION_HARDEN, "", RESOURCES("'pids':{'limit':-1}"), "" },
	{ "cpu-unlimited", "/linux/resources/cpu/quota", ACTION_HARDEN, "", RESOURCES("'cpu':{'quota':-1}"), "" },
	{ "oom-killer", "/linux/resources/memory/disableOOMKiller", ACTION_HARDEN, "", RESOURCES("'memory':{'disableOOMKiller':true}"), "" },
	{ "unified", "/linux/resources/unified/cgroup.procs", ACTION_REFUSE, "", RESOURCES("'unified':{'cgroup.procs':'1'}"), "" },
	{ "unified-limit", "/linux/resources/unified/pids.max", ACTION_HARDEN, "", RESOURCES("'unified':{'pids.max':'max'}"), "" },
	{ "cgroup-path", "/linux/cgroupsPath", ACTION_REFUSE, "", ",'cgroupsPath':'/'", "" },
	{ "systemd-property", "/annotations/org.systemd.property.OnFailure", ACTION_HARDEN, ",'annotations':{'org.systemd.property.OnFailure':'x.service'}", "", "" },
	{ "sysctl", "/linux/sysctl/kernel.core_pattern", ACTION_REFUSE, "", ",'sysctl':{'kernel.core_pattern':'|/x'}", "" },
	{ "oom-score", "/process/oomScoreAdj", ACTION_HARDEN, "", "", ",'oomScoreAdj':-998" },
	{ "realtime", "/process/scheduler/policy", ACTION_REFUSE, "", "", ",'scheduler':{'policy':'SCHED_FIFO','priority':10}" },
	{ "nice", "/process/scheduler/nice", ACTION_HARDEN, "", "", ",'scheduler':{'policy':'SCHED_OTHER','nice':-5}" },
	{ "io-realtime", "/process/ioPriority/class", ACTION_HARDEN, "", "", ",'ioPriority':{'class':'IOPRIO_CLASS_RT','priority':0}" },
	{ "rlimit", "/process/rlimits/0/hard", ACTION_ALLOW, "", "", ",'rlimits':[{'type':'RLIMIT_NOFILE','soft':1024,'hard':1048576}]" },
	{ "intel-rdt", "/linux/intelRdt", ACTION_WARN, "", ",'intelRdt':{'closID':'x'}", "" },
	{ "memory-policy", "/linux/memoryPolicy", ACTION_ALLOW, "", ",'memoryPolicy':{'mode':'MPOL_INTERLEAVE','nodes':'0'}", "" },
	{ "property-misspelt", "/linux/maskedPath", ACTION_WARN, "", ",'maskedPath':[]", "" },
};

/* Rules that need more than a text: tests of their own below, or in another file. */
static const char *const tested_elsewhere[] = { "no-pivot", "restore-weaker", "pod-user", "engine-socket", "bind-socket", "bind-disk" };
// clang-format on

/*
 * A case may replace what judge_members() writes: the duplicates of JSON are refused, so the whole
 * is written here.
 */
static struct judging judge_case(const struct rule_case *c, const char *base)
{
	autofree char *json = NULL;
	struct error err = {};
	struct judging ret = {};
	const bool root = strstr(c->members, "'root'") != NULL;
	const bool user = strstr(c->process_members, "'user'") != NULL;

	assert_true(asprintf(&json,
			     "{'ociVersion':'1.3.0'%s%s,'process':{'cwd':'/"
			     "','args':['sh']%s%s},'linux':{'x':0%s}}",
			     root ? "" : ",'root':{'path':'rootfs','readonly':true}", c->members,
			     user ? "" : ",'user':{'uid':1000,'gid':1000}", c->process_members,
			     c->linux_members) > 0);
	ret.spec = accepted(spec_parse, json);
	ret.policy = policy_builtin(base, &err);
	policy_judge(ret.policy, ret.spec, AT_FDCWD, &plain_host, &ret.judgement);
	return ret;
}

static void each_rule_finds_what_it_is_for(void **)
{
	for (size_t i = 0; i < ARRAY_LEN(rule_cases); i++) {
		const struct rule_case *c = &rule_cases[i];
		autojudging struct judging judging = judge_case(c, "restricted");

		assert_found(&judging.judgement, c->rule, c->action, c->pointer);
		if (c->action == ACTION_REFUSE)
			assert_true(judging.judgement.refused);
	}
}

static void each_rule_has_a_test(void **)
{
	size_t n;
	const struct rule *rules = rule_table(&n);

	for (size_t row = 0; row < n; row++) {
		bool tested = false;

		for (size_t i = 0; i < ARRAY_LEN(rule_cases); i++)
			tested |= strcmp(rule_cases[i].rule, rules[row].id) == 0;
		for (size_t i = 0; i < ARRAY_LEN(tested_elsewhere); i++)
			tested |= strcmp(tested_elsewhere[i], rules[row].id) == 0;
		if (!tested)
			fail_msg("the rule %s has no test", rules[row].id);
	}
}

static void each_rule_says_all_that_a_report_needs(void **)
{
	size_t n;
	const struct rule *rules = rule_table(&n);

	for (size_t row = 0; row < n; row++) {
		const struct rule *rule = &rules[row];

		assert_ptr_equal(rule_find(rule->id), rule);
		assert_true(rule->title[0] != '\0' && rule->guards[0] != '\0' &&
			    rule->fix[0] != '\0');
		assert_true(rule->fix[strlen(rule->fix) - 1] != '.');
		if (rule->restricted == ACTION_HARDEN || rule->baseline == ACTION_HARDEN)
			assert_true(rule->hardens);
		/* baseline is never the stricter of the two. */
		assert_true(rule->baseline <= rule->restricted);
	}
}

/*
 * Defaults that plan/ applies from the settings stay visible as findings; everything else is gone.
 */
static bool lives_in_settings(const char *rule)
{
	return strstr(rule, "-limit") != NULL || strcmp(rule, "seccomp-missing") == 0;
}

static void what_was_hardened_is_not_found_again(void **)
{
	for (size_t i = 0; i < ARRAY_LEN(rule_cases); i++) {
		autojudging struct judging judging = judge_case(&rule_cases[i], "restricted");
		struct judgement again;

		policy_judge(judging.policy, &judging.judgement.spec, AT_FDCWD, &plain_host,
			     &again);
		for (size_t f = 0; f < again.n; f++) {
			if (again.findings[f].action == ACTION_HARDEN &&
			    !lives_in_settings(again.findings[f].rule->id))
				fail_msg("%s: %s is found again: %s", rule_cases[i].rule,
					 again.findings[f].rule->id, again.findings[f].text);
		}
		judgement_free(&again);
	}
}

/* What a policy file may say: each rule that hardens does so when told to, whatever its default. */
static void each_rule_that_can_harden_does(void **)
{
	for (size_t i = 0; i < ARRAY_LEN(rule_cases); i++) {
		const struct rule_case *c = &rule_cases[i];
		const struct rule *rule = rule_find(c->rule);
		autojudging struct judging judging = judge_case(c, "restricted");
		struct judgement first, again;

		if (!rule->hardens || lives_in_settings(rule->id) ||
		    strcmp(rule->id, "host-time") == 0)
			continue;
		judging.policy->actions[rule_index(rule)] = ACTION_HARDEN;
		policy_judge(judging.policy, judging.spec, AT_FDCWD, &plain_host, &first);
		assert_found(&first, c->rule, ACTION_HARDEN, c->pointer);
		policy_judge(judging.policy, &first.spec, AT_FDCWD, &plain_host, &again);
		assert_not_found(&again, c->rule);
		judgement_free(&again);
		judgement_free(&first);
	}
}

static void the_judged_spec_is_left_as_it_was(void **)
{
	autojudging struct judging judging =
		judge_members(BIND("/usr/local", "'rbind','rw'"), "",
			      ",'oomScoreAdj':-5,'capabilities':{'bounding':['CAP_SYS_ADMIN']}");

	assert_int_equal(judging.spec->mounts[0].options.n, 2);
	assert_int_equal(judging.spec->process.oom_score_adj.value, -5);
	assert_int_equal(judging.spec->process.capabilities.sets[CAPSET_BOUNDING].n, 1);
	assert_false(judging.spec->linux_.namespaces[SPEC_NS_USER].listed);
	assert_int_equal(judging.judgement.spec.process.oom_score_adj.value, 0);
	assert_int_equal(judging.judgement.spec.process.capabilities.sets[CAPSET_BOUNDING].n, 0);
	assert_true(judging.judgement.spec.linux_.namespaces[SPEC_NS_USER].listed);
	assert_true(strings_have(&judging.judgement.spec.mounts[0].options, "rro"));
}

static void a_modest_service_is_not_refused(void **)
{
	autojudging struct judging judging = judge_members(
		BIND("/srv/data", "'rbind','rw','rnosuid','rnodev'"), ALL_NAMESPACES,
		",'noNewPrivileges':true,'capabilities':{'bounding':['CAP_NET_BIND_SERVICE']}");

	assert_false(judging.judgement.refused);
	assert_int_equal(judging.judgement.worst, SEVERITY_INFO);
	assert_not_found(&judging.judgement, "host-user");
	assert_not_found(&judging.judgement, "mount-suid");
}

/* The plan is made of the same words: what is found is what would be mounted. */
static void flags_are_read_as_they_are_mounted(void **)
{
	static const struct {
		const char *options;
		bool writable, suid;
	} rows[] = {
		{ "'bind','ro'", false, false },
		{ "'bind','rw','nosuid'", true, false },
		{ "'rbind','rw','rro'", false, false },
		{ "'rbind','rro','rw','rnosuid'", true, false },
		{ "'rbind','ro','rrw','suid','rnosuid'", true, false },
		{ "'bind','rnosuid','suid'", true, true },
		/* What is mounted below the source is writable without it. */
		{ "'rbind','nosuid'", true, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *mount = NULL;

		assert_true(asprintf(&mount, BIND("/usr/local", "%s"), rows[i].options) > 0);

		autojudging struct judging judging = judge_members(mount, "", "");
		const struct spec_mount *hard = &judging.judgement.spec.mounts[0];
		const struct mount_words words = mount_words_of(hard);

		if ((finding_of(&judging.judgement, "bind-code") != NULL) != rows[i].writable ||
		    (finding_of(&judging.judgement, "mount-suid") != NULL) != rows[i].suid)
			fail_msg("%s is read otherwise", rows[i].options);
		assert_false(mount_is_writable(hard));
		assert_true(!rows[i].suid || (mount_attrs_here(&words.attrs) & MOUNT_ATTR_NOSUID));
	}
}

static void nodev_is_left_out_for_the_devices_themselves_alone(void **)
{
	static const struct {
		const char *destination, *type, *source;
		bool found;
	} rows[] = {
		{ "/dev", "tmpfs", "tmpfs", false },
		{ "/dev/pts", "devpts", "devpts", false },
		{ "/m", "bind", "/dev/null", false },
		{ "/dev/null", "bind", "/dev/../dev/null", false },
		{ "/m", "bind", "/dev/../srv", true },
		{ "/m", "bind", "/dev/../tmp", true },
		{ "/dev/m", "bind", "/tmp", true },
		{ "/dev/../m", "tmpfs", "tmpfs", true },
		{ "/device", "tmpfs", "tmpfs", true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *mount = NULL;

		assert_true(asprintf(&mount,
				     ",'mounts':[{'destination':'%s','type':'%s','source':'%s',"
				     "'options':['rw','nosuid']}]",
				     rows[i].destination, rows[i].type, rows[i].source) > 0);

		autojudging struct judging judging = judge_members(mount, "", "");

		if ((finding_of(&judging.judgement, "mount-dev") != NULL) != rows[i].found)
			fail_msg("%s of %s", rows[i].destination, rows[i].source);
	}
}

static void all_refusals_are_told_at_once(void **)
{
	autojudging struct judging judging = judge_members(
		BIND("/etc", "'rbind','ro'"), ALL_NAMESPACES ",'sysctl':{'kernel.panic':'1'}", "");
	struct error err = {};

	assert_true(judging.judgement.refused);
	assert_int_equal(policy_refusal(&judging.judgement, &err), -1);
	assert_int_equal(err.kind, ERR_POLICY);
	assert_string_equal(err.where, "bind-host");
	assert_non_null(strstr(err.text, "/mounts/0/source"));
	assert_non_null(strstr(err.text, "kernel.panic"));
	assert_non_null(strstr(err.remedy, "\"bind-host\": \"allow\""));
}

/* A process in network and ipc namespaces of its own, until @hold is closed. */
struct kept {
	pid_t pid; /* -1: this machine forbids it */
	int hold;
};

static struct kept keep_namespaces(void)
{
	int hold[2], ready[2];
	char byte = 0;

	assert_int_equal(pipe(hold), 0);
	assert_int_equal(pipe(ready), 0);

	const pid_t pid = fork();

	if (pid == 0) {
		close(hold[1]);
		byte = unshare(CLONE_NEWNET | CLONE_NEWIPC) == 0;
		if (write(ready[1], &byte, 1) == 1 && byte)
			(void)!read(hold[0], &byte, 1);
		_exit(0);
	}
	close(hold[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return (struct kept){ byte ? pid : -1, hold[1] };
}

static bool objects_to_sysctl(pid_t pid, const char *key)
{
	autofree char *members = NULL;

	assert_true(asprintf(&members,
			     ",'namespaces':[{'type':'network','path':'/proc/%d/ns/net'},"
			     "{'type':'ipc','path':'/proc/%d/ns/ipc'}],'sysctl':{'%s':'1'}",
			     pid, pid, key) > 0);

	autojudging struct judging judging = judge_members("", members, "");

	return finding_of(&judging.judgement, "sysctl") != NULL;
}

static void sysctls_need_a_namespace_of_the_containers_own(void **)
{
	autojudging struct judging own = judge_members(
		"", ALL_NAMESPACES ",'sysctl':{'net.core.somaxconn':'9','kernel.sem':'1'}", "");
	autojudging struct judging joined =
		judge_members("",
			      ",'namespaces':[{'type':'network','path':'/run/netns/"
			      "x'}],'sysctl':{'net.core.somaxconn':'9'}",
			      "");

	assert_not_found(&own.judgement, "sysctl");
	assert_found(&joined.judgement, "sysctl", ACTION_REFUSE,
		     "/linux/sysctl/net.core.somaxconn");
}

/* Pod Security Standards, Baseline, "Sysctls"; a namespace that this machine is sure to have. */
static void safe_sysctls_may_be_set_in_a_joined_namespace_that_is_not_the_hosts(void **)
{
	static const char *const safe[] = {
		"kernel.shm_rmid_forced",           "net.ipv4.ip_local_port_range",
		"net.ipv4.ip_local_reserved_ports", "net.ipv4.ip_unprivileged_port_start",
		"net/ipv4/ping_group_range",        "net.ipv4.tcp_fin_timeout",
		"net.ipv4.tcp_keepalive_intvl",     "net.ipv4.tcp_keepalive_probes",
		"net.ipv4.tcp_keepalive_time",      "net.ipv4.tcp_rmem",
		"net.ipv4.tcp_syncookies",          "net.ipv4.tcp_wmem",
	};
	static const char *const others[] = { "net.ipv4.tcp_rmem2", "net.ipv4.tcp", "kernel.shmmax",
					      "net.ipv4.ip_forward" };

	needs_kernel("ioctl_ns(2)");

	struct kept kept = keep_namespaces();

	if (kept.pid < 0)
		skip_because("unshare(2) of the network and ipc namespaces needs CAP_SYS_ADMIN");
	for (size_t i = 0; i < ARRAY_LEN(safe); i++)
		assert_false(objects_to_sysctl(kept.pid, safe[i]));
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_true(objects_to_sysctl(kept.pid, others[i]));
	for (size_t i = 0; i < ARRAY_LEN(safe); i++)
		assert_true(objects_to_sysctl(getpid(), safe[i]));
	close(kept.hold);
	assert_int_equal(waitpid(kept.pid, NULL, 0), kept.pid);
}

static void devices_that_every_container_has_are_no_finding(void **)
{
	autojudging struct judging judging =
		judge_members(BIND("/dev/null", "'bind'"),
			      ",'devices':[{'path':'/dev/null','type':'c','major':1,'minor':3}]"
			      ",'resources':{'devices':[{'allow':false,'access':'rwm'},{'allow':"
			      "true,'type':'c','access':'m'},"
			      "{'allow':true,'type':'c','major':136,'access':'rwm'},{'allow':true,'"
			      "type':'c','major':5,'minor':2,'access':'rwm'}]}",
			      "");

	assert_not_found(&judging.judgement, "device");
	assert_not_found(&judging.judgement, "device-rule");
	assert_not_found(&judging.judgement, "bind-device");
	assert_not_found(&judging.judgement, "bind-dev");
}

static void a_dropped_device_rule_leaves_the_others_in_order(void **)
{
	autojudging struct judging judging =
		judge_members("",
			      ",'resources':{'devices':[{'allow':false},{'allow':true,'type':'b','"
			      "major':8,'minor':0,'access':'r'},"
			      "{'allow':true,'type':'c','major':1,'minor':3,'access':'rwm'}]}",
			      "");
	const struct spec_resources *hard = &judging.judgement.spec.linux_.resources;

	assert_int_equal(hard->n_devices, 2);
	assert_false(hard->devices[0].allow);
	assert_int_equal(hard->devices[1].major.value, 1);
}

static void a_bound_sysfs_becomes_the_containers_own(void **)
{
	autojudging struct judging judging =
		judge_members(",'mounts':[{'destination':'/sys/','type':'bind','source':'/"
			      "sys','options':['rbind',"
			      "'rw']}]",
			      "", "");
	autojudging struct judging elsewhere = judge_members(BIND("/sys", "'rbind','ro'"), "", "");
	const struct spec_mount *mount = &judging.judgement.spec.mounts[0];

	assert_string_equal(mount->type, "sysfs");
	assert_true(strings_have(&mount->options, "ro"));
	assert_false(strings_have(&mount->options, "rbind"));
	/* There nothing of it would be hidden. */
	assert_found(&elsewhere.judgement, "bind-sys", ACTION_REFUSE, "/mounts/0/source");
}

static void an_overlay_is_judged_by_its_layers(void **)
{
	autojudging struct judging judging = judge_members(
		MOUNT("overlay", "'lowerdir=/srv/a:/etc','upperdir=/srv/u','workdir=/srv/w'"), "",
		"");

	assert_found(&judging.judgement, "bind-host", ACTION_REFUSE, "/mounts/0/options");
}

/* As the kernel reads them, and the plan: one path, whatever is in it. */
static void colons_separate_lower_layers_alone(void **)
{
	autojudging struct judging upper = judge_members(
		MOUNT("overlay", "'lowerdir=/srv/a','upperdir=/srv/u:/etc','workdir=/srv/w'"), "",
		"");
	autojudging struct judging work = judge_members(
		MOUNT("overlay", "'lowerdir=/srv/a','upperdir=/srv/u','workdir=/etc/w'"), "", "");

	assert_not_found(&upper.judgement, "bind-host");
	assert_found(&work.judgement, "bind-host", ACTION_REFUSE, "/mounts/0/options");
}

/* A backslash takes the next character as it is: "/et\\c" is /etc to the kernel. */
static void a_layer_cannot_hide_behind_escapes(void **)
{
	autojudging struct judging hidden =
		judge_members(MOUNT("overlay", "'lowerdir=/srv/a:/et\\\\c'"), "", "");
	autojudging struct judging colon =
		judge_members(MOUNT("overlay", "'lowerdir=/srv/a\\\\:/etc'"), "", "");

	assert_found(&hidden.judgement, "bind-host", ACTION_REFUSE, "/mounts/0/options");
	assert_not_found(&colon.judgement, "bind-host");
}

static void rootless_a_user_may_map_itself(void **)
{
	const struct host host = { .rootless = true, .uid = 1000 };
	autojudging struct judging judging =
		judge_members_on(&host, "restricted", "",
				 ",'uidMappings':[{'containerID':0,'hostID':1000,'size':1}]", "");

	assert_not_found(&judging.judgement, "mapping-host-ids");
}

static void a_mapping_beside_a_joined_namespace_says_nothing(void **)
{
	autojudging struct judging judging =
		judge_members("",
			      ",'namespaces':[{'type':'user','path':'/run/userns/"
			      "x'}],'uidMappings':[{'containerID':0,'hostID':0,'size':1}]",
			      "");

	assert_not_found(&judging.judgement, "mapping-host-ids");
}

static void a_joined_mapping_is_judged_like_one_that_is_asked_for(void **)
{
	static const struct {
		uint32_t first, count;
		const char *rule;
	} rows[] = {
		{ 0, 1, "mapping-host-ids" },
		{ 65'535, 2, "mapping-host-ids" },
		{ 268'435'456, 65'536, "mapping-pool" },
		{ 3'000'000'000, 65'536, NULL },
	};
	static const struct id_range good = { 0, 3'000'000'000, 65'536 };
	struct error err = {};
	struct policy *policy = policy_builtin("restricted", &err);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct id_range range = { 0, rows[i].first, rows[i].count };
		const struct idmap by_user = { &range, &good, 1, 1 },
				   by_group = { &good, &range, 1, 1 };
		const int expected = rows[i].rule ? -1 : 0;

		assert_int_equal(policy_check_mapping(policy, &by_user, &err), expected);
		assert_int_equal(policy_check_mapping(policy, &by_group, &err), expected);
		if (rows[i].rule)
			assert_string_equal(err.where, rows[i].rule);
	}
	policy_free(policy);
}

static void a_mapping_of_an_engine_is_honoured(void **)
{
	autojudging struct judging judging =
		judge_members("",
			      ",'uidMappings':[{'containerID':0,'hostID':655360,'size':65536}],'"
			      "gidMappings':[{'containerID':0,'hostID':655360,'size':65536}]",
			      "");

	assert_not_found(&judging.judgement, "mapping-host-ids");
	assert_not_found(&judging.judgement, "mapping-pool");
	assert_int_equal(judging.judgement.spec.linux_.uid_mappings.n, 1);
}

#define OWN_IDS(uid, gid)                                                                          \
	",'mounts':[{'destination':'/m','type':'bind','source':'/srv/x','options':['bind'],"       \
	"'uidMappings':[" uid "],'gidMappings':[" gid "]}]"

static void a_mount_must_not_leave_files_that_belong_to_the_pool(void **)
{
	/* Of the host's ids on the right the files on the disk belong to those on the left. */
	static const struct {
		const char *mounts, *linux_, *pointer;
	} rows[] = {
		{ OWN_IDS("{'containerID':0,'hostID':0,'size':4294967295}",
			  "{'containerID':0,'hostID':0,'size':1}"),
		  "", "/mounts/0/uidMappings/0" },
		{ OWN_IDS("{'containerID':0,'hostID':0,'size':1}",
			  "{'containerID':0,'hostID':0,'size':1},"
			  "{'containerID':2147418111,'hostID':9,'size':1}"),
		  "", "/mounts/0/gidMappings/1" },
		{ OWN_IDS("{'containerID':0,'hostID':268435456,'size':268435457}",
			  "{'containerID':0,'hostID':0,'size':1}"),
		  "", "/mounts/0/uidMappings/0" },
		{ OWN_IDS("{'containerID':0,'hostID':0,'size':4294967295}",
			  "{'containerID':0,'hostID':0,'size':1}"),
		  ",'namespaces':[{'type':'user','path':'/run/userns/x'}],"
		  "'uidMappings':[{'containerID':0,'hostID':0,'size':1}]",
		  "/mounts/0/uidMappings/0" },
		{ OWN_IDS("{'containerID':0,'hostID':268435456,'size':65536}",
			  "{'containerID':268435455,'hostID':0,'size':1}"),
		  "", NULL },
		/* As they are on the disk with a mapping that an engine chose, they are with this, too. */
		{ OWN_IDS("{'containerID':0,'hostID':0,'size':4294967295}",
			  "{'containerID':0,'hostID':0,'size':1}"),
		  ",'uidMappings':[{'containerID':0,'hostID':3000000000,'size':65536}]", NULL },
		{ OWN_IDS("{'containerID':268435456,'hostID':3000065535,'size':1}",
			  "{'containerID':0,'hostID':0,'size':1}"),
		  ",'uidMappings':[{'containerID':0,'hostID':3000000000,'size':65536}]",
		  "/mounts/0/uidMappings/0" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autojudging struct judging judging =
			judge_members(rows[i].mounts, rows[i].linux_, "");

		if (rows[i].pointer)
			assert_found(&judging.judgement, "mapping-pool", ACTION_REFUSE,
				     rows[i].pointer);
		else
			assert_not_found(&judging.judgement, "mapping-pool");
	}
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

static void an_engines_socket_is_known_wherever_it_is(void **)
{
	char dir[] = "/tmp/brig-test-XXXXXX", path[64], other[64];
	autofree char *mounts = NULL;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/docker.sock", dir);
	snprintf(other, sizeof other, "%s/other.sock", dir);

	autoclose int engine = listen_at(path), service = listen_at(other);

	assert_true(asprintf(&mounts,
			     ",'mounts':[{'destination':'/a','type':'bind','source':'%s'},"
			     "{'destination':'/b','type':'bind','source':'%s'}]",
			     path, other) > 0);
	autojudging struct judging judging = judge_members(mounts, "", "");

	assert_found(&judging.judgement, "engine-socket", ACTION_REFUSE, "/mounts/0/source");
	assert_found(&judging.judgement, "bind-socket", ACTION_WARN, "/mounts/1/source");
	unlink(path);
	unlink(other);
	rmdir(dir);
	(void)engine;
	(void)service;
}

static void a_listed_hook_is_refused_with_an_environment_that_chooses_its_code(void **)
{
	static const struct {
		const char *variable;
		bool refused;
	} rows[] = {
		{ "HOME=/root", false },
		{ "PATH=/usr/sbin:/usr/bin:/opt/hooks/bin", false },
		{ "LANG=C", false },
		{ "LC_ALL=C.UTF-8", false },
		{ "OURS=/opt", false },
		{ "OUR=1", true },
		{ "NVIDIA_X=/opt", false },
		{ "LANG=/b/rootfs", true },
		{ "LANGUAGE=C", true },
		{ "XTABLES_LIBDIR=/b", true },
		{ "TC_LIB_DIR=/b", true },
		{ "MODPROBE_OPTIONS=-C/b", true },
		{ "WHATEVER=1", true },
		{ "LD_PRELOAD=/b/rootfs/x.so", true },
		{ "LD_LIBRARY_PATH=/b/rootfs", true },
		{ "BASH_ENV=/b/rootfs/x", true },
		{ "PYTHONPATH=/b", true },
		{ "ZDOTDIR=/b", true },
		{ "HOME=/b/rootfs", true },
		{ "XDG_CONFIG_HOME=/b", true },
		{ "PATH=/usr/bin:/b/rootfs/bin", true },
		{ "PATH=", true },
		{ "PATH=/usr/bin:", true },
		{ "PATH=bin", true },
		{ "PATH=/opt/hooks/../../b", true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *members = NULL;
		static const char *const listed[] = { "/opt/hooks" };
		static const char *const variables[] = { "OURS", "NVIDIA_*" };

		assert_true(
			asprintf(
				&members,
				",'hooks':{'createRuntime':[{'path':'/opt/hooks/h','env':['%s']}]}",
				rows[i].variable) > 0);

		autojudging struct judging j = judge_members(members, "", "");

		j.policy->settings.hooks_allow = (struct spec_strings){ listed, 1 };
		j.policy->settings.hooks_env_allow = (struct spec_strings){ variables, 2 };
		judgement_free(&j.judgement);
		policy_judge(j.policy, j.spec, AT_FDCWD, &plain_host, &j.judgement);
		assert_found(&j.judgement, "hook", rows[i].refused ? ACTION_REFUSE : ACTION_ALLOW,
			     "/hooks/createRuntime/0");
	}
}

/* As dockerd names itself in its hook. */
static void a_hook_named_by_its_process_is_the_program_that_this_runs(void **)
{
	autofree char *members = NULL, *only = NULL;
	char self[PATH_MAX];
	const ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);

	assert_true(len > 0);
	self[len] = '\0';
	assert_true(asprintf(&members,
			     ",'hooks':{'prestart':[{'path':'/proc/%d/exe','args':['setkey']}]}",
			     getpid()) > 0);
	assert_true(asprintf(&only, "%s setkey", self) > 0);

	const char *const program[] = { self }, *const under_that_name[] = { only };
	autojudging struct judging j = judge_members(members, "", "");
	const struct {
		const char *const *listed;
		enum action action;
	} rows[] = {
		{ program, ACTION_ALLOW },
		{ under_that_name, ACTION_ALLOW },
		{ (const char *[]){ "/proc/*/exe" }, ACTION_REFUSE },
		{ (const char *[]){ "/" }, ACTION_ALLOW },
		{ (const char *[]){ "/usr/sbin/dockerd" }, ACTION_REFUSE },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		j.policy->settings.hooks_allow = (struct spec_strings){ rows[i].listed, 1 };
		judgement_free(&j.judgement);
		policy_judge(j.policy, j.spec, AT_FDCWD, &plain_host, &j.judgement);
		assert_found(&j.judgement, "hook", rows[i].action, "/hooks/prestart/0");
		if (rows[i].action == ACTION_ALLOW)
			assert_string_equal(j.judgement.spec.hooks[HOOK_PRESTART].items[0].path,
					    self);
	}
}

static void a_hook_of_a_process_that_is_not_there_is_no_program(void **)
{
	static const char *const everything[] = { "/" };
	static const char *const paths[] = { "/proc/4194305/exe", "/proc/self/exe",
					     "/proc/self/cwd/x", "/proc/1/root/bin/sh",
					     "/bin/../proc/4194305/exe" };

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		autofree char *members = NULL;

		assert_true(asprintf(&members, ",'hooks':{'prestart':[{'path':'%s'}]}", paths[i]) >
			    0);

		autojudging struct judging j = judge_members(members, "", "");

		j.policy->settings.hooks_allow = (struct spec_strings){ everything, 1 };
		judgement_free(&j.judgement);
		policy_judge(j.policy, j.spec, AT_FDCWD, &plain_host, &j.judgement);
		assert_found(&j.judgement, "hook", ACTION_REFUSE, "/hooks/prestart/0");
	}
}

static void a_program_listed_under_a_name_runs_under_no_other(void **)
{
	static const char *const listed[] = { "/opt/hooks/many-in-one allowed" };
	static const struct {
		const char *args;
		enum action action;
	} rows[] = {
		{ "'args':['allowed','-x']", ACTION_ALLOW },
		{ "'args':['other']", ACTION_REFUSE },
		{ "'args':['allowed too']", ACTION_REFUSE },
		{ "'args':[]", ACTION_REFUSE },
		{ "'timeout':1", ACTION_REFUSE },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *members = NULL;

		assert_true(asprintf(&members,
				     ",'hooks':{'prestart':[{'path':'/opt/hooks/many-in-one',%s}]}",
				     rows[i].args) > 0);

		autojudging struct judging j = judge_members(members, "", "");

		j.policy->settings.hooks_allow = (struct spec_strings){ listed, 1 };
		judgement_free(&j.judgement);
		policy_judge(j.policy, j.spec, AT_FDCWD, &plain_host, &j.judgement);
		assert_found(&j.judgement, "hook", rows[i].action, "/hooks/prestart/0");
	}
}

static void an_selinux_label_is_that_of_one_container(void **)
{
	static const struct {
		const char *process, *mount;
		bool refused;
	} rows[] = {
		{ "system_u:system_r:container_t:s0:c1,c2",
		  "system_u:object_r:container_file_t:s0:c1,c2", false },
		{ "system_u:system_r:container_init_t:s0:c1,c2",
		  "system_u:object_r:container_ro_file_t", false },
		{ "system_u:system_r:sysadm_t:s0:c1,c2", "", true },
		{ "system_u:system_r:initrc_t", "", true },
		{ "system_u:system_r:unconfined_service_t:s0", "", true },
		{ "system_u:system_r:container_t2:s0", "", true },
		{ "container_t", "", true },
		{ "system_u:system_r:container_t:s0:c0.c1023", "", true },
		{ "system_u:system_r:container_t:s0-s0:c0.c1023", "", true },
		{ "system_u:system_r:container_t:s0:c1,c2,c3,c4,c5,c6", "", true },
		{ "", "system_u:object_r:shadow_t:s0", true },
		{ "", "system_u:object_r:container_t:s0", true },
		{ "", "system_u:object_r:container_file_t:s0:c0.c1023", true },
	};
	const struct host host = { .time_namespace = true, .selinux = true };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *linux_ = NULL, *process = NULL;

		assert_true(asprintf(&linux_, ",'mountLabel':'%s'", rows[i].mount) > 0);
		assert_true(asprintf(&process, ",'selinuxLabel':'%s'", rows[i].process) > 0);

		autojudging struct judging j =
			judge_members_on(&host, "restricted", "", linux_, process);

		if (rows[i].refused != (finding_of(&j.judgement, "selinux-unconfined") != NULL))
			fail_msg("%s%s: %s", rows[i].process, rows[i].mount,
				 rows[i].refused ? "not found" : "found");
	}
}

static void an_apparmor_profile_that_confines_nothing_is_none(void **)
{
	static const char *const names[] = { "unconfined", "brig-default//&unconfined",
					     ":root:unconfined" };
	static const char list[] =
		"docker-default (enforce)\ncrun (unconfined)\nslow down (complain)\n"
		"slow (kill)\na (enforce) (user)\nlsb_release (mixed)";
	static const struct {
		const char *name;
		enum apparmor_mode mode;
	} rows[] = {
		{ "docker-default", APPARMOR_ENFORCED },
		{ "crun", APPARMOR_LAX },
		{ "slow down", APPARMOR_LAX },
		{ "slow", APPARMOR_ENFORCED },
		{ "lsb_release", APPARMOR_LAX },
		{ "a (enforce)", APPARMOR_LAX },
		{ "a", APPARMOR_ABSENT },
		{ "docker", APPARMOR_ABSENT },
		{ "", APPARMOR_ABSENT },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(apparmor_mode_in(list, rows[i].name), rows[i].mode);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		autofree char *process = NULL;

		assert_true(asprintf(&process, ",'apparmorProfile':'%s'", names[i]) > 0);

		autojudging struct judging j = judge_members("", "", process);

		assert_found(&j.judgement, "apparmor-unconfined", ACTION_HARDEN,
			     "/process/apparmorProfile");
		assert_null(j.judgement.spec.process.apparmor_profile);
	}
}

/* @judging once more, by its policy as it is now. */
static void judge_again(struct judging *judging)
{
	judgement_free(&judging->judgement);
	policy_judge(judging->policy, judging->spec, AT_FDCWD, &plain_host, &judging->judgement);
}

static void what_policy_has_no_value_for_is_allowed_and_not_hardened(void **)
{
	static const char *const rules[] = { "memory-limit", "pids-limit", "cpu-limit",
					     "seccomp-missing" };
	autojudging struct judging j = judge_members("", "", "");
	struct policy_settings *settings = &j.policy->settings;

	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		assert_int_equal(finding_of(&j.judgement, rules[i])->action, ACTION_HARDEN);
	settings->memory_max = settings->cpu_quota_us = 0;
	settings->pids_max = 0;
	settings->seccomp_profile = "";
	judge_again(&j);
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		assert_int_equal(finding_of(&j.judgement, rules[i])->action, ACTION_ALLOW);
		assert_true(is_allowed_by_policy(&j.judgement, rules[i]));
	}
	/* What is refused stays so: there is nothing to put in its place. */
	j.policy->actions[rule_index(finding_of(&j.judgement, "memory-limit")->rule)] =
		ACTION_REFUSE;
	judge_again(&j);
	assert_int_equal(finding_of(&j.judgement, "memory-limit")->action, ACTION_REFUSE);
}

static void a_refusal_has_whole_findings_and_says_how_many_more_there_are(void **)
{
	struct error err = {};
	autojudging struct judging j =
		judge_members(",'mounts':[{'destination':'/a','type':'bind','source':'/etc'},"
			      "{'destination':'/b','type':'bind','source':'/boot'},"
			      "{'destination':'/c','type':'bind','source':'/proc'},"
			      "{'destination':'/d','type':'bind','source':'/root/.ssh'},"
			      "{'destination':'/e','type':'bind','source':'/var/lib/containerd'},"
			      "{'destination':'/f','type':'bind','source':'/'},"
			      "{'destination':'/g','type':'bind','source':'/var/lib/kubelet'},"
			      "{'destination':'/h','type':'bind','source':'/dev/mem'}]",
			      "", "");

	assert_int_equal(policy_refusal(&j.judgement, &err), -1);
	assert_true(strlen(err.text) < sizeof err.text - 1);

	const char *more = strstr(err.text, "; and ");

	assert_non_null(more);
	assert_true(more[-1] == ')' && strstr(more, " more: see brig audit"));
}

static void a_limit_beyond_the_host_is_none(void **)
{
	static const struct host host = {
		.time_namespace = true,
		.memory = UINT64_C(8) << 30,
		.swap = UINT64_C(2) << 30,
		.processors = 4,
		.pid_max = 32'768,
	};
	static const struct {
		const char *resources, *rule; /* NULL: it is a limit */
	} rows[] = {
		{ "'memory':{'limit':9223372036854771712}", "memory-unlimited" },
		{ "'memory':{'limit':8589934592}", "memory-unlimited" },
		{ "'memory':{'limit':8589934591}", NULL },
		{ "'memory':{'limit':1048576,'swap':10737418240}", "swap-unlimited" },
		{ "'memory':{'limit':1048576,'swap':9000000000}", NULL },
		{ "'pids':{'limit':4194304}", "pids-unlimited" },
		{ "'pids':{'limit':32767}", NULL },
		{ "'cpu':{'quota':500000}", "cpu-unlimited" },
		{ "'cpu':{'quota':400000}", NULL },
		{ "'cpu':{'quota':50000,'period':10000}", "cpu-unlimited" },
		{ "'cpu':{'quota':500000,'period':1000000}", NULL },
		{ "'unified':{'memory.max':'8E'}", "unified-limit" },
		{ "'unified':{'memory.max':' 0x200000000 '}", "unified-limit" },
		{ "'unified':{'memory.max':'99999999999999999999999'}", "unified-limit" },
		{ "'unified':{'memory.max':'7g'}", NULL },
		{ "'unified':{'pids.max':'4194304'}", "unified-limit" },
		{ "'unified':{'pids.max':'100'}", NULL },
		{ "'unified':{'cpu.max':'1000000 100000'}", "unified-limit" },
		{ "'unified':{'cpu.max':'1000000'}", "unified-limit" },
		{ "'unified':{'cpu.max':'50000 100000'}", NULL },
		{ "'unified':{'memory.swap.max':'9223372036854771712'}", "unified-limit" },
	};
	static const char *const rules[] = { "memory-unlimited", "swap-unlimited", "pids-unlimited",
					     "cpu-unlimited", "unified-limit" };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *members = NULL;

		assert_true(asprintf(&members, RESOURCES("%s"), rows[i].resources) > 0);

		autojudging struct judging j =
			judge_members_on(&host, "restricted", "", members, "");

		for (size_t rule = 0; rule < ARRAY_LEN(rules); rule++) {
			const bool expected =
				rows[i].rule && strcmp(rows[i].rule, rules[rule]) == 0;

			if (expected != (finding_of(&j.judgement, rules[rule]) != NULL))
				fail_msg("%s: %s is%s expected", rows[i].resources, rules[rule],
					 expected ? "" : " not");
		}
	}
}

static void files_of_the_cgroup_that_take_from_others_are_refused(void **)
{
	static const struct {
		const char *file;
		bool refused;
	} rows[] = {
		{ "cpuset.cpus.partition", true }, { "cpuset.cpus.exclusive", true },
		{ "io.prio.class", true },         { "io.latency", true },
		{ "io.cost.qos", true },           { "cpu.uclamp.min", true },
		{ "memory.reclaim", true },        { "cgroup.procs", true },
		{ "cgroup.kill", true },           { "cgroup.freeze", true },
		{ "hugetlb.2MB.x", true },         { "memory.high", false },
		{ "memory.oom.group", false },     { "hugetlb.2MB.max", false },
		{ "hugetlb.1GB.rsvd.max", false }, { "io.max", false },
		{ "cpu.weight", false },           { "memory.min", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *members = NULL;

		assert_true(asprintf(&members, RESOURCES("'unified':{'%s':'1'}"), rows[i].file) >
			    0);

		autojudging struct judging j = judge_members("", members, "");

		if (rows[i].refused != (finding_of(&j.judgement, "unified") != NULL))
			fail_msg("%s: %s", rows[i].file, rows[i].refused ? "not found" : "found");
	}
}

static void limits_that_give_priority_are_judged_like_the_priority(void **)
{
	autojudging struct judging judging =
		judge_members("", "",
			      ",'rlimits':[{'type':'RLIMIT_NPROC','soft':9,'hard':9},"
			      "{'type':'RLIMIT_RTPRIO','soft':0,'hard':99},"
			      "{'type':'RLIMIT_NICE','soft':40,'hard':40}]");
	const struct spec_rlimit *const hard = judging.judgement.spec.process.rlimits;
	autojudging struct judging modest =
		judge_members("", "",
			      ",'rlimits':[{'type':'RLIMIT_RTPRIO','soft':0,'hard':0},"
			      "{'type':'RLIMIT_NICE','soft':0,'hard':20}]");

	assert_found(&judging.judgement, "realtime", ACTION_REFUSE, "/process/rlimits/1/hard");
	assert_found(&judging.judgement, "nice", ACTION_HARDEN, "/process/rlimits/2/hard");
	assert_int_equal(hard[0].hard, 9);
	assert_int_equal(hard[2].soft, 20);
	assert_int_equal(hard[2].hard, 20);
	assert_int_equal(judging.spec->process.rlimits[2].hard, 40);
	assert_not_found(&modest.judgement, "realtime");
	assert_not_found(&modest.judgement, "nice");

	judging.policy->actions[rule_index(rule_find("realtime"))] = ACTION_HARDEN;
	judgement_free(&judging.judgement);
	policy_judge(judging.policy, judging.spec, AT_FDCWD, &plain_host, &judging.judgement);
	assert_int_equal(judging.judgement.spec.process.rlimits[1].hard, 0);
	assert_int_equal(judging.judgement.spec.process.rlimits[2].hard, 20);
}

#define CALL(name, action, args)                                                                   \
	SECCOMP(",'syscalls':[{'names':['" name "'],'action':'SCMP_ACT_" action "'" args "}]")
#define ARG(index, op, value, more)                                                                \
	",'args':[{'index':" index ",'op':'SCMP_CMP_" op "','value':" value more "}]"

static void a_filter_that_lets_dangerous_calls_through_is_seen_however_it_does(void **)
{
	static const struct {
		const char *seccomp, *rule; /* NULL: nothing is found */
	} rows[] = {
		{ ",'seccomp':{'defaultAction':'SCMP_ACT_TRACE'}", "seccomp-default" },
		{ ",'seccomp':{'defaultAction':'SCMP_ACT_LOG'}", "seccomp-default" },
		{ ",'seccomp':{'defaultAction':'SCMP_ACT_NOTIFY','listenerPath':'/run/s'}",
		  "seccomp-default" },
		{ ",'seccomp':{'defaultAction':'SCMP_ACT_KILL_PROCESS'}", NULL },
		{ CALL("mount", "TRACE", ""), "seccomp-dangerous" },
		{ CALL("mount", "LOG", ""), "seccomp-dangerous" },
		{ CALL("mount", "ERRNO", ""), NULL },
		{ CALL("bpf", "ALLOW", ARG("0", "GE", "0", "")), "seccomp-dangerous" },
		{ CALL("bpf", "ALLOW", ARG("5", "EQ", "0", "")), "seccomp-dangerous" },
		{ CALL("unshare", "ALLOW", ARG("0", "GE", "0", "")), "seccomp-dangerous" },
		{ CALL("unshare", "ALLOW", ARG("0", "MASKED_EQ", "2114060416", "")), NULL },
		{ CALL("unshare", "ALLOW",
		       ARG("0", "MASKED_EQ", "2114060416", ",'valueTwo':268435456")),
		  "seccomp-dangerous" },
		{ CALL("unshare", "ALLOW",
		       ARG("0", "MASKED_EQ", "2114060416",
			   "},{'index':0,'op':'SCMP_CMP_GE','value':0")),
		  "seccomp-dangerous" },
		{ CALL("unshare", "ALLOW", ARG("1", "MASKED_EQ", "2114060416", "")),
		  "seccomp-dangerous" },
		{ CALL("clone", "ALLOW", ARG("0", "MASKED_EQ", "2114060288", "")), NULL },
		{ CALL("clone", "ALLOW", ARG("0", "MASKED_EQ", "2113929216", "")),
		  "seccomp-dangerous" },
		{ CALL("clone3", "ALLOW", ARG("0", "MASKED_EQ", "2114060288", "")),
		  "seccomp-dangerous" },
		{ CALL("personality", "ALLOW", ARG("0", "EQ", "8", "")), NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autojudging struct judging j = judge_members("", rows[i].seccomp, "");
		const char *const expected = rows[i].rule ?: "";

		if (rows[i].rule && !finding_of(&j.judgement, rows[i].rule))
			fail_msg("%s was not found in %s", rows[i].rule, rows[i].seccomp);
		if (strcmp(expected, "seccomp-default") != 0)
			assert_not_found(&j.judgement, "seccomp-default");
		if (strcmp(expected, "seccomp-dangerous") != 0)
			assert_not_found(&j.judgement, "seccomp-dangerous");
	}
}

static void exec_is_judged_by_the_rules_of_processes_and_filters_alone(void **)
{
	autojudging struct judging judging = judge_members(
		",'annotations':{'run.oci.keep_original_groups':'1'}",
		SECCOMP(",'flags':['SECCOMP_FILTER_FLAG_SPEC_ALLOW']") ",'personality':{'domain':'"
								       "LINUX32'}",
		",'capabilities':{'bounding':['CAP_SYS_ADMIN']}");
	struct judgement process;

	policy_judge_process(judging.policy, judging.spec, &plain_host, &process);
	assert_found(&process, "capability-beyond", ACTION_HARDEN, "/process/capabilities");
	assert_found(&process, "seccomp-flags", ACTION_HARDEN, "/linux/seccomp/flags");
	assert_int_equal(process.spec.linux_.seccomp.flags, 0);
	assert_found(&process, "keep-groups", ACTION_HARDEN,
		     "/annotations/run.oci.keep_original_groups");
	assert_null(spec_annotation(&process.spec, "run.oci.keep_original_groups"));
	assert_found(&process, "personality", ACTION_ALLOW, "/linux/personality");
	assert_not_found(&process, "host-user");
	assert_not_found(&process, "memory-limit");
	judgement_free(&process);
}

static void update_is_judged_by_the_rules_of_resources_alone(void **)
{
	autojudging struct judging judging =
		judge_members("", ",'resources':{'pids':{'limit':-1}}", "");
	struct judgement resources;

	policy_judge_resources(judging.policy, judging.spec, &plain_host, &resources);
	assert_found(&resources, "pids-unlimited", ACTION_HARDEN, "/linux/resources/pids/limit");
	assert_not_found(&resources, "memory-limit");
	assert_int_equal(resources.n, 1);
	judgement_free(&resources);
}

static void baseline_gives_what_docker_gives(void **)
{
	autojudging struct judging judging =
		judge_members_on(&plain_host, "baseline", MOUNT("cgroup", "'nosuid','nodev'"), "",
				 ",'capabilities':{'bounding':['CAP_NET_RAW','CAP_SYS_CHROOT']}");

	assert_not_found(&judging.judgement, "capability-beyond");
	assert_found(&judging.judgement, "cgroup-writable", ACTION_ALLOW, "/mounts/0/options");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_finds_what_it_is_for),
		cmocka_unit_test(each_rule_has_a_test),
		cmocka_unit_test(each_rule_says_all_that_a_report_needs),
		cmocka_unit_test(what_was_hardened_is_not_found_again),
		cmocka_unit_test(each_rule_that_can_harden_does),
		cmocka_unit_test(the_judged_spec_is_left_as_it_was),
		cmocka_unit_test(a_modest_service_is_not_refused),
		cmocka_unit_test(flags_are_read_as_they_are_mounted),
		cmocka_unit_test(nodev_is_left_out_for_the_devices_themselves_alone),
		cmocka_unit_test(all_refusals_are_told_at_once),
		cmocka_unit_test(sysctls_need_a_namespace_of_the_containers_own),
		cmocka_unit_test(
			safe_sysctls_may_be_set_in_a_joined_namespace_that_is_not_the_hosts),
		cmocka_unit_test(devices_that_every_container_has_are_no_finding),
		cmocka_unit_test(a_dropped_device_rule_leaves_the_others_in_order),
		cmocka_unit_test(a_bound_sysfs_becomes_the_containers_own),
		cmocka_unit_test(an_overlay_is_judged_by_its_layers),
		cmocka_unit_test(colons_separate_lower_layers_alone),
		cmocka_unit_test(a_layer_cannot_hide_behind_escapes),
		cmocka_unit_test(rootless_a_user_may_map_itself),
		cmocka_unit_test(a_mapping_beside_a_joined_namespace_says_nothing),
		cmocka_unit_test(a_joined_mapping_is_judged_like_one_that_is_asked_for),
		cmocka_unit_test(a_mapping_of_an_engine_is_honoured),
		cmocka_unit_test(a_mount_must_not_leave_files_that_belong_to_the_pool),
		cmocka_unit_test(an_engines_socket_is_known_wherever_it_is),
		cmocka_unit_test(
			a_listed_hook_is_refused_with_an_environment_that_chooses_its_code),
		cmocka_unit_test(a_hook_named_by_its_process_is_the_program_that_this_runs),
		cmocka_unit_test(a_hook_of_a_process_that_is_not_there_is_no_program),
		cmocka_unit_test(a_program_listed_under_a_name_runs_under_no_other),
		cmocka_unit_test(an_selinux_label_is_that_of_one_container),
		cmocka_unit_test(an_apparmor_profile_that_confines_nothing_is_none),
		cmocka_unit_test(what_policy_has_no_value_for_is_allowed_and_not_hardened),
		cmocka_unit_test(a_refusal_has_whole_findings_and_says_how_many_more_there_are),
		cmocka_unit_test(a_limit_beyond_the_host_is_none),
		cmocka_unit_test(files_of_the_cgroup_that_take_from_others_are_refused),
		cmocka_unit_test(limits_that_give_priority_are_judged_like_the_priority),
		cmocka_unit_test(
			a_filter_that_lets_dangerous_calls_through_is_seen_however_it_does),
		cmocka_unit_test(exec_is_judged_by_the_rules_of_processes_and_filters_alone),
		cmocka_unit_test(update_is_judged_by_the_rules_of_resources_alone),
		cmocka_unit_test(baseline_gives_what_docker_gives),
	};

	return cmocka_run_group_tests_name("policy rules", tests, NULL, NULL);
}
