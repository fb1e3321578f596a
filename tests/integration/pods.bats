#!/usr/bin/env bats
# The containers of a pod share ids and user namespace; a network that an engine has made before.
load ../lib/common

NETNS=
prepare() {
	NETNS=/run/netns/brig-$ID
	config '.process.args = ["sleep", "600"]'
}

dispose() {
	local file
	for file in "$NETNS" "$NETNS-other" "/run/ipcns/brig-$ID" "/run/utsns/brig-$ID"; do
		umount "$file" 2>/dev/null || true
		rm -f "$file"
	done
}

# --- pods as engines make them ---------------------------------------------------------------------

join() { # KIND PATH
	config --arg kind "$1" --arg path "$2" '.linux.namespaces |= (map(select(.type != $kind)) + [{ type: $kind, path: $path }])'
}

# The first container of a pod: its id is the pod's.
sandbox() {
	config --arg id "$ID" '.annotations = { "io.kubernetes.cri.container-type": "sandbox", "io.kubernetes.cri.sandbox-id": $id }'
	create
	brig start "$ID"
}

# From here on the bundle is that of a container in the pod of $ID.
member_config() {
	local kind pid=${1:-$(container_pid)}
	config --arg id "$ID" '.annotations = { "io.kubernetes.cri.container-type": "container", "io.kubernetes.cri.sandbox-id": $id } | del(.hostname)'
	for kind in network:net ipc:ipc uts:uts; do
		join "${kind%:*}" "/proc/$pid/ns/${kind#*:}"
	done
}

member() { # NAME [OPTIONS]: $ID-NAME is created and started
	local name=$1
	shift
	brig create --bundle "$BUNDLE" "$@" "$ID-$name" </dev/null >"$T/out-$name" 2>&1 || {
		cat "$T/out-$name"
		return 1
	}
	brig start "$ID-$name"
}

pid_of() { # NAME
	brig state "$ID-$1" | jq .pid
}

user_of() { # PID
	readlink "/proc/$1/ns/user"
}

first_id() { # PID
	awk '{ print $2 }' "/proc/$1/uid_map"
}

reservations() {
	grep -rlF "$ROOT/" /run/brig-ids | wc -l
}

# A network namespace of the host's making, as a CNI plugin or Podman keeps it.
engine_netns() { # [PATH]
	local path=${1:-$NETNS}
	mkdir -p /run/netns
	touch "$path"
	unshare --net="$path" ip link set lo up || missing "no network namespace can be kept here"
	join network "$path"
}

with_echo() {
	config --arg tool "$TOOLS/echo" '.mounts += [{ destination: "/tmp/echo", type: "bind", source: $tool, options: ["bind", "ro"] }]'
}

# --- sharing ---------------------------------------------------------------------------------------

@test "a sandbox and two members share ids and user namespace, and capabilities count in what they join" {
	local pid
	sandbox
	pid=$(container_pid)
	member_config
	member a
	config '.process.capabilities = { bounding: ["CAP_NET_BIND_SERVICE"], effective: ["CAP_NET_BIND_SERVICE"], permitted: ["CAP_NET_BIND_SERVICE"] }
		| .process.args = ["sh", "-c", "nc -l -p 80 & sleep 600"]'
	member b
	is "$(user_of "$(pid_of a)")" "$(user_of "$pid")"
	is "$(user_of "$(pid_of b)")" "$(user_of "$pid")"
	is "$(readlink "/proc/$(pid_of b)/ns/net")" "$(readlink "/proc/$pid/ns/net")"
	is "$(readlink "/proc/$(pid_of b)/ns/ipc")" "$(readlink "/proc/$pid/ns/ipc")"
	is "$(first_id "$(pid_of a)")" "$(first_id "$pid")"
	[[ $(readlink "/proc/$(pid_of a)/ns/mnt") != "$(readlink "/proc/$pid/ns/mnt")" ]]
	eventually grep -q ':0050 ' "/proc/$pid/net/tcp" "/proc/$pid/net/tcp6"
	is "$(reservations)" 1
	succeeds brig exec "$ID-b" cat /proc/self/uid_map
	says 65536
}

