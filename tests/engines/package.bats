#!/usr/bin/env bats
# The Debian package, from its installation to its purge
# alone
load common

setup_file() {
	only_in_a_guest
	install_brig
}

@test "the package brings brig, its policy and its profiles; the profile is loaded" {
	# The guest's dpkg leaves documents and pages out.
	is "$(dpkg --verify brig | grep -vE '/usr/share/(doc|man)')" ""
	is "$(stat -c '%U %a' /etc/brig/policy.json)" "root 644"
	grep -q '^brig-default (enforce)' /sys/kernel/security/apparmor/profiles
	succeeds /usr/bin/brig policy check
}

@test "brig of the package runs a container with the profiles that came with it" {
	config '.process.args = ["sh", "-c", "cat /proc/self/attr/apparmor/current; grep Seccomp: /proc/self/status"]'
	succeeds /usr/bin/brig run --bundle "$BUNDLE" "$ID" </dev/null
	says "brig-default (enforce)" "Seccomp:	2"
}

@test "purge takes everything away, the profile out of the kernel, too" {
	succeeds dpkg --purge brig
	# Files in /etc/brig/policy.d are the user's own.
	[[ ! -e /etc/brig/policy.json && ! -e /usr/bin/brig && ! -e /usr/share/brig && ! -e /etc/apparmor.d/brig-default ]]
}
