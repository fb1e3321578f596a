#!/usr/bin/env bats
load ../lib/common

@test "exec runs a command in the container, and gives its status" {
	running_container
	succeeds brig exec "$ID" hostname
	is "$output" brig
	run brig exec "$ID" sh -c 'exit 7'
	is "$status" 7
}

@test "an exec'd process is in every namespace of the container" {
	running_container
	local kind pid
	pid=$(container_pid)
	for kind in user mnt pid net ipc uts cgroup; do
		is "$(brig exec "$ID" readlink "/proc/self/ns/$kind")" "$(readlink "/proc/$pid/ns/$kind")"
	done
}

@test "an exec'd process is under the same protections" {
	running_container
	succeeds brig exec "$ID" sh -c 'grep -E "^(NoNewPrivs|Seccomp|CapEff|CapBnd):" /proc/self/status | tr -d "\t" | tr "\n" " "'
	is "$output" "CapEff:0000000000000000 CapBnd:0000000000000000 NoNewPrivs:1 Seccomp:2 "
}

@test "an exec'd process is in the container's cgroup" {
	running_container
	brig exec --detach --pid-file "$T/pid" "$ID" sleep 60 </dev/null >"$T/out" 2>&1
	grep -qx "$(cat "$T/pid")" "$(container_cgroup)/cgroup.procs"
}

@test "exec --process reads a process object" {
	running_container
	jq '.process | .args = ["sh", "-c", "echo $FROM; pwd; id -u"] | .env += ["FROM=file"] | .cwd = "/tmp" | .user.uid = 1000' \
		"$BUNDLE/config.json" >"$T/process.json"
	succeeds brig exec --process "$T/process.json" "$ID"
	is "$output" $'file\n/tmp\n1000'
}

@test "execCPUAffinity: the processors of the command, not of the container" {
	local all
	(($(nproc) > 1)) || missing "one processor only"
	config '.process.execCPUAffinity = { initial: "1" }'
	running_container
	all=$(sed -n 's/^Cpus_allowed_list:\t//p' "/proc/$(container_pid)/status")
	[[ $all != 1 ]]
	succeeds brig exec "$ID" sed -n 's/^Cpus_allowed_list:\t//p' /proc/self/status
	is "$output" 1
	jq '.process | .execCPUAffinity = { initial: "1", final: "0" } | .args = ["sed", "-n", "s/^Cpus_allowed_list:\t//p", "/proc/self/status"]' \
		"$BUNDLE/config.json" >"$T/process.json"
	succeeds brig exec --process "$T/process.json" "$ID"
	is "$output" 0
	jq '.execCPUAffinity.final = "4000"' "$T/process.json" >"$T/absent.json"
	fails brig exec --process "$T/absent.json" "$ID"
	says /process/execCPUAffinity/final
}

@test "a command of exec and the first process can signal each other, under Landlock too" {
	config '.process.args = ["sh", "-c", "trap \"echo heard >/tmp/heard\" USR1; trap \"kill -TERM \\$(cat /tmp/pid)\" USR2; : >/tmp/ready; while :; do sleep 0.05; done"]'
	create
	brig start "$ID"
	(($(container_state .brig.protections.landlockAbi) >= 2)) || missing "no Landlock in this kernel"
	eventually brig exec "$ID" test -e /tmp/ready
	succeeds brig exec "$ID" kill -USR1 1
	eventually brig exec "$ID" test -e /tmp/heard
	brig exec "$ID" sh -c 'trap "echo heard by exec; exit 5" TERM; echo $$ >/tmp/pid; kill -USR2 1; while :; do sleep 0.05; done' </dev/null >"$T/heard" 2>&1 || status=$?
	is "$status $(cat "$T/heard")" "5 heard by exec"
}

@test "the options of exec: cwd, env, user, groups" {
	running_container
	succeeds brig exec --cwd /var --env A=b --user 1000:1001 --additional-gids 7 "$ID" sh -c 'pwd; echo $A; id -u; id -G'
	is "$output" $'/var\nb\n1000\n1001 7'
}

@test "the command's own options are left alone" {
	running_container
	succeeds brig exec "$ID" echo -n --env -d
	is "$output" "--env -d"
}

@test "exec --detach returns, and its pid file names a process that leads a session" {
	running_container
	brig exec --detach --pid-file "$T/pid" "$ID" sleep 60 </dev/null >"$T/out" 2>&1
	local pid
	pid=$(cat "$T/pid")
	is "$(ps -o sid= -p "$pid" | tr -d ' ')" "$pid"
	kill -0 "$pid"
}

@test "a failed exec leaves a pid file as it was: absent, or empty" {
	running_container
	fails brig exec --pid-file "$T/pid" "$ID" no-such-program
	[[ ! -e $T/pid ]]
	: >"$T/empty"
	fails brig exec --pid-file "$T/empty" "$ID" no-such-program
	[[ -e $T/empty && ! -s $T/empty ]]
}

@test "exec of a missing command says so in the words of the engines, with 255" {
	running_container
	run brig exec "$ID" no-such-program
	is "$status" 255
	says 'exec: "no-such-program": executable file not found in $PATH'
	run brig exec "$ID" /no/such
	says 'exec: "/no/such"' "no such file or directory"
	run brig exec "$ID" /etc/passwd
	says 'exec: "/etc/passwd"' "permission denied"
}

@test "exec into a created container is allowed" {
	create
	succeeds brig exec "$ID" hostname
	is "$output" brig
	has_status created
}

