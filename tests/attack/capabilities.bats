#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

# "CapInh CapPrm CapEff CapAmb" of who prints them
SETS='grep -E "^Cap(Inh|Prm|Eff|Amb):" /proc/self/status | cut -f 2 | tr "\n" " "'

@test "no process has inheritable capabilities by itself: not of create, not of exec" {
	# Class: CVE-2022-24769, CVE-2022-27650, CVE-2022-29162: inheritable capabilities that a program file of the image makes permitted.
	# Defence: rule capability-inheritable (policy/rules_privileges.c); caps_add() in container/exec.c: not inheritable, not ambient.
	# Seen: with the rule allowed in the policy both had CapInh 0000000000000401 (the end of the test).
	local caps='["CAP_CHOWN", "CAP_NET_BIND_SERVICE"]' none=0000000000000000
	policy --argjson caps "$caps" '.settings.capabilities = $caps'
	config --argjson caps "$caps" '.process.user = { uid: 1000, gid: 1000 }
		| .process.capabilities = { bounding: $caps, effective: $caps, permitted: $caps, inheritable: $caps }'
	inside "$SETS"
	is "$output" "$none $none $none $none "
	running_container
	run brig exec --cap CAP_CHOWN --cap CAP_NET_BIND_SERVICE "$ID" sh -c "$SETS"
	is "$output" "$none $none $none $none "
	jq --arg sets "$SETS" '.process | .args = ["sh", "-c", $sets]' "$BUNDLE/config.json" >"$T/process.json"
	run brig exec --process "$T/process.json" "$ID"
	is "$output" "$none $none $none $none "
	# Even of root, which has those of the bounding set.
	run brig exec --user 0 --cap CAP_CHOWN "$ID" sh -c "$SETS"
	is "$(cut -d ' ' -f 1,4 <<<"$output")" "$none $none"

	policy '.rules["capability-inheritable"] = "allow"'
	run brig exec --process "$T/process.json" "$ID"
	is "${output%% *}" 0000000000000401
	brig delete --force "$ID"
	inside "$SETS"
	is "${output%% *}" 0000000000000401
}

@test "capabilities on the image's files give nothing, to whoever runs them" {
	# Class: file capabilities in an image: CVE-2022-24769's other half.
	# Defence: source_root() in launch/sources.c: MOUNT_ATTR_NOSUID on the root; no_new_privs() in launch/enter.c.
	# Seen: on the host the same file gave user 1000 CAP_CHOWN (the first lines of the test).
	needs_program setcap
	needs_program setpriv
	own_rootfs
	rm "$BUNDLE/rootfs/bin/grep"
	cp "$ROOTFS/bin/busybox" "$BUNDLE/rootfs/bin/grep"
	cp "$ROOTFS/bin/busybox" "$T/busybox"
	chmod 755 "$T"
	setcap cap_chown+ep "$T/busybox" || missing "no file capabilities on this file system"
	setcap cap_chown+ep "$BUNDLE/rootfs/bin/grep"
	run setpriv --reuid 1000 --regid 1000 --clear-groups "$T/busybox" grep CapEff /proc/self/status
	says 0000000000000001
	policy '.settings.capabilities = ["CAP_CHOWN"]'
	config '.process.user = { uid: 1000, gid: 1000 } | .process.capabilities = { bounding: ["CAP_CHOWN"], permitted: ["CAP_CHOWN"] }'
	inside '/bin/grep CapEff /proc/self/status'
	says 0000000000000000
}
