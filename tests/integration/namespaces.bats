#!/usr/bin/env bats
load ../lib/common

@test "without a mount namespace there is no container, whatever policy allows" {
	policy '.rules["host-mount"] = "allow"'
	config '.linux.namespaces |= map(select(.type != "mount")) | .mounts = []'
	fails brig plan "$BUNDLE" # and not create: what it would do is done to this host
	says "mounted over the host's"
}

without() { # KIND
	config --arg kind "$1" '.linux.namespaces |= map(select(.type != $kind))'
}

with_path() { # KIND PATH
	without "$1"
	config --arg kind "$1" --arg path "$2" '.linux.namespaces += [{ type: $kind, path: $path }]'
}

@test "a missing namespace never means the host's" {
	local kind file
	for kind in user:user mount:mnt pid:pid network:net ipc:ipc uts:uts cgroup:cgroup; do
		without "${kind%:*}"
	done
	fails create
	says 'have brig add it by "host-pid": "harden" in the policy file'
	for kind in pid network ipc; do
		says "(host-$kind at /linux/namespaces)"
		policy --arg rule "host-$kind" '.rules[$rule] = "harden"'
	done
	create
	for file in user mnt pid net ipc uts cgroup; do
		[[ $(readlink "/proc/$(container_pid)/ns/$file") != "$(readlink "/proc/self/ns/$file")" ]] ||
			complain "the $file namespace is the host's"
	done
}

@test "the host's namespace by path is refused, whatever the path is called" {
	local kind
	for kind in network:net pid:pid ipc:ipc uts:uts user:user cgroup:cgroup mount:mnt; do
		make_bundle_again
		touch "$T/innocent"
		mount --bind "/proc/self/ns/${kind#*:}" "$T/innocent" 2>/dev/null || {
			with_path "${kind%:*}" "/proc/$$/ns/${kind#*:}"
			fails create
			says "refused by policy"
			continue
		}
		with_path "${kind%:*}" "$T/innocent"
		run create
		umount "$T/innocent"
		((status != 0)) || complain "${kind%:*} of the host was joined"
		says "refused by policy" host-namespace-path
	done
}

make_bundle_again() {
	rm "$BUNDLE/config.json"
	make_bundle
}

@test "another container's network namespace can be joined" {
	running_container
	local pid
	pid=$(container_pid)
	config '.annotations = { "io.kubernetes.cri.sandbox-id": "x" }'
	with_path user "/proc/$pid/ns/user"
	with_path network "/proc/$pid/ns/net"
	config '.linux.uidMappings = [] | .linux.gidMappings = []'
	config '.process.args = ["readlink", "/proc/self/ns/net"]'
	run brig run --bundle "$BUNDLE" "$ID-two" </dev/null
	is "$output" "$(readlink "/proc/$pid/ns/net")"
}

@test "a path from nowhere in particular is refused" {
	ip netns add "brig-$ID" 2>/dev/null || missing "ip netns does not work here"
	touch "$T/ns"
	mount --bind "/run/netns/brig-$ID" "$T/ns"
	with_path network "$T/ns"
	run create
	umount "$T/ns"
	ip netns del "brig-$ID"
	((status != 0))
	says namespace-place
}

@test "the loopback interface is up, and there is no other" {
	inside 'cd /sys/class/net; echo *; cat lo/operstate; ping -c 1 -W 1 127.0.0.1 >/dev/null 2>&1; nc -w 1 127.0.0.1 1; ip addr show lo | grep -o "127.0.0.1/8"'
	says lo "127.0.0.1/8"
	is "$(head -n 1 <<<"$output")" lo
}

@test "init is process 1 of its namespace, and sees no process of the host" {
	inside 'echo $$; ls -d /proc/[0-9]* | wc -l'
	is "$(head -n 1 <<<"$output")" 1
	(($(tail -n 1 <<<"$output") < 6))
}

@test "the cgroup namespace shows the container's cgroup as /" {
	inside 'sed -n "s/^0:://p" /proc/self/cgroup'
	is "$output" /
}

@test "a time namespace with offsets" {
	config '.linux.namespaces += [{ type: "time" }] | .linux.timeOffsets = { boottime: { secs: 1000000, nanosecs: 0 } }'
	inside 'cut -d. -f1 /proc/uptime'
	((output > 1000000))
}

@test "a kind named twice is refused" {
	config '.linux.namespaces += [{ type: "pid" }]'
	fails create
	says /linux/namespaces/
}

@test "Linux 7.0: the root gets a mount namespace of its own, other than the one that hooks still see" {
	local release
	release=$(uname -r)
	((${release%%.*} >= 7)) || skip "Linux $release has no OPEN_TREE_NAMESPACE"
	policy '.settings.hooks_allow = ["/bin"]'
	config --arg script "readlink /proc/\$(sed 's/.*\"pid\": *\\([0-9]*\\).*/\\1/' | head -n 1)/ns/mnt >$T/before" \
		'.hooks.createRuntime = [{ path: "/bin/sh", args: ["sh", "-c", $script] }]'
	create
	[[ $(cat "$T/before") == mnt:* ]]
	[[ $(cat "$T/before") != "$(readlink "/proc/$(container_pid)/ns/mnt")" ]] || complain "pivot_root(2) was used"
}

@test "a root that lacks a capability is told which ones brig needs" {
	needs_root
	needs_program setpriv
	run setpriv --bounding-set=-setpcap "$BRIG" --root "$ROOT" --policy "$POLICY" --log "$LOG" create --bundle "$BUNDLE" "$ID" </dev/null 3>&-
	((status != 0))
	says "cannot create the container's namespaces: Operation not permitted" CAP_SETPCAP
}
