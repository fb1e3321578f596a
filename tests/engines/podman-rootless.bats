#!/usr/bin/env bats
# Podman of an ordinary user, who has subordinate ids and a systemd of their own; docs/podman.md.
load common

IMAGE=example.test/busybox:1
export NAME=brig-podman UID_OF=1717

setup_file() {
	only_in_a_guest
	install_brig
	useradd --create-home --uid "$UID_OF" --shell /bin/bash "$NAME"
	loginctl enable-linger "$NAME"
	eventually test -S "/run/user/$UID_OF/bus"
	install -D -o "$NAME" -m 644 "$TREE/contrib/podman/brig.conf" "/home/$NAME/.config/containers/containers.conf.d/brig.conf"
	# pasta wants an uplink, which the guest has not.
	printf '[network]\ndefault_rootless_network_cmd = "slirp4netns"\n' >"/home/$NAME/.config/containers/containers.conf"
	chown -R "$NAME:" "/home/$NAME"
	make_image "$BATS_FILE_TMPDIR/image.tar" "$IMAGE"
	podman load --quiet <"$BATS_FILE_TMPDIR/image.tar"
}

teardown_file() {
	[[ -e /brig/.vm/command ]] || return 0
	podman pod rm --all --force --time 0 >/dev/null
	podman rm --all --force --time 0 >/dev/null
	nothing_is_left "/run/user/$UID_OF/brig" || return # before that directory goes
	loginctl disable-linger "$NAME"
	loginctl terminate-user "$NAME"
}

# In the user's own directory, with the user's bus.
AS_USER=(timeout --foreground "$WITHIN" setpriv --reuid "$UID_OF" --regid "$UID_OF" --init-groups env -i -C "/home/$NAME" HOME="/home/$NAME"
	USER="$NAME" PATH="$PATH" XDG_RUNTIME_DIR="/run/user/$UID_OF" DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$UID_OF/bus")

podman() {
	"${AS_USER[@]}" podman --runtime brig "$@" 3>&-
}

@test "run under both cgroup managers; no id of the container's is one of the host's but the user's" {
	run podman run --rm "$IMAGE" sh -c 'id -u; tr -s " " </proc/self/uid_map; exit 7' </dev/null
	((status == 7))
	is "$output" $'0\n 0 0 1\n 1 1 65536'
	is "$(podman --cgroup-manager cgroupfs run --rm "$IMAGE" echo cgroupfs </dev/null)" cgroupfs
	run script -qec "${AS_USER[*]} podman --runtime brig run --rm -it $IMAGE tty" /dev/null </dev/null 3>&-
	says /dev/pts/0
}

@test "exec, top, health, stats, cp, diff, update, pause, stop" {
	local pid
	podman run --detach --name worker --pidfile worker.pid --health-cmd 'test -e /made' --health-interval 1h "$IMAGE" sh -c 'trap "exit 3" TERM; while :; do sleep 0.1; done' >/dev/null </dev/null
	pid=$(cat "/home/$NAME/worker.pid")
	is "$(awk '$1 == 0 { print $2 }' "/proc/$pid/uid_map")" "$UID_OF"
	run podman exec worker sh -c 'id -u; touch /made; exit 9' </dev/null
	((status == 9))
	is "$output" 0
	succeeds podman healthcheck run worker
	is "$(podman top worker pid | sed -n 2p)" 1
	succeeds podman stats --no-stream --format '{{.PIDs}}' worker
	[[ $output == [1-4] ]] # a health check may be at work
	succeeds podman cp /etc/hostname worker:/put
	is "$(stat -c %u "/proc/$pid/root/put")" "$UID_OF"
	is "$(podman diff worker | sort | tr '\n' ' ')" "A /made A /put C /etc "
	succeeds podman update --memory 100m worker
	is "$(cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup")/memory.max")" 104857600
	succeeds podman pause worker
	succeeds podman unpause worker
	succeeds podman stop --time 60 worker
}

@test "--read-only, --tmpfs, --userns=auto" {
	run podman run --rm --read-only --tmpfs /scratch:size=1m "$IMAGE" sh -c '
		exec 2>&1
		touch /tmp/x /scratch/x && echo written; touch /x' </dev/null
	is "$output" $'written\ntouch: /x: Read-only file system'
	# Ids of its own among the user's: its root is not the user.
	succeeds podman run --rm --userns=auto "$IMAGE" sh -c 'touch /made; stat -c %u /made; cat /proc/self/uid_map' </dev/null
	grep -qE '^ +0 +[1-9][0-9]* +[0-9]+$' <<<"$output" || complain "the user's own id: $output"
	is "$(head -n 1 <<<"$output")" 0
}

@test "volumes, a secret, an overlay of a source and of an image: files stay the user's" {
	install -d -o "$NAME" "/home/$NAME/source"
	install -o "$NAME" /etc/hostname "/home/$NAME/source/file"
	echo hidden | podman secret create hidden - >/dev/null
	run podman run --rm --volume pages:/pages --volume ./source:/source --volume ./source:/over:O --secret hidden \
		--mount type=image,source=$IMAGE,destination=/image "$IMAGE" sh -c '
		touch /pages/mine; echo more >>/source/file; touch /over/new; ls /over; ls -d /image/bin; cat /run/secrets/hidden' </dev/null
	is "$output" $'file\nnew\n/image/bin\nhidden'
	is "$(tail -n 1 "/home/$NAME/source/file"; stat -c %u "/home/$NAME/source/file"; ls "/home/$NAME/source")" $'more\n'"$UID_OF"$'\nfile'
}

@test "a pod shares its network; root listens on port 80 there, and a port is published" {
	podman pod create --name pod --publish 127.0.0.1:8097:80 --infra-image "$IMAGE" --infra-command 'sleep 600' >/dev/null
	podman run --detach --pod pod --name one "$IMAGE" httpd -f -p 80 -h /etc >/dev/null </dev/null
	eventually answers root: busybox wget -qO- http://127.0.0.1:8097/passwd
	run podman run --rm --pod pod "$IMAGE" wget -qO- http://127.0.0.1/passwd </dev/null
	says root:
}

@test "what reaches for the host is refused, and the message names the rule" {
	run podman run --rm --network=host "$IMAGE" true </dev/null
	((status == 126))
	says "refused by policy" "(host-network at "
}
