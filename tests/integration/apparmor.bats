#!/usr/bin/env bats
load ../lib/common

# The tests' own profile, which denies what nothing else does; loaded where AppArmor is.
prepare() {
	needs_apparmor
	needs_program apparmor_parser
}

load_profile() {
	printf 'profile %s flags=(attach_disconnected) { file, capability, network, signal, deny /tmp/secret r, }\n' "$1" |
		apparmor_parser --replace --skip-cache
}

unload_profile() {
	printf 'profile %s {}\n' "$1" | apparmor_parser --remove
}

@test "a container whose config names no profile runs under brig-default, and so does what is run in it later" {
	inside 'cat /proc/self/attr/apparmor/current'
	is "$output" "brig-default (enforce)"
	running_container
	is "$(brig exec "$ID" cat /proc/self/attr/apparmor/current)" "brig-default (enforce)"
	is "$(cat "/proc/$(container_pid)/attr/apparmor/current")" "brig-default (enforce)"
}

@test "init keeps brig's label until the program is executed" {
	create
	is "$(cat "/proc/$(container_pid)/attr/apparmor/current")" unconfined
}

@test "the profile that the config names is applied, and denies" {
	load_profile "brig-test-$BATS_ROOT_PID"
	config --arg name "brig-test-$BATS_ROOT_PID" '.process.apparmorProfile = $name'
	inside 'echo hidden >/tmp/secret; cat /tmp/secret; cat /proc/self/attr/apparmor/current'
	says "Permission denied" "brig-test-$BATS_ROOT_PID (enforce)"
	[[ $output != *hidden* ]]
	unload_profile "brig-test-$BATS_ROOT_PID"
}

@test "a profile that the kernel does not have is an error that says how to load it" {
	config '.process.apparmorProfile = "brig-no-such-profile"'
	fails create
	says /process/apparmorProfile "'brig-no-such-profile' is not loaded" apparmor_parser
}

@test "exec has the container's profile unless one is asked for, and never none" {
	running_container
	load_profile "brig-test-$BATS_ROOT_PID"
	is "$(brig exec --apparmor "brig-test-$BATS_ROOT_PID" "$ID" cat /proc/self/attr/apparmor/current)" "brig-test-$BATS_ROOT_PID (enforce)"
	run brig exec --apparmor unconfined "$ID" cat /proc/self/attr/apparmor/current
	[[ $output != *unconfined* ]] || ((status != 0))
	unload_profile "brig-test-$BATS_ROOT_PID"
}

@test "the state and the audit log name the profile in force" {
	create
	is "$(jq -r '.protections.apparmor // empty' "$T/audit.jsonl" | head -n 1)" brig-default
}
