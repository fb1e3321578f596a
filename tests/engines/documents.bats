#!/usr/bin/env bats
# The commands of docs/, as they stand there, one after the other. What a guest cannot have is stood in for, by
# functions of the same names: packages are in its image already, images of containers are in a directory.
# It configures the machine's own containerd.
# alone
load common

setup_file() {
	only_in_a_guest
	install_brig
	export REGISTRY=$BATS_FILE_TMPDIR
	make_image "$REGISTRY/busybox-latest.tar" docker.io/library/busybox:latest
	make_image "$REGISTRY/debian-13.tar" docker.io/library/debian:13
	make_image "$REGISTRY/pause-3.10.tar" registry.k8s.io/pause:3.10 sleep 2147483647
	sed '/gogoproto/d' /usr/share/gocode/src/k8s.io/cri-api/pkg/apis/runtime/v1/api.proto >"$REGISTRY/api.proto"
	python3 -m grpc_tools.protoc -I"$REGISTRY" --python_out="$REGISTRY" --grpc_python_out="$REGISTRY" api.proto
}

# commands PAGE SECTION…: the indented lines of these sections
commands() {
	local page=$1 section
	shift
	for section; do
		awk -v title="## $section" '/^## / { here = $0 == title; found += here } here && sub("^    ", "") { print; n++ } END { exit !(found && n) }' \
			"$TREE/docs/$page" || complain "no commands in '$section' of $page"
	done
}

# --- what stands in ---------------------------------------------------------------------------------

apt-get() { # install NAME|FILE…
	local package
	for package in "${@:2}"; do
		case $package in
		*.deb) dpkg --install /brig/build/deb/brig_*.deb ;;
		*) dpkg --status "$package" >/dev/null ;;
		esac
	done
}

apt() {
	apt-get "$@"
}

pull() { # NAMESPACE IMAGE
	local file=${2##*/}
	command ctr --namespace "$1" images import "$REGISTRY/${file/:/-}.tar"
}

ctr() {
	if [[ "$1 $2" == "images pull" ]]; then pull default "$3"; else command ctr "$@"; fi
}

call() { # METHOD REQUEST
	PYTHONPATH=$REGISTRY python3 /brig/tests/engines/cri.py call "${CONTAINER_RUNTIME_ENDPOINT#unix://}" "$@"
}

crictl() {
	case $1 in
	pull) pull k8s.io "$2" ;;
	runp) call RunPodSandbox "{ \"runtime_handler\": \"$3\", \"config\": $(<"$4") }" | jq -r .podSandboxId ;;
	create) call CreateContainer "{ \"pod_sandbox_id\": \"$2\", \"config\": $(<"$3"), \"sandbox_config\": $(<"$4") }" | jq -r .containerId ;;
	start) call StartContainer "{ \"container_id\": \"$2\" }" ;;
	exec) call ExecSync "{ \"container_id\": \"$2\", \"cmd\": $(jq -nc '$ARGS.positional' --args -- "${@:3}"), \"timeout\": 60 }" | jq -r '.stdout | @base64d' ;;
	stopp) call StopPodSandbox "{ \"pod_sandbox_id\": \"$2\" }" ;;
	rmp) call RemovePodSandbox "{ \"pod_sandbox_id\": \"$2\" }" ;;
	*) return 2 ;;
	esac
}

# follow COMMANDS [DIRECTORY]: in one shell, each as it is shown; the first that fails ends it
follow() {
	{
		declare -f apt-get apt pull ctr call crictl
		declare -p REGISTRY
		echo "cd ${2-/brig}; set -euxo pipefail"
		echo "$1"
	} >"$T/script"
	run bash "$T/script" </dev/null 3>&-
	((status == 0)) || complain "$output"
}

# In $output.
has_random_ids() {
	grep -qE '^ +0 +[0-9]{9,} +65536$' <<<"$output" || complain "no range of brig's: $output"
}

# --- pages ------------------------------------------------------------------------------------------

@test "containerd.md leads to the first container, the first pod, and to what brig says of it" {
	cp /etc/containerd/config.toml "$T/config.toml"
	follow "$(commands containerd.md 'From a fresh machine to the first container')"
	has_random_ids
	pull k8s.io registry.k8s.io/pause:3.10 # which containerd would fetch
	follow "$(commands containerd.md 'From there to the first pod' 'When something does not work')
		crictl stopp \$pod
		crictl rmp \$pod"
	says "BinaryName = " $'\nfirst\n' "running" id-mapped
	cp "$T/config.toml" /etc/containerd/config.toml
	systemctl restart containerd
	nothing_is_left /run/containerd/runc/k8s.io
}

@test "podman.md leads to the first container; what it says of the host's namespaces and devices, and of mappings" {
	podman load --quiet --input "$REGISTRY/debian-13.tar" 3>&-
	follow "$(commands podman.md 'From a fresh machine to the first container')"
	has_random_ids
	podman_run() {
		run timeout 150 podman --runtime brig run --rm --network none "$@" </dev/null 3>&-
	}
	podman_run --uts=host debian:13 readlink /proc/self/ns/uts
	((status == 0))
	[[ $output == uts:* && $output != "$(readlink /proc/self/ns/uts)" ]] || complain "$output"
	podman_run --uidmap 0:300000:65536 debian:13 cat /proc/self/uid_map
	[[ $output =~ ^\ +0\ +300000\ +65536$ ]] || complain "$output"
	podman_run --ipc=host debian:13 true
	says host-ipc
	((status == 126))
	podman_run --device /dev/vda debian:13 true
	says "(device at "
	((status == 126))
}

@test "buildah.md: build, run and commit, by options and by the environment" {
	podman load --quiet --input "$REGISTRY/debian-13.tar" 3>&-
	mkdir "$T/example"
	printf 'FROM docker.io/library/debian:13\nRUN touch /made\n' >"$T/example/Containerfile"
	follow "$(commands buildah.md Buildah)
		BUILDAH_ISOLATION=oci BUILDAH_RUNTIME=/usr/bin/brig buildah run \$name cat /proc/self/uid_map
		buildah rm \$name" "$T/example"
	has_random_ids
}

@test "prometheus.md: the timer writes the metrics of what runs" {
	mkdir -p /var/lib/prometheus/node-exporter # the exporter's
	config '.process.args = ["sleep", "600"]'
	/usr/bin/brig run --detach --bundle "$BUNDLE" "$ID" </dev/null >/dev/null
	follow "$(commands prometheus.md 'Set up')"
	says "brig_container_memory_usage_bytes{id=\"$ID\",root=\"/run/brig\"}"
	eventually grep -q "^brig_container_memory_usage_bytes{id=\"$ID\",root=\"/run/brig\"} [1-9]" /var/lib/prometheus/node-exporter/brig.prom
	is "$(systemctl show -p Result --value brig-textfile.service)" success
	systemctl disable --now brig-textfile.timer
	rm /etc/systemd/system/brig-textfile.*
	/usr/bin/brig delete --force "$ID"
}
