#!/usr/bin/env bats
load ../lib/common

# The options of the mount at PATH, as the container's mountinfo has them.
mount_options() { # PATH
	awk -v path="$1" '$5 == path { print $6 }' <<<"$output" | tail -n 1
}

has_option() { # PATH OPTION
	[[ ,$(mount_options "$1"), == *,$2,* ]] || complain "$1 has no $2: $(mount_options "$1")"
}

add_bind() { # SOURCE OPTIONS…
	local source=$1
	shift
	config --arg source "$source" --argjson options "$(jq -cn '$ARGS.positional' --args "$@")" \
		'.mounts += [{ destination: "/mnt", type: "bind", source: $source, options: $options }]'
}

dispose() {
	local point
	for point in $(grep -F " $T/" /proc/self/mountinfo | awk '{ print $5 }' | tac); do
		umount "$point"
	done
}

@test "nothing of the host's mounts is in the container's mountinfo" {
	inside 'cat /proc/self/mountinfo'
	((status == 0))
	is "$(awk '$5 ~ "^/work|^/sys/fs/cgroup/" || ($4 == "/" && $9 == "ext4")' <<<"$output")" ""
	# one mount at "/", and no other
	is "$(awk '$5 == "/"' <<<"$output" | wc -l)" 1
}

@test "the parent of the root is the root" {
	inside 'stat -c "%d %i" / /.. /../../.. | sort -u | wc -l'
	is "$output" 1
}

@test "what the workload can write is nosuid and nodev" {
	own_rootfs
	inside 'cat /proc/self/mountinfo'
	((status == 0))
	local path
	for path in /tmp /dev/shm /dev/mqueue; do
		has_option "$path" nosuid
		has_option "$path" nodev
	done
	has_option / nosuid
	has_option / nodev
}

@test "a bind shows the source, writable or read-only" {
	mkdir "$T/data"
	echo hello >"$T/data/file"
	add_bind "$T/data" rbind rw
	inside 'cat /mnt/file; echo more >/mnt/new; stat -c "%u %g" /mnt/new'
	is "$output" $'hello\n0 0'
	is "$(stat -c '%u %g' "$T/data/new")" "0 0"
	config '.mounts[-1].options = ["rbind", "ro"]'
	inside 'echo more >/mnt/other'
	((status != 0))
	says "Read-only file system"
}

@test "a bind of a file" {
	echo one-file >"$T/file"
	config --arg source "$T/file" '.mounts += [{ destination: "/tmp/file", type: "bind", source: $source, options: ["bind", "ro"] }]'
	inside 'cat /tmp/file'
	is "$output" one-file
}

@test "a mount point that is missing is made, in the root file system only" {
	own_rootfs
	mkdir "$T/data" "$T/outside"
	ln -s "$T/outside" "$BUNDLE/rootfs/link"
	ln -s /../../../.."$T/outside" "$BUNDLE/rootfs/climb"
	config --arg source "$T/data" '.mounts += [
		{ destination: "/a/b/c", type: "bind", source: $source, options: ["bind"] },
		{ destination: "/link/x", type: "bind", source: $source, options: ["bind"] },
		{ destination: "/climb/y", type: "bind", source: $source, options: ["bind"] }]'
	inside 'ls -d /a/b/c /link/x /climb/y'
	is "$output" $'/a/b/c\n/climb/y\n/link/x'
	is "$(find "$T/outside" -mindepth 1)" ""
}

@test "a file is bound over a link to a file that does not exist, as images have at /etc/resolv.conf" {
	own_rootfs
	ln -s ../run/systemd/resolve/stub-resolv.conf "$BUNDLE/rootfs/etc/resolv.conf"
	echo "nameserver 192.0.2.1" >"$T/resolv.conf"
	config --arg source "$T/resolv.conf" '.mounts += [{ destination: "/etc/resolv.conf", type: "bind", source: $source, options: ["bind", "ro"] }]'
	inside 'cat /etc/resolv.conf; readlink /etc/resolv.conf'
	is "$output" $'nameserver 192.0.2.1\n../run/systemd/resolve/stub-resolv.conf'
}

