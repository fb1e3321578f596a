#!/usr/bin/env bats
load ../lib/common

@test "start runs the program" {
	config '.process.args = ["sh", "-c", "echo started"]'
	create
	is "$(cat "$T/out")" ""
	succeeds brig start "$ID"
	is "$output" ""
	eventually grep -q started "$T/out"
	eventually has_status stopped
}

@test "start of a running container is refused" {
	running_container
	fails brig start "$ID"
	says "cannot start an already running container"
}

@test "start of a stopped container is refused" {
	config '.process.args = ["true"]'
	create
	brig start "$ID"
	eventually has_status stopped
	fails brig start "$ID"
	says "cannot start a container that has stopped"
}

@test "start of an absent container is refused" {
	fails brig start "$ID"
	says "container does not exist"
}

@test "nobody keeps the output of start open" {
	config '.process.args = ["sleep", "60"]'
	create
	# command substitution ends when the last writer has closed the pipe
	is "$(timeout 5 "$BRIG" --root "$ROOT" --policy "$POLICY" start "$ID" 2>&1 3>&-)" ""
	has_status running
}

@test "start works from another directory and without an environment" {
	config '.process.args = ["sleep", "60"]'
	create
	cd /
	env -i XDG_RUNTIME_DIR= "$BRIG" --root "$ROOT" --policy "$POLICY" start "$ID" 3>&-
	has_status running
}
