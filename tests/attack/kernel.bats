#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

CALLS="bpf io-uring userfaultfd perf init-module kexec reboot syslog raw-socket packet-socket seize=1 mount-cgroup1=/tmp unshare-user"

@test "calls behind most kernel exploits are refused by seccomp" {
	# Class: the kernel's attack surface.
	# Defence: seccomp-profiles/default.json, seccomp() in launch/enter.c.
	# Seen: without seccomp io-uring, userfaultfd, seize and unshare-user went through (the end of the test).
	# Without: io-uring.patch.
	attack "calls $CALLS"
	# shellcheck disable=SC2086
	refused_each ${CALLS//=[^ ]*/}
	without seccomp
	attack "calls io-uring seize=1"
	says "io-uring ok" "seize ok"
}

@test "calls over the host are refused without seccomp and Landlock, with every capability" {
	# Class: the kernel as a whole: modules, kexec, clocks, log, BPF, raw devices.
	# Defence: the user namespace: capabilities over it are none over the host.
	# Seen: with host-user allowed and no user namespace: "syslog ok" (the end of the test).
	local all
	all=$(capsh --print 2>/dev/null | sed -n 's/^Bounding set =//p' | tr 'a-z,' 'A-Z ')
	[[ -n $all ]] || all="CAP_SYS_ADMIN CAP_SYSLOG CAP_BPF CAP_PERFMON CAP_SYS_MODULE CAP_SYS_BOOT CAP_SYS_RAWIO CAP_SYS_TIME CAP_MKNOD"
	without landlock seccomp
	# shellcheck disable=SC2086
	grant $all
	attack 'calls bpf perf init-module kexec reboot syslog mknod-char=1:11 mknod-block=8:0 root-by-handle=/; date -s 2001-01-01; echo b >/proc/sysrq-trigger; echo x >/proc/sys/kernel/core_pattern; nice -n -20 true; chroot / true'
	refused_each bpf init-module kexec reboot syslog mknod-char mknod-block root-by-handle
	says "can't set date"
	policy '.rules["host-user"] = "allow"'
	config '.linux.namespaces |= map(select(.type != "user"))'
	attack 'calls syslog'
	says "syslog ok"
}

@test "each call of the newer, larger interfaces works on the plain kernel, and not here" {
	# Class: kernel exploits by keyrings (CVE-2016-0728), bpf (CVE-2021-3490), io_uring (CVE-2022-29582), userfaultfd as their tool, perf (CVE-2023-5717), nf_tables by packet sockets.
	# Defence: seccomp-profiles/default.json, one by one.
	# Seen: those that this kernel has went through outside of a container (the first lines of the test).
	# Without: io-uring.patch.
	local name all="add-key user-keys bpf io-uring userfaultfd perf packet-socket seize-child process-vm pidfd-getfd" there=()
	for name in $all; do
		[[ $("$PROBES/calls" "$name") != "$name ok" ]] || there+=("$name")
	done
	((${#there[@]} >= 5)) || complain "the plain kernel has only: ${there[*]}"
	attack "calls ${there[*]}"
	refused_each "${there[@]}"
	# In an exec too, whose filter is loaded anew.
	running_container
	run brig exec "$ID" /mnt/calls "${there[@]}"
	refused_each "${there[@]}"
}
