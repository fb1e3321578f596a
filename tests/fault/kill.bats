#!/usr/bin/env bats
# kill -9 of brig at each step of create, start, exec and delete: what is left is found again by the
# name of the container alone, and `delete --force` leaves nothing.
load ../lib/common
load ../lib/fault

prepare() {
	needs_fault_build
}

dispose() {
	! mountpoint -q "$T/engine/merged" || umount "$T/engine/merged"
	umount "/run/netns/brig-$ID" 2>/dev/null || true
	rm -f "/run/netns/brig-$ID"
}

@test "create, killed at each step, leaves nothing that delete --force does not find" {
	local step
	steps_of 10 create
	for step in "${steps[@]}"; do
		dies_at "$step" create --bundle "$BUNDLE" "$ID" || complain "$step"
		force_delete || complain "after $step"
	done
}

@test "create in another container's network namespace, killed at each step" {
	local step pod
	running_container
	pod=$ID
	config --arg path "/proc/$(container_pid)/ns/net" '.linux.namespaces |= map(if .type == "network" then .path = $path else . end)'
	ID=$pod-two
	steps_of 10 create
	for step in "${steps[@]}"; do
		dies_at "$step" create --bundle "$BUNDLE" "$ID" || complain "$step"
		succeeds brig delete --force "$ID"
		is "$(find "$ROOT" "$(cgroup_root)" -maxdepth 3 -type d -name "$ID")" "" || complain "after $step"
		is "$(grep -rlE "$ROOT/$ID\$" /run/brig-ids)" "" || complain "after $step"
	done
	ID=$pod
	has_status running
	force_delete
}

@test "create of a pod's container, killed at each step: the pod keeps its range, and nothing else is held" {
	local step pod
	config --arg id "$ID" '.annotations = { "io.kubernetes.cri.sandbox-id": $id }'
	running_container
	pod=$ID
	config --arg path "/proc/$(container_pid)/ns/net" '.linux.namespaces |= map(if .type == "network" then .path = $path else . end)'
	steps_of 10 create
	for step in "${steps[@]}"; do
		dies_at "$step" create --bundle "$BUNDLE" "$pod-two"
		# another one joins all the same, whatever the dead one holds
		brig run --bundle "$BUNDLE" --detach "$pod-three" </dev/null >"$T/out" 2>&1 || complain "after $step: $(cat "$T/out")"
		is "$(readlink "/proc/$(brig state "$pod-three" | jq .pid)/ns/user")" "$(readlink "/proc/$(container_pid)/ns/user")"
		succeeds brig delete --force "$pod-three"
		succeeds brig delete --force "$pod-two"
		is "$(grep -rhF "$ROOT/" /run/brig-ids | wc -l)" 1 || complain "after $step"
	done
	has_status running
	force_delete
}

@test "the first container of a pod without a sandbox, killed at each step: the next one is the first" {
	local step
	config --arg path "/run/netns/brig-$ID" '.annotations = { "io.kubernetes.cri-o.SandboxID": "no-container" }
		| .linux.namespaces |= map(if .type == "network" then .path = $path else . end)'
	mkdir -p /run/netns
	touch "/run/netns/brig-$ID"
	unshare --net="/run/netns/brig-$ID" true || missing "no network namespace can be kept here"
	steps_of 10 create
	for step in "${steps[@]}"; do
		dies_at "$step" create --bundle "$BUNDLE" "$ID-one"
		timeout 20 "$BRIG" --root "$ROOT" --policy "$POLICY" create --bundle "$BUNDLE" "$ID-two" </dev/null >"$T/out" 2>&1 3>&- ||
			complain "after $step: $(cat "$T/out")"
		succeeds brig delete --force "$ID-one"
		succeeds brig delete --force "$ID-two"
		is "$(grep -rlF "$ROOT/" /run/brig-ids | wc -l)" 0 || complain "after $step"
	done
}

@test "create after a killed create of the same name needs no delete, or says that the name is taken" {
	local step
	steps_of 10 create
	for step in "${steps[@]}"; do
		dies_at "$step" create --bundle "$BUNDLE" "$ID"
		run create
		[[ $status == 0 || $output == *"exists"* ]] || complain "after $step: $output"
		force_delete
	done
}

@test "the init, killed before it is ready, fails the create, which leaves nothing" {
	dies_at init-ready create --bundle "$BUNDLE" "$ID"
	eventually nothing_left
}

