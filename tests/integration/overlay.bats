#!/usr/bin/env bats
# A root file system that is a mounted overlay, as containerd, Podman and Docker hand it over: the layers
# are id-mapped, and what the container does to its files is done in the engine's upper directory.
load ../lib/common

# The lower layer below all others is busybox; what a test needs is in layer "top".
prepare() {
	E=$T/engine
	mkdir -p "$E/top/dir/inner" "$E/top/removed" "$E/top/shared" "$E/upper" "$E/work" "$E/merged"
	echo from-top >"$E/top/file"
	echo inner >"$E/top/dir/inner/file"
	echo gone >"$E/top/removed/file"
	echo theirs >"$E/top/users-file"
	chown 1000:1000 "$E/top/users-file"
	chmod 777 "$E/top/shared"
	config --arg path "$E/merged" '.root = { path: $path, readonly: false }'
}

# engine_mount [OPTIONS]: as an engine does; what is mounted goes away with the test
engine_mount() {
	mount -t overlay overlay -o "${1-lowerdir=$E/top:$ROOTFS,upperdir=$E/upper,workdir=$E/work}" "$E/merged"
}

dispose() {
	local point
	for point in $(grep -F " $T/" /proc/self/mountinfo | awk '{ print $5 }' | tac); do
		umount "$(printf '%b' "$point")"
	done
	[[ -z ${OPEN-} ]] || rm -rf "$OPEN"
}

# Only the engine's work directory is beside its upper one.
nothing_beside_the_layers() {
	is "$(find "$E" -mindepth 1 -maxdepth 1 -name '.*')" ""
}

owners_below() { # DIRECTORY: that are not 0:0
	find "$1" -mindepth 1 \( ! -uid 0 -o ! -gid 0 \) -printf '%P %U:%G\n'
}

@test "files of all layers are there, with the owners that they have on disk" {
	engine_mount
	inside 'cat /file /dir/inner/file; stat -c "%u:%g %n" /file /users-file /bin/busybox; awk "{ print \$2 < 1000 }" /proc/self/uid_map'
	is "$output" $'from-top\ninner\n0:0 /file\n1000:1000 /users-file\n0:0 /bin/busybox\n0'
	nothing_beside_the_layers
}

@test "what is written lands in the engine's upper directory, owned by root" {
	engine_mount
	inside 'set -e; echo new >/new; mkdir /newdir; echo x >/newdir/x; ln -s x /link; echo more >>/file; cat /file'
	is "$output" $'from-top\nmore'
	is "$(cat "$E/upper/new" "$E/upper/file")" $'new\nfrom-top\nmore'
	is "$(owners_below "$E/upper")" ""
	is "$(cat "$E/top/file")" from-top
	# and the engine's own mount shows it
	is "$(cat "$E/merged/new" "$E/merged/file" "$E/merged/newdir/x")" $'new\nfrom-top\nmore\nx'
	nothing_beside_the_layers
}

@test "after the container the engine writes where it has written, though it had looked there before" {
	engine_mount
	is "$(ls -A "$E/merged/dir" "$E/merged/removed")" "$E/merged/dir:
inner

$E/merged/removed:
file"
	inside 'mkdir /dir/new /dir/inner/new; echo more >>/file; rm -r /removed; mkdir /removed'
	((status == 0))
	mkdir "$E/merged/dir/engine" "$E/merged/dir/inner/engine"
	is "$(cd "$E/merged" && find dir removed | sort | tr '\n' ' ')" \
		"dir dir/engine dir/inner dir/inner/engine dir/inner/file dir/inner/new dir/new removed "
	is "$(cat "$E/merged/file")" $'from-top\nmore'
}

@test "so it does if its layers were named relative to its working directory" {
	ln -s "$ROOTFS" "$E/base"
	(cd "$E" && mount -t overlay overlay -o lowerdir=top:base,upperdir=upper,workdir=work merged)
	is "$(ls -A "$E/merged/dir")" inner
	inside 'mkdir /dir/new'
	((status == 0)) || complain "$output"
	mkdir "$E/merged/dir/engine"
	is "$(cd "$E/merged" && find dir | sort | tr '\n' ' ')" "dir dir/engine dir/inner dir/inner/file dir/new "
}

