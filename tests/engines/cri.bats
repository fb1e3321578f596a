#!/usr/bin/env bats
# Pods as a kubelet makes them: containerd's CRI plugin, CNI's bridge, and brig as the runtime.
#
# The client is cri.py, which takes the messages of CRI as JSON; crictl takes the same.
load common

PIPES=$BATS_FILE_TMPDIR/cri
STATE=$BATS_FILE_TMPDIR/state
LOGS=$BATS_FILE_TMPDIR/logs
HOST=10.89.77.1 # the bridge's own address

# --- an engine of this file's own ------------------------------------------------------------------

# The configuration of contrib/, with names of this machine, and a second handler without systemd.
engine_config() {
	sed -e 's,^\( *sandbox_image = \).*,\1"example.test/pause:1",' -e "s,/etc/cni/net.d,$BATS_FILE_TMPDIR/cni," \
		"$TREE/contrib/containerd/config-1.7.toml"
	cat <<-'END'
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.cgroupfs]
		  runtime_type = "io.containerd.runc.v2"
		  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.cgroupfs.options]
		    BinaryName = "/usr/bin/brig"
	END
}

cni_config() {
	cat <<-END
		{ "cniVersion": "1.0.0", "name": "brig-pods", "plugins": [{
		  "type": "bridge", "bridge": "brig-pods", "isGateway": true, "ipam": {
		    "type": "host-local", "dataDir": "$BATS_FILE_TMPDIR/addresses",
		    "ranges": [[{ "subnet": "10.89.77.0/24" }]] } }] }
	END
}

start_engine() {
	local image
	mkdir -p "$BATS_FILE_TMPDIR/cni" "$LOGS"
	cni_config >"$BATS_FILE_TMPDIR/cni/10-pods.conflist"
	engine_config >"$BATS_FILE_TMPDIR/config.toml"
	containerd --config "$BATS_FILE_TMPDIR/config.toml" --root "$BATS_FILE_TMPDIR/root" --state "$STATE" \
		--address "$BATS_FILE_TMPDIR/sock" </dev/null >"$BATS_FILE_TMPDIR/engine.log" 2>&1 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/engine.pid"
	eventually test -S "$BATS_FILE_TMPDIR/sock"
	for image in busybox pause nginx; do
		ctr --address "$BATS_FILE_TMPDIR/sock" --namespace k8s.io images import "$BATS_FILE_TMPDIR/$image.tar"
	done
}

# The messages of CRI, as Python: without the options for Go's generator.
start_client() {
	sed '/gogoproto/d' /usr/share/gocode/src/k8s.io/cri-api/pkg/apis/runtime/v1/api.proto >"$BATS_FILE_TMPDIR/api.proto"
	python3 -m grpc_tools.protoc -I"$BATS_FILE_TMPDIR" --python_out="$BATS_FILE_TMPDIR" --grpc_python_out="$BATS_FILE_TMPDIR" api.proto
	mkfifo "$PIPES.in" "$PIPES.out"
	PYTHONPATH=$BATS_FILE_TMPDIR python3 "$TREE/tests/engines/cri.py" "$BATS_FILE_TMPDIR/sock" "$PIPES" \
		</dev/null >"$BATS_FILE_TMPDIR/client.log" 2>&1 3>&- &
	echo $! >"$BATS_FILE_TMPDIR/client.pid"
}

setup_file() {
	only_in_a_guest
	install_brig
	make_image "$BATS_FILE_TMPDIR/busybox.tar" example.test/busybox:1
	make_image "$BATS_FILE_TMPDIR/pause.tar" example.test/pause:1 sleep 2147483647
	make_server_image "$BATS_FILE_TMPDIR/nginx.tar" example.test/nginx:1
	start_engine
	start_client
}

teardown_file() {
	local pid
	[[ -e $BATS_FILE_TMPDIR/engine.pid ]] || return 0
	for pid in "$BATS_FILE_TMPDIR"/{client,engine}.pid; do
		kill "$(<"$pid")"
		eventually test ! -e "/proc/$(<"$pid")" || return
	done
	ip link delete brig-pods
	rm -r /var/log/pods/first
	systemctl stop kubepods.slice
	nothing_is_left /run/containerd/runc/k8s.io
}

