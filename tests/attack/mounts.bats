#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

# A volume at /tmp/volume, with these options.
volume() {
	local options
	mkdir -p "$T/volume"
	chmod 755 "$T" "$T/volume"
	options=$(jq -nc '$ARGS.positional' --args "$@")
	config --arg source "$T/volume" --argjson options "$options" '.mounts += [{ destination: "/tmp/volume", type: "bind", source: $source, options: $options }]'
}

@test "what is read-only stays so, by capabilities alone" {
	# Class: remounting what was given read-only.
	# Defence: plan_capabilities() in plan/plan_privileges.c: no CAP_SYS_ADMIN.
	# Seen: with CAP_SYS_ADMIN in the policy: "remount-rw ok", "setattr-rw ok": the next tests.
	without landlock seccomp
	volume bind ro
	attack 'calls remount-rw=/ remount-rw=/tmp/volume remount-rw=/proc/sys setattr-rw=/ setattr-rw=/tmp/volume umount=/proc/keys umount=/tmp/volume mount-tmpfs=/tmp mount-proc=/tmp mount-bind=/tmp open-tree=/ fsopen=tmpfs pivot-root=/
		touch /tmp/volume/x'
	refused_each remount-rw setattr-rw umount mount-tmpfs mount-proc mount-bind open-tree fsopen pivot-root
	says "Read-only file system"
}

@test "and by seccomp alone, with CAP_SYS_ADMIN from the policy" {
	# Class: remounting what was given read-only.
	# Defence: seccomp-profiles/default.json: no call of the mount family.
	# Seen: without seccomp each of the calls went through (the end of the test).
	without apparmor
	volume bind ro
	grant CAP_SYS_ADMIN
	attack 'calls remount-rw=/ remount-rw=/tmp/volume setattr-rw=/tmp/volume umount=/proc/keys mount-tmpfs=/tmp mount-bind=/tmp open-tree=/ fsopen=tmpfs'
	refused_each remount-rw setattr-rw umount mount-tmpfs mount-bind open-tree fsopen

	without seccomp
	attack 'calls remount-rw=/tmp/volume'
	says "remount-rw ok"
}

@test "and by Landlock alone, within a user namespace of the workload's own" {
	# Class: a nested user namespace, whose root has CAP_SYS_ADMIN over its own mount namespace.
	# Defence: landlock_restrict() in kernel/landlock.c: no process of a domain mounts, landlock(7).
	# Seen: with Landlock off in the policy `unshare -Urm` mounted a tmpfs (the end of the test).
	# Without: landlock.patch.
	without seccomp apparmor
	grant CAP_SETFCAP # without it nobody maps root into a new user namespace, user_namespaces(7)
	inside 'unshare -Urm mount -t tmpfs x /tmp'
	((status != 0))
	says "ermi"
	without landlock
	inside 'unshare -Urm mount -t tmpfs x /tmp'
	((status == 0)) || complain "$output"
}

@test "even there what is read-only stays so: the flags are locked" {
	# Class: a nested user namespace that remounts (CVE-2014-5206).
	# Defence: the kernel's, mount_namespaces(7): a copy into a lesser user namespace locks flags.
	# Seen: not brig's to take away; with CAP_SYS_ADMIN in the namespace of the mounts the remount went through.
	without landlock seccomp
	volume bind ro
	grant CAP_SETFCAP
	attack 'unshare -Urm calls mount-tmpfs=/tmp remount-rw=/tmp/volume setattr-rw=/tmp/volume umount=/proc/keys remount-rw=/; unshare -Urm sh -c "mount -o remount,rw,bind /tmp/volume; touch /tmp/volume/x"'
	says "mount-tmpfs ok"
	refused_each remount-rw setattr-rw umount
	[[ ! -e $T/volume/x ]]
}

