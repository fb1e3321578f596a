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
	# Without: resolve.patch.
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
		inside 'grep -c "made\|dangling" /proc/self/mountinfo'
		is "$(find "$OUTSIDE" -mindepth 1)" ""
		# not left out: both are inside
		((status == 0 && output == 2)) || complain "$place: $output"
	done
}

# starts_beside_a_swap NAME: 25 containers, while NAME and "link" change places in $T/volume; most of
# them ran: an attacker who keeps brig from starting has seen nothing
starts_beside_a_swap() {
	local swapper i ran=0
	"$PROBES/swap" 600000 "$T/volume/$1" "$T/volume/link" >/dev/null 3>&- &
	swapper=$!
	for ((i = 0; i < 25; i++)); do
		! brig run --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>&1 || ran=$((ran + 1))
	done
	kill $swapper
	wait $swapper || true
	((ran >= 5)) || complain "of 25 containers $ran ran: $(cat "$T/out")"
}

@test "a race for the mount point in a shared volume puts nothing outside" {
	# Class: CVE-2021-30465.
	# Defence: root_place() and mount_attach(): resolved once below the root, attached by descriptor.
	# Without: resolve.patch.
	outside
	own_rootfs
	mkdir -p "$T/volume/target" "$T/data"
	chmod -R 777 "$T/volume"
	ln -s "$OUTSIDE" "$T/volume/link"
	config --arg volume "$T/volume" --arg data "$T/data" '.mounts += [
		{ destination: "/volume", type: "bind", source: $volume, options: ["rbind"] },
		{ destination: "/volume/target/made", type: "bind", source: $data, options: ["bind"] }]'
	config '.process.args = ["true"]'
	starts_beside_a_swap target
	is "$(find "$OUTSIDE" -mindepth 1)" ""
}

@test "a race for a FIFO in a shared volume changes no file of the host's" {
	# Class: CVE-2021-30465.
	# Defence: fifo_make() in launch/fifo.c: owner and mode are set by descriptor.
	# Without: fifo-by-name.patch.
	own_rootfs
	mkdir -m 777 "$T/volume"
	mkfifo "$T/volume/pipe"
	touch "$T/precious"
	chmod 600 "$T/precious"
	ln -s "$T/precious" "$T/volume/link"
	# Without a user namespace: else only files that belong to the pod's ids could be changed.
	policy '.rules["host-user"] = "allow"'
	config --arg volume "$T/volume" '.mounts += [{ destination: "/volume", type: "bind", source: $volume, options: ["rbind"] }]
		| .linux.devices += [{ type: "p", path: "/volume/pipe", fileMode: 511 }]
		| .linux.namespaces |= map(select(.type != "user")) | .process.args = ["true"]'
	succeeds brig run --bundle "$BUNDLE" "$ID" </dev/null
	is "$(stat -c %a "$T/volume/pipe")" 777
	starts_beside_a_swap pipe
	is "$(stat -c %a "$T/precious")" 600
}

