#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

@test "no mount of the host is left below the root, and its parent is itself" {
	# Class: the old root stays reachable after pivot_root, as "/.." or in mountinfo.
	# Defence: old_root_detach() in kernel/root.c, alone: Landlock, which would hide it, is off. Linux 7.0
	# and later: root_enter(), by a mount namespace of the root alone.
	# Without: old-root.patch.
	without landlock
	inside 'stat -c %d:%i / /.. /../../.. | sort -u | wc -l; ls -d /../bin /../etc; awk "\$5 == \"/\"" /proc/self/mountinfo | wc -l
		awk "{ print \$1, \$2 }" /proc/self/mountinfo'
	((status == 0))
	is "$(head -n 1 <<<"$output")" 1
	is "$(sed -n 4p <<<"$output")" 1
	# each mount but one hangs below another of the list
	is "$(tail -n +5 <<<"$output" | awk '{ id[$1]; parent[NR] = $2 } END { for (i in parent) n += !(parent[i] in id); print n }')" 1
}

@test "the container's root is the namespace's: nothing of the host comes to light under it, even for CAP_SYS_ADMIN" {
	# Class: the chroot escape; a root that was covered instead of replaced.
	# Defence: root_enter() in kernel/root.c. What lies under the root of every mount namespace is the
	# root that the kernel started with; no user namespace uncovers it (tests/assumptions/root_namespace.c).
	# Without: pivot.patch.
	without landlock seccomp
	grant CAP_SYS_CHROOT CAP_SYS_ADMIN
	attack 'calls climb=/tmp climb=/ rejoin'
	says "climb ENOTDIR" "rejoin ENOTDIR"
	lacks "climb ok" "rejoin ok"
}

@test "a file handle of the host's root opens nothing, with CAP_DAC_READ_SEARCH and no other layer" {
	# Class: open_by_handle_at ("shocker", Docker 2014).
	# Defence: the user namespace: rule host-user in policy/rules.c, spawn_init() in launch/spawn.c.
	# Seen: with the rule allowed and no user namespace, the handle opened (the second half of the test).
	without landlock seccomp
	grant CAP_DAC_READ_SEARCH
	attack 'calls root-by-handle=/'
	refused_each root-by-handle

	policy '.rules["host-user"] = "allow"'
	config '.linux.namespaces |= map(select(.type != "user"))'
	attack 'calls root-by-handle=/'
	says "root-by-handle ok"
}

@test "a directory of the host that a descriptor leads to is no way to its neighbours, by Landlock" {
	# Class: a leaked directory descriptor (CVE-2024-21626), whatever leaked it.
	# Defence: landlock_restrict() in kernel/landlock.c: rules on the container's root and on what was handed on.
	# Seen: with Landlock off in the policy the file was read (the second half of the test).
	# Without: landlock.patch.
	mkdir "$T/given" "$T/other"
	echo secret >"$T/other/file"
	chmod 755 "$T" "$T/given" "$T/other"
	config '.process.args = ["cat", "/proc/self/fd/3/../other/file"]'
	run "$BRIG" --root "$ROOT" --policy "$POLICY" run --preserve-fds 1 --bundle "$BUNDLE" "$ID" 3<"$T/given" </dev/null
	says "Permission denied"
	lacks secret

	without landlock
	run "$BRIG" --root "$ROOT" --policy "$POLICY" run --preserve-fds 1 --bundle "$BUNDLE" "$ID" 3<"$T/given" </dev/null
	says secret
}
