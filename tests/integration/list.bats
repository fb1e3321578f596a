#!/usr/bin/env bats
load ../lib/common

@test "list prints a table, ids alone, or JSON" {
	running_container
	succeeds brig list
	says ID PID STATUS BUNDLE "$ID" running "$BUNDLE"
	succeeds brig list -q
	is "$output" "$ID"
	succeeds brig list --format json
	jq -e --arg id "$ID" 'length == 1 and .[0].id == $id and .[0].status == "running"' <<<"$output"
}

@test "list without containers is empty, an empty array in JSON" {
	succeeds brig list -q
	is "$output" ""
	succeeds brig list --format=json
	jq -e '. == [] or . == null' <<<"$output"
}

@test "a container without a readable state is listed as broken, and delete --force removes it" {
	mkdir -m 700 "$ROOT" "$ROOT/$ID"
	succeeds brig list
	says "$ID" broken
	succeeds brig delete --force "$ID"
	succeeds brig list -q
	is "$output" ""
}

@test "ps --format json is an array of pids of the host" {
	running_container
	succeeds brig ps --format json "$ID"
	jq -e --argjson pid "$(container_pid)" 'type == "array" and index($pid) != null and all(type == "number")' <<<"$output"
}

@test "ps prints the rows of ps(1), with a header" {
	needs_program ps
	running_container
	succeeds brig ps "$ID"
	says PID "$(container_pid)"
	succeeds brig ps --format table "$ID" "-opid,args"
	says PID "$(container_pid)"
}