dispose() {
	local id
	for id in $(tr ' ' '\n' <"$T/pods"); do
		cri StopPodSandbox "{\"podSandboxId\": \"$id\"}"
		cri RemovePodSandbox "{\"podSandboxId\": \"$id\"}"
	done
	umount "$T/volumes/token" 2>/dev/null || true
	rmdir "/sys/fs/cgroup/kubepods/pod-$ID" 2>/dev/null || true
	[[ ! -e /sys/fs/cgroup/kubepods/pod-$ID ]] || complain "the pod's cgroup is not empty"
	is "$(ls "$STATE/io.containerd.runtime.v2.task/k8s.io")" ''
}

prepare() {
	: >"$T/pods"
}

PRIVATE='{ "pid": "CONTAINER" }'

# --- calls -----------------------------------------------------------------------------------------

# cri METHOD [REQUEST]: $output is the response, or the error
cri() {
	local reply='' in out
	# Opened for both: nobody waits for a client that has died.
	exec {in}<>"$PIPES.in" {out}<>"$PIPES.out"
	printf '%s %s\n' "$1" "$(tr '\n' ' ' <<<"${2-}")" >&"$in"
	IFS= read -r -t "$WITHIN" reply <&"$out" || reply="none $(<"$BATS_FILE_TMPDIR/client.log")"
	exec {in}>&- {out}>&-
	output=${reply#* }
	[[ $reply == ok\ * ]] || complain "$1: $output"
}

# The first id in $output.
id_in_output() {
	[[ $output =~ [0-9a-f]{64} ]] && echo "${BASH_REMATCH[0]}"
}

# pod NAME [CONTEXT [PARENT]]: the sandbox of a pod; CONTEXT is more of its security context. $POD
# What a kubelet asks of NAMESPACES: the pid namespace is each container's own.
pod() {
	SANDBOX=$(
		cat <<-END
			{ "metadata": { "name": "$1", "namespace": "default", "uid": "uid-$1-$ID" }, "hostname": "$1",
			  "log_directory": "$LOGS", "linux": { "cgroup_parent": "${3-/kubepods/pod-$ID}", "security_context": {
			    "namespace_options": ${NAMESPACES-$PRIVATE}, "seccomp": { "profile_type": "RuntimeDefault" } ${2:+, $2} } } }
		END
	)
	run_pod
}

run_pod() {
	cri RunPodSandbox "{ \"config\": $SANDBOX, \"runtime_handler\": \"${HANDLER-cgroupfs}\" }" || return
	POD=$(id_in_output)
	echo "$POD" >>"$T/pods"
}

# container NAME COMMAND [CONTEXT [MORE]]: started in the pod, of $IMAGE; COMMAND is for sh. $C
container() {
	cri CreateContainer "$(
		cat <<-END
			{ "pod_sandbox_id": "$POD", "sandbox_config": $SANDBOX, "config": {
			  "metadata": { "name": "$1" }, "image": { "image": "${IMAGE-example.test/busybox:1}" },
			  "command": ["sh", "-c", "$2"], "log_path": "$1-$ID.log", "linux": {
			    "resources": { "cpu_shares": 2, "oom_score_adj": 1000 },
			    "security_context": { "namespace_options": ${NAMESPACES-$PRIVATE}, "masked_paths": ["/proc/kcore"], "readonly_paths": ["/proc/sys"] ${3:+, $3} } } ${4:+, $4} } }
		END
	)" || return
	C=$(id_in_output)
	cri StartContainer "{ \"container_id\": \"$C\" }"
}

# inside CONTAINER SCRIPT: ExecSync; $output is what it printed, $status its exit status
inside() {
	local json
	cri ExecSync "{ \"container_id\": \"$1\", \"cmd\": [\"sh\", \"-c\", \"$2\"], \"timeout\": 100 }" || return
	json=$output
	output=$(jq -r '.stdout // "" | @base64d' <<<"$json")
	stderr=$(jq -r '.stderr // "" | @base64d' <<<"$json")
	status=$(jq -r '.exitCode // 0' <<<"$json")
}

pid_of() {
	cat "$STATE/io.containerd.runtime.v2.task/k8s.io/$1/init.pid"
}

