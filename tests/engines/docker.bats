#!/usr/bin/env bats
# Docker, as docs/docker.md sets it up: containerd's shim runs brig, dockerd gives it a hook.
load common

IMAGE=example.test/busybox:1
STATE=/var/run/docker/runtime-runc/moby

setup_file() {
	only_in_a_guest
	install_brig
	install -D -m 644 "$TREE/contrib/docker/policy.json" /etc/brig/policy.d/docker.json
	install -D -m 644 "$TREE/contrib/docker/daemon.json" /etc/docker/daemon.json
	systemctl restart docker
	make_image "$BATS_FILE_TMPDIR/image.tar" "$IMAGE"
	docker load --quiet --input "$BATS_FILE_TMPDIR/image.tar"
	docker network create backend >/dev/null
}

teardown_file() {
	[[ -e /brig/.vm/command ]] || return 0
	docker ps --all --quiet | xargs -r docker rm --force >/dev/null
	docker network rm backend >/dev/null
	systemctl stop docker docker.socket
	rm /etc/docker/daemon.json /etc/brig/policy.d/docker.json
	nothing_is_left "$STATE"
}

# run_brig [OPTIONS] COMMAND…: what it prints is $output; bats' descriptor stays here
run_brig() {
	run timeout "$WITHIN" docker run --runtime brig "$@" </dev/null 3>&-
}

container_process() { # NAME
	docker inspect --format '{{.State.Pid}}' "$1"
}

limit_is() { # NAME FILE VALUE
	is "$(cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(container_process "$1")/cgroup")/$2")" "$3"
}

@test "containers of a network reach each other by name; root listens on port 80 and pings; files keep their owners" {
	mkdir -p "$T/data"
	run_brig --detach --name web --network backend --publish 127.0.0.1:8080:80 \
		--volume pages:/www --volume "$T/data:/data" --volume "$TOOLS/echo:/echo:ro" "$IMAGE" \
		sh -c 'echo hello >/www/index.html; touch /data/mine; chown 1000:1000 /data/mine; echo started; exec httpd -f -p 80 -h /www'
	((status == 0)) || complain "$output"
	has_random_ids "$(container_process web)"
	eventually answers hello busybox wget -qO- http://127.0.0.1:8080/
	run_brig --rm --network backend "$IMAGE" wget -qO- http://web/
	is "$output" hello
	succeeds docker exec web /echo
	says reply
	eventually answers started docker logs web
	is "$(stat -c %u:%g /var/lib/docker/volumes/pages/_data/index.html "$T/data/mine" | tr '\n' ' ')" "0:0 1000:1000 "
	docker rm --force --volumes web >/dev/null
	docker volume rm pages >/dev/null
}

@test "exec, top, stats, pause, update, cp, diff, commit, stop, start, kill" {
	run_brig --detach --name worker --ipc shareable --memory 64m --pids-limit 50 --cpus 0.5 "$IMAGE" \
		sh -c 'trap "exit 3" TERM; touch /made; sleep 601 & while :; do sleep 0.1; done'
	((status == 0)) || complain "$output"
	grep -q '^0::/system.slice/docker-.*\.scope' "/proc/$(container_process worker)/cgroup"
	limit_is worker memory.max 67108864
	limit_is worker pids.max 50
	limit_is worker cpu.max "50000 100000"

	run docker exec --user 1000 --workdir /tmp --env A=b worker sh -c 'id -u; pwd; echo $A; exit 7' 3>&-
	((status == 7))
	is "$output" $'1000\n/tmp\nb'
	is "$(echo through | docker exec --interactive worker cat 3>&-)" through
	fails docker exec worker no-such-program
	says 'executable file not found in $PATH'
	run_brig --rm --pid container:worker --ipc container:worker "$IMAGE" ps -o args
	grep -qx 'sleep 601' <<<"$output" # the shell has these words among its own
	docker top worker -o pid,args | grep -qE '^[0-9]+ +sleep 601$'
	docker stats --no-stream --format '{{.MemUsage}} {{.PIDs}}' worker | grep -q '/ 64MiB [2-4]$'

	docker pause worker
	is "$(docker inspect --format '{{.State.Status}}' worker)" paused
	docker unpause worker
	docker update --memory 128m --memory-swap 128m --pids-limit 70 --cpus 0.7 worker
	limit_is worker memory.max 134217728
	limit_is worker pids.max 70
	limit_is worker cpu.max "70000 100000"

	echo copied >"$T/file"
	docker cp --quiet "$T/file" worker:/made/../copied
	is "$(docker exec worker stat -c %u:%g /copied 3>&-)" 0:0
	is "$(docker cp worker:/made - | tar --list --verbose --numeric-owner | cut -d' ' -f2)" 0/0
	docker diff worker | grep -qx 'A /made'
	docker commit worker example.test/worker:1 >/dev/null
	docker stop --time 60 worker
	is "$(docker inspect --format '{{.State.ExitCode}}' worker)" 3
	docker start worker
	docker kill worker
	is "$(docker wait worker)" 137
	docker rm worker
	run_brig --rm --read-only --user 1000:1000 --tmpfs /run:mode=1777 example.test/worker:1 \
		sh -c 'exec 2>&1; id -u; stat -c %u /copied; touch /run/y && ! touch /x'
	((status == 0)) || complain "$output"
	says $'1000\n0\n' "/x: Read-only file system"
	docker rmi example.test/worker:1 >/dev/null
}

