#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

dispose() {
	umount "$T/alias" "$T/volume/below" 2>/dev/null || true
	[[ -z ${LISTENER-} ]] || kill "$LISTENER" 2>/dev/null || true
}

# refuses SOURCE…: a bind of it is refused by policy, read-only or not
refuses() {
	local source options
	for source; do
		for options in '["rbind", "rw"]' '["bind", "ro"]'; do
			config --arg source "$source" --argjson options "$options" '.mounts = [.mounts[] | select(.destination != "/tmp/x")] + [{ destination: "/tmp/x", type: "bind", source: $source, options: $options }]'
			fails create
			says "refused by policy"
		done
	done
}

@test "sensitive places of the host are refused under each of their names" {
	# Class: host paths as volumes.
	# Defence: check_source_place() in policy/rules_binds.c, places[] in policy/host_paths.c.
	# Seen: with bind_allow ["/"] in the policy the container had /etc/shadow (the end of the test).
	local place
	ln -s /etc "$T/link"
	ln -s link/shadow "$T/second"
	for place in / // /. /.. /tmp/.. /etc /etc/shadow /etc/../etc/shadow /usr/../etc "$T/link" "$T/link/shadow" "$T/second" "/proc/self/root/etc" /proc/1/root/etc \
		/root/.ssh /boot /dev /dev/../dev /run /var/run /run/brig /run/brig-ids /run/brig-cache /var/lib /var /proc /proc/sys /sys/kernel /sys/fs/cgroup/unified /sys/kernel/debug "$ROOT"; do
		[[ -e $place ]] || continue
		refuses "$place"
	done
	policy '.settings.bind_allow = ["/etc"]'
	config '.mounts[-1] |= (.source = "/etc" | .options = ["rbind", "ro"])'
	inside 'ls /tmp/x/shadow'
	is "$output" /tmp/x/shadow
}

@test "a bind mount, or a directory above, does not hide what it is" {
	# Class: host paths under another name.
	# Defence: known_name() in policy/host_paths.c: inodes, not names.
	# Without: place-inode.patch.
	mkdir "$T/alias"
	mount --bind /etc "$T/alias"
	refuses "$T/alias" "$T/alias/apt" "$T/alias/shadow"
}

@test "an engine's socket is refused wherever it lies" {
	# Class: docker.sock in a container.
	# Defence: rule engine-socket, engine_sockets[] in policy/rules_binds.c.
	# Seen: with the rule allowed the socket was in the container (the end of the test).
	needs_program python3
	python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); time.sleep(60)' "$T/docker.sock" 3>&- &
	LISTENER=$!
	eventually test -S "$T/docker.sock"
	ln -s docker.sock "$T/harmless"
	refuses "$T/docker.sock" "$T/harmless" "$T/../$(basename "$T")/docker.sock"
	policy '.rules["engine-socket"] = "allow"'
	inside 'test -S /tmp/x && echo there'
	says there
}

@test "a source that is exchanged after it was judged is judged again" {
	# Class: time of check, time of use (CVE-2021-30465, CVE-2023-0264's kind).
	# Defence: source_clone() in launch/sources.c: policy_check_source() on the descriptor that is mounted.
	# Without: source-judged.patch.
	local fault=${FAULT_BRIG:-$BRIG_BUILD/fault/brig}
	[[ -x $fault ]] || missing "no fault build: make fault"
	mkdir "$T/harmless"
	ln -s "$T/harmless" "$T/source"
	config --arg source "$T/source" '.process.args = ["ls", "/tmp/x"] | .mounts += [{ destination: "/tmp/x", type: "bind", source: $source, options: ["rbind", "ro"] }]'
	BRIG_FAULT=create-recorded:stop "$fault" --root "$ROOT" --policy "$POLICY" create --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>&1 3>&- &
	local halted=$!
	eventually grep -qs '^State:.T' "/proc/$halted/status"
	ln -sfn /etc "$T/source"
	kill -CONT $halted
	wait $halted && complain "created: $(cat "$T/out")"
	output=$(cat "$T/out")
	says "refused by policy"
}

@test "no order of words makes a bind of the host's programs writable, or honour its set-id programs" {
	# Class: one reader of mount options for policy, and another one for the kernel.
	# Defence: mount_words_add() in kernel/mount_options.c: the last word counts, for policy and plan.
	# Seen: with a recursive word that left the plain ones standing: rw for rbind,rw,rro of /usr, no nosuid for suid,rnosuid.
	local options
	for options in '["rbind", "rw", "rro"]' '["rbind", "rrw", "rw", "rro"]' '["rbind", "rro", "rw"]' '["bind", "ro", "rrw"]'; do
		config --argjson options "$options" '.mounts = [.mounts[] | select(.destination != "/tmp/x")] + [{ destination: "/tmp/x", type: "bind", source: "/usr", options: $options }]'
		inside 'grep " /tmp/x " /proc/self/mountinfo'
		says " ro,"
	done
	mkdir "$T/volume"
	config --arg source "$T/volume" '.mounts[-1] |= (.source = $source | .options = ["rbind", "rw", "suid", "rnosuid", "dev", "rnodev"])'
	inside 'grep " /tmp/x " /proc/self/mountinfo'
	says nosuid,nodev
}

@test "programs, run-time state and engines' files of the host are no root file system" {
	# Class: a bundle that names a part of the host as its root file system, and owns it then.
	# Defence: check_root_place() in policy/rules_binds.c; only rows with ROOTFS of places[] in policy/host_paths.c.
	# Seen: with ROOTFS on the row of /usr the container was created on /usr/local.
	local place
	mkdir -p "$ROOT"
	ln -s /usr/local "$T/link"
	for place in /usr /usr/local /usr/lib/systemd /usr/lib/x86_64-linux-gnu "$T/link" /bin /lib/systemd /sbin /opt /opt/x /run /run/systemd /run/systemd/system /run/udev \
		/run/containerd/runc/k8s.io /var/run/containerd/runc/moby/x /var/lib/containerd/x /var/lib/containers/storage/overlay /var/lib/containers/storage/overlay/l \
		/var/lib/docker/overlay2/x/diff /run/user/1000/systemd /dev/disk /dev/shm "$ROOT" "$T"; do
		config --arg path "$place" '.root = { path: $path, readonly: true }'
		fails create
		says "refused by policy" root-place
	done
}
