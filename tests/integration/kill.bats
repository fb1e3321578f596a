#!/usr/bin/env bats
load ../lib/common

@test "kill sends TERM if no signal is named" {
	config '.process.args = ["sh", "-c", "trap \"echo TERM; exit 0\" TERM; echo ready; while :; do sleep 0.05; done"]'
	create
	brig start "$ID"
	eventually grep -q ready "$T/out"
	succeeds brig kill "$ID"
	is "$output" ""
	eventually grep -q TERM "$T/out"
	eventually has_status stopped
}

@test "a signal is a number, a name, or a name with SIG, in any case" {
	config '.process.args = ["sh", "-c", "trap \"echo USR1\" USR1; echo ready; while :; do sleep 0.05; done"]'
	create
	brig start "$ID"
	eventually grep -q ready "$T/out"
	local signal n=0
	for signal in 10 USR1 SIGUSR1 usr1 sigusr1; do
		succeeds brig kill "$ID" "$signal"
		n=$((n + 1))
		eventually bash -c "((\$(grep -c USR1 '$T/out') >= $n))"
	done
	brig kill "$ID" KILL
}

@test "an unknown signal is refused" {
	running_container
	local signal
	for signal in NOSUCH 0x9 999 -1; do
		fails brig kill "$ID" -- "$signal"
	done
	has_status running
}

@test "kill of a stopped container says so in the words of the engines" {
	config '.process.args = ["true"]'
	create
	brig start "$ID"
	eventually has_status stopped
	fails brig kill "$ID" 9
	says "container not running"
}

@test "kill of an absent container says so in the words of the engines" {
	fails brig kill "$ID" 9
	says "container does not exist"
}

has_three_processes() {
	[[ $(brig ps --format json "$ID" | jq length) == 3 ]]
}

@test "kill --all reaches every process, by either spelling of the option" {
	local option
	for option in --all -a; do
		config '.process.args = ["sh", "-c", "sleep 61 & sleep 62 & wait"]'
		create
		brig start "$ID"
		eventually has_three_processes
		succeeds brig kill "$option" "$ID" 9
		eventually has_status stopped
		brig delete "$ID"
	done
}

@test "kill --all of a stopped container succeeds" {
	config '.process.args = ["true"]'
	create
	brig start "$ID"
	eventually has_status stopped
	succeeds brig kill --all "$ID" 9
}

@test "kill --all of a stopped container kills what outlived its init, in the processes of another" {
	local pid cgroup
	running_container
	pid=$(container_pid)
	config --arg path "/proc/$pid/ns/pid" '(.linux.namespaces[] | select(.type == "pid")).path = $path
		| .process.args = ["sh", "-c", "sleep 600 & exit"]'
	ID=$ID-two
	create
	cgroup=$(container_cgroup)
	brig start "$ID"
	eventually has_status stopped
	[[ -n $(<"$cgroup/cgroup.procs") ]]
	is "$(tr '\0' ' ' <"/proc/$(<"$cgroup/cgroup.procs")/cmdline")" "sleep 600 "
	succeeds brig kill --all "$ID" 9
	is "$(<"$cgroup/cgroup.procs")" ""
	succeeds brig delete "$ID"
	ID=${ID%-two}
	has_status running
}

@test "a container that was only created can be killed" {
	create
	succeeds brig kill "$ID" KILL
	eventually has_status stopped
}

@test "a paused container can be killed" {
	running_container
	brig pause "$ID"
	succeeds brig kill "$ID" KILL
	eventually has_status stopped
}

@test "kill works without an environment" {
	running_container
	env -i XDG_RUNTIME_DIR= "$BRIG" --root "$ROOT" --policy "$POLICY" kill "$ID" 9 3>&-
	eventually has_status stopped
}

# To signal all, they are frozen and thawed: not while `pause` or `restore`, who hold the lock, have them frozen.
@test "a signal to all waits for who holds the container's lock; one to the init and SIGKILL do not" {
	running_container
	flock --no-fork "$ROOT/$ID" sleep 60 3>&- &
	local holder=$!
	eventually fails flock --nonblock "$ROOT/$ID" true
	run timeout 1 "$BRIG" --root "$ROOT" --policy "$POLICY" kill --all "$ID" CONT 3>&-
	is "$status" 124
	succeeds brig kill "$ID" CONT
	succeeds brig kill --all "$ID" KILL
	kill "$holder"
	wait "$holder" || true
	eventually has_status stopped
}
