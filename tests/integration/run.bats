#!/usr/bin/env bats
load ../lib/common

@test "run prints what the container prints, and leaves nothing" {
	inside 'echo out; echo err >&2'
	is "$output" $'out\nerr'
	is "$status" 0
	nothing_left
}

@test "the exit status is the program's" {
	inside 'exit 42'
	is "$status" 42
}

@test "a program that a signal ended gives 128 and the signal" {
	# 1 of a pid namespace takes no signal from within, so a child of it dies of one
	inside 'sh -c "kill -9 \$\$"; exit $?'
	is "$status" 137
}

@test "run forwards signals to the program" {
	config '.process.args = ["sh", "-c", "trap \"echo got-it; exit 5\" TERM; echo ready; while :; do sleep 0.05; done"]'
	"$BRIG" --root "$ROOT" --policy "$POLICY" run --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>&1 3>&- &
	local runtime=$!
	eventually grep -q ready "$T/out"
	kill -TERM $runtime
	local status=0
	wait $runtime || status=$?
	is "$status" 5
	grep -q got-it "$T/out"
}

@test "run --detach returns while the program goes on" {
	config '.process.args = ["sleep", "60"]'
	brig run --detach --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>&1
	has_status running
}

@test "run --keep leaves the state of the ended container" {
	inside 'exit 3' --keep
	is "$status" 3
	has_status stopped
	is "$(container_state .pid)" 0
	succeeds brig delete "$ID"
}

@test "standard input reaches the program" {
	config '.process.args = ["cat"]'
	is "$(echo through | brig run --bundle "$BUNDLE" "$ID")" through
}

@test "run fails before anything is made if the program is missing" {
	config '.process.args = ["no-such-program"]'
	fails brig run --bundle "$BUNDLE" "$ID"
	says "executable file not found in \$PATH"
	nothing_left
}

@test "the program is a direct child of run" {
	config '.process.args = ["sleep", "60"]'
	"$BRIG" --root "$ROOT" --policy "$POLICY" run --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>&1 3>&- &
	local runtime=$!
	eventually has_status running
	is "$(awk '/^PPid:/ { print $2 }' "/proc/$(container_pid)/status")" "$runtime"
	brig kill "$ID" KILL
	wait $runtime || true
}
