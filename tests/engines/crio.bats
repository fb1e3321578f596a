#!/usr/bin/env bats
# conmon as CRI-O drives it. CRI-O is in no Debian release: what it passes to conmon and to the runtime, its
# paths and its config.json (tests/golden/cases/crio) are from its sources.
load common

PROGRAM=/usr/bin/brig
ROOT_OF_CRIO=/run/brig-crio # runtime_root in contrib/crio/10-brig.conf
EXITS=/run/crio/exits
USERDATA=/run/containers/storage/overlay-containers
OVERLAYS=/srv/crio/storage/overlay # not /var/lib/containers, which Podman has, too
SLICE=pods-burstable-podbrig.slice

setup_file() {
	only_in_a_guest
	install_brig
	mkdir -p "$EXITS" /run/{netns,ipcns,utsns}
}

teardown_file() {
	[[ -e /brig/.vm/command ]] || return 0
	systemctl stop pods.slice
	rm -rf /run/crio
	nothing_is_left "$ROOT_OF_CRIO"
}

# A pod's namespaces are pinned to files, and belong to the host's ids. An infra container, if there is one, has its id.
prepare() {
	local kind
	POD=$ID-pod
	for kind in net ipc uts; do
		touch "/run/${kind}ns/$POD"
	done
	unshare --net="/run/netns/$POD" --ipc="/run/ipcns/$POD" --uts="/run/utsns/$POD" ip link set lo up
	mkdir -p "$USERDATA/$POD/userdata/shm"
	mount -t tmpfs -o nosuid,nodev,noexec,mode=1777 shm "$USERDATA/$POD/userdata/shm"
	echo "nameserver 127.0.0.1" >"$USERDATA/$POD/userdata/resolv.conf"
	CONTAINERS=()
}

dispose() {
	local id
	for id in "${CONTAINERS[@]}"; do
		runtime delete --force "$id"
		umount "$OVERLAYS/$id/merged"
	done
	umount "$USERDATA/$POD/userdata/shm" "/run/netns/$POD" "/run/ipcns/$POD" "/run/utsns/$POD"
	for id in "$POD" "${CONTAINERS[@]}"; do
		rm -rf "${OVERLAYS:?}/$id" "${USERDATA:?}/$id" "${EXITS:?}/$id"
	done
	rm -rf /run/{netns,ipcns,utsns}/"$POD"
}

# What CRI-O calls itself: all with its cgroup driver, but for updates.
runtime() {
	without_driver --systemd-cgroup "$@"
}

without_driver() {
	env -i PATH="$PATH" XDG_RUNTIME_DIR=/run/user/0 "$PROGRAM" --root "$ROOT_OF_CRIO" "$@" 3>&-
}

# bundle_of NAME SCRIPT [JQ-FILTER]: sets $id and $bundle
bundle_of() {
	id=$ID-$1 bundle=$USERDATA/$ID-$1/userdata
	CONTAINERS+=("$id")
	mkdir -p "$bundle/secrets" "$OVERLAYS/$id"/{upper,work,merged}
	echo "$1" >"$bundle/hostname"
	touch "$bundle/.containerenv" "$bundle/hosts"
	echo token >"$bundle/secrets/token"
	chown 1000:0 "$bundle/secrets/token"
	chmod 400 "$bundle/secrets/token"
	mount -t overlay -o "lowerdir=$ROOTFS,upperdir=$OVERLAYS/$id/upper,workdir=$OVERLAYS/$id/work" overlay "$OVERLAYS/$id/merged"
	jq --arg id "$id" --arg pod "$POD" --arg script "$2" --arg slice "$SLICE" \
		--arg root "$OVERLAYS/$id/merged" --arg bundle "$bundle" --arg shared "$USERDATA/$POD/userdata" '
		del(.hooks, .linux.seccomp)
		| .process.args = ["sh", "-c", $script]
		| .process.rlimits = []
		| .root.path = $root
		| .linux.cgroupsPath = "\($slice):crio:\($id)"
		| .linux.resources.memory = { limit: 67108864 }
		| del(.linux.resources.hugepageLimits)
		| (.linux.namespaces[] | select(.path)).path |= sub("brig-golden-2"; $pod)
		| (.mounts[] | select(.type == "bind")).source |=
			if endswith("shm") or endswith("resolv.conf") then sub("/brig-golden/crio"; $shared)
			elif endswith("secrets") then "\($bundle)/secrets"
			else sub(".*/(etc-)?"; "\($bundle)/") end
		| .annotations += {
			"io.kubernetes.cri-o.ContainerID": $id, "io.kubernetes.cri-o.SandboxID": $pod,
			"io.kubernetes.cri-o.SandboxName": "k8s_web_default", "io.kubernetes.cri-o.TTY": "false",
			"io.kubernetes.cri-o.Labels": "{\"app\":\"web\"}", "app": "web" }
		'"${3:+| $3}" "$TREE/tests/golden/cases/crio/config.json" >"$bundle/config.json"
}

