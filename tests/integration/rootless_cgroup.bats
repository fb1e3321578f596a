#!/usr/bin/env bats
# Limits of an ordinary user's containers: where a cgroup was delegated, and a clear word where not.
load ../lib/common
load ../lib/rootless

# A cgroup of the test's, in which the user's commands run: below their own one alone users may move processes.
user_cgroup() {
	ABOVE=$(cgroup_root)/brig-test-$ID
	CONTROLLER=$(grep -owE 'pids|hugetlb' "$(cgroup_root)/cgroup.controllers" | tail -n 1)
	[[ -n $CONTROLLER ]] || missing "neither pids nor hugetlb in this host's cgroup2"
	case $CONTROLLER in
	pids) FILE=pids.max VALUE=50 LIMIT='{ "pids": { "limit": 50 } }' ;;
	hugetlb) FILE=hugetlb.2MB.max VALUE=4194304 LIMIT='{ "hugepageLimits": [{ "pageSize": "2MB", "limit": 4194304 }] }' ;;
	esac
	mkdir -p "$ABOVE/user/self"
	echo "+$CONTROLLER" >"$(cgroup_root)/cgroup.subtree_control"
	IN=(sh -c 'echo $$ >"$0" && exec "$@"' "$ABOVE/user/self/cgroup.procs")
	user_config --arg path "/brig-test-$ID/user/leaf" --argjson limit "$LIMIT" '.linux.cgroupsPath = $path | .linux.resources = $limit
		| .process.args = ["sleep", "60"]'
}

# cgroups(7), "Cgroups delegation: delegating a hierarchy to a less privileged user"
delegate() {
	echo "+$CONTROLLER" >"$ABOVE/cgroup.subtree_control"
	chown "$USER_ID" "$ABOVE"/user{,/self}{,/cgroup.procs,/cgroup.subtree_control,/cgroup.threads}
}

dispose() {
	[[ -z ${ABOVE-} ]] || rmdir "$ABOVE"/user/{leaf,self} "$ABOVE/user" "$ABOVE" 2>/dev/null || true
	remove_home
}

@test "in a cgroup that is delegated, a limit of the config holds" {
	user_cgroup
	delegate
	user_brig run --detach --bundle "$HOME_OF_USER" "$ID" </dev/null >"$T/out" 2>&1 || complain "$(cat "$T/out")"
	is "$(cat "$ABOVE/user/leaf/$FILE")" "$VALUE"
	is "$(cat "$ABOVE/user/leaf/cgroup.procs")" "$(user_brig state "$ID" | jq .pid)"
	succeeds user_brig pause "$ID"
	grep -q 'frozen 1' "$ABOVE/user/leaf/cgroup.events"
	succeeds user_brig delete --force "$ID"
	[[ ! -e $ABOVE/user/leaf ]]
}

@test "in a cgroup that was delegated without the controller, a limit of the config is an error with its place" {
	user_cgroup
	delegate
	echo "-$CONTROLLER" >"$ABOVE/cgroup.subtree_control"
	run user_brig run --detach --bundle "$HOME_OF_USER" "$ID" </dev/null
	((status != 0))
	says "controller '$CONTROLLER' is not enabled" "$FILE cannot be set" /linux/resources/
	[[ ! -e $ABOVE/user/leaf ]]
}

@test "in a cgroup that is not delegated, create says so and what to do" {
	user_cgroup
	run user_brig run --detach --bundle "$HOME_OF_USER" "$ID" </dev/null
	((status != 0))
	says "cannot create the cgroup '/brig-test-$ID/user/leaf': Permission denied" "--cgroup-manager systemd"
	[[ ! -e $ABOVE/user/leaf ]]
	is "$(user_brig list --quiet)" ""
}

@test "without any cgroup, the container's state names each limit that nobody enforces" {
	user_cgroup
	user_config 'del(.linux.cgroupsPath)'
	user_brig --log "$HOME_OF_USER/run/log" run --detach --bundle "$HOME_OF_USER" "$ID" </dev/null >"$T/out" 2>&1
	run user_brig state "$ID"
	user_brig delete --force "$ID"
	output=$(jq -r '.brig.protections.warnings | join("\n")' <<<"$output")
	says "there is no cgroup for the container" "Not enforced" memory.max "$FILE"
	grep -q 'there is no cgroup for the container' "$HOME_OF_USER/run/log"
}