@test "a tmpfs without mode= has the mode of the directory it hides, like runc's and crun's" {
	own_rootfs
	mkdir -m 750 "$BUNDLE/rootfs/private"
	config '.mounts |= map(select(type == "object" and (.destination | IN("/tmp", "/run") | not)))
		| .mounts += (["/private", "/run", "/tmp", "/absent"] | map({ destination: ., type: "tmpfs", source: "tmpfs", options: ["nosuid"] }))
		| .mounts += [{ destination: "/chosen", type: "tmpfs", source: "tmpfs", options: ["mode=0700"] },
			{ destination: "/var", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"] }]'
	chmod 711 "$BUNDLE/rootfs/var"
	inside 'stat -c "%a %n" /private /run /tmp /absent /chosen /var'
	is "$output" $'750 /private\n755 /run\n1777 /tmp\n1777 /absent\n700 /chosen\n711 /var'
}

@test "a tmpfs at /dev takes every option, and owners that are the container's" {
	config '.mounts |= map(if .destination == "/dev" then .options = (["nosuid", "strictatime", "mode=755", "uid=5", "gid=6"]
		+ [range(1; 15) | "size=\(.)m"] + ["size=3m"]) else . end)'
	inside 'stat -c "%u %g %a" /dev; df -k /dev | tail -n 1 | tr -s " " | cut -d " " -f 2; ls -l /dev/null >/dev/null && echo nodes'
	is "$output" $'5 6 755\n3072\nnodes'
	config '.mounts |= map(if .destination == "/dev" then .options += ["uid=100000"] else . end)'
	inside true
	((status != 0))
	says /mounts/ uid=100000
}

@test "recursive read-only reaches mounts below" {
	mkdir -p "$T/data/below" "$T/other"
	mount --bind "$T/other" "$T/data/below"
	add_bind "$T/data" rbind rro
	inside 'touch /mnt/below/x'
	umount "$T/data/below"
	((status != 0))
	says "Read-only file system"
}

@test "slave and rslave receive the host's mounts, also below; private ones do not, and none is shared" {
	local option
	mkdir -p "$T/data/below" "$T/other" # not a tmpfs: before Linux 6.3 it cannot be id-mapped
	# In a mount namespace of its own: nothing shared is left on the host.
	cat >"$T/run" <<-'EOF'
		mount --make-rprivate / && mount --bind "$1" "$1" && mount --bind "$1/../other" "$1/below" && mount --make-rshared "$1" || exit 9
		shift
		"$@"
	EOF
	for option in slave rslave private rprivate ro; do
		add_bind "$T/data" rbind "$option"
		config '.process.args = ["cat", "/proc/self/mountinfo"]'
		run unshare --mount bash "$T/run" "$T/data" "$BRIG" --root "$ROOT" --policy "$POLICY" --log "$LOG" run --bundle "$BUNDLE" "$ID" </dev/null 3>&-
		((status == 0)) || complain "$option: $output"
		output=$(grep " /mnt" <<<"$output")
		is "$option $(wc -l <<<"$output") $(grep -c master: <<<"$output") $(grep -c shared: <<<"$output")" "$option 2 $([[ $option == *slave ]] && echo 2 || echo 0) 0"
		config 'del(.mounts[-1])'
	done
}

@test "the root's propagation is the config's, as far as policy allows" {
	local word tag='while read -r _ _ _ _ at _ tag _; do [ "$at" != / ] || echo "$tag"; done </proc/self/mountinfo'
	for word in private:- unbindable:unbindable; do
		config --arg word "${word%:*}" '.linux.rootfsPropagation = $word'
		inside "$tag"
		is "$output" "${word#*:}"
	done
	config '.linux.rootfsPropagation = "shared"'
	fails create
	says /linux/rootfsPropagation root-propagation
	policy '.rules["root-propagation"] = "allow"'
	inside "$tag"
	[[ $output == shared:* ]] || complain "$output"
}

@test "an unbindable mount is there, and whatever propagation was asked for" {
	local option
	policy '.rules["mount-propagation"] = "allow"'
	mkdir "$T/data"
	echo here >"$T/data/file"
	config '.mounts += [{ destination: "/run/own", type: "tmpfs", source: "tmpfs", options: ["size=64k"] }]'
	for option in unbindable runbindable rslave rshared; do
		add_bind "$T/data" rbind "$option"
		inside 'cat /mnt/file; grep -c " /run/own " /proc/self/mountinfo; grep " /mnt " /proc/self/mountinfo'
		((status == 0)) || complain "$option: $output"
		is "$(head -n 2 <<<"$output")" $'here\n1'
		[[ $option != *unbindable ]] || says unbindable
		config 'del(.mounts[-1])'
	done
}