@test "one who joins by the name of its pod joins by what it compared: the plan and the state say so" {
	sandbox
	member_config
	succeeds brig plan --id "$ID-a" "$BUNDLE"
	says "joins /proc/$(container_pid)/ns/user" "(of the pod)"
	member a
	is "$(jq -r '.namespaces[] | select(.type == "user") | .path' "$ROOT/$ID-a/state.json")" "/proc/$(container_pid)/ns/user"
}

@test "with a shared pid namespace: procfs shows the pod, and its processes can be signalled" {
	sandbox
	member_config
	join pid "/proc/$(container_pid)/ns/pid"
	config '.process.args = ["sh", "-c", "cat /proc/1/comm; kill -0 1 && echo seen"]'
	run brig run --bundle "$BUNDLE" "$ID-a" </dev/null
	is "$output" $'sleep\nseen'
}

@test "members share a volume in memory with its owners, as /dev/shm is; before Linux 6.3 it is refused" {
	mkdir -m 1777 "$T/shm"
	mount -t tmpfs -o mode=1777 shm "$T/shm"
	config --arg shm "$T/shm" '.mounts |= (map(select(.destination != "/dev/shm")) + [{ destination: "/dev/shm", type: "bind", source: $shm, options: ["rbind", "rw", "nosuid", "nodev"] }])'
	if ! kernel_is_at_least 6 3; then
		fails sandbox
		says "'tmpfs' has no id-mapped mounts" "from Linux 6.3 on"
		umount "$T/shm"
		return
	fi
	sandbox
	member_config
	config '.process.args = ["sh", "-c", "echo word >/dev/shm/x; chmod 600 /dev/shm/x; sleep 600"]'
	member a
	eventually test -s "$T/shm/x"
	config '.process.args = ["cat", "/dev/shm/x"]'
	run brig run --bundle "$BUNDLE" "$ID-b" </dev/null
	is "$output" word
	is "$(stat -c %u:%g "$T/shm/x")" 0:0
	delete_all
	umount "$T/shm"
}

@test "the annotations of CRI-O, and of Podman, which names no type" {
	sandbox
	member_config
	config --arg id "$ID" '.annotations = { "io.kubernetes.cri-o.ContainerType": "container", "io.kubernetes.cri-o.SandboxID": $id }'
	member a
	config 'del(.annotations["io.kubernetes.cri-o.ContainerType"])'
	member b
	is "$(user_of "$(pid_of a)")" "$(user_of "$(container_pid)")"
	is "$(user_of "$(pid_of b)")" "$(user_of "$(container_pid)")"
}

@test "a first container without annotations is a sandbox for who names it: Podman's infra container" {
	create
	brig start "$ID"
	member_config
	config '.annotations |= { "io.kubernetes.cri-o.SandboxID": .["io.kubernetes.cri.sandbox-id"] }'
	member a
	is "$(user_of "$(pid_of a)")" "$(user_of "$(container_pid)")"
}

@test "rule pod-user: warn says so, harden leaves each container its own ids, refuse refuses" {
	sandbox
	member_config
	policy '.rules["pod-user"] = "warn"'
	member w --debug
	grep -q "warning: the container shares the ids of pod" "$T/out-w" "$LOG"
	policy '.rules["pod-user"] = "harden"'
	member a
	[[ $(user_of "$(pid_of a)") != "$(user_of "$(container_pid)")" ]]
	policy '.rules["pod-user"] = "refuse"'
	fails member b
	says pod-user "/annotations/io.kubernetes.cri.sandbox-id"
	grep -q 'refused by policy: the container is of pod' "$T/audit.jsonl"
}

# --- who goes first --------------------------------------------------------------------------------

