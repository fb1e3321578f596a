#!/usr/bin/env bats
load ../lib/common

@test "state has what the specification asks for" {
	config '.annotations = { "org.example.a": "b" }'
	running_container
	succeeds brig state "$ID"
	jq -e --arg id "$ID" --arg bundle "$BUNDLE" --arg rootfs "$ROOTFS" '
		.id == $id and .bundle == $bundle and .rootfs == $rootfs and .status == "running"
		and .pid > 1 and (.ociVersion | startswith("1."))
		and .annotations["org.example.a"] == "b"
		and (.created | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\\.[0-9]+)?Z$"))' <<<"$output"
}

@test "state has no key that CRI-O decodes with another meaning" {
	running_container
	container_state | jq -e 'has("started") or has("finished") or has("exitCode") or has("oomKilled")
		or has("error") or has("initPid") or has("initStartTime") | not'
}

@test "the pid of a stopped container is 0, and there" {
	config '.process.args = ["true"]'
	create
	brig start "$ID"
	eventually has_status stopped
	container_state | jq -e '.pid == 0 and .status == "stopped"'
}

@test "a container whose init was killed from outside is stopped" {
	running_container
	kill -9 "$(container_pid)"
	eventually has_status stopped
}

@test "state names the mapping, the cgroup and the protections" {
	running_container
	container_state | jq -e '.brig | has("cgroup") and has("protections")'
	succeeds container_state '.brig'
	says 65536
}

# asks the kernel, as landlock_create_ruleset(2) and core-scheduling.rst say
kernel_has() { # landlock-abi|core-scheduling
	python3 -c '
import ctypes, errno, sys
libc = ctypes.CDLL(None, use_errno=True)
if sys.argv[1] == "landlock-abi":
    print(max(libc.syscall(444, None, 0, 1), 0))
else:
    has = libc.prctl(62, 0, 0, 0, ctypes.byref(ctypes.c_uint64())) == 0 or ctypes.get_errno() == errno.ENODEV
    print(str(has).lower())' "$1"
}

@test "state tells the ABI of Landlock and core scheduling, as the kernel has them and policy wants them" {
	needs_program python3
	create
	is "$(container_state .brig.protections.landlockAbi)" "$(kernel_has landlock-abi)"
	is "$(container_state .brig.protections.coreScheduling)" "$(kernel_has core-scheduling)"
	# what is missing is in the warnings
	is "$(container_state '.brig.protections.warnings | any(startswith("core scheduling:")) | not')" "$(kernel_has core-scheduling)"
	brig delete --force "$ID"
	policy '.settings.landlock = false | .settings.core_scheduling = false'
	create
	is "$(container_state '.brig.protections | "\(.landlockAbi) \(.coreScheduling)"')" "0 false"
	is "$(container_state '.brig.protections.warnings | any(contains("core scheduling") or contains("Landlock"))')" false
}

@test "state of an absent container fails in the words of the engines" {
	fails brig state "$ID"
	says "does not exist"
}

@test "a state that was tampered with is refused, and delete --force leaves nothing of a container that runs" {
	running_container
	echo '{"id": "another"}' >"$ROOT/$ID/state.json"
	fails brig state "$ID"
	says damaged "delete --force"
	fails brig delete "$ID"
	succeeds brig delete --force "$ID"
	nothing_left
}

@test "delete --force of a tampered state leaves a container of the same id and another state root alone" {
	local pid
	running_container
	pid=$(container_pid)
	mkdir -m 700 "$T/other" "$T/other/$ID"
	: >"$T/other/$ID/state.json"
	succeeds "$BRIG" --root "$T/other" --policy "$POLICY" delete --force "$ID"
	[[ ! -e $T/other/$ID ]]
	has_status running
	is "$(container_pid)" "$pid"
}

@test "delete --force of a tampered state kills the init of a container without a cgroup, too" {
	config '.process.args = ["sleep", "1000"]'
	create --cgroup-manager disabled
	brig start "$ID"
	[[ -f $ROOT/$ID/init ]]
	: >"$ROOT/$ID/state.json"
	succeeds brig delete --force "$ID"
	nothing_left
}

@test "the state directory is root's alone" {
	create
	is "$(stat -c %a "$ROOT/$ID")" 700
	is "$(stat -c %a "$ROOT/$ID/state.json")" 600
}
