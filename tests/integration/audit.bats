#!/usr/bin/env bats
load ../lib/common

dangerous_bundle() {
	config '.mounts += [{ destination: "/host", type: "bind", source: "/", options: ["rbind"] }]
		| .linux.namespaces |= map(select(.type != "network"))
		| .process.capabilities.bounding = ["CAP_SYS_ADMIN"]'
}

@test "audit names rule, place, gain and fix of each finding" {
	dangerous_bundle
	run brig audit "$BUNDLE"
	((status != 0))
	says host-network /linux/namespaces capability-beyond /process/capabilities /mounts/
}

@test "audit of a plain bundle finds nothing severe, and exits with 0" {
	succeeds brig audit "$BUNDLE"
}

# exits STATUS [OPTIONS]: brig audit of the bundle
exits() {
	run brig audit "${@:2}" "$BUNDLE"
	((status == $1)) || complain "exit status $status and not $1: $output"
}

@test "the exit status of audit is the worst finding's severity" {
	exits 0
	config '.linux.resources.memory = { limt: 67108864 }'
	exits 0 # low
	says property-misspelt
	config '.process.capabilities.bounding = ["CAP_NO_SUCH"]'
	exits 2
	config '.linux.namespaces |= map(select(.type != "network"))'
	exits 3
	config '.mounts += [{ destination: "/host", type: "bind", source: "/", options: ["rbind"] }]'
	exits 4
	echo '{' >"$BUNDLE/config.json"
	exits 1
}

@test "what policy hardens by itself counts with --strict only" {
	exits 0
	exits 3 --strict # no filter
	config --slurpfile profile "$TREE/seccomp-profiles/default.json" '.linux.seccomp = $profile[0]'
	exits 0
	exits 2 --strict # no limits
	config '.linux.resources = { memory: { limit: 67108864, swap: 67108864 }, pids: { limit: 100 }, cpu: { quota: 50000, period: 100000 } }'
	exits 0 --strict
	config '.process.noNewPrivileges = false'
	exits 0
	exits 2 --strict
	config '.process.capabilities.bounding = ["CAP_SYS_ADMIN"]'
	exits 0
	exits 3 --strict
}

@test "what a policy file allows counts as found" {
	config '.linux.namespaces |= map(select(.type != "network"))'
	policy '.rules["host-network"] = "allow"'
	exits 3
	says "allowed by the policy file"
}

@test "audit --format json: each finding with its place, severity, gain, fix and references" {
	dangerous_bundle
	run --separate-stderr brig audit --format json "$BUNDLE"
	((status == 4))
	jq -e --arg bundle "$BUNDLE" '.subject == $bundle and .refused and .worst == "critical" and .counts.refuse >= 2 and .counts.harden >= 1
		and ([.counts[]] | add) == (.findings | length)
		and (.findings | all(has("rule") and has("title") and has("severity") and has("action") and has("allowed_by_policy")
			and has("pointer") and has("text") and has("gains") and has("fix") and has("references")))' <<<"$output"
	jq -e '.findings[] | select(.rule == "host-network") | .severity == "high" and .action == "refuse" and .allowed_by_policy == false
		and .pointer == "/linux/namespaces" and (.text | contains("no network namespace"))
		and .references == { pod_security_standards: "Baseline: Host Namespaces", cis_docker: "5.10", nist_sp_800_190: "4.4.2" }' <<<"$output"
	# in the words of the reference of rules
	is "$(jq -r '.findings[] | select(.rule == "host-network") | "\(.title).\n- What an attacker gains: \(.gains)\n- Fix: \(.fix)"' <<<"$output")" \
		"$(sed -n '/^## host-network$/,/^## host-ipc$/p' "$TREE/docs/rules.md" | grep -E '^The container|^- What|^- Fix')"
}

@test "audit --format sarif: results that point at their rules, and levels by severity" {
	dangerous_bundle
	run --separate-stderr brig audit --format sarif "$BUNDLE"
	((status == 4))
	jq -e --arg uri "file://$BUNDLE/" '.version == "2.1.0" and .["$schema"] == "https://json.schemastore.org/sarif-2.1.0.json"
		and (.runs | length) == 1 and (.runs[0] | .originalUriBaseIds.BUNDLE.uri == $uri and .tool.driver.name == "brig")
		and (.runs[0] | .tool.driver.rules as $rules | (.results | length) > 2
			and (.results | all(.ruleId == $rules[.ruleIndex].id and (.message.text | length) > 0
				and .locations[0].physicalLocation.artifactLocation == { uri: "config.json", uriBaseId: "BUNDLE" }
				and (.locations[0].logicalLocations[0].fullyQualifiedName | startswith("/"))))
			and ($rules | all(.shortDescription.text and .fullDescription.text and .help.text)))' <<<"$output"
	is "$(jq -r '.runs[0] | .tool.driver.rules as $rules | .results[] | select(.ruleId | IN("host-network", "bind-root", "capability-beyond"))
		| "\(.ruleId) \(.level) \($rules[.ruleIndex].properties["security-severity"]) \(.properties.action)"' <<<"$output" | sort -u)" \
		$'bind-root error 9.5 refuse\ncapability-beyond note 8.0 harden\nhost-network error 8.0 refuse'
}

@test "a misspelt property is ignored, as the specification demands, and audit and --debug tell" {
	config '.linux.resources.memory = { limt: 67108864 } | .process.args = ["true"]'
	succeeds brig audit "$BUNDLE"
	says property-misspelt /linux/resources/memory/limt "'limit' meant"
	succeeds "$BRIG" --debug --root "$ROOT" --policy "$POLICY" run --bundle "$BUNDLE" "$ID" </dev/null
	says "'/linux/resources/memory/limt' is ignored: is 'limit' meant?"
}