@test "a sandbox that is deleted before its containers leaves them the range; the last one frees it" {
	local first
	engine_netns
	sandbox
	first=$(first_id "$(container_pid)")
	member_config
	join network "$NETNS"
	member a
	config '.linux.namespaces |= map(if .type == "ipc" or .type == "uts" then del(.path) else . end)'
	brig delete --force "$ID"
	is "$(first_id "$(pid_of a)")" "$first"
	is "$(reservations)" 1
	# somebody of the pod lives: it is still one pod
	member b
	is "$(user_of "$(pid_of b)")" "$(user_of "$(pid_of a)")"
	brig delete --force "$ID-a"
	is "$(reservations)" 1
	brig delete --force "$ID-b"
	is "$(reservations)" 0
	[[ ! -L /run/brig-ids/pod-$ID ]]
}

@test "a sandbox whose process is gone: its members share among themselves, ids are not taken from the dead" {
	local first
	engine_netns
	sandbox
	first=$(first_id "$(container_pid)")
	member_config
	join network "$NETNS"
	config '.linux.namespaces |= map(if .type == "ipc" or .type == "uts" then del(.path) else . end)'
	brig kill "$ID" KILL
	eventually has_status stopped
	member a
	member b
	[[ $(first_id "$(pid_of a)") != "$first" ]]
	is "$(user_of "$(pid_of b)")" "$(user_of "$(pid_of a)")"
	is "$(reservations)" 2
}

@test "a member whose sandbox has gone with its namespaces is refused, and leaves nothing" {
	local pid
	sandbox
	pid=$(container_pid)
	member_config "$pid"
	brig delete --force "$ID"
	fails member a
	says "/linux/namespaces/"
	nothing_left
}

@test "a pod without a sandbox, its containers created at the same moment: one range, one user namespace" {
	local i
	engine_netns
	config '.annotations = { "io.kubernetes.cri-o.ContainerType": "container", "io.kubernetes.cri-o.SandboxID": "no-such-container" }'
	for i in 1 2 3 4 5 6; do
		brig create --bundle "$BUNDLE" "$ID-$i" </dev/null >"$T/out-$i" 2>&1 &
	done
	wait
	for i in 1 2 3 4 5 6; do
		user_of "$(pid_of "$i")" || complain "$i: $(cat "$T/out-$i")"
	done | sort -u >"$T/seen"
	is "$(wc -l <"$T/seen")" 1
	is "$(reservations)" 1
}

@test "a member waits for the sandbox that another brig is creating" {
	engine_netns
	config --arg id "$ID" '.annotations = { "io.kubernetes.cri.container-type": "sandbox", "io.kubernetes.cri.sandbox-id": $id }'
	policy '.settings.hooks_allow = ["/bin/sleep"]'
	cp "$BUNDLE/config.json" "$T/plain.json"
	config '.hooks = { createRuntime: [{ path: "/bin/sleep", args: ["sleep", "1"] }] }'
	brig create --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>&1 &
	eventually test -s "$ROOT/$ID/state.json"
	mkdir "$T/second"
	jq '.annotations["io.kubernetes.cri.container-type"] = "container"' "$T/plain.json" >"$T/second/config.json"
	BUNDLE=$T/second member a
	wait
	is "$(user_of "$(pid_of a)")" "$(user_of "$(container_pid)")"
}

@test "a pod that shares no namespace, as Podman makes one without an infra container: each has its own ids" {
	config '.annotations = { "io.kubernetes.cri-o.SandboxID": "a-pod" }'
	member a
	member b
	[[ $(user_of "$(pid_of a)") != "$(user_of "$(pid_of b)")" ]]
	is "$(reservations)" 2
}

# --- annotations that lie --------------------------------------------------------------------------

@test "an annotation alone shares nothing: refused at the annotation, with the cause" {
	sandbox
	member_config
	config '.linux.namespaces |= map(del(.path))'
	fails member a
	says "/annotations/io.kubernetes.cri.sandbox-id" "joins no network or ipc namespace of it by path"
	is "$(reservations)" 1
}

