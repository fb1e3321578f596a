#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

@test "hostile configs are refused with an error, never a crash or a hang" {
	# Class: hostile input (CVE-2023-33460, CVE-2022-24795 in yajl among them).
	# Defence: base/json.c (size, depth, duplicate keys, NUL, UTF-8), spec/decode.c (types, ranges).
	# Without: json-range.patch.
	local n=0 text good
	good=$(jq -c . "$BUNDLE/config.json")
	while IFS= read -r text; do
		printf '%b' "$text" >"$BUNDLE/config.json"
		status=0
		timeout 10 "$BRIG" --root "$ROOT" --policy "$POLICY" create --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>&1 3>&- || status=$?
		output=$(cat "$T/out")
		((status != 0 && status < 124)) || complain "status $status for $(cut -c -120 "$BUNDLE/config.json") … $(jq -c "[.root, .hostname, .linux.sysctl, .linux.cgroupsPath, .linux.resources, .linux.devices, .linux.maskedPaths, .mounts[8:], .process.args]" "$BUNDLE/config.json" 2>&1 | cut -c -600): $output"
		[[ -n $output ]] || complain "no word for ${text:0:200}"
		n=$((n + 1))
	done < <(
		printf '\n[]\nnull\n1\n"x"\n{\n{}\n{"ociVersion":1}\n{"ociVersion":"1.0.2","ociVersion":"1.0.2"}\n\\xff\\xfe{}\n{"ociVersion":"\\xc3\\x28"}\n'
		printf '[%.0s' {1..100000}
		echo
		printf '{"a":%.0s' {1..20000}
		echo
		jq -c '.process.args = []' <<<"$good"
		jq -c '.process.args = ["a\u0000b"]' <<<"$good" | sed 's/\\/\\\\/g'
		jq -c '.process.user.uid = 4294967296' <<<"$good"
		jq -c '.process.user.uid = -1' <<<"$good"
		jq -c '.process.user.uid = 1.5' <<<"$good"
		jq -c '.process.cwd = "relative"' <<<"$good"
		jq -c '.process.env = [1]' <<<"$good"
		jq -c '.process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 18446744073709551616, hard: 1 }]' <<<"$good"
		jq -c '.process.capabilities.bounding = ["CAP_%s%n"]' <<<"$good"
		jq -c '.root.path = ""' <<<"$good"
		jq -c '.root.path = "/"' <<<"$good"
		jq -c '.root.path = "../../../../../../../../etc"' <<<"$good"
		jq -c '.root.path = "/proc/self/root"' <<<"$good"
		jq -c '.mounts += [{ destination: ("/" + "a" * 5000), type: "tmpfs", source: "x" }]' <<<"$good"
		jq -c '.mounts += [{ destination: "/tmp/x", type: "ext4", source: "/dev/vda" }]' <<<"$good"
		jq -c '.mounts += [{ destination: "/tmp/x", type: "fuse", source: "x", options: ["fd=3"] }]' <<<"$good"
		jq -c '.mounts += [{ destination: "/tmp/x", type: "overlay", source: "x", options: ["lowerdir=/etc:/usr", "upperdir=/root", "workdir=/root"] }]' <<<"$good"
		jq -c '.hostname = "x" * 100' <<<"$good"
		jq -c '.linux.sysctl = { "kernel.core_pattern": "|/bin/sh" }' <<<"$good"
		jq -c '.linux.sysctl = { "net/../kernel/core_pattern": "x" }' <<<"$good"
		jq -c '.linux.sysctl = { "net.ipv4...........kernel.core_pattern": "x" }' <<<"$good"
		jq -c '.linux.cgroupsPath = "/../../../x"' <<<"$good"
		jq -c '.linux.cgroupsPath = "/"' <<<"$good"
		jq -c '.linux.resources.unified = { "../../cgroup.procs": "1" }' <<<"$good"
		jq -c '.linux.resources.unified = { "cgroup.kill": "1" }' <<<"$good"
		jq -c '.linux.devices = [{ path: "/dev/sda", type: "b", major: 8, minor: 0 }]' <<<"$good"
		jq -c '.linux.devices = [{ path: "/etc/passwd", type: "c", major: 1, minor: 1 }]' <<<"$good"
		jq -c '.linux.netDevices = { eth0: {} }' <<<"$good"
		jq -c '.linux.namespaces += [{ type: "pid" }, { type: "pid" }]' <<<"$good"
		jq -c '.linux.seccomp = { defaultAction: "SCMP_ACT_ERRNO", syscalls: [range(40000) | { names: ["x\(.)"], action: "SCMP_ACT_ALLOW", args: [{ index: 0, value: 0, op: "SCMP_CMP_EQ" }] }] }' <<<"$good"
		jq -c '.linux.maskedPaths += ["relative/../../x"]' <<<"$good"
	)
	((n >= 40))
}

@test "annotations of other runtimes give a container nothing" {
	needs_program setpriv
	# Class: hostile annotations (CVE-2024-3154: systemd properties; run.oci.keep_original_groups).
	# Defence: rules annotation, keep-groups and systemd-property in policy/rules.c.
	# Without: keep-groups.patch.
	config '.annotations = { "run.oci.keep_original_groups": "1", "run.oci.mount_context_type": "x", "run.oci.handler": "/bin/sh", "run.oci.systemd.subgroup": "../..",
		"run.oci.hooks.stderr": "/etc/passwd", "run.oci.seccomp_bpf_data": "AAAA", "run.oci.seccomp_fail_unknown_syscall": "0", "org.systemd.property.ExecStartPre": "[\"/bin/sh\"]",
		"org.systemd.property.DevicePolicy": "\"auto\"", "io.containerd.runc.v2.group": "x", "module.wasm.image/variant": "compat", "io.kubernetes.cri-o.userns-mode": "host",
		"brig.policy": "/tmp/x", "org.criu.config": "/tmp/x" }'
	config '.process.args = ["sh", "-c", "id -G; grep -E \"^(CapEff|CapBnd|NoNewPrivs|Seccomp):\" /proc/self/status | tr -d \"\\t\\n\""]'
	# With a group of the host's, which is there to be kept.
	run setpriv --groups 0,1000 "$BRIG" --root "$ROOT" --policy "$POLICY" run --bundle "$BUNDLE" "$ID" </dev/null 3>&-
	is "$output" $'0\nCapEff:0000000000000000CapBnd:0000000000000000NoNewPrivs:1Seccomp:2'
}

@test "a policy that somebody else could have written is not used" {
	# Class: a widened policy.
	# Defence: policy_load(), policy/policy_file.c: owner and mode of the file and of its directory.
	# Without: policy-directory.patch.
	chmod 666 "$POLICY"
	fails create
	says "not trusted"
	chmod 644 "$POLICY"
	chown 1000 "$POLICY"
	fails create
	chown 0 "$POLICY"
	chmod 777 "$T"
	fails create
	chmod 755 "$T"
	succeeds create
}

@test "the workload cannot reach policy, state, audit log or the ids of others" {
	# Class: the runtime's own files.
	# Defence: rule bind-engine (policy/host_paths.c); modes 0700 in container/root.c.
	# Without: state-mode.patch.
	local place
	create
	for place in /run/brig-ids /run/brig-cache "$ROOT" "$ROOT/$ID"; do
		[[ -e $place ]] || continue
		is "$(stat -c '%a %u' "$place")" "700 0"
	done
}
