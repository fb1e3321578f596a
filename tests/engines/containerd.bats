#!/usr/bin/env bats
# containerd as the release has it, by its own client: ctr, with brig in place of runc.
load common

IMAGE=example.test/busybox:1

setup_file() {
	only_in_a_guest
	start_containerd
	install_brig
	make_image "$BATS_FILE_TMPDIR/image.tar" $IMAGE
	succeeds ctr --namespace brig images import "$BATS_FILE_TMPDIR/image.tar"
}

# systemd has started it, if it runs here.
start_containerd() {
	[[ ! -S /run/containerd/containerd.sock ]] || return 0
	needs_program containerd
	command containerd </dev/null >"$BATS_FILE_TMPDIR/engine.log" 2>&1 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/engine.pid"
	eventually ctr version
}

teardown_file() {
	[[ -e $BATS_FILE_TMPDIR/image.tar ]] || return 0
	ctr --namespace brig images rm --sync $IMAGE
	[[ ! -e $BATS_FILE_TMPDIR/engine.pid ]] || kill "$(<"$BATS_FILE_TMPDIR/engine.pid")"
	nothing_is_left /run/containerd/runc/brig
}

dispose() {
	ctr tasks kill --signal KILL "$ID" 2>/dev/null || true
	ctr tasks delete --force "$ID" 2>/dev/null || true
	ctr containers rm "$ID" 2>/dev/null || true
	is "$(ls /run/containerd/io.containerd.runtime.v2.task/brig)" '' || return
	[[ ! -e /sys/fs/cgroup/brig/$ID ]]
}

# bats keeps a descriptor 3 of its own, which a shim would inherit.
ctr() {
	command ctr --namespace brig "$@" 3>&-
}

# ctr_run [OPTIONS] -- COMMAND…: a container named $ID
ctr_run() {
	local options=()
	while [[ $1 != -- ]]; do
		options+=("$1") && shift
	done
	ctr run --runtime io.containerd.runc.v2 --runc-binary /usr/bin/brig "${options[@]}" $IMAGE "$ID" "${@:2}"
}

at_a_terminal() { # ARGUMENTS of ctr
	local spawn='import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))'
	run timeout "$WITHIN" python3 -c "$spawn" ctr --namespace brig "$@" </dev/null 3>&-
}

waiting_container() {
	succeeds ctr_run --detach -- sh -c 'trap "exit 7" TERM; sleep 600 & wait' </dev/null
	PID=$(ctr tasks ls | awk -v id="$ID" '$1 == id { print $2 }')
}

# Has it ids that brig drew?
has_random_ids() { # UID_MAP
	awk '$1 == 0 && $2 >= 268435456 && $3 == 65536 { found = 1 } END { exit !found }' <<<"$1" ||
		complain "no range of brig's: '$1'"
}

# The directory that holds what the container wrote.
upper_directory() {
	ctr snapshots mounts "$T/target" "$ID" | grep -o 'upperdir=[^, ]*' | cut -d= -f2
}

task_status() {
	ctr tasks ls | awk -v id="$ID" '$1 == id { print $3 }'
}

task_is() { # STATUS
	[[ $(task_status) == "$1" ]]
}

@test "ctr run without a terminal: random ids, output, exit status, and errors that name the cause" {
	run ctr_run --rm -- sh -c 'cat /proc/self/uid_map; echo to-err >&2; exit 9' </dev/null
	is "$status" 9
	says to-err
	has_random_ids "$output"
	fails ctr_run --rm -- no-such-command </dev/null
	says 'exec: "no-such-command": executable file not found in $PATH'
	fails ctr_run --rm --privileged -- true </dev/null
	says "refused by policy" "(device at /linux/devices/0)"
	fails ctr_run --rm --net-host -- true </dev/null
	says "(host-network at /linux/namespaces)"
}

@test "ctr run with a terminal" {
	at_a_terminal run --rm --tty --runc-binary /usr/bin/brig $IMAGE "$ID" sh -c 'test -t 1 && tty; exit 5'
	is "$status" 5
	says /dev/pts/0
}

