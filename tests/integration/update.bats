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

@test "update changes memory and processor time of a running container" {
	needs_controller memory
	needs_controller cpu
	running_container
	echo '{ "memory": { "limit": 67108864 }, "cpu": { "shares": 512, "quota": 30000, "period": 100000 } }' | brig update --resources - "$ID"
	is "$(cd "$(container_cgroup)" && cat memory.max cpu.weight cpu.max)" $'67108864\n59\n30000 100000'
}

@test "zeroes leave alone: docker sends one for all that was not given" {
	running_container
	echo '{"memory": {"limit": 0, "reservation": 0}, "cpu": {"shares": 0, "quota": 0, "period": 0}, "blockIO": {"weight": 0}}' >"$T/zero.json"
	succeeds brig update --resources "$T/zero.json" "$ID"
	is "$output" ""
}

@test "zeroes leave the limits as they were" {
	local files before
	needs_controller memory
	needs_controller cpu
	config '.linux.resources = { memory: { limit: 67108864, reservation: 33554432 }, cpu: { shares: 512, quota: 50000, period: 100000 }, pids: { limit: 50 } }'
	running_container
	files=("$(container_cgroup)"/{memory.max,memory.low,cpu.weight,cpu.max,pids.max})
	before=$(cat "${files[@]}")
	is "$(head -n 2 <<<"$before")" $'67108864\n33554432'
	echo '{"memory": {"limit": 0, "reservation": 0}, "cpu": {"shares": 0, "quota": 0, "period": 0}, "pids": {"limit": 0}, "blockIO": {"weight": 0}}' |
		brig update --resources - "$ID"
	is "$(cat "${files[@]}")" "$before"
}

# The host's root, in the container's cgroup: what the device program alone keeps from a device.
opens_in_cgroup() { # DEVICE
	bash -c 'echo $BASHPID >"$1/cgroup.procs" && exec dd if="$2" of=/dev/null count=0' sh "$(container_cgroup)" "$1"
}

@test "devices are ignored: the device program stays" {
	running_container
	mknod "$T/kmsg" c 1 11
	mknod "$T/null" c 1 3
	dd if="$T/kmsg" of=/dev/null count=0
	fails opens_in_cgroup "$T/kmsg"
	says "Operation not permitted"
	echo '{"devices": [{"allow": true, "access": "rwm"}]}' >"$T/devices.json"
	succeeds brig update --resources "$T/devices.json" "$ID"
	fails opens_in_cgroup "$T/kmsg"
	says "Operation not permitted"
	succeeds opens_in_cgroup "$T/null"
}

@test "what is no resources object is refused" {
	running_container
	echo '{"memory": {"limit": "much"}}' >"$T/wrong.json"
	fails brig update --resources "$T/wrong.json" "$ID"
	says /memory/limit
}