@test "the namespaces of one pod and the name of another: refused" {
	sandbox
	member_config
	engine_netns "$NETNS-other"
	fails member a
	says "/annotations/io.kubernetes.cri.sandbox-id" "joins the network namespace of another"
	member_config
	config '.linux.namespaces |= map(select(.type != "ipc"))'
	touch "$T/ipc"
	policy '.settings.namespace_paths_allow = ["'"$T"'"]'
	unshare --ipc="$T/ipc" true || missing "no ipc namespace can be kept here"
	join ipc "$T/ipc"
	fails member b
	umount "$T/ipc"
	says "joins the ipc namespace of another"
}

@test "a pod of another state root is no pod of ours" {
	sandbox
	member_config
	config '.process.args = ["cat", "/proc/self/uid_map"]'
	run "$BRIG" --root "$T/other-root" --policy "$POLICY" run --bundle "$BUNDLE" "$ID-a" </dev/null 3>&-
	[[ $output != *"$(first_id "$(container_pid)")"* ]] || complain "$output"
	says 65536
}

# --- a network of the engine's ---------------------------------------------------------------------

@test "in an engine's network namespace /sys shows that network, read-only, and none of the host's" {
	engine_netns
	nsenter --net="$NETNS" ip link add brigtest0 type bridge || nsenter --net="$NETNS" ip tuntap add brigtest0 mode tun || true
	inside 'ls /sys/class/net; echo x >/sys/kernel/mm/ksm/run; grep " /sys " /proc/self/mountinfo'
	says "Read-only file system" " - sysfs "
	is "$(grep -E '^[a-z0-9]+$' <<<"$output")" "$(nsenter --net="$NETNS" ip -o link | awk -F'[:@ ]+' '{ print $2 }' | sort)"
}

@test "in an engine's network namespace root listens on port 80 and pings, without a capability" {
	engine_netns
	with_echo
	config '.process.capabilities = {}'
	inside '/tmp/echo; nc -l -p 80 </dev/null >/dev/null & sleep 0.2; nc -w 1 127.0.0.1 80 </dev/null && echo connected'
	says reply connected
	is "$(nsenter --net="$NETNS" cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" 0
	is "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" 1024
}

@test "and so does an ordinary user of the container" {
	engine_netns
	with_echo
	config '.process.user = { uid: 1000, gid: 1000 }'
	inside '/tmp/echo'
	says reply
}

@test "the groups that may ping are the container's, and those of others in the same network stay" {
	engine_netns
	with_echo
	config '.linux.sysctl = { "net.ipv4.ping_group_range": "0 0" }'
	inside '/tmp/echo; cat /proc/sys/net/ipv4/ping_group_range'
	says reply $'0\t0'
	running_container
	config '.process.args = ["/tmp/echo"]'
	succeeds brig run --bundle "$BUNDLE" "$ID-other"
	says reply
	succeeds brig exec "$ID" /tmp/echo
	says reply
}

@test "what the engine, or the administrator, has set stays" {
	engine_netns
	with_echo
	nsenter --net="$NETNS" sh -c 'echo 512 >/proc/sys/net/ipv4/ip_unprivileged_port_start'
	config '.linux.sysctl = { "net.ipv4.ping_group_range": "1 0" }'
	inside '/tmp/echo; cat /proc/sys/net/ipv4/ip_unprivileged_port_start'
	says "socket: Permission denied" 512
}

@test "the name of a pod whose uts namespace is an engine's, and of the host's ids" {
	local before
	before=$(hostname)
	mkdir -p /run/utsns
	touch "/run/utsns/brig-$ID"
	unshare --uts="/run/utsns/brig-$ID" true
	join uts "/run/utsns/brig-$ID"
	config '.hostname = "web-7d9" | .domainname = "pods.test"'
	inside 'hostname; cat /proc/sys/kernel/domainname'
	((status == 0)) || complain "$output"
	is "$output" $'web-7d9\npods.test'
	is "$(hostname)" "$before"
}

