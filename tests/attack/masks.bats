#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

dispose() {
	[[ ! -d /dev/shm/$ID ]] || rmdir "/dev/shm/$ID"
	[[ -z ${OUTSIDE-} ]] || rm -rf "$OUTSIDE"
	swaps_end
}

# swaps A B: from now on these change places, until swaps_end
swaps() {
	"$PROBES/swap" 600000 "$@" >"$T/swap" 3>&- &
	SWAPPERS+=($!)
}

swaps_end() {
	[[ -n ${SWAPPERS-} ]] || return 0
	kill "${SWAPPERS[@]}"
	wait "${SWAPPERS[@]}" || true
	SWAPPERS=()
}

@test "hidden paths are covered by empty files and directories, whatever /dev/null is" {
	# Class: CVE-2025-31133 (/dev/null replaced by a link during the masking).
	# Defence: root_covers() and root_hide() in kernel/root.c: the cover is brig's own, not /dev/null.
	# Without: cover.patch, hide.patch.
	own_rootfs
	rm -rf "$BUNDLE/rootfs/dev"
	mkdir "$BUNDLE/rootfs/dev"
	# Into /proc itself it may not lead: symlinks.bats.
	echo seen >"$BUNDLE/rootfs/etc/motd"
	ln -s /etc/motd "$BUNDLE/rootfs/dev/null"
	config '.mounts |= map(select(.destination | startswith("/dev") | not))'
	inside 'cat /proc/keys /proc/timer_list /proc/interrupts | wc -c; ls -A /sys/firmware /proc/acpi | grep -v : | wc -w
		awk "{ print \$5, \$(NF - 1) }" /proc/self/mountinfo'
	is "$(head -n 2 <<<"$output")" $'0\n0'
	says "/proc/keys brig-hidden" "/proc/timer_list brig-hidden" "/proc/interrupts brig-hidden" "/sys/firmware brig-hidden"
}

@test "a second procfs or sysfs, elsewhere, shows nothing of what is hidden" {
	# Class: hidden and read-only paths that are named once, and mounted twice.
	# Defence: rule mount-unmasked: check_mount_unmasked() in policy/rules_filesystem.c, can_be_its_own() in policy/rules_binds.c.
	# Seen: with the rule allowed /p/interrupts could be read, and /p/sys was not read-only (the end of the test).
	local mount
	for mount in '{ destination: "/mnt", type: "proc", source: "proc" }' '{ destination: "/mnt/x", type: "sysfs", source: "sysfs", options: ["ro"] }' \
		'{ destination: "/proc/../mnt", type: "proc", source: "proc", options: ["ro"] }' '{ destination: "/sys", type: "proc", source: "proc" }' \
		'{ destination: "/proc", type: "sysfs", source: "sysfs", options: ["ro"] }' '{ destination: "/mnt", type: "bind", source: "/sys", options: ["rbind", "ro"] }'; do
		config ".mounts = [.mounts[] | select(.attack | not)] + [$mount + { attack: true }]"
		fails create
		says "refused by policy"
	done
	policy '.rules["mount-unmasked"] = "allow"'
	config '.mounts[-1] = { destination: "/mnt", type: "proc", source: "proc" }'
	inside 'wc -c </proc/interrupts; [ "$(wc -c </mnt/interrupts)" -gt 0 ] && echo shown'
	says $'0\nshown'
}

@test "kernel settings cannot be written, by each layer alone" {
	# Class: /proc/sys, sysrq, uevent_helper, core_pattern, release_agent as ways to run code as the host's root.
	# Defence: root_protect() in kernel/root.c for the mount; the user namespace for the owner.
	# Without: protect.patch.
	local file
	without seccomp landlock
	for file in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/vm/panic_on_oom /proc/sysrq-trigger /sys/kernel/uevent_helper /sys/power/state; do
		inside "[ ! -e $file ] || echo x >$file"
		[[ -z $output || $output == *"Read-only file system"* ]] || complain "$file: $output"
		[[ $status != 0 || ! -e $file ]] || complain "$file was written to"
	done
	inside 'mount -o remount,rw /proc/sys; umount /proc/sys; echo x >/proc/sys/kernel/core_pattern'
	says "Read-only file system"
}

@test "kernel memory and log are out of reach" {
	# Class: /proc/kcore, /proc/kmsg, /dev/mem, /dev/kmsg, syslog(2).
	# Defence: the devices of plan_devices.c, hidden paths, the user namespace.
	# Seen: syslog(2) went through on the host (the first lines of the test); with host-user allowed, no user namespace and no seccomp, `cat /proc/kmsg` could be opened.
	run "$PROBES/calls" syslog
	says "syslog ok"
	without seccomp landlock
	inside 'for f in /proc/kcore /proc/kmsg /dev/mem /dev/kmsg /dev/port /dev/kvm /dev/fuse /dev/net/tun; do
		[ ! -c $f ] && [ "$(timeout 1 head -c 1 $f 2>/dev/null | wc -c)" = 0 ] && echo "shut $f"; done'
	says "shut /proc/kcore" "shut /proc/kmsg" "shut /dev/mem" "shut /dev/kmsg" "shut /dev/port" "shut /dev/kvm" "shut /dev/fuse" "shut /dev/net/tun"
	attack 'calls syslog'
	refused_each syslog
}

