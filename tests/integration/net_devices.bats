#!/usr/bin/env bats
# linux.netDevices: brig runs in a network namespace of the test, whose links are not the host's.
load ../lib/common

# One end of a pair: links of this kind can be had everywhere.
prepare() {
	policy '.rules["net-device"] = "allow"'
	unshare --net sleep 60 3>&- &
	HOLDER=$!
	eventually has_network "$HOLDER"
	in_network ip link add brig0 type veth peer name other || missing "no veth links in this kernel"
	in_network ip address add 192.0.2.5/24 dev brig0
	in_network ip address add 2001:db8::5/64 dev brig0 nodad
}

has_network() { # PID
	[[ $(readlink "/proc/$1/ns/net") != "$(readlink /proc/self/ns/net)" ]]
}

in_network() {
	nsenter --target "$HOLDER" --net "$@"
}

# inside_of_network SCRIPT: as `inside`, brig being in the test's network
inside_of_network() {
	config --arg script "$1" '.process.args = ["sh", "-c", $script]'
	run in_network "$BRIG" --root "$ROOT" --policy "$POLICY" run --bundle "$BUNDLE" "$ID" </dev/null 3>&-
}

dispose() {
	[[ -z ${HOLDER-} ]] || kill "$HOLDER" || true
}

@test "a network device is the container's, under its new name, up and with its addresses" {
	config '.linux.netDevices = { brig0: { name: "eth7" } }'
	inside_of_network 'ls /sys/class/net; cat /sys/class/net/eth7/flags; ip -o address show dev eth7 scope global | tr -s " " | cut -d " " -f 3,4'
	is "$output" $'eth7\nlo\n0x1003\ninet 192.0.2.5/24\ninet6 2001:db8::5/64'
	run ! in_network ip link show brig0
}

@test "without a new name it keeps the one that it has" {
	config '.linux.netDevices = { brig0: {} }'
	inside_of_network 'ls /sys/class/net'
	is "$output" $'brig0\nlo'
}

@test "a network device that is not there is an error with its name, and nothing is left" {
	config '.linux.netDevices = { brig9: {} }'
	inside_of_network true
	((status != 0))
	says "network device 'brig9'"
	nothing_left
}

@test "a network device is refused unless policy allows it, and stays where it is" {
	policy 'del(.rules["net-device"])'
	config '.linux.netDevices = { brig0: {} }'
	inside_of_network true
	((status != 0))
	says net-device /linux/netDevices/brig0
	in_network ip link show brig0
}
