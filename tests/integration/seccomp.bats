#!/usr/bin/env bats
load ../lib/common

@test "the default profile is on, and says ENOSYS or EPERM to what it does not name" {
	inside 'grep Seccomp: /proc/self/status; unshare -U true; mount -t tmpfs x /tmp'
	says "2"
	((status != 0))
}

@test "a profile of the config is applied" {
	config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28 }] }'
	policy '.rules["seccomp-default"] = "allow"'
	inside 'mkdir /tmp/x'
	((status != 0))
	says "No space left"
}

@test "a profile that allows by default is refused by restricted" {
	config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW" }'
	fails create
	says seccomp-default
}

@test "an unknown action is refused with its place" {
	config '.linux.seccomp = { defaultAction: "SCMP_ACT_NO_SUCH" }'
	fails create
	says /linux/seccomp/defaultAction
}

@test "the compiled filter is cached: a second start with the same profile makes the same digest" {
	inside true
	create
	container_state '.brig.protections' | grep -qi seccomp
}

@test "a listener gets the state and one descriptor, and decides" {
	policy '.rules["seccomp-default"] = "allow" | .rules["seccomp-listener"] = "allow"'
	config --arg path "$T/listener.sock" '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", listenerPath: $path, listenerMetadata: "meta",
		syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_NOTIFY" }] }'
	"$TOOLS/receive-fd" "$T/listener.sock" deny >"$T/listener" 3>&- &
	local listener=$!
	eventually test -S "$T/listener.sock"
	inside 'mkdir /tmp/x'
	((status != 0))
	says "out of domain"
	kill $listener 2>/dev/null || true
	grep -qx "descriptors 1" "$T/listener"
	sed -n 's/^{/{/p' "$T/listener" | jq -e --arg id "$ID" '.fds == ["seccompFd"] and .metadata == "meta" and .state.id == $id and .pid > 0'
}

@test "a listener that nobody answers at is an error" {
	policy '.rules["seccomp-default"] = "allow" | .rules["seccomp-listener"] = "allow"'
	config --arg path "$T/nobody.sock" '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", listenerPath: $path,
		syscalls: [{ names: ["mkdir"], action: "SCMP_ACT_NOTIFY" }] }'
	fails brig run --bundle "$BUNDLE" "$ID"
	says nobody.sock
}
