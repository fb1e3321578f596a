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
