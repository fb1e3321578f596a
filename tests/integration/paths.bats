#!/usr/bin/env bats
load ../lib/common

@test "masked files are empty, masked directories too" {
	config '.linux.maskedPaths += ["/etc/passwd", "/var"]'
	inside 'wc -c </etc/passwd; ls -A /var | wc -l; echo x >/etc/passwd'
	says "0"$'\n'"0"
	((status != 0))
}

@test "policy's masked paths are there though the config has none" {
	config '.linux.maskedPaths = [] | .linux.readonlyPaths = []'
	inside 'head -c 1 /proc/kcore 2>/dev/null | wc -c; head -c 1 /proc/keys | wc -c; echo 1 >/proc/sys/kernel/printk'
	((status != 0))
	is "$(head -n 2 <<<"$output")" $'0\n0'
}

@test "a masked path that is a symbolic link masks what it leads to in the image, and nothing outside" {
	own_rootfs
	mkdir -p "$T/outside" "$BUNDLE/rootfs$T/outside"
	echo content | tee "$T/outside/file" >"$BUNDLE/rootfs$T/outside/file"
	ln -s "$T/outside" "$BUNDLE/rootfs/masked"
	config '.linux.maskedPaths += ["/masked"] | .mounts |= map(select(.destination != "/tmp"))'
	inside "ls -A /masked $T/outside; touch $T/outside/new"
	is "$output" "/masked:

$T/outside:
touch: $T/outside/new: Read-only file system"
	is "$(cat "$T/outside/file")" content
	is "$(ls "$T/outside")" file
}

@test "read-only paths cannot be written" {
	own_rootfs
	config '.linux.readonlyPaths += ["/etc"]'
	inside 'echo x >/etc/passwd'
	((status != 0))
	says "Read-only file system"
}

@test "a path that does not exist is no error" {
	config '.linux.maskedPaths += ["/no/such"] | .linux.readonlyPaths += ["/no/such/either"]'
	inside 'echo fine'
	is "$output" fine
}
