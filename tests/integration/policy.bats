#!/usr/bin/env bats
load ../lib/common

@test "policy show prints each rule and setting, and which file set it" {
	succeeds brig policy show
	says host-network refuse capabilities memory_max "$POLICY"
}

@test "policy check accepts the sample, and names the place of an error" {
	cp "$TREE/contrib/policy.json" "$T/sample.json"
	chmod 644 "$T/sample.json"
	succeeds "$BRIG" --policy "$T/sample.json" policy check
	echo '{ "rules": { "host-netwerk": "refuse" } }' >"$POLICY"
	fails brig policy check
	says host-netwerk host-network
}

@test "a policy that others may write is refused" {
	chmod go+w "$POLICY"
	fails create
	says "not trusted" "chmod go-w"
	chmod 600 "$POLICY"
	create
}

@test "a policy that belongs to somebody else is refused" {
	chown 1000 "$POLICY"
	fails create
	says "not trusted"
	chown 0 "$POLICY"
}

@test "a policy in a directory that others may write is refused" {
	mkdir "$T/open"
	cp "$POLICY" "$T/open/policy.json"
	chmod 777 "$T/open"
	POLICY=$T/open/policy.json
	fails create
	says "not trusted"
}

@test "a policy that is a symbolic link is refused" {
	mv "$POLICY" "$T/real.json"
	ln -s "$T/real.json" "$POLICY"
	fails create
}

@test "a policy that was named must be there" {
	rm "$POLICY"
	fails create
	says "$POLICY"
}

@test "policy check says that another base is a change" {
	policy '.base = "baseline" | .settings = {}'
	succeeds brig policy check
	says "milder than 'restricted' in"
	policy '.base = "restricted"'
	succeeds brig policy check
	[[ $output != *milder* ]]
}

@test "comments are allowed" {
	sed -i '1i // a comment' "$POLICY"
	create
}

@test "an allow in the policy widens, and its use is logged" {
	config '.process.capabilities.bounding = ["CAP_NET_RAW"] | .process.capabilities.effective = ["CAP_NET_RAW"]
		| .process.capabilities.permitted = ["CAP_NET_RAW"]'
	inside 'grep CapEff /proc/self/status'
	says 0000000000000000
	policy '.rules["capability-beyond"] = "allow"'
	inside 'grep CapEff /proc/self/status'
	says 0000000000002000
	grep -q capability-beyond "$T/audit.jsonl"
}

@test "a bundle cannot widen: annotations, of ours or of engines, do nothing" {
	local protections='grep -E "CapEff|CapBnd|NoNewPrivs|Seccomp:" /proc/self/status; tr -s " " </proc/self/uid_map | cut -d " " -f 2,4; mount -t tmpfs x /tmp 2>&1'
	config '.process.capabilities = (["bounding", "effective", "permitted"] | map({ (.): ["CAP_SYS_ADMIN"] }) | add)'
	inside "$protections"
	local plain=$output
	says $'CapEff:\t0000000000000000' $'NoNewPrivs:\t1' $'Seccomp:\t2' "0 65536"
	config '.annotations = { "io.podman.annotations.privileged": "TRUE", "org.brig.policy": "allow", "org.brig.rules": "{\"capability-beyond\": \"allow\"}",
		"run.oci.keep_original_groups": "1", "io.podman.annotations.seccomp": "unconfined", "io.podman.annotations.userns": "host",
		"io.kubernetes.cri-o.TrySkipVolumeSELinuxLabel": "true", "run.oci.systemd.subgroup": "/" }'
	inside "$protections"
	is "$output" "$plain"
}

@test "a bundle cannot widen: policy files, environment and rules of its own do nothing" {
	own_rootfs
	mkdir -p "$BUNDLE/rootfs/etc/brig"
	echo '{ "base": "baseline", "rules": { "capability-beyond": "allow" } }' |
		tee "$BUNDLE/policy.json" "$BUNDLE/rootfs/etc/brig/policy.json" >/dev/null
	config '.policy = { rules: { "capability-beyond": "allow" } } | .brig = .policy | .process.env += ["BRIG_POLICY=/policy.json"]
		| .process.capabilities = (["bounding", "effective", "permitted"] | map({ (.): ["CAP_SYS_ADMIN"] }) | add)'
	inside 'grep -E "CapEff|CapBnd" /proc/self/status'
	is "$output" $'CapEff:\t0000000000000000\nCapBnd:\t0000000000000000'
}
