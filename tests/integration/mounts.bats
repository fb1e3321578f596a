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
	inside 'ls -d /a/b/c'
	is "$(find "$T/outside" -mindepth 1)" ""
}

@test "recursive read-only reaches mounts below" {
	mkdir -p "$T/data/below"
	mount -t tmpfs tmpfs "$T/data/below"
	add_bind "$T/data" rbind rro
	inside 'touch /mnt/below/x'
	umount "$T/data/below"
	((status != 0))
	says "Read-only file system"
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

@test "an idmap bind with mappings of its own shifts owners" {
	mkdir "$T/data"
	chown 1000:1000 "$T/data"
	config --arg source "$T/data" '.mounts += [{ destination: "/mnt", type: "bind", source: $source, options: ["bind", "idmap"],
		uidMappings: [{ containerID: 1000, hostID: 5, size: 1 }], gidMappings: [{ containerID: 1000, hostID: 6, size: 1 }] }]'
	run brig plan "$BUNDLE"
	echo "$output"
	create
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
	config '.mounts += [{ destination: "/mnt", type: "bind", source: "/sys", options: ["rbind", "rw"] }]'
	inside 'ls /mnt/class/net; touch /mnt/x 2>&1'
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
	inside 'head -c 1 /dev/full | wc -c; echo x >/dev/full'
	((status != 0))
	says "No space left"
}

@test "a destination that climbs ends in the container" {
	mkdir "$T/data"
	config --arg source "$T/data" '.mounts += [{ destination: "/tmp/../../../../mnt", type: "bind", source: $source, options: ["bind"] }]'
	create || true
	[[ -z $(ls -A "$T/data") ]]
}

# In a mount namespace of the test's own: others mount, too, while it runs.
@test "the host's mount table is as before" {
	config '.process.args = ["true"]'
	run unshare --mount --propagation private bash -c 'cat /proc/self/mountinfo >"$0/before" && "$@" && cat /proc/self/mountinfo >"$0/after"' \
		"$T" "$BRIG" --root "$ROOT" --policy "$POLICY" run --bundle "$BUNDLE" "$ID" </dev/null
	((status == 0)) || complain "status $status: $output"
	is "$(cat "$T/after")" "$(cat "$T/before")"
}
