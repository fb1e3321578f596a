#!/usr/bin/env bats
load ../lib/common
load ../lib/attack

prepare() {
	config '.process.args = ["true"]'
	policy '.settings.hooks_allow = ["/bin", "/usr/bin"] | .settings.hooks_env_allow = ["A"]'
}

hook() { # SCRIPT [ENV…]
	config --arg script "$1" --argjson env "$(jq -nc '$ARGS.positional' --args "${@:2}")" '.hooks.createRuntime = [{ path: "/bin/sh", args: ["sh", "-c", $script], env: $env }]'
}

@test "a hook has nothing of brig's or the engine's: no variable, no descriptor, no terminal" {
	# Class: secrets of the engine in the environment and descriptors of a program that the bundle names.
	# Defence: hook_exec() in launch/hooks.c: the config's environment alone, process_close_fds_from().
	# Seen: a shell that is started on the host without brig has the variable and both descriptors (the first lines of the test).
	# Without: hook-descriptors.patch.
	local look="tr '\\0' '\\n' </proc/\$\$/environ >$T/environ; for n in 3 4 5 6 7 8 9; do if [ -e /proc/\$\$/fd/\$n ]; then echo \$n; fi; done >$T/fds; readlink /proc/\$\$/fd/0 >$T/stdin"
	(
		export ENGINE_SECRET=sesame
		sh -c "$look" 7</ 9</etc/shadow </dev/null 3>&-
		grep -q ENGINE_SECRET "$T/environ"
		grep -q 7 "$T/fds" && grep -q 9 "$T/fds"
		hook "$look" A=b
		"$BRIG" --root "$ROOT" --policy "$POLICY" create --preserve-fds 7 --bundle "$BUNDLE" "$ID" 3</ 4</ 5</ 6</ 7</ 8</ 9</etc/shadow </dev/null >"$T/out" 2>&1
	) || complain "$(cat "$T/out")"
	is "$(cat "$T/environ")" A=b
	is "$(cat "$T/fds")" ""
	[[ $(cat "$T/stdin") == pipe:* ]]
}

@test "the bundle cannot choose what code a listed hook runs" {
	# Class: CVE-2025-23266: LD_PRELOAD of an image for a hook of the host.
	# Defence: hook_env_with_code() in policy/rules_hooks.c.
	# Seen: with rule hook allowed the bundle's `cat` ran on the host as root (the end of the test), and so did a library by LD_PRELOAD.
	local variable
	mkdir "$T/bin"
	printf '#!/bin/sh\n: >%s/owned\n' "$T" | tee "$T/bin/cat" "$T/bin/script" >/dev/null
	chmod 755 "$T/bin/"*
	for variable in "LD_PRELOAD=$T/evil.so" "LD_AUDIT=$T/evil.so" "LD_LIBRARY_PATH=$T" "PATH=$T/bin" "PATH=/usr/bin:$T/bin" PATH= PATH=. "PATH=/usr/bin/../..$T/bin:/bin" "BASH_ENV=$T/bin/script" "ENV=$T/bin/script" "XTABLES_LIBDIR=$T" "TC_LIB_DIR=$T" "MODPROBE_OPTIONS=-C$T" WHATEVER=1 "BASH_FUNC_cat%%=() { :; }"; do
		hook 'cat >/dev/null' "$variable"
		fails create
		says "refused by policy" "/hooks/createRuntime/0"
		[[ ! -e $T/owned ]]
	done
	hook 'cat >/dev/null' PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
	succeeds create
	[[ ! -e $T/owned ]]
	brig delete --force "$ID"
	policy '.rules.hook = "allow"'
	hook 'cat >/dev/null' "PATH=$T/bin:/bin"
	succeeds create
	[[ -e $T/owned ]]
}

@test "the program of a process is no way around the list of hooks" {
	# Class: /proc/PID/exe, by which dockerd names itself, is another program after an execve.
	# Defence: hook_program() in policy/rules_hooks.c: judged as the file that it leads to now, and that file runs.
	# Seen: with /proc/*/exe listed, which the policy had to, the copy of sleep ran as root (a policy file cannot say that now).
	local pid
	cp "$(readlink -f /bin/sleep)" "$T/sleep"
	"$T/sleep" 60 3>&- &
	pid=$!
	config --arg path "/proc/$pid/exe" '.hooks.createRuntime = [{ path: $path, args: ["sleep", "0"] }]'
	run create
	kill "$pid"
	((status != 0))
	says "refused by policy" "$T/sleep"
	policy '.settings.hooks_allow = ["/proc/*/exe"]'
	fails create
	says "not one below /proc"

	# What is listed runs by its own path: nobody can put another program there.
	policy '.settings.hooks_allow = ["/bin sh", "/usr/bin sh"]'
	bash -c 'sleep 60; :' 3>&- &
	pid=$!
	config --arg path "/proc/$pid/exe" --arg script "readlink /proc/\$\$/exe >$T/ran; tr '\\0' ' ' </proc/\$\$/cmdline >>$T/ran" '
		.hooks.createRuntime = [{ path: $path, args: ["sh", "-c", $script] }]'
	run create
	kill "$pid"
	((status == 0)) || complain "$output"
	is "$(head -n 1 "$T/ran")" "$(readlink -f /bin/bash)"
	config '.hooks.createRuntime[0].args[0] = "bash"'
	brig delete --force "$ID"
	fails create
	says "refused by policy"
}

