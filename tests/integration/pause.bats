#!/usr/bin/env bats
load ../lib/common

ticking_container() {
	config '.process.args = ["sh", "-c", "while :; do echo tick; usleep 20000; done"]'
	create
	brig start "$ID"
	eventually grep -q tick "$T/out"
}

@test "a paused container does nothing until it is resumed" {
	ticking_container
	succeeds brig pause "$ID"
	is "$output" ""
	has_status paused
	local before
	before=$(wc -l <"$T/out")
	sleep 0.2
	is "$(wc -l <"$T/out")" "$before"
	succeeds brig resume "$ID"
	has_status running
	eventually bash -c "((\$(wc -l <'$T/out') > $before))"
}

@test "when pause has returned, the kernel has confirmed it" {
	ticking_container
	brig pause "$ID"
	grep -qx "frozen 1" "$(container_cgroup)/cgroup.events"
}

@test "pause of a paused container and resume of a running one are errors" {
	ticking_container
	fails brig resume "$ID"
	says "not paused"
	brig pause "$ID"
	fails brig pause "$ID"
	says "paused"
}

@test "pause of a stopped container is an error" {
	config '.process.args = ["true"]'
	create
	brig start "$ID"
	eventually has_status stopped
	fails brig pause "$ID"
	says "container not running"
}
