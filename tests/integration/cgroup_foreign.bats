#!/usr/bin/env bats
# The bundle names the cgroup, and state.json notes the name before the cgroup is made: so what brig kills and
# removes in a container's name must be that container's by more than its name. Defence: cgroup_mark(),
# src/container/cgroup_place.c. Without it each of these tests found its victim dead.
load ../lib/common

# Somebody else's service, in a cgroup of its own.
victim() {
	VICTIM_CGROUP=$(cgroup_root)/brig-test-victim-$ID
	mkdir "$VICTIM_CGROUP"
	sleep 300 3>&- &
	VICTIM=$!
	echo "$VICTIM" >"$VICTIM_CGROUP/cgroup.procs"
}

victim_lives() {
	kill -0 "$VICTIM"
	is "$(cat "$VICTIM_CGROUP/cgroup.procs")" "$VICTIM"
	is "$(grep frozen "$VICTIM_CGROUP/cgroup.events")" "frozen 0"
}

dispose() {
	if [[ -n ${VICTIM-} ]]; then
		kill -9 "$VICTIM" 2>/dev/null || true
		wait "$VICTIM" 2>/dev/null || true
		rmdir "$VICTIM_CGROUP" 2>/dev/null || true
	fi
}

@test "create refuses a cgroup with processes of others, and leaves them alone" {
	victim
	config --arg path "/brig-test-victim-$ID" '.linux.cgroupsPath = $path'
	fails create
	says "has processes"
	victim_lives
}

@test "no command touches a cgroup that only state.json calls the container's" {
	victim
	running_container
	local made
	made=$(container_cgroup)
	config_of_state --arg path "/brig-test-victim-$ID" '.cgroup.path = $path'
	brig pause "$ID" || true
	brig kill --all "$ID" KILL || true
	brig delete --force "$ID"
	victim_lives
	eventually rmdir "$made"
}

# The container's own state, changed behind brig's back.
config_of_state() {
	jq "$@" "$ROOT/$ID/state.json" >"$T/state.new"
	install -m 600 "$T/state.new" "$ROOT/$ID/state.json"
}

@test "a container cannot take the cgroup of another one, nor end it by trying" {
	running_container
	local first=$ID path
	path=$(container_cgroup)
	config --arg path "${path#"$(cgroup_root)"}" '.linux.cgroupsPath = $path'
	ID=$ID-2
	fails create
	says "has processes"
	ID=$first
	has_status running
}

@test "nor a cgroup within it, which would end with it" {
	config --arg path "/brig-test-$ID/a" '.linux.cgroupsPath = $path'
	running_container
	local first=$ID path
	for path in b b/c; do
		config --arg path "/brig-test-$ID/a/$path" '.linux.cgroupsPath = $path'
		ID=$first-2
		fails create
		says "is within that of another container"
		ID=$first
		[[ ! -e $(container_cgroup)/b ]]
	done
	config --arg path "/brig-test-$ID/c" '.linux.cgroupsPath = $path'
	ID=$first-2 succeeds create
	ID=$first-2 succeeds brig delete --force "$first-2"
	has_status running
}

# What belongs to a rootless container's own user, its workload can take off.
@test "a container whose cgroup has lost its mark is known by its init, until nothing is left" {
	running_container
	local cgroup
	cgroup=$(container_cgroup)
	python3 -c 'import os, sys; os.removexattr(sys.argv[1], "trusted.brig")' "$cgroup"
	succeeds brig exec "$ID" true
	succeeds brig pause "$ID"
	grep -qx 'frozen 1' "$cgroup/cgroup.events"
	succeeds brig delete --force "$ID"
	[[ ! -e $cgroup ]]
}
