#!/usr/bin/env bats
load ../lib/common

first_id() {
	awk '{ print $2 }' "/proc/$(container_pid)/uid_map"
}

@test "a container gets 65536 ids at a 64 KiB-aligned base, for users and groups" {
	create
	local pid
	pid=$(container_pid)
	is "$(awk '{ print $1, $3 }' "/proc/$pid/uid_map")" "0 65536"
	is "$(awk '{ print $1, $3 }' "/proc/$pid/gid_map")" "0 65536"
	is "$(($(first_id) % 65536))" 0
	(($(first_id) >= 0x10000000))
}

@test "a config without a user namespace gets one" {
	config '.linux.namespaces |= map(select(.type != "user"))'
	create
	(($(first_id) > 65535))
}

@test "init runs as a user that nobody on the host is" {
	running_container
	local uid
	uid=$(awk '/^Uid:/ { print $2 }' "/proc/$(container_pid)/status")
	((uid >= 0x10000000))
	run ! grep -q ":$uid:" /etc/passwd
}

# A pool of four ranges, from which no other test draws.
small_pool() {
	policy --argjson first $((0xa0000000 + BATS_ROOT_PID % 1000 * 5 * 65536)) \
		'.settings.id_pool_first = $first | .settings.id_pool_last = $first + 4 * 65536 - 1'
}

# Containers that have stopped, and whose process is gone: only what is on file keeps their ids.
@test "ids differ from container to container: four of them share four ranges, and a fifth is refused" {
	local i pid pids id=$ID
	small_pool
	config '.process.args = ["true"]'
	for i in 1 2 3 4; do
		ID=$id-$i
		create
		first_id
		container_pid >>"$T/pids"
		brig start "$ID"
	done >"$T/seen"
	mapfile -t pids <"$T/pids"
	for pid in "${pids[@]}"; do
		eventually test ! -e "/proc/$pid"
	done
	is "$(sort -u "$T/seen" | wc -l)" 4
	ID=$id-5
	fails create
	says "no free range of ids" "of 4 blocks 4 are held by containers"
	brig delete "$id-2"
	create
	is "$(first_id)" "$(sed -n 2p "$T/seen")"
	ID=$id
}

@test "ids differ from run to run" {
	local i
	for i in {1..6}; do
		brig plan --format json "$BUNDLE" | jq -c '.. | objects | .uids? // empty'
	done | sort -u >"$T/seen"
	(($(wc -l <"$T/seen") >= 5))
}

@test "files keep their owners on disk: what the container writes belongs to 0:0" {
	own_rootfs
	inside 'touch /made; mkdir /dir; chown 7:8 /made 2>/dev/null; stat -c "%u %g" /made /bin/busybox'
	is "$output" $'0 0\n0 0'
	is "$(stat -c '%u %g' "$BUNDLE/rootfs/made" "$BUNDLE/rootfs/dir")" $'0 0\n0 0'
}

@test "no file below the bundle belongs to a container's id afterwards" {
	own_rootfs
	config '.process.user = { uid: 1000, gid: 1000 }'
	mkdir "$BUNDLE/rootfs/tmp2"
	chmod 1777 "$BUNDLE/rootfs/tmp2"
	config '.mounts |= map(select(.destination != "/tmp"))'
	inside 'touch /tmp2/mine && stat -c "%u" /tmp2/mine'
	is "$output" 1000
	is "$(find "$BUNDLE" -uid +65535 -o -gid +65535)" ""
	is "$(stat -c %u "$BUNDLE/rootfs/tmp2/mine")" 1000
}

@test "a mapping that reaches ids of the host is refused" {
	config '.linux.uidMappings = [{ containerID: 0, hostID: 0, size: 65536 }]
		| .linux.gidMappings = [{ containerID: 0, hostID: 0, size: 65536 }]'
	fails create
	says mapping-host-ids
}

@test "a mapping that the engine chose is honoured" {
	config '.linux.uidMappings = [{ containerID: 0, hostID: 3000000000, size: 65536 }]
		| .linux.gidMappings = [{ containerID: 0, hostID: 3000000000, size: 65536 }]'
	create
	is "$(first_id)" 3000000000
}

@test "the containers of a pod share ids and user namespace" {
	local first pid
	config --arg id "$ID" '.annotations = { "io.kubernetes.cri.container-type": "sandbox", "io.kubernetes.cri.sandbox-id": $id }'
	create
	first=$(first_id)
	pid=$(container_pid)
	config --arg path "/proc/$pid/ns/net" '.annotations["io.kubernetes.cri.container-type"] = "container"
		| .linux.namespaces |= map(if .type == "network" then .path = $path else . end)'
	brig create --bundle "$BUNDLE" "$ID-member" </dev/null >"$T/out" 2>&1
	is "$(awk '{ print $2 }' "/proc/$(brig state "$ID-member" | jq .pid)/uid_map")" "$first"
	is "$(readlink "/proc/$(brig state "$ID-member" | jq .pid)/ns/user")" "$(readlink "/proc/$pid/ns/user")"
	brig delete --force "$ID-member"
	is "$(first_id)" "$first"
}

@test "groups of the caller are not the container's" {
	inside 'id -G'
	is "$output" 0
}
