#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

PORTS=net/ipv4/ip_unprivileged_port_start

# A directory that looks like a /proc, where it matters to a runtime.
fake_proc() {
	FAKE=$T/fake
	mkdir -p "$FAKE"/self/attr/apparmor "$FAKE/sys/net/ipv4" "$FAKE/sys/kernel"
	echo untouched | tee "$FAKE"/{self/attr/exec,self/attr/apparmor/exec,self/oom_score_adj,sys/$PORTS,sys/kernel/shmmax} >/dev/null
	ln -s self "$FAKE/thread-self"
	ln -s self "$FAKE/1"
	chmod -R a+rwX "$FAKE"
}

untouched() {
	is "$(find "$FAKE" -type f -exec cat {} + | sort -u)" untouched
}

# The container's value of the sysctl, whatever is at its /proc.
ports_inside() {
	nsenter "--net=/proc/$(container_pid)/ns/net" cat /proc/sys/$PORTS
}

@test "a /proc of the image's making takes no write of brig's" {
	# Class: CVE-2025-52881, CVE-2019-19921, CVE-2023-27561: sysctls and labels written to a fake procfs.
	# Defence: procfs_open() in kernel/procfs.c, before anything of the image is in sight; rule mount-over-proc, taken away here.
	# Seen: a write by path, as the shell's in the container's mounts, went to the fake (the last lines of the test).
	fake_proc
	policy '.rules["mount-over-proc"] = "allow" | .rules["oom-score"] = "allow"'
	config --arg fake "$FAKE" '.linux.sysctl = { "net.ipv4.ip_unprivileged_port_start": "81", "kernel.shmmax": "1048576" } | .process.oomScoreAdj = 500
		| .process.args = ["sleep", "60"]
		| .mounts = [.mounts[] | select(.destination != "/proc")] + [{ destination: "/proc", type: "bind", source: $fake, options: ["bind", "rw", "nosuid", "nodev"] }]'
	create
	untouched
	is "$(ports_inside)" 81
	brig start "$ID"
	is "$(cat "/proc/$(container_pid)/oom_score_adj")" 500
	brig exec --user 1000 "$ID" true
	untouched
	run nsenter --target "$(container_pid)" --mount --root sh -c 'echo 7 >/proc/self/oom_score_adj'
	is "$(cat "$FAKE/self/oom_score_adj")" 7
}

@test "and gets no LSM label in place of the kernel" {
	# Class: CVE-2019-16884, CVE-2023-28642, CVE-2025-52881: a label that is written to a file, so that the workload runs without.
	# Defence: apparmor_on_exec() in kernel/apparmor.c writes below a verified procfs, opened by the parent.
	# Seen: as before; with the path "/proc/self/attr/apparmor/exec" in its stead, the workload was unconfined.
	local profile=brig-attack-$$
	needs_apparmor
	needs_program apparmor_parser
	printf 'profile %s flags=(attach_disconnected, mediate_deleted) {\n file,\n signal,\n capability,\n network,\n}\n' $profile | apparmor_parser --replace --skip-cache || missing "apparmor_parser loads no profile here"
	fake_proc
	policy '.rules["mount-over-proc"] = "allow"'
	config --arg fake "$FAKE" --arg profile $profile '.process.apparmorProfile = $profile | .process.args = ["sleep", "60"]
		| .mounts = [.mounts[] | select(.destination != "/proc")] + [{ destination: "/proc", type: "bind", source: $fake, options: ["bind", "rw", "nosuid", "nodev"] }]'
	create
	brig start "$ID"
	eventually grep -q "^$profile" "/proc/$(container_pid)/attr/current"
	untouched
	brig exec --detach --pid-file "$T/pid" "$ID" sleep 60 </dev/null >"$T/out" 2>&1
	eventually grep -q "^$profile" "/proc/$(cat "$T/pid")/attr/current"
	untouched
	brig delete --force "$ID"
	printf 'profile %s {}\n' $profile | apparmor_parser --remove
}

