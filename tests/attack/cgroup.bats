#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

dispose() {
	[[ -z ${JOINED-} ]] || kill "$JOINED" 2>/dev/null || true
}

@test "the cgroup tree is read-only, and without a release_agent" {
	# Class: CVE-2022-0492.
	# Defence: rule cgroup-writable (policy/rules_filesystem.c); cgroup v2 has no release_agent.
	# Seen: with the rule allowed and options rw, mkdir worked: the next test.
	without landlock seccomp
	attack 'cd /sys/fs/cgroup && mkdir x; echo 1 >cgroup.freeze; echo 1 >cgroup.procs; find /sys/fs/cgroup -name release_agent; calls mount-cgroup1=/tmp'
	is "$(grep -c "Read-only file system" <<<"$output")" 3
	lacks "release_agent"
	refused_each mount-cgroup1
}

@test "a writable cgroup tree shows and reaches the container's own part alone" {
	# Class: moving out of one's cgroup, and others into it.
	# Defence: cgroup_namespace() in launch/child.c: made in the container's cgroup; ownership of the files.
	# Without: cgroup-namespace.patch.
	without landlock seccomp
	policy '.rules["cgroup-writable"] = "allow"'
	config '.mounts |= map(if .type == "cgroup" then .options = ["rw", "nosuid", "nodev", "noexec"] else . end)'
	inside 'cat /proc/self/cgroup; ls -d /sys/fs/cgroup/brig /sys/fs/cgroup/../cgroup/brig /sys/fs/cgroup/*slice; mkdir /sys/fs/cgroup/own; echo max >/sys/fs/cgroup/pids.max; rmdir /sys/fs/cgroup/own 2>/dev/null'
	says "0::/"
	lacks "0::/brig"
	is "$(grep -c "No such file" <<<"$output")" 3
}

@test "the device program cannot be taken off from inside" {
	# Class: widening one's own devices.
	# Defence: no CAP_BPF over the host; seccomp above it.
	# Seen: bpf went through for a process without a user namespace (the first lines of the test).
	run "$PROBES/calls" bpf
	says "bpf ok"
	without landlock seccomp
	grant CAP_BPF CAP_SYS_ADMIN CAP_NET_ADMIN
	attack 'calls bpf'
	refused_each bpf
}

# May write to its cgroup: the policy lets it, and the mount is read-write.
writable() {
	without landlock seccomp
	policy '.rules["cgroup-writable"] = "allow"'
	config '.mounts |= map(if .type == "cgroup" then .options = ["rw", "nosuid", "nodev", "noexec"] else . end)'
}

@test "no cgroup1 hierarchy is mounted from a user namespace within: seccomp alone, Landlock alone" {
	# Class: CVE-2022-0492: unshare(1) for a user, mount and cgroup namespace, a cgroup1 mount in it, and its release_agent.
	# Defence: seccomp-profiles/default.json (unshare, mount), and landlock_restrict() in kernel/landlock.c (no mounts in a domain).
	# Seen: without both, a tmpfs was mounted in the same way (the end of the test); a cgroup1 of the host's is never tried without them.
	attack 'calls nested-cgroup1=/tmp nested-tmpfs=/tmp'
	refused_each nested-cgroup1 nested-tmpfs
	without landlock
	attack 'calls nested-cgroup1=/tmp nested-tmpfs=/tmp'
	refused_each nested-cgroup1 nested-tmpfs
	policy '.settings.landlock = true'
	without seccomp
	attack 'calls nested-cgroup1=/tmp nested-tmpfs=/tmp'
	refused_each nested-cgroup1 nested-tmpfs
	without landlock
	attack 'calls nested-tmpfs=/tmp'
	says "nested-tmpfs ok"
}