# monitor FIRST-WORDS…: conmon, with the two pipes of its caller; what it says is in $T/said, line by line
monitor() {
	rm -f "$T/sync" "$T/go"
	mkfifo "$T/sync" "$T/go"
	cat "$T/sync" >"$T/said" 3>&- &
	SAID=$!
	(
		cd "$bundle" || exit
		exec 4<>"$T/go" 3>"$T/sync"
		echo >&4
		exec env -i PATH="$PATH" XDG_RUNTIME_DIR=/run/user/0 CRI_O_EXTERNAL=1 _OCI_SYNCPIPE=3 _OCI_STARTPIPE=4 conmon "$@"
	) </dev/null >"$T/conmon" 2>&1
}

# create_by_conmon [OPTIONS]: as createContainerPlatform() does
create_by_conmon() {
	monitor -b "$bundle" -c "$id" --exit-dir "$EXITS" -l "$bundle/log" --log-level info -n "k8s_$id" \
		-P "$bundle/conmon-pidfile" -p "$bundle/pidfile" --persist-dir "$bundle" -r "$PROGRAM" \
		--runtime-arg --root="$ROOT_OF_CRIO" --socket-dir-path /run/crio --syslog -u "$id" -s "$@"
	eventually test -s "$T/said" || complain "conmon: $(cat "$T/conmon")"
}

started_by_conmon() {
	create_by_conmon "$@"
	(($(jq .pid "$T/said") > 0)) || complain "not created: $(cat "$T/said")"
	runtime start "$id"
}

# exec_by_conmon TIMEOUT SCRIPT…: as ExecSyncContainer() does; $T/said ends with the exit code
exec_by_conmon() {
	local timeout=$1
	shift
	rm -f "$T/exec-log"
	: >"$T/exec-pid"
	jq '.process | .args = $ARGS.positional' "$bundle/config.json" --args -- "$@" >"$T/process.json"
	monitor -c "$id" -n "k8s_$id" -r "$PROGRAM" -p "$T/exec-pid" -e -l "$T/exec-log" --socket-dir-path /run/crio \
		--log-level info --runtime-arg --root="$ROOT_OF_CRIO" -T "$timeout" --exec-process-spec "$T/process.json"
	wait "$SAID"
}

logged() { # LINES, sorted: two pipes have no order
	is "$(cut -d' ' -f2- "$bundle/log" | sort)" "$1"
}

exited_with() { # STATUS
	grep -qx "$1" "$EXITS/$id"
}

