#!/usr/bin/env bats
# brig checkpoint and restore, with CRIU, which works in the guests only
load common
load ../lib/fault

setup_file() {
	only_in_a_guest
	install_brig
	apparmor_parser -r /etc/apparmor.d/brig-default
	make_rootfs
	mkdir -p /etc/brig/policy.d
	echo '{ "rules": { "restore-weaker": "warn" } }' >/etc/brig/policy.d/checkpoint.json
	make_image "$BATS_FILE_TMPDIR/image.tar" example.test/counter:1
}

teardown_file() {
	rm -f /etc/brig/policy.d/checkpoint.json
	[[ ! -e /brig/.vm/command ]] || nothing_is_left /run/containerd/runc/default
}

# A container that counts in /tmp/n; its policy allows what CRIU cannot give back.
prepare() {
	needs_program criu
	POLICY=$T/root/policy.json
	mkdir -m 700 "$T/root"
	make_policy
	policy '.rules["restore-weaker"] = "warn"'
	config '.process.args = ["sh", "-c", "i=0; while :; do i=$((i+1)); echo $i >/tmp/n; sleep 0.1; done"]'
	IMAGES=$T/root/images
	NETWORKS=()
}

dispose() {
	local name
	[[ -z ${TASK-} ]] || drop_task
	delete_all
	for name in "${NETWORKS[@]}"; do
		[[ ! -e /run/netns/$name ]] || ip netns del "$name"
	done
	[[ -z ${RECEIVER-} ]] || kill "$RECEIVER" 2>/dev/null || true
}

# The one of the test of ctr, if it has failed on the way.
drop_task() {
	ctr tasks rm --force "$TASK" || true
	ctr containers rm "$TASK" || true
	ctr image rm --sync example.test/counter:1 example.test/saved:1 || true
} >/dev/null 2>&1

# What no restored container can have: a file of the host's as a standard stream.
start_container() {
	setsid "$BRIG" --root "$ROOT" --policy "$POLICY" --log "$LOG" create --bundle "$BUNDLE" "$@" "$ID" </dev/null >/dev/null 2>&1 3>&-
	brig start "$ID"
}

restore() {
	setsid "$BRIG" --root "$ROOT" --policy "$POLICY" --log "$LOG" restore --bundle "$BUNDLE" --image-path "$IMAGES" \
		--work-path "$T/root/logs" --detach "$@" "$ID" </dev/null >/dev/null 2>&1 3>&- || {
		tail -n 3 "$LOG" >&2
		grep Error "$T/root/logs/restore.log" >&2
		return 1
	}
}

refused() { # TEXT…
	fails brig restore --bundle "$BUNDLE" --image-path "$IMAGES" --detach "$ID" </dev/null
	says "$@"
}

