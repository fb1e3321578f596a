/* tests/unit/test_spec.c: what a config.json becomes */
#include "base/fd.h"
#include "spec_text.h"

#include <fcntl.h>
#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/personality.h>
#include <sys/resource.h>

static struct spec *full_spec(void)
{
	autobuf struct buf text = {};
	struct error err = {};

	if (fd_read_file(AT_FDCWD, FULL, JSON_SIZE_MAX, &text, &err) < 0)
		fail_msg("%s: run the tests in the top folder", err.text);

	struct spec *spec = spec_parse(buf_text(&text), text.len, &err);

	if (!spec)
		fail_msg("%s: %s", err.where, err.text);
	return spec;
}

static void strings_equal(struct spec_strings strings, const char *joined)
{
	autobuf struct buf all = {};

	for (size_t i = 0; i < strings.n; i++)
		buf_printf(&all, "%s%s", i ? "|" : "", strings.items[i]);
	assert_string_equal(buf_text(&all), joined);
}

static void root_and_mounts_are_read(void **)
{
	struct spec *spec = full_spec();
	const struct spec_mount *mount = &spec->mounts[0];

	assert_string_equal(spec->oci_version, "1.3.0");
	assert_string_equal(spec->root.path, "rootfs");
	assert_true(spec->root.readonly);
	assert_int_equal(spec->n_mounts, 3);
	assert_string_equal(mount->destination, "/data");
	assert_string_equal(mount->source, "/srv/data");
	assert_string_equal(mount->type, "none");
	strings_equal(mount->options, "rbind|ro|idmap|");
	assert_int_equal(mount->uid_mappings.n, 1);
	assert_int_equal(mount->uid_mappings.items[0].container_id, 0);
	assert_int_equal(mount->uid_mappings.items[0].host_id, 100000);
	assert_int_equal(mount->uid_mappings.items[0].size, 65536);
	assert_int_equal(mount->gid_mappings.items[0].host_id, 200000);
	assert_null(spec->mounts[2].source);
	spec_free(spec);
}

static void a_relative_destination_is_below_the_root(void **)
{
	struct spec *spec = full_spec();

	assert_string_equal(spec->mounts[2].destination, "/relative/tmp");
	spec_free(spec);
}

static void the_process_is_read(void **)
{
	struct spec *spec = full_spec();
	const struct spec_process *process = &spec->process;

	assert_true(process->set);
	assert_true(process->terminal);
	assert_true(process->console_size.set);
	assert_int_equal(process->console_size.height, 25);
	assert_int_equal(process->console_size.width, 80);
	assert_string_equal(process->cwd, "/home");
	strings_equal(process->env, "PATH=/bin|EMPTY=");
	strings_equal(process->args, "sh|-c|exec true");
	assert_int_equal(process->n_rlimits, 2);
	assert_int_equal(process->rlimits[0].resource, RLIMIT_NOFILE);
	assert_int_equal(process->rlimits[0].soft, 1024);
	assert_int_equal(process->rlimits[0].hard, 4096);
	assert_int_equal(process->rlimits[1].resource, RLIMIT_CORE);
	assert_true(process->rlimits[1].hard == RLIM_INFINITY);
	assert_string_equal(process->apparmor_profile, "brig-default");
	assert_string_equal(process->selinux_label, "system_u:system_r:container_t:s0:c1,c2");
	assert_true(process->no_new_privileges.set && process->no_new_privileges.value);
	assert_true(process->oom_score_adj.set);
	assert_int_equal(process->oom_score_adj.value, -500);
	assert_int_equal(process->user.uid, 1000);
	assert_int_equal(process->user.gid, 1001);
	assert_true(process->user.umask.set);
	assert_int_equal(process->user.umask.value, 022);
	assert_int_equal(process->user.n_additional_gids, 2);
	assert_int_equal(process->user.additional_gids[1], UINT32_MAX - 1);
	spec_free(spec);
}