@test "what another user of the container writes belongs to that id on disk" {
	engine_mount
	config '.process.user = { uid: 1000, gid: 1001 }'
	inside 'echo more >>/users-file; echo x >/shared/new'
	((status == 0))
	is "$(owners_below "$E/upper" | sort)" $'shared/new 1000:1001\nusers-file 1000:1000'
}

@test "what is deleted is hidden by a whiteout in the upper directory" {
	engine_mount
	inside 'rm /file && rm -r /removed && mkdir /removed && ls -A /removed; ls /file'
	says "/file: No such file"
	is "$(stat -c '%F %t:%T %u:%g' "$E/upper/file")" "character special file 0:0 0:0"
	[[ ! -e $E/merged/file && -d $E/merged/removed ]]
	is "$(ls -A "$E/merged/removed")" ""
	is "$(cat "$E/top/removed/file")" gone
}

# xattr PATH NAME [VALUE]: set it, or print it
xattr() {
	python3 -c 'import os, sys
path, name, *value = sys.argv[1:]
os.setxattr(path, name, value[0].encode()) if value else print(os.getxattr(path, name).decode())' "$@"
}

@test "userxattr: the attributes of users say what a layer hides, as a rootless engine has written them, and are written so" {
	mkdir -p "$E/opaque/dir"
	touch "$E/opaque/dir/only"
	xattr "$E/opaque/dir" user.overlay.opaque y
	engine_mount "lowerdir=$E/opaque:$E/top:$ROOTFS,upperdir=$E/upper,workdir=$E/work,userxattr"
	is "$(ls "$E/merged/dir")" only
	inside 'ls /dir; rm -r /removed && mkdir /removed && ls -A /removed; grep -o userxattr /proc/self/mountinfo'
	is "$output" $'only\nuserxattr'
	is "$(xattr "$E/upper/removed" user.overlay.opaque)" y
	fails xattr "$E/upper/removed" trusted.overlay.opaque
}

@test "a directory of a lower layer is renamed, as far as the engine's overlay lets it be" {
	engine_mount "lowerdir=$E/top:$ROOTFS,upperdir=$E/upper,workdir=$E/work,redirect_dir=on"
	inside 'mv /dir /moved && cat /moved/inner/file; ls /dir; cat /proc/self/mountinfo'
	says inner "redirect_dir=on"
	is "$(cat "$E/merged/moved/inner/file")" inner
	[[ ! -e $E/merged/dir ]]
	is "$(owners_below "$E/upper")" ""
}

@test "a directory of a lower layer is renamed without redirect_dir: by copying" {
	engine_mount "lowerdir=$E/top:$ROOTFS,upperdir=$E/upper,workdir=$E/work,redirect_dir=off"
	inside 'mv /dir /moved && cat /moved/inner/file'
	is "$output" inner
	is "$(cat "$E/upper/moved/inner/file")" inner
	is "$(owners_below "$E/upper")" ""
}

@test "the engine's options go along, and index does not" {
	engine_mount "lowerdir=$E/top:$ROOTFS,upperdir=$E/upper,workdir=$E/work,index=on,metacopy=on,volatile"
	inside 'chmod 600 /file; echo x >/new; grep " / / " /proc/self/mountinfo'
	((status == 0))
	says "metacopy=on" volatile
	[[ $output != *index=on* ]] || complain "$output"
	is "$(stat -c %a "$E/merged/file") $(cat "$E/merged/file" "$E/merged/new")" $'600 from-top\nx'
	nothing_beside_the_layers
}

@test "the container reads no path of the host in its mountinfo" {
	engine_mount
	inside 'grep overlay /proc/self/mountinfo'
	((status == 0))
	[[ $output != *"$T"* ]] || complain "$output"
}

@test "an overlay without an upper directory is read-only" {
	engine_mount "lowerdir=$E/top:$ROOTFS"
	inside 'cat /file; stat -c %u:%g /users-file; echo x >/new'
	((status != 0))
	says from-top 1000:1000 "Read-only file system"
}

@test "an overlay that is mounted read-only stays so, and is not touched" {
	echo old >"$E/upper/old"
	engine_mount "ro,lowerdir=$E/top:$ROOTFS,upperdir=$E/upper,workdir=$E/work"
	inside 'cat /old /file; echo x >/new'
	((status != 0))
	says old from-top "Read-only file system"
	is "$(ls -A "$E/upper")" old
}