# The shell empties the file before it writes, and a checkpoint can come in between.
count() {
	local n='' tries
	for ((tries = 0; tries < 100 && ${#n} == 0; tries++)); do
		n=$(<"/proc/$(container_pid)/root/tmp/n") || return
		[[ $n ]] || sleep 0.05
	done
	echo "${n:-0}"
}

counts_on() { # FROM
	(($(count) > $1))
}

status_line() { # NAME
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$(container_pid)/status"
}

@test "what was checkpointed is gone, and restored goes on where it was, with all that a created one has" {
	local mapping mounts before
	start_container
	eventually counts_on 3
	mapping=$(<"/proc/$(container_pid)/uid_map")
	mounts=$(awk '{ print $5, $6 }' "/proc/$(container_pid)/mountinfo" | sort)
	before=$(count)
	succeeds brig checkpoint --image-path "$IMAGES" "$ID"
	is "$output" "" # engines show the terminal of the user
	fails brig state "$ID"
	says "does not exist"
	[[ -s $IMAGES/inventory.img && -s $IMAGES/descriptors.json && -s $IMAGES/dump.log ]]
	is "$(stat -c %a:%u "$IMAGES")" 700:0

	restore --pid-file "$T/pid" -no-subreaper # as go-runc writes it
	is "$(<"$T/pid")" "$(container_pid)"
	has_status running
	(($(count) >= before)) # it has not begun anew
	eventually counts_on "$(count)"
	is "$(<"/proc/$(container_pid)/uid_map")" "$mapping"
	(($(awk '{ print $2 }' <<<"$mapping") >= 65536))
	is "$(awk '{ print $5, $6 }' "/proc/$(container_pid)/mountinfo" | sort)" "$mounts"
	is "$(status_line Seccomp)" 2
	is "$(status_line NoNewPrivs)" 1
	is "$(status_line CapBnd)" 0000000000000000
	is "$(<"/proc/$(container_pid)/attr/current")" "brig-default (enforce)"
	is "$(<"/proc/$(container_pid)/cgroup")" "0::/brig/$ID"
	is "$(<"$(cgroup_root)/brig/$ID/pids.max")" 1024
	[[ $(readlink "/proc/$(container_pid)/ns/cgroup") != "$(readlink /proc/self/ns/cgroup)" ]]
	container_state '.brig.protections.warnings[]' | grep -q Landlock
	is "$(container_state .brig.protections.landlockAbi)" 0
	fails brig exec "$ID" cat /proc/kcore
	fails brig exec "$ID" sh -c 'mknod /dev/x c 1 3'

	succeeds brig exec "$ID" sh -c 'echo hello >/dev/null && id -u'
	is "$output" 0
	succeeds brig pause "$ID"
	has_status paused
	succeeds brig resume "$ID"
	succeeds brig ps --format json "$ID"
	succeeds brig events --stats "$ID"
	refused "already exists"
	succeeds brig kill "$ID" KILL
	eventually has_status stopped
	succeeds brig delete "$ID"
	grep -q '"event":"restore"' "$T/audit.jsonl"
	is "$(find /tmp -maxdepth 1 -name '.criu*')" ""
}

@test "a pre-dump, and a checkpoint that builds on it and leaves the container running" {
	start_container
	eventually counts_on 1
	succeeds brig checkpoint --pre-dump --image-path "$T/root/pre" "$ID"
	has_status running
	succeeds brig checkpoint --leave-running --leave-running --parent-path ../pre --image-path "$IMAGES" "$ID"
	is "$(readlink "$IMAGES/parent")" ../pre
	has_status running
	# the ids are the running one's
	ID=$ID-two refused "in use by now" "restore again"
	succeeds brig pause "$ID"
	IMAGES=$T/root/last
	succeeds brig checkpoint --parent-path ../pre --image-path "$IMAGES" --work-path "$T/root" "$ID"
	[[ -s $T/root/dump.log ]]
	restore
	has_status running
	eventually counts_on "$(count)"
	chmod 777 "$T/root/pre"
	succeeds brig delete --force "$ID"
	refused "not root's alone"
}

@test "deleted files, binds, a connection on the loopback, and a read-only root come back" {
	mkdir "$T/volume"
	echo volume >"$T/volume/file"
	config --arg volume "$T/volume" '.root.readonly = true | .process.user = { uid: 1000, gid: 1000 }
		| .mounts += [{ destination: "/mnt", type: "bind", source: $volume, options: ["rbind", "ro"] }]
		| .process.args = ["sh", "-c", "exec 5>/tmp/deleted; rm /tmp/deleted; exec 6</mnt/file; tail -f /dev/null | nc -l -p 5000 >/tmp/got & while [ ! -s /tmp/got ]; do (while :; do echo x; sleep 0.1; done) | nc 127.0.0.1 5000; sleep 0.1; done & i=0; while :; do i=$((i+1)); echo $i >&5; echo $i >/tmp/n; sleep 0.1; done"]'
	start_container
	eventually test -s "/proc/$(container_pid)/root/tmp/got"
	fails brig checkpoint --leave-running --image-path "$T/root/no" "$ID"
	says dump.log "criu: Error" "$T/root/no"
	succeeds brig checkpoint --tcp-established --file-locks --image-path "$IMAGES" "$ID"
	restore --tcp-established --file-locks
	eventually counts_on "$(count)"
	is "$(readlink "/proc/$(container_pid)/fd/5")" "/tmp/deleted (deleted)"
	is "$(readlink "/proc/$(container_pid)/fd/6")" /mnt/file
	local got size
	got=/proc/$(container_pid)/root/tmp/got
	size=$(stat -c %s "$got")
	grows() { (($(stat -c %s "$got") > size)); }
	eventually grows
	fails brig exec "$ID" touch /x
	fails brig exec "$ID" touch /mnt/x

	connected() { awk '$4 == "01" { found = 1 } END { exit !found }' "/proc/$(container_pid)/net/tcp"; }
	connected
	IMAGES=$T/root/again
	succeeds brig checkpoint --tcp-established --image-path "$IMAGES" "$ID"
	restore --tcp-close
	eventually counts_on "$(count)"
	! connected || complain "--tcp-close has left a connection"
	succeeds brig delete --force "$ID"
}

# holds WHAT PATH: the workload is tests/lib/hold
holds() {
	mkdir "$T/tools"
	cp "$TOOLS/hold" "$T/tools"
	config --arg tools "$T/tools" --arg what "$1" --arg path "$2" '.process.args = ["/mnt/hold", $what, $path]
		| .mounts += [{ destination: "/mnt", type: "bind", source: $tools, options: ["rbind"] }]'
}

@test "a lock, an empty network, the options of LSMs, a status descriptor, strict cgroups; in the foreground" {
	local status=0
	holds lock /tmp/lock
	start_container
	is_locked() { fails brig exec "$ID" /mnt/hold lock /tmp/lock && says locked; }
	eventually is_locked
	fails brig checkpoint --image-path "$T/root/no" "$ID"
	says lock
	succeeds brig checkpoint --leave-running --file-locks --manage-cgroups-mode ignore --image-path "$T/root/ignore" "$ID"
	succeeds brig checkpoint --file-locks --empty-ns network --manage-cgroups-mode strict --status-fd 5 --image-path "$IMAGES" "$ID" 5>"$T/status"
	is "$(od -An -c "$T/status" | tr -d ' ')" '\0'
	[[ -z $(find "$IMAGES" -name 'netdev-*') ]]

	mkdir -p "$(cgroup_root)/brig/$ID"
	fails restore --file-locks --empty-ns network --manage-cgroups-mode strict
	grep -q "was there before the restore" "$LOG"
	rmdir "$(cgroup_root)/brig/$ID" 2>/dev/null || true
	setsid "$BRIG" --root "$ROOT" --policy "$POLICY" --log "$LOG" restore --bundle "$BUNDLE" --image-path "$IMAGES" --work-path "$T/root/logs" \
		--file-locks --empty-ns network --manage-cgroups-mode strict --lsm-profile apparmor:brig-default \
		--lsm-mount-context system_u:object_r:container_file_t:s0 "$ID" </dev/null >/dev/null 2>&1 3>&- &
	eventually is_locked
	succeeds brig exec "$ID" ip -o link
	says "lo: <LOOPBACK>"
	is "$(<"/proc/$(container_pid)/attr/current")" "brig-default (enforce)"
	brig kill "$ID" TERM
	wait $! || status=$?
	is $status 7
	fails brig state "$ID"
	says "does not exist"
}

@test "a unix socket that leads to somebody in the same network, with --ext-unix-sk" {
	network "brig-$ID"
	policy '.settings.scope_abstract_sockets = false'
	holds datagrams /mnt/log
	listens() {
		# CRIU connects by the name that the other end was bound to: the same one in the container
		ip netns exec "brig-$ID" sh -c 'mount --bind "$1" /mnt && exec python3 -c "$2"' sh "$T/tools" 'import os, socket
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind("/mnt/log")
os.chmod("/mnt/log", 0o777)
while True: os.write(1, server.recv(99))' </dev/null >"$T/said" 3>&-
	}
	listens &
	RECEIVER=$!
	eventually test -S "$T/tools/log"
	start_container
	eventually grep -q tick "$T/said"
	fails brig checkpoint --image-path "$T/root/no" "$ID"
	says "ext-unix-sk"
	succeeds brig checkpoint --ext-unix-sk --image-path "$IMAGES" "$ID"
	restore --ext-unix-sk
	: >"$T/said"
	eventually grep -q tick "$T/said"
	succeeds brig delete --force "$ID"
}

@test "a terminal: its new master goes to the console socket" {
	config '.process.terminal = true'
	"$TOOLS/receive-fd" "$T/console.sock" relay >"$T/console" 3>&- &
	RECEIVER=$!
	eventually test -S "$T/console.sock"
	start_container --console-socket "$T/console.sock"
	eventually counts_on 1
	succeeds brig checkpoint --image-path "$IMAGES" "$ID"
	wait "$RECEIVER" || true
	rm -f "$T/console.sock"
	"$TOOLS/receive-fd" "$T/console.sock" relay >"$T/console" 3>&- &
	RECEIVER=$!
	eventually test -S "$T/console.sock"
	restore --console-socket "$T/console.sock"
	eventually grep -qx "terminal yes" "$T/console"
	eventually counts_on "$(count)"

	IMAGES=$T/root/job
	succeeds brig checkpoint --shell-job --image-path "$IMAGES" "$ID"
	wait "$RECEIVER" || true
	rm -f "$T/console.sock"
	"$TOOLS/receive-fd" "$T/console.sock" relay >"$T/console" 3>&- &
	RECEIVER=$!
	eventually test -S "$T/console.sock"
	restore --shell-job --console-socket "$T/console.sock"
	eventually grep -qx "terminal yes" "$T/console"
	eventually counts_on "$(count)"
	succeeds brig delete --force "$ID"
}

# network NAME: a network namespace of the host's, as an engine makes one, which the bundle joins
network() {
	ip netns list | grep -qw "$1" || ip netns add "$1"
	ip -n "$1" link set lo up
	NETWORKS+=("$1")
	joins network "/run/netns/$1"
}

# joins KIND PATH
joins() {
	config --arg kind "$1" --arg path "$2" '.linux.namespaces |= map(select(.type != $kind)) + [{ type: $kind, path: $path }]'
}

is_in_network() { # NAME
	is "$(stat -Lc %i "/proc/$(container_pid)/ns/net")" "$(stat -Lc %i "/run/netns/$1")"
}

# With a terminal as its standard streams; what it says goes to standard output.
at_a_terminal() { # COMMAND…
	python3 -c 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' "$@" </dev/null 3>&-
}

@test "a terminal of the caller's as standard streams is refused" {
	at_a_terminal "$BRIG" --root "$ROOT" --policy "$POLICY" run --bundle "$BUNDLE" "$ID" >/dev/null 2>&1 &
	eventually has_status running
	fails brig checkpoint --shell-job --image-path "$IMAGES" "$ID"
	says "terminal of the host's" process.terminal
	succeeds brig kill "$ID" KILL
	wait $! || true
}

@test "a network namespace that was joined is joined again, another one if the bundle names another" {
	local server='nc -l -p 80 -e echo hello'
	network "brig-$ID"
	start_container
	fails brig checkpoint --image-path "$IMAGES" "$ID"
	says "abstract sockets" scope_abstract_sockets
	has_status running
	brig delete --force "$ID"
	policy '.settings.scope_abstract_sockets = false'
	config --arg server "$server" '.process.args = ["sh", "-c", "while :; do \($server); done & sleep 1000 & wait"]'
	start_container
	is_in_network "brig-$ID"
	succeeds brig checkpoint --image-path "$IMAGES" "$ID"
	is "$(jq -c .joined "$IMAGES/brig.json")" '["network"]'

	restore
	is_in_network "brig-$ID"
	serves() { [[ $(ip netns exec "$1" timeout 5 busybox nc 127.0.0.1 80 </dev/null) == hello ]]; }
	eventually serves "brig-$ID"
	is "$(awk '$5 == "/sys" { print $6 }' "/proc/$(container_pid)/mountinfo")" ro,nosuid,nodev,noexec,relatime
	succeeds brig exec "$ID" sh -c 'ls /sys/class/net; ! ip link set lo down'
	says lo
	fails brig exec "$ID" sh -c 'echo 1 >/sys/class/net/lo/carrier'
	succeeds brig checkpoint --image-path "$T/root/again" "$ID"

	IMAGES=$T/root/again
	network "brig-$ID-other"
	restore
	is_in_network "brig-$ID-other"
	eventually serves "brig-$ID-other"
	succeeds brig delete --force "$ID"

	joins network /proc/1/ns/net
	refused "host-namespace-path"
	config '(.linux.namespaces[] | select(.type == "network")) |= del(.path)'
	refused "its network namespace was there before it"
	start_container
	succeeds brig checkpoint --image-path "$T/root/own" "$ID"
	network "brig-$ID"
	IMAGES=$T/root/own refused "its network namespace was its own"
	jq '.joined = ["network"]' "$T/root/own/brig.json" >"$T/record"
	cp "$T/record" "$T/root/own/brig.json"
	IMAGES=$T/root/own refused "less than a created one" "not the one of the bundle"
}

@test "images that are not root's alone, were changed, or are of another container are refused" {
	create
	fails brig checkpoint --image-path "$IMAGES" "$ID"
	says "has not been started"
	brig start "$ID"
	brig delete --force "$ID"
	start_container
	eventually counts_on 1
	fails brig checkpoint --lazy-pages --image-path "$IMAGES" "$ID"
	says "over no socket"
	mkdir -m 777 "$T/root/open"
	fails brig checkpoint --image-path "$T/root/open" "$ID"
	says "not root's alone"
	succeeds brig checkpoint --image-path "$IMAGES" "$ID"

	chmod 666 "$IMAGES/core-1.img"
	refused core-1.img "not root's alone"
	chmod 600 "$IMAGES/core-1.img"
	chown 1000 "$IMAGES"
	refused "not root's alone"
	chown 0 "$IMAGES"
	mv "$IMAGES/seccomp.img" "$T/root/seccomp.img"
	ln -s "$T/root/seccomp.img" "$IMAGES/seccomp.img"
	refused seccomp.img "not root's alone"
	mv "$T/root/seccomp.img" "$IMAGES/seccomp.img"

	cp "$IMAGES/brig.json" "$T/record"
	jq '.seccompDigest = null' "$T/record" >"$IMAGES/brig.json"
	refused "seccomp filter"
	jq '.uidMappings[0].hostID = 0 | .gidMappings[0].hostID = 0' "$T/record" >"$IMAGES/brig.json"
	refused "no range of this policy's pool"
	jq '(.mounts[] | select(.point == "/proc/kcore")).flags = "rw"' "$T/record" >"$IMAGES/brig.json"
	refused /proc/kcore "less than a created one"
	jq 'del(.mounts[] | select(.point == "/proc/kcore"))' "$T/record" >"$IMAGES/brig.json"
	refused restore.log
	rm "$IMAGES/brig.json"
	refused "not written by brig checkpoint"
	cp "$T/record" "$IMAGES/brig.json"

	policy '.settings.apparmor_profile = ""'
	refused AppArmor
	policy 'del(.settings.apparmor_profile) | .rules["restore-weaker"] = "refuse"'
	refused "refused by policy" Landlock restore-weaker
	policy '.rules["restore-weaker"] = "warn"'
	fails brig restore --bundle "$BUNDLE" --image-path "$IMAGES" --lsm-profile apparmor:other "$ID"
	says "--lsm-profile"
	fails brig restore --bundle "$BUNDLE" --image-path "$IMAGES" --manage-cgroups-mode ignore "$ID"
	says "without a cgroup namespace"
	restore
	succeeds brig delete --force "$ID"
}

@test "ctr: a checkpoint that goes on, one that ends, and one that is restored" {
	local before
	TASK=checkpoint-$BATS_ROOT_PID
	task_is() { [[ $(ctr tasks ls | awk -v name="$TASK" '$1 == name { print $3 }') == "$1" ]]; }
	# By the shell's counter in memory: the file is that of the task.
	task_counts() { cat "/proc/$(ctr tasks ls | awk -v name="$TASK" '$1 == name { print $2 }')/root/tmp/n"; }
	grew() { (($(task_counts) > ${1:-0})); }
	needs_program ctr
	systemctl start containerd
	ctr image import "$BATS_FILE_TMPDIR/image.tar" >/dev/null
	setsid ctr run -d --runc-binary /usr/bin/brig example.test/counter:1 "$TASK" \
		sh -c 'i=0; while :; do i=$((i+1)); echo $i >/tmp/n; sleep 0.1; done' </dev/null >/dev/null 2>&1 3>&-
	mkdir -m 700 "$IMAGES"
	succeeds ctr tasks checkpoint --image-path "$IMAGES" "$TASK"
	[[ -s $IMAGES/brig.json && -s $IMAGES/descriptors.json ]]
	task_is RUNNING

	succeeds ctr containers checkpoint --rw --image --task "$TASK" example.test/saved:1
	before=$(task_counts)
	succeeds ctr tasks checkpoint --exit --image-path "$T/root/ended" "$TASK"
	eventually task_is STOPPED
	ctr tasks rm "$TASK" 2>/dev/null || true
	ctr containers rm "$TASK"

	setsid ctr containers restore --rw --live "$TASK" example.test/saved:1 </dev/null >"$T/restored" 2>&1 3>&- &
	# It unpacks the image and its layer first: that takes its time.
	eventually task_is RUNNING || complain "ctr: $(<"$T/restored")"
	eventually grew "$before"
	ctr tasks kill -s KILL "$TASK"
	eventually task_is STOPPED
	wait $! || true
	drop_task
}

@test "kill -9 of brig at each step of a checkpoint or restore leaves nothing that delete --force does not find" {
	local step n=0
	needs_fault_build
	for step in $(fault_points checkpoint); do
		start_container
		dies_at "$step" checkpoint --image-path "$T/root/$step" "$ID"
		force_delete || complain "after $step"
		ID=$ID refused_images "$T/root/$step"
		n=$((n + 1))
	done
	start_container
	succeeds brig checkpoint --image-path "$IMAGES" "$ID"
	for step in $(fault_points restore) create-claimed create-ids create-recorded create-cgroup create-announced; do
		BRIG_FAULT=$step setsid "$FAULT_BRIG" --root "$ROOT" --policy "$POLICY" restore --bundle "$BUNDLE" --image-path "$IMAGES" \
			--detach "$ID" </dev/null >/dev/null 2>&1 3>&- && complain "went on after $step"
		force_delete || complain "after $step"
		n=$((n + 1))
	done
	((n >= 11))
	restore
	succeeds brig delete --force "$ID"
}

refused_images() { # DIRECTORY
	IMAGES=$1 refused "not written by brig checkpoint"
}