namespace() { # CONTAINER KIND
	readlink "/proc/$(pid_of "$1")/ns/$2"
}

first_id() {
	awk '{ print $2 }' "/proc/$(pid_of "$1")/uid_map"
}

# logged NAME LINES: the log has these, sorted: two pipes have no order
logged() {
	is "$(cut -d' ' -f2,4- "$LOGS/$1-$ID.log" | sort)" "$2"
}

# --- a pod -----------------------------------------------------------------------------------------

# The pod of docs/containerd.md. $POD, $C
first_pod() {
	SANDBOX=$(<"$TREE/contrib/containerd/pod.json")
	HANDLER=brig run_pod
	cri CreateContainer "{ \"pod_sandbox_id\": \"$POD\", \"sandbox_config\": $SANDBOX,
		\"config\": $(sed 's,docker.io/library/busybox:latest,example.test/busybox:1,' "$TREE/contrib/containerd/container.json") }"
	C=$(id_in_output)
	cri StartContainer "{ \"container_id\": \"$C\" }"
}

@test "two containers of a pod share network, ipc, ids and user namespace; port 80 and ping need no capability" {
	local web client ip kind
	first_pod
	web=$C
	cri PodSandboxStatus "{ \"pod_sandbox_id\": \"$POD\" }"
	ip=$(jq -r .status.network.ip <<<"$output")
	container client 'touch /dev/shm/of-the-pod; exec sleep 600' '"capabilities": { "drop_capabilities": ["ALL"] }' \
		"\"mounts\": [{ \"container_path\": \"/bin/echo-request\", \"host_path\": \"$TOOLS/echo\", \"readonly\": true }]"
	client=$C
	for kind in user net ipc uts; do
		is "$(namespace "$web" $kind)" "$(namespace "$POD" $kind)"
		is "$(namespace "$client" $kind)" "$(namespace "$POD" $kind)"
	done
	[[ $(namespace "$web" pid) != "$(namespace "$client" pid)" ]]
	is "$(first_id "$web")" "$(first_id "$POD")"
	is "$(first_id "$client")" "$(first_id "$POD")"
	(($(first_id "$POD") >= 268435456))
	grep -q "CapEff:	0000000000000000" "/proc/$(pid_of "$web")/status"

	inside "$client" "wget -qO- http://127.0.0.1/hostname; echo-request $HOST"
	is "$output" $'first\nreply'
	is "$(busybox wget -qO- "http://$ip/hostname")" first
	inside "$web" 'ls /dev/shm'
	is "$output" of-the-pod
}

# What contrib/kubernetes/pod.yaml asks for: an image of nginx, as it comes, under the policy as it comes.
@test "nginx as root listens on port 80, gives its workers to its own user, and writes to the log; ping, of the image" {
	local ip worker
	pod nginx
	cri PodSandboxStatus "{ \"pod_sandbox_id\": \"$POD\" }"
	ip=$(jq -r .status.network.ip <<<"$output")
	IMAGE=example.test/nginx:1 container server "exec nginx -g 'daemon off;'"
	eventually answers 'Welcome to nginx' busybox wget -qO- "http://$ip/"
	worker=$(pgrep -P "$(pid_of "$C")" | head -n 1)
	is "$(stat -c %u:%g "/proc/$worker")" "$(($(first_id "$C") + 33)):$(($(first_id "$C") + 33))"
	eventually grep -q 'stdout F .*"GET / HTTP/1' "$LOGS/server-$ID.log"
	inside "$C" "/usr/bin/ping -c 1 $HOST; stat -c %u /var/lib/nginx/body"
	is "$status" 0
	says '1 received' $'\n33'
}

