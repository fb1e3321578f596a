#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

# A pod of somebody else's, whose only container is $ID.
victim() {
	config --arg id "$ID" '.annotations = { "io.kubernetes.cri.container-type": "sandbox", "io.kubernetes.cri.sandbox-id": $id }'
	config '.process.args = ["sleep", "600"]'
	create
	brig start "$ID"
	VICTIM_ID=$(awk '{ print $2 }' "/proc/$(container_pid)/uid_map")
}

# claim FILTER: a bundle that says it is of that pod, changed by FILTER, prints its mapping
claim() {
	config --arg id "$ID" '.annotations = { "io.kubernetes.cri.container-type": "container", "io.kubernetes.cri.sandbox-id": $id }
		| .process.args = ["cat", "/proc/self/uid_map"] | .linux.namespaces |= map(del(.path))'
	config --arg pid "$(container_pid)" "$@"
	run brig run --bundle "$BUNDLE" "$ID-foreign" </dev/null
}

of_own_kind() { # KIND: a namespace that another container, not of the pod, is in
	echo "/proc/$(brig state "$ID-other" | jq .pid)/ns/$1"
}

@test "a bundle that names another's pod gets neither its ids nor its user namespace" {
	# Class: an annotation, which anyone may write into a bundle, as proof of belonging to a pod.
	# Defence: compare() and verify() in container/pod.c: the namespaces that are joined must be the pod's, by inode.
	# Without: pod-same.patch.
	local key
	victim
	claim .
	((status != 0))
	lacks "$VICTIM_ID"
	says "/annotations/io.kubernetes.cri.sandbox-id"

	config '.annotations = {} | .process.args = ["sleep", "600"]'
	brig create --bundle "$BUNDLE" "$ID-other" </dev/null >"$T/out" 2>&1
	claim --arg net "$(of_own_kind net)" '.linux.namespaces |= map(if .type == "network" then .path = $net else . end)'
	((status != 0))
	lacks "$VICTIM_ID"
	# one that is the pod's does not make up for one that is not
	claim --arg ipc "$(of_own_kind ipc)" '.linux.namespaces |= map(if .type == "network" then .path = "/proc/\($pid)/ns/net" elif .type == "ipc" then .path = $ipc else . end)'
	((status != 0))
	lacks "$VICTIM_ID"

	# The sandbox's own annotation, and names that are no container's: ids of one's own, found by nobody.
	for key in "$ID" "../$ID" "$ID/." ""; do
		claim --arg key "$key" '.annotations = { "io.kubernetes.cri.container-type": "sandbox", "io.kubernetes.cri.sandbox-id": $key }'
		lacks "$VICTIM_ID"
		says 65536
	done
	claim '.linux.namespaces |= map(if .type == "network" then .path = "/proc/\($pid)/ns/net" else . end)'
	says "$VICTIM_ID" # a member of the pod: what the others wanted to pass for
}

@test "the host's network proves nothing, where policy lets containers into it" {
	# Class: a namespace that is everybody's as proof of belonging to a pod.
	# Defence: compare() in container/pod.c: the host's own namespace does not count.
	# Without: pod-host.patch.
	policy '.rules["host-namespace-path"] = "allow"'
	config --arg path "/proc/$$/ns/net" '.linux.namespaces |= map(if .type == "network" then .path = $path else . end)'
	victim
	claim --arg path "/proc/$$/ns/net" '.linux.namespaces |= map(if .type == "network" then .path = $path else . end)'
	((status != 0))
	lacks "$VICTIM_ID"
	says "joins no network or ipc namespace of it by path"
}

@test "a workload that enters a user namespace of its own making draws no later container into it" {
	# Class: a process that is not what the runtime takes it for: its namespaces are its own to change.
	# Defence: user_namespace() in container/pod.c: ns_user_is_child() in kernel/namespace.c.
	# Without: pod-child.patch.
	without landlock seccomp
	grant CAP_SETUID CAP_SETGID
	config --arg id "$ID" '.annotations = { "io.kubernetes.cri.container-type": "sandbox", "io.kubernetes.cri.sandbox-id": $id }'
	# From outside its mapping looks like the one that brig gave.
	config '.process.args = ["sh", "-c", "(sleep 0.5; echo 0 0 65536 >/proc/1/uid_map; echo 0 0 65536 >/proc/1/gid_map; sleep 600) & exec unshare -U sleep 600"]'
	create
	VICTIM_ID=$(awk '{ print $2 }' "/proc/$(container_pid)/uid_map")
	brig start "$ID"
	eventually grep -qx sleep "/proc/$(container_pid)/comm"
	eventually grep -q "$VICTIM_ID" "/proc/$(container_pid)/gid_map"
	claim '.linux.namespaces |= map(if .type == "network" then .path = "/proc/\($pid)/ns/net" else . end)'
	((status != 0))
	says "that pod has left the user namespace that it was given"
}

@test "an init is never dumpable while the host's tree is in its reach: others of the pod see its pid" {
	# Class: CVE-2016-9962's means: /proc/PID/root and fd of a runtime's process.
	# Defence: mapped_send() in launch/launch.c opens timens_offsets, so that time_namespace() in launch/child.c need not be dumpable for it.
	# Without: time-dumpable.patch.
	needs_program strace
	victim
	config --arg id "$ID" --arg pid "$(container_pid)" '.annotations = { "io.kubernetes.cri.container-type": "container", "io.kubernetes.cri.sandbox-id": $id }
		| .linux.namespaces |= (map(if .type == "network" or .type == "pid" then .path = "/proc/\($pid)/ns/" + { network: "net", pid: "pid" }[.type] else . end | select(.type != "time")) + [{ type: "time" }])
		| .linux.timeOffsets.boottime.secs = 100000'
	config '.process.args = ["true"]'
	succeeds timeout -s KILL 30 strace -f -o "$T/calls" -e trace=prctl,unshare "$BRIG" --root "$ROOT" --policy "$POLICY" \
		run --bundle "$BUNDLE" "$ID-member" </dev/null 3>&-
	grep -q 'unshare(CLONE_NEWTIME)' "$T/calls"
	grep -q 'PR_SET_DUMPABLE, SUID_DUMP_DISABLE' "$T/calls"
	run grep SUID_DUMP_USER "$T/calls"
	is "$output" ""
}