@test "a pod without an infra container: one range, the pod's namespaces, logs, exec, update, stop" {
	local first second
	bundle_of one 'echo out; echo error >&2; cat /etc/hostname /run/secrets/token; echo shared >/dev/shm/f; trap "exit 5" TERM; while :; do sleep 0.1; done'
	create_by_conmon
	cat "$T/said"
	first=$(jq .pid "$T/said")
	is "$(cat "$bundle/pidfile")" "$first"
	is "$(runtime state "$id" | jq -r .status)" created
	runtime start "$id"
	eventually logged $'stderr F error\nstdout F one\nstdout F out\nstdout F token'
	grep -q "^0::/pods.slice/pods-burstable.slice/$SLICE/crio-$id.scope" "/proc/$first/cgroup"
	is "$(readlink "/proc/$first/ns/net")" "$(nsenter --net="/run/netns/$POD" readlink /proc/self/ns/net)"

	bundle_of two 'cat /dev/shm/f; sleep 60'
	started_by_conmon
	eventually grep -q 'stdout F shared' "$bundle/log"
	second=$(cat "$bundle/pidfile")
	is "$(readlink "/proc/$second/ns/user")" "$(readlink "/proc/$first/ns/user")"
	awk '$1 == 0 && $2 >= 268435456 && $3 == 65536 { found = 1 } END { exit !found }' "/proc/$second/uid_map"

	without_driver update --resources - "$id" <<<'{ "memory": { "limit": 33554432 } }'
	is "$(cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$second/cgroup")/memory.max")" 33554432
	runtime pause "$id"
	is "$(runtime state "$id" | jq -r .status)" paused
	runtime resume "$id"
	runtime kill -a "$id" 9
	eventually exited_with 137
	is "$(runtime state "$id" | jq -r '.status, .pid' | xargs)" "stopped 0"

	id=$ID-one bundle=$USERDATA/$ID-one/userdata
	runtime kill "$id" 15
	eventually exited_with 5
	fails runtime kill "$id" KILL
	says "container not running"
	runtime delete --force "$id"
	runtime delete --force "$id"
}

@test "a checkpoint of each container of a pod, which goes on; one that shares the pod's user namespace is not restored" {
	local images=/root/$ID-images name
	install -d /etc/brig/policy.d
	echo '{ "rules": { "restore-weaker": "warn" }, "settings": { "scope_abstract_sockets": false } }' >/etc/brig/policy.d/crio.json
	bundle_of one 'while :; do sleep 1; done'
	started_by_conmon
	bundle_of two 'while :; do sleep 1; done'
	started_by_conmon
	rm /etc/brig/policy.d/crio.json
	mkdir -m 700 "$images"
	for name in one two; do
		succeeds runtime checkpoint --image-path "$images/$name" --work-path "$images/$name" --leave-running "$ID-$name"
		[[ -s $images/$name/pages-1.img ]]
		is "$(runtime state "$ID-$name" | jq -r .status)" running
	done
	is "$(jq -c .joined "$images/one/brig.json")" '["network","ipc","uts"]'
	is "$(jq -c .joined "$images/two/brig.json")" '["user","network","ipc","uts"]'
	runtime delete --force "$ID-two"
	fails runtime restore --bundle "$bundle" --image-path "$images/two" --detach "$ID-two" </dev/null
	says "shares the user namespace of a pod"
	rm -r "$images"
}

@test "exec by conmon and in the foreground: exit codes, time-outs, a missing command" {
	bundle_of one 'sleep 60'
	started_by_conmon
	exec_by_conmon 60 sh -c 'id -u; exit 3'
	is "$(tail -n 1 "$T/said" | jq .exit_code)" 3
	is "$(cut -d' ' -f2- "$T/exec-log")" "stdout F 1000"
	exec_by_conmon 1 sleep 55
	is "$(tail -n 1 "$T/said" | jq -r '.exit_code, .message' | xargs)" "-1 command timed out"
	eventually test ! -e "/proc/$(<"$T/exec-pid")"
	exec_by_conmon 60 no-such-program
	[[ ! -s $T/exec-pid ]]
	jq -r .message "$T/said" | grep -q 'exec: "no-such-program": executable file not found in $PATH'

	jq '.process | .args = ["sh", "-c", "cat; exit 9"]' "$bundle/config.json" >"$T/process.json"
	run runtime exec --process "$T/process.json" "$id" <<<"to the process"
	((status == 9))
	is "$output" "to the process"
}