@test "a shared network, an init, mounts, health checks, attach; more rights than the policy's are not given" {
	local pid
	mkdir "$T/source"
	run_brig --detach --name holder --network backend "$IMAGE" httpd -f -p 80 -h /etc
	run_brig --detach --name many --network container:holder --init --mount type=tmpfs,destination=/scratch \
		--mount "type=bind,source=$T/source,target=/source,readonly" --health-cmd 'test -e /scratch/made' --health-interval 1s \
		--cap-add SYS_ADMIN --cap-add SYS_PTRACE --security-opt seccomp=unconfined --security-opt no-new-privileges=false "$IMAGE" \
		sh -c 'touch /scratch/made; touch /source/made; exec sleep 600'
	((status == 0)) || complain "$output"
	pid=$(container_process many)
	[[ $(<"/proc/$pid/comm") != sleep ]]
	eventually pgrep -P "$pid" -x sleep
	is "$(sed -n 's/^\(Seccomp\|NoNewPrivs\):[[:space:]]*//p' "/proc/$pid/status" | xargs)" "1 2"
	# neither CAP_SYS_PTRACE, 19, nor CAP_SYS_ADMIN, 21
	is "$((0x$(sed -n 's/^CapBnd:[[:space:]]*//p' "/proc/$pid/status") & (1 << 19 | 1 << 21)))" 0
	eventually answers root: docker exec many wget -qO- http://127.0.0.1/passwd
	is "$(readlink "/proc/$pid/ns/net")" "$(readlink "/proc/$(container_process holder)/ns/net")"
	eventually answers 'is healthy' docker inspect --format 'is {{.State.Health.Status}}' many
	is "$(ls "$T/source")" ""

	# Docker drops what a container says right before its end.
	run_brig --detach --interactive --name listener "$IMAGE" sh -c 'read -r line; echo "got $line"; read -r line; exit 4'
	: >"$T/attached"
	status=0
	# shellcheck disable=SC2094 # that is what is waited for
	{ echo word && eventually grep -qx 'got word' "$T/attached" && echo end; } | timeout "$WITHIN" docker attach listener >"$T/attached" 3>&- || status=$?
	((status == 4)) || complain "status $status: $(<"$T/attached")"
	docker rm --force many holder listener
}

@test "a terminal" {
	run timeout "$WITHIN" script --quiet --return --command \
		"stty rows 33 cols 77; docker run --rm --tty --runtime brig $IMAGE sh -c 'tty; stty size; cat /proc/self/uid_map'" \
		/dev/null </dev/null 3>&-
	((status == 0)) || complain "$output"
	says /dev/pts/0 "33 77" 65536
}

@test "what would share the host is refused, and the rule is named" {
	local row
	local -A rule=(
		["--privileged"]=device
		["--network host"]=host-network
		["--pid host"]=host-pid
		["--ipc host"]=host-ipc
		["--device /dev/kmsg"]=device
		["--mount type=bind,source=$T,target=/t,bind-propagation=rshared"]=mount-propagation
		["--volume /:/host"]=bind-root
		["--volume /var/run/docker.sock:/socket"]=engine-socket
	)
	for row in "${!rule[@]}"; do
		# shellcheck disable=SC2086 # words
		run_brig --rm $row "$IMAGE" true
		((status != 0)) || complain "not refused: $row"
		says "refused by policy" "(${rule[$row]} at /"
	done
}

@test "brig as the default runtime; cgroup driver cgroupfs" {
	jq '. + { "exec-opts": ["native.cgroupdriver=cgroupfs"], "default-runtime": "brig" }' "$TREE/contrib/docker/daemon.json" >/etc/docker/daemon.json
	systemctl restart docker
	run timeout "$WITHIN" docker run --detach --name plain --memory 64m "$IMAGE" sleep 60 </dev/null 3>&-
	((status == 0)) || complain "$output"
	has_random_ids "$(container_process plain)"
	grep -q "^0::/docker/$(docker inspect --format '{{.Id}}' plain)\$" "/proc/$(container_process plain)/cgroup"
	limit_is plain memory.max 67108864
	docker exec plain true 3>&-
	docker rm --force plain
}
