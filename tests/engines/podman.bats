#!/usr/bin/env bats
# Podman as root, as docs/podman.md sets it up.
load common

IMAGE=example.test/busybox:1 NGINX=example.test/nginx:1

setup_file() {
	only_in_a_guest
	install_brig
	install -D -m 644 "$TREE/contrib/podman/brig.conf" /etc/containers/containers.conf.d/brig.conf
	install -d /etc/brig/policy.d
	echo '{ "rules": { "restore-weaker": "warn" }, "settings": { "scope_abstract_sockets": false } }' >/etc/brig/policy.d/podman.json
	# for --userns=auto
	# By programs that lock the files: other suites add users meanwhile.
	useradd --system --no-create-home containers
	usermod --add-subuids 200000000-200999999 --add-subgids 200000000-200999999 containers
	# Docker, which may run beside us, forwards for its own networks alone.
	iptables -I FORWARD -i podman+ -j ACCEPT
	make_image "$BATS_FILE_TMPDIR/image.tar" "$IMAGE"
	podman load --quiet --input "$BATS_FILE_TMPDIR/image.tar"
	make_server_image "$BATS_FILE_TMPDIR/nginx.tar" "$NGINX"
	podman load --quiet --input "$BATS_FILE_TMPDIR/nginx.tar"
}

teardown_file() {
	[[ -e /brig/.vm/command ]] || return 0
	podman events --stream=false --filter event=create --format '{{.ID}}' | sort -u >"$BATS_FILE_TMPDIR/ids"
	podman pod rm --all --force --time 0 >/dev/null
	podman rm --all --force --time 0 >/dev/null
	podman rmi --all --force >/dev/null
	iptables -D FORWARD -i podman+ -j ACCEPT
	userdel containers
	rm /etc/brig/policy.d/podman.json
	[[ -s $BATS_FILE_TMPDIR/ids ]] || complain "Podman tells of no container" || return
	eventually nothing_is_left_of_podman || complain "left behind:"$'\n'"$(left_of_podman)"
}

# Of these containers: those of other files may be there.
left_of_podman() {
	find /run/brig -mindepth 1 -maxdepth 1 | grep -Ff "$BATS_FILE_TMPDIR/ids"
	grep -rFf "$BATS_FILE_TMPDIR/ids" --exclude=mapped /run/brig-ids
}

# What conmon calls when a container has ended may still be at work.
nothing_is_left_of_podman() {
	[[ -z $(left_of_podman) ]]
}

# Not bats' descriptor: conmon would keep it.
podman() {
	timeout "$WITHIN" podman --runtime brig "$@" 3>&-
}

# A start of podman takes longer than anything else here: few of them, and what the host can tell is asked there.
run_detached() { # NAME [OPTIONS] COMMAND…
	local name=$1
	shift
	podman run --detach --name "$name" --pidfile "$BATS_FILE_TMPDIR/$name.pid" "$@" </dev/null >/dev/null
}

process_of() { # NAME
	cat "$BATS_FILE_TMPDIR/$1.pid"
}

cgroup_file() { # NAME FILE
	cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(process_of "$1")/cgroup")/$2"
}

@test "run: output, status, a terminal; a command that is not there" {
	run podman run --rm "$IMAGE" sh -c 'echo out; exit 7' </dev/null
	((status == 7))
	is "$output" out
	run script -qec "podman --runtime brig run --rm -it $IMAGE tty" /dev/null </dev/null 3>&-
	says /dev/pts/0
	run -127 podman run --rm "$IMAGE" no-such-program </dev/null
	says 'executable file not found in $PATH'
}

