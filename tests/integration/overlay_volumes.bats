#!/usr/bin/env bats
# Volumes that config.json asks for as an overlay, as Podman does for -v SOURCE:TARGET:O and for images:
# made by brig, of id-mapped layers.
load ../lib/common

# Below a directory that only its owner may search, as those of Podman are.
prepare() {
	V=$T/volume
	mkdir -p "$V"/{lower/dir,upper,work}
	chmod 700 "$V"
	echo lower >"$V/lower/file"
	echo theirs >"$V/lower/users-file"
	chown 1000:1000 "$V/lower/users-file"
}

# overlay OPTION…: at /mnt
overlay() {
	config --arg options "$*" '.mounts += [{ destination: "/mnt", type: "overlay", source: "overlay", options: ($options / " ") }]'
}

dispose() {
	local point
	for point in $(grep -F " $T/" /proc/self/mountinfo | awk '{ print $5 }' | tac); do
		umount "$point"
	done
}

only_what_was_there() {
	is "$(find "$V" -mindepth 1 -maxdepth 1 -name '.*')" ""
}

@test "what is written lands in its upper directory, with the owners that it has inside" {
	overlay "lowerdir=$V/lower" "upperdir=$V/upper" "workdir=$V/work" private
	inside 'set -e; cat /mnt/file; echo more >>/mnt/file; echo new >/mnt/dir/new; rm /mnt/users-file; stat -c "%u:%g %n" /mnt/*'
	is "$output" $'lower\n0:0 /mnt/dir\n0:0 /mnt/file'
	is "$(cat "$V/upper/file" "$V/upper/dir/new" "$V/lower/file")" $'lower\nmore\nnew\nlower'
	is "$(stat -c '%u:%g %F' "$V"/upper/{file,dir,users-file})" $'0:0 regular file\n0:0 directory\n0:0 character special file'
	only_what_was_there
}

@test "it is nosuid and nodev as all mounts, and shows no path of the host" {
	overlay "lowerdir=$V/lower" "upperdir=$V/upper" "workdir=$V/work"
	inside 'grep " /mnt " /proc/self/mountinfo'
	says nosuid,nodev
	[[ $output != *"$T"* ]] || complain "$output"
}

@test "read-only: two layers and nothing to write to" {
	mkdir "$V/low2"
	echo low2 >"$V/low2/two"
	overlay "lowerdir=$V/lower:$V/low2" ro
	inside 'cat /mnt/file /mnt/two; stat -c %u /mnt/users-file; echo x >/mnt/new'
	((status != 0))
	says lower low2 1000 "Read-only file system"
}

@test "a layer that is a mounted overlay, as an image is: what is below is not written to" {
	mkdir -p "$T/image"/{a,b,upper,work,merged}
	echo a >"$T/image/a/file"
	echo b >"$T/image/b/other"
	mount -t overlay overlay -o "lowerdir=$T/image/a:$T/image/b,upperdir=$T/image/upper,workdir=$T/image/work" "$T/image/merged"
	overlay "lowerdir=$T/image/merged" "upperdir=$V/upper" "workdir=$V/work"
	inside 'cat /mnt/file /mnt/other; echo more >>/mnt/file; stat -c %u /mnt/file'
	is "$output" $'a\nb\n0'
	is "$(cat "$V/upper/file")" $'a\nmore'
	is "$(ls -A "$T/image/upper")" ""
	is "$(find "$T/image" -name '.brig*')" ""
	only_what_was_there
}

@test "with a mapping that the engine chose, layers are as the engine made them" {
	chown 3000000000:3000000000 "$V/upper"
	overlay "lowerdir=$V/lower" "upperdir=$V/upper" "workdir=$V/work"
	config '.linux.uidMappings = [{ containerID: 0, hostID: 3000000000, size: 65536 }]
		| .linux.gidMappings = .linux.uidMappings'
	inside 'cat /mnt/file; echo new >/mnt/new; stat -c %u /mnt/file /mnt/new'
	is "$output" $'lower\n65534\n0'
	is "$(stat -c %u:%g "$V/upper/new")" 3000000000:3000000000
	only_what_was_there
}

@test "a layer of a place that policy guards is refused" {
	overlay "lowerdir=/etc" "upperdir=$V/upper" "workdir=$V/work"
	fails create
	says "/etc" bind-host
}

@test "a link that leads to such a place since it was judged is refused" {
	ln -s /etc "$V/link"
	overlay "lowerdir=$V/link" "upperdir=$V/upper" "workdir=$V/work"
	fails create
	says "/etc"
}

@test "an upper directory that others may exchange is refused" {
	local open
	open=$(mktemp -d /var/tmp/brig-overlay-XXXXXX)
	mkdir "$open/upper"
	chmod 777 "$open"
	overlay "lowerdir=$V/lower" "upperdir=$open/upper" "workdir=$V/work"
	fails create
	says "upper directory '$open/upper'" "others may write"
	is "$(ls -A "$open")" upper
	rm -r "$open"
}

@test "an option that brig does not know is named" {
	overlay "lowerdir=$V/lower" "upperdir=$V/upper" "workdir=$V/work" "casefold=on"
	fails create
	says casefold /mounts/
}

@test "delete removes the work directory, also after the init was killed" {
	overlay "lowerdir=$V/lower" "upperdir=$V/upper" "workdir=$V/work"
	running_container
	is "$(find "$V" -maxdepth 1 -name '.brig-*' | wc -l)" 1
	kill -9 "$(container_pid)"
	eventually has_status stopped
	brig delete "$ID"
	only_what_was_there
}