@test "a set-id program gives no rights: nosuid alone, no_new_privs alone" {
	# Class: set-id programs on volumes and in images.
	# Defence: rule mount-suid (policy/rules_filesystem.c), source_root() in launch/sources.c; no_new_privs() in launch/enter.c.
	# Without: no-new-privs.patch.
	without landlock seccomp
	volume bind rw
	cp "$PROBES/calls" "$T/volume/calls" # busybox puts the rights of a set-id file off by itself
	chmod 4755 "$T/volume/calls"
	config '.process.user = { uid: 1000, gid: 1000 }'
	cp "$BUNDLE/config.json" "$T/config.json"
	policy '.rules["mount-suid"] = "allow"'
	config '.mounts[-1].options = ["bind", "rw", "suid"]'
	inside '/tmp/volume/calls become-root; grep /tmp/volume /proc/self/mountinfo'
	lacks nosuid,nodev,relatime,idmapped
	refused_each become-root

	policy '.rules["mount-suid"] = "harden"'
	cp "$T/config.json" "$BUNDLE/config.json"
	inside '/tmp/volume/calls become-root; grep /tmp/volume /proc/self/mountinfo; grep NoNewPrivs /proc/self/status'
	says nosuid "NoNewPrivs:	1"
	refused_each become-root
}

@test "the image's own set-id programs and device nodes are dead: root is nosuid and nodev" {
	# Class: an image with device nodes; a cgroup without a device program.
	# Defence: source_root() in launch/sources.c: MOUNT_ATTR_NODEV on the root; the device program above it.
	# Without: root-nodev.patch.
	own_rootfs
	mknod -m 666 "$BUNDLE/rootfs/zero" c 1 5
	mknod -m 666 "$BUNDLE/rootfs/kmsg" c 1 11
	mknod -m 666 "$BUNDLE/rootfs/disk" b "$(stat -c %Hd "$BUNDLE")" "$(stat -c %Ld "$BUNDLE")"
	config '.process.args = ["sh", "-c", "for f in /zero /kmsg /disk; do head -c 1 $f | wc -c; done"]'
	without landlock seccomp
	run brig --cgroup-manager disabled run --bundle "$BUNDLE" "$ID" </dev/null
	is "$(grep -c "ermission denied\|not permitted" <<<"$output")" 3
	is "$(grep -cx 0 <<<"$output")" 3
}

@test "device nodes on a volume are shut by the device program alone" {
	# Class: a volume with device nodes.
	# Defence: device_bpf_attach() in kernel/device_bpf.c.
	# Seen: with --cgroup-manager disabled the node opened (the end of the test).
	volume bind rw dev
	mknod -m 666 "$T/volume/disk" b 7 0
	head -c 1 "$T/volume/disk" >/dev/null 2>&1 || missing "no loop device can be opened on this host"
	policy '.rules["mount-dev"] = "allow"'
	without landlock seccomp
	config '.process.args = ["sh", "-c", "exec 3</tmp/volume/disk && echo opened"]'
	run brig run --bundle "$BUNDLE" "$ID" </dev/null
	says "not permitted"
	lacks opened
	run brig --cgroup-manager disabled run --bundle "$BUNDLE" "$ID" </dev/null
	says opened
}

@test "mknod makes no device, with CAP_MKNOD and no other layer" {
	# Class: device nodes made inside.
	# Defence: the user namespace; seccomp and Landlock above it.
	# Seen: with host-user allowed, no user namespace and CAP_MKNOD: "mknod-char ok" (the end of the test).
	without landlock seccomp
	grant CAP_MKNOD
	attack 'calls mknod-char=1:11 mknod-block=8:0'
	refused_each mknod-char mknod-block
	policy '.rules["host-user"] = "allow"'
	config '.linux.namespaces |= map(select(.type != "user"))'
	config '.process.args = ["/mnt/calls", "mknod-char=1:11"]'
	run brig --cgroup-manager disabled run --bundle "$BUNDLE" "$ID" </dev/null
	says "mknod-char ok"
}
