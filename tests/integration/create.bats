#!/usr/bin/env bats
load ../lib/common

@test "create leaves one process, which waits, and a state that says created" {
	succeeds create
	has_status created
	local pid
	pid=$(container_pid)
	[[ -d /proc/$pid ]]
	is "$(wc -w <"$(container_cgroup)/cgroup.procs")" 1
}

@test "the pid stays the same from create to the program" {
	config '.process.args = ["sleep", "60"]'
	create
	local pid
	pid=$(container_pid)
	brig start "$ID"
	is "$(container_pid)" "$pid"
	eventually grep -q sleep "/proc/$pid/cmdline"
}

@test "one line of an error tells what it is about, once, and what to do" {
	config '.process.args = "true"'
	fails create
	says "/process/args: must be an array of strings"
	is "$(grep -o /process/args <<<"$output" | wc -l)" 1
	echo '[]' >"$BUNDLE/config.json"
	fails create
	says "config.json: must be an object"
	rm "$BUNDLE/config.json"
	fails create
	says "brig spec"
	fails brig create --bundle "$T/nowhere" "$ID"
	says "--bundle names"
	make_bundle
	config '.mounts += [{ destination: "/m", type: "bind", source: "/no/such/place", options: ["bind"] }]'
	fails create
	says "/no/such/place" /mounts/ "make it before"
	config '.mounts |= .[:-1] | .process.args = ["no-such-program"]'
	fails create
	says "executable file not found in \$PATH" "in the image"
	config '.process.args = ["true"]'
	fails create --pid-file "$T/nowhere/pid"
	says "make its directory first"
	fails brig state no-such-container
	says "container does not exist" "brig list"
	config '.mounts += [{ destination: "/host", type: "bind", source: "/", options: ["rbind"] }]'
	fails create
	is "$(grep -o '(mount-root at\|(bind-root at\|([a-z-]* at /mounts' <<<"$output" | wc -l)" 1
}

@test "what waits for start, or enters by exec, does not show the command line of brig" {
	config '.process.args = ["sleep", "60"]'
	create
	is "$(tr -d '\0' <"/proc/$(container_pid)/cmdline")" "brig:[init]"
	brig start "$ID"
	brig exec "$ID" true
	is "$(tr '\0' ' ' <"/proc/$(container_pid)/cmdline")" "sleep 60 "
}

@test "the pid file is the decimal pid without a newline" {
	create --pid-file "$T/pid"
	is "$(cat "$T/pid")" "$(container_pid)"
	is "$(wc -c <"$T/pid")" "$(printf %s "$(container_pid)" | wc -c)"
}

@test "a relative pid file is relative to the caller's directory" {
	cd "$T"
	create --pid-file here.pid
	is "$(cat "$T/here.pid")" "$(container_pid)"
}

@test "a failed create leaves no pid file" {
	config '.process.args = ["no-such-program"]'
	fails create --pid-file "$T/pid"
	[[ ! -e $T/pid ]]
}

@test "create refuses an id that exists" {
	create
	fails create
	says "container with given ID already exists"
	has_status created
}

@test "create refuses ids that are no names" {
	local id
	for id in . .. ../x a/b '' 'a b' 'ä' "$(printf 'a%.0s' {1..256})"; do
		fails brig create --bundle "$BUNDLE" -- "$id"
	done
	[[ ! -e $ROOT/x && ! -e $T/x ]]
}

@test "create takes an id of 255 characters" {
	ID=$ID-$(printf 'x%.0s' {1..255})
	ID=${ID:0:255}
	succeeds create
	has_status created
}

@test "a program that does not exist is reported at create, in the words of the engines" {
	config '.process.args = ["no-such-program"]'
	fails create
	says 'exec: "no-such-program": executable file not found in $PATH'
}

@test "a path that does not exist is reported at create" {
	config '.process.args = ["/no/such"]'
	fails create
	says 'exec: "/no/such"' "no such file or directory"
}

@test "a file that is not executable is reported at create" {
	config '.process.args = ["/etc/passwd"]'
	fails create
	says 'exec: "/etc/passwd"' "permission denied"
}

@test "create without config.json says which file is missing" {
	rm "$BUNDLE/config.json"
	fails create
	says config.json
}

@test "an error in config.json names the property" {
	config '.process.user.uid = -1'
	fails create
	says /process/user/uid
}

@test "a relative bundle is relative to the caller's directory, and absolute in the state" {
	cd "$T"
	brig create --bundle bundle "$ID" </dev/null >"$T/out" 2>&1
	is "$(container_state .bundle)" "$BUNDLE"
}

@test "create without --bundle takes the current directory" {
	cd "$BUNDLE"
	brig create "$ID" </dev/null >"$T/out" 2>&1
	is "$(container_state .bundle)" "$BUNDLE"
}

@test "the caller's environment does not reach the container" {
	SECRET=of-the-caller inside 'env'
	((status == 0))
	[[ $output != *SECRET* ]]
	says PATH=
}

@test "descriptors of the caller do not reach the container" {
	config '.process.args = ["sh", "-c", "ls /proc/self/fd | tr \"\\n\" \" \""]'
	run brig run --bundle "$BUNDLE" "$ID" 7</etc/passwd 9</etc/group </dev/null
	# 3 is the directory that ls reads
	is "$output" "0 1 2 3 "
}

@test "--preserve-fds hands on as many descriptors as it says" {
	config '.process.args = ["sh", "-c", "cat <&4"]'
	echo handed-on >"$T/file"
	: >"$T/log"
	run "$BRIG" --root "$ROOT" --policy "$POLICY" run --preserve-fds 2 --bundle "$BUNDLE" "$ID" 3</dev/null 4<"$T/file" 5<"$T/log" </dev/null
	is "$output" handed-on
}

@test "8 creates at once, each with ids of its own" {
	local i
	for i in {1..8}; do
		brig create --bundle "$BUNDLE" "$ID-$i" </dev/null >"$T/out-$i" 2>&1 &
	done
	wait
	for i in {1..8}; do
		brig state "$ID-$i" | jq -e '.status == "created"'
		awk '{ print $2 }' "/proc/$(brig state "$ID-$i" | jq .pid)/uid_map"
	done | sort -u >"$T/seen"
	# "true" once, and eight different first ids
	is "$(wc -l <"$T/seen")" 9
}

# It died of its parent's end whenever that came before it had let go of the parent.
@test "the init outlives a create that ends in the same moment" {
	local i
	policy '.rules["host-user"] = "allow"'
	config 'del(.linux.namespaces[] | select(.type == "user"))'
	for i in {1..30}; do
		create
		has_status created
		brig delete --force "$ID"
	done
}