@test "exec of a probe, and a session by the streaming server; logs, stats, update, stop and remove" {
	local before
	pod work
	container worker 'echo to-out; echo to-err >&2; trap \"exit 3\" TERM; sleep 600 & wait'
	inside "$C" 'echo word; echo other >&2; exit 4'
	is "$output/$stderr/$status" word/other/4
	cri Exec "{ \"container_id\": \"$C\", \"cmd\": [\"sh\", \"-c\", \"read line; echo got \$line; cat /proc/self/uid_map; exit 5\"], \"stdin\": true, \"stdout\": true, \"stderr\": true }"
	run python3 "$TREE/tests/engines/cri.py" stream "$(jq -r .url <<<"$output")" $'a line\n'
	says 'out: got a line' "$(first_id "$C")" '"NonZeroExitCode"' '"message":"5"'
	cri Exec "{ \"container_id\": \"$C\", \"cmd\": [\"sh\", \"-c\", \"tty; exit 0\"], \"tty\": true, \"stdin\": true, \"stdout\": true }"
	run python3 "$TREE/tests/engines/cri.py" stream "$(jq -r .url <<<"$output")"
	says 'out: /dev/pts/0' '"status":"Success"'

	eventually logged worker $'stderr to-err\nstdout to-out'
	cri ContainerStats "{ \"container_id\": \"$C\" }"
	(($(jq -r .stats.memory.workingSetBytes.value <<<"$output") > 0))
	(($(jq -r .stats.cpu.usageCoreNanoSeconds.value <<<"$output") > 0))
	before=$(cat "/sys/fs/cgroup/kubepods/pod-$ID/$C/cpu.weight")
	cri UpdateContainerResources "{ \"container_id\": \"$C\", \"linux\": { \"cpu_shares\": 512, \"cpu_quota\": 50000, \"cpu_period\": 100000, \"memory_limit_in_bytes\": 67108864 } }"
	is "$(cat "/sys/fs/cgroup/kubepods/pod-$ID/$C"/{cpu.max,memory.max})" $'50000 100000\n67108864'
	(($(cat "/sys/fs/cgroup/kubepods/pod-$ID/$C/cpu.weight") > before))

	cri StopContainer "{ \"container_id\": \"$C\", \"timeout\": 60 }"
	cri ContainerStatus "{ \"container_id\": \"$C\" }"
	is "$(jq -r '.status | "\(.state) \(.exitCode)"' <<<"$output")" 'CONTAINER_EXITED 3'
	cri RemoveContainer "{ \"container_id\": \"$C\" }"
	[[ ! -e /sys/fs/cgroup/kubepods/pod-$ID/$C ]]
}

# CRI has CheckpointContainer from containerd 2 on. What that asks of the shim, ctr asks, too.
@test "a checkpoint of a pod's container, which goes on" {
	install -d /etc/brig/policy.d
	echo '{ "settings": { "scope_abstract_sockets": false } }' >/etc/brig/policy.d/cri-checkpoint.json
	pod evidence
	container worker 'while :; do date >/tmp/now; sleep 0.1; done'
	rm /etc/brig/policy.d/cri-checkpoint.json
	mkdir -m 700 "$T/root"
	succeeds ctr --address "$BATS_FILE_TMPDIR/sock" --namespace k8s.io tasks checkpoint --image-path "$T/root/images" "$C" </dev/null
	[[ -s $T/root/images/pages-1.img ]]
	is "$(jq -c .joined "$T/root/images/brig.json")" '["user","network","ipc","uts"]'
	inside "$C" 'rm /tmp/now; sleep 1; test -e /tmp/now'
	is "$status" 0
}

# --- what Kubernetes asks for by default -----------------------------------------------------------

# What a kubelet prepares: a secret and a token on tmpfs, an emptyDir, a hostPath, /etc/hosts and
# /dev/termination-log. $MOUNTS
volumes() { # GROUP of fsGroup
	local v=$T/volumes
	mkdir -p "$v"/{token,empty,host}
	mount -t tmpfs -o mode=1777 tmpfs "$v/token"
	mkdir "$v/token/..data_1"
	echo secret >"$v/token/..data_1/token"
	ln -s ..data_1 "$v/token/..data"
	ln -s ..data/token "$v/token/token"
	chown "0:$1" "$v/token/..data_1/token" "$v/empty"
	chmod 640 "$v/token/..data_1/token"
	chmod 2775 "$v/empty"
	mkdir -m 700 "$v/host/inner"
	echo 127.0.0.1 localhost >"$v/hosts"
	install -m 666 /dev/null "$v/log"
	listen_at "$v/socket" "$v/heard"
	# Nobody but the host's root comes to a kubelet's directories.
	chmod 700 "$v"
	MOUNTS=$(
		cat <<-END
			"mounts": [
			  { "container_path": "/var/run/secrets/kubernetes.io/serviceaccount", "host_path": "$v/token", "readonly": true },
			  { "container_path": "/cache", "host_path": "$v/empty" },
			  { "container_path": "/host", "host_path": "$v/host/inner" },
			  { "container_path": "/etc/hosts", "host_path": "$v/hosts" },
			  { "container_path": "/dev/log", "host_path": "$v/socket" },
			  { "container_path": "/dev/termination-log", "host_path": "$v/log" }]
		END
	)
}

