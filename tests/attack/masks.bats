#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

@test "hidden paths are covered by empty files and directories, whatever /dev/null is" {
	# Class: CVE-2025-31133 (/dev/null replaced by a link during the masking).
	# Defence: root_covers() and root_hide() in kernel/root.c: the cover is brig's own, not /dev/null.
	# Seen: with root_hide() returning 0 the hidden files had 2,323 bytes.
	own_rootfs
	rm -rf "$BUNDLE/rootfs/dev"
	mkdir "$BUNDLE/rootfs/dev"
	ln -s /proc/sys/kernel/core_pattern "$BUNDLE/rootfs/dev/null"
	config '.mounts |= map(select(.destination | startswith("/dev") | not))'
	inside 'cat /proc/keys /proc/timer_list /proc/interrupts | wc -c; ls -A /sys/firmware /proc/acpi | grep -v : | wc -w
		awk "{ print \$5, \$(NF - 1) }" /proc/self/mountinfo'
	is "$(head -n 2 <<<"$output")" $'0\n0'
	says "/proc/keys brig-hidden" "/proc/timer_list brig-hidden" "/proc/interrupts brig-hidden" "/sys/firmware brig-hidden"
}

@test "kernel settings cannot be written, by each layer alone" {
	# Class: /proc/sys, sysrq, uevent_helper, core_pattern, release_agent as ways to run code as the host's root.
	# Defence: root_protect() in kernel/root.c for the mount; the user namespace for the owner.
	# Seen: with root_protect() returning 0 the answer was "Permission denied", not "Read-only file system".
	local file
	without seccomp landlock
	for file in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/vm/panic_on_oom /proc/sysrq-trigger /sys/kernel/uevent_helper /sys/power/state; do
		inside "[ ! -e $file ] || echo x >$file"
		[[ $output != *"cannot"* || $output == *"Read-only file system"* ]] || complain "$file: $output"
		[[ $status != 0 || ! -e $file ]] || complain "$file was written to"
	done
	inside 'mount -o remount,rw /proc/sys; umount /proc/sys; echo x >/proc/sys/kernel/core_pattern'
	says "Read-only file system"
}

@test "kernel memory and log are out of reach" {
	# Class: /proc/kcore, /proc/kmsg, /dev/mem, /dev/kmsg, syslog(2).
	# Defence: the devices of plan_devices.c, hidden paths, the user namespace.
	# Seen: with host-user allowed, no user namespace and no seccomp, `cat /proc/kmsg` could be opened.
	without seccomp landlock
	inside 'for f in /proc/kcore /proc/kmsg /dev/mem /dev/kmsg /dev/port /dev/kvm /dev/fuse /dev/net/tun; do
		[ ! -s $f ] && [ ! -c $f ] && ! timeout 1 head -c 1 $f >/dev/null 2>&1 && echo "shut $f"; done'
	says "shut /proc/kcore" "shut /proc/kmsg" "shut /dev/mem" "shut /dev/kmsg" "shut /dev/port" "shut /dev/kvm" "shut /dev/fuse" "shut /dev/net/tun"
	attack 'calls syslog'
	refused_each syslog
}
