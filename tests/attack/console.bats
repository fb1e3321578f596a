#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

# The bundle with a terminal, whose output comes to $T/console.
with_terminal() {
	config '.process.terminal = true'
	"$TOOLS/receive-fd" "$T/console.sock" relay >"$T/console" 2>&1 3>&- &
	RECEIVER=$!
	eventually test -S "$T/console.sock"
}

@test "a /dev that the image makes a link puts no console, terminal or device outside" {
	# Class: CVE-2025-52565.
	# Defence: console_attach() in launch/child_rootfs.c: root_place() below the root, a clone of the slave by descriptor.
	# Without: console-place.patch, resolve.patch.
	local outside=/var/tmp/$ID found # where the image has such a place too
	mkdir -m 1777 "$outside"
	own_rootfs
	rm -rf "$BUNDLE/rootfs/dev"
	ln -s "$outside" "$BUNDLE/rootfs/dev"
	config '.mounts |= map(select(.destination | . != "/dev" and . != "/dev/shm" and . != "/dev/mqueue")) | .process.args = ["tty"]'
	with_terminal
	run brig run --console-socket "$T/console.sock" --detach --bundle "$BUNDLE" "$ID" </dev/null
	((status == 0)) || kill $RECEIVER
	wait $RECEIVER || true
	found=$(find "$outside" -mindepth 1)
	rm -rf "$outside"
	is "$found" ""
	((status == 0)) || complain "$output"
	output=$(cat "$T/console")
	says "terminal yes" "$outside/pts/0"
	[[ -e $BUNDLE/rootfs$outside/console && -L $BUNDLE/rootfs$outside/ptmx ]]
}

@test "a /dev/pts/ptmx that is no terminal of a devpts is refused" {
	# Class: CVE-2025-52565 (/dev/pts/N replaced during the bind).
	# Defence: console_open() in launch/console.c: the file must lie on devpts, the slave comes from TIOCGPTPEER.
	# Without: devpts.patch.
	own_rootfs
	rm -rf "$BUNDLE/rootfs/dev"
	mkdir -p "$BUNDLE/rootfs/dev/pts"
	: >"$BUNDLE/rootfs/dev/pts/ptmx"
	config '.mounts |= map(select(.destination | startswith("/dev") | not))'
	with_terminal
	fails create --console-socket "$T/console.sock"
	says "no devpts"
	kill $RECEIVER 2>/dev/null || true
}

@test "TIOCSTI on the container's own terminal is refused" {
	# Class: CVE-2016-10124, CVE-2017-5226: characters typed ahead into a terminal.
	# Defence: seccomp-profiles/default.json, rows TIOCSTI and TIOCLINUX.
	# Without: tiocsti.patch.
	config --arg probes "$PROBES" '.mounts += [{ destination: "/mnt", type: "bind", source: $probes, options: ["bind", "ro"] }] | .process.args = ["/mnt/calls", "tiocsti"]'
	with_terminal
	brig run --console-socket "$T/console.sock" --detach --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>&1
	wait $RECEIVER || true
	output=$(cat "$T/console")
	says "tiocsti EPERM"
}

@test "the caller's terminal is not the workload's to control" {
	# Class: CVE-2017-5226: a workload that shares the session of a terminal.
	# Defence: session() in launch/enter.c: setsid(2).
	# Without: setsid.patch.
	needs_program script
	without seccomp landlock
	config '.process.args = ["sh", "-c", "cut -d\" \" -f6,7 /proc/self/stat; test -t 0 && echo is-a-terminal"]'
	run script -qec "'$BRIG' --root '$ROOT' --policy '$POLICY' run --bundle '$BUNDLE' '$ID'" /dev/null </dev/null 3>&-
	says is-a-terminal "1 0"
}
