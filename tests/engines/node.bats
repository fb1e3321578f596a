#!/usr/bin/env bats
# contrib/kubernetes: the image that installs brig on a node, built by Buildah, and its installer on this
# machine as the node. It restarts engines that other files use.
# alone
load common

BASE=example.test/debian:13-slim
IMAGE=example.test/brig-installer:1

# The programs of Debian that Containerfile calls: from this machine, for there is no registry.
make_base() {
	local dir=$BATS_FILE_TMPDIR/base container program
	mkdir -p "$dir"/{etc,tmp,usr/{bin,lib,lib64}}
	cp -a /bin /lib /lib64 "$dir" # links to these
	for program in sh rm tar dpkg-deb; do
		program=$(command -v "$program")
		cp --parents --dereference "$program" "$dir"
		ldd "$program" | grep -o '/[^ ]*' | xargs -r -I{} cp --parents --dereference {} "$dir"
	done
	container=$(buildah from scratch)
	buildah copy -q "$container" "$dir" /
	buildah commit -q "$container" "$BASE"
	buildah rm "$container" >/dev/null
}

setup_file() {
	only_in_a_guest
	install_brig
	make_base
	cd "$TREE" || return
	buildah build --isolation oci --runtime /usr/bin/brig --network none --from "$BASE" --file contrib/kubernetes/Containerfile --tag "$IMAGE" .
	buildah from --name installer "$IMAGE"
}

teardown_file() {
	[[ -e /brig/.vm/command ]] || return 0
	buildah umount installer
	buildah rm installer
	buildah rmi "$IMAGE" "$BASE"
}

prepare() {
	NODE=$T/node
	mkdir "$NODE"
	BRIG_IMAGE=$(buildah mount installer)
	export BRIG_IMAGE
}

dispose() {
	! mountpoint -q "$NODE" || umount -R "$NODE"
}

install_node() { # NODE [restart]
	"$BRIG_IMAGE/usr/lib/brig/install-node" "$@"
}

# This machine, as a pod with the volume "/" sees it.
whole_machine() {
	mount --rbind --make-rslave / "$NODE"
}

started() { # SERVICE: when
	systemctl show -p ActiveEnterTimestampMonotonic --value "$1"
}

@test "a node of containerd's gets brig, its profile in the kernel, and containerd restarted; the second time changes nothing" {
	local before config=/etc/containerd/config.toml
	cp "$config" "$T/config.toml"
	apparmor_parser -R /etc/apparmor.d/brig-default
	before=$(started containerd)
	whole_machine
	succeeds install_node "$NODE" restart
	grep -q '^brig-default (enforce)' /sys/kernel/security/apparmor/profiles
	succeeds containerd config dump
	says 'runtimes.brig]' 'BinaryName = "/usr/bin/brig"'
	eventually ctr version
	(($(started containerd) > before))
	cmp "$BRIG_IMAGE/usr/bin/brig" /usr/bin/brig
	before=$(started containerd)
	succeeds install_node "$NODE" restart
	is "$(started containerd)" "$before"
	cp "$T/config.toml" "$config"
	systemctl restart containerd
}

# CRI-O is in no Debian release: a service of that name stands for it.
@test "a node of CRI-O's gets the drop-in, and CRI-O restarted" {
	local before
	mkdir -p /etc/crio
	printf '[Service]\nExecStart=sleep infinity\n' >/run/systemd/system/crio.service
	systemctl daemon-reload
	systemctl start crio
	before=$(started crio)
	whole_machine
	succeeds install_node "$NODE" restart
	cmp "$TREE/contrib/crio/10-brig.conf" /etc/crio/crio.conf.d/10-brig.conf
	(($(started crio) > before))
	before=$(started crio)
	succeeds install_node "$NODE" restart
	is "$(started crio)" "$before"
	systemctl stop crio
	rm -r /etc/crio /run/systemd/system/crio.service
	systemctl daemon-reload
}

@test "an empty node: the policy that is there stays, and CRI-O alone gets no configuration for containerd" {
	mkdir -p "$NODE"/etc/{crio,brig}
	echo '{}' >"$NODE/etc/brig/policy.json"
	succeeds install_node "$NODE"
	is "$(<"$NODE/etc/brig/policy.json")" '{}'
	is "$(cd "$NODE" && find . -type f | sort | grep -v seccomp)" "$(printf './%s\n' etc/apparmor.d/brig-default etc/brig/policy.json etc/crio/crio.conf.d/10-brig.conf usr/bin/brig)"
}
