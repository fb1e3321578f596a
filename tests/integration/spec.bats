#!/usr/bin/env bats
load ../lib/common

@test "what spec writes is accepted as it is" {
	mkdir "$T/new"
	cd "$T/new"
	succeeds brig spec
	jq -e '.ociVersion and .process.args and .root.path == "rootfs"' config.json
	cp -a "$ROOTFS" rootfs
	succeeds brig plan
	succeeds brig audit .
}

# The limits and the filter are the host's to choose, and some hosts lack the controllers: so it names none.
@test "audit has nothing against what spec writes: it only tells which defaults of the host apply" {
	mkdir -p "$T/new/rootfs"
	brig spec --bundle "$T/new"
	run --separate-stderr brig audit --format json "$T/new"
	is "$status" 0
	is "$(jq -r '.findings[] | select(.action != "allow") | .action + " " + .rule' <<<"$output" | sort | xargs)" \
		"harden cpu-limit harden memory-limit harden pids-limit harden seccomp-missing harden swap-limit"
}

@test "spec does not overwrite a config.json" {
	fails brig spec --bundle "$BUNDLE"
	says "there is a config.json already"
}

@test "features is one JSON object on standard output, and nothing on standard error" {
	"$BRIG" features >"$T/out" 2>"$T/err"
	is "$(cat "$T/err")" ""
	jq -e '.ociVersionMin and .ociVersionMax
		and (.mountOptions | index("rro")) and (.mountOptions | index("ridmap"))
		and (.linux.namespaces | index("user"))
		and .linux.mountExtensions.idmap.enabled
		and .linux.seccomp.enabled
		and (.hooks | length) == 6' "$T/out"
}

@test "--version has the lines that engines look for" {
	succeeds "$BRIG" --version
	is "$(head -n 1 <<<"$output" | cut -d' ' -f1,2)" "brig version"
	grep -q '^commit: ' <<<"$output"
	grep -q '^spec: 1\.' <<<"$output"
}

@test "each command has --help, with exit status 0" {
	local command n=0
	for command in $("$BRIG" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
		n=$((n + 1))
		succeeds "$BRIG" "$command" --help
		says "$command"
		is "$("$BRIG" help "$command")" "$output"
	done
	((n >= 20))
	is "$("$BRIG" help)" "$("$BRIG" --help)"
	fails "$BRIG" help kil
	says "did you mean 'kill'?"
}

@test "the ways in which engines ask whether there are checkpoints" {
	succeeds "$BRIG" checkpoint --help
	says --image-path
	fails "$BRIG" restore --lsm-mount-context
	says "requires an argument"
}
