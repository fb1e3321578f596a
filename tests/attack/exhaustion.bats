#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

# A container that holds all it can get of KIND, at most MOST, until it is killed; $T/out has how many.
holding() { # KIND MOST
	config --arg probes "$PROBES" --arg kind "$1" --arg most "$2" '
		.mounts += [{ destination: "/mnt", type: "bind", source: $probes, options: ["bind", "ro"] }]
		| .process.args = ["/mnt/exhaust", $kind, $most, "sleep", "300"]'
	create
	brig start "$ID"
	eventually grep -q "^$1 [0-9]" "$T/out"
}

# What the kernel counts for a user namespace it counts for its owner as well: shown below a user
# namespace of the test's own, whose root has little, so that the host's root does not run dry.
owner_runs_dry() { # KIND LIMIT COMMAND
	mkfifo "$T/held" "$T/go"
	unshare -Urm sh -c "$3; unshare -Ur '$PROBES/exhaust' $1 $(($2 + 1)) sh -c 'echo >$T/held; read x <$T/go' & read x <$T/held; '$PROBES/exhaust' $1 1; echo >$T/go; wait" 3>&-
}

@test "a container that takes all inotify instances leaves those of the host's root alone" {
	# Class: exhaustion of what the kernel counts by user: inotify instances, 128 of them by default.
	# Defence: spawn_init() in launch/spawn.c: the user namespace is owned by the container's own id.
	# Seen: before that was so: "inotify 0 EMFILE" for the host's root; the kernel by itself: the first lines of the test.
	local limit
	limit=$(cat /proc/sys/fs/inotify/max_user_instances)
	((limit <= 2000)) || missing "fs.inotify.max_user_instances is $limit, too many to take"
	run owner_runs_dry inotify 20 "echo 20 >/proc/sys/user/max_inotify_instances"
	says "inotify 0 EMFILE"
	holding inotify "$((limit + 1))"
	is "$(cat "$T/out")" "inotify $limit EMFILE"
	is "$("$PROBES/exhaust" inotify 1)" "inotify 1"
}

@test "a container that takes all pseudo-terminals leaves those of others alone" {
	# Class: exhaustion of pseudo-terminals: all devpts but the host's share kernel.pty.max less kernel.pty.reserve.
	# Defence: setting pty_max, by limit_ptys() in plan/plan_mounts.c: max= of the devpts.
	# Seen: with pty_max 600 it had 600 (the end of the test); without limit_ptys() all 3,072 that containers share.
	[[ $(cat /proc/sys/kernel/pty/max) -ge 2048 ]] || missing "kernel.pty.max is too small"
	config '.process.rlimits = [] | .mounts |= map(if .type == "devpts" then .options += ["max=100000"] else . end)'
	holding pty 601
	is "$(cat "$T/out")" "pty 256 ENOSPC"
	is "$("$PROBES/exhaust" pty 1)" "pty 1"
	brig delete --force "$ID"
	policy '.settings.pty_max = 600'
	config 'del(.mounts[-1])'
	holding pty 601
	is "$(cat "$T/out")" "pty 600 ENOSPC"
}

@test "a bomb of memory ends at the limit of the cgroup" {
	# Class: exhaustion of memory.
	# Defence: rule memory-limit, plan/plan_resources.c: memory.max and memory.swap.max.
	# Seen: with 512 MiB as limit the same bomb went off unharmed (the end of the test).
	needs_controller memory
	local bomb='head -c 100000000 /dev/zero | tail -c 100000000 | wc -c; echo survived'
	config '.linux.resources.memory = { limit: 33554432, swap: 33554432 }'
	inside "$bomb"
	((status != 0))
	lacks survived 100000000
	config '.linux.resources.memory = { limit: 536870912, swap: 536870912 }'
	inside "$bomb"
	says 100000000 survived
}

@test "a tree of 100 levels and more in the image holds nothing up" {
	# Class: deep trees: paths beyond PATH_MAX, recursion, a descriptor for each level.
	# Defence: fd_open_in() in base/fd.c and place_walk() in kernel/root.c: one descriptor at a time; DEPTH_MAX in launch/copy_up.c.
	# Seen: ls(1) by path cannot name the deepest (the test looks); without DEPTH_MAX the tmpfs with the copy was made.
	# Without: copy-up-depth.patch.
	local name deep place
	own_rootfs
	name=$(printf 'n%.0s' {1..250})
	deep=$(printf "/$name%.0s" {1..100})
	(cd "$BUNDLE/rootfs/home" && for _ in {1..100}; do mkdir "$name" && cd -P "$name" || exit 1; done && touch bottom) || missing "no such tree on this file system"
	fails ls "$BUNDLE/rootfs/home$deep"
	says "too long"
	config '.process.args = ["sh", "-c", "cd -P /home/n*/n* && echo inside"]'
	run timeout 20 "$BRIG" --root "$ROOT" --policy "$POLICY" run --bundle "$BUNDLE" "$ID" </dev/null 3>&-
	says inside
	cp "$BUNDLE/config.json" "$T/config.json"
	# As a working directory, a mount point, a hidden path, and what a tmpfs starts with.
	for place in '.process.cwd = ("/home" + $deep)' '.mounts += [{ destination: ("/home" + $deep), type: "tmpfs", source: "x", options: ["nosuid", "nodev"] }]' \
		'.root.readonly = false | .mounts += [{ destination: "/home", type: "tmpfs", source: "x", options: ["nosuid", "nodev", "tmpcopyup"] }]'; do
		cp "$T/config.json" "$BUNDLE/config.json"
		config --arg deep "$deep" "$place"
		status=0
		timeout 20 "$BRIG" --root "$ROOT" --policy "$POLICY" create --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>&1 3>&- || status=$?
		((status != 0 && status != 124)) || complain "status $status with $place"
		nothing_left
	done
	# As far as a path goes, it is used.
	deep=$(printf '/d%.0s' {1..1000})
	cp "$T/config.json" "$BUNDLE/config.json"
	config --arg deep "/home$deep" '.process.cwd = $deep | .process.args = ["sh", "-c", "pwd | tr -cd d | wc -c"] | .linux.maskedPaths += [$deep + "/d"] | .linux.readonlyPaths += [$deep]
		| .mounts += [{ destination: ($deep + "/m"), type: "tmpfs", source: "x", options: ["nosuid", "nodev"] }]'
	run timeout 20 "$BRIG" --root "$ROOT" --policy "$POLICY" run --bundle "$BUNDLE" "$ID" </dev/null 3>&-
	is "$output" 1000
	rm -rf "$BUNDLE/rootfs"
}