@test "the init, killed on its way into the workload, is a container that has stopped" {
	BRIG_FAULT=init-enter "$FAULT_BRIG" --root "$ROOT" --policy "$POLICY" create --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>&1 3>&-
	run brig start "$ID"
	eventually has_status stopped
	succeeds brig delete "$ID"
	nothing_left
}

@test "start, killed at each step: the container can be deleted, and started if it was not" {
	local step
	config '.process.args = ["sleep", "60"]'
	steps_of 2 start
	for step in "${steps[@]}"; do
		create
		dies_at "$step" start "$ID"
		case $(container_state .status) in
		created) succeeds brig start "$ID" ;;
		running | stopped) ;;
		*) complain "status $(container_state .status) after $step" ;;
		esac
		force_delete || complain "after $step"
	done
}

@test "exec, killed at each step, leaves the container as it was" {
	local step
	running_container
	steps_of 3 exec
	for step in "${steps[@]}"; do
		dies_at "$step" exec "$ID" sleep 60
		eventually process_count_is 2 || complain "after $step"
		succeeds brig exec "$ID" true
		has_status running
	done
	force_delete
}

process_count_is() { # NUMBER
	[[ $(wc -l <"$(container_cgroup)/cgroup.procs") == "$1" ]]
}

@test "delete, killed at each step, is completed by the next delete" {
	local step
	config '.process.args = ["true"]'
	steps_of 3 delete
	for step in "${steps[@]}"; do
		create
		brig start "$ID"
		eventually has_status stopped
		dies_at "$step" delete "$ID"
		force_delete || complain "after $step"
		create
		dies_at "$step" delete --force "$ID"
		force_delete || complain "forced, after $step"
	done
}

@test "run, killed at each step of create and start" {
	local step
	config '.process.args = ["sleep", "60"]'
	steps_of 12 create start
	for step in "${steps[@]}"; do
		dies_at "$step" run --bundle "$BUNDLE" "$ID"
		force_delete || complain "after $step"
	done
}

@test "create on an engine's overlay, killed at each step, leaves no work directory beside its layers" {
	local step engine=$T/engine
	mkdir -p "$engine"/{upper,work,merged}
	mount -t overlay overlay -o "lowerdir=$ROOTFS,upperdir=$engine/upper,workdir=$engine/work" "$engine/merged"
	config --arg path "$engine/merged" '.root = { path: $path, readonly: false }'
	steps_of 12 overlay create
	for step in "${steps[@]}"; do
		dies_at "$step" create --bundle "$BUNDLE" "$ID" || complain "$step"
		[[ $step != overlay-made ]] || ls -d "$engine"/.brig-*
		succeeds brig delete --force "$ID"
		is "$(find "$engine" -mindepth 1 -maxdepth 1 -name '.*')" "" || complain "after $step"
	done
	umount "$engine/merged"
	force_delete
}

@test "delete of a container on an engine's overlay, killed at each step" {
	local step engine=$T/engine
	mkdir -p "$engine"/{upper,work,merged}
	mount -t overlay overlay -o "lowerdir=$ROOTFS,upperdir=$engine/upper,workdir=$engine/work" "$engine/merged"
	config --arg path "$engine/merged" '.root = { path: $path, readonly: false }'
	steps_of 3 delete
	for step in "${steps[@]}"; do
		running_container
		dies_at "$step" delete --force "$ID"
		succeeds brig delete --force "$ID"
		is "$(find "$engine" -mindepth 1 -maxdepth 1 -name '.*')" "" || complain "after $step"
	done
	umount "$engine/merged"
	force_delete
}

@test "ids of a killed create are drawn again only after it is gone" {
	local i
	for i in 1 2 3 4 5; do
		dies_at create-placed create --bundle "$BUNDLE" "$ID-$i"
	done
	# each is still held by the state that was left
	is "$(grep -rhE '^holder' /run/brig-ids | grep -cF "$ROOT/")" 5
	for i in 1 2 3 4 5; do
		brig delete --force "$ID-$i"
	done
	nothing_left
}

@test "a halted create holds the name: others are told, and delete --force waits or says so" {
	BRIG_FAULT=create-mapped:stop "$FAULT_BRIG" --root "$ROOT" --policy "$POLICY" create --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>&1 3>&- &
	local halted=$!
	eventually grep -qs '^State:.T' "/proc/$halted/status"
	fails timeout 20 "$BRIG" --root "$ROOT" --policy "$POLICY" create --bundle "$BUNDLE" "$ID"
	run timeout 40 "$BRIG" --root "$ROOT" --policy "$POLICY" delete --force "$ID"
	((status != 124)) || complain "delete --force hangs"
	kill -9 $halted
	wait $halted || true
	force_delete
}
