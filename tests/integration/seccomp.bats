#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

# The compiled program of the container's profile: the cache is the machine's, and so are its other entries.
cache_entry() {
	ENTRY=/run/brig-cache/$(container_state .brig.protections.seccompDigest).bpf
}

dispose() {
	[[ -z ${ENTRY-} ]] || rm -f "$ENTRY"
}

@test "the default profile says EPERM to what it does not name, and ENOSYS where a program knows another way" {
	attack 'grep Seccomp: /proc/self/status; calls unshare-user clone3-user'
	is "$output" $'Seccomp:\t2\nunshare-user EPERM\nclone3-user ENOSYS'
	# which the kernel itself does not
	without seccomp
	attack 'grep Seccomp: /proc/self/status; calls unshare-user clone3-user'
	is "$output" $'Seccomp:\t0\nunshare-user ok\nclone3-user ok'
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

@test "the compiled filter is cached: keyed by digest, root's alone, and the second start loads no libseccomp" {
	local round other
	needs_program strace
	# a profile of this test's own
	jq --arg id "$ID" '.syscalls += [{ names: ["mkdir"], action: "SCMP_ACT_ERRNO", errnoRet: 28, comment: $id }]' \
		"$TREE/seccomp-profiles/default.json" >"$T/profile.json"
	policy --arg path "$T/profile.json" '.settings.seccomp_profile = $path'
	for round in first second; do
		strace -o "$T/$round" -e trace=openat,open "$BRIG" --root "$ROOT" --policy "$POLICY" create --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>&1 3>&-
		cache_entry
		is "$(stat -c '%U %a' "$ENTRY" "${ENTRY%/*}")" $'root 600\nroot 700'
		brig delete --force "$ID"
	done
	grep -q 'libseccomp.* = [0-9]' "$T/first"
	run ! grep -q libseccomp "$T/second"
	# another profile is another entry
	other=$ENTRY
	jq '.syscalls += [{ names: ["mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28 }]' "$T/profile.json" >"$T/other.json"
	policy --arg path "$T/other.json" '.settings.seccomp_profile = $path'
	create
	rm "$other"
	cache_entry
	[[ $ENTRY != "$other" && -f $ENTRY ]]
}

@test "what is not what brig has put in the cache is compiled anew" {
	jq --arg id "$ID" '.syscalls |= map(.names -= ["mkdir", "mkdirat"]) | .syscalls[0].comment = $id' \
		"$TREE/seccomp-profiles/default.json" >"$T/profile.json"
	policy --arg path "$T/profile.json" '.settings.seccomp_profile = $path'
	create
	cache_entry
	brig delete --force "$ID"
	printf '\377' | dd of="$ENTRY" bs=1 seek=400 conv=notrunc 2>/dev/null
	cp "$ENTRY" "$T/damaged"
	inside 'mkdir /tmp/x'
	says "Operation not permitted"
	run ! cmp -s "$ENTRY" "$T/damaged"
	chmod 666 "$ENTRY"
	inside 'mkdir /tmp/x'
	says "Operation not permitted"
	is "$(stat -c %a "$ENTRY")" 600
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
