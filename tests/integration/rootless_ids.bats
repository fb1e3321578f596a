#!/usr/bin/env bats
# An ordinary user with subordinate ids: a container has a random part of them, which newuidmap(1) and
# newgidmap(1) map. The account and its ranges are in a mount namespace of the test's own, where both
# helpers look for them: the host's /etc stays as it is.
load ../lib/common
load ../lib/rootless

ACCOUNT=brig-test
# 16 parts of 65536 ids, elsewhere for users than for groups, and both outside of root's pool.
FIRST_UID=$((0x88000000)) FIRST_GID=$((0x89000000)) COUNT=1048576

account() {
	local file
	needs_program newuidmap
	needs_program newgidmap
	mkdir "$T/etc"
	cp /etc/{passwd,group,subuid,subgid} "$T/etc"
	echo "$ACCOUNT:x:$USER_ID:$USER_ID::/:/bin/sh" >>"$T/etc/passwd"
	echo "$ACCOUNT:x:$USER_ID:" >>"$T/etc/group"
	echo "$ACCOUNT:$FIRST_UID:$COUNT" >>"$T/etc/subuid"
	echo "$ACCOUNT:$FIRST_GID:$COUNT" >>"$T/etc/subgid"
	unshare --mount --propagation private sleep 60 3>&- &
	HOLDER=$!
	eventually has_mount_namespace "$HOLDER"
	IN=(nsenter --target "$HOLDER" --mount) CONFINED=() # a setuid program must be able to gain
	for file in "$T"/etc/*; do
		"${IN[@]}" mount --bind "$file" "/etc/${file##*/}"
	done
	user_config 'del(.linux.uidMappings, .linux.gidMappings)'
}

has_mount_namespace() { # PID
	[[ $(readlink "/proc/$1/ns/mnt") != "$(readlink /proc/self/ns/mnt)" ]]
}

dispose() {
	[[ -z ${HOLDER-} ]] || kill "$HOLDER" || true
	remove_home
}

# run_in_background ID: $pid is that of its init
run_in_background() {
	user_config '.process.args = ["sleep", "60"]'
	user_brig run --detach --bundle "$HOME_OF_USER" "$1" </dev/null >"$T/out" 2>&1 || complain "$(cat "$T/out")"
	pid=$(user_brig state "$1" | jq .pid)
}

# The user is root in there, and the ids from 1 on are one part of the range.
is_a_part() { # FILE FIRST
	local part
	part=$(awk 'NR == 2 { print $2 }' "$1")
	is "$(awk '{ print $1, $2, $3 }' "$1")" "0 $USER_ID 1"$'\n'"1 $part 65536"
	((part >= $2 && part + 65536 <= $2 + COUNT && (part - $2) % 65536 == 0)) || complain "$part is no part of the range from $2"
}

@test "a user with subordinate ids: a container has many, a part of the range" {
	account
	user_config '.process.user = { uid: 1000, gid: 1001, additionalGids: [7] }'
	user_run 'id -u; id -G; cat /proc/self/uid_map /proc/self/gid_map'
	((status == 0)) || complain "$output"
	is "$(head -n 2 <<<"$output")" $'1000\n1001 7'
	sed -n 3,4p <<<"$output" >"$T/uid_map"
	sed -n 5,6p <<<"$output" >"$T/gid_map"
	is_a_part "$T/uid_map" "$FIRST_UID"
	is_a_part "$T/gid_map" "$FIRST_GID"
}

@test "two containers of one user have different parts, as the host sees them" {
	local pid one two
	account
	run_in_background "$ID"
	one=$pid
	run_in_background "$ID-two"
	two=$pid
	for pid in "$one" "$two"; do
		is_a_part "/proc/$pid/uid_map" "$FIRST_UID"
		is_a_part "/proc/$pid/gid_map" "$FIRST_GID"
	done
	[[ $(cat "/proc/$one/uid_map") != "$(cat "/proc/$two/uid_map")" ]]
	user_brig delete --force "$ID"
	user_brig delete --force "$ID-two"
}

@test "which part is drawn anew each time" {
	local i
	account
	for i in {1..10}; do
		user_brig plan --format json "$HOME_OF_USER" | jq -c '.. | objects | .uids? // empty'
	done >"$T/parts"
	is "$(wc -l <"$T/parts")" 10
	(($(sort -u "$T/parts" | wc -l) > 1))
}

@test "a range that /etc/subuid does not grant is refused by newuidmap, and nothing is left" {
	account
	"${IN[@]}" sh -c ': >/etc/subgid'
	user_config --argjson first "$FIRST_UID" '.linux.uidMappings = [{ containerID: 0, hostID: $first, size: 1000 }]
		| .linux.gidMappings = [{ containerID: 0, hostID: $first, size: 1000 }]'
	user_run true
	((status != 0))
	says newgidmap /etc/subuid
	is "$(user_brig list --quiet)" ""
}
