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

# The six kinds, each of which notes its turn, and the state that it reads, in a directory that the host's
# and the container's know: createContainer runs as nobody that the host knows, startContainer inside.
six_hooks() {
	local kind
	policy '.rules.hook = "allow"' # no path can vouch for a file of the image
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/*/
	mkdir -m 777 "$T/notes"
	config --arg source "$T/notes" '.mounts += [{ destination: "/mnt", type: "bind", source: $source, options: ["bind"] }]
		| .annotations = { "org.example.a": "b" } | .process.args = ["sh", "-c", "umask 0; echo program >>/mnt/order"]'
	for kind in prestart createRuntime createContainer poststart poststop; do
		hook $kind "umask 0; echo $kind >>$T/notes/order; cat >$T/notes/$kind"
	done
	hook startContainer "umask 0; echo startContainer >>/mnt/order; cat >/mnt/startContainer"
}

@test "the six kinds run once each, in the order of the specification" {
	six_hooks
	create
	is "$(tr '\n' ' ' <"$T/notes/order")" "prestart createRuntime createContainer "
	brig start "$ID"
	eventually has_status stopped
	brig delete "$ID"
	# poststart and the program run side by side
	is "$(grep -v poststart "$T/notes/order" | tr '\n' ' ')" "prestart createRuntime createContainer startContainer program poststop "
	is "$(grep -nx poststart "$T/notes/order" | grep -c '^[56]:')" 1
}

@test "each of the six kinds reads the state on standard input, with the status of its turn" {
	local kind pid
	six_hooks
	create
	pid=$(container_pid)
	brig start "$ID"
	eventually has_status stopped
	brig delete "$ID"
	for kind in prestart createRuntime createContainer startContainer poststart poststop; do
		jq -r --arg id "$ID" --arg bundle "$BUNDLE" --arg kind "$kind" --argjson pid "$pid" 'select(.id == $id and .bundle == $bundle
			and .annotations == { "org.example.a": "b" } and (.ociVersion | startswith("1.")))
			| "\($kind) \(.status) \(if .pid == $pid then "host" else .pid end)"' "$T/notes/$kind"
	done >"$T/said"
	cat "$T/said"
	is "$(cat "$T/said")" "prestart created host
createRuntime creating host
createContainer creating 1
startContainer created 1
poststart running host
poststop stopped 0"
}

@test "startContainer runs inside, before the program" {
	policy '.rules.hook = "allow"'
	mkdir "$T/notes"
	config --arg source "$T/notes" '.mounts += [{ destination: "/mnt", type: "bind", source: $source, options: ["bind"] }]'
	hook startContainer 'echo "$(hostname) $(readlink /proc/self/ns/mnt)" >/mnt/hook'
	inside 'cat /mnt/hook; readlink /proc/self/ns/mnt'
	is "$(head -n 1 <<<"$output")" "brig $(tail -n 1 <<<"$output")"
	[[ $(tail -n 1 <<<"$output") != "$(readlink /proc/self/ns/mnt)" ]]
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
