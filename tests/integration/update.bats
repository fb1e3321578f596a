#!/usr/bin/env bats
load ../lib/common

@test "update reads resources from standard input, in both spellings, and from a file" {
	needs_controller pids
	running_container
	echo '{"pids": {"limit": 50}}' | brig update --resources=- "$ID"
	is "$(cat "$(container_cgroup)/pids.max")" 50
	echo '{"pids": {"limit": 51}}' | brig update --resources - "$ID"
	is "$(cat "$(container_cgroup)/pids.max")" 51
	echo '{"pids": {"limit": 52}}' >"$T/resources.json"
	brig update --resources "$T/resources.json" "$ID"
	is "$(cat "$(container_cgroup)/pids.max")" 52
}

@test "zeroes leave alone: docker sends one for all that was not given" {
	running_container
	echo '{"memory": {"limit": 0, "reservation": 0}, "cpu": {"shares": 0, "quota": 0, "period": 0}, "blockIO": {"weight": 0}}' >"$T/zero.json"
	succeeds brig update --resources "$T/zero.json" "$ID"
	is "$output" ""
}

@test "devices are ignored" {
	running_container
	echo '{"devices": [{"allow": true, "access": "rwm"}]}' >"$T/devices.json"
	succeeds brig update --resources "$T/devices.json" "$ID"
}

@test "what is no resources object is refused" {
	running_container
	echo '{"memory": {"limit": "much"}}' >"$T/wrong.json"
	fails brig update --resources "$T/wrong.json" "$ID"
	says /memory/limit
}
