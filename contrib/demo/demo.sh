#!/bin/bash
# Run a container under brig and show what its workload saw, and what it tried in vain.
#
# usage: sudo contrib/demo/demo.sh BRIG
#
# The bundle is busybox, out of Debian's package busybox-static, and what `brig spec` writes, with the
# program changed by jq. Everything is below build/demo of this tree; nothing is installed. The
# workload is contrib/demo/workload.sh; the figures of the host are measured here, at that moment.
set -euo pipefail
umask 022
cd "$(dirname "$0")/../.."

brig=$(realpath "${1:?usage: contrib/demo/demo.sh BRIG}")
tree=$PWD
work=$tree/build/demo
id=brig-demo-$$
listener='' refused=0 done=0

fail() {
	echo "demo: $*" >&2
	exit 1
}

clean_up() {
	"$brig" --policy "$work/policy.json" delete --force "$id" 2>/dev/null || true
	[[ -z $listener ]] || kill "$listener" 2>/dev/null || true
	rm -f "$secret"
}

# --- the bundle -------------------------------------------------------------------------------

make_rootfs() {
	local applet
	mkdir -p "$work/rootfs"/{bin,dev,etc,proc,sys,tmp}
	install -m 755 /bin/busybox "$work/rootfs/bin/busybox"
	for applet in $(/bin/busybox --list | grep -vx busybox); do
		ln -s busybox "$work/rootfs/bin/$applet"
	done
	install -m 755 contrib/demo/workload.sh "$work/rootfs/bin/workload"
}

# As its own root, with the capabilities that policy grants a service: the most it can be.
make_config() {
	"$brig" spec --bundle "$work"
	jq --arg secret "$secret" --arg pid "$$" --arg port "$port" '
		.process.terminal = false
		| .process.user = { uid: 0, gid: 0 }
		| .process.args = ["/bin/workload", $secret, $pid, $port]
		| .process.capabilities |= (.bounding = ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID", "CAP_SETGID"]
			| .effective = .bounding | .permitted = .bounding)
	' "$work/config.json" >"$work/config.new"
	mv "$work/config.new" "$work/config.json"
}

# brig takes its default seccomp profile from where it is installed; here it is not.
make_policy() {
	install -m 644 seccomp-profiles/default.json "$work/seccomp.json"
	jq -n --arg work "$work" '{
		base: "restricted",
		settings: { seccomp_profile: "\($work)/seccomp.json", audit_log: "\($work)/audit.jsonl" }
	}' >"$work/policy.json"
}

# --- the table --------------------------------------------------------------------------------

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
	bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[1;31m' plain=$'\e[0m'
else
	bold='' dim='' green='' red='' plain=''
fi

heading() { # LEFT MIDDLE RIGHT
	printf '\n  %s%-32s %-38s %s%s\n' "$bold" "$1" "$2" "$3" "$plain"
}

row() { # WHAT INSIDE HOST
	printf '  %-32s %-38s %s%s%s\n' "$1" "$2" "$dim" "${3-}" "$plain"
}

bits() { # HEX: how many are set
	local n=0 v=$((16#$1))
	while ((v)); do
		((n += v & 1, v >>= 1)) || true
	done
	echo "$n"
}

host_status() {
	sed -n "s/^$1:[[:space:]]*//p" /proc/self/status
}

limit_text() { # VALUE
	case $1 in
	none) echo "cgroup2 here has no such controller" ;;
	*) echo "$1" ;;
	esac
}

show_seen() { # KEY VALUE
	local first
	case $1 in
	uid) row "I am user" "$2" "$(id -u)" ;;
	uid_map)
		first=$(cut -d' ' -f2 <<<"$2")
		row "which is really user" "$first, who owns nothing" "0"
		row "ids I can become" "$(cut -d' ' -f3 <<<"$2")" "$(awk '{ print $3 }' /proc/self/uid_map)"
		;;
	hostname) row "my name" "$2" "$(hostname)" ;;
	processes) row "processes I see" "$2" "$(find /proc -maxdepth 1 -name '[0-9]*' | wc -l)" ;;
	unix_sockets) row "sockets of others I see" "$2" "$(($(wc -l </proc/net/unix) - 1))" ;;
	interfaces) row "network interfaces" "$2" "$(cd /sys/class/net && echo *)" ;;
	mounts_writable) row "writable mounts" "$2" "$(grep -cE '^[^-]* rw[, ]' /proc/self/mountinfo)" ;;
	devices) row "device nodes" "$2" "$(find /dev -type c -o -type b 2>/dev/null | wc -l)" ;;
	capabilities) row "capabilities, in my namespace" "$(bits "$2")" "$(bits "$(host_status CapEff)")" ;;
	bounding) row "capabilities I can ever get" "$(bits "$2")" "$(bits "$(host_status CapBnd)")" ;;
	no_new_privs) row "setuid programs work" "$([[ $2 == 1 ]] && echo no || echo yes)" "yes" ;;
	seccomp) row "system calls are filtered" "$([[ $2 == 2 ]] && echo yes || echo no)" "no" ;;
	apparmor) row "AppArmor profile" "${2:-not in this kernel}" "" ;;
	memory_max) row "memory" "$(limit_text "$2")" "$(awk '/^MemTotal/ { printf "%.0f", $2 * 1024 }' /proc/meminfo)" ;;
	pids_max) row "processes at most" "$(limit_text "$2")" "$(cat /proc/sys/kernel/pid_max)" ;;
	cpu_max) row "processor time, period (us)" "$(limit_text "$2")" "$(nproc) processors" ;;
	esac
}

show_tried() { # WHAT HOW WHY
	if [[ $2 == refused ]]; then
		printf '  %-32s %s%-8s%s %s\n' "$1" "$green" "refused" "$plain" "$3"
		refused=$((refused + 1))
	else
		printf '  %-32s %s%-8s%s %s\n' "$1" "$red" "DONE" "$plain" "$3"
		done=$((done + 1))
	fi
}

show() {
	local kind what a b tried=
	heading "the workload sees" "inside" "the host"
	while IFS=$'\t' read -r kind what a b; do
		case $kind in
		sees) show_seen "$what" "$a" ;;
		tries)
			[[ -n $tried ]] || heading "the workload tried to" "" ""
			tried=1
			show_tried "$what" "$a" "$b"
			;;
		*) echo "$kind $what $a $b" ;;
		esac
	done
	[[ -n $tried ]] || fail "the workload did not run to its end"
}

[[ $(id -u) == 0 ]] || fail "this is for root: sudo make demo"
rm -rf "$work"
mkdir -p "$work"
secret=$(mktemp /run/brig-demo.XXXXXX)
trap clean_up EXIT
echo "the host's secret" >"$secret"

port=$((20000 + RANDOM % 10000))
/bin/busybox nc -l -p "$port" 127.0.0.1 </dev/null >/dev/null 2>&1 &
listener=$!

make_rootfs
make_config
make_policy
"$brig" --policy "$work/policy.json" run --bundle "$work" "$id" >"$work/lines" 2>"$work/errors" </dev/null ||
	fail "$(cat "$work/errors")"
show <"$work/lines"

echo
sed 's/^/  /' "$work/errors"
echo "  $refused of $((refused + done)) attempts refused. What was asked of the kernel:"
echo "  ${brig#"$tree"/} --policy ${work#"$tree"/}/policy.json plan ${work#"$tree"/}"
((done == 0))
