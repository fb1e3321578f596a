#!/usr/bin/env bats
load ../lib/common
load ../lib/rootless

has_user_namespace() { # PID
	[[ $(readlink "/proc/$1/ns/user") != "$(readlink /proc/self/ns/user)" ]]
}

# A user namespace with a network of its own, as rootless Podman has them: its root is the user.
user_namespace() {
	unshare --user --mount --net sleep 60 3>&- &
	HOLDER=$!
	eventually has_user_namespace "$HOLDER"
	# A map is written at once, and printf writes line by line.
	printf '0 %s 1\n1 300000000 65536\n' "$USER_ID" | tail -n 2 >"/proc/$HOLDER/uid_map"
	printf '0 %s 1\n1 300000000 65536\n' "$USER_ID" | tail -n 2 >"/proc/$HOLDER/gid_map"
	user_config --arg net "/proc/$HOLDER/ns/net" 'del(.linux.uidMappings, .linux.gidMappings)
		| .linux.namespaces |= map(if .type == "network" then .path = $net else . end)'
}

in_namespace() {
	nsenter --target "$HOLDER" --user --mount --setuid 0 --setgid 0 \
		env -i PATH="$PATH" XDG_RUNTIME_DIR="$HOME_OF_USER/run" "$HOME_OF_USER/brig" --policy "$HOME_OF_USER/policy.json" "$@" 3>&-
}

dispose() {
	[[ -z ${HOLDER-} ]] || kill "$HOLDER" || true
	remove_home
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
	user_brig run -d --bundle "$HOME_OF_USER" "$ID" \
		</dev/null >"$T/out" 2>&1
	run user_brig exec "$ID" \
		sh -c 'id -u; ps | grep -c sleep; grep -E "Seccomp:|CapEff" /proc/self/status | tr -d "\t" | tr "\n" " "' </dev/null
	user_brig delete --force "$ID"
	((status == 0)) || complain "$output"
	says "CapEff:0000000000000000" "Seccomp:2"
}

@test "a user's exec is not dumpable before it enters the container's user namespace" {
	needs_program strace
	user_config '.process.args = ["sleep", "60"] | .linux.timeOffsets.boottime.secs = 1000000 | .linux.namespaces += [{ type: "time" }]'
	as_user "$HOME_OF_USER/brig" --policy "$HOME_OF_USER/policy.json" run --detach --bundle "$HOME_OF_USER" "$ID" </dev/null >"$T/out" 2>&1 || complain "$(<"$T/out")"
	succeeds as_user strace -f -o "$HOME_OF_USER/calls" -e trace=prctl,setns \
		"$HOME_OF_USER/brig" --policy "$HOME_OF_USER/policy.json" exec "$ID" cat /proc/uptime </dev/null
	((${output%%.*} > 1000000))
	as_user "$HOME_OF_USER/brig" --policy "$HOME_OF_USER/policy.json" delete --force "$ID"
	# Who enters it has the line before among its own.
	run awk '/CLONE_NEWUSER/ && /setns/ { print hidden[$1] ? "hidden" : "dumpable" } /SUID_DUMP_DISABLE/ { hidden[$1] = 1 }' "$HOME_OF_USER/calls"
	is "$output" hidden
}

@test "a user's pod: a container that joins the first one's network is in its user namespace" {
	local pid inside sandbox=$ID
	user_config --arg id "$ID" '.process.args = ["sleep", "60"] | .annotations = { "io.kubernetes.cri.sandbox-id": $id }'
	user_brig create --bundle "$HOME_OF_USER" "$sandbox" </dev/null >"$T/out" 2>&1
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

@test "root of a user namespace, as rootless Podman: all its ids, and a network that belongs to it" {
	user_namespace
	user_config '.process.args = ["sleep", "60"] | .linux.sysctl = { "net.ipv4.ping_group_range": "0 0" }'
	in_namespace run -d --bundle "$HOME_OF_USER" "$ID" </dev/null >"$T/out" 2>&1
	run in_namespace exec "$ID" sh -c 'tr -s " " </proc/self/uid_map; cat /proc/sys/net/ipv4/ping_group_range; readlink -f /proc/self/ns/net; stat -c %u /bin' </dev/null
	in_namespace delete --force "$ID"
	((status == 0)) || complain "$output"
	is "$output" $' 0 0 1\n 1 1 65536\n0\t0\n/'"$(readlink "/proc/$HOLDER/ns/net")"$'\n0'
}

@test "and it makes overlays, of directories that only it may search" {
	local dir=$HOME_OF_USER/volume
	user_namespace
	mkdir -p "$dir"/{lower,upper,work}
	echo lower >"$dir/lower/file"
	chmod 700 "$dir"
	chown -R "$USER_ID:$USER_ID" "$dir"
	user_config --arg dir "$dir" '.mounts += [{ destination: "/mnt", type: "overlay", source: "overlay",
		options: ["lowerdir=\($dir)/lower", "upperdir=\($dir)/upper", "workdir=\($dir)/work", "userxattr"] }]
		| .process.args = ["sh", "-c", "cat /mnt/file; echo more >>/mnt/file"]'
	run in_namespace run --bundle "$HOME_OF_USER" "$ID" </dev/null
	is "$output" lower
	is "$(cat "$dir/upper/file"; stat -c %u "$dir/upper/file")" $'lower\nmore\n'"$USER_ID"
	is "$(find "$dir" -name '.brig*')" ""
}