@test "procfs and sysfs are not mounted where a link of the image leads" {
	# Class: CVE-2019-19921, CVE-2023-27561.
	# Defence: root_place_plain() in kernel/root.c, used by place_for() in launch/child_rootfs.c.
	# Without: plain-place.patch.
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

@test "nor where a link of the image leads into /proc: a mount, a device" {
	# Class: CVE-2019-16884, CVE-2019-19921: a false /proc, by a place that policy knows under another name.
	# Defence: place_check() in launch/child_rootfs.c: the file system of the place that was found.
	# Without: place-proc.patch.
	local place
	own_rootfs
	ln -s proc "$BUNDLE/rootfs/p"
	ln -s p/self "$BUNDLE/rootfs/again"
	mkdir "$T/data"
	echo false >"$T/data/meminfo"
	cp "$BUNDLE/config.json" "$T/config.json"
	for place in /p /p/self/attr /p/1/fd /p/thread-self /p/sys /again/attr; do
		cp "$T/config.json" "$BUNDLE/config.json"
		config --arg place "$place" --arg data "$T/data" '.mounts += [{ destination: $place, type: "bind", source: $data, options: ["bind", "nosuid", "nodev"] }]'
		inside true
		((status != 0)) || complain "$place leads into /proc, and the container ran"
		says "mounting $place: refused by policy" "/mounts/"
		config --arg place "$place" '.mounts[-1] = { destination: $place, type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev"] }'
		inside true
		((status != 0)) || complain "$place leads into /proc, and the container ran"
		says mount-over-proc
	done
	cp "$T/config.json" "$BUNDLE/config.json"
	rm -rf "$BUNDLE/rootfs/dev"
	mkdir "$BUNDLE/rootfs/dev"
	config '.process.terminal = true | .mounts = [.mounts[] | select(.destination | startswith("/dev") | not)]
		+ [{ destination: "/dev/pts", type: "devpts", options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666"] }]'
	for place in null console; do
		ln -s /proc/self/attr/exec "$BUNDLE/rootfs/dev/$place"
		inside true
		((status != 0)) || complain "/dev/$place leads into /proc, and the container ran"
		says "/dev/$place: refused by policy"
		rm "$BUNDLE/rootfs/dev/$place"
	done
}

@test "a /dev, /proc or /sys of the image that is a link leads nothing outside" {
	# Class: CVE-2026-41579 (runc), CVE-2026-47766 (crun): default links and devices made, and "ptmx" removed, where the image's /dev leads.
	# Defence: root_place() in kernel/root.c, used by rootfs_links() and device_attach() in launch/child_rootfs.c; root_place_plain() for procfs and sysfs.
	# Seen: `ln` by path went outside (the first lines of the test); with `resolve` 0 and no leading slash in fd_open_in() so did the default links, devices and their mount points.
	# Without: resolve.patch.
	local name link mounts
	outside
	echo decoy >"$OUTSIDE/ptmx"
	chmod 666 "$OUTSIDE/ptmx"
	own_rootfs
	rm -rf "$BUNDLE/rootfs/"{dev,proc,sys}
	ln -s "$OUTSIDE" "$BUNDLE/rootfs/dev"
	ln -s /proc/self/fd "$BUNDLE/rootfs/dev/fd"
	[[ -L $OUTSIDE/fd ]]
	rm "$OUTSIDE/fd"
	cp "$BUNDLE/config.json" "$T/config.json"
	for name in dev proc sys; do
		for link in "$OUTSIDE" "../../../../../../../..$OUTSIDE" "$OUTSIDE/dangling" /proc proc/self/root "/proc/self/cwd/$OUTSIDE" .. "$name"; do
			rm -rf "$BUNDLE/rootfs/"{dev,proc,sys}
			mkdir "$BUNDLE/rootfs/"{dev,proc,sys}
			rmdir "$BUNDLE/rootfs/$name"
			ln -s "$link" "$BUNDLE/rootfs/$name"
			# as engines have it; and nothing mounted at the link, so that brig's own steps follow it
			for mounts in '.' '.mounts |= map(select(.destination | startswith($at) | not))'; do
				cp "$T/config.json" "$BUNDLE/config.json"
				config --arg at "/$name" "$mounts | .process.args = [\"true\"] | .linux.devices = [{ path: \"/dev/null\", type: \"c\", major: 1, minor: 3 }]"
				run brig run --bundle "$BUNDLE" "$ID" </dev/null
				is "$(find "$OUTSIDE" -mindepth 1 -printf '%f %y %s ') $(cat "$OUTSIDE/ptmx")" "ptmx f 6  decoy"
				is "$(readlink "$BUNDLE/rootfs/$name")" "$link"
			done
		done
	done
}

@test "a /dev/null or /dev/console of the image that is a link opens and changes no file of a volume" {
	# Class: CVE-2026-88265 (crun): /dev/null opened again for the workload's stdio, and given to its user; CVE-2026-88264: the console bound over a file.
	# Defence: privileged_stdio() in launch/privileged.c: pipes alone are given away; nothing opens /dev/null in the container. console_attach() in launch/child_rootfs.c: root_place().
	# Without: null-opened.patch.
	own_rootfs
	mkdir "$T/volume"
	echo secret >"$T/volume/file"
	chmod 600 "$T/volume/file"
	rm -rf "$BUNDLE/rootfs/dev"
	mkdir "$BUNDLE/rootfs/dev"
	ln -s /mnt/file "$BUNDLE/rootfs/dev/null"
	ln -s /mnt/file "$BUNDLE/rootfs/dev/console"
	config --arg source "$T/volume" '.process.user = { uid: 1000, gid: 1000 } | .mounts = [.mounts[] | select(.destination | startswith("/dev") | not)]
		+ [{ destination: "/mnt", type: "bind", source: $source, options: ["bind", "rw", "nosuid", "nodev"] }]'
	config '.process.args = ["sh", "-c", "cat 2>&1; cat /mnt/file 2>&1; echo x >/mnt/file"]'
	brig create --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>&1
	brig start "$ID"
	eventually has_status stopped
	output=$(cat "$T/out")
	lacks secret
	brig delete --force "$ID"
	config '.process.args = ["true"] | .process.terminal = true'
	run timeout 10 "$BRIG" --root "$ROOT" --policy "$POLICY" run --bundle "$BUNDLE" "$ID" </dev/null 3>&-
	is "$(stat -c '%u:%g %a' "$T/volume/file") $(cat "$T/volume/file")" "0:0 600 secret"
}
