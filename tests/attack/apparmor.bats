#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

prepare() {
	needs_apparmor
}

@test "AppArmor alone keeps a nested user namespace from mounting" {
	# Class: a nested user namespace, whose root has CAP_SYS_ADMIN over its own mount namespace.
	# Defence: contrib/apparmor/brig-default (deny mount), applied by apparmor_on_exec() in kernel/apparmor.c.
	# Seen: with no profile in the policy `unshare -Urm` mounted a tmpfs (the end of the test).
	without landlock seccomp
	with_apparmor
	grant CAP_SETFCAP # without it nobody maps root into a new user namespace, user_namespaces(7)
	inside 'unshare -Urm mount -t tmpfs x /tmp'
	((status != 0))
	without apparmor
	inside 'unshare -Urm mount -t tmpfs x /tmp'
	((status == 0)) || complain "$output"
}

@test "AppArmor alone keeps the kernel's settings from being written" {
	# Class: /proc/sys as a way to run code as the host's root, where policy made it writable.
	# Defence: contrib/apparmor/brig-default (deny @{PROC}/sys/…).
	# Seen: with no profile in the policy the write went through (the end of the test).
	without landlock seccomp
	with_apparmor
	policy '.rules["readonly-paths"] = "allow"'
	config '.linux.readonlyPaths = []'
	inside 'echo 4096 >/proc/sys/kernel/msgmax'
	says "Permission denied"
	without apparmor
	inside 'echo 4096 >/proc/sys/kernel/msgmax && cat /proc/sys/kernel/msgmax'
	is "$output" 4096
}

@test "a profile in complain mode does not take the default's place" {
	# Class: no confinement under a name: profiles in complain mode, those with flags=(unconfined), which distributions load.
	# Defence: why_unconfined() in policy/rules_privileges.c, by the list of loaded profiles.
	# Seen: in tests/unit/test_policy_rules.c, by the text of such a list; with "unconfined" alone looked for, crun was a profile.
	needs_program apparmor_parser
	local name=brig-complain-$BATS_ROOT_PID
	printf 'profile %s flags=(complain,attach_disconnected) {}\n' "$name" | apparmor_parser --replace --skip-cache
	config --arg name "$name" '.process.apparmorProfile = $name'
	inside 'cat /proc/self/attr/apparmor/current'
	is "$output" "brig-default (enforce)"
	policy '.rules["apparmor-unconfined"] = "allow"'
	inside 'cat /proc/self/attr/apparmor/current'
	printf 'profile %s {}\n' "$name" | apparmor_parser --remove
	is "$output" "$name (complain)"
}

@test "a workload cannot put off its profile" {
	# Class: aa_change_profile(2) from inside, LSM labels written by the workload.
	# Defence: no_new_privs, and a profile without change_profile rules.
	# Seen: not brig's to take away: apparmor.d(5), change_profile.
	without landlock seccomp
	with_apparmor
	inside 'echo "changeprofile unconfined" >/proc/self/attr/apparmor/current; echo "exec unconfined" >/proc/self/attr/apparmor/exec; cat /proc/self/attr/apparmor/current'
	says "brig-default (enforce)"
}
