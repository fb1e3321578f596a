#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

descriptors_of() { # PID
	find "/proc/$1/fd" -mindepth 1 -printf '%f\n' | sort -n | tr '\n' ' '
}

@test "no descriptor of the engine's or of brig's reaches the workload" {
	# Class: leaked descriptors (CVE-2024-21626, CVE-2016-9962).
	# Defence: descriptors_keep() in launch/descriptors.c: close_range(2) first thing in the init.
	# Without: close-range.patch.
	config '.process.args = ["sleep", "60"]'
	"$BRIG" --root "$ROOT" --policy "$POLICY" create --bundle "$BUNDLE" "$ID" 3</ 7</etc/passwd 9</ </dev/null >"$T/out" 2>&1
	brig start "$ID"
	eventually grep -q sleep "/proc/$(container_pid)/cmdline"
	is "$(descriptors_of "$(container_pid)")" "0 1 2 "
	"$BRIG" --root "$ROOT" --policy "$POLICY" exec --detach --pid-file "$T/pid" "$ID" sleep 60 3</ 7</etc/passwd 9</ </dev/null >"$T/out" 2>&1
	is "$(descriptors_of "$(cat "$T/pid")")" "0 1 2 "
}

@test "no working directory leads out: /proc/self/fd/N for each N, at create" {
	# Class: CVE-2024-21626.
	# Defence: fd_open_in() in base/fd.c (RESOLVE_NO_MAGICLINKS), and working_directory() in launch/enter.c.
	# Without: working-directory.patch.
	local n
	without landlock
	for n in {0..15}; do
		config --arg cwd "/proc/self/fd/$n" '.process.cwd = $cwd | .process.args = ["echo", "ran"]'
		run "$BRIG" --root "$ROOT" --policy "$POLICY" run --bundle "$BUNDLE" "$ID" 9</ </dev/null
		((status != 0)) || complain "cwd /proc/self/fd/$n: $output"
		says /process/cwd
	done
}

@test "nor at exec, even to a directory that the engine hands on" {
	# Class: CVE-2024-21626.
	# Defence: working_directory() in launch/enter.c: getcwd(2) must give a path below the root.
	# Without: getcwd.patch.
	local n
	without landlock
	running_container
	for n in {0..15}; do
		run "$BRIG" --root "$ROOT" --policy "$POLICY" exec --cwd "/proc/self/fd/$n" "$ID" ls . 9</ </dev/null
		((status != 0)) || complain "cwd /proc/self/fd/$n: $output"
		says /process/cwd
	done
	run "$BRIG" --root "$ROOT" --policy "$POLICY" exec --preserve-fds 1 --cwd /proc/self/fd/3 "$ID" ls . 3</ </dev/null
	((status != 0)) || complain "$output"
	says "outside of the root file system"
}

@test "what an engine says that it hands on, and does not, is nothing of brig's" {
	# Class: leaked descriptors: --preserve-fds of more than there are keeps brig's own, which have these numbers.
	# Defence: descriptors_keep() in launch/descriptors.c: what closes at execve(2) was never the engine's.
	# Without: preserved-own.patch.
	local pid
	(
		exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
		"$BRIG" --root "$ROOT" --policy "$POLICY" --log "$LOG" create --preserve-fds 7 --bundle "$BUNDLE" "$ID" 5</etc/hostname </dev/null >"$T/out" 2>&1
	) || complain "$(<"$T/out")"
	pid=$(container_pid)
	is "$(readlink "/proc/$pid/fd/5")" "$(readlink -f /etc/hostname)"
	output=$(for n in 3 4 6 7 8 9; do readlink "/proc/$pid/fd/$n" || true; done)
	is "$output" ""
}