@test "who names no pod and joins the processes of a container has its ids, and may have the network of a third" {
	local first
	create # docker run
	brig start "$ID"
	first=$(container_pid)
	engine_netns
	config '.process.args = ["sh", "-c", "ls -d /proc/[0-9]*; kill -0 1 && echo signalled; ls -l /proc/1/ns/pid; sleep 600"]'
	join pid "/proc/$first/ns/pid"
	member a # --pid container:
	is "$(user_of "$(pid_of a)")" "$(user_of "$first")"
	eventually grep -q signalled "$T/out-a"
	grep -qx /proc/1 "$T/out-a"
	config '.process.args = ["sleep", "600"] | .linux.namespaces |= map(if .type == "pid" then del(.path) else . end)'
	join ipc "/proc/$first/ns/ipc"
	member b # --ipc container:
	is "$(user_of "$(pid_of b)")" "$(user_of "$first")"
	is "$(reservations)" 1

	policy '.rules["pod-user"] = "refuse"'
	fails member c
	says "pod-user at /linux/namespaces/"
}

@test "setting network_defaults: false leaves the network as it is" {
	engine_netns
	with_echo
	policy '.settings.network_defaults = false'
	inside '/tmp/echo; cat /proc/sys/net/ipv4/ip_unprivileged_port_start'
	says "socket: Permission denied" 1024
}

@test "the sysctls that containerd sets for a sandbox, and all others that Kubernetes calls safe" {
	local key
	engine_netns
	with_echo
	config '.linux.sysctl = {
		"kernel.shm_rmid_forced": "1", "net.ipv4.ip_local_port_range": "20000 30000", "net.ipv4.ip_unprivileged_port_start": "0",
		"net.ipv4.tcp_syncookies": "0", "net.ipv4.ping_group_range": "0 2147483647", "net.ipv4.ip_local_reserved_ports": "20001",
		"net.ipv4.tcp_keepalive_time": "600", "net.ipv4.tcp_fin_timeout": "30", "net.ipv4.tcp_keepalive_intvl": "10",
		"net.ipv4.tcp_keepalive_probes": "5", "net.ipv4.tcp_rmem": "4096 87380 1048576", "net.ipv4.tcp_wmem": "4096 87380 1048576" }'
	inside '/tmp/echo; cat /proc/sys/net/ipv4/tcp_fin_timeout /proc/sys/kernel/shm_rmid_forced'
	is "$output" $'reply\n30\n1'
	for key in net.ipv4.ip_forward net.core.somaxconn net.ipv4.conf.all.route_localnet; do
		config --arg key "$key" '.linux.sysctl = { ($key): "1" }'
		fails create
		says sysctl "$key"
	done
}

@test "a safe sysctl is not set in the host's own network, whatever its name" {
	touch "$T/ns"
	mount --bind /proc/self/ns/net "$T/ns"
	join network "$T/ns"
	policy '.rules["namespace-place"] = "allow" | .rules["host-namespace-path"] = "allow"'
	config '.linux.sysctl = { "net.ipv4.tcp_fin_timeout": "61" }'
	fails create
	says sysctl net.ipv4.tcp_fin_timeout
	# and of itself brig sets nothing there
	config '.linux.sysctl = {}'
	inside 'echo in'
	umount "$T/ns"
	says in
	is "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" 1024
}

@test "the host's network namespace is refused under an engine's path, too" {
	mkdir -p /run/netns
	touch "$NETNS"
	mount --bind /proc/self/ns/net "$NETNS"
	join network "$NETNS"
	fails create
	says host-namespace-path
}

@test "an ipc namespace of the engine's, as CRI-O keeps one: message queues are mounted all the same" {
	mkdir -p /run/ipcns
	touch "/run/ipcns/brig-$ID"
	unshare --ipc="/run/ipcns/brig-$ID" true || missing "no ipc namespace can be kept here"
	join ipc "/run/ipcns/brig-$ID"
	inside 'grep -c " /dev/mqueue .* - mqueue " /proc/self/mountinfo; touch /dev/mqueue/q && ls /dev/mqueue'
	is "$output" $'1\nq'
}