@test "no annotation or path of the bundle writes the state that a hook reads" {
	# Class: JSON in the bundle's strings, to make a hook act on another process or bundle.
	# Defence: hooks_state() in launch/hooks.c by json_out_string() in base/json_out.c.
	# Without: json-quote.patch.
	config '.annotations = { "a\",\"pid\":1,\"b": "x", "c": "\"},\"pid\":1,\"bundle\":\"/etc\",\"x\":{\"y\":\"", "d": "\n{\"pid\":1}\n\u2028\u0001", "pid": "1", "bundle": "/etc" }'
	hook "cat >$T/told"
	succeeds create
	is "$(jq -cS 'keys' "$T/told")" '["annotations","bundle","id","ociVersion","pid","status"]'
	is "$(jq --stream -c 'select(.[0] == ["pid"] and length == 2)' "$T/told" | wc -l)" 1
	is "$(jq -r '.pid, .bundle, .id' "$T/told")" "$(container_pid)"$'\n'"$BUNDLE"$'\n'"$ID"
	is "$(jq -cS .annotations "$T/told")" "$(jq -cS .annotations "$BUNDLE/config.json")"
}

@test "hooks that policy takes away are not back at start and delete" {
	# Class: hooks of the bundle after create, by the config that start and delete read again.
	# Defence: state_from_plan() in container/create.c: the hooks of the plan are in state.json, and hook_plan() takes them from there.
	# Without: hook-harden.patch.
	local kind
	policy '.settings.hooks_allow = [] | .rules.hook = "harden"'
	for kind in poststart poststop; do
		config --arg kind $kind --arg script ": >$T/$kind" '.hooks[$kind] = [{ path: "/bin/sh", args: ["sh", "-c", $script] }]'
	done
	succeeds create
	brig start "$ID"
	eventually has_status stopped
	brig delete "$ID"
	[[ ! -e $T/poststart && ! -e $T/poststop ]]
}

@test "a listed hook is the same program at delete as when it was judged" {
	# Class: a path that reads as a listed program and leads, by a link, to another.
	# Defence: hook_run_as() in policy/rules_hooks.c: the program runs by the name that was judged; state.json keeps that one.
	# Without: hook-run-as.patch.
	local climb
	# shellcheck disable=SC2001 # a pattern of a shell's has no "one or more"
	climb=$(sed 's|[^/]\+|..|g' <<<"$T/link")
	mkdir -p "$T/deep/usr/bin" "$T/deep${climb//../x}"
	ln -s "$T/deep${climb//../x}" "$T/link"
	printf '#!/bin/sh\n: >%s/owned\n' "$T" >"$T/deep/usr/bin/true"
	chmod 755 "$T/deep/usr/bin/true"
	policy '.settings.hooks_allow = ["/usr/bin/true"]'
	config --arg path "$T/link$climb/usr/bin/true" '.hooks.poststop = [{ path: $path }]'
	succeeds create
	brig start "$ID"
	eventually has_status stopped
	brig delete "$ID"
	[[ ! -e $T/owned ]]
}

@test "no hook of the container has the engine's groups" {
	# Class: supplementary groups, which no mapping holds back: what they open on the host a hook within opens.
	# Defence: groups_drop() in launch/child.c, before the first hook there.
	# Without: hook-groups.patch.
	needs_program setpriv
	policy '.rules.hook = "allow"'
	config '.hooks = ({ path: "/bin/sh", args: ["sh", "-c", "grep Groups /proc/self/status >&2"] } | { createContainer: [.], startContainer: [.] })'
	setpriv --groups 4,6,27 "$BRIG" --root "$ROOT" --policy "$POLICY" create --bundle "$BUNDLE" "$ID" </dev/null >"$T/out" 2>&1 3>&- || complain "$(<"$T/out")"
	brig start "$ID"
	eventually has_status stopped
	is "$(grep Groups "$T/out" | tr -d ' \t\n')" Groups:Groups:
}
