#!/usr/bin/env bats
# The systemd driver where systemd is the machine's first process: tests/integration/systemd.bats has what can
# be seen with an instance of a user's.
load common

setup_file() {
	only_in_a_guest
}

prepare() {
	config --arg path "system.slice:brig:$ID" '.process.args = ["sleep", "600"] | .linux.cgroupsPath = $path'
}

dispose() {
	systemctl stop "brig-$ID.scope" 2>/dev/null || true
}

# scoped COMMAND…: of brig's, with the driver
scoped() {
	brig --systemd-cgroup "$@" </dev/null >"$T/out" 2>&1 || complain "$(<"$T/out")"
}

property() { # NAME: of the scope
	systemctl show -p "$1" --value "brig-$ID.scope"
}

# The disk of the root file system: MAJOR MINOR
disk() {
	local at
	at=$(stat -c %d /)
	echo "$((at >> 8 & 0xfff)) $((at & 0xff))"
}

# Each file of the container's cgroup that is to hold something, and what.
holds_its_limits() {
	local file value cgroup=/sys/fs/cgroup/system.slice/brig-$ID.scope/container
	while read -r file value; do
		is "$file $(<"$cgroup/$file")" "$file $value"
	done <<-END
		memory.max 67108864
		memory.low 33554432
		memory.swap.max 33554432
		memory.high 50331648
		memory.oom.group 1
		cpu.max 50000 100000
		cpu.weight $WEIGHT
		cpuset.cpus 1
		cpuset.mems 0
		pids.max 50
		hugetlb.2MB.max 4194304
		io.max ${DISK// /:} rbps=1048576 wbps=max riops=max wiops=100
	END
}

@test "every kind of resource holds in the scope, and a daemon-reload of systemd undoes none" {
	local DISK WEIGHT
	DISK=$(disk)
	config --argjson disk "[${DISK/ /,}]" '
		def throttle($rate): [{ major: $disk[0], minor: $disk[1], rate: $rate }];
		.linux.resources = {
			memory: { limit: 67108864, reservation: 33554432, swap: 100663296 },
			cpu: { shares: 512, quota: 50000, period: 100000, cpus: "1", mems: "0" },
			pids: { limit: 50 },
			hugepageLimits: [{ pageSize: "2MB", limit: 4194304 }],
			blockIO: { throttleReadBpsDevice: throttle(1048576), throttleWriteIOPSDevice: throttle(100) },
			unified: { "memory.high": "50331648" } }'
	WEIGHT=$("$BRIG" --root "$ROOT" --policy "$POLICY" --systemd-cgroup plan --format json "$BUNDLE" |
		jq -r '.. | objects | select(.file == "cpu.weight").value')
	((WEIGHT > 1 && WEIGHT < 100))
	scoped create --bundle "$BUNDLE" "$ID"
	scoped start "$ID"
	holds_its_limits
	is "$(awk '$1 == "Cpus_allowed_list:" { print $2 }' "/proc/$(container_pid)/status")" 1
	is "$(property Delegate) $(property Slice)" "yes system.slice"
	systemctl daemon-reload
	holds_its_limits

	scoped update --memory 134217728 --pids-limit 60 "$ID"
	systemctl daemon-reload
	is "$(cat "/sys/fs/cgroup/system.slice/brig-$ID.scope/container"/{memory,pids}.max)" $'134217728\n60'
}

@test "annotations are properties of the scope, by which systemd stops the container" {
	config '.annotations += {
		"org.systemd.property.KillSignal": "int32 9",
		"org.systemd.property.TimeoutStopSec": "uint64 3",
		"org.systemd.property.Description": "'"'a container'"'" }'
	scoped create --bundle "$BUNDLE" "$ID"
	scoped start "$ID"
	is "$(property KillSignal) $(property TimeoutStopUSec) $(property Description)" "9 3s a container"
	systemctl stop "brig-$ID.scope"
	eventually has_status stopped
	succeeds brig delete "$ID"
	is "$(property LoadState)" not-found
}

# libraries COMMAND…: of brig's; the loader tells which it opens
libraries() {
	rm -f "$T"/loader.*
	LD_DEBUG=files LD_DEBUG_OUTPUT=$T/loader "$@"
	grep -q "libc\.so" "$T"/loader.* || complain "the loader says nothing"
}

with_libsystemd() {
	libraries "$@"
	grep -q libsystemd "$T"/loader.* || complain "no libsystemd: $*"
}

without_libsystemd() {
	libraries "$@"
	! grep -q libsystemd "$T"/loader.* || complain "libsystemd: $*"
}

@test "libsystemd is loaded to make and to stop a scope, and by nothing else" {
	with_libsystemd scoped create --bundle "$BUNDLE" "$ID"
	without_libsystemd brig start "$ID"
	without_libsystemd brig state "$ID"
	with_libsystemd brig delete --force "$ID"
	config 'del(.linux.cgroupsPath)'
	without_libsystemd create
	without_libsystemd brig delete --force "$ID"
}
