# tests/lib/fault.bash: brig as `make fault` builds it, which dies or halts at a named step
#
#	load ../lib/common
#	load ../lib/fault

FAULT_BRIG=${FAULT_BRIG:-$BRIG_BUILD/fault/brig}

# The steps of this build, from the source: a new one is tested without being listed here.
fault_points() { # PREFIX
	grep -rhoE "fault_point\(\"$1-[a-z-]+\"\)" "$TREE/src" | sed 's/.*("\(.*\)").*/\1/' | sort -u
}

# Those of some commands into $steps: LEAST of them, or they are called something else by now and a loop over
# them tests nothing.
steps_of() { # LEAST COMMAND…
	local command
	steps=()
	for command in "${@:2}"; do
		mapfile -t -O ${#steps[@]} steps < <(fault_points "$command")
	done
	((${#steps[@]} >= $1)) || complain "${#steps[@]} steps in ${*:2}, and not $1: ${steps[*]}"
}

needs_fault_build() {
	[[ -x $FAULT_BRIG ]] || missing "no fault build: make fault"
}

# dies_at STEP COMMAND…: that brig reaches STEP and is killed there
dies_at() {
	local step=$1 status=0
	shift
	BRIG_FAULT=$step "$FAULT_BRIG" --root "$ROOT" --policy "$POLICY" --log "$LOG" "$@" </dev/null >"$T/out" 2>&1 3>&- || status=$?
	((status != 0)) || complain "went on after $step: $*"
}

# The killed command has no one to tidy up after it but `delete --force`; its init may still be ending.
force_delete() {
	succeeds brig delete --force "$ID"
	eventually nothing_left
}
