#!/usr/bin/env bats
# alone
# Soak: containers made, entered and ended by the thousand, several at once, while brig is killed with
# SIGKILL at random moments and at named steps (tests/soak/cycles.c). Afterwards nothing of brig's is
# left, and nothing has grown.
#
#	SOAK_CYCLES=2000  cycles of create, start, exec, kill and delete, over all containers
#	SOAK_SEED=N       what is drawn: printed, so that a run can be repeated; its times are the machine's
#	SOAK_SLOTS=4      containers at once
#
# What may not be left is counted to the last one: state folders, id reservations, cgroups, mounts,
# processes, sockets and files in the directories that are ours, and the descriptors, mounts and
# processes of a container that lives through it all while commands that enter it are killed.
#
# What the whole machine shares is compared with a count after a warm-up, a tenth of the cycles. Its bound
# is one object in every sixteenth cycle and 16 for whoever else is about; it is four times that for mounts
# (a neighbour's container has some thirty) and 16 times for open files. A leak stays and a neighbour
# ends, so a count above its bound is taken again for a minute. Counted are:
#
#	user_namespace, pid_namespace, uts_namespace, net_namespace, nsproxy
#	                  slabs with an object for each container; what keeps a namespace is a process, a
#	                  descriptor, or a mount of it (mount and ipc namespaces have no slab of their own)
#	mnt_cache         mounts, also detached ones and those of namespaces that nobody can see: some
#	                  thirty for each container
#	key_jar           session keyrings
#	uid_cache         the kernel's record of each user, of which each container brings new ones
#	BPF programs      /proc/vmallocinfo: seccomp filters and device programs
#	dying cgroups     of cgroup.stat: removed, and still held by something
#	files, sockets    file-nr, sockstat
#
# Not counted are dentries and inodes, which are caches and grow by being used; kmalloc-*, which is
# everybody's; and task_struct, pid, cred and their like, which follow the processes of the machine.
load ../lib/common
load ../lib/fault

slabs='user_namespace pid_namespace uts_namespace net_namespace nsproxy mnt_cache key_jar uid_cache'

prepare() {
	needs_fault_build
	CYCLES=${SOAK_CYCLES:-2000} SEED=${SOAK_SEED:-$((RANDOM * 32768 + RANDOM))} SLOTS=${SOAK_SLOTS:-4}
	mapfile -t POINTS < <(fault_points '[a-z]+')
	mkdir "$T/dir"
	config '.process.args = ["sleep", "10000"]'
}

# soak CYCLES SEED: all slots at once, and commands that enter the container that stays
soak() {
	local slot n=$((($1 + SLOTS - 1) / SLOTS)) failed=0 job jobs=()
	for ((slot = 1; slot <= SLOTS; slot++)); do
		cycles "$slot" $(($2 * 100 + slot)) "$n" create,start,exec,kill,delete &
		jobs+=($!)
	done
	cycles stays "$2" "$n" exec &
	jobs+=($!)
	for job in "${jobs[@]}"; do
		wait "$job" || failed=1
	done
	return $failed
}

cycles() { # SLOT SEED CYCLES COMMANDS
	BRIG=$BRIG FAULT_BRIG=$FAULT_BRIG ROOT=$ROOT POLICY=$POLICY BUNDLE=$BUNDLE DIR=$T/dir \
		"$BRIG_BUILD/tests/soak/cycles" "$ID-$1" "${@:2}" "${POINTS[@]}" </dev/null >"$T/said-$1" 2>&1 3>&-
}

# What may not be left beside the container that stays.
others_left() {
	leftovers | grep -vF -e "$ID-stays" -e "process: $STAYS " || true
	find "$T/dir" -name '*.pid*' | sed 's/^/file: /'
	grep -F "$T" /proc/net/unix | grep -vF "$ID-stays" | sed 's/^/socket: /' || true
}

# What the container that stays has: descriptors, mounts and processes.
standing() {
	printf 'descriptors %s\n' "$(find "/proc/$STAYS/fd" -mindepth 1 | wc -l)"
	printf 'mounts %s\n' "$(wc -l <"/proc/$STAYS/mountinfo")"
	printf 'processes %s\n' "$(wc -l <"$(cgroup_root)$(sed -n 's/^0:://p' "/proc/$STAYS/cgroup")/cgroup.procs")"
}

