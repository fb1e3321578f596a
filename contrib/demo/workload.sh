#!/bin/sh
# The workload of the demo. It runs inside the container, as its root, with busybox alone.
#
# usage: workload.sh SECRET_FILE HOST_PID HOST_PORT
#	SECRET_FILE  a file of the host's that only root there may read
#	HOST_PID     a process of the host's
#	HOST_PORT    a port on which somebody listens on the host's 127.0.0.1
#
# Each line it prints is one measurement, made when the line is printed; fields end at a tab:
#	sees   WHAT  VALUE
#	tries  WHAT  refused|done  WHY
tab='	'
secret=$1 host_pid=$2 host_port=$3

sees() { # WHAT VALUE
	echo "sees$tab$1$tab$2"
}

# Busybox says "mount: mounting none on /tmp failed: Operation not permitted"; the last part is why.
# What is tried does no harm should it succeed.
tries() { # WHAT COMMAND…
	what=$1
	shift
	if said=$("$@" 2>&1); then
		echo "tries$tab$what${tab}done$tab$(echo "$said" | head -n 1)"
	else
		said=$(echo "$said" | tail -n 1)
		said=${said##*: }
		echo "tries$tab$what${tab}refused$tab${said:-exit status $?}"
	fi
}

status() { # FIELD of /proc/self/status
	sed -n "s/^$1:[[:space:]]*//p" /proc/self/status
}

limit() { # FILE of the cgroup
	cat "/sys/fs/cgroup/$1" 2>/dev/null || echo none
}

# A read that gives nothing is as good as a refusal: a masked file is an empty one.
read_some() { # FILE
	[ -n "$(head -c 16 "$1" | tr -d '\0')" ] || {
		echo "x: the file is masked, and empty"
		return 1
	}
}

write_to() { # FILE TEXT
	echo "$2" >"$1"
}

rewrite() { # FILE
	write_to "$1" "$(cat "$1")"
}

# Busybox's date complains, and succeeds.
set_clock() {
	said=$(date -s "@$(date +%s)" 2>&1 >/dev/null)
	echo "$said"
	[ -z "$said" ]
}

read_host_file() {
	for way in "$secret" "/proc/1/root$secret" "/proc/self/cwd/../../../../../..$secret"; do
		cat "$way" && return
	done
	return 1
}

connect_host() {
	nc -w 1 127.0.0.1 "$host_port" </dev/null
}

sees uid "$(id -u)"
sees uid_map "$(awk '{ print $1, $2, $3 }' /proc/self/uid_map)"
sees hostname "$(hostname)"
# The numbers are processes; "self" and "thread-self" are not.
sees processes "$(set -- /proc/[0-9]*; echo $#)"
sees unix_sockets "$(($(wc -l </proc/net/unix) - 1))"
sees interfaces "$(cd /sys/class/net && echo *)"
sees mounts_writable "$(awk '{ split($6, o, ","); if (o[1] == "rw") n++ } END { print n + 0 }' /proc/self/mountinfo)"
sees devices "$(find /dev -type c -o -type b | wc -l)"
sees capabilities "$(status CapEff)"
sees bounding "$(status CapBnd)"
sees no_new_privs "$(status NoNewPrivs)"
sees seccomp "$(status Seccomp)"
sees apparmor "$(cat /proc/self/attr/current 2>/dev/null)"
sees memory_max "$(limit memory.max)"
sees pids_max "$(limit pids.max)"
sees cpu_max "$(limit cpu.max)"

tries "read a file of the host's" read_host_file
tries "signal a process of the host's" kill -0 "$host_pid"
tries "reach the host's 127.0.0.1" connect_host
tries "mount a file system" mount -t tmpfs none /tmp
tries "make a user namespace" unshare -U true
tries "make a network namespace" unshare -n true
tries "make a disk's device node" mknod /tmp/sda b 8 0
tries "change its own programs" touch /bin/busybox
# Not every kernel has these two: what is not there was not refused.
[ ! -e /proc/kcore ] || tries "read the kernel's memory" read_some /proc/kcore
tries "read the kernel's log" dmesg
[ ! -e /proc/sysrq-trigger ] || tries "press SysRq" write_to /proc/sysrq-trigger h
tries "name a program for the kernel" rewrite /proc/sys/kernel/core_pattern
tries "set the clock" set_clock
tries "open a raw socket" ping -c 1 -W 1 127.0.0.1
tries "leave its cgroup" write_to /sys/fs/cgroup/cgroup.procs 0
tries "raise its own priority" renice -n -10 -p $$
