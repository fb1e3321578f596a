#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

# A container with the probes at /mnt, without the layers that hide brig by themselves, in which the
# workload may trace: it does so with `watch` in the background, whose findings come to $T/watch.
hostile_container() {
	without landlock seccomp
	grant CAP_SYS_PTRACE CAP_KILL
	config --arg probes "$PROBES" '.mounts += [{ destination: "/mnt", type: "bind", source: $probes, options: ["bind", "ro"] }]'
	running_container
	brig exec --detach "$ID" /mnt/watch 20000 </dev/null >"$T/watch" 2>&1
	eventually grep -q ready "$T/watch"
}

nothing_got() {
	output=$(cat "$T/watch")
	lacks "got "
}

@test "a workload with CAP_SYS_PTRACE gets no hold on a brig that enters its container" {
	# Class: CVE-2016-9962, CVE-2019-5736: the window between setns(2) and execve(2) of exec.
	# Defence: the step "hidden" of launch/exec.c: not dumpable before the container's capabilities count.
	# Without: exec-hidden.patch.
	needs_program strace
	hostile_container
	# The moment after setns(2), held for half a second.
	succeeds strace -f -o "$T/strace" -e trace=setresgid -e inject=setresgid:delay_enter=500000 \
		"$BRIG" --root "$ROOT" --policy "$POLICY" exec "$ID" true </dev/null 3>&-
	nothing_got
}

@test "nor in 30 execs at full speed" {
	# Class: CVE-2016-9962.
	# Defence: as before, and descriptors_keep() in launch/descriptors.c.
	# Without: exec-hidden.patch.
	local i
	hostile_container
	for i in {1..30}; do
		brig exec "$ID" true </dev/null >"$T/out" 2>&1
	done
	nothing_got
}

@test "an exec'd process gets no hold on an init that waits for start" {
	# Class: CVE-2016-9962, before start.
	# Defence: the step "not dumpable" of launch/child.c; a new time namespace needs it dumpable before.
	# Without: init-undumpable.patch.
	without landlock seccomp
	grant CAP_SYS_PTRACE CAP_KILL
	config '.linux.namespaces += [{ type: "time" }]'
	create
	run brig exec "$ID" sh -c 'cat /proc/1/environ; ls /proc/1/fd /proc/1/root/ /proc/1/cwd/; readlink /proc/1/exe; cat /proc/1/maps; head -c 1 /proc/1/mem; kill -9 1; true'
	lacks "$ROOT" BRIG_TEST= "/brig" "etc"
	is "$(grep -c "ermission denied" <<<"$output")" 6
	has_status created
}

@test "the engine's session keyring is reached neither by run nor by exec" {
	# Class: keys of the host in a container (CVE-2022-0185's neighbour: keyctl is not namespaced).
	# Defence: keyring() in launch/enter.c, keyring_join_new_session() in kernel/keyring.c; seccomp above it.
	# Without: keyring.patch.
	without landlock seccomp
	config --arg probes "$PROBES" '.mounts += [{ destination: "/mnt", type: "bind", source: $probes, options: ["bind", "ro"] }]
		| .process.args = ["/mnt/calls", "search-key=brig-test-secret"]'
	run "$PROBES/session" "$T/serials" "$BRIG" --root "$ROOT" --policy "$POLICY" run --bundle "$BUNDLE" "$ID" </dev/null 3>&-
	refused_each search-key
	running_container
	run "$PROBES/session" "$T/serials" "$BRIG" --root "$ROOT" --policy "$POLICY" exec "$ID" /mnt/calls search-key=brig-test-secret </dev/null 3>&-
	refused_each search-key
}

@test "exec --process can ask for no more than the container's config" {
	# Class: a hostile process.json.
	# Defence: policy_judge_process() in container/exec.c; plan_capabilities(), no_new_privs() in launch/enter.c.
	# Without: capabilities.patch.
	running_container
	jq '.process | .args = ["grep", "-E", "^(CapEff|CapPrm|CapBnd|CapAmb|NoNewPrivs|Seccomp):", "/proc/self/status"] | .noNewPrivileges = false
		| .capabilities = { bounding: ["CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_NET_ADMIN"], effective: ["CAP_SYS_ADMIN"], permitted: ["CAP_SYS_ADMIN"], inheritable: ["CAP_SYS_ADMIN"], ambient: ["CAP_SYS_ADMIN"] }
		| .apparmorProfile = "unconfined"' "$BUNDLE/config.json" >"$T/process.json"
	run brig exec --process "$T/process.json" "$ID"
	if ((status == 0)); then
		is "$(tr -d '\t\n' <<<"$output")" "CapPrm:0000000000000000CapEff:0000000000000000CapBnd:0000000000000000CapAmb:0000000000000000NoNewPrivs:1Seccomp:2"
	else
		says policy
	fi
}