@test "exec into a stopped container is refused" {
	config '.process.args = ["true"]'
	create
	brig start "$ID"
	eventually has_status stopped
	fails brig exec "$ID" true
	says "cannot exec in a stopped container"
}

@test "exec into a paused container is refused in the words of the engines" {
	running_container
	brig pause "$ID"
	fails brig exec "$ID" true
	says "cannot exec in a paused container (use --ignore-paused to override)"
	brig resume "$ID"
}

@test "exec may not ask for capabilities beyond the policy's" {
	running_container
	succeeds brig exec --cap CAP_CHOWN "$ID" grep CapEff /proc/self/status
	says 0000000000000001
	run brig exec --cap CAP_SYS_ADMIN "$ID" grep CapEff /proc/self/status
	[[ $status != 0 || $output == *0000000000000000* ]] || complain "$output"
}

@test "exec works with --tty and --process together, as an older conmon passes them" {
	running_container
	jq '.process | .args = ["true"]' "$BUNDLE/config.json" >"$T/process.json"
	"$TOOLS/receive-fd" "$T/console.sock" relay >"$T/console" 3>&- &
	local receiver=$!
	eventually test -S "$T/console.sock"
	succeeds brig exec --tty --process "$T/process.json" --detach --console-socket "$T/console.sock" "$ID" </dev/null
	wait $receiver
}

@test "exec --preserve-fds hands on as many descriptors as it says" {
	running_container
	echo handed-on >"$T/file"
	: >"$T/log"
	run "$BRIG" --root "$ROOT" --policy "$POLICY" exec --preserve-fds 2 "$ID" sh -c 'cat <&4; ls /proc/$$/fd; true' \
		3</dev/null 4<"$T/file" 5<"$T/log" 6</dev/null </dev/null
	is "$output" $'handed-on\n0\n1\n2\n3\n4'
}

@test "in the foreground the process is a child of exec, which passes signals on" {
	local runtime status=0
	running_container
	"$BRIG" --root "$ROOT" --policy "$POLICY" exec --pid-file "$T/pid" "$ID" \
		sh -c 'trap "echo got-it; exit 5" TERM; echo ready; while :; do sleep 0.05; done' </dev/null >"$T/exec" 2>&1 3>&- &
	runtime=$!
	eventually grep -q ready "$T/exec"
	is "$(awk '/^PPid:/ { print $2 }' "/proc/$(<"$T/pid")/status")" "$runtime"
	kill -TERM "$runtime"
	wait "$runtime" || status=$?
	is "$status" 5
	grep -q got-it "$T/exec"
}

@test "a command of exec may stand behind --, as with kubectl" {
	running_container
	succeeds brig exec "$ID" -- sh -c 'echo "$0" "$@"' -- -x
	is "$output" "-- -x"
	run brig exec "$ID" --
	is "$status" 255
	says "what to run is missing"
}

@test "20 execs at once" {
	running_container
	local i
	for i in {1..20}; do
		brig exec "$ID" echo "$i" </dev/null >>"$T/all" 2>&1 &
	done
	wait
	is "$(sort -n "$T/all" | tr '\n' ' ')" "$(echo {1..20}) "
}

@test "exec joins the init where the container's own cgroup has handed its controllers down" {
	local above cgroup pid
	above=/brig-test-$ID
	config --arg path "$above/leaf" '.linux.cgroupsPath = $path | .process.args = ["sleep", "60"]'
	create
	brig start "$ID"
	cgroup=$(container_cgroup) pid=$(container_pid)
	# Of those that keep processes out of the cgroups that hand them down: cgroups(7), threaded controllers.
	mapfile -t controllers < <(tr ' ' '\n' <"$(cgroup_root)/cgroup.controllers" | grep -xE 'memory|io|hugetlb|rdma|misc')
	((${#controllers[@]} > 0)) || missing "no domain controllers in this host's cgroup2"
	echo "+${controllers[0]}" >"$(cgroup_root)/cgroup.subtree_control"
	echo "+${controllers[0]}" >"$(cgroup_root)$above/cgroup.subtree_control"
	mkdir "$cgroup/init"
	echo "$pid" >"$cgroup/init/cgroup.procs"
	echo "+${controllers[0]}" >"$cgroup/cgroup.subtree_control"
	succeeds brig exec "$ID" cat /proc/self/cgroup
	says /init
	# an init that is somewhere else altogether takes nobody along
	mkdir "$(cgroup_root)$above/other-$ID"
	echo "$pid" >"$(cgroup_root)$above/other-$ID/cgroup.procs"
	fails brig exec "$ID" true
	says "left the cgroup"
	echo "$pid" >"$cgroup/init/cgroup.procs"
	rmdir "$(cgroup_root)$above/other-$ID"
}

# Where brig's mount namespace shows no cgroup2, as that of a service with ProtectControlGroups=strict.
without_cgroup2() {
	unshare --mount --propagation private sh -c 'umount -l "$1"; shift; exec "$@"' sh "$(cgroup_root)" \
		"$BRIG" --root "$ROOT" --policy "$POLICY" "$@" 3>&-
}

@test "exec, pause and kill --all do not take a cgroup that they cannot open for none" {
	running_container
	fails without_cgroup2 exec "$ID" true
	says "has a cgroup to put the process into"
	fails without_cgroup2 pause "$ID"
	says "has a cgroup to freeze"
	fails without_cgroup2 kill --all "$ID" CONT
	says "has a cgroup to signal"
	succeeds brig exec "$ID" true
}