@test "a root that config.json wants read-only" {
	engine_mount
	config '.root.readonly = true'
	inside 'cat /file; echo x >/new'
	((status != 0))
	says from-top "Read-only file system"
	nothing_beside_the_layers
}

@test "names with blanks, colons, commas and backslashes" {
	local odd="$E/a b,c:d\\e"
	mkdir -p "$odd/lower" "$odd/upper" "$odd/work"
	echo odd >"$odd/lower/odd"
	local quoted=${odd//\\/\\\\}
	quoted=${quoted//:/\\:}
	quoted=${quoted//,/\\,}
	engine_mount "lowerdir=$quoted/lower:$ROOTFS,upperdir=$quoted/upper,workdir=$quoted/work"
	inside 'cat /odd; echo x >/new'
	is "$output" odd
	is "$(cat "$odd/upper/new")" x
	is "$(find "$odd" -maxdepth 1 -name '.*')" ""
}

@test "layers that are links, as Docker and Podman name them" {
	mkdir "$E/l"
	ln -s ../top "$E/l/SHORT"
	engine_mount "lowerdir=$E/l/SHORT:$ROOTFS,upperdir=$E/upper,workdir=$E/work"
	inside 'cat /file'
	is "$output" from-top
}

@test "64 layers and more" {
	local i lower=''
	for ((i = 0; i < 100; i++)); do
		mkdir "$E/$i"
		echo "$i" >"$E/$i/n$i"
		echo "$i" >"$E/$i/same"
		lower+=$i:
	done
	# as containerd does when the paths are too long for one page; by mount(2), for fsconfig(2), which newer
	# mount(8) prefers, takes 255 bytes at a time
	(cd "$E" && LIBMOUNT_FORCE_MOUNT2=always mount -t overlay overlay -o "lowerdir=${lower}top:../../../../../../../../../../../../$ROOTFS,upperdir=$E/upper,workdir=$E/work" "$E/merged")
	inside 'cat /same /n0 /n99 /file; ls -d /n* | wc -l; echo x >/new'
	is "$output" $'0\n0\n99\nfrom-top\n100'
	is "$(cat "$E/upper/new")" x
	nothing_beside_the_layers
}

@test "relative paths of all layers, as Docker has them when there are many" {
	mkdir -p "$E/id/diff" "$E/id/work" "$E/id/merged"
	cp -a "$ROOTFS" "$E/base"
	(cd "$E" && mount -t overlay overlay -o "lowerdir=top:base,upperdir=id/diff,workdir=id/work" "$E/id/merged")
	config --arg path "$E/id/merged" '.root.path = $path'
	inside 'cat /file; echo x >/new'
	is "$output" from-top
	is "$(cat "$E/id/diff/new")" x
}

@test "relative paths that lead nowhere any more are refused" {
	(cd "$E" && mount -t overlay overlay -o "lowerdir=top,upperdir=upper,workdir=work" "$E/merged")
	mkdir "$E/elsewhere"
	mount --bind "$E/merged" "$E/elsewhere"
	mv "$E/top" "$E/renamed"
	inside true
	((status != 0))
	says "relative layer 'top'" "absolute paths"
}

@test "a layer that others may have exchanged is refused" {
	OPEN=$(mktemp -d /var/tmp/brig-overlay-XXXXXX) # bats keeps its own out of everybody's reach
	chmod 777 "$OPEN"
	mv "$E/top" "$OPEN/top"
	engine_mount "lowerdir=$OPEN/top:$ROOTFS,upperdir=$E/upper,workdir=$E/work"
	inside true
	((status != 0))
	says "$OPEN/top" "others may write" "writable by root only"
	chmod 1777 "$OPEN"
	inside 'cat /file'
	is "$output" from-top
}

@test "an upper directory that is not the one that was mounted is refused" {
	engine_mount
	mv "$E/upper" "$E/other"
	sleep 0.02 # so that it is born at another time
	mkdir "$E/upper"
	inside true
	((status != 0))
	says "is not the layer that was mounted"
	is "$(ls -A "$E/upper")" ""
}

@test "a mount below the overlay is not lost in silence" {
	engine_mount
	mount -t tmpfs tmpfs "$E/merged/mnt"
	inside true
	((status != 0))
	says "is mounted in the overlay" "mounts of config.json"
}

@test "two containers on the same lower layers" {
	mkdir -p "$E/upper2" "$E/work2" "$E/merged2"
	engine_mount
	mount -t overlay overlay -o "lowerdir=$E/top:$ROOTFS,upperdir=$E/upper2,workdir=$E/work2" "$E/merged2"
	config '.process.args = ["sh", "-c", "echo one >/file; sleep 60"]'
	create
	brig start "$ID"
	eventually test -e "$E/upper/file"
	config --arg path "$E/merged2" '.root.path = $path | .process.args = ["sh", "-c", "cat /file; echo two >/file"]'
	run brig run --bundle "$BUNDLE" "$ID-2"
	is "$output" from-top
	is "$(cat "$E/merged/file" "$E/merged2/file" "$E/top/file")" $'one\ntwo\nfrom-top'
	brig delete --force "$ID"
	nothing_beside_the_layers
}

@test "work directories are removed by delete, also after the init was killed" {
	engine_mount
	running_container
	is "$(find "$E" -maxdepth 1 -name '.brig-*' | wc -l)" 1
	kill -9 "$(container_pid)"
	eventually has_status stopped
	brig delete "$ID"
	nothing_beside_the_layers
}

@test "delete --force removes them when the state is damaged" {
	engine_mount
	running_container
	echo damaged >"$ROOT/$ID/state.json"
	succeeds brig delete --force "$ID"
	nothing_beside_the_layers
}

@test "delete succeeds when the engine has removed the layers before" {
	engine_mount
	running_container
	kill -9 "$(container_pid)"
	eventually has_status stopped
	umount "$E/merged"
	mv "$E" "$E.gone"
	succeeds brig delete "$ID"
	rm -rf "$E.gone"
}

@test "a work directory of an earlier boot is removed" {
	mkdir -p "$E/.brig-00000000-0123456789abcdef/work" "$E/.brig-notes"
	touch "$E/.brig-00000000-0123456789abcdef/work"/file
	engine_mount
	inside true
	((status == 0))
	is "$(find "$E" -maxdepth 1 -name '.*' -printf '%f\n')" .brig-notes
}

@test "a create that fails leaves nothing beside the layers" {
	engine_mount
	config '.process.args = ["/no/such/program"]'
	fails create
	nothing_beside_the_layers
}

@test "a volume that is a mounted overlay is recomposed, too" {
	mkdir -p "$T/volume"/{lower,upper,work,merged}
	echo lower >"$T/volume/lower/file"
	chmod 755 "$T/volume"
	mount -t overlay overlay -o "lowerdir=$T/volume/lower,upperdir=$T/volume/upper,workdir=$T/volume/work" "$T/volume/merged"
	config --arg rootfs "$ROOTFS" --arg source "$T/volume/merged" '.root = { path: $rootfs, readonly: true }
		| .mounts += [{ destination: "/mnt", type: "bind", source: $source, options: ["rbind", "rw"] }]'
	inside 'cat /mnt/file; echo more >>/mnt/file; stat -c %u /mnt/file'
	is "$output" $'lower\n0'
	is "$(cat "$T/volume/upper/file"; stat -c %u:%g "$T/volume/upper/file")" $'lower\nmore\n0:0'
	is "$(find "$T/volume" -name '.brig*')" ""
}

@test "exec sees the same files" {
	engine_mount
	running_container
	run brig exec "$ID" sh -c 'echo by-exec >/exec; cat /file'
	is "$output" from-top
	is "$(cat "$E/merged/exec")" by-exec
	brig delete --force "$ID"
}

@test "plan names the layers of what is mounted, and touches nothing" {
	engine_mount "lowerdir=$E/top:$ROOTFS,upperdir=$E/upper,workdir=$E/work,metacopy=on"
	succeeds brig plan "$BUNDLE"
	says "$E/merged (/root/path)" "lower   $E/top" "lower   $ROOTFS" "upper   $E/upper" "work    .brig-BOOT-RANDOM"
	succeeds brig plan --format json "$BUNDLE"
	is "$(jq -c '.overlays[] | [.from, .lower[0], .upper, .written]' <<<"$output")" "[\"/root/path\",\"$E/top\",\"$E/upper\",true]"
	says "metacopy=on"
	is "$(ls -A "$E/upper")" ""
	nothing_beside_the_layers
}
