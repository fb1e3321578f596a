#!/usr/bin/env bats
load ../lib/common

dispose() {
	[[ -z ${WATCHER-} ]] || kill "$WATCHER" 2>/dev/null || true
}

@test "events --stats prints one JSON object with the keys of runc" {
	running_container
	succeeds brig events --stats "$ID"
	is "$(wc -l <<<"$output")" 1
	jq -e --arg id "$ID" '.type == "stats" and .id == $id and (.data | has("cpu"))' <<<"$output"
}

@test "events goes on until the container ends" {
	running_container
	brig events --interval 100ms "$ID" >"$T/events" 2>&1 &
	WATCHER=$!
	eventually has_events 3
	brig kill "$ID" TERM
	eventually has_status stopped
	wait "$WATCHER"
	WATCHER=
	jq -se --arg id "$ID" 'all(.type == "stats" and .id == $id)' "$T/events"
}

has_events() { # NUMBER
	(($(wc -l <"$T/events") >= $1))
}

# A container with 32 MiB, its events in $T/events from now on.
watched() {
	needs_controller memory
	config '.linux.resources.memory = { limit: 33554432 }'
	running_container
	brig events --interval 60s "$ID" >"$T/events" 2>&1 &
	WATCHER=$!
	eventually grep -q '"stats"' "$T/events"
}

oom_events() {
	jq -c --arg id "$ID" 'select(.type == "oom") | .id == $id' "$T/events"
}

@test "events tells of a process that was killed for lack of memory, when it happens" {
	policy '.settings.memory_oom_group = false'
	watched
	run brig exec "$ID" tail /dev/zero </dev/null
	is "$status" 137
	eventually test -n "$(oom_events)"
	is "$(oom_events)" true
	has_status running
}

@test "events tells of the end of the whole container for lack of memory, and ends with it" {
	watched
	run brig exec "$ID" tail /dev/zero </dev/null
	is "$status" 137
	eventually has_status stopped
	wait "$WATCHER"
	WATCHER=
	is "$(oom_events | sort -u)" true
}

@test "events of a stopped container is an error, in the words of the engines" {
	create
	brig kill "$ID" KILL
	eventually has_status stopped
	fails brig events --stats "$ID"
	says "container not running"
	fails timeout 10 "$BRIG" --root "$ROOT" --policy "$POLICY" events "$ID"
	says "container not running"
}

@test "events of an absent container is an error" {
	fails brig events --stats "$ID"
	says "container does not exist"
}
