#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

@test "no way of writing a user makes an exec root" {
	# Class: CVE-2026-30892: user ids of `exec --user` that are read as others.
	# Defence: exec_user_parse() and exec_groups_parse() in container/exec_user.c: digits, and nothing but digits.
	# Without: user-digits.patch.
	local text
	running_container
	is "$(brig exec --user 1 "$ID" id -u)" 1
	is "$(brig exec --user 01:02 "$ID" id -u)" 1
	is "$(brig exec --user 1000:65535 "$ID" id -g)" 65535
	for text in '' : :5 5: 5:6:7 ' 1' '1 ' +1 -1 -0 0x1 1e3 1.0 1,2 $'1\n' root user 1000:user 1:-1 '*' \
		-18446744073709551615 1:-18446744073709551615 18446744073709551617 4294967295 4294967296 1:4294967296; do
		run brig exec "--user=$text" "$ID" id
		((status == 255)) || complain "--user '$text': $output"
		lacks uid=
	done
	for text in ' 1' ,0 '0,' 1,,0 -18446744073709551616 4294967296 0x0 root 1:0; do
		run brig exec --user 5:5 "--additional-gids=$text" "$ID" id
		((status == 255)) || complain "--additional-gids '$text': $output"
		lacks uid=
	done
}

@test "an id that the container has not got is no other id" {
	# Class: ids that wrap around or fall back to root: CVE-2026-30892, CVE-2026-46680 (containerd).
	# Defence: process_set_ids() in kernel/process.c: setresuid(2) in the container's user namespace, whose failure is fatal.
	# Without: setresuid.patch.
	local id
	running_container
	for id in 65536 65536:0 0:65536 4294901760 4294967294; do
		run brig exec --user "$id" "$ID" id
		((status == 255)) || complain "--user $id: $output"
		says mapping
		lacks uid=
	done
	run brig exec --user 5:5 --additional-gids 65536 "$ID" id
	((status == 255))
	lacks uid=
}

@test "the image's /etc/passwd and /etc/group say nothing about who a user is" {
	# Class: names that look like ids, and ids that are looked up as names: CVE-2026-46680 (containerd).
	# Defence: exec_user_parse() in container/exec_user.c looks nothing up; home_of() in launch/program.c takes a home alone.
	# Seen: chroot(8), which looks names up, made "1000" of the same files root (the first lines of the test).
	own_rootfs
	rm -f "$BUNDLE/rootfs/etc/"{passwd,group}
	printf '1000:x:0:0::/root:/bin/sh\n:x:0:0::/:/bin/sh\n1000:x:1000:0:\n0x3e8:x:1000:0::/x\nLD_PRELOAD=/x:x:01001:0::/a b:\n::::::::\nx\n\0:x:7:7::/nul:\n' >"$BUNDLE/rootfs/etc/passwd"
	printf '1000:x:0:1000\nwheel:x:0:1000,user\n:x:0:1000\n' >"$BUNDLE/rootfs/etc/group"
	run chroot --userspec=1000:1000 "$BUNDLE/rootfs" /bin/busybox id -u
	[[ $status != 0 || $output == 0 ]] || complain "this chroot(8) is no such attack any more: $output"
	running_container
	is "$(brig exec --user 1000 "$ID" cat /proc/self/status | grep -E '^(Uid|Gid|Groups)' | tr -s '\t \n' ' ')" "Uid: 1000 1000 1000 1000 Gid: 0 0 0 0 Groups: "
	run brig exec --user 1001 "$ID" env
	is "$(grep -c '^LD_PRELOAD' <<<"$output")" 0
	run brig exec --user 7 "$ID" env
	lacks nul
}
