#!/usr/bin/env bats
# alone
load ../lib/common

@test "200 containers at once, 8 creates at a time, each with ids of its own, and nothing left" {
	local i
	config '.process.args = ["sleep", "300"]'
	export BRIG ROOT POLICY LOG BUNDLE ID T
	seq 200 | xargs -P 8 -I{} sh -c '"$BRIG" --root "$ROOT" --policy "$POLICY" --log "$LOG" create --bundle "$BUNDLE" "$ID-{}" </dev/null >"$T/out-{}" 2>&1 &&
		"$BRIG" --root "$ROOT" --policy "$POLICY" --log "$LOG" start "$ID-{}" >>"$T/out-{}" 2>&1 || echo "{} failed"' 3>&- >"$T/failed"
	is "$(cat "$T/failed")" "" || complain "$(cat "$T"/out-* | sort | uniq -c | head)"
	brig list --quiet | wc -l | grep -qx 200
	jq -r '"/proc/\(.pid)/uid_map"' "$ROOT/$ID"-*/state.json | xargs awk '{ print $2 }' | sort -u >"$T/ids"
	is "$(wc -l <"$T/ids")" 200
	seq 200 | xargs -P 8 -I{} sh -c '"$BRIG" --root "$ROOT" --policy "$POLICY" --log "$LOG" delete --force "$ID-{}" || echo "{} failed"' 3>&- >"$T/failed" 2>&1
	is "$(cat "$T/failed")" ""
	nothing_left
}

@test "8 creates of one name at once: one wins" {
	local i
	for i in {1..8}; do
		{
			brig create --bundle "$BUNDLE" "$ID" </dev/null >"$T/out-$i" 2>&1 && echo won
		} >>"$T/won" 3>&- &
	done
	wait
	is "$(cat "$T/won")" won
	has_status created
	brig delete --force "$ID"
	nothing_left
}

@test "create, start, kill and delete against each other for the same name leave nothing" {
	local round
	config '.process.args = ["sleep", "60"]'
	for round in 1 2 3 4 5 6; do
		create
		brig start "$ID" </dev/null >"$T/a" 2>&1 3>&- &
		brig kill "$ID" KILL >"$T/b" 2>&1 3>&- &
		brig exec "$ID" true </dev/null >"$T/c" 2>&1 3>&- &
		brig delete --force "$ID" >"$T/d" 2>&1 3>&- &
		brig delete --force "$ID" >"$T/e" 2>&1 3>&- &
		wait
		brig delete --force "$ID" >"$T/f" 2>&1 || true
		nothing_left || complain "round $round"
	done
}
