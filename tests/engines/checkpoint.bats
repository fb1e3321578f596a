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
}

dispose() {
	[[ -z ${RECEIVER-} ]] || kill "$RECEIVER" 2>/dev/null || true
}

# What no restored container can have: a file of the host's as a standard stream.
start_container() {
	setsid "$BRIG" --root "$ROOT" --policy "$POLICY" --log "$LOG" create --bundle "$BUNDLE" "$@" "$ID" </dev/null >/dev/null 2>&1 3>&-
	brig start "$ID"
}

restore() {
	setsid "$BRIG" --root "$ROOT" --policy "$POLICY" --log "$LOG" restore --bundle "$BUNDLE" --image-path "$IMAGES" \
		--work-path "$T/root/work" --detach "$@" "$ID" </dev/null >/dev/null 2>&1 3>&- || {
		tail -n 3 "$LOG" >&2
		grep Error "$T/root/work/restore.log" >&2
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

	restore --pid-file "$T/pid" --no-subreaper
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
	succeeds brig delete --force "$ID"
}

@test "a container that has joined a network namespace is refused, and runs on" {
	ip netns add "brig-$ID"
	config --arg path "/run/netns/brig-$ID" '.linux.namespaces |= map(if .type == "network" then .path = $path else . end)'
	start_container
	fails brig checkpoint --image-path "$IMAGES" "$ID"
	says "joined a namespace" "--network none"
	has_status running
	succeeds brig delete --force "$ID"
	ip netns del "brig-$ID"
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
	fails brig checkpoint --manage-cgroups-mode ignore --image-path "$IMAGES" "$ID"
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
	restore
	succeeds brig delete --force "$ID"
}

@test "ctr tasks checkpoint" {
	local name=checkpoint-$BATS_ROOT_PID
	needs_program ctr
	systemctl start containerd
	ctr image import "$BATS_FILE_TMPDIR/image.tar" >/dev/null
	setsid ctr run -d --runc-binary /usr/bin/brig example.test/counter:1 "$name" \
		sh -c 'i=0; while :; do i=$((i+1)); echo $i >/tmp/n; sleep 0.1; done' </dev/null >/dev/null 2>&1 3>&-
	mkdir -m 700 "$IMAGES"
	succeeds ctr tasks checkpoint --image-path "$IMAGES" "$name"
	[[ -s $IMAGES/brig.json && -s $IMAGES/descriptors.json ]]
	is "$(ctr tasks ls | awk -v name="$name" '$1 == name { print $3 }')" RUNNING
	ctr tasks kill -s KILL "$name"
	ended() { [[ $(ctr tasks ls | awk -v name="$name" '$1 == name { print $3 }') == STOPPED ]]; }
	eventually ended
	ctr tasks rm "$name" >/dev/null
	ctr containers rm "$name"
	ctr image rm example.test/counter:1 >/dev/null
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
