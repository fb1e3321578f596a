#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

@test "no file on disk ever belongs to a container's id" {
	# Class: ids that outlive the container: the next one that draws them owns the files.
	# Defence: mount_idmap() on root and binds (launch/sources.c), stdio only where it is a pipe (launch/privileged.c).
	# Without: bind-idmap.patch.
	own_rootfs
	mkdir "$T/volume"
	chmod 1777 "$T/volume" "$BUNDLE/rootfs/tmp" "$BUNDLE/rootfs/var/tmp" "$BUNDLE/rootfs/mnt"
	grant CAP_CHOWN CAP_SETUID CAP_SETGID CAP_FOWNER CAP_DAC_OVERRIDE
	config --arg source "$T/volume" '.mounts = [.mounts[] | select(.destination != "/tmp")] + [{ destination: "/volume", type: "bind", source: $source, options: ["bind"] }]'
	config '.process.args = ["sh", "-c", "for d in / /etc /tmp /var/tmp /mnt /volume; do for u in 0 1 1000 65534 65535; do touch $d/f$u && chown $u:$u $d/f$u; mkdir $d/d$u; ln -s x $d/l$u; mkfifo $d/p$u; chown -h $u:$u $d/l$u; done; done; echo done"]'
	brig run --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>&1
	is "$(tail -n 1 "$T/out")" "done"
	[[ -e $T/volume/f1000 && -e $BUNDLE/rootfs/etc/f65535 ]]
	is "$(find "$T" \( -uid +65535 -o -gid +65535 \))" ""
	is "$(stat -c %u:%g "$T/volume/f1000")" 1000:1000
}

@test "nor by a mount's own mappings, nor in a mount below one" {
	# Class: ids that outlive the container, by a mapping that shifts them back, or leaves what is below as it is.
	# Defence: check_mounts_pool() in policy/rules_namespaces.c; idmap_recursive in bind_finish(), plan/plan_mounts.c.
	# Seen: with the rule allowed the file belonged to an id of the pool (the end of the test), as it did below a mount.
	own_rootfs
	mkdir -p "$T/volume/below" "$T/other"
	chmod 1777 "$T/volume" "$T/other"
	config --arg source "$T/volume" '.mounts += [{ destination: "/mnt", type: "bind", source: $source, options: ["rbind", "rw", "idmap"] }]'
	mount --bind "$T/other" "$T/volume/below"
	inside 'touch /mnt/below/new && echo done'
	umount "$T/volume/below"
	is "$output" "done"
	is "$(stat -c %u:%g "$T/other/new")" 0:0

	config '(.mounts[-1].uidMappings, .mounts[-1].gidMappings) = [{ containerID: 0, hostID: 0, size: 4294967295 }]'
	fails create
	says "refused by policy" mapping-pool "/mounts/"
	is "$(ls "$T/volume")" below
	policy '.rules["mapping-pool"] = "allow"'
	inside 'touch /mnt/new && echo done'
	is "$output" "done"
	(($(stat -c %u "$T/volume/new") >= 268435456))
}

@test "a mapping that reaches an id of the host's, or of brig's pool, is refused" {
	# Class: an engine, or a bundle, that maps host users.
	# Defence: rules mapping-host-ids and mapping-pool in policy/rules_namespaces.c.
	# Seen: with both rules allowed the container ran with id 0 of the host (the end of the test).
	local id
	for id in 0 1 1000 65535 65534 268435456 2147418111 "$(awk -F: '{ print $3 }' /etc/passwd | sort -n | tail -n 1)"; do
		config --argjson id "$id" '.linux.uidMappings = [{ containerID: 0, hostID: $id, size: 1 }] | .linux.gidMappings = .linux.uidMappings'
		fails create
		says "refused by policy" Mappings
	done
	config '.linux.uidMappings = [{ containerID: 0, hostID: 4294967290, size: 65536 }] | .linux.gidMappings = .linux.uidMappings'
	fails create
	policy '.rules["mapping-host-ids"] = "allow"'
	config '.linux.uidMappings = [{ containerID: 0, hostID: 0, size: 65536 }] | .linux.gidMappings = .linux.uidMappings'
	inside 'cat /proc/self/uid_map'
	is "$(awk '{ print $2 }' <<<"$output")" 0
}

# lives_apart PID: that process is in a user namespace of its own
lives_apart() {
	[[ $(readlink "/proc/$1/ns/user") != "$(readlink /proc/self/ns/user)" ]]
}

# namespace_with FIRST COUNT: a user namespace that maps these ids of the host; $holder is a process in it
namespace_with() {
	unshare --user sleep 60 3>&- &
	holder=$!
	eventually lives_apart "$holder"
	echo "0 $1 $2" >"/proc/$holder/uid_map"
	echo "0 $1 $2" >"/proc/$holder/gid_map"
	config --arg path "/proc/$holder/ns/user" 'del(.linux.uidMappings, .linux.gidMappings)
		| .linux.namespaces |= (map(select(.type != "user")) + [{ type: "user", path: $path }])'
}

@test "nor is a user namespace that has such a mapping joined" {
	# Class: a user namespace of somebody else's making, whose root is a user of the host.
	# Defence: ids_judge() in launch/launch.c: the rules over the mapping that the init is found to have.
	# Seen: without it the container ran with id 0 of the host (as at the end of the test).
	local row rule first count holder
	config '.process.args = ["sleep", "60"] | .mounts |= map(.options -= ["gid=5"])'
	for row in "mapping-host-ids 0 1" "mapping-host-ids 1000 1" "mapping-pool 268435456 65536"; do
		read -r rule first count <<<"$row"
		namespace_with "$first" "$count"
		fails create
		kill "$holder"
		says "refused by policy" "$rule" /linux/namespaces/
	done
	namespace_with 3000000000 65536
	succeeds create
	is "$(awk '{ print $2 }' "/proc/$(container_pid)/uid_map")" 3000000000
	kill "$holder"
	brig delete --force "$ID"

	# That of a container whose ids brig has drawn is another matter: rule join-user.
	config '.linux.namespaces |= map(del(.path))'
	create
	config --arg path "/proc/$(container_pid)/ns/user" '.linux.namespaces |= map(if .type == "user" then .path = $path else . end)'
	ID=$ID-b succeeds create
	is "$(cat "/proc/$(ID=$ID-b container_pid)/uid_map")" "$(cat "/proc/$(container_pid)/uid_map")"
	brig delete --force "$ID"

	policy '.rules["mapping-host-ids"] = "allow"'
	namespace_with 0 1
	succeeds create
	kill "$holder"
	is "$(awk '{ print $2 }' "/proc/$(container_pid)/uid_map")" 0
}

@test "two containers never have an id in common, and have none of the host's" {
	# Class: one container's escape into another.
	# Defence: id_range_draw() in container/id_range.c.
	# Without: id-draw.patch.
	local i pid
	config '.process.args = ["sleep", "60"]'
	for i in {1..12}; do
		ID=$ID-$i create &
	done
	wait
	for i in {1..12}; do
		pid=$(jq .pid "$ROOT/$ID-$i/state.json")
		awk '{ print $2 / 65536, $3 }' "/proc/$pid/uid_map"
		awk '{ print $2 / 65536, $3 }' "/proc/$pid/gid_map"
	done >"$T/maps"
	is "$(sort -u "$T/maps" | wc -l)" 12
	is "$(awk '$1 < 1 || $1 != int($1) || $2 != 65536' "$T/maps")" ""
}
