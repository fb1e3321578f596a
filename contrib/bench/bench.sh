#!/bin/bash
# brig beside bubblewrap, crun, runc and a floor of bare system calls, interleaved, on one bundle.
#
# usage: sudo contrib/bench/bench.sh [--rounds N] [--busy N] [--sid]
#
#	--rounds N  how often each command runs (default: 40); medians are printed
#	--busy N    N containers of brig's beside it all, each of which keeps a processor busy
#	--sid       take the peers from Debian sid, in a root of their own made by mmdebstrap (0.3 GB)
#
# Every contestant maps 65,536 ids and makes all namespaces. brig does so with what it does by default
# (seccomp filter from its cache, Landlock, masked paths, device program, audit log); nothing is
# switched off for it, and nothing is switched on for the others. Peers that are not installed are
# left out. Peers get a mount namespace in which cgroup2 is at /sys/fs/cgroup, as on a host without
# cgroup v1, and no cgroups of their own: on a hybrid host crun refuses to run otherwise.
# The state of all of them is on a tmpfs at /run, as on every host with systemd.
set -euo pipefail
cd "$(dirname "$0")/../.."

rounds=40 busy=0 sid=0
while (($#)); do
	case $1 in
	--rounds) rounds=$2 && shift ;;
	--busy) busy=$2 && shift ;;
	--sid) sid=1 ;;
	*) sed -n 's/^# \{0,1\}//; 2,9p' "$0" && exit 2 ;;
	esac
	shift
done

tree=$PWD
tools=$tree/${BUILD:-build}/contrib/bench
brig=$tree/${BUILD:-build}/brig
work=$tree/build/bench
keeper=''

clean_up() {
	local id
	[[ -z $keeper ]] || kill "$keeper" 2>/dev/null || true
	for id in $("$brig" --root /run/bench-brig list -q 2>/dev/null); do
		"$brig" --root /run/bench-brig --policy "$work/policy.json" delete --force "$id" || true
	done
}

# --- bundle and policy ---------------------------------------------------------------------------

make_bundles() {
	local name
	rm -rf "$work/rootfs" "$work/bundle-"* 
	mkdir -p "$work/rootfs"/{dev,proc,sys,tmp}
	install -m 755 "$tools/nothing" "$work/rootfs/nothing"
	jq -n --arg tree "$tree" --arg work "$work" '{ base: "restricted", settings: {
		seccomp_profile: "\($tree)/seccomp-profiles/default.json", audit_log: "\($work)/audit.jsonl" } }' >"$work/policy.json"
	for name in run wait burn; do
		mkdir "$work/bundle-$name"
		"$brig" spec --bundle "$work/bundle-$name"
		jq --arg name "$name" --arg rootfs "$work/rootfs" '
			.process.terminal = false | .root.path = $rootfs
			| .process.args = (if $name == "run" then ["/nothing"] else ["/nothing", $name] end)
			| .mounts |= map(select(.type != "cgroup"))' "$work/bundle-$name/config.json" >"$work/config"
		mv "$work/config" "$work/bundle-$name/config.json"
		mkdir "$work/bundle-peer-$name"
		jq '[{ containerID: 0, hostID: 2000000000, size: 65536 }] as $map
			| .ociVersion = "1.0.2" | .linux.uidMappings = $map | .linux.gidMappings = $map' \
			"$work/bundle-$name/config.json" >"$work/bundle-peer-$name/config.json"
	done
}

# --- the peers' mount namespace --------------------------------------------------------------------

cgroup2_at() {
	awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) == "cgroup2") { print $5; exit } }' /proc/self/mountinfo
}

make_sid_root() {
	[[ -d $work/sid/usr ]] || mmdebstrap --variant=apt --include=bubblewrap,crun,mount,runc \
		--aptopt='Acquire::Check-Valid-Until "false"' sid "$work/sid"
}

# A process that holds the namespace open; its pid.
keep_namespace() {
	# shellcheck disable=SC2016 # the dollars are the inner shell's
	unshare --mount --propagation private sh -ec '
		root=$1 cgroup2=$2 work=$3
		if [ "$cgroup2" != /sys/fs/cgroup ]; then mount --bind "$cgroup2" /sys/fs/cgroup; fi
		if [ -n "$root" ]; then
			mount --bind "$root" "$root"
			for dir in /proc /sys /dev /run; do mount --rbind $dir "$root$dir"; done
			mkdir -p "$root$work"
			mount --bind "$work" "$root$work"
			cd "$root"
			pivot_root . .
			umount -l .
		fi
		exec sleep 100000' sh "$1" "$(cgroup2_at)" "$work" &
	keeper=$!
	sleep 1
	kill -0 "$keeper" # dead: then what follows would measure something else
}

