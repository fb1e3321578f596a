#!/usr/bin/env bats
load ../lib/common

@test "cwd, env and args arrive as they are" {
	config '.process.cwd = "/usr/bin" | .process.env += ["A=b c", "EMPTY="] | .process.args = ["sh", "-c", "pwd; echo \"$A|$EMPTY|$0|$1\"", "zero", "o ne"]'
	run brig run --bundle "$BUNDLE" "$ID" </dev/null
	is "$output" $'/usr/bin\nb c||zero|o ne'
}

@test "a cwd that not even the container's root may enter is an error of start that names it" {
	own_rootfs
	mkdir -m 700 "$BUNDLE/rootfs/locked"
	chown 100000:100000 "$BUNDLE/rootfs/locked" # beyond the container's ids: nobody in there
	config '.process.cwd = "/locked"'
	fails brig run --bundle "$BUNDLE" "$ID"
	says /process/cwd "working directory '/locked'"
}

@test "a cwd that the container's root may enter and its user may not is entered" {
	own_rootfs
	mkdir -m 700 "$BUNDLE/rootfs/closed"
	config '.process.cwd = "/closed" | .process.user = { uid: 1000, gid: 1000 } | .process.args = ["readlink", "/proc/self/cwd"]'
	succeeds brig run --bundle "$BUNDLE" "$ID"
	is "$output" /closed
}

@test "a cwd that does not exist is made" {
	own_rootfs
	config '.process.cwd = "/new/place"'
	inside pwd
	is "$output" /new/place
}

@test "user, groups and umask" {
	config '.process.user = { uid: 1000, gid: 1001, additionalGids: [7, 8], umask: 63 }'
	inside 'id -u; id -g; id -G; umask'
	is "$output" $'1000\n1001\n1001 7 8\n0077'
}

@test "PATH of the config finds the program" {
	own_rootfs
	mkdir -p "$BUNDLE/rootfs/opt/x"
	printf '#!/bin/sh\necho found\n' >"$BUNDLE/rootfs/opt/x/program"
	chmod 755 "$BUNDLE/rootfs/opt/x/program"
	config '.process.env |= map(select(startswith("PATH=") | not)) + ["PATH=/opt/x:/bin"] | .process.args = ["program"]'
	run brig run --bundle "$BUNDLE" "$ID" </dev/null
	is "$output" found
}

@test "rlimits are the config's, and policy's defaults for the rest" {
	config '.process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 100, hard: 200 }]'
	inside 'ulimit -n; ulimit -H -n; ulimit -c'
	is "$output" $'100\n200\n0'
}

@test "an unknown rlimit is refused with its place" {
	config '.process.rlimits = [{ type: "RLIMIT_NO_SUCH", soft: 1, hard: 1 }]'
	fails create
	says /process/rlimits/0 RLIMIT_NO_SUCH
}

@test "a hard limit that cannot be raised is an error with a remedy, and nothing is left" {
	local limits=(prlimit --nofile=2000:3000 setpriv --bounding-set=-sys_resource)
	config '.process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 100, hard: 3001 }]'
	fails "${limits[@]}" "$BRIG" --root "$ROOT" --policy "$POLICY" run --bundle "$BUNDLE" "$ID"
	says "cannot set RLIMIT_NOFILE to 100:3001" /process/rlimits/0 "at most 3000"
	nothing_left
	config '.process.rlimits[0].hard = 3000 | .process.args = ["sh", "-c", "ulimit -n; ulimit -H -n"]'
	succeeds "${limits[@]}" "$BRIG" --root "$ROOT" --policy "$POLICY" run --bundle "$BUNDLE" "$ID"
	is "$output" $'100\n3000'
}

@test "oomScoreAdj above the caller's is applied" {
	config '.process.oomScoreAdj = 500'
	inside 'cat /proc/self/oom_score_adj'
	is "$output" 500
}