static void capabilities_and_scheduling_are_read(void **)
{
	struct spec *spec = full_spec();
	const struct spec_process *process = &spec->process;

	assert_true(process->capabilities.set);
	strings_equal(process->capabilities.sets[CAPSET_EFFECTIVE], "CAP_KILL");
	strings_equal(process->capabilities.sets[CAPSET_BOUNDING], "CAP_KILL|CAP_CHOWN");
	strings_equal(process->capabilities.sets[CAPSET_INHERITABLE], "");
	strings_equal(process->capabilities.sets[CAPSET_PERMITTED],
		      "CAP_KILL|CAP_CHOWN|CAP_SETUID");
	strings_equal(process->capabilities.sets[CAPSET_AMBIENT], "CAP_NET_BIND_SERVICE");
	assert_true(process->scheduler.set);
	assert_int_equal(process->scheduler.policy, SCHED_DEADLINE);
	assert_int_equal(process->scheduler.nice, -20);
	assert_int_equal(process->scheduler.priority, 99);
	assert_int_equal(process->scheduler.flags,
			 SCHED_FLAG_RESET_ON_FORK | SCHED_FLAG_DL_OVERRUN);
	assert_int_equal(process->scheduler.runtime, 10000000);
	assert_int_equal(process->scheduler.deadline, 20000000);
	assert_int_equal(process->scheduler.period, 30000000);
	assert_true(process->io_priority.set);
	assert_int_equal(process->io_priority.class, IOPRIO_CLASS_BE);
	assert_int_equal(process->io_priority.priority, 7);
	assert_string_equal(process->exec_cpu_affinity.initial, "0-3,7");
	assert_string_equal(process->exec_cpu_affinity.final, "1");
	spec_free(spec);
}

static void names_and_hooks_and_annotations_are_read(void **)
{
	static const char *const paths[HOOK_COUNT] = {
		[HOOK_PRESTART] = "/bin/a",         [HOOK_CREATE_RUNTIME] = "/bin/b",
		[HOOK_CREATE_CONTAINER] = "/bin/c", [HOOK_START_CONTAINER] = "/bin/d",
		[HOOK_POSTSTART] = "/bin/e",        [HOOK_POSTSTOP] = "/bin/f",
	};
	struct spec *spec = full_spec();

	assert_string_equal(spec->hostname, "web-1");
	assert_string_equal(spec->domainname, "example.test");
	for (unsigned i = 0; i < HOOK_COUNT; i++) {
		assert_int_equal(spec->hooks[i].n, 1);
		assert_string_equal(spec->hooks[i].items[0].path, paths[i]);
		assert_int_equal(spec->hooks[i].items[0].timeout, i + 1);
	}
	strings_equal(spec->hooks[HOOK_PRESTART].items[0].args, "a|x");
	strings_equal(spec->hooks[HOOK_POSTSTOP].items[0].env, "K=f");
	assert_string_equal(spec_annotation(spec, "org.example.team"), "blue");
	assert_string_equal(spec_annotation(spec, "org.example.empty"), "");
	assert_null(spec_annotation(spec, "org.example"));
	spec_free(spec);
}

static void namespaces_and_ids_are_read(void **)
{
	struct spec *spec = full_spec();
	const struct spec_linux *linux_ = &spec->linux_;

	assert_true(linux_->set);
	for (size_t i = 0; i < SPEC_NS_COUNT; i++) {
		assert_true(linux_->namespaces[i].listed);
		assert_int_equal(linux_->namespaces[i].index, i);
	}
	assert_string_equal(linux_->namespaces[SPEC_NS_NETWORK].path, "/run/netns/web");
	assert_null(linux_->namespaces[SPEC_NS_PID].path);
	assert_int_equal(linux_->uid_mappings.items[0].host_id, 300000);
	assert_int_equal(linux_->gid_mappings.items[0].container_id, 1);
	assert_true(linux_->monotonic.set && linux_->boottime.set);
	assert_int_equal(linux_->monotonic.secs, -5);
	assert_int_equal(linux_->monotonic.nanosecs, 999999999);
	assert_int_equal(linux_->boottime.secs, 86400);
	assert_int_equal(linux_->boottime.nanosecs, 1);
	spec_free(spec);
}

