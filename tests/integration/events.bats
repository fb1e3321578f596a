#!/usr/bin/env bats
load ../lib/common

@test "events --stats prints one JSON object with the keys of runc" {
	running_container
	succeeds brig events --stats "$ID"
	is "$(wc -l <<<"$output")" 1
	jq -e --arg id "$ID" '.type == "stats" and .id == $id and (.data | has("cpu"))' <<<"$output"
}

@test "events goes on until the container ends" {
	config '.process.args = ["sh", "-c", "sleep 1"]'
	create
	brig start "$ID"
	timeout 10 "$BRIG" --root "$ROOT" --policy "$POLICY" events --interval 200ms "$ID" >"$T/events" 2>&1 3>&- ||
		timeout 10 "$BRIG" --root "$ROOT" --policy "$POLICY" events --interval 1s "$ID" >"$T/events" 2>&1 3>&-
	jq -se 'length >= 1 and all(.type == "stats")' "$T/events"
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