@test "signal dispositions are reset: conmon ignores SIGPIPE" {
	config '.process.args = ["sh", "-c", "grep -E \"Sig(Ign|Blk)\" /proc/self/status | tr -d \"\\t\\n\""]'
	run bash -c 'trap "" PIPE; exec "$0" "$@"' "$BRIG" --root "$ROOT" --policy "$POLICY" run --bundle "$BUNDLE" "$ID" </dev/null 3>&-
	is "$output" "SigBlk:0000000000000000SigIgn:0000000000000000"
}

@test "noNewPrivileges is set though the config says otherwise" {
	config '.process.noNewPrivileges = false'
	inside 'grep NoNewPrivs /proc/self/status'
	says 1
}

@test "a setuid program gives nothing" {
	own_rootfs
	chmod 4755 "$BUNDLE/rootfs/bin/busybox"
	config '.process.user = { uid: 1000, gid: 1000 } | .process.args = ["/bin/busybox", "id", "-u"]'
	run brig run --bundle "$BUNDLE" "$ID" </dev/null
	is "$output" 1000
}

@test "hostname and domainname" {
	config '.hostname = "a-name" | .domainname = "a-domain"'
	inside 'hostname; cat /proc/sys/kernel/domainname'
	is "$output" $'a-name\na-domain'
}

@test "the scheduling policy, the nice value and the I/O priority are the process's" {
	needs_program chrt
	needs_program ionice
	config '.process.scheduler = { policy: "SCHED_BATCH", nice: 5 } | .process.ioPriority = { class: "IOPRIO_CLASS_BE", priority: 6 }'
	running_container
	says_of_init() { # COMMAND…
		succeeds "$@" "$(container_pid)"
	}
	says_of_init chrt --pid
	says "policy: SCHED_BATCH"
	says_of_init ionice --pid
	is "$output" "best-effort: prio 6"
	says_of_init ps -o ni= -p
	is "${output// /}" 5
	# and of what it starts
	is "$(ps -o ni=,cls= --ppid "$(container_pid)" | tr -s ' ')" " 5 B"
}

@test "the class IOPRIO_CLASS_IDLE is the process's" {
	needs_program ionice
	config '.process.ioPriority = { class: "IOPRIO_CLASS_IDLE", priority: 0 }'
	running_container
	is "$(ionice --pid "$(container_pid)")" idle
}

@test "a personality is the process's: LINUX32 names the machine of a 32-bit kernel" {
	inside 'uname -m'
	local plain=$output
	config '.linux.personality = { domain: "LINUX32" }'
	inside 'uname -m; cat /proc/self/personality'
	((status == 0)) || complain "$output"
	[[ $plain != "${output%%$'\n'*}" ]]
	is "$output" "$(setarch linux32 uname -m)"$'\n00000008'
}

@test "a memory policy is the process's" {
	[[ -e /proc/self/numa_maps ]] || missing "no NUMA in this kernel (CONFIG_NUMA)"
	inside 'cut -d " " -f 2 /proc/self/numa_maps | sort -u'
	is "$output" default
	config '.linux.memoryPolicy = { mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES"] }'
	inside 'cut -d " " -f 2 /proc/self/numa_maps | sort -u'
	is "$output" bind=static:0
	config '.linux.memoryPolicy = { mode: "MPOL_BIND", nodes: "1023" }'
	fails brig run --bundle "$BUNDLE" "$ID"
	says /linux/memoryPolicy
}

@test "an SELinux label is refused where there is no SELinux" {
	[[ ! -d /sys/fs/selinux ]] || skip "this host has SELinux"
	config '.process.selinuxLabel = "system_u:system_r:container_t:s0"'
	fails create
	says SELinux /process/selinuxLabel
}

@test "an AppArmor profile that the kernel cannot have is refused, the default is a warning" {
	! grep -qs Y /sys/module/apparmor/parameters/enabled || skip "this host has AppArmor"
	config '.process.apparmorProfile = "a-profile"'
	fails create
	says AppArmor
	config 'del(.process.apparmorProfile)'
	create
	container_state '.brig.protections.warnings' | grep -q AppArmor
}
