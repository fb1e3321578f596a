#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

dispose() {
	umount "$T/alias" 2>/dev/null || true
	[[ -z ${LISTENER-} ]] || kill "$LISTENER" 2>/dev/null || true
	[[ -z ${VICTIM-} ]] || kill "$VICTIM" 2>/dev/null || true
}

@test "a namespace path that is the host's is refused, by whatever name" {
	# Class: joining the host by path.
	# Defence: rule host-namespace-path: namespace_is_host() in policy/rules_namespaces.c; join_open() in launch/spawn.c.
	# Without: host-namespace.patch.
	local kind name path
	ln -s /proc/1/ns "$T/link"
	policy '.rules["namespace-place"] = "allow" | .rules["join-mount"] = "allow"'
	for kind in network:net user:user pid:pid ipc:ipc uts:uts cgroup:cgroup mount:mnt; do
		name=${kind#*:}
		for path in "/proc/1/ns/$name" "/proc/$$/ns/$name" "$T/link/$name" "/proc/1/../1/ns/./$name"; do
			config --arg kind "${kind%:*}" --arg path "$path" '.linux.namespaces |= (map(select(.type != $kind)) + [{ type: $kind, path: $path }])'
			fails create
			says "host-namespace-path"
		done
		config --arg kind "${kind%:*}" '.linux.namespaces |= (map(select(.type != $kind)) + [{ type: $kind }])'
	done
}

@test "a namespace of the host under another name, bound to a file, is refused" {
	# Class: joining the host by path, /run/docker/netns/default.
	# Defence: rule host-namespace-path, and join_open(): the inode counts.
	# Without: host-namespace.patch.
	local kind
	touch "$T/alias"
	"$PROBES/bind" "/proc/$$/ns/net" "$T/alias"
	policy '.rules["namespace-place"] = "allow"'
	config --arg path "$T/alias" '.linux.namespaces |= (map(select(.type != "network")) + [{ type: "network", path: $path }])'
	fails create
	says "host-namespace-path"
}

@test "a namespace file cannot be brought in by a mount" {
	# Class: /proc/1/ns as a bind mount, then setns(2).
	# Defence: rule bind-proc: path and file system (nsfs) in policy/host_paths.c.
	# Seen: with rules bind-proc and bind-host allowed, and files that are not shifted, the host's namespace was mounted (the end of the test).
	local source
	touch "$T/alias"
	"$PROBES/bind" "/proc/$$/ns/net" "$T/alias"
	ln -s "/proc/$$/ns/mnt" "$T/link"
	for source in "/proc/$$/ns/net" /proc/1/ns/net /proc/self/ns/mnt /proc/1/root /proc/1 /proc "$T/link" "$T/alias"; do
		[[ -e $source ]] || continue
		config --arg source "$source" '.mounts = [.mounts[] | select(.destination != "/tmp/x")] + [{ destination: "/tmp/x", type: "bind", source: $source, options: ["rbind", "ro"] }]'
		fails create
		says "refused by policy" "/mounts/"
	done
	policy '.rules["bind-proc"] = "allow" | .rules["bind-host"] = "allow" | .settings.bind_allow = ["/proc"] | .settings.rootfs_ids = "as-is"'
	config --arg source "$T/alias" '.mounts[-1] |= (.source = $source | .options = ["bind", "ro"])'
	inside 'grep " /tmp/x " /proc/self/mountinfo'
	says "$(readlink "/proc/$$/ns/net")"
}

@test "no process of the host can be seen or signalled" {
	# Class: signals to the host, and from one container to another.
	# Defence: the pid namespace (rule host-pid), other ids than the host's.
	# Seen: on the plain kernel a process of the same user id signalled it (the first lines of the test). With host-pid allowed and no
	# pid namespace the victim was seen, and its ids still protected it; without a user namespace too it was signalled (the end).
	needs_program setpriv
	setpriv --reuid 1000 --clear-groups sleep 300 3>&- &
	VICTIM=$!
	eventually grep -q "^Uid:.1000" "/proc/$VICTIM/status"
	run setpriv --reuid 1000 --clear-groups /proc/self/fd/9 "signal=$VICTIM" 9<"$PROBES/calls"
	says "signal ok"
	without landlock seccomp
	config '.process.user = { uid: 1000, gid: 1000 }'
	attack "calls signal=$VICTIM; ls -d /proc/$VICTIM; kill -9 -1"
	kill -0 $VICTIM
	says "signal ESRCH" "No such file"
	policy '.rules["host-pid"] = "allow"'
	config '.linux.namespaces |= map(select(.type != "pid")) | .mounts |= map(select(.destination != "/proc"))'
	attack "calls signal=$VICTIM"
	says "signal EPERM"
	# not even with the capability over its own user namespace
	grant CAP_KILL
	attack "calls signal=$VICTIM"
	kill -0 $VICTIM
	says "signal EPERM"
	policy '.rules["host-user"] = "allow" | .settings.capabilities = []'
	config 'del(.process.capabilities) | .linux.namespaces |= map(select(.type != "user"))'
	attack "calls signal=$VICTIM"
	says "signal ok"
}

@test "an abstract socket of the host is out of reach" {
	# Class: CVE-2020-15257 (containerd-shim's abstract socket).
	# Defence: the network namespace: rule host-network.
	# Seen: with host-network allowed and no network namespace: "abstract-socket ok" (the end of the test).
	needs_program python3
	python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind("\0" + sys.argv[1]); s.listen(); time.sleep(60)' "$ID" 3>&- &
	LISTENER=$!
	eventually grep -q "@$ID" /proc/net/unix
	without landlock seccomp
	attack "calls abstract-socket=$ID"
	refused_each abstract-socket
	policy '.rules["host-network"] = "allow"'
	config '.linux.namespaces |= map(select(.type != "network")) | .mounts |= map(select(.destination | startswith("/sys") | not))'
	attack "calls abstract-socket=$ID"
	says "abstract-socket ok"
}

@test "new user namespaces are refused by seccomp, each way" {
	# Class: the kernel's attack surface behind CLONE_NEWUSER (CVE-2022-0185, CVE-2023-32233 and many more).
	# Defence: seccomp-profiles/default.json: masks on clone and unshare, ENOSYS for clone3, no setns.
	# Seen: without seccomp all three went through (the end of the test).
	attack 'calls unshare-user clone-user clone3-user setns=/proc/self/ns/user'
	refused_each unshare-user clone-user clone3-user setns
	without seccomp
	attack 'calls unshare-user clone-user clone3-user'
	says "unshare-user ok" "clone-user ok" "clone3-user ok"
}

@test "no process of the host can be traced, even where it is seen" {
	# Class: ptrace(2), process_vm_readv(2) and pidfd_getfd(2) on processes of the host.
	# Defence: the user namespace (rule host-user): CAP_SYS_PTRACE over it is none over the host's processes; the pid namespace above it.
	# Seen: from the host itself "seize ok" (the first lines of the test); with no user namespace, from a container (the end).
	sleep 300 3>&- &
	VICTIM=$!
	run "$PROBES/calls" "seize=$VICTIM" "pidfd-getfd=$VICTIM"
	says "seize ok" "pidfd-getfd ok"
	without landlock seccomp
	grant CAP_SYS_PTRACE CAP_KILL
	attack "calls seize=$VICTIM pidfd-getfd=$VICTIM"
	says "seize ESRCH" "pidfd-getfd ESRCH"
	policy '.rules["host-pid"] = "allow"'
	config '.linux.namespaces |= map(select(.type != "pid")) | .mounts |= map(select(.destination != "/proc"))'
	attack "calls seize=$VICTIM pidfd-getfd=$VICTIM signal=$VICTIM"
	says "seize EPERM" "pidfd-getfd EPERM" "signal EPERM"
	is "$(awk '/^TracerPid/ { print $2 }' /proc/$VICTIM/status)" 0
	policy '.rules["host-user"] = "allow"'
	config '.linux.namespaces |= map(select(.type != "user"))'
	attack "calls seize=$VICTIM"
	says "seize ok"
}
