#!/usr/bin/env bats
load ../lib/common

hook() { # KIND SCRIPT
	config --arg kind "$1" --arg script "$2" '.hooks[$kind] += [{ path: "/bin/sh", args: ["sh", "-c", $script] }]'
}

prepare() {
	config '.process.args = ["true"]'
	policy '.settings.hooks_allow = ["/bin", "/usr/bin"] | .settings.hooks_env_allow = ["ONLY"]'
}

@test "a hook is refused unless policy lists its program" {
	policy '.settings.hooks_allow = ["/opt/hooks"]'
	hook createRuntime "touch $T/ran"
	fails create
	says hooks_allow
	config '.hooks.createRuntime[0].path = "/opt/hooks/../../bin/sh"'
	fails create
	[[ ! -e $T/ran ]]
}

@test "hooks inside are refused too: they have what the container gives up" {
	local kind
	policy '.settings.hooks_allow = []'
	for kind in createContainer startContainer; do
		config '.hooks = {}'
		hook $kind "grep Cap /proc/self/status >$T/ran"
		fails create
		says "/hooks/$kind/0"
	done
	policy '.settings.hooks_allow = ["/bin"]' # the container's /bin/sh is not the host's
	fails create
	says /hooks/startContainer/0
	[[ ! -e $T/ran ]]
}

@test "the six kinds run once each, in the order of the specification" {
	# createContainer runs in the container's user namespace, as nobody that the host knows
	local kind
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/*/
	touch "$T/order"
	chmod 666 "$T/order"
	for kind in prestart createRuntime createContainer poststart poststop; do
		hook $kind "echo $kind >>$T/order"
	done
	create
	is "$(tr '\n' ' ' <"$T/order")" "prestart createRuntime createContainer "
	brig start "$ID"
	eventually has_status stopped
	brig delete "$ID"
	is "$(tr '\n' ' ' <"$T/order")" "prestart createRuntime createContainer poststart poststop "
}

@test "startContainer runs inside, before the program" {
	policy '.rules.hook = "allow"' # no path can vouch for a file of the image
	hook startContainer 'echo hook-as-$(hostname)'
	config '.process.args = ["echo", "program"]'
	create
	brig start "$ID"
	eventually grep -q program "$T/out"
	eventually has_status stopped
	[[ $(cat "$T/out" "$T/err") == *program* ]]
}

@test "a hook reads the state on standard input" {
	hook createRuntime "cat >$T/state.json"
	create
	jq -e --arg id "$ID" --arg bundle "$BUNDLE" --argjson pid "$(container_pid)" \
		'.id == $id and .bundle == $bundle and .pid == $pid and .status == "creating" and .ociVersion' "$T/state.json"
}

@test "a prestart hook is told that the container is created, as if start had been called" {
	hook prestart "cat >$T/state.json"
	create
	is "$(jq -r .status "$T/state.json")" created
}

@test "prestart hooks run in the host's namespaces, and see the container's" {
	hook prestart "readlink /proc/self/ns/net >$T/host; pid=\$(sed 's/.*\"pid\": *\\([0-9]*\\).*/\\1/' | head -n 1); readlink /proc/\$pid/ns/net >$T/container"
	create
	is "$(cat "$T/host")" "$(readlink /proc/self/ns/net)"
	is "$(cat "$T/container")" "$(readlink "/proc/$(container_pid)/ns/net")"
}

@test "args[0] is the hook's name: docker dispatches on it" {
	config --arg file "$T/argv" '.hooks.createRuntime = [{ path: "/bin/bash", args: ["a-name", "-c", "echo $0; tr \"\\0\" \" \" </proc/$$/cmdline >" + $file] }]'
	create
	is "$(cut -d' ' -f1 "$T/argv")" a-name
}

@test "a hook that fails before the start fails create, which leaves nothing" {
	hook createRuntime 'echo the reason >&2; exit 3'
	fails create
	says hook
	nothing_left
}

@test "a hook that is too slow is killed" {
	config '.hooks.createRuntime = [{ path: "/bin/sleep", args: ["sleep", "60"], timeout: 1 }]'
	local start=$SECONDS
	fails create
	((SECONDS - start < 10))
	says hook
}

@test "a poststop hook that fails does not keep delete from its work" {
	hook poststop 'exit 1'
	create
	succeeds brig delete "$ID"
	nothing_left
}

@test "hooks get the environment of the config and no other" {
	config --arg file "$T/env" '.hooks.createRuntime = [{ path: "/usr/bin/env", args: ["env"], env: ["ONLY=this"] }]
		| .hooks.createRuntime[0].path = "/bin/sh" | .hooks.createRuntime[0].args = ["sh", "-c", "/usr/bin/env >" + $file]'
	SECRET=of-the-caller create
	run ! grep -q SECRET "$T/env"
	grep -qx ONLY=this "$T/env"
}
