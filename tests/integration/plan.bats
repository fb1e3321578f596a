#!/usr/bin/env bats
load ../lib/common

@test "plan prints what would be asked of the kernel, and does nothing" {
	succeeds brig plan "$BUNDLE"
	says user mount pid network seccomp /proc 0..65535
	nothing_left
}

@test "plan --format json is one object" {
	succeeds brig plan --format json "$BUNDLE"
	jq -e 'type == "object"' <<<"$output"
}

@test "plan prints the steps of the first process in their order" {
	succeeds brig plan "$BUNDLE"
	says "Steps of the first process" "no_new_privs, landlock, seccomp, execve"
	succeeds brig plan --format json "$BUNDLE"
	is "$(jq -c '.steps | map(select(IN("fds", "pivot", "start", "ids", "seccomp", "execve")))' <<<"$output")" '["fds","pivot","start","ids","seccomp","execve"]'
	is "$(jq -c '.steps | index("enter")' <<<"$output")" null
}

@test "plan shows everything that is asked for, and a string of the bundle cannot hide a line of it" {
	policy '.rules.hook = "allow"'
	config '.hooks.poststop = [{ path: "/bin/sh", args: ["sh", "-c", "id"], env: ["A=b"] }]
		| .process.env += ["X=\u001b[2K\r\u009b1A"] | .process.rlimits = [{ type: "RLIMIT_CPU", soft: 77, hard: 78 }]
		| .annotations = { key: "a\nHooks" }'
	succeeds brig plan "$BUNDLE"
	says poststop "sh -c id" A=b RLIMIT_CPU "77 to 78" 'X=\x1b[2K\x0d\xc2\x9b1A' 'key=a\nHooks'
	[[ $output != *$'\e'* && $output != *$'\r'* ]]
}

@test "plan fails where create would refuse" {
	config '.mounts += [{ destination: "/host", type: "bind", source: "/", options: ["rbind"] }]'
	fails brig plan "$BUNDLE"
	says /mounts/
}

@test "plan of a bundle without config.json says so" {
	fails brig plan "$T"
	says config.json
}
