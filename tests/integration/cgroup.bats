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

# in_cgroup FILE…: each as the container itself reads it, in words with one blank between
in_cgroup() {
	inside "cd /sys/fs/cgroup && cat $*"
	((status == 0)) || complain "$output"
}

@test "cpu: shares become weight, by the curve through the defaults of both" {
	local pair
	needs_controller cpu
	for pair in 2:1 512:59 1024:100 262144:10000; do
		config --argjson shares "${pair%:*}" '.linux.resources.cpu = { shares: $shares }'
		in_cgroup cpu.weight
		is "$output" "${pair#*:}"
	done
}

@test "cpu: quota and period become max, burst goes beside it" {
	needs_controller cpu
	config '.linux.resources.cpu = { quota: 50000, period: 200000, burst: 20000 }'
	in_cgroup cpu.max cpu.max.burst
	is "$output" $'50000 200000\n20000'
}

@test "cpu: idle" {
	needs_controller cpu
	config '.linux.resources.cpu = { idle: 1, shares: 512 }'
	in_cgroup cpu.idle
	is "$output" 1
}

@test "cpuset: processors and memory nodes" {
	needs_controller cpuset
	(($(nproc) > 1)) || missing "one processor only"
	config '.linux.resources.cpu = { cpus: "1", mems: "0" }'
	inside 'cat /sys/fs/cgroup/cpuset.cpus /sys/fs/cgroup/cpuset.mems; sed -n "s/^\(Cpus\|Mems\)_allowed_list:\t//p" /proc/self/status'
	is "$output" $'1\n0\n1\n0'
}

# The number of a disk, MAJOR:MINOR, in $disk.
needs_disk() {
	disk=$(cat /sys/block/[vs]d*/dev | head -n 1)
	[[ -n $disk ]] || missing "no disk"
}

@test "io: each throttle of a device is a word of io.max" {
	local disk
	needs_controller io
	needs_disk
	config --argjson major "${disk%:*}" --argjson minor "${disk#*:}" '{ major: $major, minor: $minor } as $disk
		| .linux.resources.blockIO = { throttleReadBpsDevice: [$disk + { rate: 1048576 }], throttleWriteBpsDevice: [$disk + { rate: 2097152 }],
			throttleReadIOPSDevice: [$disk + { rate: 120 }], throttleWriteIOPSDevice: [$disk + { rate: 240 }] }'
	in_cgroup io.max
	is "$output" "$disk rbps=1048576 wbps=2097152 riops=120 wiops=240"
}

@test "io: a throttle of a device that is not there is an error with its place" {
	needs_controller io
	config '.linux.resources.blockIO = { throttleReadBpsDevice: [{ major: 250, minor: 250, rate: 1048576 }] }'
	fails create
	says /linux/resources/blockIO/throttleReadBpsDevice/0 io.max "name a device that this host has"
}

@test "io: weight, in BFQ's file or else the one of the controller" {
	needs_controller io
	config '.linux.resources.blockIO = { weight: 500 }'
	in_cgroup io.bfq.weight 2>/dev/null || in_cgroup io.weight
	[[ $output == "default 500" || $output == "default 4950" ]] || complain "$output"
}

@test "rdma: a limit of a device" {
	local device
	needs_controller rdma
	device=$(find /sys/class/infiniband -mindepth 1 -printf '%f\n' 2>/dev/null | head -n 1)
	config --arg device "${device:-mlx9_9}" '.linux.resources.rdma = { ($device): { hcaHandles: 2, hcaObjects: 10 } }'
	if [[ -n $device ]]; then
		in_cgroup rdma.max
		says "$device hca_handle=2 hca_object=10"
	else
		fails create
		says /linux/resources/rdma rdma.max "name a device that this host has"
	fi
}

@test "unified: files of controllers are written as they are, others are refused" {
	needs_controller memory
	needs_controller pids
	config '.linux.resources.unified = { "memory.high": "50331648", "pids.max": "77" }'
	in_cgroup memory.high pids.max
	is "$output" $'50331648\n77'
	config '.linux.resources.unified = { "cgroup.freeze": "1" }'
	fails create
	says /linux/resources/unified unified
}

@test "hugetlb: a limit for each size, of what is reserved too" {
	local size
	needs_controller hugetlb
	echo +hugetlb >"$(cgroup_root)/cgroup.subtree_control"
	size=$(find "$(cgroup_root)" -maxdepth 2 -name 'hugetlb.*.max' | sed -nE 's/.*hugetlb\.(.*)\.max/\1/p' | grep -v rsvd | head -n 1)
	[[ -n $size ]] || missing "no huge pages in this kernel"
	config --arg size "$size" '.linux.resources.hugepageLimits = [{ pageSize: $size, limit: 4294967296 }]'
	in_cgroup "hugetlb.$size.max" "hugetlb.$size.rsvd.max"
	is "$output" $'4294967296\n4294967296'
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