@test "noexec, nosymfollow and noatime are applied" {
	mkdir "$T/data"
	add_bind "$T/data" rbind noexec noatime nosymfollow
	inside 'cat /proc/self/mountinfo'
	has_option /mnt noexec
	has_option /mnt noatime
	has_option /mnt nosymfollow
}

@test "an unknown option of a bind is refused with its place" {
	mkdir "$T/data"
	add_bind "$T/data" rbind no-such-option
	fails create
	says /mounts/ no-such-option
}

@test "tmpfs takes size and mode, and tmpcopyup starts with what it hides" {
	own_rootfs
	mkdir "$BUNDLE/rootfs/full"
	echo content >"$BUNDLE/rootfs/full/file"
	config '.mounts += [{ destination: "/full", type: "tmpfs", source: "tmpfs", options: ["size=1m", "mode=711", "tmpcopyup"] }]'
	inside 'cat /full/file; stat -c %a /full; df -k /full | tail -n 1 | tr -s " " | cut -d" " -f2'
	is "$output" $'content\n711\n1024'
}

@test "the empty option that podman writes is ignored" {
	config '.mounts += [{ destination: "/run", type: "tmpfs", source: "tmpfs", options: ["", "rw", "nosuid"] }]'
	inside 'touch /run/x && echo done'
	is "$output" "done"
}

@test "an idmap bind with mappings of its own shifts owners by them" {
	mkdir "$T/data"
	chown 1000:1001 "$T/data"
	config --arg source "$T/data" '(.linux.uidMappings, .linux.gidMappings) = [{ containerID: 0, hostID: 3000000000, size: 65536 }]
		| .mounts += [{ destination: "/mnt", type: "bind", source: $source, options: ["bind", "idmap"],
			uidMappings: [{ containerID: 1000, hostID: 3000000005, size: 1 }], gidMappings: [{ containerID: 1001, hostID: 3000000006, size: 1 }] }]
		| .process.user = { uid: 5, gid: 6 }'
	inside 'stat -c "%u %g" /mnt && touch /mnt/made && stat -c "%u %g" /mnt/made'
	is "$output" $'5 6\n5 6'
	is "$(stat -c '%u %g' "$T/data/made")" "1000 1001"
}

@test "idmap shifts the owners of a mount, ridmap those of the mounts below it too; with ids that brig draws both do" {
	mkdir -p "$T/data/below" "$T/other"
	chown 7:8 "$T/data" "$T/other"
	mount --bind "$T/other" "$T/data/below"
	add_bind "$T/data" rbind idmap
	inside 'stat -c "%u %g" /mnt /mnt/below'
	local drawn=$output recursive
	config '(.linux.uidMappings, .linux.gidMappings) = [{ containerID: 0, hostID: 3000000000, size: 65536 }]'
	inside 'stat -c "%u %g" /mnt /mnt/below'
	local alone=$output
	config '.mounts[-1].options = ["rbind", "ridmap"]'
	inside 'stat -c "%u %g" /mnt /mnt/below'
	recursive=$output
	umount "$T/data/below"
	is "$drawn" $'7 8\n7 8'
	is "$alone" $'7 8\n65534 65534'
	is "$recursive" $'7 8\n7 8'
}

@test "copy-symlink shows the link itself, and without it what it leads to" {
	echo content >"$T/file"
	ln -s "$T/file" "$T/link"
	config --arg source "$T/link" '.mounts += [{ destination: "/tmp/link", type: "bind", source: $source, options: ["bind", "ro", "copy-symlink"] }]'
	inside 'readlink /tmp/link; cat /tmp/link'
	((status != 0)) # there is no such file in the container
	is "$(head -n 1 <<<"$output")" "$T/file"
	config '.mounts[-1].options = ["bind", "ro"]'
	inside 'readlink /tmp/link; cat /tmp/link'
	is "$output" content
}

@test "the host's / and its files cannot be mounted" {
	local source
	for source in / /etc /proc /sys/kernel /dev /run /root/.ssh "$ROOT"; do
		[[ -e $source ]] || continue
		config --arg source "$source" '.mounts |= map(select(.destination != "/mnt"))
			| .mounts += [{ destination: "/mnt", type: "bind", source: $source, options: ["rbind"] }]'
		run create
		((status != 0)) || complain "$source was mounted"
		says "refused by policy" /mounts/
	done
}