@test "create, cp, start, exec, top, stats, health, diff, commit, update, pause, logs, stop, rm" {
	local upper
	echo put >"$T/put"
	podman create --name worker --pidfile "$BATS_FILE_TMPDIR/worker.pid" --pids-limit 50 --health-cmd 'test -e /made' --health-interval 1h "$IMAGE" \
		sh -c 'trap "exit 3" TERM; touch /made; chown 1000:1001 /made; echo logged; while :; do sleep 0.1; done' >/dev/null
	succeeds podman cp "$T/put" worker:/put
	succeeds podman start worker
	has_random_ids "$(process_of worker)"
	is "$(cgroup_file worker pids.max)" 50

	run podman exec --user 1000 --workdir /tmp --env A=b worker sh -c 'id -u; pwd; echo $A; cat /put; exit 9' </dev/null
	((status == 9))
	is "$output" $'1000\n/tmp\nb\nput'
	succeeds podman healthcheck run worker
	is "$(podman top worker pid | sed -n 2p)" 1
	succeeds podman stats --no-stream --format '{{.PIDs}}' worker
	[[ $output == [1-4] ]] # a health check may be at work

	# The owners on disk are those inside, as under any runtime.
	upper=$(podman inspect --format '{{.GraphDriver.Data.UpperDir}}' worker)
	is "$(stat -c %u:%g "$upper/made")" 1000:1001
	is "$(podman diff worker | grep -c made)" 1
	podman commit --quiet worker example.test/committed >/dev/null
	is "$(podman run --rm example.test/committed stat -c %u:%g /made </dev/null)" 1000:1001
	succeeds podman cp worker:/made "$T/made"
	# Into one that runs: by its own hands.
	tar -C "$T" -c made | podman exec --interactive worker tar -x -C /tmp
	[[ -e /proc/$(process_of worker)/root/tmp/made ]]

	succeeds podman update --memory 128m worker
	is "$(cgroup_file worker memory.max)" 134217728
	succeeds podman pause worker
	succeeds podman unpause worker
	eventually answers logged podman logs worker
	succeeds podman stop --time 60 worker
	is "$(podman inspect --format '{{.State.ExitCode}}' worker)" 3
	succeeds podman rm worker
	is "$(find "$upper/.." -maxdepth 1 -name '.brig-*' 2>/dev/null)" ""
}

@test "networks: nginx as root listens on port 80, and ping works, without a capability; names, published ports, a shared network" {
	local pid worker
	podman network create --subnet 10.89.78.0/24 backend >/dev/null
	run_detached web --network backend --publish 127.0.0.1:8098:80 --cap-drop NET_BIND_SERVICE "$NGINX"
	eventually answers 'Welcome to nginx' busybox wget -qO- http://127.0.0.1:8098/
	pid=$(process_of web)
	has_random_ids "$pid"
	worker=$(pgrep -P "$pid" | head -n 1)
	is "$(stat -c %u "/proc/$worker")" "$(($(stat -c %u "/proc/$pid") + 33))"
	eventually answers '"GET / HTTP/1' podman logs web
	succeeds podman run --rm --network backend "$IMAGE" wget -qO- http://web/ </dev/null
	says 'Welcome to nginx'
	succeeds podman run --rm --network container:web "$IMAGE" wget -qO- http://127.0.0.1/ </dev/null
	says 'Welcome to nginx'
	succeeds podman exec web /usr/bin/ping -c 1 10.89.78.1
	says '1 received'
}

@test "volumes, a socket, secrets, overlays of a source and of an image: owners on disk are those inside" {
	local data=/var/lib/containers/storage/volumes/pages/_data
	mkdir -p "$T/closed/source"
	chmod 700 "$T/closed"
	echo source >"$T/closed/source/file"
	listen_at "$T/closed/socket" "$T/heard"
	echo hidden | podman secret create hidden - >/dev/null
	run podman run --rm --volume pages:/pages --volume "$T/closed/source:/source" --volume "$T/closed/source:/over:O" \
		--volume "$T/closed/socket:/dev/log" --secret hidden --mount type=image,source=$IMAGE,destination=/image "$IMAGE" sh -c '
		exec 2>&1 # two pipes have no order
		logger from-podman
		touch /pages/mine; chown 1000:1000 /pages/mine; echo more >>/source/file
		echo gone >>/over/file; touch /over/new; ls /over
		cat /run/secrets/hidden; ls -d /image/bin; touch /image/new' </dev/null
	is "$output" $'file\nnew\nhidden\n/image/bin\ntouch: /image/new: Read-only file system'
	eventually grep -q from-podman "$T/heard"
	is "$(stat -c %u:%g "$data/mine" "$T/closed/source/file" | tr '\n' ' ')" "1000:1000 0:0 "
	is "$(cat "$T/closed/source/file"; ls "$T/closed/source")" $'source\nmore\nfile'
}

