#!/usr/bin/env bats
# umoci unpacks images to bundles and packs what changed; it runs nothing itself. So its bundle is the
# simplest engine of all: a directory, and `brig run` as a person types it.
load common

setup_file() {
	only_in_a_guest
	install_brig
	useradd --create-home --shell /bin/bash packer
	make_image "$BATS_FILE_TMPDIR/image.tar" example.test/busybox:1
	skopeo copy --quiet "docker-archive:$BATS_FILE_TMPDIR/image.tar" "oci:/home/packer/image:1"
	chown -R packer: /home/packer/image
}

teardown_file() {
	[[ -e /brig/.vm/command ]] || return 0
	userdel --remove packer
	nothing_is_left /run/brig t
}

# umoci's bundles ask for a terminal: as a person at one
at_a_terminal() { # COMMAND…
	run script --quiet --return --command "$*" /dev/null </dev/null
	output=${output//$'\r'/}
	((status == 0)) || complain "failed with $status: $*"$'\n'"$output"
}

runs() { # BUNDLE SCRIPT
	jq --arg script "$2" '.process.args = ["sh", "-c", $script]' "$1/config.json" >"$T/config.new"
	cat "$T/config.new" >"$1/config.json"
}

@test "umoci unpack, brig run, umoci repack: random ids, and a layer of plain owners" {
	cp -r /home/packer/image "$T/image"
	umoci unpack --image "$T/image:1" "$T/unpacked"
	runs "$T/unpacked" 'tty; cat /proc/self/uid_map; echo changed >/etc/motd'
	at_a_terminal brig run --bundle "$T/unpacked" "$ID"
	says /dev/
	grep -Eq "^ +0 +[0-9]{6,} +65536$" <<<"$output" || complain "no range of random ids: $output"
	is "$(stat -c %u:%g "$T/unpacked/rootfs/etc/motd")" 0:0

	umoci repack --image "$T/image:2" "$T/unpacked"
	umoci unpack --image "$T/image:2" "$T/again"
	is "$(cat "$T/again/rootfs/etc/motd")" changed
	is "$(stat -c %u:%g "$T/again/rootfs/etc/motd")" 0:0
}

@test "umoci unpack --rootless, brig run: an ordinary user's container" {
	local home=/home/packer uid
	local as_packer=(runuser -u packer -- env -i -C "$home" PATH="$PATH" HOME="$home" XDG_RUNTIME_DIR="$home/run")
	uid=$(id -u packer)
	install -d -m 700 -o packer -g packer "$home/run"
	"${as_packer[@]}" umoci unpack --rootless --image image:1 unpacked
	runs "$home/unpacked" 'cat /proc/self/uid_map; echo changed >/etc/motd'
	# umoci leaves the network namespace out, since an ordinary user cannot fill it.
	run "${as_packer[@]}" brig run --bundle unpacked "$ID" </dev/null
	says "refused by policy" "(host-network at /linux/namespaces)"
	jq '.linux.namespaces += [{ type: "network" }]' "$home/unpacked/config.json" >"$T/config.new"
	cat "$T/config.new" >"$home/unpacked/config.json"
	at_a_terminal "${as_packer[@]}" brig run --bundle unpacked "$ID"
	grep -Eq " 0 +$uid +1\$" <<<"$output" || complain "not its user's id: $output"
	is "$(stat -c %u "$home/unpacked/rootfs/etc/motd")" "$uid"
	is "$(cat "$home/unpacked/rootfs/etc/motd")" changed
}
