#!/usr/bin/env bats
load ../lib/common

@test "an unknown option is refused with the nearest one" {
	fails brig create --bundel x "$ID"
	says --bundle
	fails brig --rot x list
	says --root
}

@test "an unknown command is refused with the nearest one" {
	fails brig crate
	says create
}

@test "options are taken with =, as the next word, with one dash, and in any order" {
	create
	is "$("$BRIG" --root="$ROOT" --policy="$POLICY" state "$ID" | jq -r .id)" "$ID"
	is "$("$BRIG" -root "$ROOT" -policy "$POLICY" state "$ID" | jq -r .id)" "$ID"
	brig delete -force "$ID"
}

@test "an error is a plain line on standard error, and one JSON line in the log" {
	rm -f "$LOG"
	run --separate-stderr brig --log-format json state "$ID"
	((status != 0))
	is "$output" ""
	[[ $stderr == "brig: "* ]]
	is "$(wc -l <"$LOG")" 1
	jq -e '.level == "error" and (.msg | contains("does not exist"))
		and (.time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\\.[0-9]+)?(Z|[+-][0-9:]{5})$"))' "$LOG"
}

@test "--log-format=json is as good" {
	rm -f "$LOG"
	run "$BRIG" --log-format=json --log "$LOG" --root "$ROOT" state "$ID"
	jq -e '.level == "error"' "$LOG"
}

@test "what succeeds logs no error" {
	rm -f "$LOG"
	config '.process.args = ["true"]'
	brig --log-format json run --bundle "$BUNDLE" "$ID" </dev/null
	[[ ! -s $LOG ]] || jq -se 'all(.level != "error")' "$LOG"
}

@test "a failed create logs one line: podman decodes the whole file as one object" {
	rm -f "$LOG"
	config '.process.args = ["no-such-program"]'
	fails brig --log-format json create --bundle "$BUNDLE" "$ID"
	jq -se 'length == 1 and .[0].level == "error"' "$LOG"
}

@test "the log is appended to" {
	echo '{"level":"info","msg":"before","time":"2024-01-01T00:00:00Z"}' >"$LOG"
	fails brig --log-format json state "$ID"
	is "$(jq -r .msg "$LOG" | head -n 1)" before
	is "$(jq -s length "$LOG")" 2
}

@test "text in a message cannot write a line of its own" {
	fails brig state $'a\nbrig: all is well'
	is "$(grep -c '^brig: all is well' <<<"$output")" 0
}

@test "runtime errors exit with 1, usage errors too" {
	run brig state "$ID"
	is "$status" 1
	run brig no-such-command
	is "$status" 1
}

@test "--criu is accepted, as older shims pass it" {
	create
	succeeds brig --criu /usr/sbin/criu state "$ID"
}

@test "--root is made if it is absent, for root alone" {
	succeeds "$BRIG" --root "$T/deep/er" list -q
	create
	is "$(stat -c %a "$ROOT")" 700
}

@test "containers of different roots do not know each other" {
	create
	fails "$BRIG" --root "$T/other" --policy "$POLICY" state "$ID"
	says "does not exist"
}

@test "a kernel that is too old is refused at the start, by what it calls itself" {
	fails setarch --uname-2.6 "$BRIG" --root "$ROOT" list
	says "Linux 2.6 is too old for brig" "run Linux 5.15 or later"
}
