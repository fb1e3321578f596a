#!/usr/bin/env bats
load ../lib/common

@test "cgroupsPath is taken as it is" {
	config --arg path "/brig-test/$ID" '.linux.cgroupsPath = $path'
	create
	is "$(container_cgroup)" "$(cgroup_root)/brig-test/$ID"
	brig delete --force "$ID"
	[[ ! -e $(cgroup_root)/brig-test/$ID ]]
}

dispose() {
	rmdir "$(cgroup_root)/brig-test" 2>/dev/null || true
}

@test "init is in its cgroup when create returns" {
	create
	[[ $(sed -n 's/^0:://p' "/proc/$(container_pid)/cgroup") == *"$ID"* ]]
}

@test "--cgroup-manager disabled makes none" {
	create_disabled() {
		brig --cgroup-manager disabled create --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>"$T/err"
	}
	create_disabled
	is "$(find "$(cgroup_root)" -name "*$ID*")" ""
	is "$(sed -n 's/^0:://p' "/proc/$(container_pid)/cgroup")" "$(sed -n 's/^0:://p' /proc/self/cgroup)"
}

@test "the device program lets the default devices be opened, and nothing else be made" {
	inside 'head -c 1 /dev/zero | wc -c; mknod /tmp/sda b 8 0'
	((status != 0))
	is "$(head -n 1 <<<"$output")" 1
}

@test "memory: the limit of the config, swap without, the whole container killed at once" {
	needs_controller memory
	config '.linux.resources.memory = { limit: 33554432 }'
	create
	is "$(cat "$(container_cgroup)/memory.max")" 33554432
	is "$(cat "$(container_cgroup)/memory.swap.max")" 0
	is "$(cat "$(container_cgroup)/memory.oom.group")" 1
}

@test "memory, pids and cpu have a limit though the config has none" {
	needs_controller memory
	needs_controller pids
	needs_controller cpu
	create
	local file
	for file in memory.max pids.max cpu.max; do
		[[ $(cat "$(container_cgroup)/$file") != max* ]]
	done
}

@test "pids: the limit holds" {
	needs_controller pids
	config '.linux.resources.pids = { limit: 10 }'
	inside 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 5 & done'
	says "fork"
}

@test "cpu: shares become weight, quota becomes max" {
	needs_controller cpu
	config '.linux.resources.cpu = { shares: 512, quota: 50000, period: 100000 }'
	create
	is "$(cat "$(container_cgroup)/cpu.max")" "50000 100000"
}

@test "hugetlb: a limit for each size" {
	needs_controller hugetlb
	local size
	size=$(find "$(cgroup_root)" -maxdepth 2 -name 'hugetlb.*.max' | sed -nE 's/.*hugetlb\.(.*)\.max/\1/p' | grep -v rsvd | head -n 1)
	[[ -n $size ]] || skip "no huge pages on this host"
	config --arg size "$size" '.linux.resources.hugepageLimits = [{ pageSize: $size, limit: 0 }]'
	create
	is "$(cat "$(container_cgroup)/hugetlb.$size.max")" 0
}

@test "a limit that cgroup2 here cannot hold is an error if the config asks, a warning if policy does" {
	! grep -qw memory "$(cgroup_root)/cgroup.controllers" || skip "this host's cgroup2 has the memory controller"
	config '.linux.resources.memory = { limit: 33554432 }'
	fails create
	says /linux/resources/memory memory
	config 'del(.linux.resources.memory)'
	create
	container_state '.brig.protections.warnings | join(" ")' | grep -q memory
	grep -q 'not enforced.*memory' "$LOG"
}

@test "the host's processes are not in reach: cgroup files are read-only inside" {
	inside 'echo 1 >/sys/fs/cgroup/cgroup.freeze'
	((status != 0))
	says "Read-only file system"
}

@test "a path that climbs out is refused" {
	config '.linux.cgroupsPath = "/../../x"'
	fails create
	says cgroupsPath
}

@test "delete takes processes along that moved away from init" {
	config '.process.args = ["sh", "-c", "setsid sleep 60 & setsid sleep 61 & exit 0"]'
	create
	brig start "$ID"
	eventually has_status stopped
	succeeds brig delete "$ID"
	nothing_left
}
