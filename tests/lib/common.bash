# tests/lib/common.bash: what every bats file loads: a bundle, brig, assertions, and the proof at the
# end of each test that nothing is left on the host.
#
#	load ../lib/common
#
#	@test "kill sends TERM if no signal is named" {
#		running_container
#		succeeds brig kill "$ID"
#		eventually has_status stopped
#	}
#
# Each test has: $T, a directory of its own; $BUNDLE below it, with a config.json to change with
# `config`; $ID, a container id that nobody else uses; $ROOT, $POLICY, $LOG as `brig` passes them.

bats_require_minimum_version 1.5.0

BRIG_BUILD=${BRIG_BUILD:-$(realpath "$BATS_TEST_DIRNAME/../../build")}
BRIG=${BRIG:-$BRIG_BUILD/brig}
TREE=$(realpath "$BATS_TEST_DIRNAME/../..")
TOOLS=$BRIG_BUILD/tests/lib
ROOTFS=$BRIG_BUILD/rootfs

# --- a root file system and a bundle ---------------------------------------------------------------

# Busybox and nothing else, made once for all tests; no test may write to it.
make_rootfs() {
	local applet new
	[[ ! -d $ROOTFS ]] || return 0
	new=$(mktemp -d "$ROOTFS.XXXXXX")
	mkdir -p "$new"/{bin,dev,etc,home,mnt,proc,root,run,sys,tmp,usr/bin,var/tmp}
	chmod 755 "$new"
	chmod 1777 "$new/tmp" "$new/var/tmp"
	install -m 755 "$(command -v busybox)" "$new/bin/busybox"
	for applet in $(busybox --list | grep -vx busybox); do
		ln -s busybox "$new/bin/$applet"
	done
	printf 'root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/home:/bin/sh\n' >"$new/etc/passwd"
	printf 'root:x:0:\nuser:x:1000:\n' >"$new/etc/group"
	mv -T "$new" "$ROOTFS" 2>/dev/null || rm -rf "$new"
}

# The bundle runs $ROOTFS read-only, as user 0 of the container, and what it prints goes to the caller.
# What all bundles of a run have in common is made once: jq takes longer to start than a container.
make_bundle() {
	local text template=$BATS_RUN_TMPDIR/bundle
	if [[ ! -f $template/config.json ]]; then
		mkdir -p "$template"
		"$BRIG" spec --bundle "$template"
		jq --arg rootfs "$ROOTFS" '
			.process.terminal = false
			| .process.user = { uid: 0, gid: 0 }
			| .process.env += ["BRIG_TEST=@ID@"]
			| .root.path = $rootfs' "$template/config.json" >"$template/config.new"
		mv "$template/config.new" "$template/config.json"
	fi
	BUNDLE=$T/bundle
	mkdir -p "$BUNDLE"
	text=$(<"$template/config.json")
	printf '%s\n' "${text//@ID@/$ID}" >"$BUNDLE/config.json"
}

make_policy() {
	local text template=$BATS_RUN_TMPDIR/policy.json
	[[ -f $template ]] || jq -n --arg profile "$TREE/seccomp-profiles/default.json" '
		{ base: "restricted", rules: {}, settings: { seccomp_profile: $profile, audit_log: "@T@/audit.jsonl" } }
	' >"$template"
	text=$(<"$template")
	printf '%s\n' "${text//@T@/$T}" >"$POLICY"
}

# A copy of the root file system that the container may write to.
own_rootfs() {
	cp -a "$ROOTFS" "$BUNDLE/rootfs"
	config '.root = { path: "rootfs", readonly: false }'
}

# config [JQ-OPTIONS] FILTER: change config.json
config() {
	jq "$@" "$BUNDLE/config.json" >"$BUNDLE/config.new"
	mv "$BUNDLE/config.new" "$BUNDLE/config.json"
}

# policy [JQ-OPTIONS] FILTER: change the policy of this test
policy() {
	jq "$@" "$POLICY" >"$POLICY.new"
	mv "$POLICY.new" "$POLICY"
}

# --- brig ------------------------------------------------------------------------------------------

# bats keeps a descriptor 3 of its own: whoever holds it keeps the suite from ending.
brig() {
	"$BRIG" --root "$ROOT" --policy "$POLICY" --log "$LOG" "$@" 3>&-
}

# create [OPTIONS]: the container's output goes to files: its init outlives the call
create() {
	brig create --bundle "$BUNDLE" "$@" "$ID" </dev/null >"$T/out" 2>"$T/err" || {
		local status=$?
		cat "$T/err" >&2
		return $status
	}
}