@test "nor does a file that somebody mounts over one of the host's /proc" {
	# Class: CVE-2025-52881: a racing mount that redirects a write to /proc.
	# Defence: procfs_open_file() in kernel/procfs.c: RESOLVE_NO_XDEV; procfs_verify() for /proc as a whole.
	# Without: procfs-mounts.patch.
	fake_proc
	config '.linux.sysctl = { "net.ipv4.ip_unprivileged_port_start": "81" } | .process.args = ["true"]
		| .mounts |= map(select(.destination != "/proc"))' # which the kernel itself would refuse here
	# In a mount namespace of the test's own.
	run unshare --mount --propagation private sh -c "mount --bind '$FAKE/sys/net' /proc/sys/net && echo 80 >/proc/sys/$PORTS && echo untouched >'$FAKE/sys/$PORTS' && cat /proc/sys/$PORTS
		'$BRIG' --root '$ROOT' --policy '$POLICY' run --bundle '$BUNDLE' '$ID'" </dev/null 3>&-
	untouched
	says untouched "mounted over"
	((status != 0))
	# All of /proc: then brig makes itself one that nobody else can reach, or gives up.
	run unshare --mount --propagation private sh -c "mount --bind '$FAKE' /proc
		'$BRIG' --root '$ROOT' --policy '$POLICY' create --bundle '$BUNDLE' '$ID'" </dev/null 3>&-
	untouched
	[[ ! -e $ROOT/$ID ]] || is "$(ports_inside)" 81
}

@test "no sysctl rides on another, by its name or its value" {
	# Class: CVE-2022-0811: kernel.core_pattern behind a "+" in the value of a permitted sysctl.
	# Defence: check_sysctl() in policy/rules_resources.c; write_all() in kernel/sysctl.c: one key is one file, one value one write.
	# Seen: with rule sysctl allowed, kernel.core_pattern itself was written: with what it was (the end of the test).
	local key value before
	before=$(cat /proc/sys/kernel/core_pattern)
	config '.process.args = ["cat", "/proc/sys/kernel/shm_rmid_forced"]'
	for value in '1+kernel.core_pattern=|/bin/sh' '1 kernel.core_pattern=x' $'1\nkernel.core_pattern=x' $'1\n' '1;x' '$(x)' '%s%n'; do
		config --arg value "$value" '.linux.sysctl = { "kernel.shm_rmid_forced": $value }'
		run brig run --bundle "$BUNDLE" "$ID" </dev/null
		((status != 0)) || is "$output" 1
		is "$(cat /proc/sys/kernel/core_pattern)" "$before"
	done
	for key in 'kernel.shm_rmid_forced+kernel.core_pattern' 'net.ipv4.ip_forward=1+kernel.core_pattern' 'net/ipv4/../../kernel/core_pattern' 'net.../kernel/core_pattern' $'net.x\nkernel.core_pattern' \
		'net.ipv4/../../../../../../etc/passwd' 'net.' net '' . .. / kernel/core_pattern kernel.core_pattern fs.mqueue./../../kernel/core_pattern; do
		config --arg key "$key" '.linux.sysctl = { ($key): "brig-attack" }'
		run brig run --bundle "$BUNDLE" "$ID" </dev/null
		((status != 0)) || complain "the sysctl '$key' was taken: $output"
		is "$(cat /proc/sys/kernel/core_pattern)" "$before"
	done
	config '.linux.sysctl = {} | .annotations = { "security.alpha.kubernetes.io/sysctls": "kernel.core_pattern=x", "security.alpha.kubernetes.io/unsafe-sysctls": "kernel.core_pattern=x", "io.kubernetes.cri-o.sysctl": "kernel.core_pattern=x" }'
	run brig run --bundle "$BUNDLE" "$ID" </dev/null
	is "$(cat /proc/sys/kernel/core_pattern)" "$before"
	policy '.rules.sysctl = "allow"'
	config --arg value "$before" 'del(.annotations) | .linux.sysctl = { "kernel.core_pattern": $value }'
	succeeds brig run --bundle "$BUNDLE" "$ID" </dev/null
}
