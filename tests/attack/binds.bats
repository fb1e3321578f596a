#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

dispose() {
	local point
	while read -r point; do
		umount "$point"
	done < <(awk -v "below=$T/" 'index($5, below) == 1 { print $5 }' /proc/self/mountinfo | tac)
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
	# Without: mount-words.patch.
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
	# Without: root-place.patch.
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

@test "nor does it become a device or an engine's socket in between" {
	# Class: time of check, time of use, where no directory is guarded.
	# Defence: acting() in policy/rules_binds.c: the kind of what is open, not its place alone.
	# Without: source-kind.patch.
	local fault=${FAULT_BRIG:-$BRIG_BUILD/fault/brig} halted bad
	[[ -x $fault ]] || missing "no fault build: make fault"
	needs_program python3
	mkdir "$T/run"
	python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); time.sleep(60)' "$T/run/docker.sock" 3>&- &
	LISTENER=$!
	mknod "$T/run/disk" b 7 0
	eventually test -S "$T/run/docker.sock"
	touch "$T/harmless"
	config --arg source "$T/source" '.process.args = ["true"] | .mounts += [{ destination: "/tmp/x", type: "bind", source: $source, options: ["bind", "ro"] }]'
	for bad in docker.sock disk; do
		ln -sfn "$T/harmless" "$T/source"
		BRIG_FAULT=create-recorded:stop "$fault" --root "$ROOT" --policy "$POLICY" create --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>&1 3>&- &
		halted=$!
		eventually grep -qs '^State:.T' "/proc/$halted/status"
		ln -sfn "$T/run/$bad" "$T/source"
		kill -CONT $halted
		wait $halted && complain "created: $(cat "$T/out")"
		output=$(cat "$T/out")
		says "refused by policy"
	done
}

# bundle_binds OPTIONS…: $T/volume at /tmp/x
bundle_binds() {
	local options
	options=$(jq -nc '$ARGS.positional' --args "$@")
	config --arg source "$T/volume" --argjson options "$options" '.mounts = [.mounts[] | select(.destination != "/tmp/x")] + [{ destination: "/tmp/x", type: "bind", source: $source, options: $options }]'
}

@test "what is mounted below a source, or in the root file system, is judged as well" {
	# Class: a harmless directory with a part of the host mounted in it, bound recursively.
	# Defence: submounts_judge() in launch/submounts.c: each mount below, by its own descriptor.
	# Without: submounts.patch.
	local place
	mkdir "$T/volume"
	mount -t tmpfs -o mode=755 volume "$T/volume"
	mkdir "$T/volume/below"
	for place in /etc /proc /dev /root/.ssh /usr; do
		[[ -d $place ]] || continue
		mount --bind "$place" "$T/volume/below"
		bundle_binds rbind rw
		fails create
		says "refused by policy" "'$T/volume/below', which is mounted there"
		umount "$T/volume/below"
	done
	mount --bind /etc "$T/volume/below"
	bundle_binds rbind rro
	fails create
	says "refused by policy" bind-host
	bundle_binds bind ro # leaves it out
	inside 'ls -A /tmp/x/below'
	is "$output" ""

	own_rootfs
	mv "$BUNDLE/rootfs"/* "$T/volume"
	config --arg root "$T/volume" '.root.path = $root | .mounts |= map(select(.destination != "/tmp/x"))'
	fails create
	says "refused by policy" root-place
	umount "$T/volume/below"
	inside 'echo started'
	says started
}

@test "ro leaves what is mounted below writable: programs of the host need rro" {
	# Class: a recursive bind of a place that is free to read, with "ro", which is said of one mount alone.
	# Defence: stays_writable() in launch/submounts.c.
	# Without: submounts-readonly.patch.
	mkdir "$T/volume"
	cat >"$T/run" <<-'EOF'
		mount --make-rprivate / && mount -t tmpfs volume "$1" && mkdir "$1/usr" && mount --bind /usr "$1/usr" || exit 9
		mount --bind "$1/usr/local" "$1/usr/local"
		shift
		"$@"
	EOF
	bundle_binds rbind ro
	config '.process.args = ["grep", " /tmp/x/usr/local ", "/proc/self/mountinfo"]'
	run unshare -m bash "$T/run" "$T/volume" "$BRIG" --root "$ROOT" --policy "$POLICY" --log "$LOG" run --bundle "$BUNDLE" "$ID" </dev/null 3>&-
	says "refused by policy" bind-code "rro"
	bundle_binds rbind rro
	run unshare -m bash "$T/run" "$T/volume" "$BRIG" --root "$ROOT" --policy "$POLICY" --log "$LOG" run --bundle "$BUNDLE" "$ID" </dev/null 3>&-
	says " /tmp/x/usr/local ro,"
}

@test "a directory that is renamed does not hide what is mounted in it" {
	# Class: a name on the way to a mount is exchanged, so that another one is judged in its place.
	# Defence: leads_to() in launch/submounts.c: the number of the mount.
	# Without: submounts-number.patch.
	mkdir -p "$T/volume"/{a/below,b/below}
	mount --bind /etc "$T/volume/a/below"
	bundle_binds rbind rro
	local fault=${FAULT_BRIG:-$BRIG_BUILD/fault/brig}
	[[ -x $fault ]] || missing "no fault build: make fault"
	BRIG_FAULT=submounts-read:stop "$fault" --root "$ROOT" --policy "$POLICY" create --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>&1 3>&- &
	local halted=$!
	eventually grep -qs '^State:.T' "/proc/$halted/status"
	mv "$T/volume/a" "$T/volume/c"
	mv "$T/volume/b" "$T/volume/a"
	kill -CONT $halted
	wait $halted && complain "created: $(cat "$T/out")"
	output=$(cat "$T/out")
	says "has been moved meanwhile"
}

@test "mounts below a volume that guard nothing come with it" {
	# Class: none: what an engine's rbind of a volume must have, a tmpfs or another disk in it, is not refused.
	# Defence: policy_check_submount() in policy/rules_binds.c asks the same table as for a source.
	# Seen: with a row of the table for /tmp all of it was refused.
	mkdir -p "$T/volume"/{memory,covered} "$T/other"
	chmod 755 "$T" "$T/volume"
	mount -t tmpfs -o mode=1777 memory "$T/volume/memory"
	mkdir "$T/volume/memory/deep"
	mount --bind "$T/other" "$T/volume/memory/deep"
	mount --bind "$T/other" "$T/volume/covered"
	mount --make-private "$T/volume/covered" # else what covers it covers "deep" as well, where the host shares its mounts
	mount -t tmpfs -o mode=755 above "$T/volume/covered"
	bundle_binds rbind rw rprivate
	inside 'echo word >/tmp/x/memory/file && grep -c " /tmp/x/" /proc/self/mountinfo'
	is "$output" 4
	is "$(cat "$T/volume/memory/file")" word
}