# inside SCRIPT [OPTIONS]: run a shell script in the container; $output is what it printed
inside() {
	local script=$1
	shift
	config --arg script "$script" '.process.args = ["sh", "-c", $script]'
	run brig run --bundle "$BUNDLE" "$@" "$ID" </dev/null
}

# One that waits to be killed; TERM ends it.
running_container() {
	config '.process.args = ["sh", "-c", "trap \"exit 0\" TERM; while :; do sleep 0.05; done"]'
	create "$@"
	brig start "$ID"
}

container_state() { # [JQ-FILTER]
	brig state "$ID" | jq -r "${1:-.}"
}

container_pid() {
	container_state .pid
}

has_status() { # STATUS
	[[ $(container_state .status) == "$1" ]]
}

# --- assertions ------------------------------------------------------------------------------------

complain() {
	echo "$*" >&2
	return 1
}

# succeeds COMMAND…, fails COMMAND…: as bats' run, but the exit status is judged
succeeds() {
	run "$@"
	((status == 0)) || complain "failed with $status: $*"$'\n'"$output"
}

fails() {
	run "$@"
	((status != 0)) || complain "did not fail: $*"$'\n'"$output"
}

# says TEXT…: what the last command printed has each of these
says() {
	local text
	for text; do
		[[ $output == *"$text"* ]] || complain "status $status, and nothing about '$text' in:"$'\n'"$output"
	done
}

# is WHAT EXPECTED: compare
is() {
	[[ $1 == "$2" ]] || complain "is      '$1'"$'\n'"and not '$2'"
}

# eventually COMMAND…: within five seconds
eventually() {
	local i
	for ((i = 0; i < 100; i++)); do
		"$@" 2>/dev/null && return
		sleep 0.05
	done
	complain "still not so after five seconds: $*"
}

# --- skips, each with the missing thing named ------------------------------------------------------

# missing REASON: nothing for this test here. A machine that claims to be complete must not miss anything.
missing() {
	[[ -z ${BRIG_TEST_COMPLETE-} ]] || complain "a complete machine would not skip this: $1"
	skip "$1"
}

needs_root() {
	((EUID == 0)) || missing "needs root"
}

# needs_controller NAME: of cgroup2
needs_controller() {
	grep -qw "$1" "$(cgroup_root)/cgroup.controllers" || missing "no $1 controller in this host's cgroup2"
}

needs_apparmor() {
	grep -qs Y /sys/module/apparmor/parameters/enabled || missing "no AppArmor in this kernel"
}

needs_program() {
	command -v "$1" >/dev/null || missing "no program $1"
}

needs_subordinate_ids() { # USER
	grep -qs "^$1:" /etc/subuid || missing "user $1 has no range in /etc/subuid"
}

cgroup_root() {
	awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) == "cgroup2") { print $5; exit } }' /proc/self/mountinfo
}

# The container's cgroup, as a path of the host's.
container_cgroup() {
	echo "$(cgroup_root)$(sed -n 's/^0:://p' "/proc/$(container_pid)/cgroup")"
}

# --- before and after ------------------------------------------------------------------------------

setup() {
	needs_root
	T=$BATS_TEST_TMPDIR
	ROOT=$T/state LOG=$T/log POLICY=$T/policy.json
	ID=t$BATS_ROOT_PID-$BATS_SUITE_TEST_NUMBER
	MARK=BRIG_TEST=$ID
	make_rootfs
	make_policy
	make_bundle
	if declare -F prepare >/dev/null; then
		prepare
	fi
}

# What a container may have left: prints what is there. Before and after each test: few processes.
leftovers() {
	local pid
	[[ ! -d $ROOT ]] || find "$ROOT" -mindepth 1 -maxdepth 1 -printf 'state: %p\n'
	grep -rF "$ROOT/" /run/brig-ids 2>/dev/null | sed 's/^/id reservation: /'
	find "$(cgroup_root)" -type d -name "*$ID*" -printf 'cgroup: %p\n' 2>/dev/null
	grep -F "$T" /proc/self/mountinfo | sed 's/^/mount: /'
	for pid in $(grep -lzxF "$MARK" /proc/[0-9]*/environ 2>/dev/null | tr -dc '0-9\n'); do
		echo "process: $pid $(tr '\0' ' ' <"/proc/$pid/cmdline")"
	done 2>/dev/null
}

nothing_left() {
	local left
	left=$(leftovers)
	[[ -z $left ]] || complain "left behind:"$'\n'"$left"
}

delete_all() {
	local dir
	for dir in "$ROOT"/*/; do
		[[ ! -d $dir ]] || brig delete --force "$(basename "$dir")"
	done
}

teardown() {
	[[ -n ${ROOT-} ]] || return 0
	if declare -F dispose >/dev/null; then
		dispose
	fi
	delete_all
	nothing_left
}
