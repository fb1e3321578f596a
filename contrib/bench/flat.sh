#!/bin/bash
# What a create costs on a host that is full, beside what it costs on an idle one.
#
# usage: sudo contrib/bench/flat.sh [--containers N] [--processes N] [--rounds N]
#
#	--containers N  how many wait beside it (default: 1000)
#	--processes N   how many processes sleep beside it (default: 5000)
#	--rounds N      how often it is measured (default: 60); medians are printed
#
# brig walks no list of processes or containers at a create (kernel/uidmaps.h), but a kernel before 7.0 does:
# pivot_root(2) looks at each thread of the host whether its root directory has to change (chroot_fs_refs). So
# the same is measured for the bare change of root, which pivot.c does as brig does it. Bundle, profile and policy are those of bench.sh.
set -euo pipefail
cd "$(dirname "$0")/../.."

containers=1000 processes=5000 rounds=60
while (($#)); do
	case $1 in
	--containers) containers=$2 && shift ;;
	--processes) processes=$2 && shift ;;
	--rounds) rounds=$2 && shift ;;
	*) sed -n 's/^# \{0,1\}//; 2,8p' "$0" && exit 2 ;;
	esac
	shift
done
[[ $(id -u) == 0 ]] || { echo "flat: this is for root" >&2 && exit 1; }
if [[ -z ${BENCH_INSIDE-} ]]; then
	BENCH_INSIDE=1 exec unshare --mount --propagation private "$0" --containers "$containers" \
		--processes "$processes" --rounds "$rounds"
fi
mount -t tmpfs -o mode=755 tmpfs /run

tree=$PWD
tools=$tree/${BUILD:-build}/contrib/bench
brig=$tree/${BUILD:-build}/brig
work=$tree/build/bench-flat
sleepers=''

brig() {
	"$brig" --policy "$work/policy.json" "$@" </dev/null >/dev/null
}

clean_up() {
	local id
	[[ -z $sleepers ]] || kill -- "-$sleepers" 2>/dev/null || true
	for id in $("$brig" list -q); do
		brig delete --force "$id" || true
	done
}
trap clean_up EXIT

mkdir -p "$work/bundle/rootfs"/{dev,proc,sys,tmp}
install -m 755 "$tools/nothing" "$work/bundle/rootfs/nothing"
jq -n --arg tree "$tree" --arg work "$work" '{ base: "restricted", settings: {
	seccomp_profile: "\($tree)/seccomp-profiles/default.json", audit_log: "\($work)/audit.jsonl" } }' >"$work/policy.json"
rm -f "$work/bundle/config.json"
"$brig" spec --bundle "$work/bundle"
jq '.process.terminal = false | .process.args = ["/nothing", "wait"]' "$work/bundle/config.json" >"$work/config"
mv "$work/config" "$work/bundle/config.json"

median_us() {
	local i start
	for ((i = 0; i < rounds; i++)); do
		start=${EPOCHREALTIME/./}
		brig create --bundle "$work/bundle" flat-timed
		echo $((${EPOCHREALTIME/./} - start))
		brig delete --force flat-timed
	done | sort -n | sed -n "$((rounds / 2 + 1))p"
}

# What the kernel's part costs, in a mount namespace of its own.
pivot_us() {
	local i
	for ((i = 0; i < rounds; i++)); do
		"$tools/pivot" "$work/bundle/rootfs"
	done | sort -n | sed -n "$((rounds / 2 + 1))p"
}

median_us >/dev/null # the cache of filters and ids is warm
idle=$(median_us) idle_pivot=$(pivot_us)
for ((i = 0; i < containers; i++)); do
	brig create --bundle "$work/bundle" "flat-$i"
done
# Not children of this shell: it would take longer to fork with each.
# shellcheck disable=SC2016 # the dollars are the inner shell's
setsid bash -c 'for ((i = 0; i < $1; i++)); do sleep 100000 & done; wait' bash "$processes" &
sleepers=$!
until (($(pgrep --session "$sleepers" | wc -l) >= processes)); do
	sleep 0.2
done
brig create --bundle "$work/bundle" flat-warm
full=$(median_us) full_pivot=$(pivot_us)
awk -v idle="$idle" -v full="$full" -v idle_pivot="$idle_pivot" -v full_pivot="$full_pivot" \
	-v beside="$containers containers and $processes processes" 'BEGIN {
	printf "%-48s%10s%16s%10s\n", "", "create", "change of root", "the rest"
	printf "%-48s%7.2f ms%13.2f ms%7.2f ms\n", "on an idle host", idle / 1000, idle_pivot / 1000, (idle - idle_pivot) / 1000
	printf "%-48s%7.2f ms%13.2f ms%7.2f ms\n", "beside " beside, full / 1000, full_pivot / 1000, (full - full_pivot) / 1000
	printf "%-48s%10.2f%16s%10.2f\n", "ratio", full / idle, "", (full - full_pivot) / (idle - idle_pivot) }'