static void devices_are_read(void **)
{
	struct spec *spec = full_spec();
	const struct spec_device *device = &spec->linux_.devices[0];

	assert_int_equal(spec->linux_.n_devices, 2);
	assert_int_equal(device->type, 'c');
	assert_string_equal(device->path, "/dev/fuse");
	assert_int_equal(device->major, 10);
	assert_int_equal(device->minor, 229);
	assert_int_equal(device->file_mode.value, 0666); /* S_IFCHR of 8630 is gone */
	assert_int_equal(device->uid.value, 1);
	assert_int_equal(device->gid.value, 2);
	assert_int_equal(spec->linux_.devices[1].type, 'p');
	assert_false(spec->linux_.devices[1].file_mode.set);
	assert_int_equal(spec->linux_.n_net_devices, 2);
	assert_string_equal(spec->linux_.net_devices[0].host_name, "eth0");
	assert_string_equal(spec->linux_.net_devices[0].name, "lan0");
	assert_string_equal(spec->linux_.net_devices[1].name, "eth1");
	spec_free(spec);
}

static void the_rest_of_linux_is_read(void **)
{
	struct spec *spec = full_spec();
	const struct spec_linux *linux_ = &spec->linux_;

	assert_string_equal(linux_->cgroups_path, "system.slice:brig:web-1");
	assert_true(linux_->intel_rdt.set && linux_->intel_rdt.enable_monitoring);
	assert_string_equal(linux_->intel_rdt.clos_id, "web");
	assert_string_equal(linux_->intel_rdt.l3_cache_schema, "L3:0=7f0;1=1f");
	assert_string_equal(linux_->intel_rdt.mem_bw_schema, "MB:0=20;1=70");
	strings_equal(linux_->intel_rdt.schemata, "L2:0=f;1=f");
	assert_true(linux_->memory_policy.set);
	assert_int_equal(linux_->memory_policy.mode, MPOL_INTERLEAVE);
	assert_int_equal(linux_->memory_policy.flags, MPOL_F_STATIC_NODES);
	assert_string_equal(linux_->memory_policy.nodes, "0-1");
	assert_int_equal(linux_->sysctl.n, 2);
	assert_string_equal(linux_->sysctl.items[0].key, "net.ipv4.ip_forward");
	assert_string_equal(linux_->sysctl.items[0].value, "1");
	assert_string_equal(linux_->rootfs_propagation, "slave");
	strings_equal(linux_->masked_paths, "/proc/kcore");
	strings_equal(linux_->readonly_paths, "/proc/sys");
	assert_string_equal(linux_->mount_label, "system_u:object_r:container_file_t:s0:c1,c2");
	assert_true(linux_->personality.set);
	assert_int_equal(linux_->personality.domain, PER_LINUX32);
	spec_free(spec);
}

static void device_rules_say_what_they_leave_open(void **)
{
	struct spec *spec = full_spec();
	const struct spec_device_rule *rules = spec->linux_.resources.devices;

	assert_int_equal(spec->linux_.resources.n_devices, 3);
	assert_false(rules[0].allow);
	assert_int_equal(rules[0].type, 'a');
	assert_int_equal(rules[0].major.value, -1);
	assert_true(rules[1].read);
	assert_false(rules[1].write || rules[1].mknod);
	assert_int_equal(rules[1].minor.value, 3);
	assert_int_equal(rules[2].type, 'a');
	assert_false(rules[2].major.set || rules[2].minor.set);
	assert_true(rules[2].read && rules[2].write && rules[2].mknod);
	spec_free(spec);
}