@test "hidden and read-only paths that are links of the image uncover nothing, and show nothing outside" {
	# Class: CVE-2025-31133: a read-only path that is a link, so that another place is bound, and what was hidden or read-only there is not any more.
	# Defence: root_protect() in kernel/root.c: the clone has all that is mounted below the place; fd_open_in() (RESOLVE_IN_ROOT, no magic links).
	# Without: protect-recursive.patch.
	local outside=/dev/shm/$ID link
	mkdir -m 777 "$outside"
	own_rootfs
	mkdir "$BUNDLE/rootfs/real"
	config '.linux.maskedPaths += ["/hidden"] | .linux.readonlyPaths += ["/protected"]'
	for link in /proc /proc/sys/kernel /real . hidden "$outside" "../../../../../..$outside" /proc/self/root /proc/1/cwd; do
		ln -sfn /real "$BUNDLE/rootfs/hidden"
		[[ $link == hidden ]] || ln -sfn "$link" "$BUNDLE/rootfs/protected"
		[[ $link != hidden ]] || ln -sfn protected "$BUNDLE/rootfs/hidden"
		inside 'cat /proc/keys /proc/timer_list /proc/interrupts | wc -c; echo x >/proc/sys/kernel/core_pattern; cat /proc/self/mountinfo'
		lacks "$outside"
		[[ $output == "brig: cannot create"* ]] && continue # a magic link
		is "$(head -n 1 <<<"$output")" 0
		says "Read-only file system"
	done
}

@test "nor do they in a race: each is read-only at the place that it covers" {
	# Class: CVE-2025-31133, CVE-2019-19921: the path is exchanged between the bind and the remount.
	# Defence: root_protect() in kernel/root.c: one descriptor for the place, one detached mount, read-only before it is attached.
	# Without: protect-detached.patch.
	local i ran=0
	own_rootfs
	mkdir -p "$T/volume/"{target,other}/inner
	ln -s other "$T/volume/link"
	chmod -R 777 "$T/volume"
	config --arg volume "$T/volume" '.linux.readonlyPaths += ["/volume/target/inner"]
		| .mounts += [{ destination: "/volume", type: "bind", source: $volume, options: ["rbind", "rw", "nosuid", "nodev"] }]'
	swaps "$T/volume/target" "$T/volume/link"
	for ((i = 0; i < 15; i++)); do
		inside 'while read -r _ _ _ root place options _; do case $place in /volume/*) echo "covered $place $options";; esac; done </proc/self/mountinfo'
		((status == 0)) || continue
		ran=$((ran + 1))
		grep -q '^covered' <<<"$output" || complain "nothing is covered: $output"
		! grep '^covered' <<<"$output" | grep -qv ' ro,' || complain "writable: $output"
	done
	swaps_end
	((ran >= 5)) || complain "of 15 containers $ran ran: $output"
}

@test "a race for /dev/null and /dev/console in a root that others write to uncovers nothing, and makes nothing outside" {
	# Class: CVE-2025-31133, CVE-2025-52565: both are exchanged for links while the runtime binds them.
	# Defence: root_covers() and root_hide() in kernel/root.c; console_attach() in launch/child_rootfs.c: root_place().
	# Without: console-place.patch, cover.patch.
	local i name ran=0
	OUTSIDE=/var/tmp/$ID # where the image has such a place too
	mkdir -m 1777 "$OUTSIDE"
	own_rootfs
	ln -s /proc/sys/kernel/core_pattern "$BUNDLE/rootfs/dev/null-link"
	ln -s "$OUTSIDE/console" "$BUNDLE/rootfs/dev/console-link"
	for name in null console; do
		touch "$BUNDLE/rootfs/dev/$name"
		swaps "$BUNDLE/rootfs/dev/$name" "$BUNDLE/rootfs/dev/$name-link"
	done
	config '.mounts |= map(select(.destination | IN("/dev", "/dev/shm", "/dev/mqueue") | not)) | .process.terminal = true'
	for ((i = 0; i < 15; i++)); do
		inside 'cat /proc/keys /proc/timer_list /proc/interrupts; echo end; awk "\$4 ~ /core_pattern/" /proc/self/mountinfo'
		((status == 0)) || continue
		ran=$((ran + 1))
		is "${output//$'\r'/}" end
	done
	swaps_end
	is "$(find "$OUTSIDE" -mindepth 1)" ""
	((ran >= 5)) || complain "of 15 containers $ran ran: $output"
}

@test "what restarts the host or tells about its kernel is dead or empty" {
	# Class: /proc/sysrq-trigger, /proc/timer_list, /sys/firmware, /proc/kcore, /sys/kernel/debug and their like.
	# Defence: masked_paths and readonly_paths of policy/settings.c, root_hide() and root_protect() in kernel/root.c.
	# Seen: on the host those that exist have something to say; with `masked_paths` [] and rule masked-paths allowed, in a container too (the end of the test).
	local file told=
	for file in /proc/timer_list /proc/interrupts /proc/keys /proc/scsi/scsi /sys/firmware /sys/devices/virtual/powercap; do
		[[ -z $(head -c 1 $file 2>/dev/null)$(find $file -mindepth 1 -maxdepth 1 2>/dev/null) ]] || told+=" $file"
	done
	[[ -n $told ]]
	without landlock seccomp
	config --arg files "$told" '.process.args = ["sh", "-c", "for f in \($files); do head -c 100 $f 2>/dev/null; [ ! -d $f ] || ls -A $f; done; [ -w /proc/sysrq-trigger ] && (echo h >/proc/sysrq-trigger) && echo pressed; true"]'
	run brig run --bundle "$BUNDLE" "$ID" </dev/null
	((status == 0))
	lacks pressed
	is "$(grep -v "Read-only" <<<"$output")" ""
	policy '.settings.masked_paths = [] | .rules["masked-paths"] = "allow"'
	config '.linux.maskedPaths = []'
	run brig run --bundle "$BUNDLE" "$ID" </dev/null
	((${#output} > 100)) || complain "hidden by something else: $output"
}