@test "a hostile process.json is refused, by name and in time" {
	# Class: hostile input.
	# Defence: spec_parse_process() in spec/spec.c, PROCESS_SIZE_MAX in container/exec.c, fd_read_file() in base/fd.c.
	# Without: file-nonblock.patch.
	local text
	running_container
	for text in '' '[]' '"x"' '{' '{"args":[]}' '{"args":["a\u0000b"],"cwd":"/"}' '{"args":["true"],"cwd":"relative"}' '{"args":["true"],"cwd":"/","user":{"uid":-1}}' \
		'{"args":["true"],"cwd":"/","user":{"uid":4294967295}}' '{"args":["true"],"args":["sh"],"cwd":"/"}' '{"args":["true"],"cwd":"/","rlimits":[{"type":"RLIMIT_X","soft":1,"hard":1}]}' \
		"$(printf '[%.0s' {1..5000})" '{"args":["true"],"cwd":"/","capabilities":{"bounding":["CAP_NONE_SUCH"]}}' '{"args":["true"],"cwd":"/","user":{"uid":99999999}}'; do
		printf '%s' "$text" >"$T/process.json"
		run timeout 10 "$BRIG" --root "$ROOT" --policy "$POLICY" exec --process "$T/process.json" "$ID" </dev/null
		((status != 0 && status < 124 || status == 255)) || complain "status $status for ${text:0:80}"
	done
	rm "$T/process.json"
	mkfifo "$T/process.json"
	run timeout 10 "$BRIG" --root "$ROOT" --policy "$POLICY" exec --process "$T/process.json" "$ID" </dev/null
	((status != 0 && status != 124)) || complain "status $status"
	head -c 3000000 /dev/zero | tr '\0' ' ' >"$T/large.json"
	fails brig exec --process "$T/large.json" "$ID"
	says "larger than"
	fails brig exec --cgroup ../.. "$ID" true
	fails brig exec --cgroup /../.. "$ID" true
	has_status running
}

@test "files of the image that brig reads cannot hold it: /etc/passwd as a FIFO, a device, a loop" {
	# Class: denial of service against the runtime by the image.
	# Defence: home_of() in launch/program.c: O_NONBLOCK, regular files only, 1 MiB.
	# Without: passwd-nonblock.patch.
	local make
	own_rootfs
	config '.process.args = ["true"]'
	for make in 'mkfifo passwd' 'ln -s /dev/zero passwd' 'ln -s passwd passwd' 'mkdir passwd' 'ln -s /proc/kmsg passwd' 'ln -s /dev/stdin passwd'; do
		rm -rf "$BUNDLE/rootfs/etc/passwd"
		(cd "$BUNDLE/rootfs/etc" && eval "$make")
		status=0
		timeout 10 "$BRIG" --root "$ROOT" --policy "$POLICY" run --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>&1 3>&- || status=$?
		((status != 124)) || complain "hangs with: $make"
	done
}

@test "a filter that policy put in the place of the bundle's is there at exec, too" {
	# Class: one more process of a container under the filter that create did not accept.
	# Defence: the rules on seccomp are RULE_PROCESS in policy/rules.c: exec judges the saved config's filter as create does.
	# Without: exec-filter.patch.
	policy '.rules["seccomp-default"] = "harden" | .settings.landlock = false'
	config '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW" }'
	running_container
	fails brig exec "$ID" unshare -U true
	says "unshare"
	succeeds brig exec "$ID" true

	policy '.rules["seccomp-default"] = "refuse"' # what policy has come to refuse since
	fails brig exec "$ID" true
	says seccomp-default
	policy '.rules["seccomp-default"] = "allow"'
	succeeds brig exec "$ID" unshare -U true
}
