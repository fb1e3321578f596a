#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

@test "the cgroup tree is read-only, and without a release_agent" {
	# Class: CVE-2022-0492.
	# Defence: rule cgroup-writable (policy/rules_filesystem.c); cgroup v2 has no release_agent.
	# Seen: with the rule allowed and options rw, mkdir worked: the next test.
	without landlock seccomp
	attack 'cd /sys/fs/cgroup && mkdir x; echo 1 >cgroup.freeze; echo 1 >cgroup.procs; find /sys/fs/cgroup -name release_agent; calls mount-cgroup1=/tmp'
	is "$(grep -c "Read-only file system" <<<"$output")" 3
	lacks "release_agent"
	refused_each mount-cgroup1
}

@test "a writable cgroup tree shows and reaches the container's own part alone" {
	# Class: moving out of one's cgroup, and others into it.
	# Defence: cgroup_namespace() in launch/child.c: made in the container's cgroup; ownership of the files.
	# Seen: with the unshare taken out the kernel refused the mount of cgroup2, and the container did not start.
	without landlock seccomp
	policy '.rules["cgroup-writable"] = "allow"'
	config '.mounts |= map(if .type == "cgroup" then .options = ["rw", "nosuid", "nodev", "noexec"] else . end)'
	inside 'cat /proc/self/cgroup; ls -d /sys/fs/cgroup/brig /sys/fs/cgroup/../cgroup/brig /sys/fs/cgroup/*slice; mkdir /sys/fs/cgroup/own; echo max >/sys/fs/cgroup/pids.max; rmdir /sys/fs/cgroup/own 2>/dev/null'
	says "0::/"
	lacks "0::/brig"
	is "$(grep -c "No such file" <<<"$output")" 3
}

@test "the device program cannot be taken off from inside" {
	# Class: widening one's own devices.
	# Defence: no CAP_BPF over the host; seccomp above it.
	# Seen: bpf went through for a process without a user namespace.
	without landlock seccomp
	grant CAP_BPF CAP_SYS_ADMIN CAP_NET_ADMIN
	attack 'calls bpf'
	refused_each bpf
}