static void memory_and_cpu_are_read(void **)
{
	struct spec *spec = full_spec();
	const struct spec_memory *memory = &spec->linux_.resources.memory;
	const struct spec_cpu *cpu = &spec->linux_.resources.cpu;

	assert_true(memory->limit.set);
	assert_int_equal(memory->limit.value, 536870912);
	assert_int_equal(memory->reservation.value, 268435456);
	assert_int_equal(memory->swap.value, -1);
	assert_int_equal(memory->kernel.value, -1);
	assert_int_equal(memory->kernel_tcp.value, 1048576);
	assert_int_equal(memory->swappiness.value, 60);
	assert_true(memory->disable_oom_killer.set && !memory->disable_oom_killer.value);
	assert_true(memory->use_hierarchy.value && memory->check_before_update.value);
	assert_int_equal(cpu->shares.value, 1024);
	assert_int_equal(cpu->quota.value, 50000);
	assert_int_equal(cpu->burst.value, 10000);
	assert_int_equal(cpu->period.value, 100000);
	assert_int_equal(cpu->realtime_runtime.value, 950000);
	assert_int_equal(cpu->realtime_period.value, 1000000);
	assert_int_equal(cpu->idle.value, 1);
	assert_string_equal(cpu->cpus, "0-1");
	assert_string_equal(cpu->mems, "0");
	spec_free(spec);
}

static void the_other_controllers_are_read(void **)
{
	struct spec *spec = full_spec();
	const struct spec_resources *resources = &spec->linux_.resources;
	const struct spec_block_io *io = &resources->block_io;

	assert_int_equal(io->weight.value, 500);
	assert_int_equal(io->leaf_weight.value, 300);
	assert_int_equal(io->weight_device.items[0].weight.value, 600);
	assert_int_equal(io->weight_device.items[0].leaf_weight.value, 700);
	assert_int_equal(io->read_bps.items[0].rate.value, 101);
	assert_int_equal(io->write_bps.items[0].rate.value, 102);
	assert_int_equal(io->read_iops.items[0].rate.value, 103);
	assert_int_equal(io->write_iops.items[0].rate.value, 104);
	assert_int_equal(io->write_iops.items[0].minor, 4);
	assert_string_equal(resources->hugepages[0].page_size, "2MB");
	assert_true(resources->hugepages[0].limit == UINT64_C(9223372036854775808));
	assert_true(resources->network);
	assert_int_equal(resources->pids_limit.value, 100);
	assert_string_equal(resources->rdma[0].device, "mlx5_1");
	assert_int_equal(resources->rdma[0].hca_handles.value, 3);
	assert_int_equal(resources->rdma[0].hca_objects.value, 10000);
	assert_int_equal(resources->unified.n, 2);
	assert_string_equal(resources->unified.items[1].value, "8:0 rbps=1048576\n8:16 wiops=120");
	spec_free(spec);
}

static void seccomp_is_read(void **)
{
	struct spec *spec = full_spec();
	const struct spec_seccomp *seccomp = &spec->linux_.seccomp;
	const struct spec_seccomp_rule *rule = &seccomp->rules[0];

	assert_true(seccomp->set);
	assert_int_equal(seccomp->default_action, SECCOMP_ACT_ERRNO);
	assert_int_equal(seccomp->default_errno_ret.value, 38);
	strings_equal(seccomp->architectures, "SCMP_ARCH_X86_64|SCMP_ARCH_AARCH64");
	assert_int_equal(seccomp->flags, SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW);
	assert_string_equal(seccomp->listener_path, "/run/agent.sock");
	assert_string_equal(seccomp->listener_metadata, "for web-1");
	assert_int_equal(seccomp->n_rules, 3);
	strings_equal(seccomp->rules[1].names, "read|write");
	assert_int_equal(seccomp->rules[1].action, SECCOMP_ACT_ALLOW);
	assert_int_equal(rule->errno_ret.value, 1);
	assert_int_equal(rule->n_args, 1);
	assert_int_equal(rule->args[0].index, 5);
	assert_true(rule->args[0].value == UINT64_MAX);
	assert_int_equal(rule->args[0].value_two, 7);
	assert_int_equal(rule->args[0].op, SECCOMP_OP_MASKED_EQ);
	assert_int_equal(seccomp->rules[2].action, SECCOMP_ACT_NOTIFY);
	spec_free(spec);
}

