#!/usr/bin/env bats
load ../lib/common

@test "delete of a stopped container leaves nothing" {
	config '.process.args = ["true"]'
	create
	brig start "$ID"
	eventually has_status stopped
	succeeds brig delete "$ID"
	is "$output" ""
	nothing_left
}

@test "delete of a created container kills its init and succeeds" {
	create
	succeeds brig delete "$ID"
	nothing_left
}

@test "delete of a running container is refused without --force" {
	running_container
	fails brig delete "$ID"
	says "cannot delete container" "is not stopped"
	has_status running
}

@test "delete --force of a running container leaves nothing" {
	config '.process.args = ["sh", "-c", "sleep 61 & sleep 62 & wait"]'
	create
	brig start "$ID"
	succeeds brig delete --force "$ID"
	nothing_left
}

@test "delete --force of a paused container leaves nothing" {
	running_container
	brig pause "$ID"
	succeeds brig delete --force "$ID"
	nothing_left
}

@test "delete of an absent container fails, with --force it succeeds" {
	fails brig delete "$ID"
	says "container does not exist"
	succeeds brig delete --force "$ID"
	is "$output" ""
}

@test "after delete the id and the ids of users are free again" {
	create
	brig delete "$ID"
	succeeds create
	brig delete "$ID"
	nothing_left
}

@test "delete knows the cgroup from the state, not from options" {
	config --arg path "/brig-test-$ID" '.linux.cgroupsPath = $path'
	create
	[[ -d $(cgroup_root)/brig-test-$ID ]]
	succeeds brig --systemd-cgroup delete --force "$ID"
	[[ ! -d $(cgroup_root)/brig-test-$ID ]]
}

@test "delete succeeds though the bundle is gone" {
	running_container
	rm -rf "$BUNDLE"
	succeeds brig delete --force "$ID"
	nothing_left
}