@test "what a container writes lands in the snapshot, with the owners that it has inside" {
	local upper
	waiting_container
	has_random_ids "$(<"/proc/$PID/uid_map")"
	succeeds ctr tasks exec --exec-id write "$ID" sh -c 'echo text >/mnt/file; chown 1000:1000 /mnt/file; mkdir /mnt/dir; rm /etc/group; touch /etc/passwd'
	upper=$(upper_directory)
	is "$(cd "$upper" && stat -c '%n %u:%g %F' mnt/file mnt/dir etc/group etc/passwd)" \
		$'mnt/file 1000:1000 regular file\nmnt/dir 0:0 directory\netc/group 0:0 character special file\netc/passwd 0:0 regular file'
	is "$(find "$upper" -uid +65535 -o -gid +65535)" ''
	ctr snapshots diff "$ID" >"$T/diff"
	is "$(tar --list --verbose --numeric-owner --gzip --file="$T/diff" | awk '{ print $2, $6 }' | grep mnt/.)" $'0/0 mnt/dir/\n1000/1000 mnt/file'
	ctr tasks kill --signal KILL "$ID"
	eventually task_is STOPPED
	succeeds ctr tasks delete "$ID"
	is "$(find "$(dirname "$upper")" -name '.brig-*')" ''
}

@test "ctr tasks exec, ps, metrics, pause, resume, kill and delete" {
	waiting_container
	run ctr tasks exec --exec-id one "$ID" sh -c 'cat /proc/self/uid_map; exit 4' </dev/null
	is "$status" 4
	is "$output" "$(<"/proc/$PID/uid_map")"
	at_a_terminal tasks exec --tty --exec-id two "$ID" sh -c 'test -t 0 && tty; exit 6'
	is "$status" 6
	says /dev/pts/
	succeeds ctr tasks ps "$ID"
	says "$PID"
	succeeds ctr tasks metrics --format json "$ID"
	says '"memory"' '"pids"'
	succeeds ctr tasks pause "$ID"
	task_is PAUSED
	grep -q 'frozen 1' "/sys/fs/cgroup/brig/$ID/cgroup.events"
	succeeds ctr tasks resume "$ID"
	task_is RUNNING
	succeeds ctr tasks kill "$ID"
	eventually task_is STOPPED
	fails ctr tasks kill "$ID"
	says "not found"
	succeeds ctr tasks delete "$ID"
	says "exit code 7"
}

# Does containerd read FILE so that there are two runtimes, brig and its own default?
has_two_runtimes() { # FILE
	succeeds containerd --config "$1" config dump
	is "$(grep -c 'runtimes.*\.\(brig\|runc\)\]' <<<"$output")" 2
	is "$(grep -c 'BinaryName = ./usr/bin/brig.' <<<"$output")" 1
}

@test "what contrib's configurations and the installer of nodes write is what containerd takes" {
	local node=$T/node
	mkdir -p "$node/etc/containerd"
	cp /etc/containerd/config.toml "$node/etc/containerd/"
	"$TREE/contrib/kubernetes/install-node" "$node"
	cmp "$node/usr/bin/brig" /usr/bin/brig
	"$TREE/contrib/kubernetes/install-node" "$node"
	has_two_runtimes "$node/etc/containerd/config.toml"
	rm "$node/etc/containerd/config.toml"
	"$TREE/contrib/kubernetes/install-node" "$node"
	has_two_runtimes "$node/etc/containerd/config.toml"
	case $(containerd --version) in
	*" 1."*) has_two_runtimes "$TREE/contrib/containerd/config-1.7.toml" ;;
	*)
		printf 'version = 3\n\n[grpc]\n  uid = 0\n' >"$node/etc/containerd/config.toml"
		"$TREE/contrib/kubernetes/install-node" "$node"
		has_two_runtimes "$node/etc/containerd/config.toml"
		echo "imports = ['$TREE/contrib/containerd/brig-2.toml']" | cat - /etc/containerd/config.toml >"$T/config.toml"
		has_two_runtimes "$T/config.toml"
		;;
	esac
}