static void versions_within_the_major_one_are_accepted(void **)
{
	static const char *const versions[] = { "1.0.0", "1.0.2-dev", "1.1.0-rc.3", "1.3.0+dev",
						"1.4.0" };

	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		autobuf struct buf json = {};

		buf_printf(&json, "{'ociVersion':'%s','root':{'path':'r'}}", versions[i]);
		spec_free(accepted(spec_parse, buf_text(&json)));
	}
}

static void unknown_properties_and_other_platforms_are_ignored(void **)
{
	struct spec *spec = accepted(spec_parse, CONFIG_BEGIN
				     "'future':{'a':[1]},'windows':{'layerFolders':[]},'vm':7,"
				     "'linux':{'future':true,'resources':{'future':1}}}");

	assert_true(spec->linux_.set);
	assert_false(spec->process.set);
	spec_free(spec);
}

static void a_slip_of_the_hand_in_a_property_is_noted(void **)
{
	struct spec *spec =
		accepted(spec_parse, CONFIG_BEGIN
			 "'hostnam':'x','future':1,"
			 "'linux':{'resources':{'memory':{'limt':5,'swap':7,'swp':1}}}}");

	assert_int_equal(spec->misspelt.n, 2); /* swap is there: swp is not it */
	assert_string_equal(spec->misspelt.items[0].key, "/hostnam");
	assert_string_equal(spec->misspelt.items[0].value, "hostname");
	assert_string_equal(spec->misspelt.items[1].key, "/linux/resources/memory/limt");
	assert_string_equal(spec->misspelt.items[1].value, "limit");
	spec_free(spec);
}

static void null_and_empty_count_as_absent(void **)
{
	struct spec *spec =
		accepted(spec_parse, CONFIG_BEGIN
			 "'mounts':null,'hostname':'','hooks':{},'annotations':null,"
			 "'process':{" PROCESS "'apparmorProfile':'','env':null},"
			 "'linux':{'cgroupsPath':'','maskedPaths':null,'rootfsPropagation':'',"
			 "'namespaces':[{'type':'pid','path':''}],'uidMappings':[],"
			 "'resources':{'network':{},'cpu':{'cpus':'','mems':''}}}}");

	assert_int_equal(spec->n_mounts, 0);
	assert_null(spec->hostname);
	assert_null(spec->process.apparmor_profile);
	assert_null(spec->linux_.cgroups_path);
	assert_null(spec->linux_.rootfs_propagation);
	assert_true(spec->linux_.namespaces[SPEC_NS_PID].listed);
	assert_null(spec->linux_.namespaces[SPEC_NS_PID].path);
	assert_null(spec->linux_.resources.cpu.cpus);
	assert_false(spec->linux_.resources.network);
	spec_free(spec);
}

static void the_console_size_is_ignored_without_a_terminal(void **)
{
	struct spec *spec =
		accepted(spec_parse_process, "{" PROCESS "'consoleSize':{'height':1,'width':2}}");

	assert_true(spec->process.set);
	assert_false(spec->process.console_size.set);
	spec_free(spec);
}

static void a_plain_kill_is_of_the_thread(void **)
{
	struct spec *spec = accepted(spec_parse_seccomp, "{'defaultAction':'SCMP_ACT_KILL'}");

	assert_true(spec->linux_.seccomp.set);
	assert_int_equal(spec->linux_.seccomp.default_action, SECCOMP_ACT_KILL_THREAD);
	spec_free(spec);
}

static void recursive_words_of_propagation_mean_the_plain_ones(void **)
{
	static const char *const words[] = { "private", "shared", "slave", "unbindable" };

	for (size_t i = 0; i < 2 * ARRAY_LEN(words); i++) {
		autobuf struct buf json = {};

		buf_printf(&json, LINUX_BEGIN "'rootfsPropagation':'%s%s'" LINUX_END,
			   i % 2 ? "r" : "", words[i / 2]);

		struct spec *spec = accepted(spec_parse, buf_text(&json));

		assert_string_equal(spec->linux_.rootfs_propagation, words[i / 2]);
		spec_free(spec);
	}
}