@test "audit of a container judges what it was created from" {
	create
	rm "$BUNDLE/config.json"
	succeeds brig audit "$ID"
}

@test "every decision is a JSON line in the audit log" {
	config '.process.args = ["true"]'
	brig run --bundle "$BUNDLE" "$ID" </dev/null
	jq -se --arg id "$ID" 'length > 0 and any(.[]; tostring | contains($id))' "$T/audit.jsonl"
	is "$(stat -c %a "$T/audit.jsonl")" 600
}

@test "each act on a container has one line in the audit log, with who and the result" {
	running_container
	brig pause "$ID"
	brig resume "$ID"
	brig kill "$ID" KILL
	eventually has_status stopped
	fails brig kill "$ID"
	brig delete "$ID"
	brig delete --force "$ID" # is gone: no act
	fails brig kill "$ID"
	is "$(jq -r --arg id "$ID" 'select(.id == $id and .caller.uid == 0) | "\(.event) \(.decision)"' "$T/audit.jsonl")" \
		$'create done\nstart done\npause done\nresume done\nkill done\nkill failed\ndelete done'
	jq -se '[.[] | select(.event == "kill")] | .[0].command[-1] == "KILL" and .[1].failure == "container not running"' "$T/audit.jsonl"
}

@test "a start whose program does not execute is in the audit log as failed" {
	own_rootfs
	install -m 755 /dev/stdin "$BUNDLE/rootfs/bin/script" <<<'#!/nonexistent'
	config '.process.args = ["/bin/script"]'
	create
	fails brig start "$ID"
	is "$(jq -r '"\(.event) \(.decision)"' "$T/audit.jsonl")" $'create done\nstart failed'
}

@test "a create that fails after its decision is in the audit log as failed" {
	config '.mounts += [{ destination: "/bin/busybox/x", type: "tmpfs", source: "tmpfs" }]'
	fails create
	is "$(jq -r '"\(.event) \(.decision)"' "$T/audit.jsonl" | tail -n 1)" "create failed"
	jq -se '.[-1].failure | contains("mounting /bin/busybox/x")' "$T/audit.jsonl"
}

@test "run has one line in the audit log" {
	config '.process.args = ["true"]'
	brig run --bundle "$BUNDLE" "$ID" </dev/null
	is "$(jq -r .event "$T/audit.jsonl")" create
}

@test "a container can be ended where no audit log can be written" {
	create
	policy --arg dir "$T" '.settings.audit_log = $dir'
	succeeds "$BRIG" --root "$ROOT" --policy "$POLICY" kill "$ID" KILL
	says "not in the audit log"
	eventually has_status stopped
	succeeds brig delete "$ID"
}

@test "a refusal is in the audit log with its rule" {
	config '.mounts += [{ destination: "/host", type: "bind", source: "/", options: ["rbind"] }]'
	fails create
	grep -q 'mount-\|bind-\|root' "$T/audit.jsonl"
	jq -se 'any(.[]; tostring | test("refuse"))' "$T/audit.jsonl"
}

@test "what cannot be logged is not done" {
	policy --arg dir "$T" '.settings.audit_log = $dir'
	fails create
	nothing_left
}

# with_syslog COMMAND…: in a mount namespace with a /dev that has the default devices, and a log that writes
# what it is told to $T/syslog.
with_syslog() {
	needs_program python3
	mkdir -p "$T/dev"
	unshare --mount --propagation private bash -c '
		mount -t tmpfs dev "$0" && for node in null zero full random urandom tty; do
			: >"$0/$node" && mount --bind "/dev/$node" "$0/$node" || exit
		done
		mount --move "$0" /dev && exec "$@"' "$T/dev" python3 -c '
import socket, subprocess, sys
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind("/dev/log")
status = subprocess.run(sys.argv[2:], stdin=subprocess.DEVNULL).returncode
log.setblocking(False)
with open(sys.argv[1], "wb") as out:
    try:
        while True:
            out.write(log.recv(65536) + b"\n")
    except BlockingIOError:
        pass
sys.exit(status)' "$T/syslog" "$@" 3>&-
}

@test "the audit log goes to the system log, too, if policy says so" {
	policy '.settings.audit_syslog = true'
	config '.process.args = ["true"] | .process.capabilities.bounding = ["CAP_SYS_ADMIN"]'
	with_syslog "$BRIG" --root "$ROOT" --policy "$POLICY" run --bundle "$BUNDLE" "$ID"
	# facility authpriv, severity notice
	is "$(sed -E 's/^<85>brig\[[0-9]+\]: //' "$T/syslog" | jq -r '"\(.id) \(.event) \(.decision)"')" "$ID create done"
	is "$(wc -l <"$T/syslog")" 1
	# and a refusal with its rule
	config '.linux.namespaces |= map(select(.type != "network"))'
	fails with_syslog "$BRIG" --root "$ROOT" --policy "$POLICY" run --bundle "$BUNDLE" "$ID"
	is "$(sed -E 's/^<85>brig\[[0-9]+\]: //' "$T/syslog" | jq -r '"\(.decision) \(.findings[].rule)"')" "refused host-network"
}

@test "what cannot be told to the system log is not done" {
	policy '.settings.audit_syslog = true'
	config '.process.args = ["true"]'
	fails unshare --mount --propagation private bash -c 'mount -t tmpfs dev /dev && exec "$@"' bash "$BRIG" --root "$ROOT" --policy "$POLICY" run --bundle "$BUNDLE" "$ID"
	says "cannot write to the system log" audit_syslog
	nothing_left
}
