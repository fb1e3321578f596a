#!/usr/bin/env bats
# Volumes by the file system that they are on: with id-mapped mounts they are the container's root's to
# use, and without the container is refused, by `plan` as by `run`; docs/volumes.md has the kinds.
load ../lib/common

prepare() {
	V=$T/volume
	mkdir "$V"
}

dispose() {
	local point
	for point in $(grep -F " $T/" /proc/self/mountinfo | awk '{ print $5 }' | tac); do
		umount "$point"
	done
}

# A secret: nobody but root reads it. Its owner is to stay as it is.
fill() {
	echo secret >"$V/token"
	chmod 400 "$V/token"
}

fill_tmpfs() {
	mount -t tmpfs -o mode=755 tmpfs "$V"
	fill
}

fill_fuse() { # [DIRECTORY]: bindfs of it
	needs_program bindfs
	[[ -c /dev/fuse ]] || modprobe fuse || missing "no FUSE in this kernel"
	fill
	mkdir -p "$T/fuse"
	bindfs "$V" "${1-$T/fuse}" 3>&-
}

volume() { # SOURCE [bind|rbind]
	config --arg source "$1" --arg bind "${2-rbind}" \
		'.mounts += [{ destination: "/mnt", type: "bind", source: $source, options: [$bind, "rw"] }]'
}

# The container's root reads and writes it, and what it writes is root's.
is_usable() {
	inside 'cat /mnt/token && stat -c %u:%g /mnt/token && echo new >/mnt/new'
	is "$output" $'secret\n0:0'
	is "$(stat -c %u:%g:%a "$V/token") $(stat -c %u:%g "$V/new")" "0:0:400 0:0"
	succeeds brig plan "$BUNDLE"
}

# is_refused TEXT…: and nothing was changed to get round it
is_refused() {
	inside 'cat /mnt/token'
	((status != 0)) || complain "$output"
	says "$@"
	[[ $output != *secret* ]] || complain "$output"
	fails brig plan "$BUNDLE"
	says "$@"
	is "$(stat -c %u:%g:%a "$V/token")" 0:0:400
}

@test "a directory of ext4, as emptyDir and hostPath are, is the container's root's" {
	fill
	volume "$V"
	is_usable
}

@test "a secret on a tmpfs is the container's root's from Linux 6.3 on; before, it is refused with that reason" {
	fill_tmpfs
	volume "$V"
	if kernel_is_at_least 6 3; then
		is_usable
	else
		is_refused "mounting /mnt: 'tmpfs' has no id-mapped mounts on this kernel" /mounts/ \
			"tmpfs has them from Linux 6.3 on; else use ext4, xfs or btrfs"
	fi
}

@test "a FUSE volume whose server knows no id-mapped mounts is refused, with what it would need" {
	fill_fuse
	volume "$T/fuse"
	is_refused "mounting /mnt: 'fuse' has no id-mapped mounts on this kernel" /mounts/ \
		"$(sed -n "s/^ *remedy  //p" "$TREE/README.md")" # which shows this one
}

@test "a file system that never has them is refused, with where to put the files instead" {
	mount -t ramfs ramfs "$V"
	fill
	volume "$V"
	is_refused "mounting /mnt: 'ramfs' has no id-mapped mounts on this kernel" \
		"use a file system that has them, such as ext4, xfs or btrfs"
}

@test "a mount without them below a volume is refused as that; the volume alone is usable" {
	mkdir "$V/below"
	fill_fuse "$V/below"
	volume "$V"
	is_refused "mounting /mnt: a mount below it has no id-mapped mounts" "'bind' rather than 'rbind'"
	config 'del(.mounts[-1])'
	volume "$V" bind
	is_usable
}

@test "a root file system without them is refused at its place in config.json" {
	mount -t ramfs ramfs "$V"
	fill
	cp -a "$ROOTFS" "$V/rootfs"
	config --arg path "$V/rootfs" '.root.path = $path'
	is_refused "root file system" "'ramfs' has no id-mapped mounts" /root/path
}

@test "with rootfs_ids as-is a FUSE volume is bound as it is: what belongs to the container's ids is the container's" {
	fill_fuse
	echo readable >"$T/fuse/for-all"
	volume "$T/fuse"
	policy '.settings.rootfs_ids = "as-is"'
	inside 'cat /mnt/for-all; stat -c %u /mnt/for-all; cat /mnt/token'
	says readable 65534 "Permission denied"
}

# --- by mappings that are not brig's --------------------------------------------------------------------

# bind DESTINATION OPTION… [MEMBERS]: of the volume; MEMBERS, if the last one begins with a brace, are more of the mount
bind() {
	local more='{}'
	[[ ${*: -1} != \{* ]] || more=${*: -1}
	config --arg source "$V" --arg to "$1" --arg options "${*:2}" --argjson more "$more" \
		'.mounts += [{ destination: $to, type: "bind", source: $source, options: ($options | sub(" ?{.*"; "") / " ") } + $more]'
}

@test "with a mapping that the engine chose, a bind is as it is, or shifted by idmap, or by mappings of its own without that word" {
	chown 1000:1001 "$V"
	config '.linux.uidMappings = [{ containerID: 0, hostID: 3000000000, size: 65536 }] | .linux.gidMappings = .linux.uidMappings'
	bind /mnt rbind
	bind /home rbind idmap
	bind /var bind '{ "uidMappings": [{ "containerID": 1000, "hostID": 3000000005, "size": 1 }], "gidMappings": [{ "containerID": 1001, "hostID": 3000000006, "size": 1 }] }'
	inside 'stat -c "%n %u:%g" /mnt /home /var'
	is "$output" $'/mnt 65534:65534\n/home 1000:1001\n/var 5:6'
}

@test "a user namespace by path: its mapping counts, not the one beside it, and idmap shifts by it" {
	local holder
	unshare --user sleep 600 3>&- &
	holder=$!
	eventually grep -q . "/proc/$holder/comm"
	until [[ $(readlink "/proc/$holder/ns/user") != "$(readlink /proc/self/ns/user)" ]]; do sleep 0.05; done
	echo 0 3000000000 65536 | tee "/proc/$holder/uid_map" >"/proc/$holder/gid_map"
	chown 1000:1001 "$V"
	bind /mnt rbind
	bind /home rbind idmap
	config --arg path "/proc/$holder/ns/user" '(.linux.namespaces[] | select(.type == "user")).path = $path
		| .linux.uidMappings = [{ containerID: 0, hostID: 3000000000, size: 1 }] | .linux.gidMappings = .linux.uidMappings'
	inside 'cat /proc/self/uid_map; stat -c "%n %u:%g" /mnt /home'
	kill "$holder"
	says "3000000000      65536" "/mnt 65534:65534" "/home 1000:1001"
}