static void devices_may_share_a_name_that_is_a_template(void **)
{
	spec_free(accepted(spec_parse, LINUX_BEGIN "'netDevices':{'a':{'name':'x%d'},"
						   "'b':{'name':'x%d'}}" LINUX_END));
}

static void zero_is_kept_apart_from_absent(void **)
{
	struct spec *spec =
		accepted(spec_parse_resources,
			 "{'memory':{'limit':0},'cpu':{'shares':0},'pids':{'limit':0}}");
	const struct spec_resources *resources = &spec->linux_.resources;

	assert_true(resources->memory.limit.set && resources->memory.limit.value == 0);
	assert_true(resources->cpu.shares.set && resources->pids_limit.set);
	assert_false(resources->memory.swap.set || resources->cpu.quota.set);
	spec_free(spec);
}

static void ten_thousand_mounts_are_read(void **)
{
	autobuf struct buf json = {};

	buf_puts(&json, CONFIG_BEGIN "'mounts':[");
	for (unsigned i = 0; i < 10000; i++)
		buf_printf(&json, "%s{'destination':'/m/%u','type':'tmpfs'}", i ? "," : "", i);
	buf_puts(&json, "]}");

	struct spec *spec = accepted(spec_parse, buf_text(&json));

	assert_int_equal(spec->n_mounts, 10000);
	assert_string_equal(spec->mounts[9999].destination, "/m/9999");
	spec_free(spec);
}

static void a_bundle_is_read_with_its_bytes(void **)
{
	char folder[] = "/tmp/brig-test-spec-XXXXXX";
	static const char text[] = "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"}}\n";
	struct error err = {};
	autobuf struct buf bytes = {};

	assert_non_null(mkdtemp(folder));
	autoclose int bundle = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

	assert_null(spec_read(bundle, NULL, &err));
	assert_int_equal(err.code, ENOENT);
	assert_int_equal(
		fd_replace_file(bundle, "config.json", text, strlen(text), 0600, false, &err), 0);

	struct spec *spec = spec_read(bundle, &bytes, &err);

	assert_non_null(spec);
	assert_string_equal(spec->root.path, "r");
	assert_string_equal(buf_text(&bytes), text);
	spec_free(spec);
	spec_free(NULL);
	unlinkat(bundle, "config.json", 0);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_and_mounts_are_read),
		cmocka_unit_test(a_relative_destination_is_below_the_root),
		cmocka_unit_test(the_process_is_read),
		cmocka_unit_test(capabilities_and_scheduling_are_read),
		cmocka_unit_test(names_and_hooks_and_annotations_are_read),
		cmocka_unit_test(namespaces_and_ids_are_read),
		cmocka_unit_test(devices_are_read),
		cmocka_unit_test(the_rest_of_linux_is_read),
		cmocka_unit_test(device_rules_say_what_they_leave_open),
		cmocka_unit_test(memory_and_cpu_are_read),
		cmocka_unit_test(the_other_controllers_are_read),
		cmocka_unit_test(seccomp_is_read),
		cmocka_unit_test(versions_within_the_major_one_are_accepted),
		cmocka_unit_test(unknown_properties_and_other_platforms_are_ignored),
		cmocka_unit_test(a_slip_of_the_hand_in_a_property_is_noted),
		cmocka_unit_test(null_and_empty_count_as_absent),
		cmocka_unit_test(the_console_size_is_ignored_without_a_terminal),
		cmocka_unit_test(a_plain_kill_is_of_the_thread),
		cmocka_unit_test(recursive_words_of_propagation_mean_the_plain_ones),
		cmocka_unit_test(devices_may_share_a_name_that_is_a_template),
		cmocka_unit_test(zero_is_kept_apart_from_absent),
		cmocka_unit_test(ten_thousand_mounts_are_read),
		cmocka_unit_test(a_bundle_is_read_with_its_bytes),
	};

	return cmocka_run_group_tests_name("spec", tests, NULL, NULL);
}