@test "a cgroup namespace of the workload's own shows and mounts nothing above the container's" {
	# Class: escape from the cgroup namespace: a new one, a new mount of cgroup2, "/.." of it.
	# Defence: cgroup_namespace() in launch/child.c; cgroup_namespaces(7): a mount shows the namespace's root at most.
	# Seen: with host-cgroup allowed and no cgroup namespace the path and a mount showed the host's tree (the end of the test).
	without landlock seccomp
	grant CAP_SYS_ADMIN
	attack 'cat /proc/self/cgroup /proc/1/cgroup; calls cgroup-above=/tmp; mkdir /tmp/c; mount -t cgroup2 x /tmp/c && ls /tmp/c/cgroup.type /tmp/c/../c/cgroup.kill'
	says "0::/" "cgroup-above ENOTDIR" /tmp/c/cgroup.type
	lacks "$ID" "0::/.."
	policy '.rules["host-cgroup"] = "allow"'
	config '.linux.namespaces |= map(select(.type != "cgroup"))'
	inside 'cat /proc/self/cgroup'
	says "$ID"
}

@test "a joined cgroup namespace makes no cgroup writable" {
	# Class: CVE-2023-25809: /sys/fs/cgroup of a container that shares or joins its cgroup namespace is the host's, and writable.
	# Defence: rule cgroup-writable; then the user namespace: every cgroup but the container's own belongs to the host's root.
	# Seen: root of the host made a cgroup at that place (the first lines of the test).
	local path=/sys/fs/cgroup
	unshare --cgroup sleep 60 3>&- &
	JOINED=$!
	mkdir "$(cgroup_root)/$ID-host"
	rmdir "$(cgroup_root)/$ID-host"
	policy '.rules["namespace-place"] = "allow" | .rules["host-cgroup"] = "allow" | .rules["host-namespace-path"] = "allow"'
	for namespace in '[]' "[{ \"type\": \"cgroup\", \"path\": \"/proc/$JOINED/ns/cgroup\" }]"; do
		config --argjson namespace "$namespace" '.linux.namespaces |= (map(select(.type != "cgroup")) + $namespace)'
		config '.mounts |= map(if .type == "cgroup" then .options = ["rw", "nosuid", "nodev", "noexec"] else . end)'
		policy '.rules["cgroup-writable"] = "harden"'
		inside "cd $path && mkdir $ID-made; for d in . */; do echo 0 >\$d/cgroup.procs && echo moved; done"
		lacks moved
		policy '.rules["cgroup-writable"] = "allow"'
		inside "cd $path && mkdir $ID-made && echo made; for d in . */; do echo 0 >\$d/cgroup.procs && echo moved; done"
		lacks moved made
		is "$(find "$(cgroup_root)" -maxdepth 3 -name "$ID-made")" ""
	done
	kill $JOINED
}

@test "hundreds of cgroups below its own, deep and wide, go with the container" {
	# Class: cgroup subtree explosion: more cgroups than a descriptor each, a deeper tree than PATH_MAX, processes in it.
	# Defence: remove_below() and cgroup_walk() in kernel/cgroup_remove.c: one descriptor, up by "..".
	# Seen: rm(1) and rmdir(1) by path cannot name the deepest of them (the test looks); see too tests/unit/test_cgroup.c.
	local name cgroup
	writable
	name=$(printf 'x%.0s' {1..200})
	config --arg name "$name" '.process.args = ["sh", "-c", "cd /sys/fs/cgroup; mkdir $(seq 200); for i in $(seq 30); do mkdir \($name) && cd -P \($name) || exit 1; done; echo made; exec sleep 300"]'
	create
	brig start "$ID"
	eventually grep -q . "$T/out" "$T/err"
	grep -q made "$T/out" || missing "a writable cgroup is not the container's own here: $(tail -n 1 "$T/err")"
	cgroup=$(container_cgroup)
	fails mkdir "$cgroup$(printf "/$name%.0s" {1..30})/more"
	says "too long"
	succeeds timeout 30 "$BRIG" --root "$ROOT" delete --force "$ID"
	[[ ! -e $cgroup ]]
}
