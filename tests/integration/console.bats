#!/usr/bin/env bats
load ../lib/common

receiver() { # MODE
	"$TOOLS/receive-fd" "$T/console.sock" "$1" >"$T/console" 3>&- &
	RECEIVER=$!
	eventually test -S "$T/console.sock"
}

dispose() {
	[[ -z ${RECEIVER-} ]] || kill "$RECEIVER" 2>/dev/null || true
}

@test "the console socket gets one descriptor, a terminal of the size asked for" {
	config '.process.terminal = true | .process.consoleSize = { height: 33, width: 99 }
		| .process.args = ["sh", "-c", "tty; stty size; test -t 0 -a -t 1 -a -t 2 && echo three"]'
	receiver relay
	create --console-socket "$T/console.sock"
	eventually grep -qx "descriptors 1" "$T/console"
	eventually grep -qx "terminal yes" "$T/console"
	eventually grep -qx "size 33 99" "$T/console"
	brig start "$ID"
	wait "$RECEIVER"
	tr -d '\r' <"$T/console" >"$T/text"
	grep -qx "33 99" "$T/text"
	grep -qx three "$T/text"
	grep -q '^/dev/' "$T/text"
}

@test "what create prints has an end before start is called" {
	# containerd's shim reads that pipe to its end, and hung
	config '.process.terminal = true'
	receiver relay
	brig create --bundle "$BUNDLE" --console-socket "$T/console.sock" "$ID" </dev/null 2>&1 | timeout 5 cat >"$T/out"
	has_status created
	is "$(readlink "/proc/$(container_pid)/fd/"{0,1,2} | sort -u)" /dev/pts/0
}

@test "/dev/console is the terminal" {
	config '.process.terminal = true | .process.args = ["sh", "-c", "echo by-console >/dev/console"]'
	receiver relay
	create --console-socket "$T/console.sock"
	brig start "$ID"
	wait "$RECEIVER"
	grep -q by-console "$T/console"
}

@test "a terminal without a console socket is an error, and the other way round" {
	config '.process.terminal = true'
	fails create
	says console-socket
	config '.process.terminal = false'
	fails create --console-socket "$T/console.sock"
	nothing_left
}

@test "a console socket that nobody listens at is an error" {
	config '.process.terminal = true'
	fails create --console-socket "$T/nobody.sock"
	says nobody.sock
	nothing_left
}

@test "exec --tty with a console socket" {
	running_container
	receiver relay
	brig exec --tty --detach --console-socket "$T/console.sock" "$ID" tty </dev/null
	wait "$RECEIVER"
	grep -q '^/dev/' "$T/console"
}

@test "run with a terminal relays it" {
	needs_program script
	config '.process.terminal = true | .process.args = ["sh", "-c", "test -t 0 && tty; exit 4"]'
	local status=0
	script -qec "$BRIG --root $ROOT --policy $POLICY run --bundle $BUNDLE $ID" /dev/null </dev/null >"$T/console" 2>&1 3>&- || status=$?
	is "$status" 4
	grep -q /dev/pts "$T/console"
}

@test "the pidfd socket gets a pidfd" {
	"$TOOLS/receive-fd" "$T/pidfd.sock" tell >"$T/pidfd" 3>&- &
	RECEIVER=$!
	eventually test -S "$T/pidfd.sock"
	create --pidfd-socket "$T/pidfd.sock"
	wait "$RECEIVER"
	grep -qx "descriptors 1" "$T/pidfd"
	grep -qx "terminal no" "$T/pidfd"
}

@test "a shell that edits lines ends with the input of a foreground run" {
	config '.process.terminal = true | .process.args = ["sh"]'
	run timeout -s KILL 20 "$BRIG" --root "$ROOT" --policy "$POLICY" run --bundle "$BUNDLE" "$ID" </dev/null 3>&-
	((status == 0)) || complain "$output"
}
