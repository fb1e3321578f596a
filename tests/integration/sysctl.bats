#!/usr/bin/env bats
load ../lib/common

@test "a sysctl of the container's own namespaces is set there, and not on the host" {
	local before
	before=$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)
	config '.linux.sysctl = { "net.ipv4.ip_unprivileged_port_start": "80", "kernel.shmmax": "1048576" }'
	inside 'cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shmmax'
	is "$output" $'80\n1048576'
	is "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" "$before"
}

@test "a sysctl of the host's is refused" {
	local key
	for key in kernel.core_pattern vm.swappiness fs.file-max kernel.hostname; do
		config --arg key "$key" '.linux.sysctl = { ($key): "1" }'
		fails create
		says sysctl "$key"
	done
}

@test "a sysctl that climbs is refused" {
	config '.linux.sysctl = { "net.../kernel/core_pattern": "x" }'
	fails create
}
