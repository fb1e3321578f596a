# tests/engines/common.bash: what the tests of engines load. They run in a guest with systemd
# (tests/vm/suites engines), where brig is installed as on a user's machine.
#
#	load common
#
#	setup_file() {
#		only_in_a_guest
#		install_brig
#		make_image "$BATS_FILE_TMPDIR/image.tar" example.test/busybox:1
#		…an engine of this file's own
#	}
#
# One engine serves a whole file: to start one takes longer than a test. Each test cleans up what it
# made, and teardown_file proves that nothing of brig is left with `nothing_is_left`, as its last
# command: of the others bats does not ask whether they failed.

load ../lib/common

# A cold engine on an emulated processor, beside another file's: what is waited for, and how long a call may take
WITHIN=150

# Engines change the machine they run on: networks, firewall rules, /etc.
only_in_a_guest() {
	[[ -e /brig/.vm/command ]] || skip "an engine is tried in a guest: make test-vm-engines"
}

# The Debian package, as a user installs it. Files run side by side: the first one does it, and what an
# engine needs of policy is a drop-in of its own in /etc/brig/policy.d.
install_brig() {
	flock /run/lock/brig-install sh -c 'command -v brig >/dev/null || dpkg --install "$1"' sh "$BRIG_BUILD"/deb/brig_*.deb
}

# make_image FILE NAME [COMMAND…]: the busybox root file system as an image that every engine loads: the
# archive of `docker save`; it runs a shell, or COMMAND
make_image() {
	make_rootfs
	image_of "$ROOTFS" "$@"
}

# make_server_image FILE NAME: nginx as Debian configures it, and ping of iputils, each without a file capability.
# nginx begins as root, gives directories to its user, and lets its workers be that user; its logs go where nginx's
# own image has them.
make_server_image() {
	local root=$BATS_FILE_TMPDIR/server programs=(/usr/sbin/nginx /usr/bin/ping)
	make_rootfs
	cp -a "$ROOTFS" "$root"
	rm "$root/bin/ping"
	mapfile -t -O 2 programs < <(ldd "${programs[@]}" | grep -o '/[^ :]* (' | cut -d' ' -f1 | sort -u)
	(cd / && cp --parents --dereference "${programs[@]}" "$root" && cp --parents -R --preserve=mode,ownership,links etc/nginx var/lib/nginx var/log/nginx var/www "$root")
	grep ^www-data: /etc/passwd >>"$root/etc/passwd"
	grep ^www-data: /etc/group >>"$root/etc/group"
	ln -sf /dev/stdout "$root/var/log/nginx/access.log"
	ln -sf /dev/stderr "$root/var/log/nginx/error.log"
	image_of "$root" "$@" nginx -g 'daemon off;'
}

image_of() { # ROOT FILE NAME [COMMAND…]
	local root=$1 file=$2 name=$3 dir layer
	shift 3
	dir=$(mktemp -d "$BATS_FILE_TMPDIR/image-XXXXXX")
	tar --create --numeric-owner --file="$dir/layer.tar" -C "$root" .
	layer=$(sha256sum "$dir/layer.tar")
	jq -n --arg layer "sha256:${layer%% *}" '{
		architecture: "amd64", os: "linux",
		config: { Env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], Cmd: $ARGS.positional },
		rootfs: { type: "layers", diff_ids: [$layer] } }' --args -- "${@:-sh}" >"$dir/config.json"
	jq -n --arg name "$name" '[{ Config: "config.json", RepoTags: [$name], Layers: ["layer.tar"] }]' >"$dir/manifest.json"
	tar --create --file="$file" -C "$dir" manifest.json config.json layer.tar
	rm -rf "$dir"
}

# Ids of nobody else: a range of 65536 from the pool.
has_random_ids() { # PID
	awk '$1 == 0 && $2 >= 268435456 && $3 == 65536 { found = 1 } END { exit !found }' "/proc/$1/uid_map" ||
		complain "not random: $(cat "/proc/$1/uid_map")"
}

# listen_at SOCKET FILE: what first comes to this socket of datagrams, /dev/log for example, is written to the file
listen_at() {
	python3 -c 'import os, socket, sys
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o600)
server.settimeout(float(sys.argv[3]))
open(sys.argv[2], "wb").write(server.recv(4096))' "$1" "$2" "$WITHIN" </dev/null 3>&- &
	eventually test -S "$1"
}

# answers TEXT COMMAND…: does what it prints have TEXT? To be waited for, where a server may not listen yet.
answers() {
	[[ $("${@:2}" </dev/null) == *"$1"* ]]
}

# nothing_is_left [ROOT [PREFIX]]: after the last container of a file, of those in ROOT whose ids begin so (another
# file's may be there): no state, no id range. What an engine calls when a container has ended may still be at work.
nothing_is_left() {
	WITHIN=60 eventually is_gone "$@" || complain "left behind:"$'\n'"$(remains "$@")"
}

is_gone() { # [ROOT [PREFIX]]
	[[ -z $(remains "$@") ]]
}

remains() { # [ROOT [PREFIX]]
	local root=${1:-/run/brig} prefix=${2-}
	find "$root" -mindepth 1 -maxdepth 1 -name "$prefix*" -not -name '.*' 2>/dev/null
	grep -rF "$root/$prefix" /run/brig-ids --exclude=mapped 2>/dev/null
}
