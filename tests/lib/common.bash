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

# What all bundles and policies of a run have in common is made once, and copied without a process: in a
# guest, jq and its like take longer to start than a container.
make_templates() {
	local dir=$BATS_RUN_TMPDIR/templates
	[[ ! -d $dir ]] || return 0
	mkdir "$dir"
	"$BRIG" spec --bundle "$dir"
	jq --arg rootfs "$ROOTFS" '
		.process.terminal = false
		| .process.user = { uid: 0, gid: 0 }
		| .process.env += ["BRIG_TEST=@ID@"]
		| .root.path = $rootfs' "$dir/config.json" >"$dir/bundle"
	jq -n --arg profile "$TREE/seccomp-profiles/default.json" '
		{ base: "restricted", rules: {}, settings: { seccomp_profile: $profile, audit_log: "@T@/audit.jsonl" } }
	' >"$dir/policy"
	cgroup_root >"$dir/cgroup-root"
}

# template NAME: its text is in $text
template() {
	IFS= read -rd '' text <"$BATS_RUN_TMPDIR/templates/$1" || true # there is no NUL to end at
}

# The bundle runs $ROOTFS read-only, as user 0 of the container, and what it prints goes to the caller.
make_bundle() {
	local text
	BUNDLE=$T/bundle
	mkdir -p "$BUNDLE"
	template bundle
	printf '%s' "${text//@ID@/$ID}" >"$BUNDLE/config.json"
}

make_policy() {
	local text
	template policy
	printf '%s' "${text//@T@/$T}" >"$POLICY"
}

# A copy of the root file system that the container may write to.
own_rootfs() {
	cp -a "$ROOTFS" "$BUNDLE/rootfs"
	config '.root = { path: "rootfs", readonly: false }'
}

# config [JQ-OPTIONS] FILTER: change config.json
config() {
	edit "$BUNDLE/config.json" "$@"
}

# policy [JQ-OPTIONS] FILTER: change the policy of this test
policy() {
	edit "$POLICY" "$@"
}

edit() { # FILE [JQ-OPTIONS] FILTER
	local text
	text=$(jq "${@:2}" "$1") && printf '%s\n' "$text" >"$1"
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
	config '.process.args = ["sh", "-c", "trap \"exit 0\" TERM; sleep 10000 & wait"]'
	create "$@"
	brig start "$ID"
}

container_state() { # [JQ-FILTER]
	brig state "$ID" | jq -r "${1:-.}"
}

container_pid() {
	local state
	state=$(brig state "$ID")
	[[ $state =~ \"pid\":\ *([0-9]+) ]] && echo "${BASH_REMATCH[1]}"
}

has_status() { # STATUS
	[[ $(brig state "$ID") =~ \"status\":\ *\"$1\" ]]
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

# eventually COMMAND…: within 30 seconds, or $WITHIN where a file says what it waits for
eventually() {
	local end=$((SECONDS + ${WITHIN:-30}))
	while ((SECONDS < end)); do
		"$@" 2>/dev/null && return
		sleep 0.05
	done
	complain "still not so after ${WITHIN:-30} seconds: $*"
}

# --- skips, each with the missing thing named ------------------------------------------------------

# missing REASON: nothing for this test here. A machine that claims to be complete must not miss anything.
missing() {
	[[ -z ${BRIG_TEST_COMPLETE-} ]] || complain "a complete machine would not skip this: $1"
	skip "$1"
}

kernel_is_at_least() { # MAJOR MINOR
	local major minor
	IFS=.- read -r major minor _ </proc/sys/kernel/osrelease
	((major > $1 || (major == $1 && minor >= $2)))
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
	if [[ -n ${CGROUP_ROOT-} ]]; then
		echo "$CGROUP_ROOT"
		return
	fi
	awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) == "cgroup2") { print $5; exit } }' /proc/self/mountinfo
}

# The container's cgroup, as a path of the host's.
container_cgroup() {
	echo "$(cgroup_root)$(sed -n 's/^0:://p' "/proc/$(container_pid)/cgroup")"
}

# --- before and after ------------------------------------------------------------------------------

# bats notes before each command where it is, in case it fails, which takes longer than most commands.
# Here it is noted when one has failed.
note_failures_only() {
	trap - DEBUG
	BATS_DEBUG_LAST_STACK_TRACE=() BATS_DEBUG_LASTLAST_STACK_TRACE=()
	trap 'note_failure $?' ERR
}

note_failure() { # STATUS
	BATS_ERROR_STATUS=${BATS_ERROR_STATUS:-$1}
	bats_capture_stack_trace
	bats_error_trap
}

setup() {
	note_failures_only
	needs_root
	T=$BATS_TEST_TMPDIR
	ROOT=$T/state LOG=$T/log POLICY=$T/policy.json
	ID=t$BATS_ROOT_PID-$BATS_SUITE_TEST_NUMBER
	MARK=BRIG_TEST=$ID
	make_rootfs
	make_templates
	read -r CGROUP_ROOT <"$BATS_RUN_TMPDIR/templates/cgroup-root" || true
	make_policy
	make_bundle
	if declare -F prepare >/dev/null; then
		prepare
	fi
}

# What a container may have left: prints what is there. After each test: few processes.
leftovers() {
	local environ
	find "$ROOT" "$(cgroup_root)" \( -path "$ROOT/*" -prune -printf 'state: %p\n' \) -o \
		\( -type d -name "*$ID*" -printf 'cgroup: %p\n' \) 2>/dev/null || true
	grep -rsF "$T/" /run/brig-ids /proc/self/mountinfo || true # id reservations and mounts
	while read -r environ; do
		echo "process: ${environ//[^0-9]/} $(tr '\0' ' ' <"${environ%environ}cmdline")"
	done 2>/dev/null < <(grep -lszxF "$MARK" /proc/[0-9]*/environ)
}

nothing_left() {
	local left
	left=$(leftovers)
	[[ -z $left ]] || complain "left behind:"$'\n'"$left"
}

delete_all() {
	local dir
	for dir in "$ROOT"/*/; do
		dir=${dir%/}
		[[ ! -d $dir ]] || brig delete --force "${dir##*/}"
	done
}

# bats asks for the status of `teardown` as a whole, so a command that fails in the middle is not noticed,
# not in `dispose` either: what must hold there is its last command, or says `|| return`.
teardown() {
	local status=0
	[[ -n ${ROOT-} ]] || return 0
	if declare -F dispose >/dev/null; then
		dispose || status=$?
	fi
	delete_all
	nothing_left && return "$status"
}
