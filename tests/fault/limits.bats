#!/usr/bin/env bats
# A machine that has run out of something: an error that says what, and nothing left.
load ../lib/common
load ../lib/fault

dispose() {
	umount "$T/small" 2>/dev/null || true
}

# create with a limit of descriptors; $output is what it said
create_with_descriptors() { # NUMBER
	status=0
	prlimit --nofile="$1:$1" "$BRIG" --root "$ROOT" --policy "$POLICY" create --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>&1 3>&- || status=$?
	output=$(cat "$T/out")
}

@test "a full disk under the state is an error, and nothing is left" {
	mkdir "$T/small"
	mount -t tmpfs -o size=64k,mode=700 tmpfs "$T/small"
	ROOT=$T/small/state
	mkdir -m 700 "$ROOT"
	dd if=/dev/zero of="$T/small/ballast" bs=4k 2>/dev/null || true
	fails create
	says "No space left"
	is "$(find "$ROOT" -mindepth 1)" ""
	is "$(grep -rlF "$ROOT/" /run/brig-ids 2>/dev/null)" ""
	is "$(find "$(cgroup_root)" -type d -name "$ID")" ""
	rm "$T/small/ballast"
	succeeds create
	succeeds brig delete --force "$ID"
}

@test "a disk that becomes full at any byte of the state: create fails clean or works" {
	local free left
	mkdir "$T/small"
	mount -t tmpfs -o size=64k,mode=700 tmpfs "$T/small"
	ROOT=$T/small/state
	mkdir -m 700 "$ROOT"
	for free in 1 2 3 4 5 6; do
		dd if=/dev/zero of="$T/small/ballast" bs=4k count=$((15 - free)) 2>/dev/null || true
		run create
		if ((status == 0)); then
			run brig start "$ID"
			succeeds brig delete --force "$ID"
		else
			says "No space left"
		fi
		left=$(find "$ROOT" -mindepth 1)
		is "$left" "" || complain "with $free pages free: $left"
		rm -f "$T/small/ballast"
	done
}

@test "no inodes left" {
	local free
	mkdir "$T/small"
	for free in 1 2 3 4 5; do
		mount -t tmpfs -o size=1m,mode=700,nr_inodes=$((2 + free)) tmpfs "$T/small"
		ROOT=$T/small/state
		mkdir -m 700 "$ROOT"
		run create
		if ((status == 0)); then
			succeeds brig delete --force "$ID"
		else
			says "No space left"
		fi
		is "$(find "$ROOT" -mindepth 1)" ""
		umount "$T/small"
	done
}

@test "few descriptors: works with 24, and with fewer says so and can be deleted" {
	local limit
	config '.process.args = ["true"] | .process.rlimits = []'
	create_with_descriptors 24
	((status == 0)) || complain "with 24 descriptors: $output"
	succeeds brig delete --force "$ID"
	for limit in 6 7 8 9 10 12 14; do
		create_with_descriptors "$limit"
		if ((status == 0)); then
			succeeds brig delete --force "$ID"
		else
			[[ -n $output ]] || complain "no word with $limit descriptors"
		fi
		# Tidying up takes descriptors, too: what it could not do is done by name.
		succeeds brig delete --force "$ID"
		nothing_left || complain "with $limit descriptors"
	done
}

@test "a limit of processes: an error with the call, and nothing left" {
	# Root is not held by RLIMIT_NPROC, getrlimit(2): the cgroup's limit would be, on a host with the controller.
	needs_controller pids
	local parent status=0
	parent=$(cgroup_root)/brig-test-$ID
	mkdir -p "$parent/self"
	echo 1 >"$parent/pids.max"
	config --arg path "/brig-test-$ID/leaf" '.linux.cgroupsPath = $path'
	bash -c 'echo $$ >"$0/self/cgroup.procs"; exec "$@"' "$parent" "$BRIG" --root "$ROOT" --policy "$POLICY" \
		create --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>&1 3>&- || status=$?
	((status != 0))
	grep -q "Resource temporarily unavailable" "$T/out"
	rmdir "$parent/self" "$parent"
	nothing_left
}

@test "no user namespaces left: an error that names the sysctl" {
	local limit=/proc/sys/user/max_user_namespaces
	run unshare -U true
	((status == 0)) || missing "no user namespaces here"
	# In a namespace of the test's own, so that the machine's limit is left alone.
	run unshare -Ur env XDG_RUNTIME_DIR="$T" bash -c "echo 0 >$limit && exec '$BRIG' --root '$ROOT' --policy '$POLICY' create --bundle '$BUNDLE' '$ID'"
	((status != 0))
	says max_user_namespaces
	nothing_left
}

@test "a create that finds no place for its files leaves none" {
	run unshare -Ur env -u XDG_RUNTIME_DIR "$BRIG" --root "$ROOT" --policy "$POLICY" create --bundle "$BUNDLE" "$ID"
	((status != 0))
	says XDG_RUNTIME_DIR
	nothing_left
}

@test "a config that cannot be read, is a directory, a FIFO or a device" {
	local config=$BUNDLE/config.json
	mv "$config" "$T/config.json"
	fails create
	mkdir "$config"
	fails timeout 10 "$BRIG" --root "$ROOT" --policy "$POLICY" create --bundle "$BUNDLE" "$ID"
	says config.json
	rmdir "$config"
	mkfifo "$config"
	run timeout 10 "$BRIG" --root "$ROOT" --policy "$POLICY" create --bundle "$BUNDLE" "$ID" </dev/null
	((status != 0 && status != 124)) || complain "status $status: $output"
	rm "$config"
	ln -s /dev/zero "$config"
	run timeout 10 "$BRIG" --root "$ROOT" --policy "$POLICY" create --bundle "$BUNDLE" "$ID" </dev/null
	((status != 0 && status != 124)) || complain "status $status: $output"
	rm "$config"
	ln -s /etc/shadow "$config"
	run create
	((status != 0))
	[[ $output != *root:* ]] || complain "the error quotes the file: $output"
	rm "$config"
	nothing_left
}

@test "a config of 64 MiB is refused by its size, in little memory" {
	truncate -s 64M "$BUNDLE/config.json"
	run bash -c 'ulimit -v 100000; exec "$@"' bash "$BRIG" --root "$ROOT" --policy "$POLICY" create --bundle "$BUNDLE" "$ID"
	((status != 0 && status < 128)) || complain "status $status: $output"
	says config.json "larger than"
	nothing_left
}

@test "10,000 mounts are mounted, in bounded time" {
	config '.mounts += [range(10000) | { destination: "/tmp/m\(.)", type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", "size=4k"] }]
		| .process.args = ["sh", "-c", "grep -c \" /tmp/m\" /proc/self/mountinfo"]'
	run timeout 300 "$BRIG" --root "$ROOT" --policy "$POLICY" run --bundle "$BUNDLE" "$ID" </dev/null
	is "$status $output" "0 10000"
	nothing_left
}

@test "create at each limit of descriptors works or leaves nothing behind" {
	local limit failed=0
	for limit in {6..24}; do
		if bash -c 'ulimit -n "$1"; shift; exec "$@"' bash "$limit" "$BRIG" --root "$ROOT" --policy "$POLICY" create \
			--bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>"$T/err" 3>&-; then
			brig delete --force "$ID"
		else
			failed=$((failed + 1))
		fi
		[[ ! -e $ROOT/$ID ]] || complain "with $limit descriptors: $(<"$T/err")"
		nothing_left
	done
	((failed > 3)) || complain "all of them were enough"
}