@test "pods without limits, as root and as a user with fsGroup: volumes keep their owners on disk" {
	volumes 2000
	pod plain
	container root 'id -u; cat /var/run/secrets/kubernetes.io/serviceaccount/token; cd /cache; touch a; chown 5:6 a; touch /host/b; logger from-the-pod; echo ended >/dev/termination-log; sleep 600' \
		'"seccomp": { "profile_type": "Unconfined" }' "$MOUNTS"
	eventually grep -q ended "$T/volumes/log"
	eventually grep -q from-the-pod "$T/volumes/heard"
	eventually logged root $'stdout 0\nstdout secret'
	grep -q 'Seccomp:	2' "/proc/$(pid_of "$C")/status"
	container user 'id -u; id -G; cat /var/run/secrets/kubernetes.io/serviceaccount/token; touch /cache/u; ls /host; echo user >/dev/termination-log; sleep 600' \
		'"seccomp": { "profile_type": "RuntimeDefault" }, "run_as_user": { "value": 1000 }, "run_as_group": { "value": 1000 }, "supplemental_groups": [2000], "no_new_privs": true' "$MOUNTS"
	eventually grep -q user "$T/volumes/log"
	eventually logged user $'stderr ls: can\'t open \'/host\': Permission denied\nstdout 1000\nstdout 1000 2000\nstdout secret'
	is "$(stat -c '%n %u:%g' "$T"/volumes/empty/* "$T"/volumes/host/inner/* | sed 's,.*/,,')" $'a 5:6\nu 1000:2000\nb 0:0'
	is "$(find "$T/volumes" -uid +65535)" ''
	is "$(cat "/sys/fs/cgroup/kubepods/pod-$ID/$C"/{memory,pids}.max)" $'2147483648\n1024'
}

@test "with the systemd driver a container is a scope in the pod's slice" {
	local slice=/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1.slice scope
	HANDLER=brig pod scoped '' "$slice"
	container in-a-scope 'sleep 600'
	scope=/sys/fs/cgroup$slice/cri-containerd-$C.scope
	grep -q "^0::$slice/cri-containerd-$C.scope" "/proc/$(pid_of "$C")/cgroup"
	cri UpdateContainerResources "{ \"container_id\": \"$C\", \"linux\": { \"memory_limit_in_bytes\": 67108864 } }"
	is "$(<"/sys/fs/cgroup$(sed s/^0::// "/proc/$(pid_of "$C")/cgroup")/memory.max")" 67108864
	inside "$C" true
	is "$status" 0
	cri StopContainer "{ \"container_id\": \"$C\", \"timeout\": 0 }"
	cri RemoveContainer "{ \"container_id\": \"$C\" }"
	eventually test ! -e "$scope"
}

# --- what is refused -------------------------------------------------------------------------------

@test "hostNetwork, hostPID, hostIPC, privileged and a hostPath of the host's are refused, and the error has the rule" {
	local kind
	for kind in network pid ipc; do
		NAMESPACES="{ \"$kind\": \"NODE\" }" fails pod "shares-$kind"
		says "(host-$kind at /linux/namespaces)"
	done
	pod strict
	fails container host-path 'true' '' '"mounts": [{ "container_path": "/e", "host_path": "/etc", "readonly": true }]'
	says bind-host /mounts/
	fails container engine 'true' '' '"mounts": [{ "container_path": "/s", "host_path": "/run/containerd/containerd.sock" }]'
	says engine-socket /mounts/
	pod strongest '"privileged": true'
	fails container privileged 'true' '"privileged": true'
	says device
}
