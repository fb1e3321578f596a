#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

@test "a bomb of descriptors ends at the limit" {
	# Class: exhaustion of descriptors.
	# Defence: plan_rlimits() in plan/plan_privileges.c: RLIMIT_NOFILE by policy.
	# Without: rlimit-nofile.patch.
	policy '.settings.nofile_soft = 64 | .settings.nofile_hard = 64'
	config 'del(.process.rlimits)'
	inside 'ulimit -Hn; ulimit -n 65'
	is "$(head -n 1 <<<"$output")" 64
	((status != 0))
}

@test "a bomb of open files, by every process that it may have, leaves the host's alone" {
	# Class: exhaustion of open files, of which the kernel has fs.file-max for all.
	# Defence: plan_rlimits() in plan/plan_privileges.c: RLIMIT_NOFILE by policy, for each of as many processes as the container may have.
	# Seen: whoever has no such limit opens them all (the first lines of the test).
	# Without: rlimit-nofile.patch.
	local n
	is "$("$PROBES/exhaust" file 5000)" "file 5000"
	policy '.settings.nofile_soft = 64 | .settings.nofile_hard = 128'
	config --arg probes "$PROBES" 'del(.process.rlimits) | .process.rlimits = [{ type: "RLIMIT_NPROC", soft: 10, hard: 10 }]
		| .process.user = { uid: 1000, gid: 1000 }
		| .mounts += [{ destination: "/mnt", type: "bind", source: $probes, options: ["bind", "ro"] }]
		| .process.args = ["/mnt/exhaust", "file", "5000", "sleep", "300"]'
	create
	brig start "$ID"
	eventually grep -q "^file [0-9]" "$T/out"
	n=$(sed -n 's/^file \([0-9]*\) .*/\1/p' "$T/out")
	((n > 128 && n < 10 * 128)) || complain "$(cat "$T/out")"
	is "$("$PROBES/exhaust" file 5000)" "file 5000"
}

@test "a bomb of processes ends at the limit of the cgroup" {
	# Class: exhaustion of processes.
	# Defence: pids.max by rule pids-limit, plan/plan_resources.c.
	# Seen: with 200 as limit the same bomb had all of them (the end of the test).
	needs_controller pids
	local bomb='i=0; while [ $i -lt 60 ]; do sleep 2 & i=$((i + 1)); done; echo all; wait'
	config '.linux.resources.pids = { limit: 20 }'
	inside "$bomb"
	says "fork"
	lacks all
	config '.linux.resources.pids = { limit: 200 }'
	inside "$bomb"
	is "$output" all
}

@test "a bomb of processes ends at RLIMIT_NPROC, and with the container" {
	# Class: exhaustion of processes on a host without the pids controller.
	# Defence: limits() in launch/privileged.c; the pid namespace and cgroup.kill for the end.
	# Without: rlimits.patch.
	config '.process.rlimits = [{ type: "RLIMIT_NPROC", soft: 20, hard: 20 }] | .process.user = { uid: 1000, gid: 1000 }'
	inside 'i=0; while [ $i -lt 60 ]; do sleep 30 & i=$((i + 1)); done; echo all'
	lacks all
	says "fork"
	nothing_left
}

@test "a bomb that catches every signal dies with delete --force" {
	# Class: processes that outlive their container.
	# Defence: cgroup_kill() in kernel/cgroup.c, from cgroup_place_remove().
	# Without: kill.patch.
	config '.process.args = ["sh", "-c", "trap \"\" TERM INT HUP; for i in 1 2 3 4 5 6 7 8; do (trap \"\" TERM; while :; do sleep 1; done) & done; while :; do sleep 1; done"]'
	create
	brig start "$ID"
	sleep 0.3
	succeeds brig delete --force "$ID"
	nothing_left
}
