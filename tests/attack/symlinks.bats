#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

# A directory of the host in which anyone may write: only brig's own care keeps the init out of it.
outside() {
	OUTSIDE=/dev/shm/$ID
	mkdir -m 1777 "$OUTSIDE"
}

dispose() {
	rm -rf "/dev/shm/$ID"
}

@test "mount points are never made outside: links that climb, absolute links, dangling ones" {
	# Class: CVE-2024-45310, CVE-2021-30465.
	# Defence: root_place() in kernel/root.c, fd_open_in() in base/fd.c (RESOLVE_IN_ROOT).
	# Seen: with `resolve` 0 in fd_open_in(), "made" appeared outside.
	outside
	own_rootfs
	mkdir "$T/data"
	echo data >"$T/file"
	ln -s "$OUTSIDE" "$BUNDLE/rootfs/absolute"
	ln -s "../../../../../../../..$OUTSIDE" "$BUNDLE/rootfs/climbing"
	ln -s "$OUTSIDE/dangling" "$BUNDLE/rootfs/dangling"
	local place
	for place in /absolute/made /climbing/made/deep /dangling /dangling/made /absolute/../absolute/made; do
		config --arg place "$place" --arg data "$T/data" --arg file "$T/file" '.mounts = [.mounts[] | select(.destination | test("^/(proc|dev|sys)"))] + [
			{ destination: $place, type: "bind", source: $data, options: ["bind"] },
			{ destination: ($place + "-file"), type: "bind", source: $file, options: ["bind"] }]'
		inside 'grep -c dev/shm/t /proc/self/mountinfo'
		is "$(find "$OUTSIDE" -mindepth 1)" ""
	done
}

@test "a race for the mount point in a shared volume puts nothing outside" {
	# Class: CVE-2021-30465.
	# Defence: root_place() and mount_attach(): resolved once below the root, attached by descriptor.
	# Seen: with `resolve` 0 in fd_open_in(), "made" appeared outside within the 25 starts.
	outside
	own_rootfs
	mkdir -p "$T/volume/target" "$T/data"
	chmod -R 777 "$T/volume"
	ln -s "$OUTSIDE" "$T/volume/link"
	config --arg volume "$T/volume" --arg data "$T/data" '.mounts += [
		{ destination: "/volume", type: "bind", source: $volume, options: ["rbind"] },
		{ destination: "/volume/target/made", type: "bind", source: $data, options: ["bind"] }]'
	config '.process.args = ["true"]'
	"$PROBES/swap" 60000 "$T/volume/target" "$T/volume/link" >/dev/null 3>&- &
	local swapper=$! i
	for ((i = 0; i < 25; i++)); do
		brig run --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>&1 || true
	done
	kill $swapper
	wait $swapper || true
	is "$(find "$OUTSIDE" -mindepth 1)" ""
}

@test "procfs and sysfs are not mounted where a link of the image leads" {
	# Class: CVE-2019-19921, CVE-2023-27561.
	# Defence: root_place_plain() in kernel/root.c, used by place_for() in launch/child.c.
	# Seen: with root_place() in its stead, procfs lay at /fake and the container ran.
	local name
	for name in proc sys; do
		rm -rf "$BUNDLE/rootfs"
		own_rootfs
		rmdir "$BUNDLE/rootfs/$name"
		mkdir "$BUNDLE/rootfs/fake"
		ln -s fake "$BUNDLE/rootfs/$name"
		inside true
		((status != 0)) || complain "/$name is a link, and the container ran"
		says "mounting /$name"
	done
}

@test "nothing may be mounted over /proc or below it" {
	# Class: CVE-2019-16884, CVE-2019-19921: a false /proc for the runtime's own writes.
	# Defence: rule mount-over-proc, check_mount_over_proc() in policy/rules_filesystem.c.
	# Seen: with the rule allowed in the policy the container ran (the last lines of the test).
	local place
	mkdir "$T/data"
	for place in /proc /proc/ //proc /./proc /x/../proc /proc/self /proc/self/attr /proc/sys /proc/sys/net /proc/1; do
		config --arg place "$place" --arg data "$T/data" '.mounts = [.mounts[] | select(.from != "test")] + [{ destination: $place, type: "bind", source: $data, options: ["bind"] }]'
		fails create
		says mount-over-proc
		config '.mounts |= .[:-1]'
	done
	config --arg data "$T/data" '.mounts += [{ destination: "/proc/sys/net", type: "bind", source: $data, options: ["bind"] }]'
	policy '.rules["mount-over-proc"] = "allow"'
	inside true
	((status == 0))
}