@test "the host's /sys becomes a read-only one of the container's own" {
	config '.mounts = [.mounts[] | select(.destination | startswith("/sys") | not)] + [{ destination: "/sys", type: "bind", source: "/sys", options: ["rbind", "rw"] }]'
	inside 'ls /sys/class/net; touch /sys/x 2>&1'
	says lo "Read-only file system"
	[[ $output != *eth* ]]
}

@test "a symbolic link to a guarded place is followed before it is judged" {
	ln -s /etc "$T/innocent"
	add_bind "$T/innocent" rbind
	fails create
	says "refused by policy"
}

@test "/proc is the container's own, and /sys is read-only" {
	inside 'ls -d /proc/[0-9]* | wc -l; touch /sys/x 2>&1'
	says "Read-only file system"
	(($(head -n 1 <<<"$output") < 10))
}

@test "/dev has the default devices, links and nothing else" {
	inside 'cd /dev; ls | tr "\n" " "; for l in fd stdin ptmx; do readlink $l; done; echo x >/dev/null && head -c 1 /dev/zero | wc -c'
	((status == 0))
	says "fd full" null ptmx pts random shm stdin tty urandom zero /proc/self/fd
	[[ $output != *sda* && $output != *kmsg* && $output != *mem* ]]
}

@test "a read-only root cannot be written" {
	inside 'touch /x'
	((status != 0))
	says "Read-only file system"
}

@test "devices can be opened only as the list says" {
	# kmsg: whoever only writes needs no capability
	policy '.settings.device_allow = ["c 1:11 rw"]'
	config '.linux.devices = [{ path: "/dev/kmsg", type: "c", major: 1, minor: 11, fileMode: 438 }]
		| .linux.resources.devices = [{ allow: false, access: "rwm" }, { allow: true, type: "c", major: 1, minor: 11, access: "w" },
			{ allow: false, type: "c", major: 1, minor: 5, access: "w" }]'
	inside ': >/dev/kmsg && head -c 1 /dev/zero | wc -c; echo x >/dev/full; echo x >/dev/zero'
	is "$output" "1
sh: write error: No space left on device
sh: can't create /dev/zero: Operation not permitted"
	config '.linux.resources.devices[1].access = "r"'
	inside ': >/dev/kmsg'
	is "$output" "sh: can't create /dev/kmsg: Operation not permitted"
}

@test "a destination that climbs ends in the container" {
	mkdir "$T/data"
	touch "$T/data/here"
	config --arg source "$T/data" '.mounts += [{ destination: "/tmp/../../../../mnt", type: "bind", source: $source, options: ["bind"] }]'
	inside 'ls /mnt'
	is "$output" here
}

@test "mount points are made in a bind that is read-only in the end, as Podman has secrets" {
	mkdir "$T/secrets"
	echo hidden >"$T/secret"
	config --arg d "$T" '.mounts += [
		{ destination: "/run/secrets/token", type: "bind", source: ($d + "/secret"), options: ["bind", "ro"] },
		{ destination: "/run/secrets", type: "bind", source: ($d + "/secrets"), options: ["bind", "ro"] },
		{ destination: "/run/secrets/token", type: "bind", source: ($d + "/secret"), options: ["bind", "ro"] }]'
	inside 'cat /run/secrets/token; touch /run/secrets/new /run/secrets/token'
	says hidden "touch: /run/secrets/new: Read-only file system" "touch: /run/secrets/token: Read-only file system"
	is "$(ls -A "$T/secrets") $(stat -c %u:%g:%s "$T/secrets/token")" "token 0:0:0"
	succeeds brig plan --format json "$BUNDLE"
	is "$(jq -c '[.mounts[] | select(.holdsPoints) | .target]' <<<"$output")" '["/run/secrets"]'
	# Neither what is read-only with all below it, nor what the container could not have writable.
	rm "$T/secrets/token"
	config '(.mounts[] | select(.destination == "/run/secrets")).options = ["rbind", "rro"]'
	inside true
	says "cannot make the mount point" "Read-only file system"
	is "$(ls -A "$T/secrets")" ""
}

