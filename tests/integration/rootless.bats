#!/usr/bin/env bats
load ../lib/common

# An ordinary user: an id without an account is as good as any.
prepare() {
	USER_ID=64123
	HOME_OF_USER=$(mktemp -d /tmp/brig-rootless.XXXXXX)
	cp -a "$ROOTFS" "$HOME_OF_USER/rootfs"
	mkdir -m 700 "$HOME_OF_USER/run"
	cp "$TREE/seccomp-profiles/default.json" "$HOME_OF_USER/seccomp.json"
	jq -n --arg dir "$HOME_OF_USER" '{ base: "restricted", settings: { seccomp_profile: "\($dir)/seccomp.json", audit_log: "" } }' >"$HOME_OF_USER/policy.json"
	cp "$BRIG" "$HOME_OF_USER/brig"
	chmod 755 "$HOME_OF_USER"
	chown -R "$USER_ID:$USER_ID" "$HOME_OF_USER"
	as_user "$HOME_OF_USER/brig" spec --rootless --bundle "$HOME_OF_USER"
	sed -i 's/"terminal": true/"terminal": false/' "$HOME_OF_USER/config.json"
}

as_user() {
	setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all -- \
		env -i PATH="$PATH" XDG_RUNTIME_DIR="$HOME_OF_USER/run" "$@" 3>&-
}

user_config() {
	jq "$@" "$HOME_OF_USER/config.json" >"$HOME_OF_USER/new.json"
	cat "$HOME_OF_USER/new.json" >"$HOME_OF_USER/config.json"
}

user_run() { # SCRIPT
	user_config --arg script "$1" '.process.args = ["sh", "-c", $script]'
	run as_user "$HOME_OF_USER/brig" --policy "$HOME_OF_USER/policy.json" run --bundle "$HOME_OF_USER" "$ID" </dev/null
}

dispose() {
	[[ -z ${HOME_OF_USER-} ]] || rm -rf "$HOME_OF_USER"
}

@test "an ordinary user runs a container: a single id, and all protections" {
	user_run 'id -u; cat /proc/self/uid_map | tr -s " "; grep -E "Seccomp:|NoNewPrivs|CapEff" /proc/self/status | tr -d "\t" | tr "\n" " "'
	((status == 0)) || complain "$output"
	says " 0 $USER_ID 1" "CapEff:0000000000000000" "NoNewPrivs:1" "Seccomp:2"
}

@test "a user's container has its own network, pids and mounts" {
	user_run 'cd /sys/class/net 2>/dev/null && echo *; ls -d /proc/[0-9]* | wc -l; awk "\$5 == \"/\"" /proc/self/mountinfo | wc -l'
	((status == 0)) || complain "$output"
	is "$(tail -n 1 <<<"$output")" 1
}

@test "--rootless false fails for a user, with a reason" {
	run as_user "$HOME_OF_USER/brig" --rootless false --policy "$HOME_OF_USER/policy.json" run --bundle "$HOME_OF_USER" "$ID" </dev/null
	((status != 0))
	says root
}

@test "a user without XDG_RUNTIME_DIR is told what to do" {
	run setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups -- env -i PATH="$PATH" "$HOME_OF_USER/brig" list
	((status != 0))
	says XDG_RUNTIME_DIR
}

@test "a user enters the container with exec, whose rights begin in its user namespace" {
	user_config '.process.args = ["sleep", "60"]'
	as_user "$HOME_OF_USER/brig" --policy "$HOME_OF_USER/policy.json" run -d --bundle "$HOME_OF_USER" "$ID" \
		</dev/null >"$T/out" 2>&1
	run as_user "$HOME_OF_USER/brig" --policy "$HOME_OF_USER/policy.json" exec "$ID" \
		sh -c 'id -u; ps | grep -c sleep; grep -E "Seccomp:|CapEff" /proc/self/status | tr -d "\t" | tr "\n" " "' </dev/null
	as_user "$HOME_OF_USER/brig" --policy "$HOME_OF_USER/policy.json" delete --force "$ID"
	((status == 0)) || complain "$output"
	says "CapEff:0000000000000000" "Seccomp:2"
}

@test "a user's pod: a container that joins the first one's network is in its user namespace" {
	local pid inside sandbox=$ID
	user_config --arg id "$ID" '.process.args = ["sleep", "60"] | .annotations = { "io.kubernetes.cri.sandbox-id": $id }'
	as_user "$HOME_OF_USER/brig" --policy "$HOME_OF_USER/policy.json" create --bundle "$HOME_OF_USER" "$sandbox" </dev/null >"$T/out" 2>&1
	# as engines do: an init that waits for its start lets no other user look at it
	as_user "$HOME_OF_USER/brig" start "$sandbox"
	pid=$(as_user "$HOME_OF_USER/brig" state "$sandbox" | jq .pid)
	inside=$(readlink "/proc/$pid/ns/user")
	user_config --arg pid "$pid" '.linux.namespaces |= map(if .type == "network" or .type == "ipc" then .path = "/proc/\($pid)/ns/\(if .type == "ipc" then "ipc" else "net" end)" else . end)'
	ID=$sandbox-two
	user_run 'readlink /proc/self/ns/user; ls /sys/class/net'
	ID=$sandbox
	as_user "$HOME_OF_USER/brig" delete --force "$sandbox"
	is "$output" "$inside"$'\nlo'
}
