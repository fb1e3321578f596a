#!/usr/bin/env bats
load ../lib/common

sets() {
	inside 'grep ^Cap /proc/self/status | tr -d "\t" | tr "\n" " "'
}

@test "no capabilities unless the config asks" {
	sets
	is "$output" "CapInh:0000000000000000 CapPrm:0000000000000000 CapEff:0000000000000000 CapBnd:0000000000000000 CapAmb:0000000000000000 "
}

@test "five sets, each as the config has it" {
	config '.process.capabilities = { bounding: ["CAP_CHOWN", "CAP_KILL"], permitted: ["CAP_CHOWN", "CAP_KILL"], effective: ["CAP_CHOWN"],
		inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"] } | .process.user = { uid: 1000, gid: 1000 }'
	sets
	# an exec by an ordinary user keeps what is ambient
	is "$output" "CapInh:0000000000000020 CapPrm:0000000000000020 CapEff:0000000000000020 CapBnd:0000000000000021 CapAmb:0000000000000020 "
}

@test "what policy does not allow is taken out" {
	config '.process.capabilities.bounding = ["CAP_CHOWN", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_NET_ADMIN"]
		| .process.capabilities.effective = .process.capabilities.bounding | .process.capabilities.permitted = .process.capabilities.bounding'
	sets
	says "CapBnd:0000000000000001"
}

@test "an unknown capability is refused with its place" {
	config '.process.capabilities.bounding = ["CAP_NO_SUCH"]'
	fails create
	says CAP_NO_SUCH /process/capabilities/bounding/0
}