@test "--read-only, --tmpfs, --userns=auto" {
	run podman run --rm --read-only --tmpfs /scratch:size=1m "$IMAGE" sh -c 'touch /tmp/x /scratch/x && echo written; touch /x' </dev/null
	says written "/x: Read-only file system"
	# Podman binds a directory of its own at /run/secrets, read-only as well, and the secret in it.
	echo hidden | podman secret create of-read-only - >/dev/null
	run podman run --rm --read-only --secret of-read-only "$IMAGE" sh -c 'cat /run/secrets/of-read-only; touch /run/secrets/x' </dev/null
	says hidden "/run/secrets/x: Read-only file system"
	# A mapping that Podman chooses is kept; then it can put files into a container that runs.
	run_detached auto --userns=auto "$IMAGE" sleep 600
	is "$(tr -s ' ' <"/proc/$(process_of auto)/uid_map")" " 0 200000000 1024"
	succeeds podman cp /etc/hostname auto:/put
	is "$(stat -c %u "/proc/$(process_of auto)/root/put")" 200000000
}

@test "a pod: two containers with one range, network and ipc; it is stopped and started again" {
	podman pod create --name pod --infra-image "$IMAGE" --infra-command 'sleep 600' >/dev/null
	run_detached one --pod pod "$IMAGE" httpd -f -p 80 -h /etc
	run_detached two --pod pod "$IMAGE" sleep 600
	has_random_ids "$(process_of one)"
	for kind in user net ipc; do
		is "$(readlink "/proc/$(process_of one)/ns/$kind")" "$(readlink "/proc/$(process_of two)/ns/$kind")"
	done
	[[ $(readlink "/proc/$(process_of one)/ns/mnt") != $(readlink "/proc/$(process_of two)/ns/mnt") ]]
	eventually answers root: podman exec two wget -qO- http://127.0.0.1/passwd
	succeeds podman pod stop --time 0 pod
	succeeds podman pod start pod
	has_random_ids "$(process_of two)"
	is "$(cat "/proc/$(process_of one)/uid_map")" "$(cat "/proc/$(process_of two)/uid_map")"
}

@test "what reaches for the host is refused, and the message names the rule" {
	run podman run --rm --privileged "$IMAGE" true </dev/null
	((status == 126))
	says "refused by policy" "(device at "
	run podman run --rm --network=host --pid=host "$IMAGE" true </dev/null
	((status == 126))
	says "refused by policy" "(host-network at " "(host-pid at "
	run podman run --rm --volume=/:/host "$IMAGE" true </dev/null
	((status == 126))
	says "refused by policy" "(bind-root at "
}

# tells PID LIFE NUMBER: the process of this LIFE has counted beyond NUMBER; sets $life and $count. The file is empty
# for a moment each time that it is written.
tells() {
	read -r life count <"/proc/$1/root/tmp/n" && [[ $life == *"$2" ]] && ((count > $3))
}

@test "container checkpoint, and restore" {
	local pid mapping key life='' count=0
	run_detached counter --publish 127.0.0.1:8090:80 "$IMAGE" sh -c '(while :; do nc -l -p 80 -e cat /tmp/n; done) &
		read -r life </proc/sys/kernel/random/uuid
		i=0; while :; do i=$((i+1)); echo $life $i >/tmp/m; mv /tmp/m /tmp/n; sleep 0.1; done'
	pid=$(process_of counter)
	mapping=$(<"/proc/$pid/uid_map")
	eventually tells "$pid" '' 0
	succeeds podman container checkpoint counter
	is "$(podman inspect --format '{{.State.Status}}' counter)" exited
	podman container restore counter >"$T/out" 2>&1 || complain "$(<"$T/out")"
	pid=$(podman inspect --format '{{.State.Pid}}' counter)
	is "$(<"/proc/$pid/uid_map")" "$mapping"
	has_random_ids "$pid"
	key=$(podman inspect --format '{{.NetworkSettings.SandboxKey}}' counter)
	is "$(stat -Lc %i "/proc/$pid/ns/net")" "$(stat -Lc %i "$key")"
	answers() { [[ $(timeout 5 busybox nc 127.0.0.1 8090 </dev/null) == "$life "* ]]; }
	eventually answers
	is "$(sed -n 's/^Seccomp:[[:space:]]*//p' "/proc/$pid/status")" 2
	# The file is in the container's layer: that it is there says nothing.
	eventually tells "$pid" "$life" "$count"
	eventually tells "$pid" "$life" "$count"
	succeeds podman exec counter true
	podman rm --force --time 0 counter >/dev/null
}