# What the machine has: lines "NAME NUMBER". A slab is shrunk first: objects that are free, but kept by
# a processor for the next one who asks, are counted as in use.
census() {
	local slab
	for slab in $slabs; do
		[[ ! -w /sys/kernel/slab/$slab/shrink ]] || echo 1 >"/sys/kernel/slab/$slab/shrink"
	done
	awk -v slabs="$slabs" 'BEGIN { split(slabs, list); for (i in list) want[list[i]] } $1 in want { print $1, $2 }' /proc/slabinfo
	awk '/ bpf_prog_alloc/ { n++ } END { print "bpf-programs", n + 0 }' /proc/vmallocinfo
	awk '$1 == "nr_dying_descendants" { print "dying-cgroups", $2 }' "$(cgroup_root)/cgroup.stat"
	awk '{ print "files", $1 }' /proc/sys/fs/file-nr
	awk '$1 == "sockets:" { print "sockets", $3 }' /proc/net/sockstat
}

# grown BEFORE AFTER CYCLES: the lines of AFTER that are above those of BEFORE by more than the bound
grown() {
	awk -v bound=$((16 + $3 / 16)) 'BEGIN { times["mnt_cache"] = 4; times["files"] = 16 }
		NR == FNR { before[$1] = $2; next }
		$2 > before[$1] + bound * ($1 in times ? times[$1] : 1) { print $1 ": " before[$1] " after the warm-up, now " $2 }' "$1" "$2"
}

nothing_grown() { # CYCLES
	census >"$T/after"
	[[ -z $(grown "$T/before" "$T/after" "$1") ]]
}

# Within a minute: namespaces, mounts and cgroups are freed by workers of the kernel in their own time.
nothing_grows() { # CYCLES
	local i
	for ((i = 0; i < 60; i++)); do
		! nothing_grown "$1" || return 0
		sleep 1
	done
	complain "has grown over $1 cycles:"$'\n'"$(grown "$T/before" "$T/after" "$1")"
}

nothing_else_left() {
	local i left
	for ((i = 0; i < 50; i++)); do
		left=$(others_left)
		[[ -n $left ]] || return 0
		sleep 0.1
	done
	complain "left behind:"$'\n'"$left"
}

@test "create, start, exec, kill and delete with brig killed in between leave nothing, and nothing grows" {
	local batch size warm=$((CYCLES / 10 > SLOTS ? CYCLES / 10 : SLOTS)) cycles=0
	echo "# $CYCLES cycles, SOAK_SEED=$SEED" >&3
	brig create --bundle "$BUNDLE" --pid-file "$T/stays" "$ID-stays" </dev/null >"$T/out" 2>&1
	brig start "$ID-stays"
	STAYS=$(<"$T/stays")

	soak "$warm" "$SEED" || complain "SOAK_SEED=$SEED, warm-up:"$'\n'"$(cat "$T"/said-*)"
	nothing_else_left || complain "SOAK_SEED=$SEED, warm-up"
	standing >"$T/standing"
	census >"$T/before"

	size=$(((CYCLES - warm) / 4))
	for batch in 1 2 3 4; do
		soak "$size" $((SEED + batch)) || complain "SOAK_SEED=$SEED, batch $batch:"$'\n'"$(cat "$T"/said-*)"
		cycles=$((cycles + size))
		nothing_else_left || complain "SOAK_SEED=$SEED, batch $batch"
		is "$(standing)" "$(cat "$T/standing")" || complain "SOAK_SEED=$SEED, batch $batch: of the container that stays"
		nothing_grows "$cycles" || complain "SOAK_SEED=$SEED, batch $batch"
		cat "$T"/said-* >>"$T/said"
	done
	awk '{ run += $2; killed += $4; point += $6 }
		END { print "# " run " commands, of which " killed " killed at a random moment and " point " at a named step" }' "$T/said" >&3
	paste -d ' ' "$T/before" "$T/after" | awk '{ text = text " " $1 " " $2 "→" $4 } END { print "#" text }' >&3
	brig delete --force "$ID-stays"
}