@test "no other file is made in such a bind: by a working directory, links of the image, or while it is shared" {
	local case
	own_rootfs
	mkdir -p "$T/volume/sub" "$T/data" "$T/tree/a"
	rm -rf "$BUNDLE/rootfs/dev"
	ln -s /mnt/d "$BUNDLE/rootfs/dev"
	ln -s /mnt/evil "$BUNDLE/rootfs/data"
	config --arg d "$T" '.mounts = [.mounts[] | select(.destination | startswith("/dev") | not)] + [
		{ destination: "/mnt", type: "bind", source: ($d + "/volume"), options: ["bind", "ro"] },
		{ destination: "/mnt/sub", type: "bind", source: ($d + "/data"), options: ["bind", "ro"] }]'
	cp "$BUNDLE/config.json" "$T/config.json"
	# shellcheck disable=SC2016 # the dollars are jq's
	for case in '.process.cwd = "/mnt/evil/deeper"' \
		'.mounts += [{ destination: "/data", type: "bind", source: ($d + "/data"), options: ["bind", "ro"] }]' .; do
		cp "$T/config.json" "$BUNDLE/config.json"
		config --arg d "$T" "$case"
		inside true
		((status != 0)) || complain "$case: ran"
		is "$(find "$T/volume" -mindepth 1 -printf '%P ')" "sub "
	done
	# A shared mount copies what is mounted in it to its peers, as it is then.
	rm "$BUNDLE/rootfs/dev"
	mkdir "$BUNDLE/rootfs/dev"
	cp "$T/config.json" "$BUNDLE/config.json"
	policy '.rules["mount-propagation"] = "allow"'
	config --arg d "$T" '.mounts += [
		{ destination: "/home", type: "bind", source: ($d + "/tree"), options: ["bind", "rshared"] },
		{ destination: "/srv", type: "bind", source: ($d + "/tree"), options: ["bind", "rshared"] },
		{ destination: "/srv/a", type: "bind", source: ($d + "/volume"), options: ["bind", "ro"] },
		{ destination: "/srv/a/new", type: "bind", source: ($d + "/data"), options: ["bind", "ro"] }]'
	mount --bind "$T/tree" "$T/tree"
	mount --make-shared "$T/tree"
	inside 'touch /home/a/x /srv/a/x'
	says "/home/a/x: Read-only file system" "/srv/a/x: Read-only file system"
	is "$(find "$T/volume" -mindepth 1 -printf '%P\n' | sort | tr '\n' ' ')" "new sub "
	umount -R "$T/tree"
}

@test "no mount point is made in a read-only bind of what may not be bound writable" {
	mkdir -p "$T/data" "$T/local/brig-test"
	config --arg d "$T/data" '.mounts += [
		{ destination: "/mnt", type: "bind", source: "/usr/local/brig-test", options: ["bind", "ro"] },
		{ destination: "/mnt/new", type: "bind", source: $d, options: ["bind", "ro"] }]'
	config '.process.args = ["true"]'
	local action
	for action in harden warn; do # of a warning the audit log would have to tell
		policy --arg action "$action" '.rules["bind-code"] = $action'
		run unshare --mount --propagation private bash -c 'mount --bind "$0" /usr/local && "$@" </dev/null' \
			"$T/local" "$BRIG" --root "$ROOT" --policy "$POLICY" run --bundle "$BUNDLE" "$ID" 3>&-
		says "cannot make the mount point" "Read-only file system"
		is "$(ls -A "$T/local/brig-test")" ""
	done
}

# In a mount namespace of the test's own: others mount, too, while it runs.
@test "the host's mount table is as before" {
	config '.process.args = ["true"]'
	run unshare --mount --propagation private bash -c 'cat /proc/self/mountinfo >"$0/before" && "$@" && cat /proc/self/mountinfo >"$0/after"' \
		"$T" "$BRIG" --root "$ROOT" --policy "$POLICY" run --bundle "$BUNDLE" "$ID" </dev/null
	((status == 0)) || complain "status $status: $output"
	is "$(cat "$T/after")" "$(cat "$T/before")"
}

@test "a FIFO in linux.devices is made wherever it is asked for, and needs none of the host's" {
	own_rootfs
	config '.linux.devices += [{ type: "p", path: "/run/pipe", fileMode: 416, uid: 0, gid: 7 }, { type: "p", path: "/dev/other", fileMode: 384 }]
		| .mounts |= map(select(.destination != "/run"))'
	inside 'stat -c "%F %a %u %g %n" /run/pipe /dev/other; echo through >/run/pipe & cat /run/pipe'
	is "$output" $'fifo 640 0 7 /run/pipe\nfifo 600 0 0 /dev/other\nthrough'
	rm "$BUNDLE/rootfs/run/pipe"
	ln -s /etc/passwd "$BUNDLE/rootfs/run/pipe"
	inside true
	((status != 0))
	says /linux/devices/0 "something else"
}
