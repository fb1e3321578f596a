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

@test "audit --format json and sarif are what they say" {
	dangerous_bundle
	run --separate-stderr brig audit --format json "$BUNDLE"
	jq -e '.. | objects | select(.rule? == "host-network" or .id? == "host-network")' <<<"$output" >/dev/null
	run --separate-stderr brig audit --format sarif "$BUNDLE"
	jq -e '.version == "2.1.0" and (.runs[0].results | length) > 0
		and (.runs[0].tool.driver.rules | length) > 0' <<<"$output"
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
