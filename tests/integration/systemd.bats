#!/usr/bin/env bats
# The systemd driver, with a real systemd: tests/lib/with-systemd
load ../lib/common

# scripted SCRIPT: run it there; `brig` in it takes --systemd-cgroup only where it is written
scripted() {
	[[ -x /lib/systemd/systemd ]] || missing "no systemd on this host"
	needs_program unshare
	{
		declare -p BRIG ROOT POLICY LOG BUNDLE ID T
		declare -f brig create container_state container_pid
		echo 'set -eu'
		echo 'show() { systemctl --user show "$1" -p "$2" --value; }'
		echo 'init_cgroup() { sed -n "s/^0:://p" "/proc/$(container_pid)/cgroup"; }'
		echo "$1"
	} >"$T/script"
	run "$TREE/tests/lib/with-systemd" bash "$T/script"
	((status != 77)) || missing "systemd does not start here"
	((status == 0)) || complain "failed with $status:"$'\n'"$output"
}

waiting() {
	config --arg path "$1" '.process.args = ["sleep", "60"] | .linux.cgroupsPath = $path'
}

create_there='brig --systemd-cgroup create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null'

@test "systemd: the scope is in its slice, and init in a cgroup that is delegated" {
	waiting "a-b.slice:brig:$ID"
	scripted "$create_there"'
		init_cgroup
		show "brig-$ID.scope" Delegate
		brig delete --force "$ID"'
	says "/a.slice/a-b.slice/brig-$ID.scope/container" yes
}

@test "systemd: without a cgroupsPath it is brig-ID.scope" {
	config '.process.args = ["sleep", "60"]'
	scripted "$create_there"'
		init_cgroup
		brig delete --force "$ID"'
	says "/system.slice/brig-$ID.scope/container"
}

@test "systemd: annotations become properties of the scope" {
	waiting "system.slice:brig:$ID"
	config '.annotations += {
		"org.systemd.property.KillSignal": "int32 9",
		"org.systemd.property.TimeoutStopSec": "uint64 3",
		"org.systemd.property.After": "['"'a.service', 'b.service'"']" }'
	scripted "$create_there"'
		show "brig-$ID.scope" KillSignal
		show "brig-$ID.scope" TimeoutStopUSec
		show "brig-$ID.scope" After
		brig delete --force "$ID"'
	says 9 3s a.service b.service
}

@test "systemd: a property that reaches other units does not get through" {
	waiting "system.slice:brig:$ID"
	config '.annotations += { "org.systemd.property.Conflicts": "['"'ssh.service'"']" }'
	scripted "$create_there"'
		show "brig-$ID.scope" Conflicts
		brig delete --force "$ID"'
	[[ $output != *ssh.service* ]]
}

@test "systemd: delete needs no --systemd-cgroup, and leaves no unit" {
	waiting "system.slice:brig:$ID"
	scripted "$create_there"'
		brig start "$ID"
		brig kill "$ID" KILL
		brig delete --force "$ID"
		systemctl --user list-units --all --no-legend "brig-*"
		find /sys/fs/cgroup -name "*$ID*"
		echo end of list'
	is "$output" "end of list"
}

# The class of CVE: a name in a bundle leads root to stop what is not the container's.
@test "systemd: a scope of that name that is somebody else's is refused, and goes on" {
	waiting "system.slice:session:$ID"
	scripted 'systemd-run --user --scope --slice=system.slice --unit="session-$ID.scope" sleep 60 </dev/null >/dev/null 2>&1 3>&- &
		until [[ $(show "session-$ID.scope" ActiveState) == active ]]; do sleep 0.05; done
		! '"$create_there"'
		show "session-$ID.scope" ActiveState
		systemctl --user stop "session-$ID.scope"'
	says "session-$ID.scope" "active"
}