@test "exec in the foreground at a terminal of the caller's: kubectl exec -it" {
	bundle_of one 'sleep 60'
	started_by_conmon
	jq '.process | .terminal = true | .args = ["sh", "-c", "tty; echo ready; while read -r word; do stty size; test $word != end || exit 9; done"]' \
		"$bundle/config.json" >"$T/process.json"
	run timeout "$WITHIN" python3 - env -i PATH="$PATH" XDG_RUNTIME_DIR=/run/user/0 "$PROGRAM" --root "$ROOT_OF_CRIO" \
		--systemd-cgroup exec --process "$T/process.json" "$id" 3>&- <<-'END'
		import fcntl, os, pty, struct, sys, termios
		pid, master = pty.fork()
		if pid == 0:
		    os.execvp(sys.argv[1], sys.argv[1:])
		text = b""
		def until(word, line=b""):
		    global text
		    while word not in text:
		        os.write(master, line)
		        text += os.read(master, 4096)
		def size(rows, columns):
		    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))
		until(b"ready")
		size(33, 77)
		until(b"33 77", b"size\n")
		size(44, 88)
		until(b"44 88", b"size\n")
		os.write(master, b"end\n")
		_, status = os.waitpid(pid, 0)
		print(text.decode())
		sys.exit(os.waitstatus_to_exitcode(status))
	END
	((status == 9)) || complain "status $status: $output"
	says /dev/pts/0 # one of the container's own
}

@test "a pod with an infra container, whose processes the others join" {
	local infra member
	bundle_of pod 'exec sleep 600' '.annotations["io.kubernetes.cri-o.ContainerType"] = "sandbox"
		| .process.oomScoreAdj = -998 | .linux.resources.pids = { limit: 1024 }'
	started_by_conmon
	infra=$(<"$bundle/pidfile")
	has_random_ids "$infra"
	bundle_of one 'cat /proc/1/comm; sleep 60' "(.linux.namespaces[] | select(.type == \"pid\")).path = \"/proc/$infra/ns/pid\""
	started_by_conmon
	member=$(<"$bundle/pidfile")
	eventually logged 'stdout F sleep'
	is "$(readlink "/proc/$member/ns/user")" "$(readlink "/proc/$infra/ns/user")"
	runtime kill -a "$id" 9
	eventually exited_with 137
	kill -0 "$infra"
}

@test "a terminal: attach by conmon's socket, and its size" {
	bundle_of one 'tty; while read -r line; do stty size; echo "got $line"; done' '.process.terminal = true'
	started_by_conmon -t
	echo "1 33 77" >"$bundle/ctl"
	run timeout "$WITHIN" python3 - "/run/crio/$id/attach" <<-'END'
		import socket, sys
		attached = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		attached.connect(sys.argv[1])
		attached.send(b"hello\n")
		text = b""
		while b"got hello" not in text:
		    text += attached.recv(8192)[1:]
		print(text.decode())
	END
	says "33 77" "got hello"
	# A terminal hands out a line and its end apart; what conmon reads without the end is P, partial.
	eventually grep -q 'stdout [FP] /dev/pts/0' "$bundle/log"
}

@test "what cannot be created is told over conmon's pipe" {
	bundle_of one true '.process.args = ["no-such-program"]'
	create_by_conmon
	is "$(jq .pid "$T/said")" -1
	jq -r .message "$T/said" | grep -q 'exec: "no-such-program": executable file not found in $PATH'
	bundle_of two true '.linux.namespaces |= map(select(.type != "network"))'
	create_by_conmon
	jq -r .message "$T/said" | grep -q 'refused by policy: .*host-network'
	[[ ! -e $bundle/pidfile ]]
}