start_busy() { # NUMBER
	local n
	for ((n = 0; n < $1; n++)); do
		"$brig" --root /run/bench-brig --policy "$work/policy.json" run --detach --bundle "$work/bundle-burn" "bench-busy-$n" \
			</dev/null >/dev/null
	done
}

has() { # PROGRAM: in the peers' namespace; prints its path
	nsenter --mount="/proc/$keeper/ns/mnt" sh -c "command -v $1"
}

# --- what is measured ------------------------------------------------------------------------------

line() { # NAME OPERATION MOUNTS WORDS…
	local IFS=$'\t'
	echo "$*"
}

lifecycle() { # NAME MOUNTS BUNDLE COMMAND…: from the run of nothing to the delete of what waits
	local name=$1 mounts=$2 bundle=$3 id="bench-$1-{}"
	shift 3
	line "$name" run "$mounts" "$@" run --bundle "$bundle-run" "$id"
	line "$name" create "$mounts" "$@" create --bundle "$bundle-wait" "$id"
	line "$name" start "$mounts" "$@" start "$id"
	line "$name" exec "$mounts" "$@" exec "$id" /nothing
	line "$name" delete "$mounts" "$@" delete --force "$id"
}

lines() {
	local mounts=/proc/$keeper/ns/mnt bwrap crun runc
	line floor run - "$tools/floor" "$work/rootfs" /nothing
	lifecycle brig - "$work/bundle" "$brig" --root /run/bench-brig --policy "$work/policy.json"
	if bwrap=$(has bwrap); then
		line bubblewrap run "$mounts" "$bwrap" --unshare-all --uid 0 --gid 0 --ro-bind "$work/rootfs" / \
			--proc /proc --dev /dev --tmpfs /tmp /nothing
	fi
	if crun=$(has crun); then
		lifecycle crun "$mounts" "$work/bundle-peer" "$crun" --root /run/bench-crun --cgroup-manager=disabled
	fi
	if runc=$(has runc); then
		lifecycle runc "$mounts" "$work/bundle-peer" "$runc" --root /run/bench-runc --rootless=true
	fi
}

# NAME, OPERATION, microseconds, KiB: as tables, with the ratio to brig
# shellcheck disable=SC2016 # the dollars are awk's
table='
BEGIN { FS = "\t" }
{
	if (!($1 in seen)) { seen[$1]; names[++n] = $1 }
	if (!($2 in known)) { known[$2]; operations[++m] = $2 }
	time[$1, $2] = $3; peak[$1, $2] = $4
}
function row(what, value, unit, format, i, name) {
	printf "  %-22s", what
	for (i = 1; i <= n; i++) {
		name = names[i]
		if (!((name, unit) in value)) { printf "%18s", "-"; continue }
		printf "%18s", sprintf(format, value[name, unit] / 1000, \
			value["brig", unit] ? value[name, unit] / value["brig", unit] : 0)
	}
	print ""
}
END {
	printf "  %-22s", "median, ratio to brig"
	for (i = 1; i <= n; i++) printf "%18s", names[i]
	print ""
	for (j = 1; j <= m; j++) row(operations[j] " (ms)", time, operations[j], "%.2f  %5.2f")
	for (j = 1; j <= m; j++) row(operations[j] " (MB)", peak, operations[j], "%.2f  %5.2f")
}'

resident() { # COMMAND…: memory of what waits between create and start, shared pages by share
	local pid
	"$@" create --bundle "$bundle" --pid-file "$work/pid" bench-resident </dev/null >/dev/null
	pid=$(cat "$work/pid")
	awk '/^Pss:/ { print $2 " kB" }' "/proc/$pid/smaps_rollup"
	"$@" delete --force bench-resident
}

[[ $(id -u) == 0 ]] || { echo "bench: this is for root" >&2 && exit 1; }
if [[ -z ${BENCH_INSIDE-} ]]; then
	options=(--rounds "$rounds" --busy "$busy")
	((sid == 0)) || options+=(--sid)
	BENCH_INSIDE=1 exec unshare --mount --propagation private "$0" "${options[@]}"
fi
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p "$work"
trap clean_up EXIT
make_bundles
((sid == 0)) || make_sid_root
start_busy "$busy"
keep_namespace "$( ((sid == 0)) || echo "$work/sid")"

for peer in bwrap crun runc; do
	path=$(has "$peer") && nsenter --mount="/proc/$keeper/ns/mnt" "$path" --version | sed -n 1p
done
echo "$rounds rounds, $busy busy containers beside"
echo
lines | "$tools/measure" "$rounds" >"$work/results"
awk "$table" "$work/results"
echo
bundle=$work/bundle-wait
echo "  resident between create and start: brig $(resident "$brig" --root /run/bench-brig --policy "$work/policy.json")"
